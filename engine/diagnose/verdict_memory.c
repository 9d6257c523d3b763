/* What the views of the last steps shared, and the most that they ever did. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/diagnose/verdict.h"

void verdict_note(struct verdict_memory *m, double rho)
{
    m->rho[m->steps++ % VERDICT_WINDOW] = rho;
}

double verdict_mean(const struct verdict_memory *m)
{
    int64_t n = m->steps < VERDICT_WINDOW ? m->steps : VERDICT_WINDOW;
    double sum = 0;
    for (int64_t i = m->steps - n; i < m->steps; i++) sum += m->rho[i % VERDICT_WINDOW];
    return n > 0 ? sum / (double)n : (double)NAN;
}

void verdict_take(struct verdict_memory *m, double value[SIGN_COUNT])
{
    double mean = verdict_mean(m);
    m->peak = fmax(m->peak, mean); /* what is not a number leaves it as it is */
    m->begun |= mean >= verdict_rules[SIGN_SHARED].watch;
    value[SIGN_SHARED] = mean;
    value[SIGN_KEPT] = m->begun ? fmax(0, mean) / m->peak : 1;
    if (isnan(mean)) value[SIGN_KEPT] = NAN;
}

void verdict_memory_write(const struct verdict_memory *m, char out[VERDICT_MEMORY])
{
    int used = snprintf(out, VERDICT_MEMORY, "%lld %d %a", (long long)m->steps, m->begun, m->peak);
    for (int i = 0; i < VERDICT_WINDOW; i++)
        used += snprintf(out + used, VERDICT_MEMORY - (size_t)used, " %a", m->rho[i]);
}

bool verdict_memory_read(struct verdict_memory *m, const char *text)
{
    long long steps;
    int begun, used = 0;
    *m = (struct verdict_memory){ 0 };
    if (sscanf(text, "%lld %d%n", &steps, &begun, &used) != 2 || steps < 0) return false;
    const char *at = text + used;
    for (int i = -1; i < VERDICT_WINDOW; i++) {
        char *end;
        double v = strtod(at, &end);
        if (end == at) {
            *m = (struct verdict_memory){ 0 };
            return false;
        }
        *(i < 0 ? &m->peak : &m->rho[i]) = v;
        at = end;
    }
    m->steps = steps;
    m->begun = begun != 0;
    return true;
}
