// The life of a connection: TCP, the upgrade, login, frames, its end.
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// The example of RFC 6455 section 1.3: one key is enough, the answer to it is known.
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define DEFLATE_OFFER \
  "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"

static uint32_t next_index;
static uint8_t incoming[PARTIAL_BYTES_MAX + READ_BYTES];

void fail(struct connection *c, const char *reason) {
  if (c->state == DEAD) return;
  if (c->state == READY) tally.ready--;
  else { tally.opening--; tally.failed++; }
  tally.errors++;
  if (!tally.first_error[0]) {
    snprintf(tally.first_error, sizeof tally.first_error, "connection %u: %s", c->index, reason);
    for (char *p = tally.first_error; *p; p++)
      if (*p == '"' || *p == '\\' || (unsigned char)*p < 32) *p = ' ';
  }
  if (c->fd >= 0) close(c->fd);
  c->fd = -1;
  c->state = DEAD;
  c->queue_start = c->queue_end = 0;
}

static void begin(struct connection *c) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
  int on = 1;
  inet_pton(AF_INET, options.host, &address.sin_addr);
  c->state = CONNECTING;
  tally.opening++;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c->fd < 0) {
    fail(c, strerror(errno));
    return;
  }
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) fail(c, strerror(errno));
  else watch(c, true);
}

void open_more(void) {
  while (tally.opening < options.ramp && next_index < options.connections) {
    begin(&connections[next_index++]);
    if (options.only_logins) next_index %= options.connections;
  }
}

void connected(struct connection *c) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error) {
    fail(c, strerror(error));
    return;
  }
  char path[768], request[1024];
  fill_template(path, sizeof path, options.path, c->index, c->room);
  int len = snprintf(request, sizeof request,
      "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n%s%s\r\n",
      path, options.host, options.port, options.protocol == MQTT ? "Sec-WebSocket-Protocol: mqtt\r\n" : "",
      options.with_deflate ? DEFLATE_OFFER : "");
  c->state = UPGRADING;
  watch(c, false);
  queue_bytes(c, request, (uint32_t)len);
}

void became_ready(struct connection *c) {
  if (options.only_logins) {
    c->state = LEAVING;
    if (now_ns >= window_start_ns && now_ns < window_end_ns) tally.logins++;
    return;
  }
  c->state = READY;
  tally.ready++;
  tally.opening--;
}

static void leave(struct connection *c) {
  close(c->fd);
  tally.opening--;
  c->fd = -1;
  c->state = UNUSED;
  c->partial_len = c->queue_start = c->queue_end = 0;
}

// Returns the length of the response's head; 0 if it is not complete, or the upgrade failed.
static size_t upgrade(struct connection *c, const uint8_t *bytes, size_t len) {
  const uint8_t *end = memmem(bytes, len, "\r\n\r\n", 4);
  if (!end) return 0;
  size_t head = (size_t)(end - bytes) + 4;
  if (len < 12 || memcmp(bytes + 9, "101", 3)) {
    char reason[64];
    snprintf(reason, sizeof reason, "%.*s", (int)(head < 40 ? head : 40), (const char *)bytes);
    fail(c, reason);
    return 0;
  }
  if (!memmem(bytes, head, ACCEPT, strlen(ACCEPT))) {
    fail(c, "wrong Sec-WebSocket-Accept");
    return 0;
  }
  login_begin(c);
  return head;
}

static void take_frame(struct connection *c, int opcode, const uint8_t *payload, size_t len) {
  if (opcode <= BINARY) {
    if (c->state == LOGGING_IN) login_continue(c, payload, len);
    else scan(c, payload, len);
    if (options.protocol == NATS && len >= 6 && !memcmp(payload + len - 6, "PING\r\n", 6))
      send_frame(c, BINARY, "PONG\r\n", 6);
  } else if (opcode == PING) {
    send_frame(c, PONG, payload, (uint32_t)len);
  } else if (opcode == CLOSE) {
    char reason[64];
    snprintf(reason, sizeof reason, "closed with %d", len >= 2 ? payload[0] << 8 | payload[1] : 0);
    fail(c, reason);
  }
}

// Takes all complete frames; returns the bytes that were used.
static size_t take_frames(struct connection *c, const uint8_t *bytes, size_t len) {
  size_t used = 0;
  while (c->state != DEAD && len - used >= 2) {
    const uint8_t *p = bytes + used;
    uint64_t size = p[1] & 127;
    size_t header = size == 126 ? 4 : size == 127 ? 10 : 2;
    bool is_deflated = options.with_deflate && p[0] & 0x40;
    if (p[1] & 0x80 || p[0] & (is_deflated ? 0x30 : 0x70)) {
      fail(c, "a frame with a mask or reserved bits");
      break;
    }
    if (len - used < header) break;
    if (header > 2) {
      size = 0;
      for (size_t i = 2; i < header; i++) size = size << 8 | p[i];
    }
    if (size > PARTIAL_BYTES_MAX - 16) {
      fail(c, "a frame too large");
      break;
    }
    if (len - used < header + size) break;
    const uint8_t *payload = p + header;
    size_t payload_len = size;
    if (is_deflated) payload = inflate_message(payload, size, &payload_len);
    if (payload) take_frame(c, p[0] & 15, payload, payload_len);
    else fail(c, "a message that cannot be inflated");
    used += header + size;
  }
  return used;
}

static void keep(struct connection *c, const uint8_t *bytes, size_t len) {
  if (len > PARTIAL_BYTES_MAX) {
    fail(c, "a frame too large");
    return;
  }
  if (len > c->partial_cap) {
    c->partial_cap = (uint32_t)(len < 256 ? 256 : 2 * len);
    free(c->partial);
    c->partial = malloc(c->partial_cap);
    if (!c->partial) die("out of memory");
  }
  if (len) memcpy(c->partial, bytes, len);
  c->partial_len = (uint32_t)len;
}

void readable(struct connection *c) {
  for (;;) {
    if (c->partial_len) memcpy(incoming, c->partial, c->partial_len);
    ssize_t received = recv(c->fd, incoming + c->partial_len, READ_BYTES, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0 && errno == EAGAIN) return;
    if (received <= 0) {
      fail(c, received == 0 ? "ended by the server" : strerror(errno));
      return;
    }
    now_ns = clock_ns();
    if (now_ns >= window_start_ns && now_ns < window_end_ns) tally.receive_calls++;
    size_t len = c->partial_len + (size_t)received, used = 0;
    if (c->state == UPGRADING) used = upgrade(c, incoming, len);
    if (c->state > UPGRADING) used += take_frames(c, incoming + used, len - used);
    if (c->state == LEAVING) leave(c);
    if (c->state == DEAD || c->state == UNUSED) return;
    keep(c, incoming + used, len - used);
    if (received < (ssize_t)READ_BYTES || c->state == DEAD) return;
  }
}

void turn(int timeout_ms) {
  flush_all();
  int count = next_events(timeout_ms);
  now_ns = clock_ns();
  for (int i = 0; i < count; i++) {
    bool may_write = false, may_read = false;
    struct connection *c = event_connection(i, &may_write, &may_read);
    if (!c || c->state == DEAD) continue;
    if (c->state == CONNECTING) {
      connected(c);
      continue;
    }
    if (may_write) flush(c);
    if (may_read && c->state != DEAD) readable(c);
  }
  if (!is_running) open_more();
  flush_all();
}
