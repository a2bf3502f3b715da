// Messages and their audit. Each text begins with a mark of fixed width,
//     @@TTTTTTTTTTTTTTTT:SSSS:QQQQQQQQ:
// in hexadecimal digits: when the message was due (monotonic, ns), the sender, and the sender's sequence. A receiver
// looks for marks anywhere in a frame, so it does not matter in what a server wraps a text, or how many texts share a
// frame. With --rate, latency counts from the time at which a message was due, so a late generator or server is not
// hidden.
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_AT 2u
#define SENDER_AT 19u
#define SEQUENCE_AT 24u
#define ID_BYTES 24u  // the digits of time and sequence

static const char digits[] = "0123456789abcdef";
static int8_t digit_value[256];
static char padding[60000];

// What is around a text; the part before it depends on the room.
struct prefix { uint8_t bytes[192]; uint32_t len; };
static struct prefix *prefixes;
static const char *suffix = "";

static void prepare_prefix(struct prefix *prefix, uint32_t room) {
  char *b = (char *)prefix->bytes;
  uint32_t n = 0;
  if (options.protocol == CHAT) n = (uint32_t)sprintf(b, "{\"message\":\"");
  if (options.protocol == NATS) n = (uint32_t)sprintf(b, "PUB room.%u %u\r\n", room, options.payload_bytes);
  if (options.protocol == MQTT) {  // PUBLISH, quality of service 0 (MQTT 3.1.1 section 3.3)
    char topic[32];
    uint32_t topic_len = (uint32_t)sprintf(topic, "room/%u", room), rest = 2 + topic_len + options.payload_bytes;
    b[n++] = 0x30;
    for (; rest > 127; rest >>= 7) b[n++] = (char)(rest | 128);
    b[n++] = (char)rest;
    b[n++] = 0;
    b[n++] = (char)topic_len;
    memcpy(b + n, topic, topic_len);
    n += topic_len;
  }
  prefix->len = n;
}

void prepare_messages(void) {
  memset(digit_value, -1, sizeof digit_value);
  for (int i = 0; i < 16; i++) digit_value[(uint8_t)digits[i]] = (int8_t)i;
  for (size_t i = 0; i < sizeof padding; i++) padding[i] = (char)('a' + i % 26);
  prefixes = calloc(options.rooms, sizeof *prefixes);
  if (!prefixes) die("out of memory");
  for (uint32_t room = 0; room < options.rooms; room++) prepare_prefix(&prefixes[room], room);
  if (options.protocol == CHAT) suffix = options.with_ids ? "\",\"id\":\"........................\"}" : "\"}";
  if (options.protocol == NATS) suffix = "\r\n";
}

static void put_digits(uint8_t *p, uint64_t value, int count) {
  for (int i = count - 1; i >= 0; i--, value >>= 4) p[i] = (uint8_t)digits[value & 15];
}

static void put_mark(uint8_t *p, const struct connection *c, uint64_t due_ns) {
  p[0] = p[1] = '@';
  put_digits(p + TIME_AT, due_ns, 16);
  put_digits(p + SENDER_AT, c->index, 4);
  put_digits(p + SEQUENCE_AT, c->next_sequence, 8);
  p[SENDER_AT - 1] = p[SEQUENCE_AT - 1] = p[MARK_BYTES - 1] = ':';
}

static bool in_window(uint64_t ns) { return ns >= window_start_ns && ns < window_end_ns; }

void send_message(struct connection *c, uint64_t due_ns) {
  if (c->state != READY) return;
  if (c->queue_end - c->queue_start > QUEUE_BYTES_MAX) {
    fail(c, "the server does not read");
    return;
  }
  const struct prefix *prefix = &prefixes[c->room];
  uint32_t suffix_len = (uint32_t)strlen(suffix), len = prefix->len + options.payload_bytes + suffix_len;
  uint8_t *frame = frame_begin(c, options.protocol == MQTT ? BINARY : TEXT, len), *text = frame + prefix->len;
  memcpy(frame, prefix->bytes, prefix->len);
  put_mark(text, c, due_ns);
  memcpy(text + MARK_BYTES, padding, options.payload_bytes - MARK_BYTES);
  memcpy(text + options.payload_bytes, suffix, suffix_len);
  if (options.with_ids) {
    uint8_t *id = frame + len - 2 - ID_BYTES;
    memcpy(id, text + TIME_AT, 16);
    memcpy(id + 16, text + SEQUENCE_AT, 8);
  }
  frame_done(frame, len);
  c->next_sequence++;
  tally.sent++;
  tally.expected += room_members[c->room];
  if (in_window(due_ns)) tally.window_sent++;
}

static bool read_digits(const uint8_t *p, int count, uint64_t *value) {
  int bad = 0;
  *value = 0;
  for (int i = 0; i < count; i++) {
    bad |= digit_value[p[i]];
    *value = *value << 4 | (uint64_t)(digit_value[p[i]] & 15);
  }
  return bad >= 0;
}

static void audit(struct connection *c, uint32_t sender, uint32_t sequence) {
  uint32_t *expected = &c->expected[sender / options.rooms];
  if (sequence == *expected) {
    ++*expected;
  } else if (sequence > *expected) {
    tally.lost += sequence - *expected;
    *expected = sequence + 1;
  } else if (sequence + 1 == *expected) {
    tally.doubled++;
  } else {
    tally.reordered++;
  }
}

static void received(struct connection *c, const uint8_t *mark) {
  uint64_t due_ns, sender, sequence;
  if (mark[SENDER_AT - 1] != ':' || mark[SEQUENCE_AT - 1] != ':' || mark[MARK_BYTES - 1] != ':') return;
  if (!read_digits(mark + TIME_AT, 16, &due_ns) || !read_digits(mark + SENDER_AT, 4, &sender) ||
      !read_digits(mark + SEQUENCE_AT, 8, &sequence))
    return;
  if (!is_running || due_ns < run_start_ns) return;  // history of an earlier run
  if (sender >= options.senders || sender % options.rooms != c->room) {
    tally.misrouted++;
    return;
  }
  tally.delivered++;
  if (in_window(now_ns)) tally.window_arrivals++;
  if (in_window(due_ns)) add_latency(now_ns > due_ns ? now_ns - due_ns : 0);
  if (c->expected) audit(c, (uint32_t)sender, (uint32_t)sequence);
  if (options.rate == 0 && sender == c->index && is_sending) send_message(c, now_ns);
}

// NATS and MQTT are streams: a mark may begin in one frame and end in the next one.
static bool finish_split_mark(struct connection *c, const uint8_t *bytes, size_t len) {
  uint8_t mark[2 * MARK_BYTES];
  uint32_t have = c->split_mark_len, more = len < MARK_BYTES ? (uint32_t)len : MARK_BYTES;
  if (!have) return false;
  memcpy(mark, c->split_mark, have);
  memcpy(mark + have, bytes, more);
  bool is_short = have + more < MARK_BYTES;
  if (is_short) memcpy(c->split_mark, mark, have + more);
  c->split_mark_len = is_short ? have + more : 0;
  if (!is_short && mark[1] == '@') received(c, mark);
  return is_short;
}

void scan(struct connection *c, const uint8_t *bytes, size_t len) {
  bool is_stream = options.protocol == NATS || options.protocol == MQTT;
  const uint8_t *p = bytes, *end = bytes + len;
  if (finish_split_mark(c, bytes, len)) return;
  while (p < end && (p = memchr(p, '@', (size_t)(end - p)))) {
    if (end - p < (long)MARK_BYTES) {
      if (is_stream && (p + 1 == end || p[1] == '@')) {
        c->split_mark_len = (uint32_t)(end - p);
        memcpy(c->split_mark, p, c->split_mark_len);
      }
      return;
    }
    if (p[1] == '@') received(c, p);
    p += p[1] == '@' ? MARK_BYTES : 1;
  }
}

void count_missing(void) {
  for (uint32_t i = 0; i < options.connections; i++) {
    struct connection *c = &connections[i];
    for (uint32_t k = 0; c->expected && k < room_senders[c->room]; k++) {
      uint32_t sent = connections[k * options.rooms + c->room].next_sequence;
      if (c->expected[k] < sent) tally.lost += sent - c->expected[k];
    }
  }
}
