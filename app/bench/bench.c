#include "app/bench/bench.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "app/session/fit.h"
#include "app/cli/json.h"
#include "app/session/network.h"
#include "engine/base/clock.h"

enum { REPETITIONS_MOST = 1000 };

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

bool bench_repeat(bool (*once)(void *ctx, struct err *e), void (*timed)(void *ctx), void *ctx, int least,
                  double seconds, struct bench_times *t, struct err *e)
{
    double all[REPETITIONS_MOST], total = 0;
    int n = 0;
    if (!once(ctx, e)) return false;
    while (n < REPETITIONS_MOST && (n < least || total < seconds)) {
        double begun = clock_seconds();
        if (!once(ctx, e)) return false;
        all[n] = clock_seconds() - begun;
        total += all[n++];
        if (timed) timed(ctx);
    }
    qsort(all, (size_t)n, sizeof *all, rising);
    *t = (struct bench_times){ n, all[n / 2], all[0], all[n - 1] };
    return true;
}

bool bench_settings(struct settings *s, int64_t threads, struct err *e)
{
    settings_init(s);
    s->train.threads = threads;
    return network_resolve(s, e) && fit_check_threads("--threads", (int)s->train.threads, e);
}

/* ---- peaks ---- */

static double fma_gflops(const struct kernels *k, struct kernel_run *run)
{
    double best = 0;
    int rounds = 1 << 16;
    for (int i = 0; i < 12; i++) {
        double begun = clock_seconds(), flops = k->peak_flops(run, rounds), took = clock_seconds() - begun;
        if (flops / took > best) best = flops / took;
        if (took < 0.02) rounds *= 2;
    }
    return 1e-9 * best;
}

static double memory_gbps(float *a, size_t n, int threads)
{
    float *b = a + n, *c = b + n;
    double best = 0;
    for (int i = 0; i < 8; i++) {
        double begun = clock_seconds();
#pragma omp parallel for simd num_threads(threads) schedule(static)
        for (size_t j = 0; j < n; j++) a[j] = b[j] + 0.5f * c[j];
        double took = clock_seconds() - begun;
        if (12.0 * (double)n / took > best) best = 12.0 * (double)n / took;
    }
    return 1e-9 * best;
}

bool bench_peaks(const struct settings *s, struct bench_peaks *p, struct err *e)
{
    enum { ELEMENTS = BENCH_PEAK_BYTES / 3 / sizeof(float) };
    float *block = calloc(3 * (size_t)ELEMENTS, sizeof *block);
    if (!block) return err_set(e, ERR_MEMORY, "bench: 192 MiB to measure the memory with are not to be had");
    const struct kernels *k = kernels_find((enum kernel_set)s->kernels);
    struct kernel_run run = { (int)s->train.threads, (real *)block };
    if (!k) k = &kernels_naive; /* naive64, whose peak nobody asks for */
    p->memory_gbps = memory_gbps(block, ELEMENTS, run.threads);
    p->fma_gflops = fma_gflops(k, &run);
    free(block);
    return true;
}

double bench_peak_rss_mib(void)
{
    struct rusage u;
    return getrusage(RUSAGE_SELF, &u) ? 0 : (double)u.ru_maxrss / 1024;
}

void bench_times_json(json_t *o, const struct bench_times *t)
{
    json_object_set_new(o, "median_seconds", json_number(t->median));
    json_object_set_new(o, "least_seconds", json_number(t->least));
    json_object_set_new(o, "most_seconds", json_number(t->most));
    json_object_set_new(o, "repetitions", json_integer(t->repetitions));
}

void bench_draw(unsigned char *out, size_t n)
{
    uint32_t state = 1;
    int level = 128;
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        level += (int)(state >> 24) % 41 - 20;
        level = level < 0 ? 0 : level > 255 ? 255 : level;
        out[i] = (unsigned char)level;
    }
}
