/* Resampling with antialias, with Pillow's arithmetic, so that the results are equal.
 *
 * Boxes are rounded to float as in Pillow. Each axis has a table: for each output pixel the first input pixel,
 * the number of weights, and the weights of 22 bits. A weight is kept as two halves, 4096 high + low: the simplest
 * vector units are best at products of 16-bit numbers, and the sum of both is the same integer. The scratch memory
 * holds the tables, a line of input, and the image between the passes, of which only the rows that the vertical pass
 * reads are computed. */
#include "config.h"

#include "engine/data/images/resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
    WEIGHT_BITS = 32 - 8 - 2,
    HALF_BITS = 12,
    LANES = 8, /* weights are padded with zeros to a multiple of this */
    PIECE = 256,
};

static double triangle(double x)
{
    x = fabs(x);
    return x < 1 ? 1 - x : 0;
}

static double cubic(double x)
{
    const double a = -0.5;
    x = fabs(x);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
    return 0;
}

static const struct {
    double support;
    double (*weight)(double);
} filters[] = { [RESIZE_BILINEAR] = { 1, triangle }, [RESIZE_BICUBIC] = { 2, cubic } };

struct axis {
    int taps;            /* room for weights of one output pixel, a multiple of LANES */
    int32_t *first;      /* [out] first input pixel                                   */
    int32_t *count;      /* [out] weights used                                        */
    int16_t *high, *low; /* [out, taps]                                               */
};

static int round_lanes(int n)
{
    return (n + LANES - 1) / LANES * LANES;
}

static int taps_of(double length, int out, double support)
{
    double scale = length / out;
    return round_lanes((int)ceil(support * (scale < 1 ? 1 : scale)) * 2 + 1);
}

static size_t axis_room(int side, int out)
{
    return (size_t)out * (size_t)(2 + taps_of(side, out, filters[RESIZE_BICUBIC].support)) * sizeof(int32_t);
}

static size_t line_room(int side, int channels)
{
    return (size_t)(side + LANES) * (size_t)channels;
}

size_t resize_room(int side_w, int side_h, int channels, int w, int h)
{
    size_t middle = (size_t)(w > side_w ? w : side_w) * (size_t)side_h * (size_t)channels;
    return axis_room(side_w, w) + axis_room(side_h, h) + (line_room(side_w, channels) + middle) * sizeof(int16_t);
}

/* Fills the table of one axis of an image with `side` pixels along it; returns the end of the table.
 * Weights are computed twice, for the sum and for the quotient, so that no doubles need to be stored. */
static void *axis_fill(struct axis *a, const struct resize *r, bool down, int side, void *memory)
{
    const enum resize_filter filter = r->filter;
    const int out = down ? r->height : r->width;
    float from = (float)r->box[down], to = (float)r->box[2 + down];
    double scale = (double)(to - from) / out, wide = scale < 1 ? 1 : scale, support = filters[filter].support * wide;
    double narrow = 1.0 / wide;
    a->taps = taps_of(to - from, out, filters[filter].support);
    a->first = memory;
    a->count = a->first + out;
    a->high = (void *)(a->count + out);
    a->low = a->high + (size_t)out * (size_t)a->taps;
    memset(a->high, 0, 2 * (size_t)out * (size_t)a->taps * sizeof *a->high);
    for (int i = 0; i < out; i++) {
        double centre = from + (i + 0.5) * scale, sum = 0;
        int first = (int)(centre - support + 0.5), end = (int)(centre + support + 0.5);
        if (first < 0) first = 0;
        if (end > side) end = side;
        size_t at = (size_t)i * (size_t)a->taps;
        for (int x = first; x < end; x++) sum += filters[filter].weight((x - centre + 0.5) * narrow);
        for (int x = first; x < end; x++, at++) {
            double v = filters[filter].weight((x - centre + 0.5) * narrow);
            if (sum != 0) v /= sum;
            int32_t weight = (int32_t)((v < 0 ? -0.5 : 0.5) + v * (1 << WEIGHT_BITS));
            a->high[at] = (int16_t)((weight + (1 << (HALF_BITS - 1))) >> HALF_BITS);
            a->low[at] = (int16_t)(weight - a->high[at] * (1 << HALF_BITS));
        }
        a->first[i] = first;
        a->count[i] = end - first;
    }
    return a->low + (size_t)out * (size_t)a->taps;
}

/* Rounds and clips a sum of inputs times weights. */
static inline int32_t round_sum(int32_t sum)
{
    int32_t v = (sum + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS;
    return v < 0 ? 0 : v > 255 ? 255 : v;
}

/* The same of the sums of both halves. */
static inline int32_t finish(int32_t high, int32_t low)
{
    return round_sum(high * (1 << HALF_BITS) + low);
}

/* Inputs times weights; `count` is a multiple of LANES. Where there are vectors, both halves are added before the lanes
 * are: compilers add up the lanes of each half. */
static inline int32_t weigh(const int16_t *from, const int16_t *high, const int16_t *low, int count)
{
#ifdef __SSE2__
    __m128i h = _mm_setzero_si128(), l = h;
    for (int k = 0; k < count; k += LANES) {
        __m128i in = _mm_loadu_si128((const __m128i *)(from + k));
        h = _mm_add_epi32(h, _mm_madd_epi16(in, _mm_loadu_si128((const __m128i *)(high + k))));
        l = _mm_add_epi32(l, _mm_madd_epi16(in, _mm_loadu_si128((const __m128i *)(low + k))));
    }
    __m128i sum = _mm_add_epi32(_mm_slli_epi32(h, HALF_BITS), l);
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, _MM_SHUFFLE(1, 0, 3, 2)));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, _MM_SHUFFLE(2, 3, 0, 1)));
    return _mm_cvtsi128_si32(sum);
#else
    int32_t h = 0, l = 0;
    for (int k = 0; k < count; k++) {
        h += from[k] * high[k];
        l += from[k] * low[k];
    }
    return h * (1 << HALF_BITS) + l;
#endif
}

/* Planes of 16 bits, so that the inputs of one channel are contiguous. */
__attribute__((noinline)) /* not inlined: the compiler would lose the effect of restrict */
static void
widen(const uint8_t *restrict in, int n, int channels, int16_t *restrict line)
{
    if (channels == 1) {
        for (int x = 0; x < n; x++) line[x] = in[x];
        return;
    }
    int16_t *restrict green = line + n + LANES, *restrict blue = green + n + LANES;
    for (int x = 0; x < n; x++) {
        line[x] = in[3 * x];
        green[x] = in[3 * x + 1];
        blue[x] = in[3 * x + 2];
    }
}

static void row_across(const struct axis *a, const int16_t *line, size_t plane, int w, int channels, int16_t *out)
{
    for (int x = 0; x < w; x++) {
        size_t at = (size_t)x * (size_t)a->taps;
        const int16_t *from = line + a->first[x];
        int count = round_lanes(a->count[x]);
        for (int c = 0; c < channels; c++, from += plane)
            *out++ = (int16_t)round_sum(weigh(from, a->high + at, a->low + at, count));
    }
}

/* All rows of `in` to out [rows, w, channels]. line: line_room, for one row in planes. */
static void pass_across(const struct axis *a, const struct resize_source *in, int w, int16_t *line, int16_t *out)
{
    const uint8_t *row = in->pixels;
    memset(line, 0, line_room(in->width, in->channels) * sizeof *line);
    for (int y = 0; y < in->height; y++, row += in->stride, out += w * in->channels) {
        widen(row, in->width, in->channels, line);
        row_across(a, line, line_room(in->width, 1), w, in->channels, out);
    }
}

/* One row at a time, in pieces that fit the first-level cache. in: [rows, pitch], its first row being row `shift`. */
static void pass_down(const struct axis *a, const int16_t *in, int shift, int h, size_t pitch, uint8_t *restrict out)
{
    int32_t sum_high[PIECE], sum_low[PIECE];
    for (int y = 0; y < h; y++, out += pitch) {
        size_t at = (size_t)y * (size_t)a->taps;
        const int16_t *from = in + (size_t)(a->first[y] - shift) * pitch;
        for (size_t x = 0; x < pitch; x += PIECE) {
            size_t n = pitch - x < PIECE ? pitch - x : PIECE;
            memset(sum_high, 0, n * sizeof *sum_high);
            memset(sum_low, 0, n * sizeof *sum_low);
            for (int k = 0; k < a->count[y]; k++) {
                const int16_t *restrict row = from + (size_t)k * pitch + x;
                int16_t high = a->high[at + (size_t)k], low = a->low[at + (size_t)k];
                for (size_t i = 0; i < n; i++) {
                    sum_high[i] += row[i] * high;
                    sum_low[i] += row[i] * low;
                }
            }
            for (size_t i = 0; i < n; i++) out[x + i] = (uint8_t)finish(sum_high[i], sum_low[i]);
        }
    }
}

void resize_pixels(const struct resize_source *in, const struct resize *r, uint8_t *out, void *scratch)
{
    struct axis across, down;
    int w = r->width, h = r->height;
    size_t pitch = (size_t)w * (size_t)in->channels;
    bool need_across = w != in->width || r->box[0] != 0 || r->box[2] != in->width,
         need_down = h != in->height || r->box[1] != 0 || r->box[3] != in->height;
    int16_t *middle = axis_fill(&down, r, true, in->height, scratch);
    int top = down.first[0];
    struct resize_source read = *in; /* the rows that the vertical pass reads */
    if (need_down)
        read.height = down.first[h - 1] + down.count[h - 1] - top;
    else
        top = 0;
    read.pixels += (size_t)top * in->stride;
    if (need_across) {
        int16_t *line = axis_fill(&across, r, false, in->width, middle);
        middle = line + line_room(in->width, in->channels);
        pass_across(&across, &read, w, line, middle);
    } else {
        for (int y = 0; y < read.height; y++)
            widen(read.pixels + (size_t)y * in->stride, (int)pitch, 1, middle + (size_t)y * pitch);
    }
    if (need_down)
        pass_down(&down, middle, top, h, pitch, out);
    else
        for (size_t i = 0; i < pitch * (size_t)h; i++) out[i] = (uint8_t)middle[i];
}

bool resize_image(const struct image *in, const struct resize *r, struct image *out, struct err *e)
{
    double x0 = r->box[0], y0 = r->box[1], x1 = r->box[2], y1 = r->box[3];
    int w = r->width, h = r->height;
    *out = (struct image){ 0 };
    if (!(x0 >= 0 && y0 >= 0 && x0 < x1 && y0 < y1 && x1 <= in->width && y1 <= in->height))
        return err_set(e, ERR_USAGE, "resize: the box %g,%g..%g,%g is not inside %d x %d pixels", x0, y0, x1, y1,
                       in->width, in->height);
    if (!image_init(out, w, h, in->channels, "resize", e)) return false;
    void *scratch = malloc(resize_room(in->width, in->height, in->channels, w, h));
    if (!scratch) {
        image_clear(out);
        return err_set(e, ERR_MEMORY, "resize: no memory for %d x %d pixels", w, h);
    }
    const struct resize_source source = { .pixels = in->pixels,
                                          .width = in->width,
                                          .height = in->height,
                                          .channels = in->channels,
                                          .stride = (size_t)in->width * (size_t)in->channels };
    resize_pixels(&source, r, out->pixels, scratch);
    free(scratch);
    return true;
}
