/* The journal of an import that may be killed: of each image, from which file it came and what became of it.
 *
 * It lies beside the part of a pack (pack_writer_continue) as NAME.journal. The next import of that name with the same
 * plan takes over each image whose file is what it was and whose pixels the part holds, in whatever order. */
#ifndef MLVICX_DATA_IMPORT_JOURNAL_H
#define MLVICX_DATA_IMPORT_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/base/files.h"
#include "engine/base/folder.h"

enum { JOURNAL_PLAN = 192 };

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

/** What a journal knows of a file: nothing, that it was another one, or what became of it. */
enum journal_match { JOURNAL_NONE, JOURNAL_CHANGED, JOURNAL_SAME };

/** Open the journal of NAME in the folder, and read what it holds; one that is none is empty. */
bool journal_open(struct journal **out, const struct folder *dir, const char *name, struct err *e);
/** All that its pixels depend on, but for the files, as options in words; "" of one that is none. Borrowed. */
const char *journal_plan(const struct journal *j);
/** How many images it knows the pixels of. */
uint32_t journal_packed(const struct journal *j);
/** Empty it, for another plan of less than JOURNAL_PLAN bytes. */
bool journal_begin(struct journal *j, const char *plan, struct err *e);
/** What was known of the file when the journal was opened; `row` filled for JOURNAL_SAME. */
enum journal_match journal_find(const struct journal *j, const struct journal_file *file, struct journal_row *row);
/** Were there pixels of this digest when it was opened? */
bool journal_knows(const struct journal *j, const char digest[DIGEST_HEX_SIZE]);
/** Add a row, and hand it to the system. It counts in place of an earlier one of the same path. */
bool journal_add(struct journal *j, const struct journal_file *file, const struct journal_row *row, struct err *e);
/** Close it; `remove` takes it away. NULL is fine. */
void journal_close(struct journal *j, bool remove);

/** How many images the journal of NAME is about; 0 where there is none, or one that cannot be read. `plan`: filled, as
 * of journal_plan. */
uint64_t journal_count(const struct folder *dir, const char *name, char plan[JOURNAL_PLAN]);

/** What the system says of the file `path`, whose name in the set is `relative`. */
void journal_look(const char *path, const char *relative, struct journal_file *file);

#endif
