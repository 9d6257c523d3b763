/* `tag`, `note`, `rename`, `rm`: changes to existing runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "engine/base/text.h"
#include "store/checkpoint.h"
#include "store/database/files.h"
#include "store/lock.h"
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

/* ---- rm ---- */

static bool remove_directory(const struct store *s, int64_t run, struct err *e)
{
    return store_run_remove_folder(s, run, e) ||
           err_wrap(e, "run %lld: is removed, but not its folder", (long long)run);
}

/* Removes folders of runs that no longer exist. A removal deletes the folder last, and one that was killed may leave it
 * behind. A folder whose worker is, or may be, alive is left alone: the worker saves there what it has learned. */
static bool remove_orphans(const struct app *app, struct err *e)
{
    int64_t *ids;
    size_t n;
    if (!store_run_folders(app->store, &ids, &n, e)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        bool orphan = false;
        ok = store_run_orphan(app->store, ids[i], &orphan, e);
        orphan = orphan && store_lock_held(app->store, ids[i]) == STORE_LOCK_FREE;
        if (ok && orphan) ok = remove_directory(app->store, ids[i], e);
    }
    free(ids);
    return ok;
}

/* Asks on the terminal; false also if there is nobody to ask. */
static bool agreed(struct app *app, const struct store_run *run, struct err *e)
{
    struct store_checkpoints list;
    char size[32];
    double bytes = 0;
    if (!isatty(STDIN_FILENO))
        return err_set(e, ERR_USAGE,
                       "rm: this removes run %s with its checkpoints; say --yes where nobody can be asked", run->name);
    if (!store_checkpoint_list(app->store, run->id, &list, e)) return false;
    for (size_t i = 0; i < list.count; i++) bytes += (double)list.rows[i].bytes;
    app_print("remove run %lld %s, step %lld, with %zu %s (%s)? [y/N] ", (long long)run->id, run->name,
              (long long)run->step, list.count, text_number(list.count, "checkpoint", "checkpoints"),
              text_bytes(bytes, size));
    store_checkpoints_clear(&list);
    return app_agreed() || err_set(e, ERR_INTERRUPTED, "rm: run %s was not removed", run->name);
}

/* Fills `*id` with the run that an argument means, if it may be removed. All arguments are checked before the first run
 * is removed, since a word such as @last means another run afterwards. */
static bool may_remove(struct app *app, const char *word, bool yes, int64_t *id, struct err *e)
{
    struct store_run run = { 0 };
    if (!open_row(app, word, &run, e)) return false;
    enum store_state state = store_run_state(app->store, &run);
    bool alive = state == STORE_RUNNING || state == STORE_PAUSED;
    bool ok = !alive || err_set(e, ERR_CONFLICT, "run %s: is %s; mlvicx stop %s first", run.name,
                                store_state_name(state), run.name);
    ok = ok && store_lock_known(app->store, &run, e) && (yes || agreed(app, &run, e));
    *id = run.id;
    store_run_clear(&run);
    return ok;
}

static bool is_among(const int64_t *ids, int n, int64_t id)
{
    for (int i = 0; i < n; i++)
        if (ids[i] == id) return true;
    return false;
}

static int run_rm(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    int n = arguments_count(a);
    int64_t *ids = calloc((size_t)n + 1, sizeof *ids);
    bool ok = ids || err_set(&e, ERR_MEMORY, "rm: memory ran out");
    for (int i = 0; ok && i < n; i++) ok = may_remove(app, arguments_word(a, i), arguments_has(a, "yes"), &ids[i], &e);
    for (int i = 0; ok && i < n; i++)
        ok = is_among(ids, i, ids[i]) ||
             (store_run_remove(app->store, ids[i], &e) && remove_directory(app->store, ids[i], &e));
    free(ids);
    return ok && remove_orphans(app, &e) ? 0 : app_fail(app, &e);
}

static const struct option_row rm_options[] = {
    { "yes", 'y', OPTION_FLAG, NULL, "do not ask", 0, 0 },
    { 0 },
};

const struct command command_rm = {
    .name = "rm",
    .arguments = "RUN ...",
    .summary = "remove runs with everything recorded and saved for them; a live run is refused",
    .least = 1,
    .most = -1,
    .options = rm_options,
    .run = run_rm,
};
