/* Where a file that is written really goes. */
#ifndef MLVICX_BASE_TARGET_H
#define MLVICX_BASE_TARGET_H

#include <stdbool.h>
#include <sys/stat.h>

#include "engine/base/err.h"

enum { TARGET_PATH = 4096 };

/** The place that a user means by `path`. A link is followed, so that it continues being one and the file that it leads
 * to changes; a link that someone else put there (neither the user nor root) is refused, since it could lead to any
 * file of the user's. `out` filled; `*there` and `*st` tell of a regular file that it would replace. Anything else
 * there, and standard output ("-", "/dev/stdout"), is refused. */
bool target_find(const char *path, char out[TARGET_PATH], struct stat *st, bool *there, struct err *e);

/** The same without links being followed: `out` is `path`. */
bool target_check(const char *path, char out[TARGET_PATH], struct err *e);

/** True for the names of standard output, for whoever can write there instead. */
bool target_is_stdout(const char *path);

#endif
