/* Temporary files in folders that several processes, containers and machines may write to.
 *
 * A process number says nothing about a file: every container counts its own, and another machine's are not here at
 * all. So a temporary is named PATH.tmp.HOST.RANDOM and its writer holds a lock on it (an open file description's,
 * which goes free however the writer dies). What no one writes any more is told by that lock; by the host where the
 * lock of another one cannot be seen; and by its age where neither says anything. */
#ifndef MLVICX_BASE_TEMPORARY_H
#define MLVICX_BASE_TEMPORARY_H

#include <stdbool.h>
#include <sys/types.h>

#include "engine/base/err.h"
#include "engine/base/folder.h"

/** Seconds after which what no one writes to is given up, whoever made it: clocks of machines differ by less. */
enum { TEMPORARY_DAY = 24 * 3600 };

/** Create a temporary beside `path` with `mode` less what umask takes, locked until the descriptor is closed. It is
 * new, whatever someone put there under a name that could be guessed. `*name` filled and owned. Returns the
 * descriptor, -1 with an error. */
int temporary_create(const char *path, mode_t mode, char **name, struct err *e);
/** The same for a file of an open folder, mode 0600. */
int temporary_create_in(const struct folder *f, const char *file, char **name, struct err *e);

/** Remove the temporaries of DIR/PREFIX*SUFFIX ("" and ".pack": packs of any name) that no one writes any more. One
 *  goes when its lock is free and its host is this one, or the file system is no other machine's; where that is not
 *  known, when it is a day old. Returns how many went. */
int temporary_sweep(const char *dir, const char *prefix, const char *suffix);
/** The same in an open folder. */
int temporary_sweep_in(const struct folder *f, const char *prefix, const char *suffix);
/** The same with the finding about the file system given (1: a network's, 0: not, -1: find out): for tests. */
int temporary_sweep_as(const char *dir, const char *prefix, const char *suffix, int network);

/** Remove the temporaries of this very file that no one writes any more. Returns how many. */
int temporary_sweep_beside(const char *path);

#endif
