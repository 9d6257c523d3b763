/* The learning rate of a step: linear warm-up, then cosine. See "Optimizer" in assets/docs/method.md. */
#ifndef MLVICX_TRAIN_SCHEDULE_H
#define MLVICX_TRAIN_SCHEDULE_H

#include <stdint.h>

#include "engine/train/engine.h"

struct schedule {
    enum optim_kind kind;
    double base;   /* optim.lr; LARS multiplies it by images / 256 */
    double images; /* images a step: batch times accumulate        */
    double warmup_steps, total_steps;
};

/** Rate of step s = 0, 1, ...: top * s / warmup below the warm-up; then top q + 0.001 top (1 - q), with
 *  q = (1 + cos(pi (s - warmup) / total)) / 2. */
double schedule_rate(const struct schedule *c, int64_t step);

/** What a moving average keeps of itself in step s: 1 - (1 - base) (cos(pi s / total) + 1) / 2, from base to 1. */
double schedule_keep(double base, int64_t step, double total_steps);

#endif
