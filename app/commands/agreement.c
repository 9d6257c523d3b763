#include "app/commands/agreement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/worker/eval.h"
#include "views/analysis/evaluation_told.h"

/* What there is of one run. */
struct known {
    struct seed *seed;
    const char *init; /* of an encoder that is no run's */
    bool gated;       /* its network has gates */
    struct store_evaluations list;
    struct evaluation_told *told; /* [list.count], where `read` says so */
    bool *read;
    const struct store_evaluation *found; /* in the list: what agrees with a candidate */
};

struct agreement {
    struct store *store;
    struct known *all; /* [count] */
    int count;
};

static bool is_meant(const struct known *k, const struct store_evaluation *row, const struct predictions_wanted *w)
{
    struct predictions_wanted own = *w;
    own.init = k->init;
    own.step = k->seed->step;
    return predictions_match(row, &own);
}

/* The newest that is meant; NULL: none. */
static const struct store_evaluation *newest(const struct known *k, const struct predictions_wanted *w)
{
    for (size_t i = k->list.count; i-- > 0;)
        if (is_meant(k, &k->list.rows[i], w)) return &k->list.rows[i];
    return NULL;
}

/* ---- reading ---- */

static bool know(struct known *k, struct seed *seed, struct store *s, struct err *e)
{
    struct settings of;
    *k = (struct known){ .seed = seed, .init = seed->run.id ? NULL : seed->run.name };
    if (!store_evaluation_list(s, seed->run.id, &k->list, e)) return false;
    k->told = calloc(k->list.count + 1, sizeof *k->told);
    k->read = calloc(k->list.count + 1, sizeof *k->read);
    if (!k->told || !k->read) return err_set(e, ERR_MEMORY, "compare: no memory");
    settings_init(&of);
    if (seed->run.id) {
        if (!settings_read_ini(&of, seed->run.config, "configuration of the run", e)) return false;
        k->gated = of.model.context;
    }
    for (size_t i = 0; k->init && i < k->list.count; i++)
        k->gated = k->gated || (k->list.rows[i].context && !strcmp(k->list.rows[i].init, k->init));
    return true;
}

static bool know_all(struct agreement *a, struct side *sides, int count, struct err *e)
{
    int most = 0;
    for (int i = 0; i < count; i++) most += sides[i].count;
    a->all = calloc((size_t)most + 1, sizeof *a->all);
    if (!a->all) return err_set(e, ERR_MEMORY, "compare: no memory");
    for (int i = 0; i < count; i++)
        for (int k = 0; k < sides[i].count; k++)
            if (!know(&a->all[a->count++], &sides[i].seeds[k], a->store, e)) return false;
    return true;
}

static void forget_all(struct agreement *a)
{
    for (int i = 0; i < a->count; i++) {
        store_evaluations_clear(&a->all[i].list);
        free(a->all[i].told);
        free(a->all[i].read);
    }
    free(a->all);
}

/* What row was told, read once. */
static bool told_of(struct agreement *a, struct known *k, const struct store_evaluation *row,
                    const struct evaluation_told **told, struct err *e)
{
    size_t i = (size_t)(row - k->list.rows);
    if (!k->read[i] && !evaluation_told_read(&k->told[i], a->store, row, e)) return false;
    k->read[i] = true;
    *told = &k->told[i];
    return true;
}

/* ---- agreeing ---- */

/* In what two evaluations differ, for people; `gates`: those of the second that would do, -1: any. */
static bool put_differences(struct agreement *a, struct known *x, const struct store_evaluation *p, struct known *y,
                            const struct store_evaluation *q, int gates, struct text *out, struct err *e)
{
    const struct evaluation_told *first, *second;
    if (!told_of(a, x, p, &first, e) || !told_of(a, y, q, &second, e)) return false;
    if (p->size && q->size && p->size != q->size)
        text_printf(out, "size (%lld and %lld px)", (long long)p->size, (long long)q->size);
    if (gates >= 0 && q->context != gates)
        text_printf(out, "%sgates (%s and %s)", out->length ? ", " : "", gates ? "on" : "off",
                    q->context ? "on" : "off");
    evaluation_told_differ(first, second, out);
    return true;
}

/* The newest evaluation of each other run that agrees with `row` of the first; `gates` of those networks that have any.
 * `*lacking`: the first run that has none, NULL where all have one. */
static bool find_agreeing(struct agreement *a, const struct store_evaluation *row, int gates,
                          const struct predictions_wanted *w, struct known **lacking, struct err *e)
{
    struct text differences = { 0 };
    bool ok = true;
    *lacking = NULL;
    a->all[0].found = row;
    for (int i = 1; ok && !*lacking && i < a->count; i++) {
        struct known *k = &a->all[i];
        k->found = NULL;
        for (size_t n = k->list.count; ok && !k->found && n-- > 0;) {
            const struct store_evaluation *other = &k->list.rows[n];
            if (!is_meant(k, other, w)) continue;
            differences.length = 0;
            ok = put_differences(a, &a->all[0], row, k, other, k->gated ? gates : -1, &differences, e);
            if (ok && !differences.length) k->found = other;
        }
        if (ok && !k->found) *lacking = k;
    }
    text_clear(&differences);
    return ok;
}

/* The gates that networks are compared with which have any: those of the first where it has, else of the next that has.
 */
static int gates_of(const struct agreement *a, const struct store_evaluation *row, const struct predictions_wanted *w)
{
    for (int i = 0; i < a->count; i++) {
        const struct store_evaluation *own = i ? newest(&a->all[i], w) : row;
        if (a->all[i].gated && own) return own->context;
    }
    return -1;
}

/* ---- refusing ---- */

/* The command that would make what is lacking. */
static void put_command(const struct known *k, const struct predictions_wanted *w, struct text *out)
{
    bool apply = w->protocol && !strcmp(w->protocol, protocol_names[PROTOCOL_APPLY]);
    text_printf(out, "mlvicx eval %s --task %s", k->seed->run.id ? k->seed->run.name : "--init random|FILE", w->task);
    if (w->protocol && !apply) text_printf(out, " --protocol %s", w->protocol);
    if (w->protocol && !apply && w->percent > 0) text_printf(out, " --labels %g", w->percent);
}

/* What it was asked for: protocol, share and the like of the runs before it, or those of the options. */
static bool lacks(const struct known *k, const struct predictions_wanted *w, struct err *e)
{
    struct text make = { 0 }, what = { 0 };
    put_command(k, w, &make);
    if (w->size) text_printf(&make, " --size %lld", (long long)w->size);
    if (w->gates >= 0) text_printf(&make, " --context %s", w->gates ? "on" : "off");
    if (w->protocol) text_printf(&what, "%s ", w->protocol);
    text_add(&what, "evaluation with predictions ");
    if (w->percent > 0) text_printf(&what, "of %g %% of the labels ", w->percent);
    if (w->size) text_printf(&what, "at %lld px ", (long long)w->size);
    if (w->gates >= 0) text_printf(&what, "with gates %s ", w->gates ? "on" : "off");
    err_set(e, ERR_NOT_FOUND, "%s %s: has no %son %s; make them: %s%s", k->seed->run.id ? "run" : "encoder",
            k->seed->run.name, text_str(&what), w->task, text_str(&make),
            w->protocol && !strcmp(w->protocol, protocol_names[PROTOCOL_APPLY]) ? ", or compare with --protocol linear"
                                                                                : "");
    text_clear(&make);
    text_clear(&what);
    return false;
}

/* "optim.epochs=3 rates=0.001" as options of eval. */
static void put_options(const struct evaluation_told *told, struct text *out)
{
    struct text words = { 0 };
    evaluation_told_put(told, &words);
    for (const char *p = text_str(&words); *p; p += strcspn(p, " "), p += *p == ' ') {
        int n = (int)strcspn(p, " ");
        if (!strncmp(p, "rates=", 6))
            text_printf(out, " --rates %.*s", n - 6, p + 6);
        else if (strncmp(p, "preset=", 7) != 0)
            text_printf(out, " --set %.*s", n, p);
    }
    text_clear(&words);
}

/* None agrees with the first run's newest. */
static bool refuse(struct agreement *a, const struct store_evaluation *row, struct known *k,
                   const struct predictions_wanted *w, int gates, struct err *e)
{
    struct known *first = &a->all[0];
    const struct store_evaluation *other = newest(k, w);
    const struct evaluation_told *told;
    struct text what = { 0 }, make = { 0 };
    bool ok =
        put_differences(a, first, row, k, other, k->gated ? gates : -1, &what, e) && told_of(a, first, row, &told, e);
    if (ok) {
        put_command(k, w, &make);
        if (row->size) text_printf(&make, " --size %lld", (long long)row->size);
        if (k->gated && gates >= 0) text_printf(&make, " --context %s", gates ? "on" : "off");
        put_options(told, &make);
        err_set(e, ERR_CONFLICT, "compare: no evaluations of %s and %s agree, the newest differ in %s; make one: %s",
                first->seed->run.name, k->seed->run.name, text_str(&what), text_str(&make));
    }
    text_clear(&what);
    text_clear(&make);
    return false;
}

/* ---- choosing ---- */

static void choose(struct known *k)
{
    struct seed *seed = k->seed;
    const struct store_evaluation *row = k->found;
    seed->step = row->step;
    seed->gated = k->gated;
    seed->chosen = (struct chosen){ .size = row->size, .gates = row->context };
    snprintf(seed->chosen.settings, sizeof seed->chosen.settings, "%s", row->settings);
    snprintf(seed->chosen.weights, sizeof seed->chosen.weights, "%s", row->weights);
}

/* Protocol and share, where they are left open. */
static void settle(struct predictions_wanted *w, const struct store_evaluation *row)
{
    for (int k = 0; !w->protocol && k < PROTOCOL_COUNT; k++)
        if (!strcmp(protocol_names[k], row->protocol)) w->protocol = protocol_names[k];
    if (w->percent <= 0) w->percent = row->fraction;
}

/* The first run's evaluations from the newest on, until all others have one that agrees. Where its network has no
 * gates, the others' may be on or off, but alike. */
static bool agree(struct agreement *a, struct predictions_wanted *w, struct err *e)
{
    struct known *first = &a->all[0], *lacking, *at_newest = NULL;
    const struct store_evaluation *row = newest(first, w);
    if (!row) return lacks(first, w, e);
    settle(w, row);
    for (int i = 1; i < a->count; i++)
        if (!newest(&a->all[i], w)) return lacks(&a->all[i], w, e);
    const struct store_evaluation *begin = row;
    for (; row >= first->list.rows; row--) {
        if (!is_meant(first, row, w)) continue;
        int gates = gates_of(a, row, w), other = first->gated || gates < 0 ? gates : !gates;
        if (!find_agreeing(a, row, gates, w, &lacking, e)) return false;
        if (!lacking) return true;
        if (!at_newest) at_newest = lacking;
        if (other == gates) continue;
        if (!find_agreeing(a, row, other, w, &lacking, e)) return false;
        if (!lacking) return true;
    }
    return refuse(a, begin, at_newest, w, gates_of(a, begin, w), e);
}

bool sides_agree(struct side *sides, int count, struct store *s, struct predictions_wanted *w, struct text *settings,
                 struct err *e)
{
    struct agreement a = { .store = s };
    const struct evaluation_told *told;
    bool ok = know_all(&a, sides, count, e) && agree(&a, w, e) && told_of(&a, &a.all[0], a.all[0].found, &told, e);
    for (int i = 0; ok && i < a.count; i++) choose(&a.all[i]);
    if (ok) evaluation_told_put(told, settings);
    forget_all(&a);
    return ok;
}
