/* An image in memory: its size, its channels, and the conversion of 16-bit samples to 8 bits. */
#include "config.h"

#include "engine/data/images/image.h"

#include <stdlib.h>
#include <string.h>

#include "engine/data/images/image_kinds.h"

bool image_check_size(double width, double height, const char *name, struct err *e)
{
    if (width < 1 || height < 1) return err_set(e, ERR_FORMAT, "%s: damaged: %.0f x %.0f pixels", name, width, height);
    if (width > IMAGE_SIDE_MOST || height > IMAGE_SIDE_MOST || width * height > IMAGE_PIXELS_MOST)
        return err_set(e, ERR_UNSUPPORTED,
                       "%s: %.0f x %.0f pixels is too large; at most %d a side and %d million in all are read", name,
                       width, height, IMAGE_SIDE_MOST, IMAGE_PIXELS_MOST / 1000000);
    return true;
}

bool image_init(struct image *m, int width, int height, int channels, const char *name, struct err *e)
{
    *m = (struct image){ 0 };
    if (!image_check_size(width, height, name, e)) return false;
    uint8_t *pixels = calloc((size_t)width * (size_t)height, (size_t)channels);
    if (!pixels) return err_set(e, ERR_MEMORY, "%s: no memory for %d x %d pixels", name, width, height);
    *m = (struct image){ width, height, channels, pixels };
    return true;
}

void image_clear(struct image *m)
{
    free(m->pixels);
    *m = (struct image){ 0 };
}

bool image_is_grey(const struct image *m)
{
    if (m->channels == 1) return true;
    const uint8_t *p = m->pixels, *end = p + (size_t)m->width * (size_t)m->height * 3;
    for (; p < end; p += 3) {
        int most = p[0] > p[1] ? p[0] : p[1], least = p[0] < p[1] ? p[0] : p[1];
        if (p[2] > most) most = p[2];
        if (p[2] < least) least = p[2];
        if (most - least > IMAGE_GREY_LEVELS) return false;
    }
    return true;
}

bool image_convert(struct image *m, int channels, struct err *e)
{
    struct image out;
    if (m->channels == channels) return true;
    if (!image_init(&out, m->width, m->height, channels, "converting channels", e)) return false;
    size_t n = (size_t)m->width * (size_t)m->height;
    const uint8_t *p = m->pixels;
    for (size_t i = 0; i < n; i++) {
        if (channels == 1)
            out.pixels[i] =
                (uint8_t)((19595u * p[3 * i] + 38470u * p[3 * i + 1] + 7471u * p[3 * i + 2] + 0x8000u) >> 16);
        else
            memset(out.pixels + 3 * i, p[i], 3);
    }
    image_clear(m);
    *m = out;
    return true;
}

/* The sample of rank `rank` in sorted order: first its high byte by counting, then its low byte among those. */
static unsigned sample_of_rank(const uint16_t *samples, size_t n, size_t rank)
{
    size_t count[256] = { 0 };
    unsigned high = 0, low = 0;
    for (size_t i = 0; i < n; i++) count[samples[i] >> 8]++;
    while (rank >= count[high]) rank -= count[high++];
    memset(count, 0, sizeof count);
    for (size_t i = 0; i < n; i++)
        if (samples[i] >> 8 == high) count[samples[i] & 255]++;
    while (rank >= count[low]) rank -= count[low++];
    return high << 8 | low;
}

void image_from_samples(const uint16_t *samples, size_t n, uint8_t *out)
{
    if (!n) return;
    size_t tail = (n - 1) / 200; /* floor(0.005 (n-1)), and n-1 minus it is ceil(0.995 (n-1)) */
    unsigned low = sample_of_rank(samples, n, tail), high = sample_of_rank(samples, n, n - 1 - tail);
    if (low == high) {
        low = sample_of_rank(samples, n, 0);
        high = sample_of_rank(samples, n, n - 1);
    }
    if (low == high) {
        memset(out, (int)((low * 255 + 32767) / 65535), n);
        return;
    }
    unsigned span = high - low;
    for (size_t i = 0; i < n; i++) {
        unsigned v = samples[i] < low ? 0 : samples[i] > high ? span : samples[i] - low;
        out[i] = (uint8_t)((v * 255 + span / 2) / span);
    }
}
