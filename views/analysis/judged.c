#include "views/analysis/judged.h"

#include <math.h>
#include <stdio.h>

#include "store/metric.h"

bool judged_read(struct store *s, const struct store_run *run, const struct settings *settings, enum engine_level level,
                 int64_t at, struct verdict *out, struct err *e)
{
    enum { SAID = SIGN_COUNT, NUMBERS };
    char said[24];
    const char *names[NUMBERS] = { [SAID] = said };
    double values[NUMBERS];
    int64_t steps[NUMBERS];
    struct verdict_reading r = { .level = level, .settings = settings, .preset = run->preset };
    snprintf(said, sizeof said, "%s.verdict", level_table[level].name);
    for (int i = 0; i < SIGN_COUNT; i++) names[i] = verdict_rules[i].metric[level];
    *out = (struct verdict){ .worst = -1 };
    if (!store_metric_latest(s, run->id, at, names, NUMBERS, values, steps, e)) return false;
    for (int i = 0; i < SIGN_COUNT; i++) r.value[i] = steps[i] == steps[SAID] ? values[i] : (double)NAN;
    r.share = run->steps > 0 ? (double)steps[SAID] / (double)run->steps : 1;
    if (isnan(r.value[SIGN_SHARED])) /* before it was recorded, the signs were others */
        for (int i = 0; i < SIGN_COUNT; i++) r.value[i] = NAN;
    verdict_judge(&r, out);
    out->word = verdict_of_number(values[SAID]);
    return true;
}
