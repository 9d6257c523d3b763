/* Images of a data set that have the same pixels, whatever their file names and formats.
 *
 * Images are compared by the digest of their pixels in the pack, which are the pixels that a network sees. An
 * image that is in both train and test makes every score too good, even that of a random encoder. An image with two
 * labels or two patients has an error somewhere. */
#ifndef MLVICX_DATA_COPIES_H
#define MLVICX_DATA_COPIES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/dataset.h"

/** An image as it is compared; everything is borrowed. */
struct copies_image {
    const char *digest;         /* of its pixels; NULL: unknown, equal to none */
    const char *path, *patient; /* patient: NULL or "" when unknown               */
    enum dataset_split split;
    const int8_t *labels; /* [classes] 0, 1, LABEL_MISSING; NULL: none */
};

/** A group of two or more images with equal pixels: members[first .. first + count). */
struct copies_group {
    uint32_t first, count;
    unsigned splits;                         /* bits 1 << split; images without a split have none */
    bool patients;                           /* the images have two or more known patients ... */
    bool contradicting;                      /* a class is present in one image and absent in another ... */
    uint32_t patient_pair[2], label_pair[2]; /* ... in these two images, the first such pair */
};

struct copies {
    uint32_t *members; /* [sum of the groups' counts]: indices of images, by group, in order */
    struct copies_group *groups;
    uint32_t count;                            /* groups                                        */
    uint32_t repeated;                         /* images that repeat an earlier one             */
    uint32_t across[SPLIT_COUNT][SPLIT_COUNT]; /* [a][b], a < b: number of images of b that are in a too */
    uint32_t patients, contradicting;          /* number of such groups */
};

/** Finds the groups among n images; `out` is filled and owned by the caller (copies_clear). */
bool copies_find(const struct copies_image *images, uint32_t n, uint32_t classes, struct copies *out, struct err *e);
void copies_clear(struct copies *c);

/** The first member of a group in a split; false if there is none. */
bool copies_member(const struct copies *c, const struct copies_group *g, const struct copies_image *images,
                   enum dataset_split split, uint32_t *image);

#endif
