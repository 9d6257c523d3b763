/* Images of a set that show the same pixels, whatever their files are called and however they are written.
 *
 * What counts is what a network sees: the digest of an image's pixels in the pack. A picture that is in train and
 * in test makes every score too good, even a random encoder's; one with two labels or two patients is wrong somewhere.
 */
#ifndef MLVICX_DATA_COPIES_H
#define MLVICX_DATA_COPIES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/dataset.h"

/** An image as it is compared; everything is borrowed. */
struct copies_image {
    const char *digest;         /* of its pixels; NULL: unknown, it equals nothing */
    const char *path, *patient; /* patient: NULL or "" when unknown               */
    enum dataset_split split;
    const int8_t *labels; /* [classes] 0, 1, LABEL_MISSING; NULL: none */
};

/** Images of equal pixels, two or more: members[first .. first + count). */
struct copies_group {
    uint32_t first, count;
    unsigned splits;                         /* bits 1 << split; images of no split have none             */
    bool patients;                           /* under two known patients or more ...                      */
    bool contradicting;                      /* a class is present in one and absent in another ...       */
    uint32_t patient_pair[2], label_pair[2]; /* ... as these two images, the first of such */
};

struct copies {
    uint32_t *members; /* [sum of the groups' counts]: indices of images, by group, in order */
    struct copies_group *groups;
    uint32_t count;                            /* groups                                        */
    uint32_t repeated;                         /* images that repeat an earlier one             */
    uint32_t across[SPLIT_COUNT][SPLIT_COUNT]; /* [a][b], a < b: images of b that are in a too */
    uint32_t patients, contradicting;          /* groups that are so                            */
};

/** Find them among n images; `out` filled and owned by the caller (copies_clear). */
bool copies_find(const struct copies_image *images, uint32_t n, uint32_t classes, struct copies *out, struct err *e);
void copies_clear(struct copies *c);

/** The first member of a group in a split; false where it has none. */
bool copies_member(const struct copies *c, const struct copies_group *g, const struct copies_image *images,
                   enum dataset_split split, uint32_t *image);

#endif
