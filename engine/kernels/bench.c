/* Times kernels at the shapes of ResNet-18: checks each against its twin first, then prints ms, GFLOP/s or GB/s.
 *
 *     make bench                         all kernels of the best set
 *     kernel-bench [SET] [THREADS] [WORD]   only rows whose name holds WORD */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <omp.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/random.h"
#include "engine/kernels/kernels.h"

enum { REPEATS = 7 };

static const struct kernels *set;
static struct kernel_run run;
static const char *word = "";
static double limit = 1e-4; /* against the twin, relative to the root mean square: sums of thousands of float terms */

static float *array(size_t n, bool filled)
{
    size_t bytes = arena_round(n * sizeof(float));
    float *a = aligned_alloc(ARENA_ALIGN, bytes ? bytes : ARENA_ALIGN);
    if (!a) {
        fprintf(stderr, "kernel-bench: memory ran out\n");
        exit(1);
    }
    struct random stream = random_stream(3, (uint32_t)n, 0, RANDOM_INIT);
    memset(a, 0, bytes);
    for (size_t i = 0; filled && i < n; i++) a[i] = random_uniform(&stream) - 0.5f;
    return a;
}

static void check(const char *name, const float *found, const float *expected, size_t n)
{
    double squares = 1e-20, worst = 0;
    for (size_t i = 0; i < n; i++) squares += (double)expected[i] * (double)expected[i];
    for (size_t i = 0; i < n; i++) worst = fmax(worst, fabs((double)found[i] - (double)expected[i]));
    worst /= sqrt(squares / (double)n);
    if (worst <= limit) return;
    fprintf(stderr, "kernel-bench: %s: %s differs from its twin by %.3g\n", set->name, name, worst);
    exit(1);
}

/* Least seconds of one call. */
static double least_seconds(void (*call)(void *), void *ctx)
{
    double best = INFINITY;
    for (int i = 0; i < REPEATS; i++) {
        double start = clock_seconds();
        call(ctx);
        best = fmin(best, clock_seconds() - start);
    }
    return best;
}

static void report(const char *name, double seconds, double flops, double bytes)
{
    printf("%-44s %9.3f ms", name, 1e3 * seconds);
    if (flops > 0) printf(" %8.1f GFLOP/s", 1e-9 * flops / seconds);
    if (bytes > 0) printf(" %8.1f GB/s", 1e-9 * bytes / seconds);
    putchar('\n');
    fflush(stdout);
}

/* ---- convolution --------------------------------------------------------------------------------------- */

struct conv_bench {
    const struct kernels *k;
    struct conv_plan *plan;
    float *x, *w, *y, *dx, *dw;
};

static void conv_forward(void *ctx)
{
    struct conv_bench *b = ctx;
    b->k->conv_forward(&run, b->plan, b->x, b->w, b->y);
}

static void conv_data(void *ctx)
{
    struct conv_bench *b = ctx;
    b->k->conv_backward_data(&run, b->plan, b->y, b->w, b->dx, false);
}

static void conv_weights(void *ctx)
{
    struct conv_bench *b = ctx;
    b->k->conv_backward_weights(&run, b->plan, b->x, b->y, b->dw);
}

static void conv_open(struct conv_bench *b, const struct kernels *k, const struct conv_shape *s)
{
    b->k = k;
    b->plan = k->conv_create(s, run.threads, NULL);
    run.scratch = array(k->conv_scratch(b->plan), false);
}

static void conv_close(struct conv_bench *b)
{
    b->k->conv_destroy(b->plan);
    free(run.scratch);
}

static void conv_row(const char *name, const struct conv_shape *s)
{
    char title[100];
    if (!strstr(name, word)) return;
    size_t inputs = (size_t)s->n * s->h * s->w * s->c, weights = (size_t)s->r * s->r * s->c * s->k;
    size_t outputs = (size_t)s->n * conv_out(s->h, s->r, s->stride, s->pad) * conv_out(s->w, s->r, s->stride, s->pad) * s->k;
    struct conv_bench b = { .x = array(inputs, true), .w = array(weights, true), .y = array(outputs, true),
                            .dx = array(inputs, false), .dw = array(weights, false) };
    /* the twin at two images */
    struct conv_shape small = *s;
    small.n = 2;
    struct conv_bench twin = b;
    twin.y = array(outputs / s->n * 2, true), twin.dx = array(inputs / s->n * 2, false), twin.dw = array(weights, false);
    conv_open(&b, set, &small);
    conv_data(&b), conv_weights(&b), conv_forward(&b);
    conv_close(&b);
    memcpy(twin.y, b.y, 0);
    float *dy = b.y;
    conv_open(&twin, &kernels_naive, &small);
    twin.k->conv_forward(&run, twin.plan, b.x, b.w, twin.y);
    check(name, dy, twin.y, outputs / s->n * 2);
    conv_close(&twin);
    conv_open(&b, set, &small);
    conv_data(&b), conv_weights(&b);
    conv_close(&b);
    conv_open(&twin, &kernels_naive, &small);
    twin.k->conv_backward_data(&run, twin.plan, b.y, b.w, twin.dx, false);
    twin.k->conv_backward_weights(&run, twin.plan, b.x, b.y, twin.dw);
    conv_close(&twin);
    check(name, b.dx, twin.dx, inputs / s->n * 2);
    check(name, b.dw, twin.dw, weights);
    free(twin.y), free(twin.dx), free(twin.dw);

    double flops = 2.0 * (double)outputs * s->r * s->r * s->c;
    conv_open(&b, set, s);
    snprintf(title, sizeof title, "conv %s forward", name);
    report(title, least_seconds(conv_forward, &b), flops, 0);
    if (s->c > 3) {
        snprintf(title, sizeof title, "conv %s data", name);
        report(title, least_seconds(conv_data, &b), flops, 0);
    }
    snprintf(title, sizeof title, "conv %s weights", name);
    report(title, least_seconds(conv_weights, &b), flops, 0);
    conv_close(&b);
    free(b.x), free(b.w), free(b.y), free(b.dx), free(b.dw);
}

static const struct {
    const char *name;
    struct conv_shape s;
} conv_rows[] = {
    /* 64 px, width 32, both views of 64 */
    { "64px stem 7x7/2 3-32", { 128, 64, 64, 3, 32, 7, 2, 3 } },
    { "64px stem 7x7/2 2-32", { 128, 64, 64, 2, 32, 7, 2, 3 } },
    { "64px 3x3 16x16x32", { 128, 16, 16, 32, 32, 3, 1, 1 } },
    { "64px 3x3/2 16x16x32-64", { 128, 16, 16, 32, 64, 3, 2, 1 } },
    { "64px 1x1/2 16x16x32-64", { 128, 16, 16, 32, 64, 1, 2, 0 } },
    { "64px 3x3 8x8x64", { 128, 8, 8, 64, 64, 3, 1, 1 } },
    { "64px 3x3/2 8x8x64-128", { 128, 8, 8, 64, 128, 3, 2, 1 } },
    { "64px 3x3 4x4x128", { 128, 4, 4, 128, 128, 3, 1, 1 } },
    { "64px 3x3/2 4x4x128-256", { 128, 4, 4, 128, 256, 3, 2, 1 } },
    { "64px 3x3 2x2x256", { 128, 2, 2, 256, 256, 3, 1, 1 } },
    /* 224 px, width 64 */
    { "224px stem 7x7/2 3-64", { 16, 224, 224, 3, 64, 7, 2, 3 } },
    { "224px 3x3 56x56x64", { 16, 56, 56, 64, 64, 3, 1, 1 } },
    { "224px 3x3 28x28x128", { 16, 28, 28, 128, 128, 3, 1, 1 } },
    { "224px 3x3 14x14x256", { 16, 14, 14, 256, 256, 3, 1, 1 } },
    { "224px 3x3 7x7x512", { 16, 7, 7, 512, 512, 3, 1, 1 } },
    { "224px 1x1 56x56x64-256", { 16, 56, 56, 64, 256, 1, 1, 0 } },
};

int main(int argc, char **argv)
{
    enum kernel_set wanted = KERNELS_AUTO, found;
    for (int i = 0; argc > 1 && i < KERNELS_COUNT; i++) {
        if (strcmp(argv[1], kernel_set_names[i]) == 0) wanted = (enum kernel_set)i;
    }
    struct err e;
    if (!kernels_resolve(wanted, &found, &e)) {
        fprintf(stderr, "kernel-bench: %s\n", e.msg);
        return 1;
    }
    set = kernels_find(found);
    run.threads = argc > 2 ? atoi(argv[2]) : omp_get_num_procs();
    if (argc > 3) word = argv[3];
    if (!set || run.threads < 1) {
        fprintf(stderr, "usage: kernel-bench [SET] [THREADS] [WORD]\n");
        return 2;
    }
    printf("set %s, threads %d, least of %d\n", set->name, run.threads, REPEATS);
    for (size_t i = 0; i < sizeof conv_rows / sizeof conv_rows[0]; i++) conv_row(conv_rows[i].name, &conv_rows[i].s);
    return 0;
}
