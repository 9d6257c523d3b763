/* Private to the store: finds the process that keeps the database locked, as far as this machine can tell. */
#ifndef MLVICX_STORE_HOLDER_H
#define MLVICX_STORE_HOLDER_H

#include <stdbool.h>
#include <stddef.h>

/** Fills `out` with " (process 4711, python3)" for the process that has the write lock of the database in `dir`, or
 * with "" if it is on another machine or not visible. Returns `out`. Nothing is opened: closing a descriptor of the
 * database would drop this process's own locks on it. */
const char *holder_describe(const char *dir, char *out, size_t size);

/** True if the file system of `dir` refuses every lock with ENOLCK, as NFS does without its lock service. */
bool holder_without_locks(const char *dir);

#endif
