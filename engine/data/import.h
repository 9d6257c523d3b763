/* Importers: each turns a folder or a table as the world publishes it into a description of a data set; the common
 * part decodes, resizes and packs.
 *
 * One table lists them. An importer scans (names, labels, patients, splits, boxes; no pixels are touched), or generates.
 * Then every image is decoded in parallel, brought to one square size, and written to the pack in index order, so that the
 * result does not depend on the number of threads. */
#ifndef MLVICX_DATA_IMPORT_H
#define MLVICX_DATA_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/dataset.h"

enum import_fit { IMPORT_CROP, IMPORT_PAD, IMPORT_STRETCH };
extern const char *const import_fit_names[]; /* "crop", "pad", "stretch", NULL */

/** What an importer takes beside the common options; without the leading dashes. */
struct import_option {
    const char *name, *argument, *summary;
};

struct import_value {
    const char *name, *value;
};

struct import_progress {
    const char *phase;    /* "looking" (sizes and channels) or "reading" */
    uint64_t done, total; /* images */
    uint32_t unreadable;  /* so far */
};

struct import_config {
    const char *kind; /* row of import_table */
    const char *path; /* folder or table; NULL for generated sets */
    const char *name; /* of the data set */
    int size;         /* pixels of a side; 0: 256 */
    enum import_fit fit;
    int channels;     /* 1, 3; 0: grey if all images are */
    int threads;      /* 0: as many as processors */
    uint64_t seed;    /* of splits and of what is generated */
    const struct import_value *values; /* options of the importer */
    size_t value_count;
    /** Called now and then, by one thread at a time; returns false to stop (ERR_INTERRUPTED). May be NULL. */
    bool (*progress)(void *ctx, const struct import_progress *p);
    void *ctx;
};

struct importer {
    const char *kind, *arguments, *summary;
    const struct import_option *options; /* ends with a NULL name; NULL: none */
    /** Fill `d` (classes, images with paths below d->source, labels, splits; boxes as fractions 0..1 of the image). */
    bool (*scan)(const struct import_config *c, struct dataset *d, struct err *e);
    /** NULL: images are files. Else a generator: writes its pack through the common writer itself. */
    bool (*generate)(const struct import_config *c, const char *packs, struct dataset *d, struct err *e);
};

/** All importers; `*n` filled with their number. */
const struct importer *import_table(size_t *n);
/** The importer of a kind; NULL with an error that lists the kinds. */
const struct importer *import_find(const char *kind, struct err *e);
/** Value of an importer's option, NULL when it was not given. */
const char *import_value(const struct import_config *c, const char *name);

/** Import: write PACKS/NAME-DIGEST.pack and describe the set. On failure nothing stays. The caller destroys *out, and
 *  removes the pack if it cannot record the set. */
bool import_run(const struct import_config *c, const char *packs, struct dataset **out, struct err *e);

#endif
