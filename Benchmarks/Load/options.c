// The command line.
#include "load.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options options = {
    .connections = 1, .rooms = 1, .window = 1, .ramp = 64, .payload_bytes = 64,
    .warmup_s = 1, .duration_s = 5, .settle_s = 0.5, .drain_s = 5, .connect_timeout_s = 60,
};

static const char usage[] =
    "Usage: wsload --url ws://127.0.0.1:PORT/PATH [options]\n"
    "\n"
    "Opens WebSockets, sends messages, checks order, loss and duplicates of every sender at every receiver, and prints\n"
    "one JSON object. Exits with 1 if anything was lost, doubled, out of order or refused.\n"
    "\n"
    "  --url URL         %d in the path is the number of the connection, %r that of its room\n"
    "  --protocol NAME   chat (Roomcast), raw (what is sent comes back), nats or mqtt; default chat\n"
    "  --conns N         connections; connection i is in room i mod R\n"
    "  --rooms R         rooms, default 1\n"
    "  --senders K       only connections 0 to K - 1 send; default all\n"
    "  --window W        messages in flight of each sender, default 1\n"
    "  --rate X          X messages a second of all senders together, instead of a window\n"
    "  --payload B       bytes of a text, at least 33; default 64\n"
    "  --ids             chat: every message has an id of its own\n"
    "  --deflate         offers permessage-deflate, and inflates what comes compressed\n"
    "  --logins          sends nothing: each connection logs in, closes, and the next one begins\n"
    "  --ramp M          connections being opened at a time, default 64\n"
    "  --warmup S        seconds before the measured window, default 1\n"
    "  --duration S      seconds of the measured window, default 5\n"
    "  --pid P           the server's process, for its CPU time\n";

void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(2);
}

static uint32_t number(const char *name, const char *text, long min, long max) {
  char *end;
  long value = strtol(text, &end, 10);
  if (*end || end == text || value < min || value > max) die("--%s must be a number from %ld to %ld", name, min, max);
  return (uint32_t)value;
}

static double decimal(const char *name, const char *text, double max) {
  char *end;
  double value = strtod(text, &end);
  if (*end || end == text || !(value >= 0 && value <= max)) die("--%s must be a number from 0 to %g", name, max);
  return value;
}

static enum protocol protocol(const char *name) {
  static const char *names[] = {"chat", "raw", "nats", "mqtt"};
  for (int i = 0; i < 4; i++)
    if (!strcmp(name, names[i])) return (enum protocol)i;
  die("unknown protocol %s", name);
}

static void read_url(const char *url) {
  int fields = sscanf(url, "ws://%63[^:/]:%d%511s", options.host, &options.port, options.path);
  if (fields < 2 || options.port < 1 || options.port > 65535) die("--url must be ws://HOST:PORT/PATH");
  if (fields == 2) strcpy(options.path, "/");
  if (strncmp(options.host, "127.", 4)) die("only addresses of this machine (127.x.x.x)");
}

void read_options(int argc, char **argv) {
  static const struct option names[] = {
      {"url", 1, 0, 'u'}, {"protocol", 1, 0, 'p'}, {"conns", 1, 0, 'c'}, {"rooms", 1, 0, 'r'},
      {"senders", 1, 0, 's'}, {"window", 1, 0, 'w'}, {"rate", 1, 0, 'x'}, {"payload", 1, 0, 'b'},
      {"ids", 0, 0, 'i'}, {"deflate", 0, 0, 'z'}, {"logins", 0, 0, 'l'}, {"ramp", 1, 0, 'm'}, {"warmup", 1, 0, 'a'}, {"duration", 1, 0, 'd'},
      {"pid", 1, 0, 'P'}, {"help", 0, 0, 'h'}, {0, 0, 0, 0}};
  bool all_send = true;
  int which = 0, name;
  while ((name = getopt_long(argc, argv, "", names, &which)) != -1) {
    const char *option = names[which].name;
    switch (name) {
      case 'u': read_url(optarg); break;
      case 'p': options.protocol = protocol(optarg); break;
      case 'c': options.connections = number(option, optarg, 1, 65536); break;
      case 'r': options.rooms = number(option, optarg, 1, 65536); break;
      case 's': options.senders = number(option, optarg, 1, 65536); all_send = false; break;
      case 'w': options.window = number(option, optarg, 1, 10000); break;
      case 'x': options.rate = decimal(option, optarg, 1e6); break;
      case 'b': options.payload_bytes = number(option, optarg, MARK_BYTES, 60000); break;
      case 'i': options.with_ids = true; break;
      case 'z': options.with_deflate = true; break;
      case 'l': options.only_logins = true; break;
      case 'm': options.ramp = number(option, optarg, 1, 65536); break;
      case 'a': options.warmup_s = decimal(option, optarg, 300); break;
      case 'd': options.duration_s = decimal(option, optarg, 300); break;
      case 'P': options.pid = (int)number(option, optarg, 1, 1 << 22); break;
      case 'h': fputs(usage, stdout); exit(0);
      default: fputs(usage, stderr); exit(2);
    }
  }
  if (!options.port) die("--url is missing; see --help");
  if (options.duration_s <= 0) die("--duration must be more than 0");
  if (all_send) options.senders = options.connections;
  if (options.rooms > options.connections || options.senders > options.connections)
    die("there must be a connection for each room and each sender");
  if (options.with_ids && options.protocol != CHAT) die("--ids is for the protocol chat only");
  if (options.only_logins && options.ramp >= options.connections) die("--logins needs more --conns than --ramp");
}

size_t fill_template(char *out, size_t capacity, const char *template, uint32_t index, uint32_t room) {
  size_t len = 0;
  for (const char *p = template; *p && len + 16 < capacity; p++) {
    if (p[0] == '%' && (p[1] == 'd' || p[1] == 'r')) {
      len += (size_t)snprintf(out + len, capacity - len, "%u", p[1] == 'd' ? index : room);
      p++;
    } else {
      out[len++] = *p;
    }
  }
  out[len] = 0;
  return len;
}
