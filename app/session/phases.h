/* Names for what a step's time goes into: as `time.NAME` in the store, as keys of `phases` in JSON. */
#ifndef MLVICX_APP_PHASES_H
#define MLVICX_APP_PHASES_H

#include "engine/train/engine.h"

enum { PHASES_MOST = PHASE_COUNT + 2 * STAGE_COUNT };

struct phase {
    char name[32]; /* "backward"; a part of it is "backward.layer1" */
    double seconds;
};

/** Phases of a step in their order, each followed by its parts; only parts whose stage the network has. Returns how
 * many. */
int phases_list(const struct step_report *r, struct phase out[PHASES_MOST]);

#endif
