/* Images that a table lists, and their files: the basis of every importer that reads a table and a folder. */
#ifndef MLVICX_DATA_IMPORT_LISTING_H
#define MLVICX_DATA_IMPORT_LISTING_H

#include "engine/data/tables/file_names.h"
#include "engine/data/tables/id_map.h"
#include "engine/data/import/common/import_common.h"

/* Special values of listing.image_of, beside indices of images. */
enum { LISTED_LEFT = -1, LISTED_NOT = -2 };

/** Zero-initialise; listing_clear frees. */
struct listing {
    const struct import_config *c;
    struct dataset *d;
    struct file_list files;
    struct file_names names;
    struct id_map ids; /* names in the table: the index of the file, UINT32_MAX for none */
    bool whole_paths;  /* file names alone are not enough: every patient has the same */
    int64_t *image_of; /* [files.count] image of the set, or one of the values above */
};

/** Files below c->path. */
bool listing_init(struct listing *l, const struct import_config *c, struct dataset *d, struct err *e);
void listing_clear(struct listing *l);

/** The file that a table refers to; -1: missing or ambiguous, which is counted once per name. */
bool listing_find(struct listing *l, const char *written, int64_t *file, struct err *e);
/** The image of a file: listed before (`*fresh` false), or a new row of the set with that patient and split. */
bool listing_take(struct listing *l, int64_t file, const char *patient, enum dataset_split split, uint32_t *image,
                  bool *fresh, struct err *e);
/** The file is not wanted in the set, and does not count as unlisted. */
void listing_leave(struct listing *l, int64_t file);
/** Adds remarks: files that no table lists, images that were missing or ambiguous, files that the walk left out.
 * Without any image it is an error that names the table. */
bool listing_end(struct listing *l, const char *table, struct err *e);
/** The steps after the labels: patients, headers, and splits. All splits are drawn if `what` is NULL, else only a
 * missing validation set, with a remark that begins with `what`. */
bool listing_finish(struct listing *l, const char *what, struct err *e);

#endif
