#include "engine/base/levels.h"

#include <stddef.h>
#include <string.h>

const struct level_info level_table[LEVEL_COUNT] = {
    [LEVEL_Z] = { "z", "global", "global z", "z (global)" },
    [LEVEL_D] = { "d", "local", "local d", "d (local)" },
    [LEVEL_MAP1] = { "map1", NULL, "map 1", "map 1 (stem)" },
    [LEVEL_MAP2] = { "map2", NULL, "map 2", "map 2 (layer 1)" },
    [LEVEL_MAP3] = { "map3", NULL, "map 3", "map 3 (layer 2)" },
    [LEVEL_MAP4] = { "map4", NULL, "map 4", "map 4 (layer 3)" },
    [LEVEL_MAP5] = { "map5", NULL, "map 5", "map 5 (layer 4)" },
    [LEVEL_H] = { "h", NULL, "features h", "h (features)" },
    [LEVEL_LOGITS] = { "logits", "labels", "logits", "logits (classifier)" },
};

int level_find(const char *name)
{
    for (int i = 0; i < LEVEL_EMBEDDINGS; i++)
        if (!strcmp(name, level_table[i].name)) return i;
    return -1;
}
