/* Parts of the importer of masks: which file is what, the pixels of a mask, the table beside the images. */
#ifndef MLVICX_DATA_IMPORT_MASKS_H
#define MLVICX_DATA_IMPORT_MASKS_H

#include "engine/data/import/common/class_names.h"
#include "engine/data/import/common/import_common.h"
#include "engine/data/tables/file_names.h"

struct image_options; /* images/image.h */

/* ---- masks_layout.c: which file is an image, and which is a mask of what ---- */

/** A file whose name says that it is a mask. */
struct mask_file {
    const char *path; /* as in the list of files */
    const char *key;  /* what is compared with the keys of images */
    uint32_t structure, folder;
};

/** Zero-initialise; masks_layout_clear frees. Paths are borrowed from the list of files, keys are owned. */
struct masks_layout {
    const char **images, **image_keys; /* [image_count] */
    size_t image_count;
    struct mask_file *masks;
    size_t mask_count;
    char **structures; /* [structure_count] what the masks show, by the names of their folders or of --mask */
    size_t structure_count;
    size_t strays;     /* files that are neither */
    const char *stray; /* the first of them */
    char *tables;      /* the folder that the table lies in */
    struct pool texts;
};

/** Is it a name that masks have for a folder, as in masks/heart/1.png? The first n bytes of s. */
bool masks_folder_name(const char *s, size_t n);
/** The same for images that have masks beside them. */
bool masks_image_folder_name(const char *s, size_t n);
/** The bytes of a file name before "_mask.png"; 0 if it does not end so. */
size_t masks_stem(const char *path);

/** Sorts out the files below the folder `root`: by --images and --mask where they are given, else by names of folders
 * and by the ending _mask. `d` gets remarks. */
bool masks_layout_find(struct masks_layout *l, const struct import_config *c, const struct file_list *files,
                       struct dataset *d, struct err *e);
void masks_layout_clear(struct masks_layout *l);

/* ---- masks_table.c: labels, patients and splits from a table ---- */

struct masks_table {
    struct csv *csv; /* NULL: there is none */
    int path, patient, split;
    int *columns; /* [columns_count] those of classes */
    size_t columns_count;
    char *ignored; /* names of the columns that are nothing of this */
};

/** Finds the table in `folder` or by --table, and its columns; the classes are added to `names`. */
bool masks_table_open(struct masks_table *t, const struct import_config *c, const char *folder,
                      struct class_names *names, struct err *e);
/** Fills the rows of `d`, whose images are those of `files`; *splits: the table has a column of splits. */
bool masks_table_read(struct masks_table *t, const struct import_config *c, const struct file_names *files,
                      struct class_names *names, struct dataset *d, struct err *e);
void masks_table_close(struct masks_table *t);

/* ---- masks_read.c: the pixels of a mask ---- */

/** What is in a mask. */
struct mask_content {
    int width, height;
    size_t inside; /* pixels */
    bool framed;   /* most of its border is inside: it may be inverted */
    uint32_t run_count;
    uint32_t runs[]; /* as in struct dataset_mask */
};

/** Reads the mask of one structure: inside is what is at least half as bright as its brightest pixel, or with `black`
 * what is less than half as bright as white. Owned by the caller (free); NULL with an error that says why it is none:
 * several structures in one file, a picture, a mask in a transparent channel. */
struct mask_content *mask_content_read(const char *path, const struct image_options *how, bool black, struct err *e);

/* ---- masks_tell.c: what is told of them ---- */

/** Adds remarks with the counts of masks as they are stored, when images and masks are final. Of a set without
 *  d->masked nothing is told. */
bool masks_tell(struct dataset *d, struct err *e);

#endif
