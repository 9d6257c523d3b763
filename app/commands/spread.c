#include "app/commands/spread.h"

#include <math.h>

void spread_add(struct spread *s, double x)
{
    if (isnan(x)) return;
    s->least = s->count ? fmin(s->least, x) : x;
    s->most = s->count ? fmax(s->most, x) : x;
    s->sum += x;
    s->count++;
}

double spread_mean(const struct spread *s)
{
    return s->count ? s->sum / s->count : (double)NAN;
}
