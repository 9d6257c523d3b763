/* Copies within a data set, as the commands of the data family tell them. */
#ifndef MLVICX_APP_DATA_COPIES_H
#define MLVICX_APP_DATA_COPIES_H

#include "app/cli/json.h"
#include "engine/base/err.h"
#include "engine/base/text.h"
#include "engine/data/copies.h"
#include "engine/data/dataset.h"
#include "store/dataset.h"

/** Copies with the images that they are among; borrows from the set that it was made of. */
struct data_copies {
    struct copies found;
    struct copies_image *images;
};

bool data_copies_of(const struct dataset *d, struct data_copies *out, struct err *e);
/** Of a set loaded with STORE_PART_IMAGES and STORE_PART_LABELS. */
bool data_copies_stored(const struct store_contents *c, struct data_copies *out, struct err *e);
void data_copies_clear(struct data_copies *c);

/** {images, train_val, train_test, val_test, patients, contradicting, groups}: counts, and every group that reaches
 * over splits or patients or contradicts itself. NULL when memory ran out. */
json_t *data_copies_json(const struct data_copies *c);
/** One line of counts, such as "3 images repeat another; in test 2 of train", or "none". */
void data_copies_line(const struct data_copies *c, struct text *out);
/** Warnings with the first few of each kind named, a line each; nothing where all is well. */
void data_copies_warn(const struct data_copies *c, const char *name, struct text *out);

#endif
