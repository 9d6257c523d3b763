/* The cosine runs over all steps, warm-up not taken off: as published. */
#include "engine/train/schedule.h"

#include <math.h>

double schedule_rate(const struct schedule *c, int64_t step)
{
    double s = (double)step, top = c->kind == OPTIM_LARS ? c->base * c->images / 256 : c->base;
    if (s < c->warmup_steps) return top * s / c->warmup_steps;
    double q = 0.5 * (1 + cos(3.14159265358979323846 * (s - c->warmup_steps) / c->total_steps));
    return top * q + top * 0.001 * (1 - q);
}

double schedule_keep(double base, int64_t step, double total_steps)
{
    return 1 - (1 - base) * (cos(3.14159265358979323846 * (double)step / total_steps) + 1) / 2;
}
