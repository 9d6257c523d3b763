/* The queue: a separate process that starts one worker after another. */
#ifndef MLVICX_APP_QUEUE_H
#define MLVICX_APP_QUEUE_H

#include "app/cli/command.h"

/** Starts a supervisor (`mlvicx queue run`) in its own session, if the store has none. Returns once there is one. It
 * outlives this process and its terminal, and ends when the queue is empty. */
bool queue_ensure(const struct store *s, struct err *e);

#endif
