/* The journal of an import that may be killed: of each image in turn, from which file it came and what became of it.
 *
 * It lies beside the part of a pack (pack_writer_continue) as NAME.journal. The next import of that name with the same
 * plan takes over image after image, as long as their files are what they were and the part holds their pixels. */
#ifndef MLVICX_DATA_IMPORT_JOURNAL_H
#define MLVICX_DATA_IMPORT_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/base/files.h"
#include "engine/base/folder.h"

enum { JOURNAL_PLAN = 32 };

/** What tells that a file is the one that was read: its path and what the system says of it. Zeros: not known. */
struct journal_file {
    uint8_t path[16]; /* of a digest of its path */
    uint64_t bytes, inode;
    int64_t modified, changed; /* nanoseconds since 1970 */
};

/** What became of it: pixels in the pack; without a digest it could not be read. */
struct journal_row {
    bool linked;
    int width, height; /* of the original */
    char digest[DIGEST_HEX_SIZE];
};

struct journal;

/** Open the journal of NAME in the folder; one of another plan, or none, is begun anew. `plan`: a digest of all that
 * pixels depend on, but for the files. */
bool journal_open(struct journal **out, const struct folder *dir, const char *name, const uint8_t plan[JOURNAL_PLAN],
                  struct err *e);
/** The next row, if it is of this file. False: it is not, or there are no more; rows are only added from here on.
 *  `*changed`: a row of this path was there, and the file is another one. */
bool journal_next(struct journal *j, const struct journal_file *file, struct journal_row *row, bool *changed);
/** Nothing of what follows is taken over, the row that journal_next gave last included. */
void journal_refuse(struct journal *j);
/** Add a row, and hand it to the system. */
bool journal_add(struct journal *j, const struct journal_file *file, const struct journal_row *row, struct err *e);
/** Close it; `remove` takes it away. NULL is fine. */
void journal_close(struct journal *j, bool remove);

/** How many images the journal of NAME is about; 0 where there is none, or one that cannot be read. */
uint64_t journal_count(const struct folder *dir, const char *name);

/** What the system says of the file `path`, whose name in the set is `relative`. */
void journal_look(const char *path, const char *relative, struct journal_file *file);

#endif
