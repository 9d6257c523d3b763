/* Which variant computes which direction: tables of them, the fixed choice, and the choice of others by name. */
#include "engine/kernels/vector/conv.h"
#include "engine/kernels/vector/fast.h"
#include "engine/kernels/vector/winograd.h"

/* Many channels and few tiles: transformed weights are heavier than what they meet. */
static bool few_tiles(const struct conv_plan *p)
{
    size_t weights = (size_t)p->s.c * p->s.k;
    return weights >= 512 * 512 || (weights >= 256 * 256 && p->winograd->tiles <= 256);
}

/* The first row that fits and is preferred is what the fixed table says; the others may be chosen by name. */
static const struct conv_variant forward[] = {
    { "winograd slabs 8", winograd_fits, few_tiles, winograd_slabs_scratch, winograd_slabs, CONV_FORWARD, 8192 },
    { "winograd 768", winograd_fits, NULL, winograd_blocks_scratch, winograd_blocks, CONV_FORWARD, 768 },
    { "stem", conv_stem_fits, NULL, conv_stem_scratch, conv_stem_forward, CONV_FORWARD, 0 },
    { "panels", conv_point_fits, NULL, conv_point_scratch, conv_point, CONV_FORWARD, 0 },
    { "direct", NULL, NULL, conv_direct_scratch, conv_direct_forward, CONV_FORWARD, 0 },
    { "winograd 384", winograd_fits, NULL, winograd_blocks_scratch, winograd_blocks, CONV_FORWARD, 384 },
    { "winograd 1536", winograd_fits, NULL, winograd_blocks_scratch, winograd_blocks, CONV_FORWARD, 1536 },
    { "winograd slabs 16", winograd_fits, NULL, winograd_slabs_scratch, winograd_slabs, CONV_FORWARD, 16384 },
    { 0 },
};
static const struct conv_variant data[] = {
    { "winograd slabs 8", winograd_fits, few_tiles, winograd_slabs_scratch, winograd_slabs, CONV_DATA, 8192 },
    { "winograd 768", winograd_fits, NULL, winograd_blocks_scratch, winograd_blocks, CONV_DATA, 768 },
    { "panels", conv_point_fits_data, NULL, conv_point_scratch, conv_point, CONV_DATA, 0 },
    { "direct", NULL, NULL, conv_direct_scratch, conv_direct_data, CONV_DATA, 0 },
    { "winograd 384", winograd_fits, NULL, winograd_blocks_scratch, winograd_blocks, CONV_DATA, 384 },
    { "winograd 1536", winograd_fits, NULL, winograd_blocks_scratch, winograd_blocks, CONV_DATA, 1536 },
    { "winograd slabs 16", winograd_fits, NULL, winograd_slabs_scratch, winograd_slabs, CONV_DATA, 16384 },
    { 0 },
};
static const struct conv_variant weights[] = {
    { "winograd pieces 24", winograd_fits, few_tiles, winograd_pieces_scratch, winograd_pieces, CONV_WEIGHTS, 24576 },
    { "winograd 768", winograd_fits, NULL, winograd_sums_scratch, winograd_sums, CONV_WEIGHTS, 768 },
    { "stem", conv_stem_fits, NULL, conv_stem_scratch, conv_stem_weights, CONV_WEIGHTS, 0 },
    { "panels", conv_point_fits, NULL, conv_point_scratch, conv_point_weights, CONV_WEIGHTS, 0 },
    { "direct", NULL, NULL, conv_direct_scratch, conv_direct_weights, CONV_WEIGHTS, 0 },
    { "winograd 384", winograd_fits, NULL, winograd_sums_scratch, winograd_sums, CONV_WEIGHTS, 384 },
    { "winograd 1536", winograd_fits, NULL, winograd_sums_scratch, winograd_sums, CONV_WEIGHTS, 1536 },
    { "winograd pieces 8", winograd_fits, NULL, winograd_pieces_scratch, winograd_pieces, CONV_WEIGHTS, 8192 },
    { 0 },
};
static const struct conv_variant *const variants[CONV_DIRECTIONS] = { forward, data, weights };

/* The i-th variant that fits; NULL beyond the last. */
static const struct conv_variant *candidate(const struct conv_plan *p, int direction, int i)
{
    for (const struct conv_variant *v = variants[direction]; v->name; v++) {
        if ((!v->fits || v->fits(p)) && i-- == 0) return v;
    }
    return NULL;
}

const char *conv_candidate_fast(const struct conv_plan *p, int direction, int i)
{
    const struct conv_variant *v = candidate(p, direction, i);
    return v ? v->name : NULL;
}

bool conv_set_variant_fast(struct conv_plan *p, int direction, const char *name)
{
    const struct conv_variant *v;
    for (int i = 0; (v = candidate(p, direction, i)); i++) {
        if (strcmp(v->name, name) != 0) continue;
        p->variant[direction] = v;
        return true;
    }
    return false;
}

void conv_set_fixed_variants(struct conv_plan *p)
{
    for (int direction = 0; direction < CONV_DIRECTIONS; direction++) {
        const struct conv_variant *v = variants[direction];
        while ((v->fits && !v->fits(p)) || (v->prefer && !v->prefer(p))) v++;
        p->variant[direction] = v;
    }
}

const char *conv_variant_fast(const struct conv_plan *p, int direction)
{
    return p->variant[direction]->name;
}

size_t conv_scratch_fast(const struct conv_plan *p)
{
    size_t most = 0;
    for (int direction = 0; direction < CONV_DIRECTIONS; direction++) {
        size_t need = p->variant[direction]->scratch(p, p->variant[direction]);
        if (need > most) most = need;
    }
    return most;
}

static void run_direction(const struct conv_call *call, int direction)
{
    const struct conv_variant *v = call->p->variant[direction];
    v->run(call, v);
}

void conv_forward_fast(const struct kernel_run *run, const struct conv_plan *p, const float *x, const float *w,
                       float *y)
{
    run_direction(&(struct conv_call){ run, p, x, w, y, false }, CONV_FORWARD);
}

void conv_backward_data_fast(const struct kernel_run *run, const struct conv_plan *p, const float *dy, const float *w,
                             float *dx, bool add)
{
    run_direction(&(struct conv_call){ run, p, dy, w, dx, add }, CONV_DATA);
}

void conv_backward_weights_fast(const struct kernel_run *run, const struct conv_plan *p, const float *x,
                                const float *dy, float *dw)
{
    run_direction(&(struct conv_call){ run, p, x, dy, dw, false }, CONV_WEIGHTS);
}
