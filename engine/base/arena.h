/* One block of memory, dealt out from the front and given back as a whole.
 *
 * The plan adds up what a step needs, the arena is made once, and no step allocates after that. */
#ifndef MLVICX_BASE_ARENA_H
#define MLVICX_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"

enum { ARENA_ALIGN = 64 };

struct arena {
    unsigned char *base; /* owned, ARENA_ALIGN-aligned */
    size_t size, used;   /* bytes */
};

/** Bytes that `size` bytes take in an arena: rounded up to ARENA_ALIGN. */
size_t arena_round(size_t size);

/** Allocate `size` zeroed bytes. `what` names the block in the error. The caller clears it with arena_clear. */
bool arena_init(struct arena *a, size_t size, const char *what, struct err *e);

/** Next aligned block of `size` bytes, borrowed until arena_clear. Asking for more than was planned is a mistake of
 *  this program and is asserted. */
void *arena_take(struct arena *a, size_t size);

/** Free the block. Fine on a zeroed struct. */
void arena_clear(struct arena *a);

#endif
