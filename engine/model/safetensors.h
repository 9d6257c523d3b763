/* Safetensors: u64 header length, JSON header, raw little-endian tensors. Reading is a checked, memory-mapped view of a
 * file that may be hostile; writing is durable (temporary, fsync, rename).
 * Format: https://github.com/huggingface/safetensors */
#ifndef MLVICX_MODEL_SAFETENSORS_H
#define MLVICX_MODEL_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/base/files.h"
#include "engine/base/mapping.h"

enum { TENSORS_MAX_DIMS = 8 };

enum tensors_type { TENSORS_F32, TENSORS_F64, TENSORS_F16, TENSORS_BF16, TENSORS_I64, TENSORS_OTHER };

struct tensors_entry {
    char *name;
    enum tensors_type type;
    int dims;
    int64_t shape[TENSORS_MAX_DIMS];
    size_t count;              /* numbers */
    const unsigned char *data; /* borrowed from the mapping, unaligned */
};

struct tensors_pair {
    char *key, *value;
};

/** An open file: entries in the order of their data, metadata in the order of the header. */
struct tensors {
    struct mapping map;
    char *path; /* for errors */
    struct tensors_entry *entries;
    size_t count;
    struct tensors_pair *metadata;
    size_t metadata_count;
};

/** Map and check PATH: header length and JSON, every range inside the file, sizes equal to shape, no overlap. */
bool tensors_open(struct tensors *t, const char *path, struct err *e);
/** The same of an open file, which is theirs from here on, whatever comes of it; `path` is for errors. */
bool tensors_open_fd(struct tensors *t, int fd, const char *path, struct err *e);
void tensors_close(struct tensors *t);
/** False where the file was cut since it was opened, so that what was read may be zeros. Ask before it is used. */
bool tensors_check(const struct tensors *t, struct err *e);

/** The entry called `name`, or NULL. */
const struct tensors_entry *tensors_find(const struct tensors *t, const char *name);
/** The metadata value of `key`, or NULL. */
const char *tensors_metadata(const struct tensors *t, const char *key);
/** Copy an entry as float32 / float64 (F32, F64, F16, BF16 are converted); false for other types. */
bool tensors_read(const struct tensors_entry *entry, float *out);
bool tensors_read64(const struct tensors_entry *entry, double *out);

/** One tensor to write. `fill` is called when its turn comes and fills `count` floats, of a wide one doubles; so no
 *  second copy of a model is needed. */
struct tensors_out {
    const char *name;
    bool wide; /* F64, else F32 */
    int dims;
    int64_t shape[TENSORS_MAX_DIMS];
    void (*fill)(void *ctx, size_t index, void *out);
};

/** What a file will hold. Borrowed. */
struct tensors_content {
    const struct tensors_out *list; /* [n]                       */
    size_t n;
    void *ctx;                           /* handed to each fill       */
    const struct tensors_pair *metadata; /* [pairs]                   */
    size_t pairs;
};

/** Write tensors and metadata durably to PATH, which is of the store or of the user. `hex` NULL,
 * or filled with the file's SHA-256. */
bool tensors_write(const char *path, enum file_use use, const struct tensors_content *c, char hex[DIGEST_HEX_SIZE],
                   struct err *e);
/** The same to a file that is begun; it is committed or abandoned. */
bool tensors_put(struct file_writer *w, const struct tensors_content *c, char hex[DIGEST_HEX_SIZE], struct err *e);

#endif
