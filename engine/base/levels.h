/* Levels: what the numbers of a run are about. One table of their names, for the network, the loss, the metrics, the
 * snapshots and the screens. */
#ifndef MLVICX_BASE_LEVELS_H
#define MLVICX_BASE_LEVELS_H

/** Values of the network. The first ones are embeddings that a loss is computed on: they are given verdicts. */
enum engine_level {
    LEVEL_Z,
    LEVEL_D,
    LEVEL_MAP1,
    LEVEL_MAP2,
    LEVEL_MAP3,
    LEVEL_MAP4,
    LEVEL_MAP5,
    LEVEL_H,
    LEVEL_LOGITS, /* of a classifier: no embedding, so nothing to diagnose */
    LEVEL_COUNT,
    LEVEL_EMBEDDINGS = LEVEL_LOGITS, /* how many come before it */
    LEVEL_JUDGED = LEVEL_MAP1        /* how many have verdicts  */
};

struct level_info {
    const char *name;  /* of the value in the network, of its snapshots, and before the dot of its metrics: "z" */
    const char *loss;  /* of the level of the loss that is computed on it: "global"; NULL: none is               */
    const char *brief; /* in a few letters: "global z"                                                           */
    const char *title; /* in a heading: "z (global)"                                                             */
};
extern const struct level_info level_table[LEVEL_COUNT];

/** The embedding, map or features of that name; -1 where there is none. */
int level_find(const char *name);

#endif
