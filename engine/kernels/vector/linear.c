/* Linear maps, forward and backward to their input: a weight is read from memory once, for all rows of both views.
 *
 * Forward: rows of x are transposed into panels of images, bands of w are copied (their squares are summed on the way:
 * LARS needs them), tiles fill y transposed. Backward: thin slabs of w become panels of inputs; dx grows panel by
 * panel. What comes next of w is asked for while a tile computes. */
#include "engine/kernels/vector/linear.h"

enum {
    FORWARD_DEPTH = 256,
    FORWARD_PITCH = FORWARD_DEPTH + PITCH_MORE,
    FORWARD_IMAGES = 256, /* rows of x whose panels stay in the second cache */
    SLAB = 64,            /* rows of w that make a panel: more would not fit in the sets of the second cache */
    SLAB_PITCH = SLAB + PITCH_MORE,
};

/* ---- forward ------------------------------------------------------------------------------------------ */

struct forward {
    const struct linear_shape *s;
    int images, outputs; /* padded to whole tiles */
    float *panels;       /* [panel of images][in][FORWARD_PANEL]    */
    float *y;            /* [outputs][images]                       */
    double *squares;     /* [outputs / FORWARD_ROWS][depth blocks], or NULL */
    float *bands;        /* [thread][FORWARD_ROWS][FORWARD_PITCH]   */
};

static size_t forward_layout(const struct linear_shape *s, int threads, float *base, struct forward *f)
{
    *f = (struct forward){ .s = s,
                           .images = round_up(s->rows, FORWARD_PANEL),
                           .outputs = round_up(s->out, FORWARD_ROWS) };
    size_t panels = (size_t)f->images * s->in, y = (size_t)f->outputs * f->images;
    size_t sums = (size_t)f->outputs / FORWARD_ROWS * ceil_div(s->in, FORWARD_DEPTH) * (sizeof(double) / sizeof(float));
    if (base) {
        f->panels = base;
        f->y = f->panels + aligned_reals(panels);
        f->squares = (double *)(void *)(f->y + aligned_reals(y));
        f->bands = f->y + aligned_reals(y) + aligned_reals(sums);
    }
    return aligned_reals(panels) + aligned_reals(y) + aligned_reals(sums) +
           (size_t)threads * FORWARD_ROWS * FORWARD_PITCH;
}

/* Rows of w from `from`, `depth` long, into a band; what is missing is 0. Returns the sum of their squares. */
static double band_copy(const float *w, size_t pitch, int rows, int depth, float *band)
{
    enum { AT_ONCE = 4 };
    vec sum[AT_ONCE] = { { 0 } };
    float rest = 0;
    for (int r = 0; r < rows; r++) {
        float *out = band + (size_t)r * FORWARD_PITCH;
        const float *row = w + (size_t)r * pitch;
        int k = 0;
        for (; k + AT_ONCE * LANES <= depth; k += AT_ONCE * LANES) {
            UNROLL for (int v = 0; v < AT_ONCE; v++)
            {
                vec x = vec_load(row + k + v * LANES);
                sum[v] += x * x;
                vec_store(out + k + v * LANES, x);
            }
        }
        for (; k < depth; k++) {
            rest += row[k] * row[k];
            out[k] = row[k];
        }
    }
    for (int r = rows; r < FORWARD_ROWS; r++) memset(band + (size_t)r * FORWARD_PITCH, 0, (size_t)depth * sizeof *band);
    return (double)vec_sum((sum[0] + sum[1]) + (sum[2] + sum[3])) + (double)rest;
}

/* What a band of weights is multiplied with: a block of images, and the block of the depth that the band holds. */
struct forward_block {
    int first, images; /* rows of x, in whole panels    */
    int from, depth;   /* inputs                        */
};

/* One band of outputs, FORWARD_ROWS from `output` on, against all panels of a block. */
static void forward_band(const struct forward *f, const struct forward_block *b, const float *band, int output,
                         struct ahead *next)
{
    for (int i = 0; i < b->images; i += FORWARD_PANEL) {
        float *y = f->y + (size_t)output * f->images + b->first + i;
        const struct linear_tile tile = { .rows = FORWARD_ROWS,
                                          .vecs = FORWARD_VECS,
                                          .depth = b->depth,
                                          .band = band,
                                          .pitch = FORWARD_PITCH,
                                          .panel = f->panels + (size_t)(b->first + i) * f->s->in +
                                                   (size_t)b->from * FORWARD_PANEL };
        vec acc[FORWARD_ROWS][VECS_MOST] = { { { 0 } } };
        if (b->from) {
            UNROLL for (int r = 0; r < FORWARD_ROWS; r++) UNROLL for (int v = 0; v < FORWARD_VECS; v++) acc[r][v] =
                vec_load(y + (size_t)r * f->images + v * LANES);
        }
        tile_add(tile, 1, next, acc);
        UNROLL for (int r = 0; r < FORWARD_ROWS; r++) UNROLL for (int v = 0; v < FORWARD_VECS; v++)
            vec_store(y + (size_t)r * f->images + v * LANES, acc[r][v]);
    }
}

/* Outputs of one thread. Blocks of images are the outer loop, so that their panels stay in the second cache; within
 * one, blocks of the depth, so that a band of w, once copied, meets all panels. With up to FORWARD_IMAGES rows w is
 * read from memory once. */
static void forward_share(const struct forward *f, const float *w, int begin, int end, float *band)
{
    const struct linear_shape *s = f->s;
    int blocks = ceil_div(s->in, FORWARD_DEPTH);
    for (int first = 0; first < f->images; first += FORWARD_IMAGES) {
        int images = at_most(FORWARD_IMAGES, f->images - first);
        for (int from = 0; from < s->in; from += FORWARD_DEPTH) {
            int depth = at_most(FORWARD_DEPTH, s->in - from);
            const struct forward_block block = { first, images, from, depth };
            for (int o = begin; o < end; o += FORWARD_ROWS) {
                const float *source = w + (size_t)o * s->in + from;
                double sum = band_copy(source, (size_t)s->in, at_most(FORWARD_ROWS, s->out - o), depth, band);
                if (!first) f->squares[(size_t)o / FORWARD_ROWS * blocks + from / FORWARD_DEPTH] = sum;
                int rows = at_most(FORWARD_ROWS, at_most(end, s->out) - o - FORWARD_ROWS);
                struct ahead next =
                    ahead_of(rows > 0 ? source + (size_t)FORWARD_ROWS * s->in : w, (size_t)s->in, rows, depth);
                forward_band(f, &block, band, o, &next);
            }
        }
    }
}

void linear_forward_fast(const struct kernel_run *run, const struct linear_shape *s,
                         const struct linear_forward_args *a)
{
    struct forward f;
    forward_layout(s, run->threads, run->scratch, &f);
#pragma omp parallel num_threads(run->threads)
    {
        int panels = f.images / FORWARD_PANEL;
#pragma omp for schedule(static)
        for (int p = 0; p < panels; p++) {
            int first = p * FORWARD_PANEL, rows = at_most(FORWARD_PANEL, s->rows - first);
            float *panel = f.panels + (size_t)first * s->in;
            if (rows < FORWARD_PANEL) memset(panel, 0, (size_t)FORWARD_PANEL * s->in * sizeof *panel);
            linear_transpose(&(struct transposition){ .rows = rows,
                                                      .columns = s->in,
                                                      .from = a->x + (size_t)first * s->in,
                                                      .from_pitch = (size_t)s->in,
                                                      .to = panel,
                                                      .to_pitch = FORWARD_PANEL });
        }
#pragma omp for schedule(static, 1)
        for (int t = 0; t < run->threads; t++) {
            int begin = share_units(f.outputs, FORWARD_ROWS, t, run->threads),
                end = share_units(f.outputs, FORWARD_ROWS, t + 1, run->threads);
            forward_share(&f, a->w, begin, end, f.bands + (size_t)t * FORWARD_ROWS * FORWARD_PITCH);
        }
#pragma omp for schedule(static)
        for (int o = 0; o < s->out; o += 4)
            linear_transpose(&(struct transposition){ .rows = at_most(4, s->out - o),
                                                      .columns = s->rows,
                                                      .from = f.y + (size_t)o * f.images,
                                                      .from_pitch = (size_t)f.images,
                                                      .to = a->y + o,
                                                      .to_pitch = (size_t)s->out,
                                                      .bias = a->bias ? a->bias + o : NULL,
                                                      .add = a->add });
    }
    if (!a->squares) return;
    size_t sums = (size_t)f.outputs / FORWARD_ROWS * ceil_div(s->in, FORWARD_DEPTH);
    *a->squares = 0;
    for (size_t i = 0; i < sums; i++) *a->squares += f.squares[i];
}

/* ---- backward to the input ---------------------------------------------------------------------------- */

struct backward {
    const struct linear_shape *s;
    int images;   /* padded to whole tiles */
    int panels;   /* of inputs             */
    float *bands; /* [slab][images][SLAB_PITCH]: dy                           */
    float *slabs; /* [thread][SLAB][BACKWARD_PANEL]: w                        */
    float *dx;    /* [panel][images][BACKWARD_PANEL]                          */
};

static size_t backward_layout(const struct linear_shape *s, int threads, float *base, struct backward *b)
{
    *b = (struct backward){ .s = s,
                            .images = round_up(s->rows, BACKWARD_ROWS),
                            .panels = ceil_div(s->in, BACKWARD_PANEL) };
    size_t bands = aligned_reals((size_t)ceil_div(s->out, SLAB) * b->images * SLAB_PITCH);
    size_t slabs = aligned_reals((size_t)threads * SLAB * BACKWARD_PANEL);
    if (base) {
        b->bands = base;
        b->slabs = base + bands;
        b->dx = b->slabs + slabs;
    }
    return bands + slabs + (size_t)b->panels * b->images * BACKWARD_PANEL;
}

/* dy of one slab: its rows in a band, zeros below the last image. */
static void slab_bands(const struct backward *b, const float *dy, int slab)
{
    const struct linear_shape *s = b->s;
    int first = slab * SLAB, depth = at_most(SLAB, s->out - first);
    float *band = b->bands + (size_t)slab * b->images * SLAB_PITCH;
    for (int i = 0; i < b->images; i++, band += SLAB_PITCH) {
        if (i < s->rows)
            memcpy(band, dy + (size_t)i * s->out + first, (size_t)depth * sizeof *band);
        else
            memset(band, 0, (size_t)depth * sizeof *band);
    }
}

struct region {
    int first_panel, end_panel, first, end; /* panels of inputs, images */
};

/* One slab against one panel of inputs [its rows, BACKWARD_PANEL], for the images of a region: dx [images,
 * BACKWARD_PANEL] is filled by the first slab, and added to by the rest. */
static void backward_tiles(const struct backward *b, int slab, const float *panel, float *dx, const struct region *g,
                           struct ahead *next)
{
    const float *bands = b->bands + (size_t)slab * b->images * SLAB_PITCH;
    struct linear_tile tile = { .rows = BACKWARD_ROWS,
                                .vecs = BACKWARD_VECS,
                                .depth = at_most(SLAB, b->s->out - slab * SLAB),
                                .pitch = SLAB_PITCH,
                                .panel = panel };
    for (int i = g->first; i < g->end; i += BACKWARD_ROWS) {
        float *out = dx + (size_t)i * BACKWARD_PANEL;
        vec acc[BACKWARD_ROWS][VECS_MOST] = { { { 0 } } };
        if (slab) {
            UNROLL for (int r = 0; r < BACKWARD_ROWS; r++) UNROLL for (int v = 0; v < BACKWARD_VECS; v++) acc[r][v] =
                vec_load(out + r * BACKWARD_PANEL + v * LANES);
        }
        tile.band = bands + (size_t)i * SLAB_PITCH;
        tile_add(tile, 1, next, acc);
        UNROLL for (int r = 0; r < BACKWARD_ROWS; r++) UNROLL for (int v = 0; v < BACKWARD_VECS; v++)
            vec_store(out + r * BACKWARD_PANEL + v * LANES, acc[r][v]);
    }
}

/* What is read after panel `p` of this slab: the next panel, or the first one of the next slab. */
static struct ahead backward_ahead(const struct linear_shape *s, const float *w, const struct region *g, int slab,
                                   int p)
{
    bool turn = p + 1 >= g->end_panel;
    int from = (slab + turn) * SLAB, column = (turn ? g->first_panel : p + 1) * BACKWARD_PANEL;
    int rows = at_most(SLAB, s->out - from);
    return ahead_of(rows > 0 ? w + (size_t)from * s->in + column : w, (size_t)s->in, rows,
                    at_most(BACKWARD_PANEL, s->in - column));
}

/* dx of one thread's region: slab by slab of w, which is read from memory once where threads share out panels. */
static void backward_share(const struct backward *b, const float *w, const struct region *g, float *panel)
{
    const struct linear_shape *s = b->s;
    for (int slab = 0; slab < ceil_div(s->out, SLAB); slab++) {
        int from = slab * SLAB, depth = at_most(SLAB, s->out - from);
        for (int p = g->first_panel; p < g->end_panel; p++) {
            struct ahead next = backward_ahead(s, w, g, slab, p);
            linear_panels(depth, s->in, w + (size_t)from * s->in, (size_t)s->in, p, p + 1, panel);
            backward_tiles(b, slab, panel, b->dx + (size_t)p * b->images * BACKWARD_PANEL, g, &next);
        }
    }
}

/* Panels of inputs are shared out; where there are too few, images. */
static struct region backward_region(const struct backward *b, int part, int parts)
{
    struct region g = { 0, b->panels, 0, b->images };
    if (b->panels >= 2 * parts) {
        g.first_panel = (int)share((size_t)b->panels, part, parts);
        g.end_panel = (int)share((size_t)b->panels, part + 1, parts);
    } else {
        g.first = share_units(b->images, BACKWARD_ROWS, part, parts);
        g.end = share_units(b->images, BACKWARD_ROWS, part + 1, parts);
    }
    return g;
}

/* Panels of dx back into rows. */
static void backward_finish(const struct backward *b, int image, bool add, float *dx)
{
    const struct linear_shape *s = b->s;
    float *row = dx + (size_t)image * s->in;
    for (int p = 0; p < b->panels; p++) {
        const float *from = b->dx + ((size_t)p * b->images + image) * BACKWARD_PANEL;
        for (int v = 0; v < BACKWARD_VECS; v++) {
            int at = p * BACKWARD_PANEL + v * LANES, left = s->in - at;
            if (left <= 0) break;
            vec x = vec_load(from + v * LANES);
            if (add) x += vec_part(row + at, left);
            vec_put(row + at, x, left);
        }
    }
}

void linear_backward_data_fast(const struct kernel_run *run, const struct linear_shape *s, const float *dy,
                               const float *w, bool add, float *dx)
{
    struct backward b;
    backward_layout(s, run->threads, run->scratch, &b);
#pragma omp parallel num_threads(run->threads)
    {
        int slabs = ceil_div(s->out, SLAB);
#pragma omp for schedule(static)
        for (int slab = 0; slab < slabs; slab++) slab_bands(&b, dy, slab);
#pragma omp for schedule(static, 1)
        for (int t = 0; t < run->threads; t++) {
            struct region g = backward_region(&b, t, run->threads);
            backward_share(&b, w, &g, b.slabs + (size_t)t * SLAB * BACKWARD_PANEL);
        }
#pragma omp for schedule(static)
        for (int i = 0; i < s->rows; i++) backward_finish(&b, i, add, dx);
    }
}

void linear_backward_bias_fast(const struct kernel_run *run, const struct linear_shape *s, const float *dy, float *db)
{
    enum { COLUMNS = 64 };
#pragma omp parallel for num_threads(run->threads) schedule(static) if (s->out > COLUMNS)
    for (int from = 0; from < s->out; from += COLUMNS) {
        double sum[COLUMNS] = { 0 };
        int n = at_most(COLUMNS, s->out - from);
        for (int i = 0; i < s->rows; i++)
            for (int j = 0; j < n; j++) sum[j] += (double)dy[(size_t)i * s->out + from + j];
        for (int j = 0; j < n; j++) db[from + j] = (float)sum[j];
    }
}

size_t linear_scratch_fast(const struct linear_shape *s, bool normed, int threads)
{
    struct forward f;
    struct backward b;
    size_t most = linear_weights_scratch(s, normed), forward = forward_layout(s, threads, NULL, &f),
           backward = backward_layout(s, threads, NULL, &b);
    if (forward > most) most = forward;
    return backward > most ? backward : most;
}
