/* Winograd's transforms of weights: taps to points, and their gradient back. */
#include "engine/kernels/vector/winograd_axis.h"

enum { TAPS = 9 };

/* ---- square blocks turned over their diagonal ----------------------------------------------------------- */

/* Lanes of two vectors: low keeps where the bit is clear and takes the other's from there, high the reverse. */
#ifdef __clang__
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (ivec){ __VA_ARGS__ })
#endif

#define EXCHANGE(step, LOW, HIGH)                                                                                      \
    UNROLL for (int i = 0; i < LANES; i++)                                                                             \
    {                                                                                                                  \
        if (i & step) continue;                                                                                        \
        vec low = row[i], high = row[i + step];                                                                        \
        row[i] = SHUFFLE(low, high, LOW);                                                                              \
        row[i + step] = SHUFFLE(low, high, HIGH);                                                                      \
    }

/* [LANES][LANES] in place: at each step of 1, 2, 4, ... rows that differ in one bit of their number exchange the lanes
 * that differ in that bit. */
ALWAYS_INLINE void transpose(vec *row)
{
#define LIST(...) __VA_ARGS__
#if KERNEL_BYTES == 16
    EXCHANGE(1, LIST(0, 4, 2, 6), LIST(1, 5, 3, 7))
    EXCHANGE(2, LIST(0, 1, 4, 5), LIST(2, 3, 6, 7))
#elif KERNEL_BYTES == 32
    EXCHANGE(1, LIST(0, 8, 2, 10, 4, 12, 6, 14), LIST(1, 9, 3, 11, 5, 13, 7, 15))
    EXCHANGE(2, LIST(0, 1, 8, 9, 4, 5, 12, 13), LIST(2, 3, 10, 11, 6, 7, 14, 15))
    EXCHANGE(4, LIST(0, 1, 2, 3, 8, 9, 10, 11), LIST(4, 5, 6, 7, 12, 13, 14, 15))
#else
    EXCHANGE(1, LIST(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
             LIST(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
    EXCHANGE(2, LIST(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
             LIST(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
    EXCHANGE(4, LIST(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
             LIST(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
    EXCHANGE(8, LIST(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
             LIST(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
#endif
}

/* ---- taps to points ------------------------------------------------------------------------------------- */

/* Nine taps, `tap` reals apart, to axis * axis points, `stride` apart. */
ALWAYS_INLINE void points_of(const int axis, const vec *taps, float *u, size_t stride)
{
    vec half[WINOGRAD_AXIS][3], in[3], out[WINOGRAD_AXIS];
    UNROLL for (int j = 0; j < 3; j++)
    {
        UNROLL for (int i = 0; i < 3; i++) in[i] = taps[3 * i + j];
        axis_weights(axis, in, out);
        UNROLL for (int i = 0; i < axis; i++) half[i][j] = out[i];
    }
    UNROLL for (int i = 0; i < axis; i++)
    {
        axis_weights(axis, half[i], out);
        UNROLL for (int j = 0; j < axis; j++) vec_store(u + (size_t)(i * axis + j) * stride, out[j]);
    }
}

/* block[tap][i]: weights of input channel c + i, LANES outputs from k on; zeros where there are no more channels. */
static void read_block(const struct winograd_taps *t, int c, int k, vec block[TAPS][LANES])
{
    size_t all = (size_t)t->in * t->out, step = t->turned ? (size_t)t->in : (size_t)t->out;
    int rows = t->turned ? at_most(t->out - k, LANES) : at_most(t->in - c, LANES);
    int lanes = t->turned ? t->in - c : t->out - k;
    for (int tap = 0; tap < TAPS; tap++) {
        const float *from = t->turned ? t->w + (size_t)(TAPS - 1 - tap) * all + (size_t)k * t->in + c
                                      : t->w + (size_t)tap * all + (size_t)c * t->out + k;
        for (int i = 0; i < LANES; i++) block[tap][i] = i < rows ? vec_part(from + i * step, lanes) : (vec){ 0 };
        if (t->turned) transpose(block[tap]);
    }
}

/* `rows` input channels of a block to the points at u [axis * axis][stride], `width` reals from one to the next. */
ALWAYS_INLINE void write_block(const int axis, vec block[TAPS][LANES], int rows, int width, float *u, size_t stride)
{
    for (int i = 0; i < rows; i++) {
        vec taps[TAPS];
        UNROLL for (int tap = 0; tap < TAPS; tap++) taps[tap] = block[tap][i];
        points_of(axis, taps, u + (size_t)i * width, stride);
    }
}

void winograd_weights(const struct winograd_taps *taps, const struct winograd_panel *panel, int from, int end)
{
    const int axis = panel->axis;
    const size_t stride = panel->stride;
    int first = panel->index * PANEL, vecs = panel_vecs(taps->out, first), width = vecs * LANES;
    vec block[TAPS][LANES];
    for (int c = from; c < end; c += LANES) {
        for (int v = 0; v < vecs; v++) {
            int rows = at_most(end - c, LANES);
            float *place = panel->u + (size_t)c * width + v * LANES;
            read_block(taps, c, first + v * LANES, block);
            if (axis == 6) {
                write_block(6, block, rows, width, place, stride);
            } else if (axis == 5) {
                write_block(5, block, rows, width, place, stride);
            } else if (axis == 4) {
                write_block(4, block, rows, width, place, stride);
            } else {
                write_block(3, block, rows, width, place, stride);
            }
        }
    }
}

/* ---- points to the gradient of taps ---------------------------------------------------------------------- */

/* Nine taps of one input channel and LANES outputs, from the points at u; copies are summed in their order. */
ALWAYS_INLINE void taps_of(const int axis, const struct winograd_sums_at_points *at, const float *u, vec *taps)
{
    const size_t stride = at->stride, copy = at->copy;
    const int copies = at->copies;
    vec half[3][WINOGRAD_AXIS], in[WINOGRAD_AXIS], out[3];
    UNROLL for (int j = 0; j < axis; j++)
    {
        UNROLL for (int i = 0; i < axis; i++)
        {
            const float *from = u + (size_t)(i * axis + j) * stride;
            in[i] = vec_load(from);
            for (int n = 1; n < copies; n++) in[i] += vec_load(from + n * copy);
        }
        axis_weights_gradient(axis, in, out);
        UNROLL for (int i = 0; i < 3; i++) half[i][j] = out[i];
    }
    UNROLL for (int i = 0; i < 3; i++)
    {
        axis_weights_gradient(axis, half[i], out);
        UNROLL for (int j = 0; j < 3; j++) taps[3 * i + j] = out[j];
    }
}

void winograd_weights_gradient(const struct winograd_sums_at_points *from, const struct winograd_block *to)
{
    for (int c = 0; c < to->rows; c++) {
        for (int k = 0; k < to->lanes; k += LANES) {
            vec taps[TAPS];
            const float *u = from->du + (size_t)c * from->row + k;
            if (from->axis == 6) {
                taps_of(6, from, u, taps);
            } else if (from->axis == 5) {
                taps_of(5, from, u, taps);
            } else if (from->axis == 4) {
                taps_of(4, from, u, taps);
            } else {
                taps_of(3, from, u, taps);
            }
            float *place = to->dw + (size_t)c * to->out + k;
            int left = to->lanes - k;
            for (int i = 0; i < TAPS; i++, place += to->tap)
                vec_put(place, to->add ? taps[i] + vec_part(place, left) : taps[i], left);
        }
    }
}
