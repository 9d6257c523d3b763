/* New run: a form with every setting, on top of a preset, checked while the user types; an estimate of the cost;
 * starts the run now or queues it. The run is created by `train`, started as a job, and trained by a separate
 * worker. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/database/files.h"
#include "store/dataset.h"
#include "store/run.h"
#include "views/analysis/format.h"
#include "views/screens/importing.h"
#include "views/screens/new_run/field_edit.h"
#include "views/screens/new_run/form_data.h"
#include "views/screens/new_run/form_draw.h"
#include "views/screens/new_run/new_presets.h"
#include "views/terminal/keys.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/jobs.h"
#include "views/workbench/message.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

enum { SETTLED = 2 }; /* seconds without a change */

/* ---- reading --------------------------------------------------------------------------------------------- */

static bool new_open(struct workbench *wb, void *state, struct err *e)
{
    struct new_run *n = state;
    (void)wb, (void)e;
    form_init(&n->form);
    return true;
}

static void new_close(struct workbench *wb, void *state)
{
    (void)wb;
    store_datasets_clear(&((struct new_run *)state)->data);
}

/* The setting that the new run shall have otherwise: its field is chosen, and holds the value if one was given. */
static void take_advice(struct workbench *wb, struct new_run *n, int64_t run)
{
    const struct setting *row = wb->clone_with.row;
    const char *value = wb->clone_with.value;
    struct err e;
    for (int i = 0; row && i < n->form.count; i++)
        if (n->form.rows[i].setting == row) n->chosen = i;
    if (!row)
        message_say(wb, "the settings of run %lld; change what should be different, then B begins it", (long long)run);
    else if (!*value)
        message_say(wb, "the settings of run %lld; change %s, then B begins it", (long long)run, row->name);
    else if (form_set(&n->form, row, value, &e))
        message_say(wb, "the settings of run %lld, and %s = %s; B begins it", (long long)run, row->name, value);
    else
        message_fail(wb, &e);
}

static void read_clone(struct workbench *wb, struct new_run *n)
{
    struct store_run row;
    struct err e;
    char init[STORE_PATH];
    int64_t run = wb->clone;
    wb->clone = 0;
    if (!store_run_get(wb->store, run, &row, &e)) {
        message_fail(wb, &e);
        return;
    }
    if (form_clone(&n->form, &row, store_init_path(wb->store, run, init) ? init : NULL, &e))
        take_advice(wb, n, run);
    else
        message_fail(wb, &e);
    store_run_clear(&row);
}

static bool new_read(struct workbench *wb, void *state, unsigned news)
{
    struct new_run *n = state;
    struct err e;
    if (wb->clone) read_clone(wb, n);
    n->stale |= (news & (NEWS_OPEN | NEWS_DATA)) != 0;
    if (n->stale && !dialog_open(wb)) form_data_read(wb, n); /* a menu of them may be open */
    if (news & NEWS_DATA) n->form.changes++;                 /* what was estimated may be of another set */
    if (n->changes != n->form.changes) n->changes = n->form.changes, n->changed_at = wb->now;
    bool stale = n->estimate.asked != n->form.changes || !(n->estimate.known || n->estimate.pending);
    if (news & NEWS_SECOND && stale && wb->now - n->changed_at >= SETTLED && form_check(&n->form, &e) &&
        n->estimate.asked != n->form.changes)
        estimate_ask(&n->estimate, wb, &n->form);
    return true;
}

static void new_draw(struct workbench *wb, void *state, const struct area *a)
{
    (void)wb;
    form_draw(state, a);
}

static void new_place(struct workbench *wb, void *state, char *out, size_t size)
{
    const struct form *f = &((struct new_run *)state)->form;
    (void)wb;
    snprintf(out, size, "new run of preset %s, %d changed", *f->saved ? f->saved : f->preset, form_differs(f));
}

/* ---- moving ---------------------------------------------------------------------------------------------- */

/* Moves to a field, skipping headings in the direction of the move. */
static unsigned go_to(struct new_run *n, int row, int by)
{
    int last = n->form.count - 1;
    row = row < 0 ? 0 : row > last ? last : row;
    while (row > 0 && row < last && n->form.rows[row].kind == FORM_HEADING) row += by;
    if (n->form.rows[row].kind != FORM_HEADING) n->chosen = row;
    return AFTER_DRAW;
}

static unsigned on_move(struct workbench *wb, void *state, int key)
{
    struct new_run *n = state;
    (void)wb;
    return go_to(n, keys_walk(key, n->chosen, n->height - 1, FORM_ROWS),
                 key == KEYS_UP || key == KEYS_PAGE_UP ? -1 : 1);
}

static unsigned found(struct workbench *wb, void *ctx, const char *text)
{
    struct new_run *n = ctx;
    for (int i = 1; *text && i <= n->form.count; i++) {
        int row = (n->chosen + i) % n->form.count;
        if (n->form.rows[row].kind == FORM_HEADING || !strcasestr(n->form.rows[row].title, text)) continue;
        n->chosen = row;
        return AFTER_DRAW;
    }
    if (*text) message_say(wb, "no setting has '%s' in its name", text);
    return AFTER_DRAW;
}

static unsigned on_find(struct workbench *wb, void *state, int argument)
{
    (void)argument;
    dialog_ask(wb, &(struct dialog_question){ .label = "/", .history = "setting", .done = found, .ctx = state });
    return AFTER_DRAW;
}

static unsigned save_preset(struct workbench *wb, void *ctx, const char *text)
{
    struct err e;
    if (!store_name_check("preset", text, &e) || !new_presets_write(wb, &((struct new_run *)ctx)->form.now, text, &e))
        message_fail(wb, &e);
    else
        message_say(wb, "saved as presets/%s.ini in the workspace; choose it as preset, or train --config", text);
    return AFTER_DRAW;
}

static unsigned on_save(struct workbench *wb, void *state, int argument)
{
    struct new_run *n = state;
    (void)argument;
    dialog_ask(wb, &(struct dialog_question){
                       .label = "save as preset: ", .initial = n->form.saved, .done = save_preset, .ctx = state });
    return AFTER_DRAW;
}

/* ---- fields ---------------------------------------------------------------------------------------------- */

static unsigned on_edit(struct workbench *wb, void *state, int argument)
{
    (void)argument;
    return field_edit(wb, state);
}

static unsigned on_reset(struct workbench *wb, void *state, int argument)
{
    struct new_run *n = state;
    const struct form_row *row = &n->form.rows[n->chosen];
    (void)wb, (void)argument;
    if (row->setting && row->setting != form_data_row()) form_reset(&n->form, row->setting);
    if (row->kind == FORM_NAME) n->form.name[0] = '\0';
    if (row->kind == FORM_PARENT) form_parent(&n->form, NULL, NULL);
    return AFTER_DRAW;
}

static unsigned new_click(struct workbench *wb, void *state, int y, int x)
{
    struct new_run *n = state;
    if (n->column_w < 1 || y >= n->column_h || x / n->column_w * n->column_h >= n->height) return AFTER_NOTHING;
    int row = n->top + x / n->column_w * n->column_h + y;
    if (row >= n->form.count || n->form.rows[row].kind == FORM_HEADING) return AFTER_NOTHING;
    if (row == n->chosen) return field_edit(wb, n);
    n->chosen = row;
    return AFTER_DRAW;
}

static unsigned new_wheel(struct workbench *wb, void *state, int by)
{
    struct new_run *n = state;
    (void)wb;
    return go_to(n, n->chosen + 3 * by, by);
}

/* ---- doing it -------------------------------------------------------------------------------------------- */

static unsigned on_estimate(struct workbench *wb, void *state, int argument)
{
    struct new_run *n = state;
    (void)argument;
    estimate_ask(&n->estimate, wb, &n->form);
    return AFTER_DRAW;
}

static void show_plan(struct workbench *wb, void *ctx, int status, const char *output)
{
    (void)ctx;
    if (status == 0) dialog_page_then(wb, "dry run", output, NULL, NULL);
}

static unsigned job(struct workbench *wb, struct new_run *n, const char *title, const char *const *first,
                    void (*done)(struct workbench *wb, void *ctx, int status, const char *output))
{
    char *words[FORM_WORDS];
    struct err e;
    if (!form_check(&n->form, &e)) return message_fail(wb, &e), AFTER_DRAW;
    if (!form_words(&n->form, first, words)) return AFTER_DRAW;
    job_start(wb, title, (const char *const *)words, done, n);
    form_free_words(words);
    return AFTER_DRAW;
}

/* The run exists: show it. Its name is used up. */
static void made(struct workbench *wb, void *ctx, int status, const char *output)
{
    struct new_run *n = ctx;
    json_error_t why;
    json_t *o = status == 0 ? json_loads(output, 0, &why) : NULL;
    int64_t id = json_integer_value(json_object_get(o, "id"));
    if (id) {
        const char *state = json_string_value(json_object_get(o, "state"));
        n->form.name[0] = '\0';
        show_run(wb, id);
        show_screen(wb, "runs");
        message_say(wb, "run %lld is %s", (long long)id, state ? state : "made");
    }
    json_decref(o);
}

enum { JOB_PLAN, JOB_TRAIN, JOB_QUEUE };
static unsigned on_job(struct workbench *wb, void *state, int which)
{
    static const struct {
        const char *title, *first[4];
        void (*done)(struct workbench *wb, void *ctx, int status, const char *output);
    } jobs[] = { [JOB_PLAN] = { "dry run", { "train", "--dry-run" }, show_plan },
                 [JOB_TRAIN] = { "start a run", { "train", "--detach", "--json" }, made },
                 [JOB_QUEUE] = { "queue a run", { "train", "--queue", "--json" }, made } };
    return job(wb, state, jobs[which].title, jobs[which].first, jobs[which].done);
}

static unsigned on_import(struct workbench *wb, void *state, int argument)
{
    struct new_run *n = state;
    (void)argument;
    n->awaits = true;
    return importing_ask(wb, &n->importing);
}

static const struct key_bind keys[] = {
    { KEYS_ENTER, KEYS_RIGHT, "edit", "edit", "change the field", on_edit, 0, 0 },
    { 'B', 0, "begin", "begin", "begin the run now; it goes on without the workbench", on_job, NEEDS_WRITE, JOB_TRAIN },
    { 'A', 0, "queue", "queue", "let the run wait for those queued before", on_job, NEEDS_WRITE, JOB_QUEUE },
    { 'd', 0, "dry-run", "dry run", "what would be trained, layer by layer", on_job, 0, JOB_PLAN },
    { 'x', KEYS_BACKSPACE, "reset", "reset", "back to the preset's value", on_reset, 0, 0 },
    { '/', 0, "find", "find", "go to a setting by a part of its name", on_find, 0, 0 },
    { 'e', 0, "estimate", NULL, "measure memory and time now (it is done by itself when the form rests)", on_estimate,
      0, 0 },
    { 'W', 0, "save-preset", NULL, "save the form as a preset in the workspace", on_save, NEEDS_WRITE, 0 },
    { 'I', 0, "import", NULL, "import a data set", on_import, NEEDS_WRITE, 0 },
    { KEYS_UP, 'k', "up", NULL, "the field above", on_move, 0, KEYS_UP },
    { KEYS_DOWN, 'j', "down", NULL, "the field below", on_move, 0, KEYS_DOWN },
    { KEYS_PAGE_UP, 'b', "page-up", NULL, "a page up", on_move, 0, KEYS_PAGE_UP },
    { KEYS_PAGE_DOWN, 'f', "page-down", NULL, "a page down", on_move, 0, KEYS_PAGE_DOWN },
    { KEYS_HOME, '{', "first", NULL, "the first field", on_move, 0, KEYS_HOME },
    { KEYS_END, '}', "last", NULL, "the last field", on_move, 0, KEYS_END },
    { 0 },
};

const struct screen screen_new = {
    .name = "new",
    .title = "New run",
    .brief = "New",
    .about =
        "Every setting of a run, on top of a preset. A star marks what is not the preset's. The estimate comes from "
        "a short measurement on this machine, without looking and saving.",
    .keys = keys,
    .size = sizeof(struct new_run),
    .open = new_open,
    .close = new_close,
    .read = new_read,
    .draw = new_draw,
    .place = new_place,
    .click = new_click,
    .wheel = new_wheel,
};
