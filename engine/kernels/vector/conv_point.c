/* 1x1 convolutions as products of pixels with panels of weights. Pixels are taken as they lie, or, where the stride
 * passes over some or rows must not alias in the first cache, copied block by block. */
#include "engine/kernels/vector/conv.h"
#include "engine/kernels/vector/panel.h"

#include <assert.h>
#include <stdint.h>

enum {
    BLOCK = 96,         /* pixels of a block                                  */
    STREAMED = 2 << 20, /* reals of an output that is written past the caches */
};

bool conv_point_fits(const struct conv_plan *p)
{
    return p->s.r == 1 && p->s.pad == 0;
}

bool conv_point_fits_data(const struct conv_plan *p)
{
    return conv_point_fits(p) && p->s.stride == 1;
}

/* Channels in and out of a direction, and parts of the scratch. */
struct point {
    const struct conv_plan *p;
    int in, out, wide; /* wide: out in whole vectors */
    size_t in_row, out_row, pixels;
    size_t weights, thread, thread_out, thread_sums;
};

static struct point point_of(const struct conv_plan *p, int direction)
{
    const struct conv_shape *s = &p->s;
    struct point t = { .p = p,
                       .in = direction == CONV_DATA ? s->k : s->c,
                       .out = direction == CONV_DATA ? s->c : s->k };
    t.wide = ceil_div(t.out, LANES) * LANES;
    t.pixels = (size_t)s->n * p->oh * p->ow;
    t.in_row = aligned_reals((size_t)t.in) + 16;
    t.out_row = (size_t)t.wide + 16;
    t.weights = aligned_reals((size_t)t.in * t.wide);
    t.thread_out = aligned_reals(BLOCK * t.in_row);
    t.thread_sums = t.thread_out + aligned_reals(BLOCK * t.out_row);
    t.thread = t.thread_sums + (direction == CONV_WEIGHTS ? t.weights : 0);
    return t;
}

size_t conv_point_scratch(const struct conv_plan *p, const struct conv_variant *v)
{
    struct point t = point_of(p, v->direction);
    return t.weights + (size_t)p->threads * t.thread;
}

/* The input pixel of output pixel i, counted over images. */
static const float *pixel_of(const struct point *t, const float *x, size_t i)
{
    const struct conv_plan *p = t->p;
    const struct conv_shape *s = &p->s;
    if (s->stride == 1) return x + i * t->in;
    size_t row = i / p->ow, image = row / p->oh;
    return x + ((image * s->h + row % p->oh * s->stride) * s->w + i % p->ow * s->stride) * t->in;
}

static void copy_pixels(const struct point *t, const float *x, size_t from, int n, float *out)
{
    for (int i = 0; i < n; i++) memcpy(out + i * t->in_row, pixel_of(t, x, from + i), (size_t)t->in * sizeof *x);
}

/* w [in, out] (transposed: [out, in]) -> packed [panel][in][vectors of the panel], zeros beyond out. */
static void pack(const struct point *t, const float *w, bool transposed, float *packed)
{
    for (int first = 0; first < t->out; first += PANEL) {
        int width = panel_vecs(t->out, first) * LANES, lanes = at_most(width, t->out - first);
        for (int c = 0; c < t->in; c++, packed += width) {
            const float *from = transposed ? w + (size_t)first * t->in + c : w + (size_t)c * t->out + first;
            size_t step = transposed ? (size_t)t->in : 1;
            for (int l = 0; l < lanes; l++) packed[l] = from[l * step];
            for (int l = lanes; l < width; l++) packed[l] = 0;
        }
    }
}

/* Some pixels and what becomes of them. Borrowed. */
struct point_block {
    int n;           /* pixels                                         */
    const float *in; /* [n, row], of which t->in                       */
    size_t row;
    float *out;  /* [n, t->out]                                        */
    float *lent; /* [n, t->out_row]: for channels that fill no vector  */
    enum panel_mode mode;
};

/* Panel by panel, so that a panel of weights stays in the first cache while all pixels of the block pass. packed: as
 * pack() leaves it. */
static void block_run(const struct point *t, const struct point_block *b, const float *packed)
{
    for (int first = 0; first < t->out; first += PANEL) {
        int vecs = panel_vecs(t->out, first), lanes = at_most(vecs * LANES, t->out - first);
        bool whole = lanes % LANES == 0;
        panel_multiply(&(struct panel_product){ .rows = b->n,
                                                .vecs = vecs,
                                                .depth = t->in,
                                                .a = b->in,
                                                .lda = b->row,
                                                .b = packed + (size_t)first * t->in,
                                                .ldb = (size_t)vecs * LANES,
                                                .c = whole ? b->out + first : b->lent,
                                                .ldc = whole ? (size_t)t->out : t->out_row,
                                                .mode = whole ? b->mode : PANEL_SET });
        for (int i = 0; !whole && i < b->n; i++) {
            const float *from = b->lent + i * t->out_row;
            float *to = b->out + (size_t)i * t->out + first;
            for (int l = 0; l < lanes; l++) to[l] = b->mode == PANEL_ADD ? to[l] + from[l] : from[l];
        }
    }
}

/* Forward, or data with transposed weights. Blocks of pixels are shared out to threads. */
void conv_point(const struct conv_call *call, const struct conv_variant *v)
{
    const struct conv_plan *p = call->p;
    const struct point t = point_of(p, v->direction);
    float *packed = call->run->scratch;
    int parts = call->run->threads;
    bool stream =
        !call->add && t.pixels * t.out > STREAMED && t.out % LANES == 0 && (uintptr_t)call->out % KERNEL_BYTES == 0;
    enum panel_mode mode = call->add ? PANEL_ADD : stream ? PANEL_STREAM : PANEL_SET;
    size_t blocks = (t.pixels + BLOCK - 1) / BLOCK;
    assert(parts <= p->threads);
    pack(&t, call->b, v->direction == CONV_DATA, packed);
#pragma omp parallel for schedule(static, 1) num_threads(parts)
    for (int part = 0; part < parts; part++) {
        float *own = call->run->scratch + t.weights + part * t.thread;
        for (size_t i = share(blocks, part, parts); i < share(blocks, part + 1, parts); i++) {
            size_t from = i * BLOCK;
            struct point_block block = { .n = t.pixels - from < BLOCK ? (int)(t.pixels - from) : BLOCK,
                                         .in = call->a + from * t.in,
                                         .row = (size_t)t.in,
                                         .out = call->out + from * t.out,
                                         .lent = own + t.thread_out,
                                         .mode = mode };
            if (p->s.stride > 1) {
                copy_pixels(&t, call->a, from, block.n, own);
                block.in = own;
                block.row = t.in_row;
            }
            block_run(&t, &block, packed);
        }
        if (stream) vec_fence();
    }
}

/* Blocks [i, end) into the thread's own sums [in, wide]. Both operands are copied, with rows that do not alias. */
static void sum_blocks(const struct conv_call *call, const struct point *t, size_t i, size_t end, float *own)
{
    float *dy = own + t->thread_out, *sums = own + t->thread_sums;
    if (i == end) memset(sums, 0, t->weights * sizeof *sums);
    for (bool add = false; i < end; i++, add = true) {
        size_t from = i * BLOCK;
        int n = t->pixels - from < BLOCK ? (int)(t->pixels - from) : BLOCK;
        copy_pixels(t, call->a, from, n, own);
        for (int j = 0; j < n; j++) {
            memcpy(dy + j * t->out_row, call->b + (from + j) * t->out, (size_t)t->out * sizeof *dy);
            memset(dy + j * t->out_row + t->out, 0, (size_t)(t->wide - t->out) * sizeof *dy);
        }
        for (int first = 0; first < t->out; first += PANEL) {
            panel_sum(&(struct panel_product){ .rows = t->in,
                                               .vecs = panel_vecs(t->out, first),
                                               .depth = n,
                                               .a = own,
                                               .lda = t->in_row,
                                               .b = dy + first,
                                               .ldb = t->out_row,
                                               .c = sums + first,
                                               .ldc = (size_t)t->wide,
                                               .mode = add ? PANEL_ADD : PANEL_SET });
        }
    }
}

void conv_point_weights(const struct conv_call *call, const struct conv_variant *v)
{
    const struct point t = point_of(call->p, v->direction);
    float *first = call->run->scratch + t.weights;
    int parts = call->run->threads;
    size_t blocks = (t.pixels + BLOCK - 1) / BLOCK;
    assert(parts <= call->p->threads);
#pragma omp parallel num_threads(parts)
    {
#pragma omp for schedule(static, 1)
        for (int part = 0; part < parts; part++) {
            sum_blocks(call, &t, share(blocks, part, parts), share(blocks, part + 1, parts), first + part * t.thread);
        }
#pragma omp for schedule(static)
        for (int c = 0; c < t.in; c++) {
            for (int k = 0; k < t.out; k++) {
                float sum = 0;
                for (int part = 0; part < parts; part++)
                    sum += first[part * t.thread + t.thread_sums + (size_t)c * t.wide + k];
                call->out[(size_t)c * t.out + k] = sum;
            }
        }
    }
}
