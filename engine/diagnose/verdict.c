/* Four signs, each with two limits; the word follows from how many are past which. */
#include "engine/diagnose/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"

const char *const verdict_words[VERDICT_COUNT + 1] = { "unknown", "HEALTHY", "WATCH", "COLLAPSING", NULL };
const char *const verdict_grades[] = { "fine", "watch", "bad", NULL };

enum weight { WEIGHT_STD, WEIGHT_COV, WEIGHT_COUNT };

/* What a weight of the loss holds up: to be looked at first. */
static const struct {
    const char *key, *without;
} weights[WEIGHT_COUNT] = {
    [WEIGHT_STD] = { "loss.var", "holds the dimensions open" },
    [WEIGHT_COV] = { "loss.cov", "keeps dimensions from repeating each other" },
};

static const struct {
    const char *name, *what, *before, *after, *suggestion;
    enum weight order[WEIGHT_COUNT]; /* the likelier reason first */
    bool below, percent;             /* bad below its limits; a share */
} rows[SIGN_COUNT] = {
    [SIGN_DEAD] = { "dead",
                    "share of dead dimensions",
                    "",
                    " of dimensions dead",
                    "raise loss.var or lower loss.inv: the variance term does not hold the dimensions open",
                    { WEIGHT_STD, WEIGHT_COV },
                    false,
                    true },
    [SIGN_RANK] = { "rank",
                    "RankMe over that of an isotropic Gaussian",
                    "rank ",
                    " of isotropic",
                    "raise loss.cov, or take a lower optim.lr: few directions carry all that varies",
                    { WEIGHT_COV, WEIGHT_STD },
                    true,
                    true },
    [SIGN_UNIFORMITY] = { "uniformity",
                          "log mean exp(-2 distance^2) on the sphere",
                          "uniformity ",
                          "",
                          "lower optim.lr or loss.inv: the images crowd together",
                          { WEIGHT_STD, WEIGHT_COV },
                          false,
                          false },
    [SIGN_CORRELATION] = { "correlation",
                           "mean |r| of two dimensions over its floor",
                           "correlation ",
                           " times its floor",
                           "raise loss.cov: dimensions repeat each other",
                           { WEIGHT_COV, WEIGHT_STD },
                           false,
                           false },
};

void verdict_limits_init(struct verdict_limits *l, const struct settings *s, enum verdict_level level)
{
    *l = (struct verdict_limits){
        .watch = { s->diagnose.dead_watch, s->diagnose.rank_watch, s->diagnose.uniformity_watch,
                   s->diagnose.correlation_watch },
        .bad = { s->diagnose.dead_bad, s->diagnose.rank_bad, s->diagnose.uniformity_bad, s->diagnose.correlation_bad },
        .level = level,
        .level_weight = level == VERDICT_LOCAL ? s->loss.local_weight : s->loss.global_weight,
        .std = s->loss.var,
        .cov = s->loss.cov,
    };
}

/* What to try about a sign: a weight of the loss that is 0 or low comes before what is usual. */
static void advise(enum verdict_sign_kind sign, const struct verdict_limits *l, char *out, size_t size)
{
    struct settings usual;
    settings_init(&usual);
    const double value[WEIGHT_COUNT] = { l->std, l->cov }, normal[WEIGHT_COUNT] = { usual.loss.var, usual.loss.cov };
    if (l->level_weight <= 0) {
        snprintf(out, size, "raise loss.%s_weight: it is 0, and nothing trains this level",
                 l->level == VERDICT_LOCAL ? "local" : "global");
        return;
    }
    for (int i = 0; i < WEIGHT_COUNT; i++) {
        enum weight w = rows[sign].order[i];
        if (value[w] > 0) continue;
        snprintf(out, size, "raise %s: it is 0 (%g is usual), and nothing %s", weights[w].key, normal[w],
                 weights[w].without);
        return;
    }
    for (int i = 0; i < WEIGHT_COUNT; i++) {
        enum weight w = rows[sign].order[i];
        if (value[w] >= normal[w] / 2) continue;
        snprintf(out, size, "raise %s: it is %g (%g is usual), and little %s", weights[w].key, value[w], normal[w],
                 weights[w].without);
        return;
    }
    snprintf(out, size, "%s", rows[sign].suggestion);
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
        struct verdict_sign *sign = &out->sign[i];
        *sign = (struct verdict_sign){ .name = rows[i].name,
                                       .what = rows[i].what,
                                       .grade = grade,
                                       .value = value[i],
                                       .watch = l->watch[i],
                                       .bad = l->bad[i] };
        if (grade != GRADE_FINE) advise((enum verdict_sign_kind)i, l, sign->suggestion, sizeof sign->suggestion);
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

const char *verdict_number(enum verdict_sign_kind sign, double value, char out[VERDICT_NUMBER])
{
    double percent = 100 * value;
    if (isnan(value))
        snprintf(out, VERDICT_NUMBER, "-");
    else if (rows[sign].percent)
        snprintf(out, VERDICT_NUMBER, percent < 9.95 ? "%.2g %%" : "%.0f %%", percent);
    else
        snprintf(out, VERDICT_NUMBER, "%.3g", value);
    return out;
}

static const char *fact_of(enum verdict_sign_kind sign, const char *number, char out[VERDICT_FACT])
{
    snprintf(out, VERDICT_FACT, "%s%s%s", rows[sign].before, number, rows[sign].after);
    return out;
}

/* A sign past its limit, with as many digits as it takes to see that: "5.01 % of dimensions dead" of "above 5 %". */
static const char *fact_past(enum verdict_sign_kind sign, const struct verdict_sign *s, double limit,
                             char out[VERDICT_FACT])
{
    enum { DIGITS_MOST = 17 };
    char number[VERDICT_NUMBER + DIGITS_MOST];
    double scale = rows[sign].percent ? 100 : 1, sense = rows[sign].below ? -1 : 1;
    verdict_number(sign, s->value, number);
    for (int digits = 3; digits <= DIGITS_MOST && !(sense * strtod(number, NULL) > sense * scale * limit); digits++)
        snprintf(number, sizeof number, "%.*g%s", digits, scale * s->value, rows[sign].percent ? " %" : "");
    return fact_of(sign, number, out);
}

/* "above 25 %" */
static const char *limit_text(enum verdict_sign_kind sign, double limit, char out[VERDICT_FACT])
{
    snprintf(out, VERDICT_FACT, "%s %.15g%s", rows[sign].below ? "below" : "above",
             rows[sign].percent ? 100 * limit : limit, rows[sign].percent ? " %" : "");
    return out;
}

/* Signs without a number: the reason of an unknown verdict, whatever the others say. */
static void add_unknown(const struct verdict *v, char *out, size_t size, size_t *used)
{
    const char *between = ": no number for ";
    for (int i = 0; i < SIGN_COUNT; i++) {
        if (!isnan(v->sign[i].value)) continue;
        add(out, size, used, "%s%s", between, v->sign[i].name);
        between = ", ";
    }
}

/* Signs past a limit. One at watch alone leaves a level healthy, and the line says that it takes two. */
static void add_signs(const struct verdict *v, char *out, size_t size, size_t *used)
{
    bool healthy = v->word == VERDICT_HEALTHY;
    const char *between = healthy ? " but for " : ": ";
    for (int i = 0; i < SIGN_COUNT; i++) {
        const struct verdict_sign *s = &v->sign[i];
        char fact[VERDICT_FACT], limit[VERDICT_FACT];
        if (s->grade == GRADE_FINE) continue;
        double past = s->grade == GRADE_BAD ? s->bad : s->watch;
        fact_past((enum verdict_sign_kind)i, s, past, fact);
        limit_text((enum verdict_sign_kind)i, past, limit);
        if (healthy)
            add(out, size, used, "%s%s (%s; two such signs are %s)", between, fact, limit,
                verdict_words[VERDICT_WATCH]);
        else
            add(out, size, used, "%s%s (%s %s)", between, fact, verdict_grades[s->grade], limit);
        between = ", ";
    }
}

const char *verdict_grade(const struct verdict_sign *s)
{
    return isnan(s->value) ? verdict_words[VERDICT_UNKNOWN] : verdict_grades[s->grade];
}

const char *verdict_advice(const struct verdict *v)
{
    return v->worst >= 0 && v->word >= VERDICT_WATCH ? v->sign[v->worst].suggestion : "";
}

const char *verdict_line(const struct verdict *v, char *out, size_t size)
{
    size_t used = 0;
    if (!size) return out;
    add(out, size, &used, "%s", verdict_words[v->word]);
    for (size_t i = 0; i < used && i < size; i++)
        if (out[i] >= 'a' && out[i] <= 'z') out[i] = (char)(out[i] - 'a' + 'A');
    if (v->word == VERDICT_UNKNOWN)
        add_unknown(v, out, size, &used);
    else
        add_signs(v, out, size, &used);
    if (*verdict_advice(v)) add(out, size, &used, TEXT_TRY "%s", verdict_advice(v));
    return out;
}
