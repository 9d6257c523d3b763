/* `fork`: continues a run from a checkpoint as a new run. The new run gets everything that a resume needs, and its
 * worker resumes it. The parent is read later only to draw the curves before the fork. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/process.h"
#include "app/commands/control.h"
#include "app/commands/fork.h"
#include "app/commands/train.h"
#include "app/session/checkpoint_files.h"
#include "app/session/fit.h"
#include "app/session/init.h"
#include "app/session/session.h"
#include "app/worker/resume_point.h"
#include "engine/base/files.h"
#include "store/command.h"
#include "store/database/files.h"
#include "store/event.h"

enum { SETS = 24 };

struct fork {
    struct store_run parent; /* owned */
    struct resume_point point;
    struct session session;
    struct settings settings; /* at the step, with the requested changes */
    const char *sets[SETS + 1];
    char *config; /* the config of the parent as it was given, owned */
};

static void fork_clear(struct fork *f)
{
    free(f->config);
    session_close(&f->session);
    resume_point_close(&f->point);
    store_run_clear(&f->parent);
}

static bool find_point(struct app *app, const char *word, struct fork *f, struct err *e)
{
    int64_t step;
    if (!app_find_run_step(app, word, &f->parent, &step, e) ||
        !store_checkpoint_find(app->store, f->parent.id, step < 0 ? STORE_NEWEST : step, &f->point.row, e))
        return false;
    f->point.step = f->point.row.step;
    f->point.open = checkpoint_files_open(app->store, f->parent.id, &f->point.row, &f->point.tensors, e);
    return f->point.open || err_wrap(e, "run %s", f->parent.name);
}

/* Applies changes to live settings only: everything else is part of the state that is taken over. */
static bool change(const char *const *sets, struct fork *f, struct err *e)
{
    for (int n = 0; sets[n]; n++) {
        if (n == SETS) return err_set(e, ERR_USAGE, "fork: at most %d --set; change the others with mlvicx set", SETS);
        if (!settings_assign_live(&f->settings, sets[n], e)) return false;
        f->sets[n] = sets[n];
    }
    return true;
}

static bool look(struct app *app, const char *word, const char *const *sets, struct fork *f, struct err *e)
{
    const char *digest;
    if (!find_point(app, word, f, e) || !resume_point_settings(app->store, &f->parent, &f->point, &f->settings, e) ||
        !change(sets, f, e) || !session_open(&f->session, app->store, &f->settings, e))
        return false;
    digest = tensors_metadata(&f->point.tensors, "data_digest");
    if (digest && strcmp(digest, f->session.data.dataset.digest) != 0)
        return err_set(e, ERR_CONFLICT, "run %s: data set %s is not the one that it was trained on; import that again",
                       f->parent.name, f->session.data.dataset.name);
    if (!settings_check_live(&f->settings, f->point.step, f->session.steps_per_epoch, e)) return false;
    if (f->point.step >= session_total(&f->session))
        return err_set(e, ERR_CONFLICT, "run %s: step %lld is its last; give the fork more with --set optim.epochs=N",
                       f->parent.name, (long long)f->point.step);
    return fit_check(&f->session, e) && fit_check_files(&f->session, f->point.step, app->store, e);
}

/* The settings that the parent was given. */
static bool read_given(struct app *app, struct fork *f, struct err *e)
{
    char path[STORE_PATH];
    int fd = store_file(app->store, STORE_RUN, f->parent.id, "config.ini", FOLDER_READ, path, e);
    f->config = fd >= 0 ? file_take_text(fd, path, 1 << 20, e) : NULL;
    return f->config != NULL;
}

static bool insert(struct app *app, const struct fork_row *given, const struct fork *f, int64_t *id, struct err *e)
{
    struct store_run row = { .dataset_id = f->session.data.dataset.id,
                             .config = f->config,
                             .resolved = f->parent.resolved,
                             .seed = f->parent.seed,
                             .steps = session_total(&f->session),
                             .epochs = f->settings.optim.epochs,
                             .parent_id = f->parent.id };
    snprintf(row.name, sizeof row.name, "%s", given->name ? given->name : "");
    snprintf(row.identity, sizeof row.identity, "%s", given->identity ? given->identity : "");
    snprintf(row.dataset, sizeof row.dataset, "%s", f->session.data.dataset.name);
    snprintf(row.preset, sizeof row.preset, "%s", f->parent.preset);
    snprintf(row.method, sizeof row.method, "%s", f->parent.method);
    return store_run_insert(app->store, &row, id, e);
}

/* The checkpoint is pinned in the parent, since the fork begins there. */
static bool hand_over(struct app *app, const struct fork *f, int64_t id, struct err *e)
{
    struct store_checkpoint own = f->point.row;
    char text[256];
    struct store_event event = { .step = f->point.step, .severity = STORE_INFO, .kind = "fork", .text = text };
    snprintf(own.reason, sizeof own.reason, "fork");
    own.pinned = true;
    own.given_up = STORE_KEPT;
    own.created_at = 0;
    snprintf(text, sizeof text, "goes on from run %.128s (%lld) at step %lld", f->parent.name, (long long)f->parent.id,
             (long long)f->point.step);
    return train_write_config(app, id, f->config, e) &&
           checkpoint_files_copy(app->store, f->parent.id, &f->point.row, id, own.path, e) &&
           store_checkpoint_insert(app->store, id, &own, e) && init_pass_on(app->store, f->parent.id, id, e) &&
           store_command_inherit(app->store, f->parent.id, id, f->point.step, f->sets, e) &&
           store_event_insert(app->store, id, &event, e);
}

bool fork_create(struct app *app, const struct fork_row *row, int64_t *id, struct err *e)
{
    struct fork f = { 0 };
    bool ok = (!row->name || store_name_check("--name", row->name, e)) && look(app, row->word, row->sets, &f, e) &&
              read_given(app, &f, e);
    process_catch(PROCESS_FOLLOWS);
    process_hold_hangup(true);
    ok = ok && insert(app, row, &f, id, e);
    if (ok && !hand_over(app, &f, *id, e)) {
        train_undo(app, *id);
        ok = false;
    }
    for (int i = 0; ok && f.sets[i]; i++) control_note_unread(app, f.parent.method, f.sets[i]);
    fork_clear(&f);
    return ok;
}

static int fork_run(struct app *app, const struct arguments *a)
{
    const char *sets[SETS + 2] = { NULL };
    struct err e;
    int64_t id = 0;
    for (int n = 0; n <= SETS; n++) sets[n] = arguments_nth(a, "set", n);
    const struct fork_row row = { arguments_word(a, 0), sets, arguments_text(a, "name", NULL), NULL };
    bool ok = train_check_way(a, &e) && app_existing_store(app, STORE_WRITE, &e) && fork_create(app, &row, &id, &e);
    return ok ? train_start(app, a, id) : app_fail(app, &e);
}

static const struct option_row options[] = {
    { "set", 0, OPTION_TEXT, "K=V", "change a setting that a live run may change; may be repeated", 0, 0 },
    { "name", 0, OPTION_TEXT, "NAME", "name of the new run [the data set's and a number]", 0, 0 },
    { "detach", 0, OPTION_FLAG, NULL, "return once the worker has started", 0, 0 },
    { "queue", 0, OPTION_FLAG, NULL, "put the run into the queue; see mlvicx queue", 0, 0 },
    { "foreground", 0, OPTION_FLAG, NULL, "train in this process, so that signals of a batch system reach it", 0, 0 },
    { 0 },
};

const struct command command_fork = {
    .name = "fork",
    .arguments = "RUN[@STEP] [--set K=V]",
    .summary = "continue a checkpoint as a new run",
    .least = 1,
    .most = 1,
    .options = options,
    .run = fork_run,
    .details = "The new run takes over the whole checkpoint: weights, optimizer state, random numbers and settings. "
               "Without a changed\nsetting it computes the same numbers as its parent. It does not need its parent any "
               "more, and starts without the\nparent's history. Without @STEP the newest checkpoint is used. To take "
               "over the weights alone, see train --parent.",
};
