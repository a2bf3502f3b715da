// What the files of the load generator share. It has one thread and one run, so its state is global.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_S 1000000000ull
#define MARK_BYTES 33u
#define READ_BYTES 65536u
#define PARTIAL_BYTES_MAX (4u << 20)
#define QUEUE_BYTES_MAX (8u << 20)

enum opcode { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

// What is spoken inside the WebSocket.
enum protocol { CHAT, RAW, NATS, MQTT };

struct options {
  char host[64];
  int port;
  char path[512];
  enum protocol protocol;
  uint32_t connections, rooms, senders, window, ramp;
  uint32_t payload_bytes;
  double rate;  // messages per second of all senders; 0: each sends when its own comes back
  double warmup_s, duration_s, settle_s, drain_s, connect_timeout_s;
  bool with_ids, only_logins, with_deflate;
  int pid;  // 0: no process is measured
};
extern struct options options;

enum state { UNUSED, CONNECTING, UPGRADING, LOGGING_IN, READY, LEAVING, DEAD };

struct connection {
  int fd;
  enum state state;
  bool waits_to_write, is_dirty;
  uint32_t index, room;
  uint32_t login_step;
  uint8_t *partial;  // the start of a frame that has not arrived as a whole
  uint32_t partial_len, partial_cap;
  uint8_t split_mark[MARK_BYTES];  // the start of a mark at the end of a frame
  uint32_t split_mark_len;
  uint8_t *queue;  // bytes that wait for the socket
  uint32_t queue_start, queue_end, queue_cap;
  uint32_t next_sequence;
  uint32_t *expected;  // for each sender of the room; NULL if this receiver is not audited
};
extern struct connection *connections;

// The measured window: by when a message was due (latency) or arrived (rate).
extern uint64_t now_ns, run_start_ns, window_start_ns, window_end_ns;
extern bool is_running, is_sending;

struct tally {
  uint64_t sent, expected, delivered;                   // whole run
  uint64_t window_sent, window_arrivals;                // measured window
  uint64_t lost, doubled, reordered, misrouted, errors;
  uint64_t receive_calls, logins;
  uint32_t ready, failed, opening;
  char first_error[128];
};
extern struct tally tally;

extern uint32_t *room_members, *room_senders;

// clock.c
uint64_t clock_ns(void);
double own_cpu_s(void);
double process_cpu_s(int pid);  // user and system time, in ticks of 10 ms
void add_latency(uint64_t ns);
double latency_us(double share);

// options.c
void read_options(int argc, char **argv);
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Replaces %d by the number of a connection and %r by that of its room; returns the length.
size_t fill_template(char *out, size_t capacity, const char *template, uint32_t index, uint32_t room);

// frame.c
void open_poll(void);
void watch(struct connection *c, bool is_new);
int next_events(int timeout_ms);
struct connection *event_connection(int number, bool *may_write, bool *may_read);
void set_alarm(uint64_t at_ns);
void queue_bytes(struct connection *c, const void *bytes, uint32_t len);
// Queues the header of a masked frame; the payload goes to the returned address and is masked by frame_done.
uint8_t *frame_begin(struct connection *c, enum opcode opcode, uint32_t len);
void frame_done(uint8_t *payload, uint32_t len);
void send_frame(struct connection *c, enum opcode opcode, const void *payload, uint32_t len);
void flush(struct connection *c);
void flush_all(void);

// message.c
void prepare_messages(void);
void send_message(struct connection *c, uint64_t due_ns);
void scan(struct connection *c, const uint8_t *bytes, size_t len);
void count_missing(void);

// login.c
void login_begin(struct connection *c);
void login_continue(struct connection *c, const uint8_t *payload, size_t len);

// inflate.c
// The text of a compressed message; NULL if it cannot be inflated. Valid until the next call.
const uint8_t *inflate_message(const uint8_t *payload, size_t len, size_t *text_len);

// connection.c
void open_more(void);
void connected(struct connection *c);
void became_ready(struct connection *c);
void fail(struct connection *c, const char *reason);
void readable(struct connection *c);
void turn(int timeout_ms);
