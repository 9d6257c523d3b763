#include "views/analysis/run_board.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "store/metric.h"
#include "store/probe.h"
#include "views/analysis/format.h"
#include "views/analysis/level_rules.h"
#include "views/analysis/runs_list.h"

enum { COLUMNS = 4 * BOARD_TRACE };
static const double worth = 0.005, most = 0.8; /* a gain that says something; the share of it that is looked for */
static const double lost = 0.25;               /* the share of the peak's gain whose loss is told */

void run_board_clear(struct run_board *b)
{
    series_clear(&b->loss.series);
    series_clear(&b->auc.series);
    for (int l = 0; l < BOARD_LEVELS; l++) series_clear(&b->rank[l].series);
    x_axes_clear(&b->x);
    *b = (struct run_board){ 0 };
}

/* ---- traces --------------------------------------------------------------------------------------------- */

/* Means of equal spans of steps. */
static void reduce(struct board_trace *t, int64_t last)
{
    double sum[BOARD_TRACE] = { 0 };
    int n[BOARD_TRACE] = { 0 };
    t->newest = NAN;
    for (int i = 0; i < t->series.count; i++) {
        const struct series_point *p = &t->series.points[i];
        if (isnan(p->mean)) continue;
        t->newest = p->mean;
        if (i == t->series.count - 1 && t->series.ended) continue; /* its column has it */
        int at = last > 0 ? (int)(series_step(p) * BOARD_TRACE / ((double)last + 1)) : 0;
        at = at < 0 ? 0 : at >= BOARD_TRACE ? BOARD_TRACE - 1 : at;
        sum[at] += p->mean;
        n[at]++;
    }
    for (int i = 0; i < BOARD_TRACE; i++) t->value[i] = n[i] ? (float)(sum[i] / n[i]) : (float)NAN;
}

static bool read_trace(struct board_trace *t, const struct selection *sel, const struct past *past, const char *metric,
                       struct err *e)
{
    const struct store_run *r = &sel->summary.run;
    bool changed = false;
    struct series_want want = { .run = r->id,
                                .rewound = r->rewound,
                                .past = past,
                                .metric = metric,
                                .first = 0,
                                .last = r->step,
                                .columns = COLUMNS };
    if (!series_continue(&t->series, sel->store, &want, &changed, e)) return false;
    reduce(t, r->step);
    return true;
}

/* The probe that lists and charts show: the classifier of a run that learns from labels, else ridge, else kNN. */
static bool read_auc(struct run_board *b, const struct selection *sel, const struct past *past, struct err *e)
{
    static const struct {
        const char *metric, *name;
    } probes[] = { { STORE_VALIDATION_METRIC, "classifier" },
                   { STORE_PROBE_METRIC, "ridge" },
                   { STORE_PROBE_SECOND, "kNN" } };
    b->probe = NULL;
    for (size_t i = 0; i < sizeof probes / sizeof probes[0] && !b->probe; i++) {
        if (!read_trace(&b->auc, sel, past, probes[i].metric, e)) return false;
        if (b->auc.series.count) b->probe = probes[i].name;
    }
    return true;
}

/* What the AUC gained, and by when most of it. */
static void judge_gain(struct run_board *b)
{
    const struct series *s = &b->auc.series;
    double first = NAN;
    b->random = b->gain = b->most_share = b->peak = NAN;
    for (int i = 0; i < s->count; i++) {
        const struct series_point *p = &s->points[i];
        if (isnan(p->mean)) continue;
        if (isnan(first)) {
            first = p->mean;
            if (p->x1 <= 0) b->random = first;
        } else
            b->gain = p->mean - first;
        if (!(p->mean <= b->peak)) b->peak = p->mean, b->peak_step = (int64_t)p->x1;
    }
    double fell = b->peak - (first + b->gain);
    if (!(fell > worth && fell > lost * (b->peak - first) && b->peak > first)) b->peak = NAN;
    for (int i = 0; i < s->count && b->gain > worth && isnan(b->most_share); i++) {
        double share = (s->points[i].mean - first) / b->gain;
        if (share < most) continue;
        b->most_share = share;
        b->most_step = (int64_t)s->points[i].x1;
    }
}

bool run_board_read(struct run_board *b, const struct selection *sel, struct err *e)
{
    static const char *const rank[BOARD_LEVELS] = { "z.rankme_ratio", "d.rankme_ratio" }, *const dead[BOARD_LEVELS] = {
        "z.dead", "d.dead"
    };
    const struct run_summary *f = &sel->summary;
    struct past past;
    bool changed;
    if (b->run != sel->run) run_board_clear(b);
    b->run = 0;
    if (!past_find(sel->store, &f->run, &past, e) || !read_trace(&b->loss, sel, &past, "loss", e) ||
        !read_auc(b, sel, &past, e) ||
        !store_metric_latest(sel->store, sel->run, -1, dead, BOARD_LEVELS, b->dead, NULL, e))
        return false;
    for (int l = 0; l < BOARD_LEVELS && sel->settings_known; l++)
        if (!level_rules_of((enum method_kind)sel->settings.method.name, true, l ? LEVEL_D : LEVEL_Z).deviations)
            b->dead[l] = NAN; /* of directions none is */
    for (int l = 0; l < BOARD_LEVELS; l++)
        if (!read_trace(&b->rank[l], sel, &past, rank[l], e)) return false;
    b->word[0] = verdict_of_number(f->value[SUMMARY_VERDICT_GLOBAL]);
    b->word[1] = verdict_of_number(f->value[SUMMARY_VERDICT_LOCAL]);
    judge_gain(b);
    if (!x_axes_read(&b->x, sel, &changed, e)) return false;
    b->run = sel->run;
    return true;
}

bool run_board_look(struct run_board *b, const struct selection *sel, int64_t step, struct err *e)
{
    struct series *const of[] = { &b->loss.series, &b->auc.series, &b->rank[0].series, &b->rank[1].series };
    bool changed = false;
    for (size_t i = 0; i < sizeof of / sizeof of[0] && b->run; i++)
        if (!series_look(of[i], sel->store, step, &changed, e)) return false;
    return true;
}

/* ---- the conclusion --------------------------------------------------------------------------------------- */

/* That nothing is dead says little of a run that is WATCH or worse. */
static void say_dead(const struct run_board *b, enum verdict_word word, struct text *t)
{
    const char *names[BOARD_LEVELS] = { isnan(b->dead[1]) ? "" : " of g", " of l" };
    bool any = false, known = false;
    for (int l = 0; l < BOARD_LEVELS; l++) {
        known = known || !isnan(b->dead[l]);
        if (!(b->dead[l] > 0)) continue;
        text_printf(t, ", %.0f %%%s dead", fmax(1, 100 * b->dead[l]), names[l]);
        any = true;
    }
    if (known && !any && verdict_worry(word) < verdict_worry(VERDICT_WATCH)) text_add(t, ", nothing dead");
}

/* The AUC is below that of the encoder before its first step: the word, which no label has a part in, cannot know. */
static bool below_random(const struct run_board *b)
{
    return !isnan(b->random) && b->gain < -worth;
}

bool run_board_doubts(const struct run_board *b)
{
    return below_random(b) || !isnan(b->peak);
}

static void say_gain(const struct run_board *b, struct text *t)
{
    char share[FORMAT_SIZE];
    if (isnan(b->gain) || below_random(b)) return;
    format_share(fabs(b->gain), 3, share);
    text_printf(t, ", AUC %s%s", b->gain < 0 ? "-" : "+", share);
}

static void say_when(const struct run_board *b, const struct run_summary *f, struct text *t)
{
    char step[FORMAT_SIZE];
    bool fell = !isnan(b->peak);
    if (isnan(b->most_share) && !fell) return;
    int64_t epoch = run_summary_epoch(f, (double)(fell ? b->peak_step : b->most_step));
    if (fell)
        text_printf(t, ", peak %s at ", format_share(b->peak, 3, step));
    else
        text_printf(t, ", %.0f %% of the gain by ", 100 * fmin(1, b->most_share));
    if (epoch > 0)
        text_printf(t, "epoch %lld", (long long)epoch);
    else
        text_printf(t, "step %s", format_count(fell ? b->peak_step : b->most_step, step));
    if (fell) text_printf(t, ", now %s", format_share(b->auc.newest, 3, step));
}

/* "LEARNING", "LEARNING, yet AUC .048 below random". */
static void say_word(const struct run_board *b, enum verdict_word word, struct text *t)
{
    char share[FORMAT_SIZE];
    bool judged = word != VERDICT_UNKNOWN, well = verdict_worry(word) < verdict_worry(VERDICT_WATCH);
    if (judged) text_add(t, verdict_words[word]);
    if (!below_random(b)) return;
    text_printf(t, "%sAUC %s below random", !judged ? "" : well ? ", yet " : ", ", format_share(-b->gain, 3, share));
}

const char *run_board_conclusion(const struct run_board *b, const struct run_summary *f, char *out, size_t size)
{
    struct text t = { 0 }, head = { 0 };
    enum verdict_word word = runs_verdict(f, NULL);
    say_word(b, word, &head);
    say_gain(b, &t);
    say_dead(b, word, &t);
    say_when(b, f, &t);
    const char *facts = t.length > 2 ? text_str(&t) + 2 : "";
    snprintf(out, size, "%s%s%s", text_str(&head), head.length && *facts ? ": " : "", facts);
    text_clear(&head);
    text_clear(&t);
    return out;
}
