/* Protocol buffers, written: fields appended to bytes that grow. A message inside a message is its bytes.
 * Format: https://protobuf.dev/programming-guides/encoding */
#ifndef MLVICX_MODEL_PROTOBUF_H
#define MLVICX_MODEL_PROTOBUF_H

#include <stdint.h>

#include "engine/base/text.h"

void protobuf_number(struct text *out, int field, int64_t value);
void protobuf_float(struct text *out, int field, float value);
void protobuf_bytes(struct text *out, int field, const void *bytes, size_t n);
void protobuf_text(struct text *out, int field, const char *value);
/** A message that is whole; it is cleared. */
void protobuf_message(struct text *out, int field, struct text *message);
/** The head of `n` bytes that somebody else writes behind it. */
void protobuf_head(struct text *out, int field, uint64_t n);

#endif
