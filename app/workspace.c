/* The workspace as commands see it: the store on demand, and runs by the words that users type. */
#include "app/command.h"

#include <stdio.h>
#include <string.h>

#include "app/process.h"
#include "engine/base/text.h"

static bool asked_to_stop(void *ctx)
{
    (void)ctx;
    return process_asked() != 0;
}

struct store *app_store(struct app *app, enum store_mode mode, struct err *e)
{
    if (app->store && mode == STORE_WRITE && store_is_read_only(app->store)) {
        store_close(app->store);
        app->store = NULL;
    }
    if (app->store) return app->store;
    if (!store_open(app->dir, mode, &app->store, e)) return NULL;
    store_heed(app->store, asked_to_stop, NULL);
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
    char dir[STORE_PATH];
    if (app->store || store_exists(app->dir)) return app_store(app, mode, e);
    if (store_locate(app->dir, dir, e))
        err_set(e, ERR_NOT_FOUND, "store %s: there is none; mlvicx data import or mlvicx demo begins one", dir);
    return NULL;
}

bool app_find_run(struct app *app, const char *word, struct store_run *run, struct err *e)
{
    int64_t id;
    if (!app->store && !app_existing_store(app, STORE_READ, e)) return false;
    return store_run_find(app->store, word, &id, e) && store_run_get(app->store, id, run, e);
}

bool app_find_run_step(struct app *app, const char *word, struct store_run *run, int64_t *step, struct err *e)
{
    char name[STORE_NAME + 16];
    const char *at = strrchr(word, '@');
    *step = -1;
    if (!at || at == word) return app_find_run(app, word, run, e);
    if (!text_to_int(at + 1, step) || *step < 0)
        return err_set(e, ERR_USAGE, "%s: '%s' is not a step; give RUN@STEP, such as @last@1200", word, at + 1);
    snprintf(name, sizeof name, "%.*s", (int)(at - word), word);
    return app_find_run(app, name, run, e);
}
