/* The monitor of a training run: the diagnostics of collapse on the fixed probe set, and the quick probe of the
 * quality of the features. Both read the engine in evaluation mode and do not change the training. */
#ifndef MLVICX_APP_MONITOR_H
#define MLVICX_APP_MONITOR_H

#include "app/worker/recorder.h"
#include "app/session/session.h"
#include "engine/diagnose/diagnose.h"
#include "engine/diagnose/verdict.h"

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
    enum verdict_word verdict[2]; /* newest one of z and d, so that only changes are told                     */
    bool probed;                  /* the quick probe was made before, and has said which classes have no area        */
    double best;                  /* highest area so far, NaN     before the first                              */
};

/** Chooses the sets. `step` is where the run continues: verdicts and the best AUC so far are read from the store. */
bool monitor_open(struct monitor *m, struct session *session, struct recorder *recorder, int64_t step, struct err *e);
/** True if the diagnostics or the probe are due after `step` steps. */
bool monitor_diagnose_due(const struct monitor *m, int64_t step);
bool monitor_probe_due(const struct monitor *m, int64_t step);
/** Diagnostics: numbers, snapshots and a change of verdict go to the store. */
bool monitor_diagnose(struct monitor *m, int64_t step, struct err *e);
/** Quick probe: `*best` true if the AUC of the ridge probe is the highest so far. */
bool monitor_probe(struct monitor *m, int64_t step, bool *best, struct err *e);
/** One line with both verdicts, such as "global HEALTHY, local WATCH"; fills out. */
const char *monitor_verdicts(const struct monitor *m, char *out, size_t size);
void monitor_close(struct monitor *m); /* fine on a zeroed struct */

#endif
