/* Random directions, and what is normal along them, in plain loops and double. */
#include <math.h>

#include "engine/base/random.h"
#include "engine/kernels/naive/naive.h"

/* In (0, 1): 23 bits, and half a step beside 0. */
static double uniform(uint32_t word)
{
    return ((double)(word >> 9) + 0.5) * 0x1p-23;
}

/* Two standard normals of two words (Box-Muller). */
static void box_muller(const uint32_t word[2], double out[2])
{
    double radius = sqrt(-2 * log(uniform(word[0]))), angle = 2 * 3.14159265358979323846 * uniform(word[1]);
    out[0] = radius * cos(angle);
    out[1] = radius * sin(angle);
}

void directions_naive(const struct kernel_run *run, const struct direction_draw *draw, real *out)
{
    int d = draw->d, quarter = (d + 3) / 4;
    const uint32_t key[2] = { (uint32_t)draw->seed, (uint32_t)(draw->seed >> 32) };
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int i = 0; i < draw->count; i++) {
        real *row = out + (size_t)i * d;
        double squares = 0;
        for (int b = 0; b < quarter; b++) {
            const uint32_t counter[4] = { (uint32_t)b, (uint32_t)(draw->first + i), draw->step, RANDOM_DIRECTION };
            uint32_t word[4];
            double normal[4];
            philox4x32(counter, key, word);
            box_muller(word, normal);
            box_muller(word + 2, normal + 2);
            for (int e = 0; e < 4; e++)
                if (e * quarter + b < d) row[e * quarter + b] = (real)normal[e], squares += normal[e] * normal[e];
        }
        for (int j = 0; j < d; j++) row[j] = (real)((double)row[j] / sqrt(squares));
    }
}

/* Epps and Pulley (1983), with t over -REACH .. REACH and the weight exp(-t^2 / 2). The integrand is even in t, so
 * knots at t > 0 count twice; the ends of the trapezoid rule count half. `off` and `aside` are the real and imaginary
 * parts of the difference of both characteristic functions, and then their part in the slope. */
void normality_naive(const struct kernel_run *run, int n, int k, const real *x, real *statistic, real *dx)
{
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int j = 0; j < k; j++) {
        double off[NORMALITY_KNOTS], aside[NORMALITY_KNOTS], total = 0, h = NORMALITY_REACH / (NORMALITY_KNOTS - 1.0);
        for (int m = 0; m < NORMALITY_KNOTS; m++) {
            double c = 0, s = 0, t = m * h, normal = exp(-t * t / 2);
            double weight = (m == 0 || m == NORMALITY_KNOTS - 1 ? h : 2 * h) * normal;
            for (int i = 0; i < n; i++) {
                c += cos(t * (double)x[(size_t)i * k + j]);
                s += sin(t * (double)x[(size_t)i * k + j]);
            }
            off[m] = c / n - normal;
            aside[m] = s / n;
            total += n * weight * (off[m] * off[m] + aside[m] * aside[m]);
            off[m] *= 2 * weight * t;
            aside[m] *= 2 * weight * t;
        }
        statistic[j] = (real)total;
        for (int i = 0; i < n; i++) {
            double slope = 0, here = x[(size_t)i * k + j];
            for (int m = 1; m < NORMALITY_KNOTS; m++)
                slope += aside[m] * cos(m * h * here) - off[m] * sin(m * h * here);
            dx[(size_t)i * k + j] = (real)slope;
        }
    }
}
