// What each protocol says before a connection may send: chat waits for the welcome, NATS and MQTT subscribe.
#include "load.h"

#include <stdio.h>
#include <string.h>

static bool begins_with(const uint8_t *payload, size_t len, const char *text) {
  return len >= strlen(text) && !memcmp(payload, text, strlen(text));
}

static bool contains(const uint8_t *payload, size_t len, const char *text) {
  return memmem(payload, len, text, strlen(text)) != NULL;
}

static void nats(struct connection *c, const uint8_t *payload, size_t len) {
  if (c->login_step == 0) {
    if (!begins_with(payload, len, "INFO")) {
      fail(c, "no INFO of NATS");
      return;
    }
    char text[160];
    int text_len = snprintf(text, sizeof text,
        "CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":true,\"lang\":\"c\",\"version\":\"1\",\"protocol\":1}\r\n"
        "SUB room.%u 1\r\nPING\r\n", c->room);
    c->login_step = 1;
    send_frame(c, BINARY, text, (uint32_t)text_len);
  } else if (contains(payload, len, "-ERR")) {
    fail(c, "refused by NATS");
  } else if (contains(payload, len, "PONG")) {
    became_ready(c);
  }
}

// CONNECT and SUBSCRIBE (MQTT 3.1.1 sections 3.1 and 3.8).
static void mqtt_connect(struct connection *c) {
  char id[32], packet[64];
  int id_len = snprintf(id, sizeof id, "wsload%u", c->index), n = 0;
  packet[n++] = 0x10;
  packet[n++] = (char)(12 + id_len);
  memcpy(packet + n, "\0\4MQTT\4\2\0\0\0", 11);
  n += 11;
  packet[n++] = (char)id_len;
  memcpy(packet + n, id, (size_t)id_len);
  send_frame(c, BINARY, packet, (uint32_t)(n + id_len));
}

static void mqtt(struct connection *c, const uint8_t *payload, size_t len) {
  if (len >= 4 && payload[0] == 0x20) {  // CONNACK
    if (payload[3] != 0) {
      fail(c, "refused by MQTT");
      return;
    }
    char topic[32], packet[64];
    int topic_len = snprintf(topic, sizeof topic, "room/%u", c->room), n = 0;
    packet[n++] = (char)0x82;
    packet[n++] = (char)(5 + topic_len);
    memcpy(packet + n, "\0\1\0", 3);
    n += 3;
    packet[n++] = (char)topic_len;
    memcpy(packet + n, topic, (size_t)topic_len);
    n += topic_len;
    packet[n++] = 0;
    send_frame(c, BINARY, packet, (uint32_t)n);
  } else if (len >= 1 && payload[0] == 0x90) {  // SUBACK
    became_ready(c);
  }
}

void login_begin(struct connection *c) {
  c->state = LOGGING_IN;
  if (options.protocol == RAW) became_ready(c);
  if (options.protocol == MQTT) mqtt_connect(c);
}

void login_continue(struct connection *c, const uint8_t *payload, size_t len) {
  if (options.protocol == CHAT && contains(payload, len, "\"authenticated\"")) became_ready(c);
  if (options.protocol == NATS) nats(c, payload, len);
  if (options.protocol == MQTT) mqtt(c, payload, len);
}
