#include "app/commands/made_before.h"

#include <stdlib.h>

#include "store/trash.h"

static bool among_runs(struct app *app, const char *identity, made_before_same *same, const void *ctx, int64_t *id,
                       struct err *e)
{
    for (int64_t before = INT64_MAX;; before = *id) {
        struct store_run run;
        if (!store_run_find_identity(app->store, identity, before, id, e)) return false;
        if (!*id) return true;
        if (!store_run_get(app->store, *id, &run, e)) return false;
        bool found = !same || same(ctx, run.config);
        store_run_clear(&run);
        if (found) return true;
    }
}

static bool in_trash(struct app *app, const char *identity, made_before_same *same, const void *ctx, int64_t *id,
                     struct err *e)
{
    for (int64_t before = INT64_MAX;; before = *id) {
        char *config;
        if (!store_trash_find_identity(app->store, identity, before, id, &config, e)) return false;
        bool found = !*id || !same || same(ctx, config);
        free(config);
        if (found) return true;
    }
}

bool made_before_find(struct app *app, const char *identity, made_before_same *same, const void *ctx, int64_t *id,
                      struct err *e)
{
    enum { TRIES = 3 }; /* another process may bring it back, or delete it, between two looks */
    char name[STORE_NAME];
    for (int i = 0; i < TRIES; i++) {
        if (!among_runs(app, identity, same, ctx, id, e)) return false;
        if (*id) return true;
        if (!in_trash(app, identity, same, ctx, id, e) || !*id) return *id == 0;
        if (store_trash_restore(app->store, *id, name, e)) {
            app_note(app,
                     "run %lld %s: was in the trash and is back, for it is what is asked for; mlvicx rm --now %s "
                     "deletes it for good",
                     (long long)*id, name, name);
            return true;
        }
        if (e->code != ERR_NOT_FOUND) return false;
    }
    return false;
}
