/* What the processor could do at best: multiply-adds that wait for nothing. */
#include "engine/kernels/vector/fast.h"

enum { CHAINS = 12 }; /* enough to hide the latency, few enough for the registers */

static float chains(int rounds, float seed)
{
    vec sum[CHAINS];
    const vec a = vec_of(seed), b = vec_of(1 - seed);
    UNROLL for (int i = 0; i < CHAINS; i++) sum[i] = vec_of((float)i);
    for (int r = 0; r < rounds; r++) {
        UNROLL for (int i = 0; i < CHAINS; i++) sum[i] = sum[i] * a + b;
    }
    vec all = { 0 };
    UNROLL for (int i = 0; i < CHAINS; i++) all += sum[i];
    return vec_sum(all);
}

double peak_flops_fast(const struct kernel_run *run, int rounds)
{
    float found = 0;
#pragma omp parallel for num_threads(run->threads) schedule(static, 1) reduction(+ : found)
    for (int t = 0; t < run->threads; t++) found += chains(rounds, 0.5f);
    run->scratch[0] = found; /* so that it is computed */
    return 2.0 * run->threads * rounds * CHAINS * LANES;
}
