/* Names to numbers: ids of images, studies and patients while a table is read.
 *
 * Only 128 bits of a name's hash are kept, so that a table of ten million ids fits. Two names never meet by accident;
 * who makes them meet on purpose harms no set but the own one. */
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
/** The number of a name, which gets `value` where it has none. `*fresh` (may be NULL): it had none. NULL with an error
 *  when memory ran out. */
uint32_t *id_map_add(struct id_map *m, const char *name, uint32_t value, bool *fresh, struct err *e);

#endif
