/* Alarms of a run: what a person would want to be told, each with its reason and what to try. None of them stops
 * anything. */
#ifndef MLVICX_APP_ALARM_H
#define MLVICX_APP_ALARM_H

#include "app/recorder.h"

enum { ALARM_NORMS = 101, ALARM_WINDOW = 200 };

struct alarms {
    double norms[ALARM_NORMS]; /* newest gradient norms, a ring                            */
    int count, at;
    int64_t quiet_until;  /* step before which the gradient is not mentioned again    */
    double waited, total; /* seconds of the newest ALARM_WINDOW steps                 */
    int steps;
    bool starving, disk; /* told once in a worker's life                             */
};

/** Start at `step`: the gradient norms before it are read back, so that a resumed run says what it would have said. */
bool alarms_init(struct alarms *a, struct recorder *r, int64_t step, struct err *e);
/** After each step: a gradient far above its running median, a loader that starves the engine. */
bool alarms_step(struct alarms *a, struct recorder *r, int64_t step, double grad_norm, double waited, double total,
                 struct err *e);
/** After diagnostics were flushed: a rank that halved within 500 steps. */
bool alarms_diagnose(struct recorder *r, int64_t step, struct err *e);
/** After a checkpoint of `bytes`: a disk that does not hold many more. */
bool alarms_disk(struct alarms *a, struct recorder *r, int64_t step, double bytes, struct err *e);

#endif
