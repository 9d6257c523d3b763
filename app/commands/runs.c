/* `runs`: the runs of the store and their state. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/cli/command.h"
#include "app/commands/run_summary_json.h"
#include "app/cli/json_stream.h"
#include "app/cli/table.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/diagnose/verdict.h"
#include "store/trash.h"
#include "views/analysis/filter.h"

/* The list while it is written, one page of runs after another: any number of runs takes the memory of a page. */
struct list {
    const struct filter *filter;
    size_t count;      /* of runs that were listed */
    size_t unreadable; /* of runs that are left out, since their rows or numbers cannot be read */
    struct err why;
    void (*put)(void *to, const struct run_summary *f);
    void *to;
};

static void pass_over(struct list *l, size_t count, const struct err *why)
{
    if (count && !l->unreadable) l->why = *why;
    l->unreadable += count;
}

/* Lists one run if it matches the filter; takes ownership of it. */
static bool list_run(struct store *s, struct list *l, struct store_run *run, struct err *e)
{
    bool fits = false;
    struct run_summary f = { 0 };
    struct err why = { 0 };
    bool known = run_summary_read(s, run, &f, &why) && filter_match(l->filter, s, &f, &fits, &why);
    if (known && fits) {
        l->put(l->to, &f);
        l->count++;
    }
    run_summary_clear(&f);
    if (!known && why.code != ERR_FORMAT) return err_set(e, why.code, "%s", why.msg);
    if (!known) pass_over(l, 1, &why);
    return true;
}

/* Lists the matching runs, newest first, until the reader closes the pipe. */
static bool list_runs(struct store *s, struct list *l, struct err *e)
{
    struct store_cursor at = { 0 };
    bool ok = true;
    while (ok && !at.ended && !ferror(stdout)) {
        struct store_runs page;
        if (!store_run_page(s, false, &at, &page, e)) return false;
        pass_over(l, page.unreadable, &page.why);
        for (size_t i = 0; ok && i < page.count; i++) ok = list_run(s, l, &page.rows[i], e);
        store_runs_clear(&page);
    }
    return ok;
}

/* The verdicts of both levels in one word: the worse one, and its level. */
static void add_verdict(struct table *t, const struct run_summary *f)
{
    double global = f->value[SUMMARY_VERDICT_GLOBAL], local = f->value[SUMMARY_VERDICT_LOCAL];
    const char *a = run_summary_verdict(global), *b = run_summary_verdict(local);
    bool second = verdict_worry(verdict_of_number(local)) > verdict_worry(verdict_of_number(global));
    if (!a && !b)
        table_add(t, "-");
    else if (!b || global == local)
        table_add(t, "%s", a);
    else if (!a || second)
        table_add(t, "%s local", b);
    else
        table_add(t, "%s global", a);
}

/* The rank of both levels, or of the only one. */
static void add_rank(struct table *t, const struct run_summary *f)
{
    double global = f->value[SUMMARY_RATIO_GLOBAL], local = f->value[SUMMARY_RATIO_LOCAL];
    if (isnan(global) && isnan(local))
        table_add(t, "-");
    else if (isnan(local))
        table_add(t, "%.2f", global);
    else if (isnan(global))
        table_add(t, "-/%.2f", local);
    else
        table_add(t, "%.2f/%.2f", global, local);
}

static void add_row(void *table, const struct run_summary *f)
{
    struct table *t = table;
    char age[CLOCK_ISO_SIZE];
    const struct store_run *r = &f->run;
    table_add(t, "%lld", (long long)r->id);
    table_add(t, "%s", r->name);
    table_add(t, "%s", store_state_name(f->state));
    table_add(t, "%s", *r->dataset ? r->dataset : "-");
    table_add(t, "%s", *r->method ? r->method : "-");
    table_add(t, "%.4g/%lld", f->value[SUMMARY_EPOCH], (long long)r->epochs);
    table_number(t, f->value[SUMMARY_LOSS], 4);
    if (isnan(f->value[SUMMARY_AUC]))
        table_add(t, "-");
    else
        table_add(t, "%.3f", f->value[SUMMARY_AUC]);
    add_rank(t, f);
    add_verdict(t, f);
    table_add(t, "%s", clock_duration(clock_wall() - r->created_at, age));
    table_add(t, "%s", r->tags);
}

static void tell_trash(struct app *app)
{
    int64_t runs;
    double bytes;
    char size[16];
    if (store_trash_size(app->store, &runs, &bytes, NULL) && runs)
        app_note(app, "%lld %s in the trash, %s: mlvicx restore lists %s", (long long)runs,
                 text_number(runs, "run", "runs"), text_bytes(bytes, size), runs == 1 ? "it" : "them");
}

static int print_list(struct app *app, struct list *l, bool filtered)
{
    static const struct table_column columns[] = {
        { "id", true, 0 },
        { "name", false, 28 },
        { "state", false, 0 },
        { "data", false, 20 },
        { "method", false, 0 },
        { "epoch", true, 0 },
        { "loss", true, 0 },
        { "AUC", true, 0 },
        { "rank g/l", true, 0 },
        { "verdict", false, 0 },
        { "age", true, 0 },
        { "tags", false, 40 },
        { 0 },
    };
    struct table t = { .columns = columns };
    struct err e = { 0 };
    l->put = add_row;
    l->to = &t;
    bool ok = list_runs(app->store, l, &e);
    if (l->count)
        table_print(&t);
    else if (ok && !l->unreadable)
        app_note(app,
                 filtered ? "no run fits the filter" : "no runs yet; begin one with mlvicx train, or see mlvicx demo");
    table_clear(&t);
    if (!ok) return app_fail(app, &e);
    tell_trash(app);
    return app_finish(app);
}

static void put_json(void *stream, const struct run_summary *f)
{
    json_stream_put(stream, NULL, run_summary_json(f));
}

static int print_json(struct app *app, struct list *l)
{
    struct json_stream j = { 0 };
    struct err e = { 0 };
    l->put = put_json;
    l->to = &j;
    json_stream_open(&j, NULL, '[');
    if (!list_runs(app->store, l, &e)) return app_fail(app, &e);
    json_stream_close(&j, ']');
    return json_stream_end(app, &j);
}

static int run_runs(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct list list = { 0 };
    struct filter *filter = filter_create(arguments_text(a, "filter", ""), &e);
    if (!filter || !app_store(app, STORE_READ, &e)) {
        filter_destroy(filter);
        return app_fail(app, &e);
    }
    list.filter = filter;
    int status = app->json ? print_json(app, &list) : print_list(app, &list, arguments_has(a, "filter"));
    status = app_passed_over(app, status, "run", list.unreadable, &list.why);
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
