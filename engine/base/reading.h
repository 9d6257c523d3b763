/* Files that are read, which someone else may have put there.
 *
 * A name can lead to a pipe that no one fills, to a device that never ends or to a socket: opening one can wait for
 * ever, and out of the reach of signals. So what is read here is a regular file, which neither waits nor grows without
 * end; every reader opens its file through file_open_regular. The one exception is text that a user names in a command
 * (a configuration, a script): it may come out of a pipe, as `<(...)` of a shell makes one, as long as that delivers.
 */
#ifndef MLVICX_BASE_READING_H
#define MLVICX_BASE_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#include "engine/base/err.h"

/** Open a regular file for reading; a link to one is followed. Anything else is refused, and never waited for.
 *  `*st` (may be NULL) filled. Returns the descriptor, -1 with an error. */
int file_open_regular(const char *path, struct stat *st, struct err *e);
/** The same as a stream; NULL with an error. */
FILE *file_stream_regular(const char *path, struct stat *st, struct err *e);

/** Text that a user named: of a regular file, or of a pipe until its writers close it; "-" is standard input. At most
 *  `most` bytes, without a zero byte. A pipe that no one writes to is given up after some seconds; one that is open and
 *  silent is waited for until a signal. The caller frees. */
char *file_read_given(const char *path, size_t most, struct err *e);

/** True where n bytes are text: none of them is zero. Else an error that names the line: what follows would be
 * lost silently. */
bool file_check_text(const char *path, const char *bytes, size_t n, struct err *e);

/** What something is that is no regular file: "a directory", "a pipe", "a device", "a socket". */
const char *file_kind(mode_t mode);

#endif
