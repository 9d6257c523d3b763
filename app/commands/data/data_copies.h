/* Copies within a data set, as the commands of the data family tell them. */
#ifndef MLVICX_APP_DATA_COPIES_H
#define MLVICX_APP_DATA_COPIES_H

#include "app/cli/json.h"
#include "engine/base/err.h"
#include "engine/base/text.h"
#include "engine/data/copies.h"
#include "engine/data/dataset.h"
#include "engine/data/near.h"
#include "store/dataset.h"

/** Copies with the images that they are among; borrows from the set that it was made of. */
struct data_copies {
    struct copies found;
    struct copies_image *images; /* [count] */
    size_t count;
    const char *alike; /* what equal ones share, NULL: the same pixels */
    int64_t bytes;     /* images whose file equals another's byte for byte; -1: not compared */
    char (*names)[16]; /* [images] of near-copies: the name of the picture that an image shows, "": of no other */
    bool cut;          /* of near-copies: so many look alike that some were not compared */
};

bool data_copies_of(const struct dataset *d, struct data_copies *out, struct err *e);
/** Of a set loaded with STORE_PART_IMAGES and STORE_PART_LABELS. */
bool data_copies_stored(const struct store_contents *c, struct data_copies *out, struct err *e);
/** Near-copies (near.h), from prints of the set's images; images of equal pixels are compared once. */
bool data_copies_near(const struct data_copies *equal, const struct near_print *prints, size_t classes,
                      bool (*go_on)(void *ctx), void *ctx, struct data_copies *out, struct err *e);
/** Fill `bytes`: files are read below `source`, those of equal pixels alone. */
void data_copies_bytes(struct data_copies *c, const char *source);
void data_copies_clear(struct data_copies *c);

/** {bytes (where compared), images, train_val, train_test, val_test, patients, contradicting, groups}: counts, and
 * every group that reaches over splits or patients or contradicts itself. NULL when memory ran out. */
json_t *data_copies_json(const struct data_copies *c);
/** One line of counts, such as "3 images repeat another; in test 2 of train", or "none". */
void data_copies_line(const struct data_copies *c, struct text *out);
/** Warnings with the first few of each kind named, a line each; nothing where all is well. `name` NULL: of
 *  no set yet. */
void data_copies_warn(const struct data_copies *c, const char *name, struct text *out);

#endif
