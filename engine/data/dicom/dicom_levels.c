#include "config.h"

#include "engine/data/dicom/dicom_levels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES = 1 << 16 };

/* One entry for every stored value, by its bits. */
struct mapping {
    double value[VALUES];   /* modality value */
    uint32_t count[VALUES]; /* pixels that have it and are not padding */
    uint8_t level[VALUES];
};

struct bin {
    double value;
    uint32_t count;
};

void dicom_display_clear(struct dicom_display *d)
{
    free(d->modality.entries);
    free(d->voi.entries);
    for (int c = 0; c < 3; c++) free(d->palette[c].entries);
    *d = (struct dicom_display){ 0 };
}

size_t dicom_layout_bytes(const struct dicom_layout *l)
{
    size_t pixels = (size_t)l->width * (size_t)l->height;
    if (l->photometric == DICOM_YBR_422) return pixels * 2;
    return pixels * (size_t)l->samples * (size_t)(l->allocated / 8);
}

int dicom_layout_channels(const struct dicom_layout *l)
{
    return l->samples == 3 || l->photometric == DICOM_PALETTE ? 3 : 1;
}

static uint8_t level_of(double y)
{
    return y <= 0 ? 0 : y >= 255 ? 255 : (uint8_t)floor(y + .5);
}

static uint16_t look_up(const struct dicom_table *t, double x)
{
    double at = floor(x + .5) - t->first;
    return t->entries[at <= 0 ? 0 : at >= t->count - 1 ? t->count - 1 : (uint32_t)at];
}

/* The stored value of an entry: its bits, with their sign. */
static int32_t stored_value(const struct dicom_layout *l, uint32_t bits)
{
    bool negative = l->is_signed && bits >> (l->stored - 1);
    return negative ? (int32_t)bits - (1 << l->stored) : (int32_t)bits;
}

/* Bits of a sample: little or big endian, without the bits above and below its value. */
static inline uint32_t bits_of(const struct dicom_layout *l, const uint8_t *p)
{
    uint32_t v = l->allocated == 8 ? p[0] : l->big_endian ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
    return v >> (l->high + 1 - l->stored) & ((1u << l->stored) - 1);
}

/* ---- VOI ---- */

static double window(enum dicom_function function, double center, double width, double x)
{
    if (function == DICOM_SIGMOID) return 255 / (1 + exp(-4 * (x - center) / width));
    if (function == DICOM_LINEAR_EXACT) return ((x - center) / width + .5) * 255;
    if (width <= 1) return x <= center - .5 ? 0 : 255;
    return ((x - (center - .5)) / (width - 1) + .5) * 255;
}

static int compare(const void *a, const void *b)
{
    const struct bin *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

static double value_of_rank(const struct bin *bins, uint64_t rank)
{
    while (rank >= bins->count) rank -= (bins++)->count;
    return bins->value;
}

/* By quantiles of the pixels that are not padding, as for 16-bit images of other formats (image_from_samples). */
static bool by_quantiles(struct mapping *m, uint32_t values, double least, double most, struct err *e)
{
    struct bin *bins = malloc(values * sizeof *bins);
    if (!bins) return err_set(e, ERR_MEMORY, "no memory");
    uint32_t used = 0;
    uint64_t n = 0;
    for (uint32_t v = 0; v < values; v++)
        if (m->count[v]) {
            bins[used++] = (struct bin){ m->value[v], m->count[v] };
            n += m->count[v];
        }
    qsort(bins, used, sizeof *bins, compare);
    uint64_t tail = (n - 1) / 200; /* floor(0.005 (n-1)) */
    double low = value_of_rank(bins, tail), high = value_of_rank(bins, n - 1 - tail);
    if (low == high) {
        low = bins[0].value;
        high = bins[used - 1].value;
    }
    if (low == high) { /* a single value: its position among all values that could be stored */
        low = least;
        high = most;
    }
    for (uint32_t v = 0; v < values; v++)
        m->level[v] = level_of(high > low ? (255 * (m->value[v] - low)) / (high - low) : 0);
    free(bins);
    return true;
}

/* ---- grey ---- */

static void count_values(const struct dicom_layout *l, const struct dicom_display *d, const uint8_t *bytes,
                         struct mapping *m)
{
    size_t n = (size_t)l->width * (size_t)l->height, step = (size_t)l->allocated / 8, left = 0;
    uint32_t values = 1u << l->stored;
    for (size_t i = 0; i < n; i++) m->count[bits_of(l, bytes + i * step)]++;
    if (!d->has_padding) return;
    for (uint32_t v = 0; v < values; v++) {
        int32_t x = stored_value(l, v);
        if (x < d->padding[0] || x > d->padding[1]) left += m->count[v];
    }
    for (uint32_t v = 0; left && v < values; v++) { /* if everything is padding, treat it as image */
        int32_t x = stored_value(l, v);
        if (x >= d->padding[0] && x <= d->padding[1]) m->count[v] = 0;
    }
}

static bool fill_levels(const struct dicom_layout *l, const struct dicom_display *d, const struct dicom_window *w,
                        const uint8_t *bytes, struct mapping *m, struct err *e)
{
    uint32_t values = 1u << l->stored;
    double least = INFINITY, most = -INFINITY;
    for (uint32_t v = 0; v < values; v++) {
        int32_t x = stored_value(l, v);
        m->value[v] = d->modality.entries ? look_up(&d->modality, x) : d->slope * x + d->intercept;
        least = fmin(least, m->value[v]);
        most = fmax(most, m->value[v]);
    }
    bool given = w->kind == DICOM_WINDOW_GIVEN;
    bool as_it_is = given && !d->has_window && !d->voi.entries && l->stored <= 8 && least >= 0 && most <= 255;
    double center = given ? d->center : w->center, width = given ? d->width : w->width;
    if (w->kind == DICOM_WINDOW_FIXED || (given && d->has_window)) {
        enum dicom_function function = given ? d->function : DICOM_LINEAR;
        for (uint32_t v = 0; v < values; v++) m->level[v] = level_of(window(function, center, width, m->value[v]));
    } else if (given && d->voi.entries) {
        double top = (1 << d->voi.bits) - 1;
        for (uint32_t v = 0; v < values; v++) m->level[v] = level_of(look_up(&d->voi, m->value[v]) * 255 / top);
    } else if (as_it_is) {
        for (uint32_t v = 0; v < values; v++) m->level[v] = level_of(m->value[v]);
    } else {
        count_values(l, d, bytes, m);
        if (!by_quantiles(m, values, least, most, e)) return false;
    }
    for (uint32_t v = 0; l->photometric == DICOM_MONO1 && v < values; v++) m->level[v] = (uint8_t)(255 - m->level[v]);
    return true;
}

static bool grey(const struct dicom_layout *l, const struct dicom_display *d, const struct dicom_window *w,
                 const uint8_t *bytes, uint8_t *out, struct err *e)
{
    size_t n = (size_t)l->width * (size_t)l->height, step = (size_t)l->allocated / 8;
    struct mapping *m = calloc(1, sizeof *m);
    if (!m) return err_set(e, ERR_MEMORY, "no memory");
    bool ok = fill_levels(l, d, w, bytes, m, e);
    for (size_t i = 0; ok && i < n; i++) out[i] = m->level[bits_of(l, bytes + i * step)];
    free(m);
    return ok;
}

/* ---- colour ---- */

static void from_ybr(double y, double cb, double cr, uint8_t *rgb)
{
    rgb[0] = level_of(y + 1.402 * (cr - 128));
    rgb[1] = level_of(y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128));
    rgb[2] = level_of(y + 1.772 * (cb - 128));
}

static void colour(const struct dicom_layout *l, const uint8_t *bytes, uint8_t *out)
{
    size_t n = (size_t)l->width * (size_t)l->height, step = (size_t)l->allocated / 8;
    uint32_t top = (1u << l->stored) - 1;
    if (l->photometric == DICOM_YBR_422) { /* Y Y Cb Cr for two pixels */
        for (size_t i = 0; i < n; i++) {
            const uint8_t *p = bytes + i / 2 * 4;
            from_ybr(p[i & 1], p[2], p[3], out + 3 * i);
        }
        return;
    }
    for (size_t i = 0; i < n; i++) {
        uint8_t v[3];
        for (size_t c = 0; c < 3; c++) {
            uint32_t x = bits_of(l, bytes + (l->planar ? c * n + i : 3 * i + c) * step);
            v[c] = (uint8_t)(l->stored == 8 ? x : (x * 255 + top / 2) / top);
        }
        if (l->photometric == DICOM_YBR_FULL)
            from_ybr(v[0], v[1], v[2], out + 3 * i);
        else
            memcpy(out + 3 * i, v, 3);
    }
}

static void palette(const struct dicom_layout *l, const struct dicom_display *d, const uint8_t *bytes, uint8_t *out)
{
    size_t n = (size_t)l->width * (size_t)l->height, step = (size_t)l->allocated / 8;
    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < 3; c++) {
            uint32_t v = look_up(&d->palette[c], stored_value(l, bits_of(l, bytes + i * step)));
            out[3 * i + (size_t)c] = d->palette[c].bits <= 8 ? (uint8_t)v : (uint8_t)((v * 255 + 32767) / 65535);
        }
}

bool dicom_levels(const struct dicom_layout *l, const struct dicom_display *d, const struct dicom_window *w,
                  const uint8_t *bytes, uint8_t *out, struct err *e)
{
    if (l->photometric == DICOM_PALETTE)
        palette(l, d, bytes, out);
    else if (l->samples == 3)
        colour(l, bytes, out);
    else
        return grey(l, d, w, bytes, out, e);
    return true;
}
