/* Inside of the store: who keeps the database locked, as far as this machine can tell. */
#ifndef MLVICX_STORE_HOLDER_H
#define MLVICX_STORE_HOLDER_H

#include <stdbool.h>
#include <stddef.h>

/** Fill `out` with " (process 4711, python3)" for the process that has the write lock of the database in `dir`, or with
 *  "" where it is on another machine or cannot be seen. Returns `out`. Nothing is opened: closing a descriptor of the
 *  database would drop this process's own locks on it. */
const char *holder_describe(const char *dir, char *out, size_t size);

/** True when the file system of `dir` refuses every lock with ENOLCK, as NFS does without its lock service. */
bool holder_without_locks(const char *dir);

#endif
