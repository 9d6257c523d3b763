/* `show`: all about one run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/command.h"
#include "app/commands/run_summary_json.h"
#include "app/cli/json_stream.h"
#include "app/session/phases.h"
#include "app/cli/table.h"
#include "engine/base/clock.h"
#include "engine/base/settings.h"
#include "engine/base/text.h"
#include "store/checkpoint.h"
#include "store/command.h"
#include "store/evaluation.h"
#include "store/death.h"
#include "store/event.h"
#include "store/lock.h"
#include "store/metric.h"
#include "views/analysis/differences.h"

enum {
    PHASE_STEPS = 100, /* newest points that a phase is the mean of */
    SHOWN_PHASES = 48,
    SHOWN_TAGS = 64,
    SHOWN_EVENTS = 12, /* newest */
};

/* Rows of a list that are left out. */
struct left_out {
    size_t count;
    struct err why;
};

/* What is read of the run before the first line is written. Its lists are read while they are written, a page at a
 * time. */
struct all {
    struct store *store;
    struct run_summary summary;
    struct settings settings;
    bool settings_known; /* false: the text of the config was not understood */
    struct left_out events, checkpoints, evaluations, commands;
    struct phase phases[SHOWN_PHASES];
    int phase_count;
    char death[DEATH_TEXT]; /* of a lost run: why its worker died; else "" */
};

static void all_clear(struct all *a)
{
    run_summary_clear(&a->summary);
}

/* The mean of the newest points of each time.PHASE; time.wall is no phase, and some phases do not occur at every step.
 */
static bool read_phases(struct store *s, struct all *a, struct err *e)
{
    struct store_metrics metrics;
    int64_t run = a->summary.run.id, last = a->summary.run.step;
    if (!store_metric_list(s, run, &metrics, e)) return false;
    bool ok = true;
    for (size_t i = 0; i < metrics.count && ok && a->phase_count < SHOWN_PHASES; i++) {
        const struct store_metric *m = &metrics.rows[i];
        struct store_points points;
        if (strncmp(m->name, "time.", 5) || !strcmp(m->name, "time.wall")) continue;
        ok = store_points_read(s, run, m->id, last - PHASE_STEPS + 1, last, &points, e);
        double sum = 0;
        size_t n = 0;
        for (size_t k = 0; ok && k < points.count; k++) {
            if (isnan(points.rows[k].value)) continue;
            sum += points.rows[k].value;
            n++;
        }
        if (n) {
            struct phase *p = &a->phases[a->phase_count++];
            snprintf(p->name, sizeof p->name, "%s", m->name + 5);
            p->seconds = sum / (double)n;
        }
        if (ok) store_points_clear(&points);
    }
    store_metrics_clear(&metrics);
    return ok;
}

static bool read_all(struct store *s, struct store_run *run, struct all *a, struct err *e)
{
    *a = (struct all){ .store = s };
    settings_init(&a->settings);
    a->settings_known = settings_read_ini(&a->settings, run->config, "config", NULL);
    if (run_summary_read(s, run, &a->summary, e) && read_phases(s, a, e)) {
        if (a->summary.state == STORE_LOST) death_of(s, &a->summary.run, NULL, a->death);
        return true;
    }
    all_clear(a);
    return false;
}

/* ---- lists ---- */

/* One function per list: each page is passed to `put` with `to`, until the reader closes the pipe. */
#define LIST(name, rows, page_of, clear)                                                                               \
    static bool each_##name(struct all *a, void (*put)(void *to, const struct rows *page), void *to, struct err *e)    \
    {                                                                                                                  \
        struct store_cursor at = { 0 };                                                                                \
        while (!at.ended && !ferror(stdout)) {                                                                         \
            struct rows page;                                                                                          \
            if (!page_of(a->store, a->summary.run.id, &at, &page, e)) return false;                                    \
            if (page.unreadable && !a->name.count) a->name.why = page.why;                                             \
            a->name.count += page.unreadable;                                                                          \
            if (put) put(to, &page);                                                                                   \
            clear(&page);                                                                                              \
        }                                                                                                              \
        return true;                                                                                                   \
    }
LIST(events, store_events, store_event_page, store_events_clear)
LIST(checkpoints, store_checkpoints, store_checkpoint_page, store_checkpoints_clear)
LIST(evaluations, store_evaluations, store_evaluation_page, store_evaluations_clear)
LIST(commands, store_commands, store_command_page, store_commands_clear)

/* ---- JSON ---- */

static json_t *config_json(const struct all *a)
{
    size_t n;
    const struct setting *rows = settings_table(&n);
    json_t *o = json_object();
    for (size_t i = 0; i < n; i++) json_object_set_new(o, rows[i].name, json_setting(&a->settings, &rows[i]));
    return o;
}

static void put_events(void *stream, const struct store_events *v)
{
    for (size_t i = 0; i < v->count; i++) {
        const struct store_event *r = &v->rows[i];
        json_stream_put(stream, NULL,
                        json_pack("{s:I, s:o, s:s, s:s, s:o, s:o}", "step", (json_int_t)r->step, "at", json_time(r->at),
                                  "severity", store_severity_name(r->severity), "kind", r->kind, "text",
                                  json_text(r->text), "advice", json_text(text_advice(r->text, NULL))));
    }
}

static void put_checkpoints(void *stream, const struct store_checkpoints *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct store_checkpoint *r = &c->rows[i];
        json_stream_put(stream, NULL,
                        json_pack("{s:I, s:o, s:I, s:o, s:b, s:b, s:o, s:o}", "step", (json_int_t)r->step, "path",
                                  json_text(r->path), "bytes", (json_int_t)r->bytes, "sha256", json_text(r->sha256),
                                  "pinned", r->pinned, "given_up", r->given_up != STORE_KEPT, "reason",
                                  json_text(r->reason), "created", json_time(r->created_at)));
    }
}

static void put_evaluations(void *stream, const struct store_evaluations *v)
{
    for (size_t i = 0; i < v->count; i++) {
        const struct store_evaluation *r = &v->rows[i];
        json_stream_put(stream, NULL,
                        json_pack("{s:I, s:o, s:o, s:b, s:f, s:I, s:o, s:o}", "step", (json_int_t)r->step, "task",
                                  json_text(r->task), "protocol", json_text(r->protocol), "context", r->context,
                                  "fraction", r->fraction, "seed", (json_int_t)r->seed, "split", json_text(r->split),
                                  "auc_macro", json_number(r->auc_macro)));
    }
}

static void put_commands(void *stream, const struct store_commands *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct store_command *r = &c->rows[i];
        json_stream_put(stream, NULL,
                        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "verb", json_text(r->verb), "argument",
                                  *r->argument ? json_text(r->argument) : json_null(), "asked", json_time(r->asked_at),
                                  "done", json_time(r->done_at), "step", json_count(r->step), "result",
                                  json_text(r->result)));
    }
}

static json_t *head_json(const struct all *a)
{
    const struct store_run *r = &a->summary.run;
    char dir[STORE_PATH], waits[320];
    json_t *o = run_summary_json(&a->summary);
    store_lock_read_note(a->store, r->id, waits, sizeof waits);
    json_object_set_new(o, "pid", r->pid && a->summary.state < STORE_LOST ? json_integer(r->pid) : json_null());
    json_object_set_new(o, "host", *r->host ? json_text(r->host) : json_null());
    json_object_set_new(o, "started", json_time(r->started_at));
    json_object_set_new(o, "ended", json_time(r->ended_at));
    json_object_set_new(o, "heartbeat", json_time(r->heartbeat_at));
    json_object_set_new(o, "preset", *r->preset ? json_text(r->preset) : json_null());
    json_object_set_new(o, "parent", r->parent_id ? json_integer(r->parent_id) : json_null());
    json_object_set_new(o, "note", json_text(r->note));
    json_object_set_new(o, "death", *a->death ? json_text(a->death) : json_null());
    json_object_set_new(o, "waits", *waits ? json_text(waits) : json_null());
    json_object_set_new(o, "rewound", json_integer(r->rewound));
    json_object_set_new(o, "directory",
                        store_run_path(a->store, r->id, NULL, dir, NULL) ? json_text(dir) : json_null());
    json_object_set_new(o, "config", a->settings_known ? config_json(a) : json_null());
    json_object_set_new(o, "resolved", json_text(r->resolved));
    return o;
}

static json_t *phases_json(const struct all *a)
{
    json_t *phases = json_object();
    for (int i = 0; i < a->phase_count; i++)
        json_object_set_new(phases, a->phases[i].name, json_number(a->phases[i].seconds));
    return phases;
}

/* The lists of the run, one member each. */
static bool put_lists(struct json_stream *j, struct all *a, struct err *e)
{
    json_stream_open(j, "events", '[');
    if (!each_events(a, put_events, j, e)) return false;
    json_stream_close(j, ']');
    json_stream_open(j, "checkpoints", '[');
    if (!each_checkpoints(a, put_checkpoints, j, e)) return false;
    json_stream_close(j, ']');
    json_stream_open(j, "evaluations", '[');
    if (!each_evaluations(a, put_evaluations, j, e)) return false;
    json_stream_close(j, ']');
    json_stream_open(j, "commands", '[');
    if (!each_commands(a, put_commands, j, e)) return false;
    json_stream_close(j, ']');
    return true;
}

static int show_json(const struct app *app, struct all *a)
{
    struct json_stream j = { 0 };
    struct err e = { 0 };
    json_stream_open(&j, NULL, '{');
    json_stream_put_all(&j, head_json(a));
    if (!put_lists(&j, a, &e)) return app_fail(app, &e);
    json_stream_put(
        &j, "unreadable",
        json_integer((json_int_t)(a->events.count + a->checkpoints.count + a->evaluations.count + a->commands.count)));
    json_stream_put(&j, "phases", phases_json(a));
    json_stream_close(&j, '}');
    return json_stream_end(app, &j);
}

/* ---- text ---- */

static void print_difference(void *ctx, const struct setting *row, const char *value)
{
    const char **before = ctx;
    app_print("%s%s %s", *before, row->name, *value ? value : "\"\"");
    *before = ", ";
}

static void print_differences(const struct all *a)
{
    const char *preset = a->summary.run.preset, *before = ", but ";
    app_print("settings   preset %s", *preset ? preset : SETTINGS_PRESET);
    differences_from_preset(preset, &a->settings, print_difference, &before);
    app_print("\n");
}

static void print_times(const struct store_run *r)
{
    char out[CLOCK_ISO_SIZE];
    app_print("created    %s\n", clock_iso(r->created_at, out));
    if (r->started_at > 0) app_print("started    %s on %s\n", clock_iso(r->started_at, out), r->host);
    if (r->ended_at > 0) app_print("ended      %s\n", clock_iso(r->ended_at, out));
}

static void print_numbers(const struct run_summary *f)
{
    const double *v = f->value;
    const char *global = run_summary_verdict(v[SUMMARY_VERDICT_GLOBAL]),
               *local = run_summary_verdict(v[SUMMARY_VERDICT_LOCAL]);
    bool levels = !isnan(v[SUMMARY_LOSS_LOCAL]); /* two of them */
    if (!isnan(v[SUMMARY_LOSS]) && levels)
        app_print("loss       %.4g (global %.4g, local %.4g)\n", v[SUMMARY_LOSS], v[SUMMARY_LOSS_GLOBAL],
                  v[SUMMARY_LOSS_LOCAL]);
    else if (!isnan(v[SUMMARY_LOSS]))
        app_print("loss       %.4g\n", v[SUMMARY_LOSS]);
    if (!isnan(v[SUMMARY_SPEED])) app_print("speed      %.3g images/s\n", v[SUMMARY_SPEED]);
    if (!isnan(v[SUMMARY_BEST_STEP]))
        app_print("best       epoch %lld, step %.0f: AUC %.4f on validation images\n",
                  (long long)run_summary_epoch(f, v[SUMMARY_BEST_STEP]), v[SUMMARY_BEST_STEP], v[SUMMARY_AUC]);
    else if (!isnan(v[SUMMARY_AUC]))
        app_print("AUC        %.3f (quick probe, ridge, validation images)\n", v[SUMMARY_AUC]);
    if (!isnan(v[SUMMARY_RANKME_GLOBAL]))
        app_print("RankMe     global %.3g (%.0f %% of isotropic)", v[SUMMARY_RANKME_GLOBAL],
                  100 * v[SUMMARY_RATIO_GLOBAL]);
    if (!isnan(v[SUMMARY_RANKME_LOCAL]))
        app_print(", local %.3g (%.0f %%)", v[SUMMARY_RANKME_LOCAL], 100 * v[SUMMARY_RATIO_LOCAL]);
    if (!isnan(v[SUMMARY_RANKME_GLOBAL])) app_print("\n");
    if (levels && (global || local))
        app_print("verdict    global %s, local %s\n", global ? global : "-", local ? local : "-");
    else if (global)
        app_print("verdict    global %s\n", global);
}

static void add_checkpoints(void *table, const struct store_checkpoints *c)
{
    struct table *t = table;
    char size[32];
    for (size_t i = 0; i < c->count; i++) {
        const struct store_checkpoint *r = &c->rows[i];
        if (!t->begun && !t->count) app_print("\n");
        table_add(t, "%lld", (long long)r->step);
        table_add(t, "%s", text_bytes((double)r->bytes, size));
        table_add(t, "%s%s%s", r->reason, r->pinned ? ", pinned" : "", r->given_up ? ", given up" : "");
        table_add(t, "%s", r->path);
    }
}

static bool print_checkpoints(struct all *a, struct err *e)
{
    static const struct table_column columns[] = {
        { "checkpoint", true, 0 }, { "size", true, 0 }, { "reason", false, 0 }, { "file", false, 0 }, { 0 }
    };
    struct table t = { .columns = columns };
    bool ok = each_checkpoints(a, add_checkpoints, &t, e);
    if (t.count) table_print(&t);
    table_clear(&t);
    return ok;
}

/* The newest events so far. */
struct newest {
    struct store_event rows[SHOWN_EVENTS]; /* a ring, with copies of the texts */
    size_t count;
};

static void keep_newest(void *to, const struct store_events *v)
{
    struct newest *n = to;
    for (size_t i = v->count > SHOWN_EVENTS ? v->count - SHOWN_EVENTS : 0; i < v->count; i++) {
        struct store_event *r = &n->rows[n->count++ % SHOWN_EVENTS];
        free((void *)(uintptr_t)r->text);
        *r = v->rows[i];
        r->text = text_copy(v->rows[i].text);
    }
}

static bool print_events(struct all *a, struct err *e)
{
    static const struct table_column columns[] = {
        { "step", true, 0 }, { "at", false, 0 }, { "event", false, 0 }, { "", false, 0 }, { 0 }
    };
    struct table t = { .columns = columns };
    struct newest n = { 0 };
    char at[CLOCK_ISO_SIZE];
    bool ok = each_events(a, keep_newest, &n, e);
    for (size_t i = n.count > SHOWN_EVENTS ? n.count - SHOWN_EVENTS : 0; i < n.count; i++) {
        struct store_event *r = &n.rows[i % SHOWN_EVENTS];
        table_add(&t, "%lld", (long long)r->step);
        table_add(&t, "%s", clock_iso(r->at, at));
        table_add(&t, "%s%s", r->kind, r->severity == STORE_BAD ? " !" : "");
        table_add(&t, "%s", r->text ? r->text : "?");
        free((void *)(uintptr_t)r->text);
    }
    if (n.count) {
        app_print("\n");
        table_print(&t);
    }
    table_clear(&t);
    return ok;
}

/* A phase and its share of a step; its parts in one line. */
static void print_phase(const struct all *a, const char *name, double whole)
{
    size_t n = strlen(name);
    const char *before = "   ";
    bool there = false;
    for (int i = 0; i < a->phase_count; i++) {
        if (strcmp(a->phases[i].name, name)) continue;
        there = true;
        app_print("  %-9s %9.2f ms %5.1f %%", name, 1e3 * a->phases[i].seconds, 100 * a->phases[i].seconds / whole);
    }
    if (!there) return;
    for (int i = 0; i < a->phase_count; i++) {
        if (strncmp(a->phases[i].name, name, n) || a->phases[i].name[n] != '.') continue;
        app_print("%s%s %.2f", before, a->phases[i].name + n + 1, 1e3 * a->phases[i].seconds);
        before = ", ";
    }
    app_print("\n");
}

/* Where the time of a step goes, in the order of a step; phases that do not occur at every step are listed below. */
static void print_phases(const struct all *a)
{
    static const char *const order[] = { "wait", "forward", "heads", "loss", "backward", "update", NULL };
    static const struct {
        const char *name, *what;
    } beside[] = {
        { "record", "after each step" },
        { "load", "waiting for the disk beside the step" },
        { "augment", "of a processor beside the step" },
        { "diagnose", "each time" },
        { "probe", "each time" },
        { "validation", "each epoch" },
        { "checkpoint", "each time" },
    };
    double whole = NAN;
    for (int i = 0; i < a->phase_count; i++)
        if (!strcmp(a->phases[i].name, "step")) whole = a->phases[i].seconds;
    if (isnan(whole)) return;
    app_print("\nstep       %.4g s, mean of the newest %d\n", whole, PHASE_STEPS);
    double rest = whole;
    for (int o = 0; order[o]; o++) {
        print_phase(a, order[o], whole);
        for (int i = 0; i < a->phase_count; i++)
            if (!strcmp(a->phases[i].name, order[o])) rest -= a->phases[i].seconds;
    }
    if (rest > 0) app_print("  %-9s %9.2f ms %5.1f %%\n", "rest", 1e3 * rest, 100 * rest / whole);
    for (size_t o = 0; o < sizeof beside / sizeof beside[0]; o++)
        for (int i = 0; i < a->phase_count; i++)
            if (!strcmp(a->phases[i].name, beside[o].name))
                app_print("  %-10s %8.2f ms, %s\n", beside[o].name, 1e3 * a->phases[i].seconds, beside[o].what);
}

/* At most as many tags as anyone reads. */
static void print_tags(const char *tags)
{
    size_t more, n = text_first_words(tags, SHOWN_TAGS, &more);
    app_print("tags       %.*s", (int)n, tags);
    if (more) app_print(" and %zu more", more);
    app_print("\n");
}

/* Lists that are not printed are read all the same, to report rows that cannot be read. */
static int print_all(const struct app *app, struct all *a)
{
    const struct store *s = a->store;
    const struct store_run *r = &a->summary.run;
    struct err e = { 0 };
    char dir[STORE_PATH], waits[320];
    app_print("run        %lld %s\n", (long long)r->id, r->name);
    app_print("state      %s", store_state_name(a->summary.state));
    if (r->pid && a->summary.state < STORE_LOST) app_print(", process %lld", (long long)r->pid);
    if (a->summary.state == STORE_UNKNOWN) app_print("; nobody can tell from what is read here whether it goes on");
    if (a->summary.state == STORE_LOST)
        app_print("; mlvicx resume %s goes on from its newest checkpoint\n           %s", r->name, a->death);
    store_lock_read_note(s, r->id, waits, sizeof waits);
    if (*waits) app_print("\n           %s", waits);
    app_print("\ndata       %s\n", *r->dataset ? r->dataset : "-");
    app_print("progress   step %lld of %lld, epoch %.3g of %lld\n", (long long)r->step, (long long)r->steps,
              a->summary.value[SUMMARY_EPOCH], (long long)r->epochs);
    print_times(r);
    print_numbers(&a->summary);
    if (a->settings_known) print_differences(a);
    if (*r->tags) print_tags(r->tags);
    if (*r->note) app_print("note       %s\n", r->note);
    if (store_run_path(s, r->id, NULL, dir, NULL)) app_print("directory  %s\n", dir);
    print_phases(a);
    bool ok = print_checkpoints(a, &e) && print_events(a, &e) && each_evaluations(a, NULL, NULL, &e) &&
              each_commands(a, NULL, NULL, &e);
    return ok ? app_finish(app) : app_fail(app, &e);
}

/* Reports what could not be shown, one line per kind. This is no failure, since everything else is shown. */
static void note_left_out(const struct app *app, const struct all *a)
{
    const struct {
        const char *one, *many;
        size_t count;
        const struct err *why;
    } rows[] = {
        { "event is", "events are", a->events.count, &a->events.why },
        { "checkpoint is", "checkpoints are", a->checkpoints.count, &a->checkpoints.why },
        { "evaluation is", "evaluations are", a->evaluations.count, &a->evaluations.why },
        { "command is", "commands are", a->commands.count, &a->commands.why },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].count)
            app_note(app, "%zu %s left out, for what the row holds cannot be read: %s", rows[i].count,
                     text_number(rows[i].count, rows[i].one, rows[i].many), rows[i].why->msg);
}

static int run_show(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct store_run run = { 0 };
    struct all all;
    if (!app_find_run(app, arguments_word(a, 0), &run, &e) || !read_all(app->store, &run, &all, &e)) {
        store_run_clear(&run);
        return app_fail(app, &e);
    }
    int status = app->json ? show_json(app, &all) : print_all(app, &all);
    note_left_out(app, &all);
    all_clear(&all);
    return status;
}

const struct command command_show = {
    .name = "show",
    .arguments = "RUN",
    .summary = "show everything about a run: state, numbers, settings, checkpoints, events",
    .least = 1,
    .most = 1,
    .run = run_show,
};
