/* Alarms of a run: conditions that a user would want to know, each with its reason and what to try. None of them
 * stops anything.
 *
 * An alarm is an event of the kind "alarm.NAME". It is active until an event of the same kind and severity
 * information says that it is over. So active alarms are read from the store, and a resumed worker neither repeats
 * nor forgets one. */
#ifndef MLVICX_APP_ALARM_H
#define MLVICX_APP_ALARM_H

#include "app/worker/recorder.h"
#include "engine/base/settings.h"

enum { ALARM_NORMS = 101, ALARM_WINDOW = 200 };
enum alarm_kind { ALARM_GRADIENT, ALARM_LOADER, ALARM_DISK, ALARM_KINDS };

struct alarms {
    struct recorder *recorder;       /* borrowed */
    const struct settings *settings; /* borrowed: advice depends on them */
    double norms[ALARM_NORMS];       /* newest gradient norms, a ring                           */
    int count, at;
    int64_t quiet_until;  /* step before which the gradient is not mentioned again   */
    double waited, total; /* seconds of the newest ALARM_WINDOW steps                */
    int steps;
    bool standing[ALARM_KINDS]; /* reported, and not over */
};

/** Starts at `step`: earlier gradient norms and active alarms are read back, so that a resumed run reports what it
 * would have reported. */
bool alarms_init(struct alarms *a, struct recorder *r, const struct settings *settings, int64_t step, struct err *e);
/** After each step: a gradient far above its running median, or a loader that starves the engine. */
bool alarms_step(struct alarms *a, int64_t step, double grad_norm, double waited, double total, struct err *e);
/** After a checkpoint of `bytes`, with `room` bytes left on the disk (negative: unknown): too little room for many
 * more. */
bool alarms_disk(struct alarms *a, int64_t step, double bytes, double room, struct err *e);

#endif
