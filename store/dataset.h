/* Imported data sets: every image, its labels, boxes, masks. Pixels are in the pack, beside the database. */
#ifndef MLVICX_STORE_DATASET_H
#define MLVICX_STORE_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/base/pool.h"
#include "store/database/store.h"

enum store_split { STORE_SPLIT_NONE, STORE_SPLIT_TRAIN, STORE_SPLIT_VAL, STORE_SPLIT_TEST, STORE_SPLIT_COUNT };
/** "none", "train", "val", "test": the words of `image.split`. */
extern const char *const store_split_names[STORE_SPLIT_COUNT];
const char *store_split_name(enum store_split split);

enum { STORE_LABEL_MISSING = -1 }; /* in label matrices: unknown; it has no row */

/** The row of a data set. Strings are borrowed on the way in, owned on the way out (store_dataset_clear). */
struct store_dataset {
    int64_t id;
    char name[STORE_NAME], kind[32]; /* kind: "nih", "folder", "csv", "phantom" ... */
    char *source;                    /* path from which it was imported, or a description */
    int64_t size, channels, count;   /* side of the square images; 1 or 3; images */
    char *pack;                      /* file name below packs/, or absolute path of an attached one */
    char digest[65];                 /* of the pack's index, hex */
    double created_at;               /* seconds since 1970, UTC; 0 on insert: now */
    int64_t classes, unreadable;     /* numbers of both; filled on reading */
    int64_t bytes;                   /* of the pack file */
    bool exclusive;                  /* each labelled image has exactly one class */
    char *remarks;                   /* remarks of the import for the user, one per line; "" if none */
};
void store_dataset_clear(struct store_dataset *d); /* fine on a zeroed struct */

struct store_image {
    const char *path;    /* relative to the source */
    const char *patient; /* NULL when unknown */
    enum store_split split;
    int64_t width, height; /* of the original */
    const char *digest;    /* of the pixels in the pack, hex; NULL when none */
    const char *note;      /* what was unusual when it was read; NULL if nothing */
};

/** A box in pixels of the pack's image, x0 < x1, y0 < y1. */
struct store_box {
    int64_t image, class; /* indices */
    double x0, y0, x1, y1;
    const char *reader; /* who drew it, NULL if unknown */
};

/** A mask over the pack's image; `data` are the bytes of the importer, in the encoding that `encoding` names. */
struct store_mask {
    int64_t image, class, width, height;
    const char *encoding; /* such as "runs": little-endian uint32 run lengths */
    const void *data;
    size_t bytes;
};

/** An attribute of the person or the exposure: "sex" (F, M, O), "age" (whole years), "view" (PA, AP, lateral ...),
 * "scanner" and so on. An image has one value per name: of several that are inserted, the first counts. */
struct store_attribute {
    int64_t image;            /* index */
    const char *name, *value; /* neither is empty */
};

struct store_unreadable {
    const char *path, *reason;
};

/** Everything of one data set. For store_dataset_insert the caller fills it and everything is borrowed;
 * store_dataset_load fills it and the caller owns it (store_contents_clear). */
struct store_contents {
    struct store_dataset dataset;
    size_t images_count, classes_count, boxes_count, masks_count, attributes_count, unreadable_count;
    const struct store_image *images;         /* [images_count], in the pack's order */
    const char *const *classes;               /* [classes_count] */
    const bool *nothing;                      /* [classes_count] it means that nothing was found; NULL: none does */
    const int8_t *labels;                     /* [images_count, classes_count]: 0, 1, STORE_LABEL_MISSING; NULL: none */
    const struct store_box *boxes;            /* [boxes_count] */
    const struct store_mask *masks;           /* [masks_count] */
    const struct store_attribute *attributes; /* [attributes_count]; loaded, they are sorted by image and name */
    const struct store_unreadable *unreadable; /* [unreadable_count] */
    /** For store_dataset_insert, in place of the arrays `images` and `attributes` where those are NULL: fills row i,
     * which is borrowed until the next call. A set of a million images then needs no second copy of its rows. */
    void (*image_at)(const void *rows, size_t i, struct store_image *out);
    void (*attribute_at)(const void *rows, size_t i, struct store_attribute *out);
    const void *rows;
    struct pool memory; /* owns all of the arrays after a load */
};
void store_contents_clear(struct store_contents *c);
/** The value of `name` for an image of a loaded set (STORE_PART_ATTRIBUTES), borrowed; NULL if unknown. */
const char *store_contents_attribute(const struct store_contents *c, size_t image, const char *name);

/** Inserts a whole data set. Readers see all of it or nothing, although it is written in many short transactions
 * (100 ms at most), so that nobody waits long. The name must be free (ERR_CONFLICT). dataset.id, count, classes and
 * unreadable are ignored on input; `*id` (may be NULL) is filled. */
bool store_dataset_insert(struct store *s, const struct store_contents *c, int64_t *id, struct err *e);

/** The row by name; ERR_NOT_FOUND names the nearest one. `out` is filled; clear it with store_dataset_clear. */
bool store_dataset_find(struct store *s, const char *name, struct store_dataset *out, struct err *e);
bool store_dataset_get(struct store *s, int64_t id, struct store_dataset *out, struct err *e);

struct store_datasets {
    struct store_dataset *rows;
    size_t count;
    size_t unreadable; /* rows that were skipped because they are damaged */
    struct err why;    /* of the first of them */
    int64_t more;      /* rows after the end of the list */
};
enum { STORE_DATASETS_MOST = 4096 }; /* that a list holds */
/** Data sets whose rows can be read, by name: the first STORE_DATASETS_MOST, or as many as fit into 128 MiB of text.
 * `more` and `unreadable` count the others. */
bool store_dataset_list(struct store *s, struct store_datasets *out, struct err *e);
void store_datasets_clear(struct store_datasets *d);

/** The parts that store_dataset_load reads; the row, classes and counts are always read. */
enum store_parts {
    STORE_PART_IMAGES = 1, /* paths, patients, splits, sizes, digests, notes */
    STORE_PART_LABELS = 2,
    STORE_PART_BOXES = 4,
    STORE_PART_MASKS = 8,
    STORE_PART_UNREADABLE = 16,
    STORE_PART_ATTRIBUTES = 32,
    STORE_PART_ALL = 63
};
/** Loads a data set; `parts` is an or of enum store_parts. `out` is filled and owned by the caller. */
bool store_dataset_load(struct store *s, int64_t id, unsigned parts, struct store_contents *out, struct err *e);

/** Counts for `data show`; owned arrays, store_counts_clear. */
struct store_counts {
    int64_t splits[STORE_SPLIT_COUNT]; /* images */
    int64_t patients;                  /* distinct ones; an image without a patient counts as one */
    int64_t shared_patients;           /* patients with images in more than one split */
    int64_t labelled;                  /* images with at least one label */
    size_t classes;
    char **names;                            /* [classes] */
    int64_t (*positives)[STORE_SPLIT_COUNT]; /* [classes] images with value 1, by split */
    int64_t (*negatives)[STORE_SPLIT_COUNT]; /* [classes] images with value 0, by split */
    int64_t *together;                       /* [classes, classes]: images positive for both; diagonal: for one */
};
bool store_dataset_counts(struct store *s, int64_t id, struct store_counts *out, struct err *e);
void store_counts_clear(struct store_counts *c);

/** The number of images of each split that have a value. */
struct store_attribute_count {
    char *name, *value;
    int64_t splits[STORE_SPLIT_COUNT]; /* images */
};
struct store_attribute_counts {
    struct store_attribute_count *rows; /* by name, then by value: numbers as numbers */
    size_t count;
};
enum { STORE_EVERY_CLASS = -1 };
/** Counts the values of `name` (NULL: of all names) over the images that are positive for class `class_idx`
 * (STORE_EVERY_CLASS: over all images). `out` is filled, store_attribute_counts_clear. */
bool store_attribute_counts_read(struct store *s, int64_t id, const char *name, int64_t class_idx,
                                 struct store_attribute_counts *out, struct err *e);
void store_attribute_counts_clear(struct store_attribute_counts *c);

/** Removes a data set, all its rows, and its pack where that is the store's own and no other set has it. ERR_CONFLICT
 * while a queued, running or paused run uses it. Other runs stay and keep its name. For readers it is gone at once; its
 * rows are deleted afterwards in short transactions. */
bool store_dataset_remove(struct store *s, int64_t id, struct err *e);

/** Removes what killed removals left, and the rows that killed inserts left that began `age` seconds ago or earlier (0:
 * the caller knows that no insert is in progress). The packs of such inserts stay: they were complete before. */
bool store_dataset_sweep(struct store *s, double age, struct err *e);

/** Removes packs/PACK unless a data set has it, including one that is being written. A missing pack is no error. */
bool store_dataset_drop_pack(struct store *s, const char *pack, struct err *e);
/** Renames it to packs/TO instead; `*renamed` is false if a data set has it. */
bool store_dataset_put_pack_aside(struct store *s, const char *pack, const char *to, bool *renamed, struct err *e);

#endif
