/* From the numbers of a step to rows of the store, in batches: a kill loses at most what was gathered in one second. */
#ifndef MLVICX_APP_RECORDER_H
#define MLVICX_APP_RECORDER_H

#include "engine/train/engine.h"
#include "store/event.h"
#include "store/metric.h"
#include "store/store.h"

struct recorder {
    struct store *store;
    int64_t run;
    struct store_batch batch;
    double flushed; /* monotonic seconds of the last transaction */
};

/** What the worker knows of a step beside the engine's report. Times in seconds. */
struct recorder_step {
    int64_t step; /* steps done, this one included */
    double epoch, rate, images_per_second;
    double wait, record, total; /* waiting for images; writing to the store since the last step; the whole step */
    double augment;             /* processor time of making the images, beside the step */
    double wall;                /* since the run first began, pauses left out */
};

void recorder_init(struct recorder *r, struct store *store, int64_t run);
void recorder_step(struct recorder *r, const struct recorder_step *s, const struct step_report *report);
/** One number by name. */
void recorder_number(struct recorder *r, const char *name, int64_t step, double value);
/** True when a second has passed since the last transaction. */
bool recorder_due(const struct recorder *r);
/** Write what was gathered and the heartbeat. */
bool recorder_flush(struct recorder *r, struct err *e);
void recorder_clear(struct recorder *r);

/** Record an event and print it as a line of the run's log (stdout). `derived`: it follows from the training itself, so
 * a resume computes it again. */
bool recorder_event(struct recorder *r, int64_t step, enum store_severity severity, const char *kind, bool derived,
                    struct err *e, const char *format, ...) __attribute__((format(printf, 7, 8)));

#endif
