/* Starts a worker in its own Unix session and receives one answer from it: that it holds its run, or why not. */
#ifndef MLVICX_APP_PROCESS_H
#define MLVICX_APP_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "engine/base/err.h"

/** Starts this program again as `argv` (argv[0] included, NULL-terminated) in its own Unix session, with /dev/null
 * as stdin and the descriptor `log`, which is closed here, as stdout and stderr; `name` is used in errors. The child
 * gets a descriptor for its answer in `--ready FD`, which is added to its arguments. Waits for the answer: true and
 * `*pid` filled once the child is ready, else false with its reason. `*ended` (may be NULL) is then the status, as
 * of wait, of a child that ended without an answer; -1 if it answered or was never started. If this process catches
 * signals and is asked to end meanwhile, it ends the child, which is ERR_INTERRUPTED. */
bool process_start(const char *const *argv, int log, const char *name, pid_t *pid, int *ended, struct err *e);

/** Such a status as text: "was killed by signal 9 (Killed)", "ended with status 3". Returns out. */
const char *process_status_text(int status, char *out, size_t size);

/** The child's side: answers on descriptor `ready` (-1: nobody waits) that it is ready (e NULL), or why not; closes
 * it. */
void process_answer(int ready, const struct err *e);

/** The role of a process decides what signals mean to it; process.c has the table. */
enum process_role {
    PROCESS_BEGINS,  /* every command from its first line on, the workbench too         */
    PROCESS_WORKS,   /* ends cleanly when it is asked to: removing, following a log     */
    PROCESS_TRAINS,  /* a worker                                                        */
    PROCESS_FOLLOWS, /* a process that started a worker, and passes requests on */
    PROCESS_STAYS,   /* continues without its terminal: imports, the queue's supervisor   */
    PROCESS_ROLES
};

/** Handles signals from here on. SIGINT, SIGTERM and SIGXCPU request a clean end: process_asked returns the last
 * such signal, 0 before. SIGUSR1 and SIGUSR2 request a checkpoint from a worker, or from a process that follows one
 * (process_save_asked); all others ignore them. A hang-up is ignored by workers and by processes that continue
 * without their terminal. */
void process_catch(enum process_role role);
int process_asked(void);
/** How often an end was requested: a user who asks twice does not want to wait. */
int process_asked_times(void);
/** A hang-up is deferred while held, so that unfinished work is first completed or undone. */
void process_hold_hangup(bool hold);
/** True once after each SIGUSR1. */
bool process_save_asked(void);

#endif
