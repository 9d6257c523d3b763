/* Starting a worker in a session of its own, and hearing from it once: that it holds its run, or why not. */
#ifndef MLVICX_APP_PROCESS_H
#define MLVICX_APP_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "engine/base/err.h"

/** Start this program again as `argv` (argv[0] included, NULL-terminated) in a session of its own, with /dev/null as
 * stdin and the descriptor `log`, which is closed here, as stdout and stderr; `name` is what it is called in errors.
 * The child finds a descriptor to answer on in `--ready FD`, which is added to its arguments. Waits for the answer:
 * true and `*pid` filled once it says that it is ready, else false with its reason. `*ended` (may be NULL) is then the
 * status, as of wait, of one that ended without an answer; -1 where it answered or never was. A process that catches
 * signals and is asked to end meanwhile ends the child, which is ERR_INTERRUPTED. */
bool process_start(const char *const *argv, int log, const char *name, pid_t *pid, int *ended, struct err *e);

/** Such a status in words: "was killed by signal 9 (Killed)", "ended with status 3". Returns out. */
const char *process_status_text(int status, char *out, size_t size);

/** The child's side: answer on descriptor `ready` (-1: no one waits) that all is well (e NULL), or why not; closes it.
 */
void process_answer(int ready, const struct err *e);

/** What a process does decides what signals mean to it; process.c has the table. */
enum process_role {
    PROCESS_BEGINS,  /* every command from its first line on, the workbench too         */
    PROCESS_WORKS,   /* ends cleanly when it is asked to: removing, following a log     */
    PROCESS_TRAINS,  /* a worker                                                        */
    PROCESS_FOLLOWS, /* whoever started a worker, and hands on what it is asked         */
    PROCESS_STAYS,   /* continues without its terminal: imports, the queue's supervisor   */
    PROCESS_ROLES
};

/** Heed signals from here on. SIGINT, SIGTERM and SIGXCPU ask for a clean end: process_asked returns the last such
 * signal, 0 before. SIGUSR1 and SIGUSR2 ask a worker, or whoever follows one, for a checkpoint (process_save_asked);
 * everybody else ignores them. A hang-up is ignored by workers and by whatever continues without its terminal. */
void process_catch(enum process_role role);
int process_asked(void);
/** How often an end was asked for: who asks twice does not want to wait. */
int process_asked_times(void);
/** A hang-up waits until it is no longer held: what is half made is finished or undone first. */
void process_hold_hangup(bool hold);
/** True once after each SIGUSR1. */
bool process_save_asked(void);

#endif
