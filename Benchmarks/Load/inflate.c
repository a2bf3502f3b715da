// Compressed messages (RFC 7692); each is inflated by itself, as the offer asks for no context takeover.
#include "load.h"

#include <string.h>
#include <zlib.h>

const uint8_t *inflate_message(const uint8_t *payload, size_t len, size_t *text_len) {
  static uint8_t text[PARTIAL_BYTES_MAX];
  static z_stream stream;
  static bool is_open;
  // The end of each message, which the sender leaves out (RFC 7692 section 7.2.1).
  static uint8_t tail[4] = {0, 0, 0xff, 0xff};
  if (is_open ? inflateReset(&stream) != Z_OK : inflateInit2(&stream, -15) != Z_OK) return NULL;
  is_open = true;
  stream.next_out = text;
  stream.avail_out = sizeof text;
  stream.next_in = (uint8_t *)payload;
  stream.avail_in = (uInt)len;
  if (inflate(&stream, Z_SYNC_FLUSH) < Z_OK) return NULL;
  stream.next_in = tail;
  stream.avail_in = sizeof tail;
  int result = inflate(&stream, Z_SYNC_FLUSH);
  if (result < Z_OK && result != Z_BUF_ERROR) return NULL;
  *text_len = sizeof text - stream.avail_out;
  return text;
}
