/* The table of signs and of words, and the rule: the word is that of the worst sign. */
#include "engine/diagnose/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"

const char *const verdict_words[VERDICT_COUNT + 1] = { "unknown",  "HEALTHY", "WATCH", "COLLAPSING",
                                                       "LEARNING", "PLATEAU", NULL };
const char *const verdict_grades[] = { "fine", "narrow", "plateau", "watch", "bad", NULL };
const double verdict_plateau_share = 0.4;

static const struct {
    int worry;
    const char *meaning;
} words[VERDICT_COUNT] = {
    [VERDICT_UNKNOWN] = { 0, "no number to judge by" },
    [VERDICT_HEALTHY] = { 1, "a former version found nothing against it" },
    [VERDICT_LEARNING] = { 1, "the two views of an image share what other images do not, in several directions" },
    [VERDICT_PLATEAU] = { 2, "the views share nothing yet: early in a run that is no fault" },
    [VERDICT_WATCH] = { 3, "such runs ended no better than a random encoder more often than not" },
    [VERDICT_COLLAPSING] = { 4, "the features lose what tells images apart" },
};

const struct verdict_rule verdict_rules[SIGN_COUNT] = {
    [SIGN_SHARED] = { "shared",
                      "correlation rho of the two views, mean of the last 20 steps",
                      { "z.rho", "d.rho" },
                      true,
                      0.15,
                      NAN,
                      GRADE_PLATEAU,
                      NAN,
                      ".61 to .98",
                      ".1 to .94" },
    [SIGN_KEPT] = { "kept",
                    "rho over the highest so far",
                    { "z.kept", "d.kept" },
                    true,
                    0.5,
                    NAN,
                    GRADE_WATCH,
                    NAN,
                    ".98 to 1",
                    ".32 to 1" },
    [SIGN_FEATURES] = { "features",
                        "correlation of the two views of h, mean of the last 20 steps",
                        { "h.rho", "h.rho" },
                        true,
                        0.3,
                        NAN,
                        GRADE_FINE,
                        NAN,
                        ".63 to .96",
                        ".17 to .93" },
    [SIGN_DEVIATION] = { "deviation",
                         "mean deviation of a dimension of the embedding",
                         { "z.std_mean", "d.std_mean" },
                         true,
                         0.1,
                         0.03,
                         GRADE_WATCH,
                         NAN,
                         ".4 to 1.4",
                         ".003 to 2.3" },
    [SIGN_DIRECTIONS] = { "directions",
                          "stable rank of h: 1 where all images lie on a line",
                          { "h.stable_rank", "h.stable_rank" },
                          true,
                          1.16,
                          1.12,
                          GRADE_WATCH,
                          0.8,
                          "1.09 to 4.1",
                          "1.01 to 1.9" },
    [SIGN_CROWDING] = { "crowding",
                        "uniformity of h: -4 spread over the sphere, 0 one point",
                        { "h.uniformity", "h.uniformity" },
                        false,
                        -1.3,
                        -1.1,
                        GRADE_WATCH,
                        0.8,
                        "-3.1 to -1.2",
                        "-2.5 to -.65" },
    [SIGN_EMBEDDING] = { "embedding",
                         "uniformity of the embedding: -4 spread over the sphere, 0 one point",
                         { "z.uniformity", "d.uniformity" },
                         false,
                         -1.25,
                         -0.8,
                         GRADE_WATCH,
                         0.8,
                         "-3.5 to -.73",
                         "-3.7 to -.47" },
};

int verdict_worry(enum verdict_word word)
{
    return words[word].worry;
}

const char *verdict_meaning(enum verdict_word word)
{
    return words[word].meaning;
}

enum verdict_word verdict_of_number(double stored)
{
    return stored > VERDICT_UNKNOWN && stored < VERDICT_COUNT ? (enum verdict_word)stored : VERDICT_UNKNOWN;
}

static bool is_past(const struct verdict_rule *r, double value, double limit)
{
    return r->below ? value < limit : value > limit; /* false where either is NaN */
}

static enum verdict_grade grade_of(enum verdict_sign_kind sign, const struct verdict_reading *in)
{
    const struct verdict_rule *r = &verdict_rules[sign];
    double value = in->value[sign];
    bool bad = is_past(r, value, r->bad);
    if (!bad && !is_past(r, value, r->watch)) return GRADE_FINE;
    if (in->value[SIGN_FEATURES] >= r->excused) return GRADE_NARROW; /* false where either is NaN */
    if (bad) return GRADE_BAD;
    return in->share > verdict_plateau_share ? GRADE_WATCH : r->early;
}

void verdict_judge(const struct verdict_reading *in, struct verdict *out)
{
    static const enum verdict_word said[] = { VERDICT_LEARNING, VERDICT_LEARNING, VERDICT_PLATEAU, VERDICT_WATCH,
                                              VERDICT_COLLAPSING };
    enum verdict_grade worst = GRADE_FINE;
    *out = (struct verdict){ .worst = -1 };
    for (int i = 0; i < SIGN_COUNT; i++) {
        struct verdict_sign *s = &out->sign[i];
        *s = (struct verdict_sign){ grade_of((enum verdict_sign_kind)i, in), in->value[i] };
        if (s->grade <= worst) continue;
        worst = s->grade;
        out->worst = i;
    }
    bool known = !isnan(in->value[SIGN_SHARED]) && !isnan(in->value[SIGN_EMBEDDING]);
    out->word = known ? said[worst] : VERDICT_UNKNOWN;
    bool early = worst == GRADE_NARROW || /* neither is a fault */
                 (worst == GRADE_PLATEAU && in->share < verdict_plateau_share / 2);
    if (out->worst >= 0) verdict_advise(in, (enum verdict_sign_kind)out->worst, early, out->advice);
}

/* ---- text ---- */

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

const char *verdict_number(double value, char out[VERDICT_NUMBER])
{
    if (isnan(value))
        snprintf(out, VERDICT_NUMBER, "-");
    else
        snprintf(out, VERDICT_NUMBER, "%.3g", fabs(value) < 0.0005 ? 0 : value);
    return out;
}

const char *verdict_grade(const struct verdict_sign *s)
{
    return isnan(s->value) ? verdict_words[VERDICT_UNKNOWN] : verdict_grades[s->grade];
}

bool verdict_is_narrow(const struct verdict *v)
{
    for (int i = 0; i < SIGN_COUNT; i++)
        if (v->sign[i].grade == GRADE_NARROW) return true;
    return false;
}

/* A sign past a limit, with as many digits as it takes to see that. */
static void add_past(const struct verdict_rule *r, const struct verdict_sign *s, char *out, size_t size, size_t *used)
{
    enum { DIGITS_MOST = 17 };
    char number[VERDICT_NUMBER + DIGITS_MOST];
    double limit = is_past(r, s->value, r->bad) ? r->bad : r->watch;
    verdict_number(s->value, number);
    for (int digits = 4; digits <= DIGITS_MOST && !is_past(r, strtod(number, NULL), limit); digits++)
        snprintf(number, sizeof number, "%.*g", digits, s->value);
    add(out, size, used, "%s %s (%s %s %.15g)", r->name, number, verdict_grades[s->grade], r->below ? "below" : "above",
        limit);
}

const char *verdict_line(const struct verdict *v, char *out, size_t size)
{
    size_t used = 0;
    char number[VERDICT_NUMBER];
    const char *between = ": ";
    if (!size) return out;
    if (v->word == VERDICT_UNKNOWN) {
        add(out, size, &used, "UNKNOWN: no number for %s",
            verdict_rules[isnan(v->sign[SIGN_SHARED].value) ? SIGN_SHARED : SIGN_EMBEDDING].name);
        return out;
    }
    add(out, size, &used, "%s", verdict_words[v->word]);
    if (verdict_is_narrow(v)) {
        const struct verdict_sign *features = &v->sign[SIGN_FEATURES];
        add(out, size, &used, ": %s %s", verdict_rules[SIGN_FEATURES].name, verdict_number(features->value, number));
        between = ", ";
    }
    for (int grade = GRADE_BAD; grade > GRADE_FINE; grade--) /* the worst first: where a line is cut it stays */
        for (int i = 0; i < SIGN_COUNT; i++) {
            if ((int)v->sign[i].grade != grade) continue;
            add(out, size, &used, "%s", between);
            add_past(&verdict_rules[i], &v->sign[i], out, size, &used);
            between = ", ";
        }
    for (int i = 0; i < SIGN_COUNT && v->worst < 0; i++) {
        if (isnan(v->sign[i].value)) continue;
        add(out, size, &used, "%s%s %s", between, verdict_rules[i].name, verdict_number(v->sign[i].value, number));
        between = ", ";
    }
    if (*v->advice) add(out, size, &used, TEXT_TRY "%s", v->advice);
    return out;
}
