/* A data set as screens browse it: its rows, its pixels (mapped), and which images fit an expression. */
#ifndef MLVICX_VIEWS_IMAGE_SET_H
#define MLVICX_VIEWS_IMAGE_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/pack.h"
#include "store/dataset.h"

struct image_set {
    struct store_contents data;
    struct pack *pack; /* NULL when the file is gone, was cut or is another one */
    struct err why;    /* then: which it is, and what to try */
    uint32_t *shown;   /* [count] images that fit, in the pack's order; owned */
    int count;
};

/** Open by name; parts as store_dataset_load. Closed by image_set_close. */
bool image_set_open(struct image_set *v, struct store *s, const char *name, unsigned parts, struct err *e);
void image_set_close(struct image_set *v); /* fine on a zeroed struct */
/** Whether it is what the data set of that name is now: one that was removed and imported again is another. */
bool image_set_holds(const struct image_set *v, struct store *s, const char *name);

/** Ask after drawing its pictures: false where the pack was cut meanwhile, so that they may be black. The pack is then
 * closed. */
bool image_set_whole(struct image_set *v);

/** Whether image i fits: words that must all fit: `split:test`, `patient:12`, `CLASS` (or a part of it: positive),
 *  `-CLASS` (negative or not said), else a part of the path. */
bool image_set_fits(const struct image_set *v, uint32_t i, const char *expression);
/** Show what fits; "" is all. */
bool image_set_filter(struct image_set *v, const char *expression, struct err *e);

/** Index of image i among those that are shown; -1: it is not. */
int image_set_find(const struct image_set *v, uint32_t i);

/** Positive labels of an image, "Effusion, Mass"; "no finding" when all are 0, "unlabelled" when none is said. */
const char *image_set_labels(const struct image_set *v, uint32_t i, char *out, size_t size);

#endif
