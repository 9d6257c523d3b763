/* The table of the naive set, and its matrix product. */
#include "engine/kernels/naive/naive.h"

/* Element (i, l) of the left factor. */
static real left_of(const struct factor *a, int i, int l)
{
    return a->transposed ? a->x[(size_t)l * a->pitch + i] : a->x[(size_t)i * a->pitch + l];
}

/* The inner loop runs along rows as they are stored: over k where b is transposed, over n where it is not. */
void product_naive(const struct kernel_run *run, const struct product *p)
{
    const real *b = p->b.x;
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int i = 0; i < p->m; i++) {
        real *row = p->c + (size_t)i * p->pitch;
        for (int j = 0; j < p->n; j++) row[j] = p->beta == 0 ? 0 : p->beta * row[j];
        if (p->b.transposed) {
            for (int j = 0; j < p->n; j++) {
                double sum = 0;
                for (int l = 0; l < p->k; l++)
                    sum += (double)left_of(&p->a, i, l) * (double)b[(size_t)j * p->b.pitch + l];
                row[j] += (real)((double)p->alpha * sum);
            }
        } else {
            for (int l = 0; l < p->k; l++) {
                real left = p->alpha * left_of(&p->a, i, l);
                for (int j = 0; j < p->n; j++) row[j] += left * b[(size_t)l * p->b.pitch + j];
            }
        }
    }
}

double peak_flops_naive(const struct kernel_run *run, int rounds)
{
    enum { CHAINS = 16 };
    real found = 0;
#pragma omp parallel for num_threads(run->threads) schedule(static, 1) reduction(+ : found)
    for (int t = 0; t < run->threads; t++) {
        real sum[CHAINS] = { 0 };
        for (int r = 0; r < rounds; r++)
            for (int i = 0; i < CHAINS; i++) sum[i] = sum[i] * (real)0.5 + (real)0.5;
        for (int i = 0; i < CHAINS; i++) found += sum[i];
    }
    run->scratch[0] = found; /* so that it is computed */
    return 2.0 * run->threads * rounds * CHAINS;
}

const struct kernels kernels_naive = {
    .name = REAL_BITS == 64 ? "naive64" : "naive",
    .conv_create = conv_create_naive,
    .conv_measure = conv_create_naive, /* it has no tables */
    .conv_destroy = conv_destroy_naive,
    .conv_table_bytes = conv_table_bytes_naive,
    .conv_candidate = conv_candidate_naive,
    .conv_set_variant = conv_set_variant_naive,
    .conv_variant = conv_variant_naive,
    .conv_scratch = conv_scratch_naive,
    .conv_forward = conv_forward_naive,
    .conv_backward_data = conv_backward_data_naive,
    .conv_backward_weights = conv_backward_weights_naive,
    .norm_scratch = norm_scratch_naive,
    .norm_statistics = norm_statistics_naive,
    .norm_apply = norm_apply_naive,
    .norm_backward = norm_backward_naive,
    .stage_scratch = stage_scratch_naive,
    .stage_forward = stage_forward_naive,
    .stage_backward = stage_backward_naive,
    .norm_explain = norm_explain_naive,
    .stage_explain_scratch = stage_scratch_naive,
    .stage_explain = stage_explain_naive,
    .mean_forward = mean_forward_naive,
    .mean_backward = mean_backward_naive,
    .cells_forward = cells_forward_naive,
    .cells_backward = cells_backward_naive,
    .product = product_naive,
    .directions = directions_naive,
    .normality = normality_naive,
    .linear_scratch = linear_scratch_naive,
    .linear_forward = linear_forward_naive,
    .linear_backward_data = linear_backward_data_naive,
    .linear_backward_weights = linear_backward_weights_naive,
    .linear_backward_bias = linear_backward_bias_naive,
    .linear_norm = linear_norm_naive,
    .peak_flops = peak_flops_naive,
};
