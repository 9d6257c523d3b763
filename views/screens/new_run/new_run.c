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
#include "views/screens/new_run/estimate.h"
#include "views/screens/new_run/new_form.h"
#include "views/screens/new_run/new_presets.h"
#include "views/terminal/keys.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/jobs.h"
#include "views/workbench/message.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

enum { SETTLED = 2 }; /* seconds without a change */

struct new_run {
    struct form form;
    struct estimate estimate;
    struct importing importing;
    struct store_datasets data;
    int chosen, top, height;
    int changes; /* of the form as last seen, and when it changed */
    double changed_at;
    bool stale;     /* data sets came or went */
    int64_t newest; /* data sets, to notice an imported one */
    bool awaits;    /* an import was started: select its data set */
};

/* ---- reading --------------------------------------------------------------------------------------------- */

static const struct setting *data_row(void)
{
    return settings_find("data.name", NULL);
}

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

/* Reads the data sets. A set that was just imported is selected; so is the only one. */
static void read_data(struct workbench *wb, struct new_run *n)
{
    struct err e;
    int64_t newest = 0;
    const char *name = NULL;
    n->stale = false;
    store_datasets_clear(&n->data);
    if (!store_dataset_list(wb->store, &n->data, &e)) {
        message_fail(wb, &e);
        return;
    }
    for (size_t i = 0; i < n->data.count; i++)
        if (n->data.rows[i].id > newest) newest = n->data.rows[i].id, name = n->data.rows[i].name;
    bool imported = n->awaits && newest > n->newest;
    if (name && (imported || !*n->form.now.data.name)) form_set(&n->form, data_row(), name, NULL);
    if (imported) n->awaits = false;
    n->newest = newest;
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
        message_say(wb, "the settings of run %lld; change what should be different, then B begins it", (long long)run);
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
    if (n->stale && !dialog_open(wb)) read_data(wb, n); /* a menu of them may be open */
    if (news & NEWS_DATA) n->form.changes++;            /* the estimate may be for another data set */
    if (n->changes != n->form.changes) n->changes = n->form.changes, n->changed_at = wb->now;
    bool stale = n->estimate.asked != n->form.changes || !(n->estimate.known || n->estimate.pending);
    if (news & NEWS_SECOND && stale && wb->now - n->changed_at >= SETTLED && form_check(&n->form, &e) &&
        n->estimate.asked != n->form.changes)
        estimate_ask(&n->estimate, wb, &n->form);
    return true;
}

/* ---- drawing --------------------------------------------------------------------------------------------- */

static const char *value_of(const struct form *f, const struct form_row *row, char out[SETTINGS_TEXT])
{
    switch (row->kind) {
    case FORM_PRESET:
        snprintf(out, SETTINGS_TEXT, "%s", *f->saved ? f->saved : f->preset);
        return out;
    case FORM_NAME:
        return *f->name ? f->name : "(its data set and number)";
    case FORM_SETTING:
        settings_get(&f->now, row->setting, out);
        return *out ? out : "(none yet)";
    default:
        return "";
    }
}

/* The chosen data set was removed, or belongs to another store. */
static bool lacks_data(const struct new_run *n, const struct setting *row)
{
    if (row != data_row() || !*n->form.now.data.name) return false;
    for (size_t i = 0; i < n->data.count; i++)
        if (!strcmp(n->data.rows[i].name, n->form.now.data.name)) return false;
    return true;
}

static void draw_row(const struct new_run *n, int i, const struct area *a, int y)
{
    const struct form_row *row = &n->form.rows[i];
    char value[SETTINGS_TEXT];
    unsigned paper = i == n->chosen ? STYLE_PAPER(INK_CHOSEN) : 0;
    if (row->kind == FORM_HEADING) {
        area_text(a, y, 1, INK_STRONG, row->title);
        return;
    }
    bool changed = row->setting && strcmp(row->title, "data.name") && form_changed(&n->form, row->setting);
    const char *key = row->title;
    int w = a->w >= 60 ? 32 : a->w / 2;
    area_fill(a, y, 0, 1, a->w, ' ', paper);
    if (changed) area_put(a, y, 1, '*', INK_ACCENT | paper);
    area_field(a, y, 3, w - 4, -1, (i == n->chosen ? INK_STRONG : INK_NORMAL) | paper, key);
    const char *text = value_of(&n->form, row, value);
    int room = a->w - w - 1, x = w;
    area_field(a, y, x, room, -1, (changed || !row->setting ? INK_ACCENT : INK_NORMAL) | paper, text);
    x += text_columns(text) + 1;
    if (lacks_data(n, row->setting))
        area_text(a, y, x, INK_BAD | paper, "there is none");
    else if (row->setting && x < a->w)
        area_text(a, y, x, INK_DIM | paper, row->setting->unit);
}

/* "0 to 1000 (images), preset 64; may change while it goes on". */
static void range_text(const struct form *f, const struct setting *s, struct text *t)
{
    char base[SETTINGS_TEXT];
    settings_get(&f->plain, s, base);
    if (s->type == SETTING_INT || s->type == SETTING_FLOAT)
        text_printf(t, "%.10g to %.10g%s%s", s->min, s->max, *s->unit ? " " : "", s->unit);
    for (int i = 0; s->type == SETTING_CHOICE && s->words[i]; i++) text_printf(t, "%s%s", i ? ", " : "", s->words[i]);
    if (s->type == SETTING_BOOL) text_add(t, "on or off");
    text_printf(t, "%sdefault %s", t->length ? "; " : "", *s->initial ? s->initial : "none");
    if (strcmp(base, s->initial)) text_printf(t, "; of this preset and method %s", base);
    if (s->change == SETTING_LIVE) text_add(t, "; may change while the run goes on");
}

static int draw_about(const struct new_run *n, const struct area *a)
{
    const struct form_row *row = &n->form.rows[n->chosen];
    struct text t = { 0 };
    int y = 0;
    area_text(a, y++, 0, INK_STRONG, row->title);
    if (row->kind == FORM_PRESET)
        y += area_wrap(a, y, 0, a->h - y, a->w, INK_NORMAL,
                       "where the form starts from: demo (minutes, on drawn pictures), small, paper, fundus, or one "
                       "that you saved with W");
    if (row->kind == FORM_NAME)
        y += area_wrap(a, y, 0, a->h - y, a->w, INK_NORMAL, "letters, digits, '.', '_', '-'; may stay empty");
    if (row->setting) {
        y += area_wrap(a, y, 0, a->h - y, a->w, INK_NORMAL, row->setting->help);
        range_text(&n->form, row->setting, &t);
        y += area_wrap(a, y, 0, a->h - y, a->w, INK_DIM, text_str(&t));
    }
    text_clear(&t);
    return y;
}

static void draw_beside(const struct new_run *n, const struct area *a)
{
    struct err e;
    int y = draw_about(n, a) + 1;
    if (a->h - y < 3) return;
    int differs = form_differs(&n->form);
    if (!form_check(&n->form, &e))
        y += area_wrap(a, y, 0, 3, a->w, INK_BAD, e.msg) + 1;
    else if (differs)
        area_printf(a, y, 0, INK_ACCENT, "* %d setting%s differ%s from the preset", differs, differs == 1 ? "" : "s",
                    differs == 1 ? "s" : ""),
            y += 2;
    struct area rest = area_sub(a, y, 0, a->h - y, a->w);
    estimate_draw(&n->estimate, &n->form, &rest);
}

static void draw_below(const struct new_run *n, const struct area *a)
{
    struct area left = area_sub(a, 1, 1, a->h - 1, a->w * 45 / 100 - 2),
                right = area_sub(a, 1, a->w * 45 / 100 + 1, a->h - 1, a->w);
    area_rule(a, 0, INK_DIM);
    if (a->w < 70) {
        left = area_sub(a, 1, 1, a->h - 1, a->w - 2);
        draw_about(n, &left);
        return;
    }
    draw_about(n, &left);
    estimate_draw(&n->estimate, &n->form, &right);
}

static void new_draw(struct workbench *wb, void *state, const struct area *a)
{
    struct new_run *n = state;
    (void)wb;
    int panel_w = a->w >= 100 ? a->w * 42 / 100 : 0, below = !panel_w && a->h >= 12 ? 7 : 0;
    struct area form = area_sub(a, 0, 0, a->h - below, a->w - panel_w);
    n->height = form.h;
    if (n->chosen >= n->form.count) n->chosen = n->form.count - 1; /* another method has fewer settings */
    if (n->chosen < n->top) n->top = n->chosen;
    if (n->chosen >= n->top + form.h) n->top = n->chosen - form.h + 1;
    if (n->top > 0 && n->top == n->chosen && n->form.rows[n->top - 1].kind == FORM_HEADING) n->top--;
    if (n->top > n->form.count - form.h) n->top = n->form.count > form.h ? n->form.count - form.h : 0;
    for (int i = 0; i < form.h && n->top + i < n->form.count; i++) draw_row(n, n->top + i, &form, i);
    if (panel_w) {
        struct area right = area_sub(a, 0, a->w - panel_w + 2, a->h, panel_w - 3);
        area_fill(a, 0, a->w - panel_w, a->h, 1, 0x2502, INK_DIM);
        draw_beside(n, &right);
    } else if (below) {
        struct area low = area_sub(a, a->h - below, 0, below, a->w);
        draw_below(n, &low);
    }
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

/* ---- changing a field ------------------------------------------------------------------------------------ */

static bool check_value(struct workbench *wb, void *ctx, const char *text, char *remark, size_t size)
{
    const struct new_run *n = ctx;
    const struct setting *s = n->form.rows[n->chosen].setting;
    struct settings copy = n->form.now;
    struct err e;
    (void)wb;
    if (!settings_set(&copy, s->name, text, &e) || !settings_check(&copy, &e))
        return snprintf(remark, size, "%s", e.msg), false;
    if (s->type == SETTING_INT || s->type == SETTING_FLOAT)
        snprintf(remark, size, "%.10g to %.10g%s%s", s->min, s->max, *s->unit ? " " : "", s->unit);
    return true;
}

static unsigned give_value(struct workbench *wb, void *ctx, const char *text)
{
    struct new_run *n = ctx;
    struct err e;
    if (!form_set(&n->form, n->form.rows[n->chosen].setting, text, &e)) message_fail(wb, &e);
    return AFTER_DRAW;
}

static bool check_name(struct workbench *wb, void *ctx, const char *text, char *remark, size_t size)
{
    struct err e;
    (void)wb, (void)ctx;
    if (!*text || store_name_check("run", text, &e)) return true;
    return snprintf(remark, size, "%s", e.msg), false;
}

static unsigned give_name(struct workbench *wb, void *ctx, const char *text)
{
    struct new_run *n = ctx;
    char remark[512];
    if (check_name(wb, ctx, text, remark, sizeof remark)) {
        snprintf(n->form.name, sizeof n->form.name, "%s", text);
        n->form.changes++;
    } else
        message_warn(wb, "%s", remark);
    return AFTER_DRAW;
}

static unsigned give_data(struct workbench *wb, void *ctx, int row)
{
    struct new_run *n = ctx;
    struct err e;
    if (row < (int)n->data.count) {
        if (!form_set(&n->form, data_row(), n->data.rows[row].name, &e)) message_fail(wb, &e);
        return AFTER_DRAW;
    }
    n->awaits = true;
    return importing_ask(wb, &n->importing);
}

static unsigned choose_data(struct workbench *wb, struct new_run *n)
{
    size_t count = n->data.count;
    char(*lines)[288] = calloc(count + 1, sizeof *lines);
    const char **rows = calloc(count + 2, sizeof *rows);
    int chosen = 0;
    for (size_t i = 0; lines && rows && i < count; i++) {
        const struct store_dataset *s = &n->data.rows[i];
        snprintf(lines[i], sizeof lines[i], "%-24s %-8s %lld %s of %lld px, %lld %s", s->name, s->kind,
                 (long long)s->count, text_number(s->count, "image", "images"), (long long)s->size,
                 (long long)s->classes, text_number(s->classes, "class", "classes"));
        rows[i] = lines[i];
        if (!strcmp(s->name, n->form.now.data.name)) chosen = (int)i;
    }
    if (lines && rows) {
        rows[count] = "import another ...";
        dialog_choose(wb, "data set", rows, chosen, give_data, n);
    }
    free(lines);
    free(rows);
    return AFTER_DRAW;
}

static unsigned give_choice(struct workbench *wb, void *ctx, int row)
{
    struct new_run *n = ctx;
    return give_value(wb, n, n->form.rows[n->chosen].setting->words[row]);
}

/* ---- presets --------------------------------------------------------------------------------------------- */

static unsigned give_preset(struct workbench *wb, void *ctx, int row)
{
    struct new_run *n = ctx;
    char names[PRESETS_MOST][PRESETS_NAME], path[STORE_PATH];
    const char *const *built_in = settings_presets();
    int k = 0;
    struct err e;
    while (built_in[k]) k++;
    if (row < k) {
        if (!form_preset(&n->form, built_in[row], &e)) message_fail(wb, &e);
    } else if (row - k < new_presets_list(wb, names)) {
        int fd = new_presets_open(wb, names[row - k], path, &e);
        if (fd < 0 || !form_saved(&n->form, fd, path, names[row - k], &e)) message_fail(wb, &e);
    }
    read_data(wb, n);
    return AFTER_DRAW;
}

static unsigned choose_preset(struct workbench *wb, struct new_run *n)
{
    char names[PRESETS_MOST][PRESETS_NAME];
    const char *rows[PRESETS_MOST + 8], *const *built_in = settings_presets();
    int count = new_presets_list(wb, names), k = 0, chosen = 0;
    for (; built_in[k]; k++) {
        rows[k] = built_in[k];
        if (!*n->form.saved && !strcmp(built_in[k], n->form.preset)) chosen = k;
    }
    for (int i = 0; i < count; i++) {
        rows[k + i] = names[i];
        if (!strcmp(names[i], n->form.saved)) chosen = k + i;
    }
    rows[k + count] = NULL;
    dialog_choose(wb, "start from", rows, chosen, give_preset, n);
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

/* ---- the keys of fields ---------------------------------------------------------------------------------- */

static unsigned on_edit(struct workbench *wb, void *state, int argument)
{
    struct new_run *n = state;
    const struct form_row *row = &n->form.rows[n->chosen];
    char value[SETTINGS_TEXT], label[96];
    (void)argument;
    if (row->kind == FORM_PRESET) return choose_preset(wb, n);
    if (row->kind == FORM_NAME) {
        dialog_ask(wb,
                   &(struct dialog_question){
                       .label = "name: ", .initial = n->form.name, .done = give_name, .check = check_name, .ctx = n });
        return AFTER_DRAW;
    }
    if (row->setting == data_row()) return choose_data(wb, n);
    settings_get(&n->form.now, row->setting, value);
    if (row->setting->type == SETTING_BOOL) return give_value(wb, n, !strcmp(value, "on") ? "off" : "on");
    if (row->setting->type == SETTING_CHOICE) {
        int chosen = 0;
        while (row->setting->words[chosen] && strcmp(row->setting->words[chosen], value)) chosen++;
        dialog_choose(wb, row->title, row->setting->words, chosen, give_choice, n);
        return AFTER_DRAW;
    }
    snprintf(label, sizeof label, "%s = ", row->title);
    dialog_ask(wb, &(struct dialog_question){
                       .label = label, .initial = value, .done = give_value, .check = check_value, .ctx = n });
    return AFTER_DRAW;
}

static unsigned on_reset(struct workbench *wb, void *state, int argument)
{
    struct new_run *n = state;
    const struct form_row *row = &n->form.rows[n->chosen];
    (void)wb, (void)argument;
    if (row->setting && row->setting != data_row()) form_reset(&n->form, row->setting);
    if (row->kind == FORM_NAME) n->form.name[0] = '\0';
    return AFTER_DRAW;
}

static unsigned new_click(struct workbench *wb, void *state, int y, int x)
{
    struct new_run *n = state;
    (void)x;
    int row = n->top + y;
    if (y >= n->height || row >= n->form.count || n->form.rows[row].kind == FORM_HEADING) return AFTER_NOTHING;
    if (row == n->chosen) return on_edit(wb, state, 0);
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
    if (status == 0) dialog_page(wb, "dry run", output);
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
