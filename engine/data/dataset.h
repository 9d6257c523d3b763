/* An imported data set as plain values: what an importer found, and what the store keeps beside the pack.
 *
 * Rows are in the order of the pack: image i of the pack is images[i]. Coordinates of boxes and masks refer to
 * the square images of the pack, so that drawing and scoring do not need to know how the images were resized.
 * Sets of hundreds of thousands of images are held in memory as a whole, so rows are small, and their texts lie in a
 * pool of the set: they are replaced, never freed. */
#ifndef MLVICX_DATA_DATASET_H
#define MLVICX_DATA_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/base/files.h"
#include "engine/base/pool.h"

enum dataset_split { SPLIT_NONE, SPLIT_TRAIN, SPLIT_VAL, SPLIT_TEST, SPLIT_COUNT };
/** "none", "train", "val", "test", NULL. */
extern const char *const dataset_split_names[SPLIT_COUNT + 1];

enum { LABEL_MISSING = -1 }; /* a label is 0, 1 or missing */

struct dataset_image {
    char *path;    /* relative to dataset.source; generated sets name their images too */
    char *patient; /* "" when unknown: the image then counts as a patient of its own */
    enum dataset_split split;
    int width, height;            /* of the original, upright */
    bool grey;                    /* while a set is imported: its header tells of one channel */
    char digest[DIGEST_HEX_SIZE]; /* SHA-256 of its pixels in the pack */
    char *note;                   /* "" or what the table says about it ("PA, 57, M") */
};

/** A box of a finding: pixels of the pack's image, 0..size, x0 < x1, y0 < y1. */
struct dataset_box {
    uint32_t image;
    uint32_t class_index;
    float x0, y0, x1, y1;
    const char *reader; /* "" or who drew it */
};

/** The mask of a finding: run lengths over the pack's image, row by row from the top left, starting with the
 * (possibly zero) number of pixels outside; they add up to size * size. */
struct dataset_mask {
    uint32_t image;
    uint32_t class_index;
    uint32_t *runs; /* [run_count] */
    uint32_t run_count;
    int width, height; /* during an import: a grid over the whole original; 0: the pack's image */
    const char *path;  /* during an import: the file of it, which has the proportions of the original; NULL: none */
};

/** An attribute of the person or the exposure, from the source: "sex" (F, M, O), "age" (whole years), "view" (PA,
 * AP, lateral ...), "scanner" and so on. */
struct dataset_attribute {
    uint32_t image;
    char *name, *value;
};

/** Files that are not wanted, by reason (reasons.h). */
struct dataset_reason {
    char *reason;
    size_t count;
};

/** A file that got no row, and why. */
struct dataset_unreadable {
    char *path, *reason;
};

/** What masks say of an image and a class. */
enum dataset_masked {
    MASKED_NEVER = -1, /* the class has no masks                           */
    MASKED_NOT,        /* this image has none, or one that cannot be used  */
    MASKED,            /* the label is that of a mask, which may be empty  */
    MASKED_OTHERWISE   /* ... and not that of the table                    */
};

struct dataset {
    char *name, *kind, *source; /* source: absolute path of what was imported, or a description of what was generated */
    char *pack;                 /* file name below packs/, NULL before it is written */
    char digest[DIGEST_HEX_SIZE]; /* of the pack's index */
    int size, channels;
    uint32_t count, classes;
    char **class_names;           /* [classes] */
    bool exclusive;               /* each labelled image has exactly one of them */
    struct dataset_image *images; /* [count] */
    int8_t *labels;               /* [count * classes] 0, 1, LABEL_MISSING */
    int8_t *masked;               /* [count * classes] enum dataset_masked; NULL: masks are no part of the set */
    struct dataset_box *boxes;
    uint32_t box_count;
    struct dataset_mask *masks;
    uint32_t mask_count;
    struct dataset_attribute *attributes; /* of several values with one name, the first counts */
    uint32_t attribute_count;
    struct dataset_unreadable *unreadable;
    uint32_t unreadable_count;
    struct dataset_reason *left_out; /* what was not wanted */
    size_t left_out_count;
    uint32_t absent;          /* rows of the label table whose image is not there */
    uint32_t unlisted;        /* images without a row in the label table */
    uint32_t patients;        /* number of distinct patients; an image without one counts as one */
    uint32_t shared_patients; /* patients with images in more than one split */
    char **remarks;           /* remarks of the import for the user, one line each */
    uint32_t remark_count;
    struct pool texts;       /* private: the texts of images, boxes and attributes */
    struct pool_words words; /* private: those that repeat */
    char *last;              /* private: the text that replaced another one last */
    uint32_t image_room, box_room, mask_room, attribute_room, unreadable_room,
        remark_room; /* private: allocated rows */
};

/** Empty set; NULL when memory ran out. Name, kind and source are copied. */
struct dataset *dataset_create(const char *name, const char *kind, const char *source);
void dataset_destroy(struct dataset *d); /* NULL is fine */

/* Building a set. Strings are copied; each function returns false with `e` filled if memory ran out. */

/** Classes first: their number must not change once images are added. */
bool dataset_set_classes(struct dataset *d, uint32_t n, const char *const *names, struct err *e);
/** Index of a class by exact name, -1 when there is none. */
int dataset_class(const struct dataset *d, const char *name);
/** A new row with all labels missing; `patient` and `note` may be NULL. `*index` (may be NULL) filled. */
bool dataset_add_image(struct dataset *d, const char *path, const char *patient, enum dataset_split split,
                       const char *note, uint32_t *index, struct err *e);
/** Replaces a text of an image of `d` (its patient or note) by the first n bytes of s. */
bool dataset_set_text(struct dataset *d, char **text, const char *s, size_t n, struct err *e);
bool dataset_add_box(struct dataset *d, const struct dataset_box *box, struct err *e);
/** mask: [size * size] bytes, nonzero inside. */
bool dataset_add_mask(struct dataset *d, uint32_t image, uint32_t class_index, const uint8_t *mask, int size,
                      struct err *e);
/** The same on a grid of width x height cells over the whole original; mask: [height, width]. */
bool dataset_add_grid_mask(struct dataset *d, uint32_t image, uint32_t class_index, const uint8_t *mask, int width,
                           int height, struct err *e);
/** The same from its runs, which are copied, and the file that they come from. */
bool dataset_add_mask_runs(struct dataset *d, const struct dataset_mask *m, struct err *e);
/** Runs of [pixels] bytes as in dataset_mask, owned by the caller. */
bool dataset_mask_runs(const uint8_t *mask, size_t pixels, uint32_t **runs, uint32_t *count, struct err *e);
/** Outer blanks of `value` are removed, and it is cut to DATASET_VALUE bytes; if nothing is left, no row is added.
 * If the image already has a value of this name, that one is kept. */
bool dataset_add_attribute(struct dataset *d, uint32_t image, const char *name, const char *value, struct err *e);
enum { DATASET_VALUE = 200 };
bool dataset_add_unreadable(struct dataset *d, const char *path, const char *reason, struct err *e);
bool dataset_add_remark(struct dataset *d, struct err *e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** Adds a remark that begins with a count; nothing if it is 0. `one` and `many` are the rest of the sentence, verb
 * included. */
bool dataset_add_count(struct dataset *d, size_t n, const char *one, const char *many, struct err *e);

/** Removes the rows whose keep[i] is false, with their labels, boxes, masks and attributes; the order is kept. */
bool dataset_keep(struct dataset *d, const bool *keep, struct err *e);

/** A split's images: `out` (room for count, may be NULL) filled with indices in order. Returns their number.
 *  SPLIT_NONE here asks for images of no split. */
uint32_t dataset_split_images(const struct dataset *d, enum dataset_split split, uint32_t *out);

/** Fill [pixels] bytes with the 0 and 1 of a mask. */
void dataset_mask_paint(const struct dataset_mask *m, uint8_t *out, size_t pixels);

/** Names that may stand in a file name: 1 to 64 letters, digits, '.', '_', '-', not starting with '.' or '-'. */
bool dataset_name_check(const char *name, struct err *e);

#endif
