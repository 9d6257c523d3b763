/* The workspace as commands see it: the store on demand, and runs by the words that users type. */
#include "app/cli/command.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/process.h"
#include "engine/base/clock.h"
#include "engine/base/files.h"
#include "engine/base/text.h"
#include "store/dataset.h"
#include "store/checkpoint.h"
#include "store/trash.h"

/* If root may write the store of a user, this process becomes that user: files created by root would be unusable for
 * the user, and whatever lies in the store gets no more rights than its owner has. */
static bool become_owner(const struct app *app, struct err *e)
{
    int64_t user, group;
    if (geteuid() != 0) return true;
    if (!store_owner(app->dir, &user, &group, e)) return false;
    if (user == 0) return true;
    const struct passwd *p = getpwuid((uid_t)user);
    gid_t own = p ? p->pw_gid : (gid_t)group;
    bool ok = (p ? initgroups(p->pw_name, own) : setgroups(1, &own)) == 0 && setresgid(own, own, own) == 0 &&
              setresuid((uid_t)user, (uid_t)user, (uid_t)user) == 0;
    return ok || err_errno(e, "--trust-store: user %lld, whose store it is, cannot be become", (long long)user);
}

static bool asked_to_stop(void *ctx)
{
    (void)ctx;
    return process_asked() != 0;
}

/* Deletes what has been in the trash for long enough. No command waits long for that, or fails for it: what is not done
 * now is done by the next. */
static void empty_trash(struct store *s)
{
    static const double seconds = 0.25;
    enum { PATIENCE = 100 };
    struct err ignored;
    store_set_lock_timeout(s, PATIENCE);
    store_trash_empty(s, clock_wall() - STORE_TRASH_DAYS * 86400.0, seconds, &ignored);
    store_set_lock_timeout(s, STORE_LOCK_TIMEOUT);
}

static struct store *no_store(const struct app *app, struct err *e)
{
    char dir[STORE_PATH];
    if (store_locate(app->dir, dir, e))
        err_set(e, ERR_NOT_FOUND, "store %s: there is none; mlvicx data import or mlvicx demo begins one", dir);
    return NULL;
}

bool app_store_is_misspelt(const struct app *app)
{
    return app->dir && !file_is_directory(app->dir);
}

struct store *app_store(struct app *app, enum store_mode mode, struct err *e)
{
    if (app->store && (mode == STORE_WRITE || mode == STORE_FREE) && store_is_read_only(app->store)) {
        store_close(app->store);
        app->store = NULL;
    }
    if (app->store) return app->store;
    if (mode == STORE_READ && app_store_is_misspelt(app)) return no_store(app, e);
    bool ok = app->trust
                  ? (mode == STORE_READ || become_owner(app, e)) && store_open_trusting(app->dir, mode, &app->store, e)
                  : store_open(app->dir, mode, &app->store, e);
    if (!ok) return NULL;
    store_heed(app->store, asked_to_stop, NULL);
    if (mode != STORE_READ && !store_is_read_only(app->store) && !app->keep_trash) empty_trash(app->store);
    if (mode == STORE_READ && *store_remark(app->store))
        app_note(app, "store %s: %s; it is only read", store_dir(app->store), store_remark(app->store));
    return app->store;
}

int app_passed_over(const struct app *app, int status, const char *what, size_t count, const struct err *why)
{
    struct err e;
    if (!count) return status;
    err_set(&e, why->code, "%zu %s left out, for what it holds cannot be read: %s", count, what, why->msg);
    int failed = app_fail(app, &e);
    return status ? status : failed;
}

struct store *app_existing_store(struct app *app, enum store_mode mode, struct err *e)
{
    return app->store || store_exists(app->dir) ? app_store(app, mode, e) : no_store(app, e);
}

bool app_find_run(struct app *app, const char *word, struct store_run *run, struct err *e)
{
    int64_t id;
    if (!app->store && !app_existing_store(app, STORE_READ, e)) return false;
    return store_run_find(app->store, word, &id, e) && store_run_get(app->store, id, run, e);
}

/* The step of the run's best checkpoint. */
static bool find_best(struct app *app, struct store_run *run, int64_t *step, struct err *e)
{
    if (store_checkpoint_best(app->store, run->id, step, e)) {
        if (*step >= 0) return true;
        err_set(e, ERR_NOT_FOUND, "run %s@best: no checkpoint of it has been probed; see probe.epochs", run->name);
    }
    store_run_clear(run);
    return false;
}

bool app_only_dataset(struct app *app, char name[STORE_NAME], struct err *e)
{
    struct store_datasets list;
    *name = '\0';
    if (!app->store && !store_exists(app->dir)) return true;
    if (!app_store(app, STORE_READ, e) || !store_dataset_list(app->store, &list, e)) return false;
    if (list.count == 1 && !list.unreadable) {
        snprintf(name, STORE_NAME, "%s", list.rows[0].name);
        app_note(app, "data set %s: is the only one, so it is taken", name);
    }
    store_datasets_clear(&list);
    return true;
}

bool app_find_run_step(struct app *app, const char *word, struct store_run *run, int64_t *step, struct err *e)
{
    char name[STORE_NAME + 16];
    const char *at = strrchr(word, '@');
    *step = -1;
    if (!at || at == word) return app_find_run(app, word, run, e);
    bool best = !strcmp(at, "@best"), last = !strcmp(at, "@last");
    if (!best && !last && (!text_to_int(at + 1, step) || *step < 0))
        return err_set(e, ERR_USAGE, "%s: '%s' is not a step; give RUN@STEP, such as @last@1200, or RUN@best", word,
                       at + 1);
    snprintf(name, sizeof name, "%.*s", (int)(at - word), word);
    if (last) *step = STORE_NEWEST;
    return app_find_run(app, name, run, e) && (!best || find_best(app, run, step, e));
}
