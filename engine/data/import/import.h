/* Importers: each turns a published folder or table into the description of a data set; common code decodes, resizes
 * and packs the images.
 *
 * One table lists them. An importer either scans (names, labels, patients, splits, boxes; no pixels are read) or
 * generates. Then every image is decoded in parallel, brought to one square size, and written to the pack in index
 * order, so the result does not depend on the number of threads. */
#ifndef MLVICX_DATA_IMPORT_H
#define MLVICX_DATA_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"
#include "engine/data/dataset.h"
#include "engine/data/import/common/import_config.h"

struct importer {
    const char *kind, *arguments, *summary;
    /** Fills `d` (classes, images with paths relative to d->source, labels, splits; boxes as fractions 0..1 of the
     * image). */
    bool (*scan)(const struct import_config *c, struct dataset *d, struct err *e);
    /** NULL: images are files. Else a generator, which writes its pack through the common writer. */
    bool (*generate)(const struct import_config *c, const char *packs, struct dataset *d, struct err *e);
};

/** The importer of a kind; NULL with an error that lists the kinds. */
const struct importer *import_find(const char *kind, struct err *e);

/** Detects the kind of data set at `path`: a folder with a known table, else folder; csv for a file. `why` (of
 * `size` bytes) is filled with the evidence. NULL with an error if nothing is there. */
const char *import_guess(const char *path, char *why, size_t size, struct err *e);

/** Imports: writes PACKS/NAME-DIGEST.pack and describes the set. On failure nothing is left behind. The caller
 * destroys *out, and removes the pack if it cannot record the set. */
bool import_run(const struct import_config *c, const char *packs, struct dataset **out, struct err *e);

/** The same without keeping anything: the pack is written to a temporary folder below $TMPDIR, and removed. */
bool import_check(const struct import_config *c, struct dataset **out, struct err *e);

#endif
