/* Follows a worker through its log. */
#ifndef MLVICX_APP_FOLLOW_H
#define MLVICX_APP_FOLLOW_H

#include <sys/types.h>

#include "app/cli/command.h"

/** Bytes in the run's log now: where following begins. 0 if there is none. */
off_t follow_mark(struct app *app, int64_t run);
/** Shows what was added to the log since `mark` on stderr, without waiting. */
void follow_catch_up(struct app *app, int64_t run, off_t mark);
/** Shows the log from `mark` until the worker `pid`, a child of this process, ends. Ctrl-C and SIGTERM ask it to
 * stop cleanly, a second one only ends following; SIGUSR1 is passed on; a hang-up ends only this process.
 * `*ended_with` is filled with its status, as of wait. Returns 0, or 128 + the signal by which it was stopped. */
int follow_worker(struct app *app, int64_t run, pid_t pid, off_t mark, int *ended_with);

/** A child process that shows the log while this one trains. */
struct follower {
    pid_t pid;
    int end; /* closing it ends the other */
};
/** Starts to show the log from `mark` on. */
bool follow_beside(struct app *app, int64_t run, off_t mark, struct follower *f, struct err *e);
/** Shows the rest and ends the process. */
void follow_end(struct follower *f);

#endif
