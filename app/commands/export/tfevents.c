#include "app/commands/export/tfevents.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { BUCKETS = 40 };
enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

/* ---- checksums ---- */

static void crc_fill(uint32_t table[256])
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++) c = c & 1 ? (c >> 1) ^ 0x82f63b78u : c >> 1;
        table[i] = c;
    }
}

static uint32_t masked_crc(const struct tfevents *t, const void *bytes, size_t n)
{
    uint32_t c = 0xffffffffu;
    for (size_t i = 0; i < n; i++) c = (c >> 8) ^ t->crc[(c ^ ((const uint8_t *)bytes)[i]) & 0xff];
    c = ~c;
    return (c >> 15 | c << 17) + 0xa282ead8u;
}

/* ---- protobuf ---- */

static void put_little(struct text *m, uint64_t x, int bytes)
{
    char out[8];
    for (int i = 0; i < bytes; i++) out[i] = (char)(x >> (8 * i) & 0xff);
    text_append(m, out, (size_t)bytes);
}

static void put_varint(struct text *m, uint64_t x)
{
    for (; x >= 0x80; x >>= 7) put_little(m, (x & 0x7f) | 0x80, 1);
    put_little(m, x, 1);
}

static void put_key(struct text *m, int field, enum wire wire)
{
    put_varint(m, (uint64_t)field << 3 | wire);
}

static void put_double(struct text *m, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    put_little(m, bits, 8);
}

static void put_bytes(struct text *m, int field, const char *bytes, size_t n)
{
    put_key(m, field, WIRE_BYTES);
    put_varint(m, n);
    text_append(m, bytes, n);
}

static void put_doubles(struct text *m, int field, const double *x, int n)
{
    put_key(m, field, WIRE_BYTES);
    put_varint(m, (uint64_t)n * 8);
    for (int i = 0; i < n; i++) put_double(m, x[i]);
}

/* ---- records ---- */

static void put_record(struct tfevents *t, const struct text *event)
{
    struct text head = { 0 };
    put_little(&head, event->length, 8);
    put_little(&head, masked_crc(t, head.data ? head.data : "", head.length), 4);
    fwrite(text_str(&head), 1, head.length, t->stream);
    fwrite(text_str(event), 1, event->length, t->stream);
    uint32_t crc = masked_crc(t, text_str(event), event->length);
    for (int i = 0; i < 4; i++) putc((int)(crc >> (8 * i) & 0xff), t->stream);
    t->broken |= head.broken || event->broken;
    text_clear(&head);
}

void tfevents_begin(struct tfevents *t, FILE *stream, double wall)
{
    static const char version[] = "brain.Event:2";
    struct text event = { 0 };
    *t = (struct tfevents){ .stream = stream };
    crc_fill(t->crc);
    put_key(&event, 1, WIRE_64);
    put_double(&event, wall);
    put_bytes(&event, 3, version, sizeof version - 1);
    put_record(t, &event);
    text_clear(&event);
}

static void put_value(struct tfevents *t, const struct text *value)
{
    put_bytes(&t->summary, 1, text_str(value), value->length);
    t->broken |= value->broken;
}

void tfevents_scalar(struct tfevents *t, const char *tag, double value)
{
    struct text m = { 0 };
    float x = (float)value;
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    put_bytes(&m, 1, tag, strlen(tag));
    put_key(&m, 2, WIRE_32);
    put_little(&m, bits, 4);
    put_value(t, &m);
    text_clear(&m);
}

void tfevents_histogram(struct tfevents *t, const char *tag, const float *values, int n)
{
    double limit[BUCKETS], count[BUCKETS] = { 0 }, numbers[5] = { INFINITY, -INFINITY, n, 0, 0 };
    struct text histo = { 0 }, m = { 0 };
    if (n <= 0) return;
    for (int i = 0; i < n; i++) {
        numbers[0] = fmin(numbers[0], (double)values[i]);
        numbers[1] = fmax(numbers[1], (double)values[i]);
        numbers[3] += (double)values[i];
        numbers[4] += (double)values[i] * (double)values[i];
    }
    double width = (numbers[1] - numbers[0]) / BUCKETS;
    int buckets = width > 0 ? BUCKETS : 1;
    for (int k = 0; k < buckets; k++) limit[k] = k + 1 < buckets ? numbers[0] + width * (k + 1) : numbers[1];
    if (buckets == 1) limit[0] = nextafter(numbers[1], DBL_MAX);
    for (int i = 0; i < n; i++) {
        int k = buckets > 1 ? (int)(((double)values[i] - numbers[0]) / width) : 0;
        count[k < buckets ? k : buckets - 1]++;
    }
    for (int i = 0; i < 5; i++) {
        put_key(&histo, i + 1, WIRE_64);
        put_double(&histo, numbers[i]);
    }
    put_doubles(&histo, 6, limit, buckets);
    put_doubles(&histo, 7, count, buckets);
    put_bytes(&m, 1, tag, strlen(tag));
    put_bytes(&m, 5, text_str(&histo), histo.length);
    put_value(t, &m);
    t->broken |= histo.broken;
    text_clear(&histo);
    text_clear(&m);
}

void tfevents_flush(struct tfevents *t, double wall, int64_t step)
{
    struct text event = { 0 };
    if (!t->summary.length) return;
    put_key(&event, 1, WIRE_64);
    put_double(&event, wall);
    put_key(&event, 2, WIRE_VARINT);
    put_varint(&event, (uint64_t)step);
    put_bytes(&event, 5, text_str(&t->summary), t->summary.length);
    put_record(t, &event);
    t->broken |= t->summary.broken;
    text_clear(&event);
    text_clear(&t->summary);
}

void tfevents_clear(struct tfevents *t)
{
    text_clear(&t->summary);
}
