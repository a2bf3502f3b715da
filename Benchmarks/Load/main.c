// wsload: a load generator for WebSocket servers on the same machine. One thread, non-blocking sockets, frames parsed
// where they were received, no allocation for a message: it needs far less processor time than a server.
#include "load.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

// More pairs of receiver and sender than these are audited only for some receivers.
#define AUDITED_PAIRS_MAX 16000000u

struct connection *connections;
uint64_t now_ns, run_start_ns, window_start_ns, window_end_ns;
bool is_running, is_sending;
struct tally tally;
uint32_t *room_members, *room_senders;

static uint64_t ns(double seconds) { return (uint64_t)(seconds * 1e9); }

static int ms_until(uint64_t at_ns) {
  uint64_t now = clock_ns();
  return at_ns <= now ? 0 : (int)((at_ns - now) / 1000000 + 1);
}

static void wait_until(uint64_t at_ns) {
  while (clock_ns() < at_ns) turn(ms_until(at_ns));
}

static void prepare(void) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < options.connections + 16) die("only %lu files may be open", (unsigned long)files.rlim_cur);
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1);
  connections = calloc(options.connections, sizeof *connections);
  room_members = calloc(options.rooms, sizeof *room_members);
  room_senders = calloc(options.rooms, sizeof *room_senders);
  if (!connections || !room_members || !room_senders) die("out of memory");
  for (uint32_t i = 0; i < options.connections; i++) {
    connections[i] = (struct connection){.fd = -1, .index = i, .room = i % options.rooms};
    if (i < options.senders) room_senders[i % options.rooms]++;
  }
  prepare_messages();
  open_poll();
}

// Returns the seconds until all were ready.
static double open_all(void) {
  uint64_t start = clock_ns(), end = start + ns(options.connect_timeout_s);
  open_more();
  while (tally.ready + tally.failed < options.connections && clock_ns() < end) turn(100);
  double seconds = (double)(clock_ns() - start) / NS_PER_S;
  uint64_t pairs = 0;
  for (uint32_t i = 0; i < options.connections; i++) {
    if (connections[i].state != READY) continue;
    room_members[connections[i].room]++;
    pairs += room_senders[connections[i].room];
  }
  uint32_t stride = (uint32_t)(pairs / AUDITED_PAIRS_MAX + 1);
  for (uint32_t i = 0; i < options.connections; i += stride) {
    struct connection *c = &connections[i];
    if (c->state != READY || !room_senders[c->room]) continue;
    c->expected = calloc(room_senders[c->room], sizeof *c->expected);
    if (!c->expected) die("out of memory");
  }
  wait_until(clock_ns() + ns(options.settle_s));
  return seconds;
}

struct usage { double server_s, own_s; };

static struct usage usage_now(void) {
  return (struct usage){options.pid ? process_cpu_s(options.pid) : 0, own_cpu_s()};
}

static struct usage since(struct usage before) {
  struct usage now = usage_now();
  return (struct usage){now.server_s - before.server_s, now.own_s - before.own_s};
}

// Logs in and leaves, again and again, in the measured window.
static struct usage log_in_and_leave(void) {
  window_start_ns = clock_ns() + ns(options.warmup_s);
  window_end_ns = window_start_ns + ns(options.duration_s);
  open_more();
  wait_until(window_start_ns);
  struct usage before = usage_now();
  wait_until(window_end_ns);
  return since(before);
}

// Sends what is due by now; returns when the next message is due.
static uint64_t send_due(void) {
  static uint64_t sent;
  static uint32_t sender;
  for (;;) {
    uint64_t due = run_start_ns + (uint64_t)((double)sent * 1e9 / options.rate);
    if (due > clock_ns() || due >= window_end_ns) return due;
    send_message(&connections[sender], due);
    sender = (sender + 1) % options.senders;
    sent++;
  }
}

static struct usage run(void) {
  struct usage before = {0}, used;
  bool in_window = false;
  is_running = is_sending = true;
  run_start_ns = now_ns = clock_ns();
  window_start_ns = run_start_ns + ns(options.warmup_s);
  window_end_ns = window_start_ns + ns(options.duration_s);
  for (uint32_t w = 0; options.rate == 0 && w < options.window; w++)
    for (uint32_t i = 0; i < options.senders; i++) send_message(&connections[i], now_ns);
  while (clock_ns() < window_end_ns) {
    if (!in_window && clock_ns() >= window_start_ns) {
      in_window = true;
      before = usage_now();
    }
    uint64_t wake = in_window ? window_end_ns : window_start_ns;
    if (options.rate > 0) {
      uint64_t due = send_due();
      if (due < wake) wake = due;
    }
    set_alarm(wake);
    turn(200);
  }
  used = since(before);
  is_sending = false;
  return used;
}

static void drain(void) {
  uint64_t end = clock_ns() + ns(options.drain_s);
  while (tally.delivered < tally.expected && clock_ns() < end) turn(20);
  wait_until(clock_ns() + NS_PER_S / 10);  // a message that comes twice would come now
  count_missing();
}

static void report(struct usage used, double connect_s) {
  double seconds = options.duration_s;
  printf("{\"ready\":%u,\"sends_per_s\":%.0f,\"deliveries_per_s\":%.0f,\"deliveries_per_server_cpu_s\":%.0f,"
         "\"p50_us\":%.0f,\"p99_us\":%.0f,\"lost\":%llu,\"doubled\":%llu,\"reordered\":%llu,\"misrouted\":%llu,"
         "\"errors\":%llu,\"connect_s\":%.3f,\"logins_per_s\":%.0f,\"server_cpu_s\":%.2f,\"own_cpu_s\":%.2f,"
         "\"receive_calls_per_s\":%.0f,\"first_error\":\"%s\"}\n",
      tally.ready, (double)tally.window_sent / seconds, (double)tally.window_arrivals / seconds,
      used.server_s > 0 ? (double)tally.window_arrivals / used.server_s : 0, latency_us(0.5), latency_us(0.99),
      (unsigned long long)tally.lost, (unsigned long long)tally.doubled, (unsigned long long)tally.reordered,
      (unsigned long long)tally.misrouted, (unsigned long long)tally.errors, connect_s,
      (double)tally.logins / seconds, used.server_s, used.own_s, (double)tally.receive_calls / seconds,
      tally.first_error);
}

int main(int argc, char **argv) {
  read_options(argc, argv);
  prepare();
  if (options.only_logins) {
    report(log_in_and_leave(), 0);
    return tally.errors ? 1 : 0;
  }
  struct usage used = {0};
  double connect_s = open_all();
  if (tally.ready) {
    used = run();
    drain();
  }
  report(used, connect_s);
  bool is_right = !tally.lost && !tally.doubled && !tally.reordered && !tally.misrouted && !tally.errors &&
                  tally.ready == options.connections;
  return is_right ? 0 : 1;
}
