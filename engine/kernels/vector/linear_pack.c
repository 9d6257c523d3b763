/* Operands of linear maps, packed: panels, and transposition in quads. The tiles of all passes read what is written
 * here, so that no two rows of an operand meet in one set of a cache. */
#include "engine/kernels/vector/linear.h"

/* Lanes of four rows of four, transposed in place. */
ALWAYS_INLINE void quads_transpose(quad q[4])
{
#ifdef __clang__
    quad a = __builtin_shufflevector(q[0], q[1], 0, 4, 1, 5), b = __builtin_shufflevector(q[0], q[1], 2, 6, 3, 7);
    quad c = __builtin_shufflevector(q[2], q[3], 0, 4, 1, 5), d = __builtin_shufflevector(q[2], q[3], 2, 6, 3, 7);
    q[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5), q[1] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
    q[2] = __builtin_shufflevector(b, d, 0, 1, 4, 5), q[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
#else
    const iquad low = { 0, 4, 1, 5 }, high = { 2, 6, 3, 7 }, first = { 0, 1, 4, 5 }, last = { 2, 3, 6, 7 };
    quad a = __builtin_shuffle(q[0], q[1], low), b = __builtin_shuffle(q[0], q[1], high);
    quad c = __builtin_shuffle(q[2], q[3], low), d = __builtin_shuffle(q[2], q[3], high);
    q[0] = __builtin_shuffle(a, c, first), q[1] = __builtin_shuffle(a, c, last);
    q[2] = __builtin_shuffle(b, d, first), q[3] = __builtin_shuffle(b, d, last);
#endif
}

typedef float quad_in_memory __attribute__((vector_size(16), aligned(4), may_alias));

void linear_transpose(const struct transposition *of)
{
    const int rows = of->rows, columns = of->columns;
    const size_t from_pitch = of->from_pitch, to_pitch = of->to_pitch;
    const float *bias = of->bias;
    const bool add = of->add;
    for (int c = 0; c < columns; c += 4) {
        for (int r = 0; r < rows; r += 4) {
            int height = at_most(rows - r, 4), width = at_most(columns - c, 4);
            const float *source = of->from + (size_t)r * from_pitch + c;
            float *target = of->to + (size_t)c * to_pitch + r;
            if (height == 4 && width == 4) {
                quad q[4];
                UNROLL for (int i = 0; i < 4; i++) q[i] = *(const quad_in_memory *)(source + i * from_pitch);
                quads_transpose(q);
                UNROLL for (int i = 0; i < 4; i++)
                {
                    quad_in_memory *t = (quad_in_memory *)(target + i * to_pitch);
                    if (bias) q[i] += *(const quad_in_memory *)(bias + r);
                    if (add) q[i] += *t;
                    *t = q[i];
                }
                continue;
            }
            for (int i = 0; i < height; i++) {
                for (int j = 0; j < width; j++) {
                    float v = source[i * from_pitch + j] + (bias ? bias[r + i] : 0);
                    float *t = target + j * to_pitch + i;
                    *t = add ? *t + v : v;
                }
            }
        }
    }
}

/* Copied even where x could be read in place: rows that lie a power of two apart would share few sets of the caches. */
void linear_panels(int rows, int columns, const float *x, size_t pitch, int first_panel, int end_panel, float *panels)
{
    for (int p = first_panel; p < end_panel; p++) {
        float *panel = panels + (size_t)(p - first_panel) * rows * BACKWARD_PANEL;
        int left = columns - p * BACKWARD_PANEL;
        for (int i = 0; i < rows; i++) {
            const float *row = x + (size_t)i * pitch + (size_t)p * BACKWARD_PANEL;
            float *out = panel + (size_t)i * BACKWARD_PANEL;
            if (left >= BACKWARD_PANEL) {
                UNROLL for (int v = 0; v < BACKWARD_VECS; v++) vec_store(out + v * LANES, vec_load(row + v * LANES));
            } else {
                memcpy(out, row, (size_t)left * sizeof *out);
                memset(out + left, 0, (size_t)(BACKWARD_PANEL - left) * sizeof *out);
            }
        }
    }
}
