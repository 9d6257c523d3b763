/* The rows of the screen Embedding: the vectors of the probe set at a step, the images that they belong to, their
 * groups and nearest neighbours. */
#ifndef MLVICX_VIEWS_EMBEDDING_ROWS_H
#define MLVICX_VIEWS_EMBEDDING_ROWS_H

#include "engine/base/err.h"
#include "engine/base/levels.h"
#include "store/snapshot.h"
#include "views/analysis/image_set.h"
#include "views/analysis/pca.h"
#include "views/analysis/selection.h"
#include "views/charts/chart.h"
#include "views/charts/album.h"

enum { EMBEDDING_NEAR = 8, EMBEDDING_GROUPS = 9, EMBEDDING_LEVELS = 3 };
/** The levels whose embeddings are kept. */
extern const enum engine_level embedding_levels[EMBEDDING_LEVELS];

/** The screen. Zero-initialise. */
struct embedding {
    struct store_snapshot rows;
    int64_t loaded_run, loaded_step;
    int level, loaded_level;
    struct pca pca;
    struct image_set set;
    uint32_t *images; /* [rows], indices in the data set; NULL: unknown which images they are; owned */
    uint8_t *group;   /* [rows], owned */
    char names[EMBEDDING_GROUPS][64];
    int counts[EMBEDDING_GROUPS];
    int label;       /* what colours mean: embedding_groups.h */
    int of_class;    /* of which the scores are; -1: not chosen yet */
    double *scores;  /* [rows] of the newest evaluation, NaN: none; owned; NULL: not read */
    char scored[64]; /* whose they are; "": there are none */
    int maps_asked;  /* jobs that compute maps, for the screen and what is beside it */
    bool as_map;     /* the map is wanted, where there is one */
    float *map;      /* [2, rows]: across, then up; owned; NULL: none is recorded */
    int pair, zoom, chosen;
    bool dots;
    int near[EMBEDDING_NEAR];
    double cosine[EMBEDDING_NEAR];
    int near_count;
    struct chart_place place; /* of the last drawing, in an area at origin_y, origin_x */
    int origin_y, origin_x;
    struct album near_pictures;
    struct embedding *beside; /* the same of the first marked run; NULL: none; owned */
    int64_t marked;           /* that run */
};

/** Reads the data set of the shown run, if it is not the one that is open. */
void embedding_read_set(const struct selection *sel, struct embedding *v);
/** Reads the rows at the shown step. `anew`: the snapshot of this step may have been replaced since it was read; what
 * was derived from it is kept if it is the same. */
bool embedding_read_rows(const struct selection *sel, struct embedding *v, bool anew, struct err *e);
/** Reads the map of the rows, if one was recorded since. */
bool embedding_read_map(const struct selection *sel, struct embedding *v, struct err *e);
/** The map is shown, else principal components. */
bool embedding_shows_map(const struct embedding *v);
/** There are places to draw. */
bool embedding_laid_out(const struct embedding *v);
/** Finds the nearest neighbours of the chosen row. */
void embedding_find_near(struct embedding *v);
/** Forgets the rows. */
void embedding_drop(struct embedding *v);
/** Classes of the data set; 0 without labels. */
int embedding_classes(const struct embedding *v);

#endif
