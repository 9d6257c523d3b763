/* `runs`: what was trained here, and how it goes. */
#include <stdlib.h>
#include <string.h>

#include "app/cli/command.h"
#include "app/commands/run_summary_json.h"
#include "app/cli/json.h"
#include "app/cli/table.h"
#include "engine/base/clock.h"
#include "views/analysis/filter.h"

struct list {
    struct run_summary *rows;
    size_t count;
    size_t unreadable; /* runs that are left out, since their rows or numbers cannot be read */
    struct err why;
};

static void list_clear(struct list *l)
{
    for (size_t i = 0; i < l->count; i++) run_summary_clear(&l->rows[i]);
    free(l->rows);
}

/* Those that fit, newest first. */
static bool read_list(struct store *s, const struct filter *filter, struct list *out, struct err *e)
{
    struct store_runs runs;
    if (!store_run_list_brief(s, &runs, e)) return false;
    *out = (struct list){ .rows = calloc(runs.count + 1, sizeof *out->rows),
                          .unreadable = runs.unreadable,
                          .why = runs.why };
    bool ok = out->rows || err_set(e, ERR_MEMORY, "runs: memory ran out");
    for (size_t i = 0; i < runs.count && ok; i++) {
        bool fits = false;
        struct run_summary *f = &out->rows[out->count];
        struct err why = { 0 };
        bool known = run_summary_read(s, &runs.rows[i], f, &why) && filter_match(filter, s, f, &fits, &why);
        if (known && fits) {
            out->count++;
            continue;
        }
        run_summary_clear(f);
        if (known) continue;
        ok = why.code == ERR_FORMAT;
        if (!ok) *e = why;
        if (ok && !out->unreadable++) out->why = why;
    }
    store_runs_clear(&runs);
    if (!ok) list_clear(out);
    return ok;
}

/* Both levels in one word: the worse one, and which. */
static void add_verdict(struct table *t, const struct run_summary *f)
{
    double global = f->value[SUMMARY_VERDICT_GLOBAL], local = f->value[SUMMARY_VERDICT_LOCAL];
    const char *a = run_summary_verdict(global), *b = run_summary_verdict(local);
    if (!a && !b)
        table_add(t, "-");
    else if (!b || global == local)
        table_add(t, "%s", a);
    else if (!a || local > global)
        table_add(t, "%s local", b);
    else
        table_add(t, "%s global", a);
}

static void add_row(struct table *t, const struct run_summary *f)
{
    char age[CLOCK_ISO_SIZE], ratio[2][16];
    const struct store_run *r = &f->run;
    for (int i = 0; i < 2; i++) {
        double x = f->value[SUMMARY_RATIO_GLOBAL + i];
        if (x == x)
            snprintf(ratio[i], sizeof ratio[i], "%.2f", x);
        else
            strcpy(ratio[i], "-");
    }
    table_add(t, "%lld", (long long)r->id);
    table_add(t, "%s", r->name);
    table_add(t, "%s", store_state_name(f->state));
    table_add(t, "%s", *r->dataset ? r->dataset : "-");
    table_add(t, "%.4g/%lld", f->value[SUMMARY_EPOCH], (long long)r->epochs);
    table_number(t, f->value[SUMMARY_LOSS], 4);
    table_number(t, f->value[SUMMARY_AUC], 3);
    table_add(t, "%s/%s", ratio[0], ratio[1]);
    add_verdict(t, f);
    table_add(t, "%s", clock_duration(clock_wall() - r->created_at, age));
    table_add(t, "%s", r->tags);
}

static int print_list(const struct app *app, const struct list *l, bool filtered)
{
    static const struct table_column columns[] = {
        { "id", true, 0 },       { "name", false, 28 }, { "state", false, 0 }, { "data", false, 20 },
        { "epoch", true, 0 },    { "loss", true, 0 },   { "AUC", true, 0 },    { "rank g/l", true, 0 },
        { "verdict", false, 0 }, { "age", true, 0 },    { "tags", false, 40 }, { 0 },
    };
    struct table t = { .columns = columns };
    for (size_t i = 0; i < l->count; i++) add_row(&t, &l->rows[i]);
    if (l->count)
        table_print(&t);
    else if (!l->unreadable)
        app_note(app,
                 filtered ? "no run fits the filter" : "no runs yet; begin one with mlvicx train, or see mlvicx demo");
    table_clear(&t);
    return app_finish(app);
}

static int run_runs(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct list list;
    struct filter *filter = filter_create(arguments_text(a, "filter", ""), &e);
    struct store *s = filter ? app_store(app, STORE_READ, &e) : NULL;
    if (!s || !read_list(s, filter, &list, &e)) {
        filter_destroy(filter);
        return app_fail(app, &e);
    }
    int status;
    if (app->json) {
        json_t *out = json_array();
        for (size_t i = 0; i < list.count; i++) json_array_append_new(out, run_summary_json(&list.rows[i]));
        status = app_print_json(app, out);
    } else {
        status = print_list(app, &list, arguments_has(a, "filter"));
    }
    status = app_passed_over(app, status, "run", list.unreadable, &list.why);
    list_clear(&list);
    filter_destroy(filter);
    return status;
}

static const struct option_row options[] = {
    { "filter", 0, OPTION_TEXT, "E",
      "only runs that match all terms, such as 'state:running data:nih tag:x auc>0.7 text'", 0, 0 },
    { 0 },
};

const struct command command_runs = {
    .name = "runs",
    .arguments = "[--filter E]",
    .summary = "list runs, newest first, with their states and newest numbers",
    .most = 0,
    .options = options,
    .run = run_runs,
    .details =
        "A term of the filter is state:S, data:D, tag:T, name:PREFIX, preset:P, method:M or verdict:V; a column or "
        "metric\ncompared by < <= > >= = != (auc>0.7, z.rankme_ratio<0.1); or text that occurs in the name, note, tags "
        "or data set.\nrank g/l is RankMe over that of an isotropic Gaussian, at the global and the local level.",
};
