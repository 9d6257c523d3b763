/* RLE frames, PS3.5 annex G: a table of up to 15 segments, each of them the bytes of one rank of one channel, the
 * highest byte first, packed in runs. */
#include "config.h"

#include <string.h>

#include "engine/data/dicom/dicom_parts.h"

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Decodes `count` bytes into every `step`th position of `out`. */
static bool unpack(const uint8_t *p, size_t n, uint8_t *out, size_t count, size_t step)
{
    size_t at = 0, done = 0;
    while (done < count && at < n) {
        uint8_t head = p[at++];
        size_t run = head < 128 ? head + 1u : 257u - head, bytes = head < 128 ? run : 1;
        if (head == 128) continue;
        if (n - at < bytes) return false;
        for (size_t i = 0; i < run && done < count; i++) out[step * done++] = p[at + (head < 128 ? i : 0)];
        at += bytes;
    }
    return done == count;
}

bool dicom_rle(const uint8_t *bytes, size_t n, struct dicom_layout *l, uint8_t *out)
{
    size_t pixels = (size_t)l->width * (size_t)l->height, ranks = (size_t)l->allocated / 8;
    size_t segments = (size_t)l->samples * ranks;
    if (n < 64 || get32(bytes) != segments) return false;
    for (size_t s = 0; s < segments; s++) {
        size_t from = get32(bytes + 4 + 4 * s), end = s + 1 < segments ? get32(bytes + 8 + 4 * s) : n;
        size_t channel = s / ranks, rank = ranks - 1 - s % ranks;
        if (from < 64 || from > end || end > n ||
            !unpack(bytes + from, end - from, out + channel * ranks + rank, pixels, segments))
            return false;
    }
    l->planar = false;
    return true;
}
