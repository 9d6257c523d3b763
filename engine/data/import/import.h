/* Importers: each turns a folder or a table as the world publishes it into a description of a data set; the common
 * part decodes, resizes and packs.
 *
 * One table lists them. An importer scans (names, labels, patients, splits, boxes; no pixels are touched), or
 * generates. Then every image is decoded in parallel, brought to one square size, and written to the pack in index
 * order, so that the result does not depend on the number of threads. */
#ifndef MLVICX_DATA_IMPORT_H
#define MLVICX_DATA_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"
#include "engine/data/dataset.h"
#include "engine/data/import/common/import_config.h"
#include "engine/data/pack.h"

struct importer {
    const char *kind, *arguments, *summary;
    /** Fill `d` (classes, images with paths below d->source, labels, splits; boxes as fractions 0..1 of the image). */
    bool (*scan)(const struct import_config *c, struct dataset *d, struct err *e);
    /** NULL: images are files. Else a generator: writes its pack through the common writer itself. */
    bool (*generate)(const struct import_config *c, const char *packs, struct dataset *d, struct err *e);
};

/** The importer of a kind; NULL with an error that lists the kinds. */
const struct importer *import_find(const char *kind, struct err *e);

/** The kind of what lies at `path`: a table of a known set in a folder, else folder; csv for a file. `why` (of `size`
 *  bytes) is filled with what told it. NULL with an error where nothing is there. */
const char *import_guess(const char *path, char *why, size_t size, struct err *e);

/** Import: write PACKS/NAME-DIGEST.pack and describe the set. On failure nothing stays. The caller destroys *out, and
 *  removes the pack if it cannot record the set. */
bool import_run(const struct import_config *c, const char *packs, struct dataset **out, struct err *e);

/** The same without a trace: the pack is written to a folder of its own below $TMPDIR, and removed. `seen` (may be
 *  NULL) is called while it is there, and may fail. */
typedef bool import_seen(void *ctx, const struct dataset *d, const struct pack *p, struct err *e);
bool import_check(const struct import_config *c, import_seen *seen, void *ctx, struct dataset **out, struct err *e);

#endif
