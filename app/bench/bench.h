/* What the benchmarks share: repetitions and their spread, the peaks of the machine, options that several take. */
#ifndef MLVICX_APP_BENCH_H
#define MLVICX_APP_BENCH_H

#include <jansson.h>

#include "app/cli/command.h"
#include "engine/base/settings.h"
#include "engine/kernels/kernels.h"

struct bench_times {
    int repetitions;
    double median, least, most; /* seconds of one call */
};

/** Call `once` to warm up, then at least `least` times and for about `seconds`; false with its error when it fails.
 *  `timed` NULL, or called after each repetition that counts. */
bool bench_repeat(bool (*once)(void *ctx, struct err *e), void (*timed)(void *ctx), void *ctx, int least,
                  double seconds, struct bench_times *t, struct err *e);

/** Settings with kernels and threads resolved; `threads` 0: all cores. */
bool bench_settings(struct settings *s, int64_t threads, struct err *e);

struct bench_peaks {
    double fma_gflops,
        memory_gbps; /* multiply-adds of the set on all threads; triad a = b + s c, 12 bytes an element */
};

enum { BENCH_PEAK_BYTES = 192 << 20 };
/** Measure the machine, in about a second. Takes BENCH_PEAK_BYTES for the moment, which the caller has found to be
 * there. */
bool bench_peaks(const struct settings *s, struct bench_peaks *p, struct err *e);

/** Peak resident memory of this process so far. */
double bench_peak_rss_mib(void);

/** {"median_seconds":..., "least_seconds":..., "most_seconds":..., "repetitions":...} put into `o`. */
void bench_times_json(json_t *o, const struct bench_times *t);

/** Bytes that look like an image's: a wandering level. */
void bench_draw(unsigned char *out, size_t n);

#endif
