/* Grey levels of a set: how much is black or white without detail, how many levels are used, and which pictures are
 * inverted against the rest (as of a file whose MONOCHROME1 someone forgot). */
#ifndef MLVICX_DATA_GREY_H
#define MLVICX_DATA_GREY_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/near.h"

/** Of pictures that were counted; a histogram over all of them. */
struct grey_levels {
    uint32_t images;
    uint64_t pixels, count[256];
    uint32_t few; /* images of less than GREY_FEW levels */
};
enum { GREY_FEW = 64 };

/** Count samples [n] of one picture; of colour all channels. */
void grey_add(struct grey_levels *g, const uint8_t *samples, uint64_t n);
/** Share of samples of a level, 0..1; 0 where nothing was counted. */
double grey_share(const struct grey_levels *g, int level);
/** The level that half of the samples do not exceed. */
int grey_median(const struct grey_levels *g);
/** Levels that occur at all. */
int grey_used(const struct grey_levels *g);

/** Find the pictures that are negatives of what most show. inverted: [count], filled; `*number` of them. Nothing is
 *  found where the pictures have no common look. */
bool grey_inverted(const struct near_print *prints, uint32_t count, bool *inverted, uint32_t *number, struct err *e);

#endif
