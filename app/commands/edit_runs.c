/* `tag`, `note`, `rename`: changes to existing runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "engine/base/text.h"
#include "store/run.h"

/* The run that the first argument means, with the store open for writing. */
static bool open_run(struct app *app, const char *word, struct store_run *run, struct err *e)
{
    return app_existing_store(app, STORE_WRITE, e) && app_find_run(app, word, run, e);
}

static bool open_row(struct app *app, const char *word, struct store_run *run, struct err *e)
{
    return app_existing_store(app, STORE_WRITE, e) && app_find_run(app, word, run, e);
}

/* ---- tag ---- */

static bool change_tags(struct app *app, const struct store_run *run, const struct arguments *a, struct err *e)
{
    if (!store_begin(app->store, STORE_FULL, e)) return false;
    for (int i = 1; i < arguments_count(a); i++) {
        const char *word = arguments_word(a, i);
        bool minus = *word == '-';
        if (store_run_tag(app->store, run->id, word + (minus || *word == '+'), !minus, e)) continue;
        store_rollback(app->store);
        return false;
    }
    return store_commit(app->store, e);
}

static int print_tags(struct app *app, const struct store_run *run)
{
    if (!app->json) {
        enum { SHOWN = 64 };
        size_t more, n = text_first_words(run->tags, SHOWN, &more);
        app_print("%s: %.*s", run->name, n ? (int)n : 7, n ? run->tags : "no tags");
        if (more) app_print(" and %zu more", more);
        app_print("\n");
        return app_finish(app);
    }
    json_t *list = json_array();
    for (const char *p = run->tags; *p;) {
        size_t n = strcspn(p, " ");
        json_array_append_new(list, json_stringn(p, n));
        p += n + (p[n] == ' ');
    }
    return app_print_json(app, list);
}

static int run_tag(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct store_run run = { 0 };
    bool reading = arguments_count(a) == 1;
    bool ok = reading ? app_find_run(app, arguments_word(a, 0), &run, &e)
                      : open_run(app, arguments_word(a, 0), &run, &e) && change_tags(app, &run, a, &e);
    int64_t id = run.id;
    store_run_clear(&run);
    if (!ok || !store_run_get(app->store, id, &run, &e)) return app_fail(app, &e);
    int status = print_tags(app, &run);
    store_run_clear(&run);
    return status;
}

static const struct option_row tag_options[] = {
    { "-TAG", 0, OPTION_DASH, NULL, "remove a tag", 0, 0 },
    { 0 },
};

const struct command command_tag = {
    .name = "tag",
    .arguments = "RUN [[+]TAG | -TAG ...]",
    .summary = "add tags to a run or remove them; without any, show them",
    .least = 1,
    .most = -1,
    .options = tag_options,
    .run = run_tag,
};

/* ---- note, rename ---- */

static int run_note(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct store_run run = { 0 };
    struct text note = { 0 };
    for (int i = 1; i < arguments_count(a); i++) text_printf(&note, "%s%s", i > 1 ? " " : "", arguments_word(a, i));
    bool ok = open_run(app, arguments_word(a, 0), &run, &e);
    ok = ok && store_run_set_note(app->store, run.id, text_str(&note), &e);
    text_clear(&note);
    store_run_clear(&run);
    return ok ? 0 : app_fail(app, &e);
}

const struct command command_note = {
    .name = "note",
    .arguments = "RUN TEXT",
    .summary = "set the note of a run; an empty one ('') removes it",
    .least = 2,
    .most = -1,
    .run = run_note,
};

static int run_rename(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct store_run run = { 0 };
    bool ok =
        open_row(app, arguments_word(a, 0), &run, &e) && store_run_rename(app->store, run.id, arguments_word(a, 1), &e);
    store_run_clear(&run);
    return ok ? 0 : app_fail(app, &e);
}

const struct command command_rename = {
    .name = "rename",
    .arguments = "RUN NAME",
    .summary = "rename a run",
    .least = 2,
    .most = 2,
    .run = run_rename,
};
