/* Code that importers share: options, tables, files, patients, splits, headers, parallel work on many images. */
#ifndef MLVICX_DATA_IMPORT_COMMON_H
#define MLVICX_DATA_IMPORT_COMMON_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/dataset.h"
#include "engine/data/dicom/dicom_pool.h"
#include "engine/data/tables/csv.h"
#include "engine/data/import/common/import_config.h"
#include "engine/data/import/common/import_journal.h"
#include "engine/data/import/common/other_files.h"
#include "engine/data/pack.h"

/* ---- import_config.c: what was asked for ---- */

/** Value of an importer's option, NULL if it was not given. */
const char *import_value(const struct import_config *c, const char *name);

/** Does this kind of data set take the option? (import_options.c) */
bool import_takes(const char *kind, const char *option);

/** Asks whether to continue; called now and then while rows or files are read whose number is unknown; `done` of
 * them are read. False with ERR_INTERRUPTED if the user wants to stop. */
bool import_goes_on(const struct import_config *c, size_t done, struct err *e);

/** Begins the pack of `d`, whose size and channels are known. */
bool import_pack_begin(const struct import_config *c, const char *packs, const struct dataset *d,
                       struct pack_writer **out, struct err *e);

/* ---- import_exclusive.c: classes that exclude one another ---- */

/** Sets d->exclusive, once the labels are known: as --exclusive says; else by the labels, for an importer that found
 * a list of one class each (d->exclusive true so far). ERR_DATA if --exclusive on contradicts the labels. */
bool import_settle_exclusive(const struct import_config *c, struct dataset *d, struct err *e);

/** Warns if images are of a class that means nothing ("No Finding") and of another one. */
bool import_tell_contradictions(struct dataset *d, struct err *e);

/* ---- import_table.c: tables, and the words of their cells ---- */

/** Opens a table with the separator that --separator gives, or with a detected one. */
bool import_table_open(const struct import_config *c, const char *path, struct csv **out, struct err *e);
/** Adds a remark if a table is not comma-separated UTF-8. */
bool import_table_tell(const struct csv *t, struct dataset *d, struct err *e);
/** The first of `names` (ends with NULL) that exists in the folder, plain before gzip. */
bool import_table_find(const char *root, const char *const *names, char path[PATH_MAX]);
/** The same, or the file that `option` names; none is no error. */
bool import_table_need(const struct import_config *c, const char *option, const char *root, const char *const *names,
                       char path[PATH_MAX], struct err *e);
/** A label as a word ("yes", "positive", "", "nan", ...); false for other texts. */
bool import_label_word(const char *s, int8_t *out);
/** The field as a label: a word, 1, 0, or -1 for unknown, with or without decimals. */
bool import_label(const struct csv *t, int column, int8_t *out, struct err *e);
/** The field as a split; empty means none. */
bool import_split(const struct csv *t, int column, enum dataset_split *out, struct err *e);
/** The field as a number. */
bool import_box_number(const struct csv *t, int column, double *out, struct err *e);

/* ---- import_patients.c: whose images these are ---- */

/** Sets the patients of images that have none, or a word such as NA: from --patient-map, --patient-pattern, and known
 * forms of paths. */
bool import_name_patients(const struct import_config *c, struct dataset *d, struct err *e);
/** Patients whose ids are numbers that differ only in leading zeros are one, with a remark; ids such as NA become
 * none. import_learn calls it for every kind of set. */
bool import_unify_patients(struct dataset *d, struct err *e);
/** Warns if images have no patient. To be called after headers were read. */
bool import_warn_patients(const struct import_config *c, struct dataset *d, struct err *e);

/* ---- import_splits.c ---- */

/** If --splits names a table (image, split), its splits replace all others; images that it does not list are in
 * none. */
bool import_apply_splits(const struct import_config *c, struct dataset *d, struct err *e);

/* ---- import_roots.c: folders that an import may read from ---- */

struct import_root {
    char *spelled, *real; /* absolute: as the user wrote it, and with all links resolved */
};

/** The folder to which paths are relative comes first; `follow`: links may lead from one to another. */
struct import_roots {
    struct import_root *rows;
    size_t count;
    bool follow;
};

/** The folder `own` (NULL: none) and those of --images, in the user's order. On failure, what was filled must still
 * be cleared. */
bool roots_init(struct import_roots *r, const struct import_config *c, const char *own, struct err *e);
bool roots_add(struct import_roots *r, const char *path, struct err *e);
void roots_clear(struct import_roots *r);

/** The deepest folder that contains all of them, with links resolved; owned by the caller. NULL if memory ran out. */
char *roots_common(const struct import_roots *r, struct err *e);

/** Where a path leads, with links resolved. */
enum import_place {
    PLACE_OWN,     /* a file or folder in the root that the path names, the deepest of several */
    PLACE_OTHER,   /* in another root, and links may be followed there */
    PLACE_OUTSIDE, /* outside all permitted folders */
    PLACE_NO_FILE, /* a device, a pipe, a socket                       */
    PLACE_NOWHERE, /* nothing there */
};
/** `path`: below the real path of a root. */
enum import_place roots_place(const struct import_roots *r, const char *path);
/** Why nothing is read from there. */
const char *roots_reason(enum import_place place);
/** May it be read? Checked again right before reading, since a file may have become a link after the scan.
 * `*linked`: it is in another root. */
bool roots_allow(const struct import_roots *r, const char *path, bool *linked, struct err *e);
/** The error for a link that leads outside while links are not followed. Returns false. */
bool roots_refuse(const struct import_roots *r, const char *name, const char *path, struct err *e);

/** Resolves a path of a table, relative to a root (the first that has it) or absolute and below one, literally or
 * through links. `out` (PATH_MAX) is filled, whether the file exists or not. ".." and everything outside is an
 * error. */
bool roots_find(const struct import_roots *r, const char *written, char out[PATH_MAX], struct err *e);
/** The rest of `path` after the folder `base`, which contains it. */
const char *roots_relative(const char *base, const char *path);

/** File name of a path. */
const char *file_base(const char *path);

/* ---- import_dicom.c: DICOM files among the images ---- */

struct import_dicom {
    struct dicom_pool *decoders; /* NULL: this program reads none */
    bool found;                  /* there is one in the set       */
};

/** Read the headers of all images before splits are drawn: those whose header cannot be read are unreadable; the others
 * get width, height and grey. Of DICOM files, rows that are not wanted go, the others get patient and note;
 * `header_first`: the header's patient wins over the row's. Then ids of one number become one patient. */
bool import_learn(const struct import_config *c, struct dataset *d, bool header_first, struct err *e);
/** If the set has DICOM files, replaces every patient by a keyed hash. Call it after the splits are drawn. */
bool import_hide_patients(const struct import_config *c, struct dataset *d, struct err *e);

/* ---- import_files.c: what lies below a folder ---- */

/** An image that is named and not read: a link that leads outside, or a device. */
struct file_left {
    char *path;
    enum import_place place;
};

/** Paths of image files below a folder, relative, sorted by bytes. */
struct file_list {
    char **paths;
    size_t count, room;
    struct pool texts; /* of all paths */
    size_t dicom;      /* DICOM files left out, since this program cannot read them */
    struct file_left *left;
    size_t left_count;
    size_t circles;            /* folders met again inside themselves, through links */
    size_t inner;              /* links to folders that the walk finds where they lie */
    size_t hidden;             /* images and folders whose name begins with a dot */
    struct other_files others; /* of kinds that are not read */
};

/** All PNG, JPEG, TIFF and DICOM files (by suffix; DICOM by its first bytes, too) below a root of c->roots, hidden ones
 * left out. A link that leads out is an error where links are not followed, unless `lenient`; where they are, into
 * folders too, those that lead out of all roots are left.
 * Whatever could have been an image and is not in `paths` is in `left` or is counted. */
bool file_list_below(struct file_list *l, const struct import_config *c, size_t root, bool lenient, struct err *e);
void file_list_clear(struct file_list *l);
/** A name in a table that matches two files equally well is unreadable. */
bool import_tell_several(struct dataset *d, const char *written, const char *one, const char *other, struct err *e);
/** Adds a remark about the rows of a table whose image was not found (d->absent). */
bool import_tell_absent(struct dataset *d, struct err *e);
/** Lists image i as unreadable for this reason: a message that may begin with its path. */
bool import_tell_unreadable(struct dataset *d, uint32_t i, const char *message, struct err *e);
/** Sets the error for `count` images of which none can be read. Returns false. */
bool import_refuse_unreadable(const struct dataset *d, uint32_t count, struct err *e);
/** Common start of folder importers: fills c->roots, d->source and the list; a folder without images is an error. */
bool import_find_files(const struct import_config *c, struct dataset *d, struct file_list *l, struct err *e);
/** The same for an importer whose --images lie in the folder, but for those that links lead to. */
bool import_find_own_files(const struct import_config *c, struct dataset *d, struct file_list *l, struct err *e);
/** Adds the unreadable files and remarks of the list to the set. */
bool file_list_tell(const struct file_list *l, struct dataset *d, struct err *e);

/* ---- import_work.c: many images at once, results in order ---- */

/** One image, ready for the pack. */
struct import_product {
    uint8_t *pixels;          /* [size, size, channels], owned by the pipeline's slot; NULL: broken    */
    uint8_t *masks;           /* generators: [size, size] bits by class, or NULL; owned                */
    void *study;              /* generators: what else is known, or NULL; owned                        */
    bool linked;              /* read through a link to another folder                                 */
    int width, height;        /* of the original                                                       */
    double box[4];            /* the part of the original that became the image: x0 y0 x1 y1           */
    double place[4];          /* where in the image it lies: x0 y0 x1 y1, pixels of the pack           */
    struct err why;           /* when broken                                                           */
    struct journal_file file; /* what it was read from, where a journal is kept                 */
};

struct import_work {
    uint32_t first, count; /* from `first` on; count: where it ends */
    int threads;
    void *ctx;
    /** Called from any thread, in any order. On failure fills p->why and leaves p->pixels NULL. */
    void (*make)(void *ctx, uint32_t i, struct import_product *p);
    /** One thread at a time, i = first, first + 1, ...; false stops the work. */
    bool (*take)(void *ctx, uint32_t i, struct import_product *p, struct err *e);
};

bool import_work_run(const struct import_work *w, struct err *e);

/** The number of threads for `asked`; 0 means as many as this process may use. */
int import_threads(int asked);

/* ---- import_place.c: findings of the original in the pack ---- */

struct import_placement {
    double box[4];   /* the part of the original that became the image: x0 y0 x1 y1 */
    double place[4]; /* where in the image it lies                                  */
};
/** Converts boxes (fractions of the original) and masks with their own grid (over the whole original) to pixels of
 * the pack. What the crop removes is dropped, masks with a remark. keep: [d->count]; images that are not kept lose
 * both. `place(ctx, w, h)` tells where an original of that size lies. */
bool import_place_findings(struct dataset *d, const bool *keep,
                           void (*place)(const void *ctx, int width, int height, struct import_placement *out),
                           const void *ctx, struct err *e);

#endif
