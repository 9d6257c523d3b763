#include "app/worker/judge.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/metric.h"

/* Learning has levelled off if nearly all that rho has gained was reached by half of the steps so far. */
static const double levelled_share = 0.95, levelled_gain = 0.2, levelled_last = 0.9;
enum { LEVELLED_READINGS = 8 };

bool judge_has(const struct judge *j)
{
    return method_is_judged(engine_method(j->session->config.method));
}

static bool has_level(const struct judge *j, enum engine_level level)
{
    return engine_level_dims(&j->session->config.model, level) > 0;
}

/* ---- what the views share ---- */

void judge_step(struct judge *j, const struct step_report *report)
{
    for (int k = 0; k < report->levels && k < LEVEL_JUDGED; k++)
        if (j->level[k].memory) verdict_note(j->level[k].memory, report->level[k].stat[STAT_RHO]);
    if (judge_has(j)) verdict_note(&j->session->memory[SESSION_FEATURES], report->features_rho);
}

static double highest(const struct judge_level *l, int64_t until)
{
    double most = NAN;
    for (size_t i = 0; i < l->readings && l->at[i] <= until; i++) most = fmax(most, l->shared[i]);
    return most;
}

static bool keep_reading(struct judge_level *l, int64_t step, double shared, struct err *e)
{
    if (l->readings == l->room) {
        size_t room = l->room ? 2 * l->room : 64;
        double *s = realloc(l->shared, room * sizeof *s);
        if (s) l->shared = s;
        int64_t *at = realloc(l->at, room * sizeof *at);
        if (at) l->at = at;
        if (!s || !at) return err_set(e, ERR_MEMORY, "verdict: memory ran out");
        l->room = room;
    }
    l->at[l->readings] = step;
    l->shared[l->readings++] = shared;
    return true;
}

/* ---- news ---- */

/* Whether the views have begun to share something at this reading; reported once. */
static bool has_begun(struct judge_level *l)
{
    bool now = l->readings > 0 && l->shared[l->readings - 1] >= verdict_rules[SIGN_SHARED].watch;
    bool news = now && !l->begun;
    l->begun |= now;
    return news;
}

/* The share of the gain in rho that was reached by half of the steps, if that is nearly all and some steps are left;
 * otherwise NaN. Reported once. */
static double has_levelled(struct judge_level *l, int64_t step, int64_t total)
{
    if (l->levelled || l->readings < LEVELLED_READINGS || (double)step > levelled_last * (double)total) return NAN;
    double gain = highest(l, step) - l->shared[0], by_half = highest(l, step / 2) - l->shared[0];
    if (!(gain >= levelled_gain && by_half >= levelled_share * gain)) return NAN;
    l->levelled = true;
    return by_half / gain;
}

static bool tell_news(struct judge *j, enum engine_level k, int64_t step, struct err *e)
{
    struct judge_level *l = &j->level[k];
    double shared = l->shared[l->readings - 1], epoch = (double)j->session->steps_per_epoch;
    if (has_begun(l) &&
        !recorder_event(j->recorder, &(struct recorder_occasion){ step, STORE_INFO, "learning", true }, e,
                        "%s: the views begin to share something: rho %.2f", level_table[k].loss, shared))
        return false;
    double share = has_levelled(l, step, session_total(j->session));
    return isnan(share) ||
           recorder_event(j->recorder, &(struct recorder_occasion){ step, STORE_INFO, "learning", true }, e,
                          "%s: learning has levelled off: %.0f %% of the gain in rho by epoch %.3g of %.3g. Try: stop, "
                          "or a lower optim.lr",
                          level_table[k].loss, 100 * share, (double)step / 2 / epoch, (double)step / epoch);
}

/* ---- judging ---- */

static void record(struct judge *j, enum engine_level k, const char *number, int64_t step, double value)
{
    char name[24];
    snprintf(name, sizeof name, "%s.%s", level_table[k].name, number);
    recorder_number(j->recorder, name, step, value);
}

static bool judge_level(struct judge *j, enum engine_level k, int64_t step, const struct diagnose *g, struct err *e)
{
    static const enum store_severity severity[] = { STORE_WATCH, STORE_INFO, STORE_INFO, STORE_WATCH, STORE_BAD };
    struct judge_level *l = &j->level[k];
    const struct diagnose *own = &g[k], *h = &g[LEVEL_H];
    struct verdict_reading r = { .value = { [SIGN_DEVIATION] = own->std_mean,
                                            [SIGN_FEATURES] = verdict_mean(&j->session->memory[SESSION_FEATURES]),
                                            [SIGN_DIRECTIONS] = h->stable_rank,
                                            [SIGN_CROWDING] = h->uniformity,
                                            [SIGN_EMBEDDING] = own->uniformity },
                                 .share = (double)step / (double)session_total(j->session),
                                 .level = k,
                                 .settings = &j->session->settings,
                                 .preset = j->preset };
    char line[400];
    struct verdict v;
    verdict_take(l->memory, r.value);
    verdict_judge(&r, &v);
    record(j, k, "rho", step, r.value[SIGN_SHARED]);
    record(j, k, "kept", step, r.value[SIGN_KEPT]);
    record(j, k, "verdict", step, v.word);
    if (!keep_reading(l, step, r.value[SIGN_SHARED], e) || !tell_news(j, k, step, e)) return false;
    if (v.word == l->word) return true;
    l->word = v.word;
    return recorder_event(j->recorder,
                          &(struct recorder_occasion){ step, severity[verdict_worry(v.word)], "verdict", true }, e,
                          "%s %s", level_table[k].loss, verdict_line(&v, line, sizeof line));
}

bool judge_levels(struct judge *j, int64_t step, const struct diagnose *g, struct err *e)
{
    if (!judge_has(j)) return true;
    record(j, LEVEL_H, "rho", step, verdict_mean(&j->session->memory[SESSION_FEATURES]));
    for (int k = 0; k < LEVEL_JUDGED; k++)
        if (has_level(j, k) && !judge_level(j, k, step, g, e)) return false;
    return true;
}

/* ---- going on ---- */

static bool recall_level(struct judge *j, enum engine_level k, int64_t step, struct err *e)
{
    struct judge_level *l = &j->level[k];
    struct store_points points;
    char verdict[24], rho[24];
    const char *const said = verdict;
    double word;
    int64_t id;
    struct recorder *r = j->recorder;
    snprintf(verdict, sizeof verdict, "%s.verdict", level_table[k].name);
    snprintf(rho, sizeof rho, "%s.rho", level_table[k].name);
    if (!store_metric_latest(r->store, r->run, step, &said, 1, &word, NULL, e) ||
        !store_metric_id(r->store, rho, &id, e) || !store_points_read(r->store, r->run, id, 0, step, &points, e))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < points.count; i++) {
        ok = keep_reading(l, points.rows[i].step, points.rows[i].value, e);
        if (!ok) break;
        has_begun(l);
        has_levelled(l, points.rows[i].step, session_total(j->session));
    }
    store_points_clear(&points);
    l->word = verdict_of_number(word);
    l->begun |= l->memory->begun; /* the parent of a fork has reported it */
    return ok;
}

bool judge_open(struct judge *j, struct session *session, struct recorder *recorder, const char *preset, int64_t step,
                struct err *e)
{
    *j = (struct judge){ .session = session, .recorder = recorder, .preset = preset };
    for (int k = 0; k < LEVEL_JUDGED && judge_has(j); k++) {
        if (!has_level(j, k)) continue;
        j->level[k].memory = &session->memory[k];
        if (!recall_level(j, k, step, e)) return false;
    }
    return true;
}

const char *judge_words(const struct judge *j, char *out, size_t size)
{
    size_t n = 0;
    *out = '\0';
    for (int k = 0; k < LEVEL_JUDGED && judge_has(j) && n < size; k++)
        if (has_level(j, k))
            n += (size_t)snprintf(out + n, size - n, "%s%s %s", k ? ", " : "", level_table[k].loss,
                                  verdict_words[j->level[k].word]);
    return out;
}

void judge_close(struct judge *j)
{
    for (int k = 0; k < LEVEL_JUDGED; k++) {
        free(j->level[k].shared);
        free(j->level[k].at);
    }
    *j = (struct judge){ 0 };
}
