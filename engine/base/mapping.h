/* Files mapped read-only, which someone may cut while they are read.
 *
 * A page of a mapped file that is there no more is a signal (SIGBUS), not an error. Whoever catches it calls
 * mapping_mend: zeros take the page's place, the mapping remembers it, and the reader continues until it asks with
 * mapping_check, which it does before it uses what it read. */
#ifndef MLVICX_BASE_MAPPING_H
#define MLVICX_BASE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"

/** A file mapped read-only; `data` is NULL for an empty file. */
struct mapping {
    const unsigned char *data;
    size_t size;
    int place; /* in the table of those that can be mended, -1: in none */
    int file;  /* its descriptor, -1: none                              */
};

bool mapping_open(struct mapping *m, const char *path, struct err *e);
/** The same of an open file, which is the mapping's from here on, whatever comes of it. `path` begins the error. */
bool mapping_take(struct mapping *m, int fd, const char *path, struct err *e);
void mapping_close(struct mapping *m); /* fine on a zeroed struct */

/** False where the file became shorter than it was, or a page of it could not be read, since it was mapped: what was
 * read since may be zeros. `path` begins the error. */
bool mapping_check(const struct mapping *m, const char *path, struct err *e);

/** For a handler of SIGBUS, and safe in it: put zeros in place of the page at `address`. False where no mapped file of
 * ours lies there. */
bool mapping_mend(void *address);

#endif
