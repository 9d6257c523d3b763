#include "engine/data/pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nettle/sha2.h>

#include "engine/base/mapping.h"
#include "engine/base/temporary.h"
#include "engine/base/text.h"

enum { HEADER_BYTES = 128, ENTRY_BYTES = 40, ALIGN = 64, HASH_BYTES = SHA256_DIGEST_SIZE };

/* Places of the header's fields. */
enum {
    AT_VERSION = 8,
    AT_COUNT = 12,
    AT_SIZE = 16,
    AT_CHANNELS = 20,
    AT_FLAGS = 24,
    AT_ZERO = 28,
    AT_INDEX = 32,
    AT_BYTES = 40,
    AT_DIGEST = 48,
    AT_REST = 80,
};

static const char magic[8] = { 'M', 'L', 'V', 'X', 'P', 'A', 'C', 'K' };

struct pack {
    struct mapping map;
    char *path;         /* for errors */
    const char *advice; /* at their end */
    uint32_t count;
    int size, channels;
    size_t image_bytes;
    const unsigned char *index;
    char digest[DIGEST_HEX_SIZE];
};

static uint32_t get32(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const unsigned char *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static void put32(unsigned char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) p[i] = (unsigned char)(v >> (8 * i));
}

static void put64(unsigned char *p, uint64_t v)
{
    put32(p, (uint32_t)v);
    put32(p + 4, (uint32_t)(v >> 32));
}

static void hash(const void *bytes, size_t n, unsigned char out[HASH_BYTES])
{
    struct sha256_ctx ctx;
    sha256_init(&ctx);
    sha256_update(&ctx, n, bytes);
    sha256_digest(&ctx, HASH_BYTES, out);
}

static void to_hex(const unsigned char h[HASH_BYTES], char hex[DIGEST_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < HASH_BYTES; i++) {
        hex[2 * i] = digits[h[i] >> 4];
        hex[2 * i + 1] = digits[h[i] & 15];
    }
    hex[2 * HASH_BYTES] = '\0';
}

static bool is_zero(const unsigned char *p, size_t n)
{
    while (n && !*p) p++, n--;
    return n == 0;
}

/* ---- reading ---- */

static const char import_again[] = "import the data set again", put_back[] = "put the whole file back";

static bool bad(struct err *e, const struct pack *p, const char *what)
{
    return err_set(e, ERR_FORMAT, "%s: not a whole pack: %s; %s", p->path, what, p->advice);
}

/* Checks every field of the header before any of them is used. */
static bool header_check(struct pack *p, struct err *e)
{
    const unsigned char *h = p->map.data;
    uint64_t bytes = p->map.size;
    if (bytes < HEADER_BYTES) return bad(e, p, bytes ? "shorter than its header" : "it is empty");
    if (memcmp(h, magic, sizeof magic)) return bad(e, p, "it does not begin with MLVXPACK");
    if (get32(h + AT_VERSION) != PACK_VERSION)
        return err_set(e, ERR_UNSUPPORTED, "%s: pack of version %u; this program reads version %d", p->path,
                       get32(h + AT_VERSION), PACK_VERSION);
    uint32_t size = get32(h + AT_SIZE), channels = get32(h + AT_CHANNELS);
    p->count = get32(h + AT_COUNT);
    if (size < 1 || size > PACK_MAX_SIZE) return bad(e, p, "image size out of range");
    if (channels != 1 && channels != 3) return bad(e, p, "neither 1 nor 3 channels");
    if (p->count < 1) return bad(e, p, "no images");
    if (get32(h + AT_FLAGS) || get32(h + AT_ZERO) || !is_zero(h + AT_REST, HEADER_BYTES - AT_REST))
        return bad(e, p, "unknown flags");
    p->size = (int)size;
    p->channels = (int)channels;
    p->image_bytes = (size_t)size * size * channels;
    uint64_t at = get64(h + AT_INDEX);
    if (get64(h + AT_BYTES) != bytes) return bad(e, p, "its length is not what the header says (cut off?)");
    if (at % ALIGN || at < HEADER_BYTES || at > bytes || bytes - at != (uint64_t)p->count * ENTRY_BYTES)
        return bad(e, p, "the index does not fit the file");
    p->index = h + at;
    return true;
}

static bool index_check(const struct pack *p, struct err *e)
{
    unsigned char h[HASH_BYTES];
    hash(p->index, (size_t)p->count * ENTRY_BYTES, h);
    if (memcmp(h, p->map.data + AT_DIGEST, HASH_BYTES)) return bad(e, p, "the index does not match its digest");
    uint64_t end = (uint64_t)(p->index - p->map.data), from = HEADER_BYTES;
    for (uint32_t i = 0; i < p->count; i++) {
        uint64_t at = get64(p->index + (size_t)i * ENTRY_BYTES);
        if (at % ALIGN || at < from || at > end || end - at < p->image_bytes)
            return bad(e, p, "an image lies outside its place");
        from = at + p->image_bytes;
    }
    return true;
}

/* `fd` -1: open by path. */
static bool open_as(int fd, const char *path, const char *advice, struct pack **out, struct err *e)
{
    struct pack *p = calloc(1, sizeof *p);
    *out = NULL;
    if (p) p->path = text_copy(path);
    if (!p || !p->path) {
        free(p);
        if (fd >= 0) close(fd);
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    }
    p->advice = advice;
    bool ok = fd < 0 ? mapping_open(&p->map, path, e) : mapping_take(&p->map, fd, path, e);
    ok = ok && header_check(p, e) && index_check(p, e);
    ok = pack_check(p, e) && ok;
    if (!ok) {
        pack_close(p);
        return false;
    }
    to_hex(p->map.data + AT_DIGEST, p->digest);
    *out = p;
    return true;
}

bool pack_open(const char *path, struct pack **out, struct err *e)
{
    return open_as(-1, path, import_again, out, e);
}

bool pack_take(int fd, const char *path, struct pack **out, struct err *e)
{
    return open_as(fd, path, import_again, out, e);
}

bool pack_take_as(int fd, const char *path, const struct pack_identity *of, struct pack **out, struct err *e)
{
    if (!open_as(fd, path, of->attached ? put_back : import_again, out, e)) return false;
    const struct pack *p = *out;
    if (!of->digest) return true;
    if (!strcmp(p->digest, of->digest) && p->count == of->count && p->size == of->size && p->channels == of->channels)
        return true;
    pack_close(*out);
    *out = NULL;
    if (!of->attached)
        return err_set(e, ERR_FORMAT, "%s: is not the pack that data set %s was imported into; import it again", path,
                       of->set);
    return err_set(
        e, ERR_FORMAT,
        "%s: has changed: it is not the pack that data set %s was attached to; put that one back, or: mlvicx "
        "data rm %s, and attach this one",
        path, of->set, of->set);
}

void pack_close(struct pack *p)
{
    if (!p) return;
    mapping_close(&p->map);
    free(p->path);
    free(p);
}

bool pack_check(const struct pack *p, struct err *e)
{
    return mapping_check(&p->map, p->path, e);
}

uint32_t pack_count(const struct pack *p)
{
    return p->count;
}

int pack_size(const struct pack *p)
{
    return p->size;
}

int pack_channels(const struct pack *p)
{
    return p->channels;
}

const char *pack_digest(const struct pack *p)
{
    return p->digest;
}

void pack_image_digest(const struct pack *p, uint32_t i, char hex[DIGEST_HEX_SIZE])
{
    to_hex(p->index + (size_t)i * ENTRY_BYTES + 8, hex);
}

uint64_t pack_bytes(const struct pack *p)
{
    return p->map.size;
}

const uint8_t *pack_image(const struct pack *p, uint32_t i)
{
    return p->map.data + get64(p->index + (size_t)i * ENTRY_BYTES);
}

bool pack_verify(const struct pack *p, bool (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx,
                 struct err *e)
{
    uint32_t wrong = 0, first = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        unsigned char h[HASH_BYTES];
        hash(pack_image(p, i), p->image_bytes, h);
        if (memcmp(h, p->index + (size_t)i * ENTRY_BYTES + 8, HASH_BYTES)) {
            if (!pack_check(p, e)) return false;
            if (!wrong++) first = i;
        }
        if (progress && !progress(ctx, i + 1, p->count))
            return err_set(e, ERR_INTERRUPTED, "%s: stopped after %u %s", p->path, i + 1,
                           text_number(i + 1, "image", "images"));
    }
    if (!pack_check(p, e)) return false;
    if (!wrong) return true;
    return err_set(e, ERR_FORMAT, "%s: %u of %u %s, the first is image %u; %s", p->path, wrong, p->count,
                   text_number(p->count, "image does not match its digest", "images do not match their digests"), first,
                   p->advice);
}

void pack_put(const struct pack *p, struct file_writer *w)
{
    file_put(w, p->map.data, p->map.size);
}

/* ---- writing ---- */

struct pack_writer {
    struct file_writer file;
    char *name; /* of the set */
    int size, channels;
    size_t image_bytes;
    uint64_t at; /* bytes written so far */
    uint32_t count, room;
    unsigned char *index;
    bool again; /* images of a part are taken over; nothing was written yet */
};

bool pack_writer_create(struct pack_writer **out, const char *dir, const char *name, int size, int channels,
                        struct err *e)
{
    struct folder folder;
    *out = NULL;
    if (!file_make_directories(dir, e) || !folder_open(&folder, dir, dir, e)) return false;
    bool ok = pack_writer_create_in(out, &folder, name, size, channels, e);
    folder_close(&folder);
    return ok;
}

static struct pack_writer *allocate(const struct folder *dir, const char *name, int size, int channels, struct err *e)
{
    struct pack_writer *w = calloc(1, sizeof *w);
    if (w) w->name = text_copy(name);
    if (!w || !w->name) {
        err_set(e, ERR_MEMORY, "%s: no memory", dir->path);
        free(w);
        return NULL;
    }
    w->size = size;
    w->channels = channels;
    w->image_bytes = (size_t)size * (size_t)size * (size_t)channels;
    w->at = HEADER_BYTES;
    return w;
}

bool pack_writer_create_in(struct pack_writer **out, const struct folder *dir, const char *name, int size, int channels,
                           struct err *e)
{
    static const unsigned char blank[HEADER_BYTES];
    char file[PACK_NAME_SIZE];
    temporary_sweep_in(dir, "", ".pack");
    struct pack_writer *w = *out = allocate(dir, name, size, channels, e);
    if (!w) return false;
    snprintf(file, sizeof file, "%.100s.pack", name);
    if (!file_begin_in(&w->file, dir, file, e)) {
        pack_writer_destroy(w);
        *out = NULL;
        return false;
    }
    file_put(&w->file, blank, sizeof blank); /* the header follows at the end */
    return true;
}

bool pack_writer_continue(struct pack_writer **out, const struct folder *dir, const char *name, int size, int channels,
                          bool *taken, struct err *e)
{
    char file[PACK_NAME_SIZE], part[PACK_NAME_SIZE];
    *taken = false;
    struct pack_writer *w = *out = allocate(dir, name, size, channels, e);
    if (!w) return false;
    snprintf(file, sizeof file, "%.100s.pack", name);
    snprintf(part, sizeof part, "%.100s.part", name);
    w->again = true;
    if (file_begin_part(&w->file, dir, file, part, taken, e)) return true;
    pack_writer_leave(w);
    *out = NULL;
    return false;
}

static void pad(struct pack_writer *w)
{
    static const unsigned char zeros[ALIGN];
    size_t n = (size_t)((ALIGN - w->at % ALIGN) % ALIGN);
    file_put(&w->file, zeros, n);
    w->at += n;
}

static bool make_room(struct pack_writer *w, struct err *e)
{
    if (w->count < w->room) return true;
    uint32_t room = w->room ? w->room * 2 : 256;
    unsigned char *p = room > w->room ? realloc(w->index, (size_t)room * ENTRY_BYTES) : NULL;
    if (!p) return err_set(e, ERR_MEMORY, "%s: no memory for the index", w->file.path);
    w->index = p;
    w->room = room;
    return true;
}

/* What the part holds behind the images that were taken over goes. */
static void end_taking_over(struct pack_writer *w)
{
    w->again = false;
    if (fseeko(w->file.stream, (off_t)w->at, SEEK_SET) || ftruncate(fileno(w->file.stream), (off_t)w->at))
        w->file.failed = errno;
}

bool pack_writer_again(struct pack_writer *w, const char digest[DIGEST_HEX_SIZE])
{
    char found[DIGEST_HEX_SIZE];
    unsigned char h[HASH_BYTES];
    uint8_t *pixels = w->again && make_room(w, NULL) ? malloc(w->image_bytes) : NULL;
    bool ok = pixels && pread(fileno(w->file.stream), pixels, w->image_bytes, (off_t)w->at) == (ssize_t)w->image_bytes;
    if (ok) {
        hash(pixels, w->image_bytes, h);
        to_hex(h, found);
        ok = !strcmp(found, digest);
    }
    free(pixels);
    if (!ok) {
        if (w->again) end_taking_over(w);
        return false;
    }
    unsigned char *entry = w->index + (size_t)w->count++ * ENTRY_BYTES;
    put64(entry, w->at);
    memcpy(entry + 8, h, sizeof h);
    w->at += w->image_bytes + (ALIGN - (w->at + w->image_bytes) % ALIGN) % ALIGN;
    return true;
}

static bool written(struct pack_writer *w, struct err *e)
{
    if (!w->file.failed) return true;
    errno = w->file.failed;
    return err_errno(e, "%s: cannot be written (%llu bytes so far)", w->file.path, (unsigned long long)w->at);
}

bool pack_writer_flush(struct pack_writer *w, struct err *e)
{
    if (!w->file.failed && fflush(w->file.stream)) w->file.failed = errno;
    return written(w, e);
}

void pack_writer_leave(struct pack_writer *w)
{
    if (!w) return;
    file_leave_part(&w->file);
    free(w->name);
    free(w->index);
    free(w);
}

bool pack_writer_add(struct pack_writer *w, const uint8_t *pixels, char digest[DIGEST_HEX_SIZE], struct err *e)
{
    if (!make_room(w, e)) return false;
    if (w->again) end_taking_over(w);
    unsigned char *entry = w->index + (size_t)w->count * ENTRY_BYTES;
    put64(entry, w->at);
    hash(pixels, w->image_bytes, entry + 8);
    to_hex(entry + 8, digest);
    file_put(&w->file, pixels, w->image_bytes);
    w->at += w->image_bytes;
    w->count++;
    pad(w);
    return written(w, e);
}

static void header_fill(const struct pack_writer *w, const unsigned char digest[HASH_BYTES],
                        unsigned char h[HEADER_BYTES])
{
    size_t index_bytes = (size_t)w->count * ENTRY_BYTES;
    memset(h, 0, HEADER_BYTES);
    memcpy(h, magic, sizeof magic);
    put32(h + AT_VERSION, PACK_VERSION);
    put32(h + AT_COUNT, w->count);
    put32(h + AT_SIZE, (uint32_t)w->size);
    put32(h + AT_CHANNELS, (uint32_t)w->channels);
    put64(h + AT_INDEX, w->at);
    put64(h + AT_BYTES, w->at + index_bytes);
    memcpy(h + AT_DIGEST, digest, HASH_BYTES);
}

bool pack_writer_finish(struct pack_writer *w, char name[PACK_NAME_SIZE], char digest[DIGEST_HEX_SIZE], struct err *e)
{
    unsigned char h[HASH_BYTES], header[HEADER_BYTES];
    if (w->again) end_taking_over(w);
    hash(w->index, (size_t)w->count * ENTRY_BYTES, h);
    to_hex(h, digest);
    header_fill(w, h, header);
    file_put(&w->file, w->index, (size_t)w->count * ENTRY_BYTES);
    if (!w->file.failed && fseeko(w->file.stream, 0, SEEK_SET)) w->file.failed = errno;
    file_put(&w->file, header, sizeof header);
    snprintf(name, PACK_NAME_SIZE, "%s-%.16s.pack", w->name, digest);
    char *path = NULL;
    if (asprintf(&path, "%s/%s", w->file.folder->path, name) < 0) path = NULL;
    bool ok = path != NULL;
    if (ok) {
        free(w->file.path); /* the name includes the digest, so it is known only now */
        w->file.path = path;
        ok = file_commit(&w->file, e);
    } else {
        err_set(e, ERR_MEMORY, "%s: no memory", name);
    }
    pack_writer_destroy(w);
    return ok;
}

void pack_writer_destroy(struct pack_writer *w)
{
    if (!w) return;
    file_abandon(&w->file);
    free(w->name);
    free(w->index);
    free(w);
}
