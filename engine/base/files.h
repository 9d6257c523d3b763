/* Files: read whole, write so that a kill or a power cut leaves the old or the new, digest. */
#ifndef MLVICX_BASE_FILES_H
#define MLVICX_BASE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "engine/base/err.h"
#include "engine/base/folder.h"

enum { DIGEST_HEX_SIZE = 65 }; /* SHA-256 in hex, with NUL */

/** Read a whole text file (a regular one, at most `most` bytes, none of them zero) into a NUL-terminated buffer that
 * the caller frees. */
char *file_read_text(const char *path, size_t most, struct err *e);
/** The same of an open file, which is closed; `path` is for errors. */
char *file_take_text(int fd, const char *path, size_t most, struct err *e);

/** A file being written durably: bytes go to a temporary of its own (temporary.h; what killed writers of PATH left is
 * removed first); file_commit flushes, fsyncs, renames over PATH and fsyncs the directory; file_abandon removes the
 * temporary. Exactly one of both ends it. A PATH that is there and is no regular file (a device, a pipe, a directory)
 * is refused. */
struct file_writer {
    FILE *stream; /* write here with fwrite; errors are kept until commit */
    char *path, *temporary;
    struct folder *folder; /* owned; NULL: by path */
    int failed;            /* errno of the first failure, 0: none */
};

/** What belongs to the store has mode 0600, and a link in its place is replaced. A file of the user's own (an export, a
 * picture) has the mode that umask leaves, or keeps mode, group and where possible owner of the one that it replaces;
 * it is written through links (target.h). */
enum file_use { FILE_OF_STORE, FILE_OF_USER };
bool file_begin_as(struct file_writer *w, const char *path, enum file_use use, struct err *e);
/** The same for FILE_OF_STORE. */
bool file_begin(struct file_writer *w, const char *path, struct err *e);
/** The same for a file of an open folder: all of it happens there, whatever is at its path meanwhile. What is there
 *  already has to be a file that folder_check lets pass. */
bool file_begin_in(struct file_writer *w, const struct folder *f, const char *name, struct err *e);
/** The same in a file of a name of its own, PART, which stays where its writer dies, and is gone on with: what it holds
 *  is as it was, and nothing was written to it yet. `*taken` is true, with false returned and no error, while another
 *  process writes it, or where locks are not known. */
bool file_begin_part(struct file_writer *w, const struct folder *f, const char *name, const char *part, bool *taken,
                     struct err *e);
/** The third way to end one: the part stays. */
void file_leave_part(struct file_writer *w);

/** Append; a failure (disk full) is remembered and told by file_commit. */
void file_put(struct file_writer *w, const void *bytes, size_t n);
bool file_commit(struct file_writer *w, struct err *e);
void file_abandon(struct file_writer *w);
struct text;
/** A whole file of a text. A text that is broken (memory ran out) writes nothing and is ERR_MEMORY. */
bool file_write_text(const char *path, const struct text *t, enum file_use use, struct err *e);

/** Create DIR and its parents, mode 0700. */
bool file_make_directories(const char *dir, struct err *e);
/** The same with another mode, less what umask takes. */
bool file_make_directories_as(const char *dir, mode_t mode, struct err *e);

/** Make the name `path` durable: fsync of the directory that it is in. errno is set on false. */
bool file_sync_directory_of(const char *path);

/** True for an existing regular file / directory. */
bool file_exists(const char *path);
bool file_is_directory(const char *path);

/** Free bytes of the file system that holds `path`, -1 when unknown. */
double file_free_bytes(const char *path);

/** Fill out (size bytes) with "DIR/NAME"; false when it does not fit. */
bool file_join(char *out, size_t size, const char *dir, const char *name);

/** SHA-256 as lower-case hex. */
void digest_bytes(const void *bytes, size_t n, char hex[DIGEST_HEX_SIZE]);
bool digest_file(const char *path, char hex[DIGEST_HEX_SIZE], struct err *e);

/** The digest of a file in pieces, for whoever must not wait: begin, then continue until *done. */
struct digest_pieces;
bool digest_begin(struct digest_pieces **out, const char *path, struct err *e);
/** The same of an open file, from its beginning; the descriptor is the digest's. */
bool digest_take(struct digest_pieces **out, int fd, const char *path, struct err *e);
/** Read at most `most` bytes more. At the end of the file `*done` is true and hex is filled. */
bool digest_more(struct digest_pieces *d, size_t most, bool *done, char hex[DIGEST_HEX_SIZE], struct err *e);
void digest_end(struct digest_pieces *d); /* NULL is fine */

#endif
