// Sockets and frames: what waits for the kernel, and what the kernel reports.
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define ALARM UINT32_MAX

static int poll_fd, alarm_fd;
static struct epoll_event events[1024];
static uint32_t *dirty, dirty_count;
static uint32_t mask = 0x9e3779b9u;

void open_poll(void) {
  poll_fd = epoll_create1(EPOLL_CLOEXEC);
  alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  dirty = calloc(options.connections, sizeof *dirty);
  if (poll_fd < 0 || alarm_fd < 0 || !dirty) die("no descriptors or memory left");
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = ALARM};
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, alarm_fd, &event);
}

void watch(struct connection *c, bool is_new) {
  uint32_t wanted = c->state == CONNECTING ? EPOLLOUT : c->waits_to_write ? EPOLLIN | EPOLLOUT : EPOLLIN;
  struct epoll_event event = {.events = wanted, .data.u32 = c->index};
  epoll_ctl(poll_fd, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, c->fd, &event);
}

int next_events(int timeout_ms) {
  int count = epoll_wait(poll_fd, events, 1024, timeout_ms);
  if (count < 0 && errno != EINTR) die("epoll_wait: %s", strerror(errno));
  return count < 0 ? 0 : count;
}

struct connection *event_connection(int number, bool *may_write, bool *may_read) {
  struct epoll_event *event = &events[number];
  if (event->data.u32 == ALARM) {
    uint64_t expirations;
    if (read(alarm_fd, &expirations, sizeof expirations) < 0) return NULL;
    return NULL;
  }
  *may_write = event->events & EPOLLOUT;
  *may_read = event->events & (EPOLLIN | EPOLLHUP | EPOLLERR);
  return &connections[event->data.u32];
}

// Wakes next_events more exactly than its timeout in milliseconds could.
void set_alarm(uint64_t at_ns) {
  struct itimerspec time = {.it_value = {.tv_sec = (time_t)(at_ns / NS_PER_S), .tv_nsec = (long)(at_ns % NS_PER_S)}};
  timerfd_settime(alarm_fd, TFD_TIMER_ABSTIME, &time, NULL);
}

static uint8_t *reserve(struct connection *c, uint32_t len) {
  if (!c->is_dirty) {
    c->is_dirty = true;
    dirty[dirty_count++] = c->index;
  }
  if (c->queue_end + len > c->queue_cap && c->queue_start) {
    memmove(c->queue, c->queue + c->queue_start, c->queue_end - c->queue_start);
    c->queue_end -= c->queue_start;
    c->queue_start = 0;
  }
  if (c->queue_end + len > c->queue_cap) {
    uint32_t capacity = c->queue_cap ? c->queue_cap : 1024;
    while (capacity < c->queue_end + len) capacity *= 2;
    c->queue = realloc(c->queue, capacity);
    if (!c->queue) die("out of memory");
    c->queue_cap = capacity;
  }
  uint8_t *place = c->queue + c->queue_end;
  c->queue_end += len;
  return place;
}

void queue_bytes(struct connection *c, const void *bytes, uint32_t len) { memcpy(reserve(c, len), bytes, len); }

uint8_t *frame_begin(struct connection *c, enum opcode opcode, uint32_t len) {
  uint32_t header = len < 126 ? 2 : 4;  // a payload has at most 60,000 bytes and what is around them
  uint8_t *p = reserve(c, header + 4 + len);
  p[0] = (uint8_t)(0x80 | opcode);
  if (header == 2) {
    p[1] = (uint8_t)(0x80 | len);
  } else {
    p[1] = 0x80 | 126;
    p[2] = (uint8_t)(len >> 8);
    p[3] = (uint8_t)len;
  }
  // xorshift: a new mask for each frame, without a call of the system
  mask ^= mask << 13;
  mask ^= mask >> 17;
  mask ^= mask << 5;
  memcpy(p + header, &mask, 4);
  return p + header + 4;
}

void frame_done(uint8_t *payload, uint32_t len) {
  uint64_t wide = (uint64_t)mask << 32 | mask, word;
  uint32_t i = 0;
  for (; i + 8 <= len; i += 8) {
    memcpy(&word, payload + i, 8);
    word ^= wide;
    memcpy(payload + i, &word, 8);
  }
  for (; i < len; i++) payload[i] ^= ((const uint8_t *)&mask)[i & 3];
}

void send_frame(struct connection *c, enum opcode opcode, const void *payload, uint32_t len) {
  uint8_t *place = frame_begin(c, opcode, len);
  if (len) memcpy(place, payload, len);
  frame_done(place, len);
}

void flush(struct connection *c) {
  if (c->state < UPGRADING || c->state == DEAD) return;
  while (c->queue_start < c->queue_end) {
    ssize_t sent = send(c->fd, c->queue + c->queue_start, c->queue_end - c->queue_start, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) {
      if (!c->waits_to_write) {
        c->waits_to_write = true;
        watch(c, false);
      }
      return;
    }
    if (sent < 0) {
      fail(c, strerror(errno));
      return;
    }
    c->queue_start += (uint32_t)sent;
  }
  c->queue_start = c->queue_end = 0;
  if (c->waits_to_write) {
    c->waits_to_write = false;
    watch(c, false);
  }
}

// One call of the system for all that a connection has to send after one turn.
void flush_all(void) {
  for (uint32_t i = 0; i < dirty_count; i++) {
    struct connection *c = &connections[dirty[i]];
    c->is_dirty = false;
    if (!c->waits_to_write) flush(c);
  }
  dirty_count = 0;
}
