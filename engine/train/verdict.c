/* Four signs, each with two limits; the word follows from how many are past which. */
#include "engine/train/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char *const verdict_words[VERDICT_COUNT + 1] = { "unknown", "HEALTHY", "WATCH", "COLLAPSING", NULL };
const char *const verdict_grades[] = { "fine", "watch", "bad", NULL };

static const struct {
    const char *name, *what, *suggestion;
    bool below; /* bad below its limits */
} rows[SIGN_COUNT] = {
    [SIGN_DEAD] = { "dead", "share of dead dimensions",
                    "raise loss.std or lower loss.sim: the variance term does not hold the dimensions open", false },
    [SIGN_RANK] = { "rank", "RankMe over that of an isotropic Gaussian",
                    "raise loss.cov, or take a lower optim.lr: few directions carry all that varies", true },
    [SIGN_UNIFORMITY] = { "uniformity", "log mean exp(-2 distance^2) on the sphere",
                          "lower optim.lr or loss.sim: the images crowd together", false },
    [SIGN_CORRELATION] = { "correlation", "mean |r| of two dimensions over its floor",
                           "raise loss.cov: dimensions repeat each other", false },
};

void verdict_limits_init(struct verdict_limits *l, const struct settings *s)
{
    *l = (struct verdict_limits){
        .watch = { s->diagnose.dead_watch, s->diagnose.rank_watch, s->diagnose.uniformity_watch,
                   s->diagnose.correlation_watch },
        .bad = { s->diagnose.dead_bad, s->diagnose.rank_bad, s->diagnose.uniformity_bad, s->diagnose.correlation_bad },
    };
}

void verdict_judge_values(const double value[SIGN_COUNT], const struct verdict_limits *l, struct verdict *out)
{
    int bad = 0, watch = 0;
    bool known = true;
    *out = (struct verdict){ .worst = -1 };
    for (int i = 0; i < SIGN_COUNT; i++) {
        double sense = rows[i].below ? -1 : 1, v = sense * value[i];
        enum verdict_grade grade = v > sense * l->bad[i]     ? GRADE_BAD
                                   : v > sense * l->watch[i] ? GRADE_WATCH
                                                             : GRADE_FINE;
        out->sign[i] = (struct verdict_sign){ rows[i].name,
                                              rows[i].what,
                                              grade,
                                              value[i],
                                              l->watch[i],
                                              l->bad[i],
                                              grade == GRADE_FINE ? "" : rows[i].suggestion };
        known = known && !isnan(value[i]);
        bad += grade == GRADE_BAD;
        watch += grade == GRADE_WATCH;
        if (grade > (out->worst < 0 ? GRADE_FINE : out->sign[out->worst].grade)) out->worst = i;
    }
    out->word = !known                   ? VERDICT_UNKNOWN
                : bad >= 2               ? VERDICT_COLLAPSING
                : bad == 1 || watch >= 2 ? VERDICT_WATCH
                                         : VERDICT_HEALTHY;
}

void verdict_judge(const struct diagnose *g, const struct verdict_limits *l, struct verdict *out)
{
    const double value[SIGN_COUNT] = { g->dead, g->rankme_ratio, g->uniformity, g->corr_ratio };
    verdict_judge_values(value, l, out);
}

/* Append to a line that may be full already. */
__attribute__((format(printf, 4, 5))) static void add(char *out, size_t size, size_t *used, const char *format, ...)
{
    if (*used >= size) return;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(out + *used, size - *used, format, args);
    va_end(args);
    if (n > 0) *used += (size_t)n;
}

const char *verdict_line(const struct verdict *v, char *out, size_t size)
{
    size_t used = 0;
    if (!size) return out;
    add(out, size, &used, "%s", verdict_words[v->word]);
    for (size_t i = 0; i < used && i < size; i++)
        if (out[i] >= 'a' && out[i] <= 'z') out[i] = (char)(out[i] - 'a' + 'A');
    const char *between = ": ";
    for (int i = 0; i < SIGN_COUNT; i++) {
        const struct verdict_sign *s = &v->sign[i];
        if (s->grade == GRADE_FINE) continue;
        add(out, size, &used, "%s%s %.3g (%s %s %g)", between, s->name, s->value, verdict_grades[s->grade],
            rows[i].below ? "below" : "above", s->grade == GRADE_BAD ? s->bad : s->watch);
        between = ", ";
    }
    if (v->worst >= 0) add(out, size, &used, "; %s", v->sign[v->worst].suggestion);
    return out;
}
