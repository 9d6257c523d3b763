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

/** What verdicts remember of a run: of each judged level, and of the features h. */
enum { SESSION_FEATURES = LEVEL_JUDGED, SESSION_MEMORIES };
/** The keys in a checkpoint under which they are saved. */
extern const char *const session_memory_names[SESSION_MEMORIES];

struct session {
    struct settings settings;   /* resolved: nothing is automatic any more            */
    struct store_contents data; /* row, classes, splits, labels                       */
    struct pack *pack;
    struct session_images train, val; /* train, and val, which is empty if the data set has no validation images. If the
                                         method learns from labels, only images with usable ones. */
    int held_out;                     /* that many of val were taken from the training images (data.held_out) */
    int8_t *labels;                   /* [train.count, classes] of a method that learns from labels; else NULL */
    double *class_weights;            /* [classes] where they count differently; else NULL                   */
    struct engine_config config;
    struct tuning tuning;    /* filled by autotune_prepare; config points at it then */
    int64_t images_per_step; /* batch * accumulate                                 */
    int64_t asked_batch;     /* data.batch as requested, before it was reduced to the number of labelled images */
    int64_t steps_per_epoch;
    struct verdict_memory memory[SESSION_MEMORIES]; /* checkpoints keep it */
    struct engine *engine;                          /* NULL before session_start                          */
    struct loader *loader;
};

/** Reads the data set `settings.data.name` and checks that these settings can train on it: it exists, has enough
 * training images for a batch and the requested channels, and model.init can be read. A method that learns from labels
 * gets the share of them that the settings ask for; if they are fewer images than a batch, the batch is reduced. `s` is
 * filled and must be closed with session_close in any case. */
bool session_open(struct session *s, struct store *store, const struct settings *settings, struct err *e);

/** Creates the engine (parameters zero) and the loader, which begins with step `first_step`. */
bool session_start(struct session *s, uint64_t first_step, struct err *e);

/** Initialises the parameters of the new run `run` (0: of none): Kaiming from the seed, then model.init if that is a
 * file. `report` (may be NULL; `size` bytes) is filled with one line about what the file contained, or "". */
bool session_init(struct session *s, struct store *store, int64_t run, char *report, size_t size, struct err *e);

/** Whether both values of a class occur among the training labels: a class with only one cannot be learned. */
bool session_is_taught(const struct session *s, int class_index);

/** Remarks about the labels that a user should see before the run begins, one line each; none if there are none. */
void session_remarks(const struct session *s, struct text *out);

/** Steps of the whole run, as the settings are now. */
int64_t session_total(const struct session *s);
/** The learning rate of the update after `step` updates. */
double session_rate(const struct session *s, int64_t step);
/** About how many bytes a checkpoint takes: parameters and two moments. */
double session_checkpoint_bytes(const struct session *s);
/** The settings of step number `step` = 0, 1, ...: loss weights, learning rate, and the decay of the moving average. */
struct step_settings session_step_settings(const struct session *s, int64_t step);

void session_close(struct session *s); /* fine on a zeroed struct */

#endif
