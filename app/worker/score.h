/* The last phase of a run that an evaluation made: its test images. */
#ifndef MLVICX_APP_SCORE_H
#define MLVICX_APP_SCORE_H

#include "app/worker/worker.h"

/** Serves what the run was asked to score once it is trained (eval_order.h); its last checkpoint is written. What
 * cannot be scored now is told as an event, and whoever asked scores it: the run itself has finished. False: it cannot
 * go on at all. */
bool score_ordered(struct app *app, struct worker *w, struct err *e);

#endif
