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
#include "engine/base/folder.h"
#include "engine/data/dataset.h"
#include "engine/data/import/common/import_config.h"
#include "engine/data/pack.h"

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
 * `size` bytes) is filled with the evidence. NULL with an error if nothing is there, or if only a folder in it has a
 * known table. */
const char *import_guess(const char *path, char *why, size_t size, struct err *e);

/** Imports: writes PACKS/NAME-DIGEST.pack and describes the set. On failure nothing is left behind, except what an
 * import that can be continued (c->resume) had read before it was interrupted. The caller destroys *out. If it cannot
 * record the set, it gives the pack the name of import_part, or removes it. */
bool import_run(const struct import_config *c, const char *packs, struct dataset **out, struct err *e);
/** The set is recorded: what was kept in c->into to continue its import is removed. */
void import_recorded(const struct import_config *c);
/** The name under which the next import of the set takes over the images of a finished pack, which was not recorded.
 * False if it cannot: it has no journal, or another part is there. */
bool import_part(const struct folder *packs, const char *pack, char part[PACK_NAME_SIZE]);

/** What is left of an import that was killed or stopped. */
struct import_left {
    char name[PACK_NAME_SIZE]; /* of the data set */
    char pack[PACK_NAME_SIZE]; /* its pack, where all was read; "": there is a part */
    char options[192];         /* that it packs with, as of a command line; "": not known */
    uint64_t images, bytes;    /* images read so far; of the part or pack and the journal */
    double modified;           /* seconds since 1970 */
    bool at_work;              /* an import holds its part */
};
/** All of the folder, by name; a complete pack counts where it has a journal. Owned: free. False if memory ran out. */
bool import_left_list(const struct folder *packs, struct import_left **out, size_t *count, struct err *e);
/** Removes the part and the journal of NAME. False with ERR_LOCKED while an import holds the part. The caller removes
 * the pack. */
bool import_left_remove(const struct folder *packs, const char *name, struct err *e);

/** import_run without keeping anything: the pack is written to a temporary folder below $TMPDIR, and removed. `seen`
 *  (may be NULL) is called while the pack exists, and may fail. */
typedef bool import_seen(void *ctx, const struct dataset *d, const struct pack *p, struct err *e);
bool import_check(const struct import_config *c, import_seen *seen, void *ctx, struct dataset **out, struct err *e);

#endif
