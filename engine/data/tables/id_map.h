/* Maps names to numbers: ids of images, studies and patients while a table is read.
 *
 * Only a 128-bit hash of each name is kept, so that a table of ten million ids fits in memory. Two names do not
 * collide by accident; somebody who constructs a collision harms only his own data set. */
#ifndef MLVICX_DATA_ID_MAP_H
#define MLVICX_DATA_ID_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"

struct id_entry {
    uint64_t hash[2]; /* both 0: free */
    uint32_t value;
};

/** Zero-initialise; id_map_clear frees. */
struct id_map {
    struct id_entry *rows;
    size_t count, room;
};
void id_map_clear(struct id_map *m);

/** A hash of a name that is not 0. */
uint64_t id_hash(const char *name);
/** The number of a name; NULL: it has none. Borrowed until the next id_map_add. */
uint32_t *id_map_find(const struct id_map *m, const char *name);
/** The number of a name, which is set to `value` if it has none. `*fresh` (may be NULL): it had none. NULL with an
 * error if memory ran out. */
uint32_t *id_map_add(struct id_map *m, const char *name, uint32_t value, bool *fresh, struct err *e);

#endif
