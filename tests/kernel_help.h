/* One kernel of every set that this CPU has against its naive twin: arrays that are filled, scratch that is guarded,
 * the same thread count twice for the same bits, and other counts for nearly the same numbers. */
#ifndef MLVICX_TESTS_KERNEL_HELP_H
#define MLVICX_TESTS_KERNEL_HELP_H

#include "tests/check.h"

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/random.h"
#include "engine/kernels/kernels.h"

enum { THREADS_MOST = 3, GUARD = 64 };
static const float guard_value = -12345.5f;

static struct random stream;

static inline float *new_array(size_t n)
{
    float *a = aligned_alloc(ARENA_ALIGN, arena_round((n + 1) * sizeof *a));
    assert_non_null(a);
    return a;
}

static inline float *random_array(size_t n)
{
    float *a = new_array(n);
    for (size_t i = 0; i < n; i++) a[i] = (float)random_normal(&stream);
    return a;
}

static inline float *array_copy(const float *a, size_t n)
{
    float *copy = new_array(n);
    if (a) memcpy(copy, a, n * sizeof *copy);
    return copy;
}

static inline uint8_t *random_bits(size_t n)
{
    uint8_t *a = malloc(n + 1);
    assert_non_null(a);
    for (size_t i = 0; i < n; i++) a[i] = (uint8_t)random_below(&stream, 2);
    return a;
}

/* ---- a run with guarded scratch ------------------------------------------------------------------------ */

static inline struct kernel_run run_create(int threads, size_t reals)
{
    struct kernel_run run = { .threads = threads };
    run.scratch =
        aligned_alloc(ARENA_ALIGN, ((reals + GUARD) * sizeof(float) + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN);
    assert_non_null(run.scratch);
    memset(run.scratch, 0xff, reals * sizeof(float)); /* NaN: nothing may rely on it */
    for (size_t i = 0; i < GUARD; i++) run.scratch[reals + i] = guard_value;
    return run;
}

static inline void run_destroy(struct kernel_run *run, size_t reals)
{
    for (size_t i = 0; i < GUARD; i++) assert_true(run->scratch[reals + i] == guard_value);
    free(run->scratch);
}

/* ---- one kernel, many arrays --------------------------------------------------------------------------- */

/* What a kernel fills, compared as a list of named arrays. */
struct outputs {
    struct {
        const char *name;
        float *values;
        size_t count;
    } array[32];
    int arrays;
};

static inline float *output(struct outputs *o, const char *name, const float *start, size_t count)
{
    float *values = array_copy(start, count);
    if (!start) memset(values, 0xff, count * sizeof *values);
    o->array[o->arrays].name = name;
    o->array[o->arrays].count = count;
    o->array[o->arrays++].values = values;
    return values;
}

static inline void outputs_clear(struct outputs *o)
{
    for (int i = 0; i < o->arrays; i++) free(o->array[i].values);
    o->arrays = 0;
}

/* Largest difference against the root mean square of what is expected; `limit` 0 asks for the same bits. */
static inline void compare(const char *what, const struct outputs *found, const struct outputs *expected, double limit)
{
    assert_int_equal(found->arrays, expected->arrays);
    for (int i = 0; i < found->arrays; i++) {
        const float *a = found->array[i].values, *b = expected->array[i].values;
        size_t n = found->array[i].count;
        if (limit == 0) {
            if (memcmp(a, b, n * sizeof *a) != 0) fail_msg("%s, %s: other bits", what, found->array[i].name);
            continue;
        }
        double squares = 1e-12;
        for (size_t j = 0; j < n; j++) squares += (double)b[j] * (double)b[j];
        double rms = sqrt(squares / (double)(n ? n : 1));
        for (size_t j = 0; j < n; j++) {
            double error = fabs((double)a[j] - (double)b[j]) / (rms + fabs((double)b[j]));
            if (!(error <= limit)) {
                fail_msg("%s, %s[%zu]: %.9g, expected %.9g", what, found->array[i].name, j, (double)a[j], (double)b[j]);
            }
        }
    }
}

/* Runs a case through set `k` with `threads` threads and fills `o`. */
typedef void (*case_run)(const void *ctx, const struct kernels *k, int threads, struct outputs *o);

static inline void check_sets(const char *name, case_run run, const void *ctx, double limit)
{
    struct outputs expected = { .arrays = 0 };
    run(ctx, &kernels_naive, 1, &expected);
    for (enum kernel_set set = KERNELS_AVX512; set <= KERNELS_NAIVE; set++) {
        enum kernel_set found;
        if (!kernels_resolve(set, &found, NULL)) continue;
        const struct kernels *k = kernels_find(found);
        for (int threads = 1; threads <= THREADS_MOST; threads++) {
            char what[200];
            snprintf(what, sizeof what, "%s, %s, %d threads", name, k->name, threads);
            struct outputs a = { .arrays = 0 }, b = { .arrays = 0 };
            run(ctx, k, threads, &a);
            run(ctx, k, threads, &b);
            compare(what, &a, &expected, limit);
            compare(what, &b, &a, 0);
            outputs_clear(&a);
            outputs_clear(&b);
        }
    }
    outputs_clear(&expected);
}

#endif
