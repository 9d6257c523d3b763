/* Converts the values of a step to rows of the store, in batches: a kill loses at most what was collected in one
 * second.
 *
 * Nothing here waits for the store. Rows that it does not accept now (another process keeps it locked, the disk is
 * full) stay in the outbox and are tried again every second, while the run continues. */
#ifndef MLVICX_APP_RECORDER_H
#define MLVICX_APP_RECORDER_H

#include "engine/train/engine.h"
#include "store/outbox.h"
#include "store/database/store.h"

enum { RECORDER_METRICS = 64 }; /* numbers of a step, at most */

/** The epoch with the highest AUC on validation images. */
struct best_epoch {
    double value;
    int64_t step; /* 0: none yet */
};

struct recorder {
    struct store *store;
    int64_t run;
    int lock; /* of the run, borrowed: its file tells others what cannot be written to the store */
    struct outbox box;
    struct store_checkpoint saved; /* the last checkpoint that this worker wrote or began from; no path: none */
    struct best_epoch best;        /* so far, including the run that this one continues; saved with each checkpoint */
    double flushed;                /* monotonic seconds of the last attempt */
    int64_t metrics[RECORDER_METRICS]; /* ids of a step's metrics; metric_count 0: not looked up yet */
    int metric_count;
    double stuck, said; /* since when the store cannot be written, and when that was last reported; 0: it can */
};

/** What the worker adds to the report of the engine. Times in seconds. */
struct recorder_step {
    int64_t step; /* steps done, this one included */
    double epoch, rate, images_per_second;
    double wait, record, total; /* waiting for images; writing to the store since the last step; the whole step */
    double load, augment;       /* beside the step: waiting for pixels of the pack, processor time of making views */
    double wall;                /* since the run first began, pauses left out */
};

void recorder_init(struct recorder *r, struct store *store, int64_t run, int lock);
/** Adds the metrics that a run of `m` with its first `levels` levels reports to the store: names, units, help. */
bool recorder_learn(struct recorder *r, const struct method_info *m, int levels, struct err *e);
/** Records the values of a step. Their metrics are looked up, or added, at the first one. */
void recorder_step(struct recorder *r, const struct recorder_step *s, const struct step_report *report);
/** One number by name. */
void recorder_number(struct recorder *r, const char *name, int64_t step, double value);
/** True if a second has passed since the last attempt. */
bool recorder_due(const struct recorder *r);
/** Writes the collected rows and the heartbeat. True also if the store cannot be written now: that is reported in
 * the log and in the lock file, and the rows are kept. False for permanent errors: a damaged database, a run that is
 * gone. */
bool recorder_flush(struct recorder *r, struct err *e);
/** Seconds for which the store could not be written; 0 if everything is written. */
double recorder_stuck(const struct recorder *r);
/** Saves the collected rows to a file beside the run, for the next worker. */
bool recorder_save(const struct recorder *r, struct err *e);
void recorder_clear(struct recorder *r);

/** What an event is about, beside its text. */
struct recorder_occasion {
    int64_t step;
    enum store_severity severity;
    const char *kind; /* "verdict"; borrowed                                                          */
    bool derived;     /* it follows from the training itself, so a resumed run computes it again      */
};

/** Records an event and prints it as a line of the run's log (stdout). False if memory ran out. */
bool recorder_event(struct recorder *r, const struct recorder_occasion *o, struct err *e, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
