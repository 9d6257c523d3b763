/* Characteristic functions of columns against that of the standard normal, a vector of columns at a time.
 *
 * The knots are t = m h, so their waves are powers of z = exp(i h x). z, z^4 and z^16 are computed, the others are
 * products of at most four of them: within 1e-6, for a quarter of the work. Each column belongs to one thread, so bits
 * do not depend on their number. */
#include <math.h>

#include "engine/kernels/vector/circle.h"
#include "engine/kernels/vector/fast.h"

enum { KNOTS = NORMALITY_KNOTS - 1 }; /* at t = 0 all characteristic functions are 1 */
enum { ROWS = 32 };                   /* summed before they are added to the rest    */

/* The distance of two knots, and a quarter of a turn of its wave, 8 pi / 3, in three parts: whole numbers below 2^13
 * times the first two are exact. */
#define STEP        0.1875f
#define PER_QUARTER 0.11936620731892152f
#define QUARTER_1   8.375f
#define QUARTER_2   0.0025787353515625f
#define QUARTER_3   1.6742212185e-6f
#define FAR         4096.0f /* from here on the count of quarters may be longer */

/* Of t x at each knot. */
struct waves {
    vec cosine[KNOTS], sine[KNOTS];
};

/* Of `times` t x with t the first knot; times is a power of 2. |x| < FAR. */
ALWAYS_INLINE void wave(vec x, float times, vec *sine, vec *cosine)
{
    vec rounded = x * (PER_QUARTER * times) + VEC_ROUNDER, count = rounded - VEC_ROUNDER;
    vec left = x - count * (QUARTER_1 / times);
    left = left - count * (QUARTER_2 / times);
    left = left - count * (QUARTER_3 / times);
    vec_circle(left * (STEP * times), (ivec)rounded - (ivec)vec_of(VEC_ROUNDER), sine, cosine);
}

ALWAYS_INLINE bool any_far(vec x)
{
    union {
        ivec all;
        uint64_t part[KERNEL_BYTES / 8];
    } far = { .all = ~((x < FAR) & (x > -FAR)) }; /* NaN is far too */
    uint64_t any = 0;
    for (int i = 0; i < KERNEL_BYTES / 8; i++) any |= far.part[i];
    return any != 0;
}

ONLY_TAILS void far_waves(vec x, struct waves *w)
{
    for (int m = 0; m < KNOTS; m++)
        for (int l = 0; l < LANES; l++) {
            double angle = (double)x[l] * STEP * (m + 1);
            w->cosine[m][l] = (float)cos(angle);
            w->sine[m][l] = (float)sin(angle);
        }
}

/* Wave a of w, made of those of knots b and a - b. */
ALWAYS_INLINE void multiply(struct waves *w, int a, int b)
{
    vec c = w->cosine[b - 1], s = w->sine[b - 1], oc = w->cosine[a - b - 1], os = w->sine[a - b - 1];
    w->cosine[a - 1] = c * oc - s * os;
    w->sine[a - 1] = c * os + s * oc;
}

ALWAYS_INLINE void near_waves(vec x, struct waves *w)
{
    wave(x, 1, &w->sine[0], &w->cosine[0]);
    wave(x, 4, &w->sine[3], &w->cosine[3]);
    wave(x, 16, &w->sine[15], &w->cosine[15]);
    multiply(w, 2, 1);
    multiply(w, 3, 1);
    multiply(w, 8, 4);
    multiply(w, 12, 4);
    UNROLL for (int four = 4; four < 16; four += 4)
    {
        UNROLL for (int one = 1; one < 4; one++) multiply(w, four + one, four);
    }
}

ALWAYS_INLINE void waves_of(vec x, struct waves *w)
{
    if (__builtin_expect(any_far(x), 0)) {
        far_waves(x, w);
    } else {
        near_waves(x, w);
    }
}

/* Sums over the n rows of x [n, pitch], of which `left` columns from x on. */
static void sum_waves(const float *x, int n, int pitch, int left, struct waves *sum)
{
    *sum = (struct waves){ 0 };
    for (int from = 0; from < n; from += ROWS) {
        struct waves part = { 0 }, w;
        for (int i = from; i < at_most(n, from + ROWS); i++) {
            waves_of(vec_part(x + (size_t)i * pitch, left), &w);
            UNROLL for (int m = 0; m < KNOTS; m++) part.cosine[m] += w.cosine[m], part.sine[m] += w.sine[m];
        }
        for (int m = 0; m < KNOTS; m++) sum->cosine[m] += part.cosine[m], sum->sine[m] += part.sine[m];
    }
}

/* dx = sum over the knots of slope.sine * sine + slope.cosine * cosine of t x. */
static void slopes_at(const float *x, int n, int pitch, int left, const struct waves *slope, float *dx)
{
    for (int i = 0; i < n; i++) {
        struct waves w;
        vec sum = { 0 };
        waves_of(vec_part(x + (size_t)i * pitch, left), &w);
        UNROLL for (int m = 0; m < KNOTS; m++) sum += slope->sine[m] * w.sine[m] + slope->cosine[m] * w.cosine[m];
        vec_put(dx + (size_t)i * pitch, sum, left);
    }
}

void normality_fast(const struct kernel_run *run, int n, int k, const float *x, float *statistic, float *dx)
{
    float knot[KNOTS], normal[KNOTS], weight[KNOTS]; /* t; the normal's own function there; weight of the difference */
    for (int m = 0; m < KNOTS; m++) {
        double t = (m + 1) * (double)STEP, width = m + 1 == KNOTS ? STEP : 2 * STEP;
        knot[m] = (float)t;
        normal[m] = (float)exp(-t * t / 2);
        weight[m] = (float)(width * exp(-t * t / 2));
    }
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int at = 0; at < k; at += LANES) {
        struct waves sum;
        int left = k - at;
        vec total = { 0 };
        sum_waves(x + at, n, k, left, &sum);
        for (int m = 0; m < KNOTS; m++) {
            vec off = sum.cosine[m] / (float)n - normal[m], aside = sum.sine[m] / (float)n;
            total += (off * off + aside * aside) * (weight[m] * (float)n);
            sum.sine[m] = off * (-2 * weight[m] * knot[m]);
            sum.cosine[m] = aside * (2 * weight[m] * knot[m]);
        }
        vec_put(statistic + at, total, left);
        slopes_at(x + at, n, k, left, &sum, dx + at);
    }
}
