/* The monitor of a run that trains: the diagnostics of collapse on the fixed probe set, and the quick probe of what the
 * features are worth. Both read the engine in evaluation mode and leave the training as it was. */
#ifndef MLVICX_APP_MONITOR_H
#define MLVICX_APP_MONITOR_H

#include "app/session/session.h"
#include "app/worker/judge.h"
#include "app/worker/recorder.h"
#include "engine/diagnose/diagnose.h"

/** A fixed set of images with their labels. Owned arrays. */
struct monitor_set {
    uint32_t *images; /* [n] indices into the pack          */
    int8_t *labels;   /* [n, classes]; NULL where there are none */
    int n;
};

struct monitor {
    struct session *session;       /* borrowed */
    struct recorder *recorder;     /* borrowed */
    struct monitor_set probe;      /* of the diagnostics: validation images, training images where there are none */
    struct monitor_set train, val; /* of the quick probe; empty where the set has no labels for it            */
    struct diagnose_cache cache;
    struct judge judge;
    bool probed; /* the quick probe was made before, and has said which classes have no area        */
    double best; /* highest area so far, NaN     before the first                              */
};

/** Choose the sets. `step` is where the run continues: verdicts and the best area so far are read from the store.
 * `preset` of the run is borrowed. */
bool monitor_open(struct monitor *m, struct session *session, struct recorder *recorder, const char *preset,
                  int64_t step, struct err *e);
/** True when the diagnostics or the probe are due after `step` steps. */
bool monitor_diagnose_due(const struct monitor *m, int64_t step);
bool monitor_probe_due(const struct monitor *m, int64_t step);
/** Diagnostics: numbers, snapshots and what the judge says go to the store. */
bool monitor_diagnose(struct monitor *m, int64_t step, struct err *e);
/** Quick probe: `*best` true when the ridge area is the highest so far. */
bool monitor_probe(struct monitor *m, int64_t step, bool *best, struct err *e);
void monitor_close(struct monitor *m); /* fine on a zeroed struct */

#endif
