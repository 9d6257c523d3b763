/* Making a run and starting its worker: what `train`, `resume` and `demo` share. */
#ifndef MLVICX_APP_TRAIN_H
#define MLVICX_APP_TRAIN_H

#include <sys/types.h>

#include "app/cli/command.h"
#include "app/worker/death.h"
#include "engine/base/settings.h"

/** What a new run is besides its settings. Borrowed. */
struct train_row {
    const char *preset, *name; /* name NULL: DATASET-ID */
    int64_t parent;            /* 0, or the run that it descends from; that whose weights model.init names is found */
    const char *identity;      /* of what an evaluation makes it for (store/run.h); NULL: it is begun for itself */
};

/** Check that a run with these settings can be trained (data, batch, network, memory, model.init), then insert it with
 * its folder and config.ini. `*id` filled. On failure nothing stays. */
bool train_create(struct app *app, const struct settings *s, const struct train_row *row, int64_t *id, struct err *e);
/** Give `s` the encoder of a run's settings `of`, as far as `method` has use for it, and the settings `more` (names,
 * ended by NULL). */
bool train_inherit(struct settings *s, const struct settings *of, enum method_kind method, const char *const *more,
                   struct err *e);
/** Write runs/ID/config.ini. */
bool train_write_config(struct app *app, int64_t id, const char *ini, struct err *e);
/** Of --dry-run, --detach, --queue and --foreground at most one is given. */
bool train_check_way(const struct arguments *a, struct err *e);
/** Queue the new run, train it here, or start its worker and follow or leave it, as the options say; the exit status.
 */
int train_start(struct app *app, const struct arguments *a, int64_t id);
/** Remove a run that never started. */
void train_undo(struct app *app, int64_t id);
/** Start the worker; `extra` are more arguments of `worker` (NULL-terminated, may be NULL). `*pid` is a child of this
 * process, whose death death_after(`watch`) tells. Returns once it holds the run. Where it refuses a `fresh` run, that
 * is removed again; where it died, the run stays with its log. */
bool train_launch(struct app *app, int64_t id, const char *const *extra, bool fresh, pid_t *pid, struct death *watch,
                  struct err *e);

#endif
