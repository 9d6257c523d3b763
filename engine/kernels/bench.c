/* Times kernels at the shapes of ResNet-18: checks each against its twin first, then prints ms, GFLOP/s, GB/s.
 *
 *     make bench                               every kernel of the best set, all cores
 *     ./kernel-bench [SET] [THREADS] [WORD]    only rows whose name holds WORD */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/limits.h"
#include "engine/base/random.h"
#include "engine/kernels/kernels.h"

enum { REPEATS = 9, CHECKED_IMAGES = 2, ARRAYS_MOST = 32 };

/* Against the twin, in the root mean square: sums of thousands of float terms in another order. Among millions of
 * numbers a maximum may stand elsewhere for lack of the last bit, which the mean forgives. */
static const double limit = 2e-4;

/* ---- what the machine can do ------------------------------------------------------------------------------ */

/* Multiply-adds of 12 independent vectors, as many as `rounds`. Returns something, so that it is computed. */
#define PEAK_FUNCTION(name, bytes, attribute)                                                                          \
    attribute static float name(long rounds)                                                                           \
    {                                                                                                                  \
        typedef float vec __attribute__((vector_size(bytes)));                                                         \
        vec sum[12], factor = (vec){ 0 } + 0.999f, term = (vec){ 0 } + 1e-3f;                                          \
        float all = 0;                                                                                                 \
        for (int i = 0; i < 12; i++) sum[i] = (vec){ 0 } + (float)i;                                                   \
        for (long r = 0; r < rounds; r++) {                                                                            \
            PEAK_UNROLL for (int i = 0; i < 12; i++) sum[i] = sum[i] * factor + term;                                  \
            __asm__ volatile("");                                                                                      \
        }                                                                                                              \
        for (int i = 0; i < 12; i++) all += sum[i][0];                                                                 \
        return all;                                                                                                    \
    }
#ifdef __clang__
#define PEAK_UNROLL _Pragma("clang loop unroll(full)")
#else
#define PEAK_UNROLL _Pragma("GCC unroll 12")
#endif
PEAK_FUNCTION(peak_portable, 16, )
#ifdef __x86_64__
PEAK_FUNCTION(peak_avx2, 32, __attribute__((target("avx2,fma"))))
PEAK_FUNCTION(peak_avx512, 64, __attribute__((target("avx512f,fma"))))
#endif

static const struct {
    const char *set;
    int bytes;
    float (*run)(long rounds);
} peaks[] = {
#ifdef __x86_64__
    { "avx512", 64, peak_avx512 },
    { "avx2", 32, peak_avx2 },
#endif
    { "portable", 16, peak_portable },
};

/* One thread is timed by its own clock, so that a busy machine disturbs it little. */
static double seconds(int threads)
{
    struct timespec t;
    if (threads > 1) return clock_seconds();
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* GFLOP/s of multiply-adds of this width on all threads; 0 where the set has no width. */
static double measure_peak(const char *set, int threads)
{
    const long rounds = 2000000;
    double best = 0;
    for (size_t i = 0; i < sizeof peaks / sizeof peaks[0]; i++) {
        if (strcmp(peaks[i].set, set)) continue;
        for (int repeat = 0; repeat < REPEATS; repeat++) {
            double start = seconds(threads), flops = 2.0 * 12 * peaks[i].bytes / 4 * (double)rounds * threads;
            float sum = 0;
#pragma omp parallel num_threads(threads) reduction(+ : sum)
            sum += peaks[i].run(rounds);
            double took = seconds(threads) - start;
            if (isfinite(sum)) best = fmax(best, 1e-9 * flops / took);
        }
    }
    return best;
}

/* ---- one kernel over named arrays ---------------------------------------------------------------------- */

/* Everything a row of the bench needs; shapes that do not concern it are 0. */
struct work {
    const struct kernels *k;
    struct kernel_run run;
    struct conv_shape conv;
    struct conv_plan *plan;
    int direction;
    const char *variant; /* of the direction; NULL: as the plan has it */
    struct norm_shape norm;
    struct stage_shape stage;
    struct gate_weights weights, gradients;
    struct cell_operators cells;
    struct stage_saved saved;
    struct norm_saved stats;
    int m, n, d; /* of a product */
    struct linear_shape linear;
    float *x, *w, *y, *dx, *dw, *residual, *a, *b, *c;
    uint8_t *tap;
    float *arrays[ARRAYS_MOST]; /* all that is owned */
    size_t counts[ARRAYS_MOST];
    int used;
    double flops, bytes; /* of one call */
};

static float *array(struct work *t, size_t n, bool filled)
{
    size_t bytes = arena_round(n * sizeof(float) + 1);
    float *a = aligned_alloc(ARENA_ALIGN, bytes);
    if (!a || t->used == ARRAYS_MOST) {
        fprintf(stderr, "kernel-bench: memory ran out\n");
        exit(1);
    }
    memset(a, 0, bytes);
    struct random stream = random_stream(3, (uint32_t)t->used, 0, RANDOM_INIT);
    for (size_t i = 0; filled && i < n; i++) a[i] = random_uniform(&stream) - 0.5f;
    t->counts[t->used] = n;
    return t->arrays[t->used++] = a;
}

static void work_clear(struct work *t)
{
    if (t->plan) t->k->conv_destroy(t->plan);
    for (int i = 0; i < t->used; i++) free(t->arrays[i]);
    free(t->run.scratch);
}

static void work_scratch(struct work *t, size_t reals)
{
    t->run.scratch = aligned_alloc(ARENA_ALIGN, arena_round((reals + 1) * sizeof(float)));
    if (!t->run.scratch) exit(1);
}

/* A row: how to make the work for `images` images, and what is called. */
struct row {
    const char *name;
    void (*open)(struct work *t, const int *shape, int images);
    void (*call)(struct work *t);
    int direction; /* of a convolution */
    int shape[8];  /* images first     */
};

static void report(const char *name, const struct work *t, double seconds, double peak)
{
    printf("%-40s %-18s %9.3f ms", name, t->variant ? t->variant : "", 1e3 * seconds);
    if (t->flops > 0) printf(" %8.1f GFLOP/s", 1e-9 * t->flops / seconds);
    if (t->flops > 0 && peak > 0) printf("  %4.2f x peak", 1e-9 * t->flops / seconds / peak);
    if (t->bytes > 0) printf(" %8.1f GB/s", 1e-9 * t->bytes / seconds);
    putchar('\n');
    fflush(stdout);
}

/* Every array after a call of the set and of the twin. */
static bool same_as_twin(const struct row *row, const struct kernels *k, int threads, const char *variant)
{
    struct work found = { .k = k, .run.threads = threads, .direction = row->direction, .variant = variant };
    struct work twin = { .k = &kernels_naive, .run.threads = threads };
    int images = row->shape[0] < CHECKED_IMAGES ? row->shape[0] : CHECKED_IMAGES;
    double worst = 0;
    row->open(&found, row->shape, images);
    row->open(&twin, row->shape, images);
    row->call(&found);
    row->call(&twin);
    for (int i = 0; i < found.used; i++) {
        const float *a = found.arrays[i], *b = twin.arrays[i];
        double squares = 1e-20, apart = 0;
        for (size_t j = 0; j < twin.counts[i]; j++) {
            squares += (double)b[j] * (double)b[j];
            apart += ((double)a[j] - (double)b[j]) * ((double)a[j] - (double)b[j]);
        }
        double error = sqrt(apart / squares);
        worst = fmax(worst, isnan(error) ? INFINITY : error);
    }
    work_clear(&found);
    work_clear(&twin);
    if (!(worst <= limit))
        fprintf(stderr, "kernel-bench: %s: %s differs from its twin by %.3g\n", k->name, row->name, worst);
    return worst <= limit;
}

static bool bench_variant(const struct row *row, const struct kernels *k, int threads, const char *variant, double peak)
{
    if (!same_as_twin(row, k, threads, variant)) return false;
    struct work t = { .k = k, .run.threads = threads, .direction = row->direction, .variant = variant };
    row->open(&t, row->shape, row->shape[0]);
    double best = INFINITY;
    for (int i = 0; i < REPEATS; i++) {
        double start = seconds(threads);
        row->call(&t);
        best = fmin(best, seconds(threads) - start);
    }
    report(row->name, &t, best, peak);
    work_clear(&t);
    return true;
}

/* A convolution is timed by each variant of its direction; a star marks the one of the fixed table. */
static bool bench_row(const struct row *row, const struct kernels *k, int threads, double peak)
{
    const int *z = row->shape;
    struct conv_shape s = { z[0], z[1], z[2], z[3], z[4], z[5], z[6], z[7] };
    if (!s.r) return bench_variant(row, k, threads, NULL, peak);
    struct conv_plan *plan = k->conv_create(&s, threads, NULL);
    if (!plan) return false;
    const char *name, *fixed = k->conv_variant(plan, row->direction);
    bool ok = true;
    for (int i = 0; ok && (name = k->conv_candidate(plan, row->direction, i)); i++) {
        fputs(strcmp(name, fixed) ? "  " : "* ", stdout);
        ok = bench_variant(row, k, threads, name, peak);
    }
    k->conv_destroy(plan);
    return ok;
}

/* ---- kernels ------------------------------------------------------------------------------------------- */

static void conv_open(struct work *t, const int *z, int images)
{
    t->conv = (struct conv_shape){ images, z[1], z[2], z[3], z[4], z[5], z[6], z[7] };
    const struct conv_shape *s = &t->conv;
    size_t pixels = (size_t)s->n * conv_out(s->h, s->r, s->stride, s->pad) * conv_out(s->w, s->r, s->stride, s->pad);
    t->plan = t->k->conv_create(s, t->run.threads, NULL);
    if (t->variant) t->k->conv_set_variant(t->plan, t->direction, t->variant);
    t->x = array(t, (size_t)s->n * s->h * s->w * s->c, true);
    t->w = array(t, (size_t)s->r * s->r * s->c * s->k, true);
    t->y = array(t, pixels * s->k, true);
    t->flops = 2.0 * (double)pixels * s->k * s->r * s->r * s->c;
    work_scratch(t, t->k->conv_scratch(t->plan));
}

static void conv_forward(struct work *t)
{
    t->k->conv_forward(&t->run, t->plan, t->x, t->w, t->y);
}

static void conv_data(struct work *t)
{
    t->k->conv_backward_data(&t->run, t->plan, t->y, t->w, t->x, false);
}

static void conv_weights(struct work *t)
{
    t->k->conv_backward_weights(&t->run, t->plan, t->x, t->y, t->w);
}

static struct norm_saved norm_saved(struct work *t, size_t stats)
{
    struct norm_saved saved = { array(t, stats, true), array(t, stats, false), array(t, stats, false),
                                array(t, 3 * stats, true) };
    t->counts[t->used - 1] = 0; /* not compared: any pivot does */
    for (size_t i = 0; i < stats; i++) saved.scale[i] = saved.affine[stats + i] = 3;
    return saved;
}

static void norm_open(struct work *t, const int *z, int images)
{
    int c = z[3];
    t->norm = (struct norm_shape){ 2, images / 2 * z[1] * z[2], c, true };
    size_t n = 2 * (size_t)t->norm.rows * c;
    t->x = array(t, n, true), t->y = array(t, n, true), t->dx = array(t, n, true);
    t->residual = z[4] ? array(t, n, true) : NULL;
    t->w = array(t, 4 * (size_t)c, true);
    t->stats = norm_saved(t, 2 * (size_t)c);
    work_scratch(t, t->k->norm_scratch(&t->norm, t->run.threads));
}

static void norm_forward(struct work *t)
{
    t->bytes = 4.0 * 2 * t->norm.rows * t->norm.c * (t->residual ? 4 : 3);
    t->k->norm_statistics(&t->run, &t->norm, t->x, t->w, t->w + t->norm.c, &t->stats);
    t->k->norm_apply(&t->run, &t->norm, &(struct norm_apply_args){ t->x, t->residual, t->stats.affine, NULL, t->y });
}

static void norm_backward(struct work *t)
{
    int c = t->norm.c;
    t->bytes = 4.0 * 2 * t->norm.rows * c * (t->residual ? 7 : 5);
    const struct norm_backward_args b = { .x = t->x,
                                          .y = t->residual ? t->y : NULL,
                                          .weight = t->w,
                                          .saved = &t->stats,
                                          .dy = t->dx,
                                          .dx = t->dx,
                                          .dresidual = t->residual,
                                          .dweight = t->w + 2 * c,
                                          .dbias = t->w + 3 * c };
    t->k->norm_backward(&t->run, &t->norm, &b);
}

/* z: images, h, w, c, max-pool */
static void stage_open(struct work *t, const int *z, int images)
{
    t->stage = (struct stage_shape){ images, z[1], z[2], z[3], 2, z[3] / 2, z[4] != 0, 4 };
    const struct stage_shape *s = &t->stage;
    size_t pixels = (size_t)s->n * s->h * s->w, linear = (size_t)s->hidden * s->c, count = pixels * s->c;
    t->x = array(t, count, true), t->y = array(t, count, true), t->dx = array(t, count, false);
    if (!s->maxpool) t->residual = array(t, count, true), t->b = array(t, count, false);
    t->weights = (struct gate_weights){ array(t, linear, true), array(t, linear, true), array(t, 98, true), 0 };
    t->gradients = (struct gate_weights){ array(t, linear, false), array(t, linear, false), array(t, 98, false), 0 };
    t->w = array(t, (size_t)(4 * (z[1] + z[2] + z[3])), true);
    t->cells = (struct cell_operators){ t->w + 4 * z[3], t->w + 4 * (z[3] + z[1]) };
    t->stats = norm_saved(t, 2 * (size_t)s->c);
    t->c = array(t, 16 * (size_t)s->n * s->c, true);
    t->saved.gate =
        (struct gate_saved){ array(t, 2 * (size_t)s->n * s->c, false),   array(t, 2 * (size_t)s->n * s->hidden, false),
                             array(t, 2 * (size_t)s->n * s->c, false),   array(t, 2 * pixels, false),
                             (int32_t *)(void *)array(t, pixels, false), array(t, 2 * pixels, false) };
    t->saved.tap = (uint8_t *)array(t, count / 4 + 64, false);
    t->bytes = 4.0 * (double)count;
    work_scratch(t, t->k->stage_scratch(s, t->run.threads));
}

static void stage_forward(struct work *t)
{
    const struct stage_operands with = { &t->weights, &t->cells, NULL, &t->saved };
    struct stage_forward_args f = {
        .x = t->x, .residual = t->residual, .affine = t->stats.affine, .y = t->y, .cells = t->c
    };
    t->k->stage_forward(&t->run, &t->stage, &with, &f);
}

static void stage_both(struct work *t)
{
    int c = t->stage.c;
    stage_forward(t);
    const struct stage_operands with = { &t->weights, &t->cells, NULL, &t->saved };
    struct stage_backward_args b = { .x = t->x,
                                     .residual = t->residual,
                                     .weight = t->w,
                                     .norm = &t->stats,
                                     .dy = t->y,
                                     .dcells = t->c,
                                     .dx = t->dx,
                                     .dresidual = t->b,
                                     .dweight = t->w + 2 * c,
                                     .dbias = t->w + 3 * c,
                                     .dw = t->gradients };
    t->k->stage_backward(&t->run, &t->stage, &with, &b);
}

static void cells_open(struct work *t, const int *z, int images)
{
    t->conv = (struct conv_shape){ images, z[1], z[2], z[3], z[3], 3, 2, 1 };
    size_t inputs = (size_t)images * z[1] * z[2] * z[3];
    t->x = array(t, inputs, true), t->dx = array(t, inputs, false), t->y = array(t, inputs, false);
    t->w = array(t, (size_t)(4 * (z[1] + z[2])), true);
    t->bytes = 4.0 * (double)inputs;
    work_scratch(t, 0);
}

static void cells_both(struct work *t)
{
    const struct conv_shape *s = &t->conv;
    const struct cells_shape cells = { s->n, s->h, s->w, s->c, 4 };
    const struct cell_operators operators = { t->w, t->w + 4 * s->h };
    t->k->cells_forward(&t->run, &cells, &operators, t->x, t->y);
    t->k->cells_backward(&t->run, &cells, &operators, t->y, t->dx);
}

static void product_open(struct work *t, const int *z, int images)
{
    (void)images;
    t->m = z[1], t->n = z[2], t->d = z[3];
    t->a = array(t, (size_t)z[1] * z[3], true), t->b = array(t, (size_t)z[2] * z[3], true);
    t->c = array(t, (size_t)z[1] * z[2], false);
    t->flops = 2.0 * z[1] * z[2] * z[3];
    work_scratch(t, 0);
}

static void product(struct work *t)
{
    t->k->product(&t->run, &(struct product){ .m = t->m,
                                              .n = t->n,
                                              .k = t->d,
                                              .a = { .x = t->a, .pitch = t->d },
                                              .b = { t->b, t->d, .transposed = true },
                                              .c = t->c,
                                              .pitch = t->n,
                                              .alpha = 1 });
}

static void linear_open(struct work *t, const int *z, int images)
{
    t->linear = (struct linear_shape){ images, z[1], z[2] };
    const struct linear_shape *s = &t->linear;
    t->x = array(t, (size_t)s->rows * s->in, true), t->y = array(t, (size_t)s->rows * s->out, true);
    t->w = array(t, (size_t)s->in * s->out, true), t->dx = array(t, (size_t)s->rows * s->in, false);
    t->dw = array(t, (size_t)s->in * s->out, false);
    t->flops = 2.0 * s->rows * s->in * s->out;
    t->bytes = 4.0 * s->in * s->out;
    work_scratch(t, t->k->linear_scratch(s, true, t->run.threads));
}

static void linear_forward(struct work *t)
{
    double squares;
    const struct linear_forward_args args = { .x = t->x, .w = t->w, .y = t->y, .squares = &squares };
    t->k->linear_forward(&t->run, &t->linear, &args);
}

static void linear_data(struct work *t)
{
    t->k->linear_backward_data(&t->run, &t->linear, t->y, t->w, false, t->dx);
}

static void linear_weights(struct work *t)
{
    t->k->linear_backward_weights(&t->run, &t->linear, t->x, t->y, t->dw, NULL);
}

static void linear_update(struct work *t)
{
    const struct update u = { .kind = UPDATE_LARS,
                              .factor = 1,
                              .momentum = 0.5f,
                              .scale = 1e-3f,
                              .rate = 1e-3f,
                              .value = t->w,
                              .moment = t->dw };
    t->bytes = 16.0 * t->linear.in * t->linear.out;
    t->k->linear_backward_weights(&t->run, &t->linear, t->x, t->y, NULL, &u);
}

static void linear_norm(struct work *t)
{
    double most;
    const struct linear_shape *s = &t->linear;
    t->flops = 2.0 * s->rows * (s->rows + 1) / 2 * (s->in + s->out);
    t->bytes = 0;
    t->k->linear_norm(&t->run, s, t->x, t->y, &most);
}

static void directions_open(struct work *t, const int *z, int images)
{
    t->m = images * z[1], t->d = z[2];
    t->y = array(t, (size_t)t->m * t->d, false);
    t->bytes = 4.0 * t->m * t->d;
}

static void directions(struct work *t)
{
    t->k->directions(&t->run, &(struct direction_draw){ .seed = 1, .step = 2, .count = t->m, .d = t->d }, t->y);
}

static void normality_open(struct work *t, const int *z, int images)
{
    t->n = images, t->d = z[1];
    size_t count = (size_t)t->n * t->d;
    t->x = array(t, count, true), t->dx = array(t, count, false), t->y = array(t, (size_t)t->d, false);
    t->bytes = 8.0 * (double)count;
}

static void normality(struct work *t)
{
    t->k->normality(&t->run, t->n, t->d, t->x, t->y, t->dx);
}

/* clang-format off */
#define LINEAR(name, ...)                                                                                              \
    { "linear " name " forward", linear_open, linear_forward, 0, __VA_ARGS__ },                                           \
    { "linear " name " data", linear_open, linear_data, 0, __VA_ARGS__ },                                                 \
    { "linear " name " weights", linear_open, linear_weights, 0, __VA_ARGS__ },                                           \
    { "linear " name " LARS", linear_open, linear_update, 0, __VA_ARGS__ },                                               \
    { "linear " name " norm", linear_open, linear_norm, 0, __VA_ARGS__ }
#define CONV(name, ...)                                                                                                \
    { "conv " name " forward", conv_open, conv_forward, CONV_FORWARD, __VA_ARGS__ },                                                 \
    { "conv " name " data", conv_open, conv_data, CONV_DATA, __VA_ARGS__ },                                                       \
    { "conv " name " weights", conv_open, conv_weights, CONV_WEIGHTS, __VA_ARGS__ }
#define STEM(name, ...)                                                                                                \
    { "conv " name " forward", conv_open, conv_forward, CONV_FORWARD, __VA_ARGS__ },                                                 \
    { "conv " name " weights", conv_open, conv_weights, CONV_WEIGHTS, __VA_ARGS__ }
#define NORM(name, ...)                                                                                                \
    { "norm " name " forward", norm_open, norm_forward, 0, __VA_ARGS__ },                                                 \
    { "norm " name " backward", norm_open, norm_backward, 0, __VA_ARGS__ }
#define STAGE(name, ...)                                                                                               \
    { "stage " name " forward", stage_open, stage_forward, 0, __VA_ARGS__ },                                              \
    { "stage " name " both ways", stage_open, stage_both, 0, __VA_ARGS__ }
/* clang-format on */

static const struct row rows[] = {
    /* 48 px, width 16, both views of 64 */
    CONV("48px 3x3 12x12x16", { 128, 12, 12, 16, 16, 3, 1, 1 }),
    CONV("48px 3x3 6x6x32", { 128, 6, 6, 32, 32, 3, 1, 1 }),
    CONV("48px 3x3 3x3x64", { 128, 3, 3, 64, 64, 3, 1, 1 }),
    CONV("48px 3x3 2x2x128", { 128, 2, 2, 128, 128, 3, 1, 1 }),
    /* 64 px, width 32, both views of 64 */
    STEM("64px stem 7x7/2 2-32", { 128, 64, 64, 2, 32, 7, 2, 3 }),
    STEM("64px stem 7x7/2 3-32", { 128, 64, 64, 3, 32, 7, 2, 3 }),
    CONV("64px 3x3 16x16x32", { 128, 16, 16, 32, 32, 3, 1, 1 }),
    CONV("64px 3x3/2 16x16x32-64", { 128, 16, 16, 32, 64, 3, 2, 1 }),
    CONV("64px 1x1/2 16x16x32-64", { 128, 16, 16, 32, 64, 1, 2, 0 }),
    CONV("64px 3x3 8x8x64", { 128, 8, 8, 64, 64, 3, 1, 1 }),
    CONV("64px 3x3/2 8x8x64-128", { 128, 8, 8, 64, 128, 3, 2, 1 }),
    CONV("64px 3x3 4x4x128", { 128, 4, 4, 128, 128, 3, 1, 1 }),
    CONV("64px 3x3/2 4x4x128-256", { 128, 4, 4, 128, 256, 3, 2, 1 }),
    CONV("64px 3x3 2x2x256", { 128, 2, 2, 256, 256, 3, 1, 1 }),
    NORM("64px 32x32x32", { 128, 32, 32, 32, 0 }),
    NORM("64px 16x16x32", { 128, 16, 16, 32, 0 }),
    NORM("64px 16x16x32 residual", { 128, 16, 16, 32, 1 }),
    NORM("64px 2x2x256", { 128, 2, 2, 256, 0 }),
    { "product 128 x 512 x 4096", product_open, product, 0, { 1, 128, 512, 4096 } },
    { "product 128 x 512 x 512", product_open, product, 0, { 1, 128, 512, 512 } },
    /* 64 px, width 64, both views of 64 */
    CONV("64px 3x3 16x16x64", { 128, 16, 16, 64, 64, 3, 1, 1 }),
    CONV("64px 3x3 8x8x128", { 128, 8, 8, 128, 128, 3, 1, 1 }),
    CONV("64px 3x3 4x4x256", { 128, 4, 4, 256, 256, 3, 1, 1 }),
    CONV("64px 3x3 2x2x512", { 128, 2, 2, 512, 512, 3, 1, 1 }),
    /* 224 px, width 64, both views of 16 */
    STEM("224px stem 7x7/2 2-64", { 32, 224, 224, 2, 64, 7, 2, 3 }),
    STEM("224px stem 7x7/2 3-64", { 32, 224, 224, 3, 64, 7, 2, 3 }),
    CONV("224px 3x3 56x56x64", { 32, 56, 56, 64, 64, 3, 1, 1 }),
    CONV("224px 3x3 28x28x128", { 32, 28, 28, 128, 128, 3, 1, 1 }),
    CONV("224px 3x3 14x14x256", { 32, 14, 14, 256, 256, 3, 1, 1 }),
    CONV("224px 3x3 7x7x512", { 32, 7, 7, 512, 512, 3, 1, 1 }),
    CONV("224px 3x3/2 56x56x64-128", { 32, 56, 56, 64, 128, 3, 2, 1 }),
    CONV("224px 3x3/2 28x28x128-256", { 32, 28, 28, 128, 256, 3, 2, 1 }),
    CONV("224px 3x3/2 14x14x256-512", { 32, 14, 14, 256, 512, 3, 2, 1 }),
    CONV("224px 1x1/2 56x56x64-128", { 32, 56, 56, 64, 128, 1, 2, 0 }),
    CONV("224px 1x1/2 14x14x256-512", { 32, 14, 14, 256, 512, 1, 2, 0 }),
    CONV("224px 1x1 56x56x64-256", { 32, 56, 56, 64, 256, 1, 1, 0 }),
    /* linear maps */
    LINEAR("128 x 512 x 512", { 128, 512, 512 }),
    LINEAR("2048 x 256 x 512", { 2048, 256, 512 }),
    LINEAR("128 x 4096 x 4096", { 128, 4096, 4096 }),
    LINEAR("128 x 8192 x 4096", { 128, 8192, 4096 }),
    LINEAR("32 x 4096 x 4096", { 32, 4096, 4096 }),
    /* what lejepa looks along, and what it finds there */
    { "directions 1024 x 512", directions_open, directions, 0, { 1, 1024, 512 } },
    { "normality 64 x 1024", normality_open, normality, 0, { 64, 1024 } },
    { "product 32 x 4096 x 4096", product_open, product, 0, { 1, 32, 4096, 4096 } },
    { "product 128 x 4096 x 4096", product_open, product, 0, { 1, 128, 4096, 4096 } },
    /* ends of stages, norms */
    STAGE("64px 32x32x32 maxpool", { 128, 32, 32, 32, 1 }),
    STAGE("64px 16x16x32", { 128, 16, 16, 32, 0 }),
    STAGE("64px 8x8x64", { 128, 8, 8, 64, 0 }),
    STAGE("64px 2x2x256", { 128, 2, 2, 256, 0 }),
    { "cells 64px 32x32x32 both ways, full", cells_open, cells_both, 0, { 128, 32, 32, 32 } },
    NORM("224px 56x56x64", { 32, 56, 56, 64, 0 }),
    NORM("224px 56x56x64 residual", { 32, 56, 56, 64, 1 }),
    STAGE("224px 112x112x64 maxpool", { 32, 112, 112, 64, 1 }),
    STAGE("224px 56x56x64", { 32, 56, 56, 64, 0 }),
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
    const struct kernels *k = kernels_find(found);
    struct limits l;
    limits_read(NULL, &l);
    int threads = argc > 2 ? atoi(argv[2]) : (int)l.processors.value;
    if (!k || threads < 1) {
        fprintf(stderr, "usage: kernel-bench [SET] [THREADS] [WORD]\n");
        return 2;
    }
    double peak = measure_peak(k->name, threads);
    printf("set %s, threads %d, least of %d; multiply-adds of its width: %.0f GFLOP/s\n", k->name, threads, REPEATS,
           peak);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (argc > 3 && !strstr(rows[i].name, argv[3])) continue;
        if (!bench_row(&rows[i], k, threads, peak)) return 1;
    }
    return 0;
}
