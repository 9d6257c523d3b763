/* Starting a worker in a session of its own, and hearing from it once: that it holds its run, or why not. */
#ifndef MLVICX_APP_PROCESS_H
#define MLVICX_APP_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "engine/base/err.h"

/** Start this program again as `argv` (argv[0] included, NULL-terminated) in a session of its own, with /dev/null as
 * stdin and `log` (appended) as stdout and stderr. The child finds a descriptor to answer on in `--ready FD`, which is
 * added to its arguments. Waits for the answer: true and `*pid` filled once it says that it is ready, else false with
 * its reason. `*ended` (may be NULL) is then the status, as of wait, of one that ended without an answer; -1 where it
 * answered or never was. */
bool process_start(const char *const *argv, const char *log, pid_t *pid, int *ended, struct err *e);

/** Such a status in words: "was killed by signal 9 (Killed)", "ended with status 3". Returns out. */
const char *process_status_text(int status, char *out, size_t size);

/** The child's side: answer on descriptor `ready` (-1: nobody waits) that all is well (e NULL), or why not; closes it.
 */
void process_answer(int ready, const struct err *e);

/** Signals that ask for a clean end. After process_catch, SIGINT and SIGTERM only set what process_asked returns: 0, or
 * the last such signal. SIGHUP is ignored when `ignore_hangup`. */
void process_catch(bool ignore_hangup);
int process_asked(void);

#endif
