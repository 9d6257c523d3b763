#include "app/worker/rewind.h"

#include <stdio.h>

#include "app/session/checkpoint_files.h"
#include "store/bundle.h"
#include "store/database/files.h"

/* Renames a bundle together with its journal, which SQLite would otherwise apply to the next bundle of that name. */
static bool put_aside(const struct folder *folder, const char *name, const char *aside, struct err *e)
{
    char from[64], to[64];
    snprintf(from, sizeof from, "%.50s-journal", name);
    snprintf(to, sizeof to, "%.50s-journal", aside);
    return (!folder_has(folder, from) || folder_rename(folder, from, to, e)) && folder_rename(folder, name, aside, e);
}

/* Merge a bundle of the run, if there is one, and remove it. A damaged one is put aside: it must not keep the run from
 * continuing forever. */
static bool merge_bundle(struct store *store, const struct store_run *run, const char *name, const char *what,
                         struct err *e)
{
    struct folder folder;
    struct err why;
    char aside[64];
    if (!store_folder(store, STORE_RUN, run->id, false, &folder, e)) return false;
    bool ok = true;
    if (!folder_has(&folder, name)) {
        folder_close(&folder);
        return true;
    }
    if (store_bundle_merge(store, run->id, name, &why)) {
        printf("resume: %s\n", what);
        ok = folder_unlink(&folder, name, e);
    } else if (why.code != ERR_FORMAT && why.code != ERR_UNSUPPORTED) {
        ok = err_set(e, why.code, "%s", why.msg);
    } else {
        snprintf(aside, sizeof aside, "%s.damaged", name);
        printf("resume: %s; it is put aside as %s\n", why.msg, aside);
        ok = put_aside(&folder, name, aside, e);
    }
    folder_close(&folder);
    return ok;
}

bool rewind_recover(struct store *store, const struct store_run *run, struct err *e)
{
    return merge_bundle(store, run, BUNDLE_UNWRITTEN, "what the last worker could not write is in the store now", e);
}

/* The step that the run went back to, if nothing new was saved since; otherwise -1. `*later`: whether there are
 * checkpoints after `step` that are given up by going back to it. */
static bool look(struct store *store, int64_t run, int64_t step, int64_t *gone_back, bool *later, struct err *e)
{
    struct store_checkpoints list;
    int64_t kept = 0;
    bool given_up = false;
    *later = false;
    if (!store_checkpoint_list(store, run, &list, e)) return false;
    for (size_t i = 0; i < list.count; i++) {
        const struct store_checkpoint *c = &list.rows[i];
        given_up |= c->given_up == STORE_GIVEN_UP;
        if (c->given_up == STORE_KEPT) kept = c->step;
        *later |= c->given_up != STORE_GIVEN_UP_PIN && c->step > step;
    }
    store_checkpoints_clear(&list);
    *gone_back = given_up ? kept : -1;
    return true;
}

bool rewind_prepare(struct store *store, const struct store_run *run, int64_t step, struct err *e)
{
    int64_t gone_back;
    bool later;
    if (!look(store, run->id, step, &gone_back, &later, e)) return false;
    if (gone_back >= 0 &&
        !(store_run_rewind(store, run->id, gone_back, e) &&
          merge_bundle(store, run, BUNDLE_GIVEN_UP,
                       "nothing new was saved since the run went back: what it gave up is there again", e) &&
          store_checkpoint_restore_given_up(store, run->id, e)))
        return false;
    return !later || store_bundle_give_up(store, run->id, step, e);
}

bool rewind_to(struct store *store, int64_t run, int64_t step, struct err *e)
{
    return store_run_rewind(store, run, step, e) && checkpoint_files_sweep(store, run, e);
}

bool rewind_settle(struct store *store, int64_t run, struct err *e)
{
    if (!store_file_is(store, STORE_RUN, run, BUNDLE_GIVEN_UP)) return true;
    return checkpoint_files_sweep(store, run, e) && store_file_remove(store, STORE_RUN, run, BUNDLE_GIVEN_UP, e);
}
