/* What a run computes with: its data set, pack, engine and loader, created from its settings.
 *
 * session_open reads and checks, and costs little: `train` and --dry-run stop there. session_start creates the
 * engine and the loader. Nothing here writes to the store. */
#ifndef MLVICX_APP_SESSION_H
#define MLVICX_APP_SESSION_H

#include "engine/base/settings.h"
#include "engine/base/text.h"
#include "engine/data/loader.h"
#include "engine/data/pack.h"
#include "engine/diagnose/verdict.h"
#include "engine/train/engine.h"
#include "engine/train/schedule.h"
#include "store/dataset.h"

/** Images of one split: indices into the pack. Owned. */
struct session_images {
    uint32_t *rows;
    int count;
};

/** What a checkpoint calls the memories of the levels. */
extern const char *const session_memory_names[2];

struct session {
    struct settings settings;   /* resolved: nothing is automatic any more            */
    struct store_contents data; /* row, classes, splits, labels                       */
    struct pack *pack;
    struct session_images train, val; /* val is empty where the set has no validation images; with labels train is what
                                         keeps them, and val what has any */
    int8_t *labels;                   /* [train.count, classes] of a method that learns from labels; else NULL */
    double *class_weights;            /* [classes] where they count differently; else NULL                   */
    struct engine_config config;
    struct tuning tuning;    /* filled by autotune_prepare; config points at it then */
    int64_t images_per_step; /* batch * accumulate                                 */
    int64_t asked_batch;     /* data.batch before it became what labelled images there are */
    int64_t steps_per_epoch;
    struct verdict_memory memory[2]; /* of the global and the local level; checkpoints keep it */
    struct engine *engine;           /* NULL before session_start                          */
    struct loader *loader;
};

/** Read the data set `settings.data.name` and check that these settings can train on it: it exists, has training
 * images, a batch of them, the asked channels; model.init can be read. A method that learns from labels gets the share
 * of them that its settings say; where they are fewer images than a batch, the batch becomes what there is. `s` filled;
 * ended by session_close in any case. */
bool session_open(struct session *s, struct store *store, const struct settings *settings, struct err *e);

/** Make engine (parameters zero) and loader, which begins with step `first_step`. */
bool session_start(struct session *s, uint64_t first_step, struct err *e);

/** Parameters of the new run `run` (0: of none): Kaiming from the seed, then model.init where that is a file. `report`
 * (may be NULL) one line on what the file brought, "" otherwise; `size` bytes. */
bool session_init(struct session *s, struct store *store, int64_t run, char *report, size_t size, struct err *e);

/** Whether both values of a class are among the labels that it learns from: what has one alone cannot be told. */
bool session_is_taught(const struct session *s, int class_index);

/** What a person should know of the labels before the run begins, a line each; nothing where there is nothing to say.
 */
void session_remarks(const struct session *s, struct text *out);

/** Steps of the whole run, as the settings are now. */
int64_t session_total(const struct session *s);
/** The rate of the update that follows `step` done ones. */
double session_rate(const struct session *s, int64_t step);
/** Bytes that a checkpoint of it takes, about: parameters and two moments. */
double session_checkpoint_bytes(const struct session *s);
/** What step number `step` = 0, 1, ... is told: weights, rate, and what a moving average keeps. */
struct step_settings session_step_settings(const struct session *s, int64_t step);

void session_close(struct session *s); /* fine on a zeroed struct */

#endif
