/* Resampling with antialias: the arithmetic of Pillow, so that its numbers come out.
 *
 * Boxes are rounded to float as Pillow does. A table of weights an axis: for each output pixel the first input pixel, how
 * many, and that many weights of 22 bits. The scratch holds both tables and the picture between the passes, of which only
 * the rows that the vertical pass reads are made. */
#include "config.h"

#include "engine/data/resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WEIGHT_BITS = 32 - 8 - 2 };

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
    int taps;       /* room for weights of one output pixel */
    int32_t *first; /* [out] first input pixel              */
    int32_t *count; /* [out] weights used                   */
    int32_t *weight; /* [out, taps]                         */
};

static int taps_of(double length, int out, double support)
{
    double scale = length / out;
    return (int)ceil(support * (scale < 1 ? 1 : scale)) * 2 + 1;
}

static size_t axis_room(int side, int out, double support)
{
    return (size_t)out * (size_t)(2 + taps_of(side, out, support)) * sizeof(int32_t);
}

size_t resize_room(int side_w, int side_h, int channels, int w, int h)
{
    double support = filters[RESIZE_BICUBIC].support;
    return axis_room(side_w, w, support) + axis_room(side_h, h, support) + (size_t)w * (size_t)side_h * (size_t)channels;
}

/* Fill the table of one axis of `side` pixels, of which low..high become `out`; returns what lies behind it. Weights are
 * computed twice, for the sum and for the quotient, so that no doubles need room. */
static int32_t *axis_fill(struct axis *a, int side, double low, double high, int out, enum resize_filter filter,
                          int32_t *memory)
{
    float from = (float)low, to = (float)high;
    double scale = (double)(to - from) / out, wide = scale < 1 ? 1 : scale, support = filters[filter].support * wide;
    double narrow = 1.0 / wide;
    a->taps = (int)ceil(support) * 2 + 1;
    a->first = memory;
    a->count = a->first + out;
    a->weight = a->count + out;
    for (int i = 0; i < out; i++) {
        double centre = from + (i + 0.5) * scale, sum = 0;
        int first = (int)(centre - support + 0.5), end = (int)(centre + support + 0.5);
        if (first < 0) first = 0;
        if (end > side) end = side;
        int32_t *weight = a->weight + (size_t)i * (size_t)a->taps;
        for (int x = first; x < end; x++) sum += filters[filter].weight((x - centre + 0.5) * narrow);
        for (int x = first; x < end; x++) {
            double v = filters[filter].weight((x - centre + 0.5) * narrow);
            if (sum != 0) v /= sum;
            weight[x - first] = (int32_t)((v < 0 ? -0.5 : 0.5) + v * (1 << WEIGHT_BITS));
        }
        a->first[i] = first;
        a->count[i] = end - first;
    }
    return a->weight + (size_t)out * (size_t)a->taps;
}

static inline uint8_t clip(int32_t sum)
{
    int32_t v = sum >> WEIGHT_BITS;
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static inline void row_across(const struct axis *a, const uint8_t *in, int w, int channels, uint8_t *out)
{
    for (int x = 0; x < w; x++) {
        const int32_t *weight = a->weight + (size_t)x * (size_t)a->taps;
        const uint8_t *from = in + (size_t)a->first[x] * (size_t)channels;
        int count = a->count[x];
        int32_t sum[3] = { 1 << (WEIGHT_BITS - 1), 1 << (WEIGHT_BITS - 1), 1 << (WEIGHT_BITS - 1) };
        for (int k = 0; k < count; k++)
            for (int c = 0; c < channels; c++) sum[c] += from[k * channels + c] * weight[k];
        for (int c = 0; c < channels; c++) out[x * channels + c] = clip(sum[c]);
    }
}

static void pass_across(const struct axis *a, const uint8_t *in, size_t stride, int rows, int w, int channels, uint8_t *out)
{
    size_t pitch = (size_t)w * (size_t)channels;
    for (int y = 0; y < rows; y++, in += stride, out += pitch) {
        if (channels == 1)
            row_across(a, in, w, 1, out);
        else
            row_across(a, in, w, 3, out);
    }
}

/* A row at a time, in pieces that stay in registers or the nearest cache. */
static void pass_down(const struct axis *a, const uint8_t *in, size_t stride, int shift, int h, size_t pitch, uint8_t *out)
{
    enum { PIECE = 256 };
    int32_t sum[PIECE];
    for (int y = 0; y < h; y++, out += pitch) {
        const int32_t *weight = a->weight + (size_t)y * (size_t)a->taps;
        const uint8_t *from = in + (size_t)(a->first[y] - shift) * stride;
        for (size_t x = 0; x < pitch; x += PIECE) {
            size_t n = pitch - x < PIECE ? pitch - x : PIECE;
            for (size_t i = 0; i < n; i++) sum[i] = 1 << (WEIGHT_BITS - 1);
            for (int k = 0; k < a->count[y]; k++) {
                const uint8_t *row = from + (size_t)k * stride + x;
                int32_t v = weight[k];
                for (size_t i = 0; i < n; i++) sum[i] += row[i] * v;
            }
            for (size_t i = 0; i < n; i++) out[x + i] = clip(sum[i]);
        }
    }
}

void resize_pixels(const uint8_t *in, int in_w, int in_h, size_t stride, int channels, const double box[4], int w, int h,
                   enum resize_filter filter, uint8_t *out, void *scratch)
{
    struct axis across, down;
    size_t pitch = (size_t)w * (size_t)channels;
    bool need_across = w != in_w || box[0] != 0 || box[2] != in_w, need_down = h != in_h || box[1] != 0 || box[3] != in_h;
    int32_t *memory = axis_fill(&down, in_h, box[1], box[3], h, filter, scratch);
    if (!need_down) {
        if (need_across) {
            axis_fill(&across, in_w, box[0], box[2], w, filter, memory);
            pass_across(&across, in, stride, h, w, channels, out);
            return;
        }
        for (int y = 0; y < h; y++) memcpy(out + (size_t)y * pitch, in + (size_t)y * stride, pitch);
        return;
    }
    int top = down.first[0], end = down.first[h - 1] + down.count[h - 1];
    if (!need_across) {
        pass_down(&down, in, stride, 0, h, pitch, out);
        return;
    }
    uint8_t *middle = (uint8_t *)axis_fill(&across, in_w, box[0], box[2], w, filter, memory);
    pass_across(&across, in + (size_t)top * stride, stride, end - top, w, channels, middle);
    pass_down(&down, middle, pitch, top, h, pitch, out);
}

bool resize_image(const struct image *in, double x0, double y0, double x1, double y1, int w, int h,
                  enum resize_filter filter, struct image *out, struct err *e)
{
    *out = (struct image){ 0 };
    if (!(x0 >= 0 && y0 >= 0 && x0 < x1 && y0 < y1 && x1 <= in->width && y1 <= in->height))
        return err_set(e, ERR_USAGE, "resize: the box %g,%g..%g,%g is not inside %d x %d pixels", x0, y0, x1, y1, in->width,
                       in->height);
    if (!image_init(out, w, h, in->channels, "resize", e)) return false;
    void *scratch = malloc(resize_room(in->width, in->height, in->channels, w, h));
    if (!scratch) {
        image_clear(out);
        return err_set(e, ERR_MEMORY, "resize: no memory for %d x %d pixels", w, h);
    }
    const double box[4] = { x0, y0, x1, y1 };
    resize_pixels(in->pixels, in->width, in->height, (size_t)in->width * (size_t)in->channels, in->channels, box, w, h, filter,
                  out->pixels, scratch);
    free(scratch);
    return true;
}
