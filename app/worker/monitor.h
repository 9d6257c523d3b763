/* The monitor of a training run: the diagnostics of collapse on the fixed probe set, and the quick probe of the
 * quality of the features. Both read the engine in evaluation mode and do not change the training. */
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
    struct monitor_set probe;      /* for the diagnostics: validation images, training images if there are none */
    struct monitor_set train, val; /* for the quick probe; empty if the set has no labels for it */
    struct diagnose_cache cache;
    struct judge judge;
    bool probed; /* the quick probe was made before, and has said which classes have no area        */
    double best; /* highest area so far, NaN     before the first                              */
};

/** Chooses the sets. `step` is where the run continues: verdicts and the best AUC so far are read from the store.
 * `preset` of the run is borrowed. */
bool monitor_open(struct monitor *m, struct session *session, struct recorder *recorder, const char *preset,
                  int64_t step, struct err *e);
/** True if the diagnostics or the probe are due after `step` steps. */
bool monitor_diagnose_due(const struct monitor *m, int64_t step);
bool monitor_probe_due(const struct monitor *m, int64_t step);
/** Diagnostics: numbers, snapshots and what the judge says go to the store. */
bool monitor_diagnose(struct monitor *m, int64_t step, struct err *e);
/** Quick probe: `*best` true if the AUC of the ridge probe is the highest so far. */
bool monitor_probe(struct monitor *m, int64_t step, bool *best, struct err *e);
void monitor_close(struct monitor *m); /* fine on a zeroed struct */

#endif
