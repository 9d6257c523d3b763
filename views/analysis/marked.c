#include "views/analysis/marked.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "store/evaluation.h"
#include "store/metric.h"
#include "store/run.h"
#include "views/analysis/differences.h"
#include "views/analysis/format.h"
#include "views/analysis/judged.h"
#include "views/analysis/runs_list.h"
#include "views/analysis/scores.h"

enum { TASKS = 3 };

/* One of the marked runs, as long as rows are made. */
struct one {
    struct run_summary summary;
    struct settings settings, resolved; /* as given; with what `auto` came to */
    struct store_evaluations evaluations;
    char advice[VERDICT_ADVICE]; /* what its verdict asks to try; "" */
};

void marked_clear(struct marked *m)
{
    free(m->rows);
    *m = (struct marked){ 0 };
}

/* The runs that are to be compared. */
static int wanted(const struct selection *sel, int64_t out[SELECTION_MARKS])
{
    int n = sel->mark_count;
    memcpy(out, sel->marks, sizeof sel->marks);
    if (n == 1 && sel->baseline && sel->run && sel->run != sel->baseline) out[n++] = sel->run;
    return n;
}

bool marked_current(const struct marked *m, const struct selection *sel)
{
    int64_t now[SELECTION_MARKS];
    int n = wanted(sel, now);
    return n == m->asked_count && !memcmp(now, m->asked, (size_t)n * sizeof *now);
}

/* ---- reading ---------------------------------------------------------------------------------------------- */

/* What `auto` and the zeroes that mean it came to. */
static void resolve(struct one *o)
{
    const char *line = o->summary.run.resolved ? o->summary.run.resolved : "";
    o->resolved = o->settings;
    while (*line) {
        char key[64], value[SETTINGS_TEXT], now[SETTINGS_TEXT];
        size_t n = strcspn(line, "\n");
        char text[192];
        snprintf(text, sizeof text, "%.*s", (int)(n < sizeof text ? n : sizeof text - 1), line);
        line += n + (line[n] == '\n');
        if (sscanf(text, "%63[^ =] = %127s", key, value) != 2) continue;
        const struct setting *row = settings_find(key, NULL);
        if (!row) continue; /* of the tuning */
        settings_get(&o->settings, row, now);
        if (!strcmp(now, "auto") || !strcmp(now, "0")) settings_set(&o->resolved, key, value, NULL);
    }
    if (!o->resolved.method.out) o->resolved.method.out = o->resolved.model.dim;
}

static void advise(struct store *s, struct one *o)
{
    for (int level = 0; level < LEVEL_JUDGED && !*o->advice; level++) {
        struct verdict v;
        if (!judged_read(s, &o->summary.run, &o->settings, (enum engine_level)level, -1, &v, NULL)) continue;
        if (verdict_worry(v.word) > verdict_worry(VERDICT_PLATEAU))
            snprintf(o->advice, sizeof o->advice, "%s", v.advice);
    }
}

/* False, without an error, where a run is left out. */
static bool read_one(struct store *s, int64_t run, struct one *o, struct err *e)
{
    struct store_run row;
    *o = (struct one){ 0 };
    if (!store_run_get(s, run, &row, NULL)) return false;
    settings_init(&o->settings);
    if (!settings_read_ini(&o->settings, row.config ? row.config : "", "", NULL)) {
        store_run_clear(&row);
        return false;
    }
    if (!run_summary_read(s, &row, &o->summary, e)) return false;
    if (!store_evaluation_list(s, run, &o->evaluations, e)) {
        run_summary_clear(&o->summary);
        return false;
    }
    resolve(o);
    advise(s, o);
    return true;
}

static void clear_one(struct one *o)
{
    run_summary_clear(&o->summary);
    store_evaluations_clear(&o->evaluations);
}

/* ---- what came of them ------------------------------------------------------------------------------------ */

static struct marked_row *add_row(struct marked *m, const char *name)
{
    struct marked_row *row = &m->rows[m->row_count++];
    *row = (struct marked_row){ .best = -1, .why = -1 };
    snprintf(row->name, sizeof row->name, "%s", name);
    for (int i = 0; i < SELECTION_MARKS; i++) snprintf(row->value[i], MARKED_VALUE, "-");
    return row;
}

/* The one with the highest number, where it is told apart by what is shown. */
static void star(struct marked_row *row, const double *value, int n)
{
    int best = -1;
    for (int i = 0; i < n; i++)
        if (!isnan(value[i]) && (best < 0 || value[i] > value[best])) best = i;
    int same = 0, known = 0;
    for (int i = 0; i < n; i++) {
        known += !isnan(value[i]);
        same += !isnan(value[i]) && !strcmp(row->value[i], row->value[best]);
    }
    if (known > 1 && same == 1) row->best = best;
}

static void add_quick(struct marked *m, const struct one *of)
{
    double auc[SELECTION_MARKS];
    bool any = false, own = true;
    for (int i = 0; i < m->runs; i++) {
        auc[i] = of[i].summary.value[SUMMARY_AUC];
        any = any || !isnan(auc[i]);
        own = own && !isnan(of[i].summary.value[SUMMARY_BEST_STEP]);
    }
    if (!any) return;
    struct marked_row *row = add_row(m, own ? "AUC best epoch" : "AUC quick ridge");
    for (int i = 0; i < m->runs; i++) {
        char number[FORMAT_SIZE];
        bool best = !isnan(of[i].summary.value[SUMMARY_BEST_STEP]) && !own; /* of its own classifier */
        snprintf(row->value[i], MARKED_VALUE, "%s%s", format_share(auc[i], 3, number), best ? " own" : "");
        if (best) auc[i] = NAN; /* another figure is no better one */
    }
    star(row, auc, m->runs);
}

/* The figure of a task that most of the runs have; of these the first in the order of scores.h with most labels. */
static bool common_figure(const struct marked *m, const struct one *of, const char *task, struct score_figure *out)
{
    int most = 0;
    for (int i = 0; i < m->runs; i++) {
        struct score_figure list[SCORES_MOST], other;
        int n = scores_collect(&of[i].evaluations, task, -1, NULL, list);
        for (int k = 0; k < n; k++) {
            int have = 0;
            for (int r = 0; r < m->runs; r++) have += scores_like(&of[r].evaluations, task, -1, NULL, &list[k], &other);
            bool more = have > most || (have == most && list[k].fraction > out->fraction &&
                                        !strcmp(list[k].split, out->split) && !strcmp(list[k].protocol, out->protocol));
            if (more) most = have, *out = list[k];
        }
    }
    return most > 0;
}

static void add_task(struct marked *m, const struct one *of, const char *task)
{
    struct score_figure as = { 0 }, f;
    double auc[SELECTION_MARKS];
    char name[MARKED_NAME];
    if (!common_figure(m, of, task, &as)) return;
    snprintf(name, sizeof name, "AUC %.6s %.16s%s", as.protocol, task, strcmp(as.split, "val") ? "" : " val");
    struct marked_row *row = add_row(m, name);
    for (int i = 0; i < m->runs; i++) {
        char mean[FORMAT_SIZE], spread[FORMAT_SIZE];
        auc[i] = NAN;
        if (!scores_like(&of[i].evaluations, task, -1, NULL, &as, &f)) continue;
        auc[i] = f.mean;
        snprintf(row->value[i], MARKED_VALUE, "%s", format_share(f.mean, 3, mean));
        if (f.draws > 1 && !isnan(f.hi - f.lo))
            snprintf(row->value[i], MARKED_VALUE, "%s \xc2\xb1%s", mean, format_share((f.hi - f.lo) / 2, 3, spread));
    }
    star(row, auc, m->runs);
}

static void add_tasks(struct marked *m, const struct one *of)
{
    const char *seen[TASKS];
    int n = 0;
    for (int i = 0; i < m->runs; i++)
        for (size_t k = 0; k < of[i].evaluations.count && n < TASKS; k++) {
            const char *task = of[i].evaluations.rows[k].task;
            int at = 0;
            while (at < n && strcmp(seen[at], task)) at++;
            if (at < n) continue;
            seen[n++] = task;
            add_task(m, of, task);
        }
}

static void add_rank(struct marked *m, const struct one *of)
{
    bool any = false;
    for (int i = 0; i < m->runs; i++) any = any || !isnan(of[i].summary.value[SUMMARY_RATIO_GLOBAL]);
    if (!any) return;
    struct marked_row *row = add_row(m, "rank g/l");
    for (int i = 0; i < m->runs; i++) {
        char g[FORMAT_SIZE], l[FORMAT_SIZE];
        const double *v = of[i].summary.value;
        format_share(v[SUMMARY_RATIO_GLOBAL], 2, g);
        if (isnan(v[SUMMARY_RATIO_LOCAL]))
            snprintf(row->value[i], MARKED_VALUE, "%s", g);
        else
            snprintf(row->value[i], MARKED_VALUE, "%s/%s", g, format_share(v[SUMMARY_RATIO_LOCAL], 2, l));
    }
}

static void add_verdict(struct marked *m, const struct one *of)
{
    struct marked_row *row = add_row(m, "verdict");
    for (int i = 0; i < m->runs; i++) {
        enum verdict_word word = runs_verdict(&of[i].summary, NULL);
        snprintf(row->value[i], MARKED_VALUE, "%s",
                 word == VERDICT_UNKNOWN ? store_state_name(of[i].summary.state) : verdict_words[word]);
        snprintf(m->word[i], sizeof m->word[i], "%s", row->value[i]);
    }
}

static bool add_time(struct marked *m, struct store *s, const struct one *of, struct err *e)
{
    static const char *const wall = "time.wall";
    double seconds[SELECTION_MARKS];
    bool any = false;
    for (int i = 0; i < m->runs; i++) {
        if (!store_metric_latest(s, of[i].summary.run.id, -1, &wall, 1, &seconds[i], NULL, e)) return false;
        any = any || !isnan(seconds[i]);
    }
    struct marked_row *row = any ? add_row(m, "time trained") : NULL;
    for (int i = 0; row && i < m->runs; i++)
        if (!isnan(seconds[i])) clock_duration(seconds[i], row->value[i]);
    return true;
}

/* ---- why -------------------------------------------------------------------------------------------------- */

/* The run whose verdict asks for this setting; -1: none. */
static int explains(const struct marked *m, const struct one *of, const char *name)
{
    size_t n = strlen(name);
    for (int i = 0; i < m->runs; i++) {
        const char *at = strstr(of[i].advice, name);
        if (at && (at == of[i].advice || at[-1] == ' ') && (!at[n] || strchr(" :;,", at[n]))) return i;
    }
    return -1;
}

static void add_settings(struct marked *m, const struct one *of)
{
    size_t n;
    const struct setting *rows = settings_table(&n);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < n; i++) {
            bool same = true;
            int why = explains(m, of, rows[i].name);
            if ((why >= 0) != (pass == 0)) continue;
            for (int r = 1; r < m->runs && same; r++)
                same = differences_same(&of[0].settings, &of[r].settings, &rows[i]) ||
                       differences_same(&of[0].resolved, &of[r].resolved, &rows[i]);
            if (same) continue;
            struct marked_row *row = add_row(m, rows[i].name);
            row->why = why;
            for (int r = 0; r < m->runs; r++) {
                char value[SETTINGS_TEXT];
                settings_get(&of[r].settings, &rows[i], value);
                snprintf(row->value[r], MARKED_VALUE, "%.39s", value);
            }
        }
}

bool marked_read(struct marked *m, const struct selection *sel, struct err *e)
{
    struct one *of = calloc(SELECTION_MARKS, sizeof *of);
    size_t n;
    bool ok = true;
    settings_table(&n);
    marked_clear(m);
    m->rows = calloc(n + 4 + TASKS, sizeof *m->rows);
    if (!of || !m->rows) {
        free(of);
        return err_set(e, ERR_MEMORY, "marked runs: memory ran out");
    }
    m->asked_count = wanted(sel, m->asked);
    for (int i = 0; i < m->asked_count && ok; i++) {
        struct err why = { 0 };
        if (read_one(sel->store, m->asked[i], &of[m->runs], &why))
            m->run[m->runs++] = m->asked[i];
        else if (why.code != ERR_OK)
            ok = err_set(e, why.code, "%s", why.msg);
    }
    if (ok && m->runs > 1) {
        add_quick(m, of);
        add_tasks(m, of);
        add_rank(m, of);
        add_verdict(m, of);
        ok = add_time(m, sel->store, of, e);
        m->results = m->row_count;
        if (ok) add_settings(m, of);
    }
    for (int i = 0; i < m->runs; i++) clear_one(&of[i]);
    free(of);
    return ok;
}
