/* `rm` and `restore`: runs into the trash, out of it again, and deleted for good. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/table.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "store/checkpoint.h"
#include "store/database/files.h"
#include "store/lock.h"
#include "store/run.h"
#include "store/trash.h"

/* ---- rm ---- */

/* What an argument means. */
struct doomed {
    int64_t id;
    bool trashed; /* it is in the trash already */
    char name[STORE_NAME];
};

static bool remove_folder(const struct store *s, int64_t run, struct err *e)
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
        if (ok && orphan) ok = remove_folder(app->store, ids[i], e);
    }
    free(ids);
    return ok;
}

/* Asks on the terminal; false also if there is nobody to ask. `what` begins the question, `kept` says who stays. */
static bool agreed(const char *what, const char *kept, struct err *e)
{
    if (!isatty(STDIN_FILENO))
        return err_set(e, ERR_USAGE, "rm: this would %s; say --yes where nobody can be asked", what);
    app_print("%s? [y/N] ", what);
    return app_agreed() || err_set(e, ERR_INTERRUPTED, "rm: %s", kept);
}

static bool ask_about(struct app *app, const struct store_run *run, bool now, struct err *e)
{
    struct store_checkpoints list;
    char size[32], what[512], kept[STORE_NAME + 32];
    double bytes = 0;
    if (!store_checkpoint_list(app->store, run->id, &list, e)) return false;
    for (size_t i = 0; i < list.count; i++) bytes += (double)list.rows[i].bytes;
    snprintf(what, sizeof what, "%s run %lld %s, step %lld, with %zu %s (%s)%s", now ? "delete" : "remove",
             (long long)run->id, run->name, (long long)run->step, list.count,
             text_number(list.count, "checkpoint", "checkpoints"), text_bytes(bytes, size), now ? ", for good" : "");
    store_checkpoints_clear(&list);
    snprintf(kept, sizeof kept, "run %s was not removed", run->name);
    return agreed(what, kept, e);
}

/* Fills `*row` with the run in the trash that an argument means. */
static bool find_trashed(struct app *app, const char *word, struct store_trashed *row, struct err *e)
{
    struct store_trash trash;
    if (!store_trash_list(app->store, &trash, e)) return false;
    const struct store_trashed *found = store_trash_find(&trash, word);
    if (found) *row = *found;
    store_trash_clear(&trash);
    return found || err_set(e, ERR_NOT_FOUND, "run %s: is not in the trash; mlvicx restore lists what is", word);
}

static bool may_delete(struct app *app, const char *word, bool yes, struct doomed *d, struct err *e)
{
    struct store_trashed row;
    struct err none;
    char what[STORE_NAME + 80];
    if (!find_trashed(app, word, &row, &none)) return false;
    *d = (struct doomed){ .id = row.id, .trashed = true };
    snprintf(what, sizeof what, "delete run %lld %s, which is in the trash, for good", (long long)row.id, row.name);
    return yes || agreed(what, "it stays in the trash", e);
}

/* What cannot be brought back is named whole, not by how its name begins. */
static bool is_whole(const struct store_run *run, const char *word, struct err *e)
{
    return *word == '@' || strspn(word, "0123456789") == strlen(word) || !strcmp(run->name, word) ||
           err_set(e, ERR_USAGE, "rm: run %s: --now takes whole names; did you mean %s", word, run->name);
}

/* Fills `*d` with the run that an argument means, if it may be removed. All arguments are checked before the first run
 * is removed, since a word such as @last means another run afterwards. */
static bool may_remove(struct app *app, const char *word, bool yes, bool now, struct doomed *d, struct err *e)
{
    struct store_run run = { 0 };
    if (!app_existing_store(app, STORE_FREE, e)) return false;
    if (!app_find_run(app, word, &run, e)) return now && e->code == ERR_NOT_FOUND && may_delete(app, word, yes, d, e);
    enum store_state state = store_run_state(app->store, &run);
    bool alive = state == STORE_RUNNING || state == STORE_PAUSED;
    bool ok = !alive || err_set(e, ERR_CONFLICT, "run %s: is %s; mlvicx stop %s first", run.name,
                                store_state_name(state), run.name);
    ok = ok && (!now || is_whole(&run, word, e)) && store_lock_known(app->store, &run, e) &&
         (yes || ask_about(app, &run, now, e));
    d->id = run.id;
    snprintf(d->name, sizeof d->name, "%s", run.name);
    store_run_clear(&run);
    return ok;
}

static bool is_among(const struct doomed *list, int n, int64_t id)
{
    for (int i = 0; i < n; i++)
        if (list[i].id == id) return true;
    return false;
}

static bool remove_one(struct app *app, const struct doomed *d, bool now, double at, struct err *e)
{
    if (d->trashed) return store_trash_delete(app->store, d->id, e);
    if (now) return store_run_remove(app->store, d->id, e) && remove_folder(app->store, d->id, e);
    if (!store_run_trash(app->store, d->id, at, e)) return false;
    app_note(app, "run %lld %s is in the trash: mlvicx restore %lld brings it back within %d days", (long long)d->id,
             d->name, (long long)d->id, STORE_TRASH_DAYS);
    return true;
}

static bool empty_trash(struct app *app, bool yes, struct err *e)
{
    static const double whenever = 1e18; /* seconds since 1970 */
    int64_t runs;
    double bytes;
    char what[96], size[16];
    if (!app_existing_store(app, STORE_FREE, e) || !store_trash_size(app->store, &runs, &bytes, e)) return false;
    snprintf(what, sizeof what, "delete %lld %s in the trash (%s) for good", (long long)runs,
             text_number(runs, "run", "runs"), text_bytes(bytes, size));
    if (!runs) app_note(app, "the trash is empty");
    return (!runs || yes || agreed(what, "the trash was not emptied", e)) &&
           store_trash_empty(app->store, whenever, HUGE_VAL, e);
}

static int run_rm(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    int n = arguments_count(a);
    bool yes = arguments_has(a, "yes"), now = arguments_has(a, "now"), trash = arguments_has(a, "trash");
    struct doomed *list = calloc((size_t)n + 1, sizeof *list);
    bool ok = list || err_set(&e, ERR_MEMORY, "rm: memory ran out");
    if (ok && (n > 0) == trash)
        ok = err_set(&e, ERR_USAGE, trash ? "rm: --trash empties it; name no run" : "rm: name the run, or say --trash");
    /* all are checked before the first is asked about */
    for (int pass = yes; ok && pass < 2; pass++)
        for (int i = 0; ok && i < n; i++)
            ok = may_remove(app, arguments_word(a, i), yes || pass == 0, now, &list[i], &e);
    double at = clock_wall();
    for (int i = 0; ok && i < n; i++) ok = is_among(list, i, list[i].id) || remove_one(app, &list[i], now, at, &e);
    free(list);
    ok = ok && (!trash || empty_trash(app, yes, &e));
    return ok && remove_orphans(app, &e) ? 0 : app_fail(app, &e);
}

static const struct option_row rm_options[] = {
    { "now", 0, OPTION_FLAG, NULL, "delete them at once, for good; also runs in the trash. Names are given whole", 0,
      0 },
    { "trash", 0, OPTION_FLAG, NULL, "empty the trash", 0, 0 },
    { "yes", 'y', OPTION_FLAG, NULL, "do not ask", 0, 0 },
    { 0 },
};

const struct command command_rm = {
    .name = "rm",
    .arguments = "RUN ... | --trash",
    .summary = "remove runs with everything recorded and saved for them; a live run is refused",
    .least = 0,
    .most = -1,
    .options = rm_options,
    .run = run_rm,
    .details =
        "A removed run goes into the trash for 7 days: mlvicx restore brings it back. Then it is deleted, by the "
        "next\ncommand that opens the store for writing. --now frees its room on the disk at once.",
};

/* ---- restore ---- */

static const double day = 86400; /* seconds */

static json_t *trashed_json(const struct store_trashed *t)
{
    char removed[CLOCK_ISO_SIZE], until[CLOCK_ISO_SIZE];
    clock_iso(t->trashed_at, removed);
    clock_iso(t->trashed_at + STORE_TRASH_DAYS * day, until);
    return json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:s, s:s}", "id", (json_int_t)t->id, "name", t->name, "dataset",
                     t->dataset, "step", (json_int_t)t->step, "checkpoints", (json_int_t)t->checkpoints, "bytes",
                     (json_int_t)t->bytes, "removed", removed, "until", until);
}

/* "6 days", and in the last two of them hours. */
static const char *time_left(const struct store_trashed *r, double now, char out[CLOCK_ISO_SIZE])
{
    double left = r->trashed_at + STORE_TRASH_DAYS * day - now;
    if (left < 2 * day) return clock_duration(fmax(left, 0), out);
    snprintf(out, CLOCK_ISO_SIZE, "%.0f days", ceil(left / day));
    return out;
}

static int print_trash(struct app *app, const struct store_trash *trash)
{
    static const struct table_column columns[] = {
        { "id", true, 0 },   { "name", false, 28 },  { "data", false, 20 },     { "step", true, 0 },
        { "size", true, 0 }, { "removed", true, 0 }, { "deleted in", true, 0 }, { 0 },
    };
    struct table t = { .columns = columns };
    double now = clock_wall();
    for (size_t i = 0; i < trash->count; i++) {
        const struct store_trashed *r = &trash->rows[i];
        char size[16], age[CLOCK_ISO_SIZE], left[CLOCK_ISO_SIZE];
        table_add(&t, "%lld", (long long)r->id);
        table_add(&t, "%s", r->name);
        table_add(&t, "%s", *r->dataset ? r->dataset : "-");
        table_add(&t, "%lld", (long long)r->step);
        table_add(&t, "%s", text_bytes((double)r->bytes, size));
        table_add(&t, "%s ago", clock_duration(fmax(now - r->trashed_at, 0), age));
        table_add(&t, "%s", time_left(r, now, left));
    }
    if (trash->count)
        table_print(&t);
    else
        app_note(app, "the trash is empty");
    table_clear(&t);
    return app_finish(app);
}

static int list_trash(struct app *app)
{
    struct err e = { 0 };
    struct store_trash trash;
    if (!app_store(app, STORE_READ, &e) || !store_trash_list(app->store, &trash, &e)) return app_fail(app, &e);
    int status;
    if (app->json) {
        json_t *list = json_array();
        for (size_t i = 0; i < trash.count; i++) json_array_append_new(list, trashed_json(&trash.rows[i]));
        status = app_print_json(app, list);
    } else {
        status = print_trash(app, &trash);
    }
    status = app_passed_over(app, status, "run", trash.unreadable, &trash.why);
    store_trash_clear(&trash);
    return status;
}

static bool restore_one(struct app *app, const struct store_trashed *t, struct err *e)
{
    char name[STORE_NAME];
    if (!store_trash_restore(app->store, t->id, name, e)) return false;
    app_note(app, "run %lld %s is back%s", (long long)t->id, name,
             strcmp(name, t->name) ? ", under another name, for its own is taken; mlvicx rename changes it" : "");
    return true;
}

/* Those that were removed last, together. */
static bool restore_last(struct app *app, const struct store_trash *trash, struct err *e)
{
    bool ok = trash->count || err_set(e, ERR_NOT_FOUND, "restore: the trash is empty");
    for (size_t i = 0; ok && i < trash->count && trash->rows[i].trashed_at >= trash->rows[0].trashed_at; i++)
        ok = restore_one(app, &trash->rows[i], e);
    return ok;
}

static bool restore_all(struct app *app, const struct arguments *a, struct err *e)
{
    struct store_trash trash;
    struct store_trashed row;
    int n = arguments_count(a);
    if (!app_existing_store(app, STORE_WRITE, e) || !store_trash_list(app->store, &trash, e)) return false;
    bool last = n == 1 && !strcmp(arguments_word(a, 0), "@last"), ok = !last || restore_last(app, &trash, e);
    store_trash_clear(&trash);
    for (int i = 0; ok && !last && i < n; i++) /* all are checked before the first is brought back */
        ok = find_trashed(app, arguments_word(a, i), &row, e);
    for (int i = 0; ok && !last && i < n; i++)
        ok = find_trashed(app, arguments_word(a, i), &row, e) && restore_one(app, &row, e);
    return ok;
}

static int run_restore(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    if (!arguments_count(a)) return list_trash(app);
    app->keep_trash = true; /* what is asked for may be due */
    return restore_all(app, a, &e) ? 0 : app_fail(app, &e);
}

const struct command command_restore = {
    .name = "restore",
    .arguments = "[RUN ...]",
    .summary = "bring removed runs back (@last: those removed last); without any, list what is in the trash",
    .least = 0,
    .most = -1,
    .run = run_restore,
};
