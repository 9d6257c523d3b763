#include "engine/model/protobuf.h"

#include <string.h>

enum { WIRE_VARINT = 0, WIRE_BYTES = 2, WIRE_32 = 5 };

/* Seven bits a byte, the lowest first; the high bit says that more follow. */
static void varint(struct text *out, uint64_t v)
{
    char bytes[10];
    size_t n = 0;
    do {
        bytes[n++] = (char)(unsigned char)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
        v >>= 7;
    } while (v);
    text_append(out, bytes, n);
}

static void tag(struct text *out, int field, int wire)
{
    varint(out, (uint64_t)field << 3 | (uint64_t)wire);
}

void protobuf_number(struct text *out, int field, int64_t value)
{
    tag(out, field, WIRE_VARINT);
    varint(out, (uint64_t)value);
}

void protobuf_float(struct text *out, int field, float value)
{
    char bytes[4]; /* little-endian, as this machine */
    memcpy(bytes, &value, sizeof bytes);
    tag(out, field, WIRE_32);
    text_append(out, bytes, sizeof bytes);
}

void protobuf_head(struct text *out, int field, uint64_t n)
{
    tag(out, field, WIRE_BYTES);
    varint(out, n);
}

void protobuf_bytes(struct text *out, int field, const void *bytes, size_t n)
{
    protobuf_head(out, field, n);
    text_append(out, bytes, n);
}

void protobuf_text(struct text *out, int field, const char *value)
{
    protobuf_bytes(out, field, value, strlen(value));
}

void protobuf_message(struct text *out, int field, struct text *message)
{
    protobuf_bytes(out, field, text_str(message), message->length);
    if (message->broken) out->broken = true;
    text_clear(message);
}
