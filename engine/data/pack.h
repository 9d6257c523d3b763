/* A pack: the pixels of one set of images, all of one square size, in one memory-mapped file.
 *
 * Little-endian, version 1:
 *     header, 128 bytes   magic "MLVXPACK", u32 version, u32 count, u32 size, u32 channels, u32 flags, u32 zero,
 *                         u64 offset of the index, u64 bytes of the file, 32 bytes SHA-256 of the index, zeros
 *     pixels              count images of size * size * channels bytes, each aligned to 64, gaps zero
 *     index               count times u64 offset, 32 bytes SHA-256 of the image's pixels; aligned to 64
 * The index follows the pixels because a broken image is known only when its turn comes, and pixels are
 * written as they come. The digest of the index names the content: it depends on the pixels and their order alone. */
#ifndef MLVICX_DATA_PACK_H
#define MLVICX_DATA_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/base/files.h"

enum { PACK_VERSION = 1, PACK_MAX_SIZE = 4096 };

struct pack;

/** Maps a pack read-only. Every field and offset is checked, and the index against its digest; pixels are not (see
 * pack_verify). The caller destroys it with pack_close. */
bool pack_open(const char *path, struct pack **out, struct err *e);
/** The same for an open file, which the pack owns from here on, whatever the result; `path` is for errors. */
bool pack_take(int fd, const char *path, struct pack **out, struct err *e);
/** What a pack must be to be that of a data set. */
struct pack_identity {
    const char *set;    /* name of the data set, for errors */
    const char *digest; /* of the index, hex; NULL: any pack is taken, and only `attached` counts */
    int64_t count, size, channels;
    bool attached; /* the file is not the store's own: errors advise to put it back, not to import again */
};
/** As pack_take, and refuses every other pack than the one that `of` describes (ERR_FORMAT). */
bool pack_take_as(int fd, const char *path, const struct pack_identity *of, struct pack **out, struct err *e);
void pack_close(struct pack *p); /* NULL is fine */

uint32_t pack_count(const struct pack *p);
int pack_size(const struct pack *p);     /* pixels of a side */
int pack_channels(const struct pack *p); /* 1 or 3 */
/** False if the file was truncated, or a page of it could not be read, since it was opened: pixels read since may be
 * zeros. Call it after reading, before the pixels are used. */
bool pack_check(const struct pack *p, struct err *e);
/** SHA-256 of the index in hex; borrowed until pack_close. */
const char *pack_digest(const struct pack *p);
/** SHA-256 of the pixels of image i < count as the index has it, in hex. */
void pack_image_digest(const struct pack *p, uint32_t i, char hex[DIGEST_HEX_SIZE]);
/** Bytes of the file. */
uint64_t pack_bytes(const struct pack *p);
/** Pixels of image i < count, [size, size, channels], 64-byte aligned; borrowed until pack_close. */
const uint8_t *pack_image(const struct pack *p, uint32_t i);

/** Compares every image with its digest. False names the first that differs and says how many do. `progress` may be
 * NULL; it returns false to stop (ERR_INTERRUPTED). */
bool pack_verify(const struct pack *p, bool (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx,
                 struct err *e);

/** Appends the whole file of a pack to another one; ask pack_check afterwards. */
void pack_put(const struct pack *p, struct file_writer *w);

/** Writes a pack durably: it gets its name only when it is complete. */
struct pack_writer;

/** Begins DIR/NAME-*.pack (DIR is created if needed). Unfinished files of imports that were killed are removed from
 * DIR first. */
bool pack_writer_create(struct pack_writer **out, const char *dir, const char *name, int size, int channels,
                        struct err *e);
/** The same in an open folder. */
bool pack_writer_create_in(struct pack_writer **out, const struct folder *dir, const char *name, int size, int channels,
                           struct err *e);
/** Begin DIR/NAME.part, or go on with it: what a killed writer left there stays until pack_writer_look was called,
 * which has to come first. `*taken`: as in file_begin_part. */
bool pack_writer_continue(struct pack_writer **out, const struct folder *dir, const char *name, int size, int channels,
                          bool *taken, struct err *e);
/** Reads the images that the part holds and asks of each whether it is `known` by its digest; what follows the last
 *  known one goes. `go_on` (may be NULL) is asked now and then with the number of images so far; false: nothing was
 *  changed (ERR_INTERRUPTED). `known` NULL: nothing is, and all goes. */
struct pack_look {
    bool (*known)(const void *ctx, const char digest[DIGEST_HEX_SIZE]);
    bool (*go_on)(const void *ctx, uint32_t images);
    const void *ctx;
};
bool pack_writer_look(struct pack_writer *w, const struct pack_look *look, struct err *e);
/** Is an image of this digest there? Then it is taken over, wherever it lies. */
bool pack_writer_again(struct pack_writer *w, const char digest[DIGEST_HEX_SIZE]);
/** Hand to the system what was added so far, so that it survives this process. */
bool pack_writer_flush(struct pack_writer *w, struct err *e);
/** Give up and keep the part. */
void pack_writer_leave(struct pack_writer *w);
/** Append one image, [size, size, channels]; `digest` filled with its SHA-256. Where a part holds the same pixels, and
 *  nothing took them over, they are taken in place of it. */
bool pack_writer_add(struct pack_writer *w, const uint8_t *pixels, char digest[DIGEST_HEX_SIZE], struct err *e);
/** Writes the index, syncs, and gives the file its name: `name` (PACK_NAME_SIZE bytes) is filled with
 * "NAME-DIGEST.pack" (16 digits of the digest), `digest` with the digest of the index. Ends the writer, whatever the
 * result. */
enum { PACK_NAME_SIZE = 128 };
bool pack_writer_finish(struct pack_writer *w, char name[PACK_NAME_SIZE], char digest[DIGEST_HEX_SIZE], struct err *e);
struct pack_order {
    const char *(*digest_at)(const void *ctx, uint32_t i);
    const void *ctx;
    uint32_t count;
};
/** The same for a part, whose images become those of the digests [count], in this order: where they lie so the part
 *  gets the name of the pack, else they are copied, and the part goes once the pack is whole. On failure the part may
 *  stay. */
bool pack_writer_finish_as(struct pack_writer *w, const struct pack_order *order, char name[PACK_NAME_SIZE],
                           char digest[DIGEST_HEX_SIZE], struct err *e);
/** Gives up: the temporary file is removed. NULL is allowed. */
void pack_writer_destroy(struct pack_writer *w);

#endif
