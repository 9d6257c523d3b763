/* Writing packs: image after image, or what a part holds and what was added to it, in the order that is wanted. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/temporary.h"
#include "engine/base/text.h"
#include "engine/data/pack.h"
#include "engine/data/pack_format.h"

/* An image of a part, to be found by its digest. */
struct held {
    unsigned char digest[HASH_BYTES];
    uint32_t image;
};

struct pack_writer {
    struct file_writer file;
    char *name; /* of the set */
    int size, channels;
    size_t image_bytes;
    uint64_t at; /* bytes written so far */
    uint32_t count, room;
    unsigned char *index;
    struct held *order; /* [held] by digest */
    bool *used;         /* [held] taken over */
    uint32_t held;
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

static bool from_hex(const char *hex, unsigned char out[HASH_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < HASH_BYTES; i++) {
        const char *high = hex[2 * i] ? strchr(digits, hex[2 * i]) : NULL;
        const char *low = high && hex[2 * i + 1] ? strchr(digits, hex[2 * i + 1]) : NULL;
        if (!low) return false;
        out[i] = (unsigned char)((high - digits) << 4 | (low - digits));
    }
    return true;
}

static unsigned char *entry_of(const struct pack_writer *w, uint32_t i)
{
    return w->index + (size_t)i * ENTRY_BYTES;
}

static int by_digest(const void *a, const void *b)
{
    const struct held *x = a, *y = b;
    int c = memcmp(x->digest, y->digest, HASH_BYTES);
    return c ? c : (x->image > y->image) - (x->image < y->image);
}

/* Images by digest, those of one in their order; NULL if memory ran out. */
static struct held *sort_images(const struct pack_writer *w)
{
    struct held *order = malloc((w->count + (size_t)1) * sizeof *order);
    for (uint32_t i = 0; order && i < w->count; i++) {
        memcpy(order[i].digest, entry_of(w, i) + 8, HASH_BYTES);
        order[i].image = i;
    }
    if (order && w->count) qsort(order, w->count, sizeof *order, by_digest);
    return order;
}

/* The first of that digest in `order`; `n` if there is none. */
static uint32_t find_digest(const struct held *order, uint32_t n, const unsigned char h[HASH_BYTES])
{
    uint32_t low = 0, high = n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (memcmp(order[middle].digest, h, HASH_BYTES) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && !memcmp(order[low].digest, h, HASH_BYTES) ? low : n;
}

/* An image of the part with that digest, if possible one that was not taken yet. */
static bool take_held(struct pack_writer *w, const unsigned char h[HASH_BYTES], bool unused)
{
    uint32_t first = find_digest(w->order, w->held, h);
    for (uint32_t i = first; i < w->held && !memcmp(w->order[i].digest, h, HASH_BYTES); i++) {
        bool *used = &w->used[w->order[i].image];
        if (!*used) return *used = true;
    }
    return first < w->held && !unused;
}

/* The images that the file holds become the index; *known: how many there are up to the last known one. */
static bool look_through(struct pack_writer *w, const struct pack_look *look, uint8_t *pixels, uint32_t *known,
                         struct err *e)
{
    uint64_t stride = w->image_bytes + (ALIGN - w->image_bytes % ALIGN) % ALIGN, at = HEADER_BYTES;
    char hex[DIGEST_HEX_SIZE];
    int fd = fileno(w->file.stream);
    for (; pread(fd, pixels, w->image_bytes, (off_t)at) == (ssize_t)w->image_bytes; at += stride) {
        if (look->go_on && w->count % 256 == 0 && !look->go_on(look->ctx, w->count))
            return err_set(e, ERR_INTERRUPTED, "%s: stopped", w->file.path);
        if (!make_room(w, e)) return false;
        unsigned char *entry = entry_of(w, w->count++);
        put64(entry, at);
        hash(pixels, w->image_bytes, entry + 8);
        to_hex(entry + 8, hex);
        if (!look->known(look->ctx, hex)) continue;
        *known = w->count;
        w->at = at + stride;
    }
    return true;
}

bool pack_writer_look(struct pack_writer *w, const struct pack_look *look, struct err *e)
{
    uint32_t known = 0;
    uint8_t *pixels = look->known ? malloc(w->image_bytes) : NULL;
    if (look->known && !pixels) return err_set(e, ERR_MEMORY, "%s: no memory", w->file.path);
    bool ok = !pixels || look_through(w, look, pixels, &known, e);
    free(pixels);
    if (!ok) return false;
    w->count = known;
    w->order = sort_images(w);
    w->used = calloc(known + (size_t)1, sizeof *w->used);
    if (!w->order || !w->used) return err_set(e, ERR_MEMORY, "%s: no memory for the index", w->file.path);
    w->held = known;
    /* the last image may lack its padding */
    if (fseeko(w->file.stream, (off_t)w->at, SEEK_SET) || ftruncate(fileno(w->file.stream), (off_t)w->at))
        w->file.failed = errno;
    return true;
}

bool pack_writer_again(struct pack_writer *w, const char digest[DIGEST_HEX_SIZE])
{
    unsigned char h[HASH_BYTES];
    return from_hex(digest, h) && take_held(w, h, false);
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

static void writer_free(struct pack_writer *w)
{
    free(w->name);
    free(w->index);
    free(w->order);
    free(w->used);
    free(w);
}

void pack_writer_leave(struct pack_writer *w)
{
    if (!w) return;
    file_leave_part(&w->file);
    writer_free(w);
}

bool pack_writer_add(struct pack_writer *w, const uint8_t *pixels, char digest[DIGEST_HEX_SIZE], struct err *e)
{
    unsigned char h[HASH_BYTES];
    hash(pixels, w->image_bytes, h);
    to_hex(h, digest);
    if (take_held(w, h, true)) return true;
    if (!make_room(w, e)) return false;
    unsigned char *entry = entry_of(w, w->count);
    put64(entry, w->at);
    memcpy(entry + 8, h, sizeof h);
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

/* Do the images of the part lie in this order, and no others? */
static bool is_ordered(const struct pack_writer *w, const struct pack_order *order)
{
    unsigned char h[HASH_BYTES];
    if (w->count != order->count) return false;
    for (uint32_t i = 0; i < w->count; i++)
        if (!from_hex(order->digest_at(order->ctx, i), h) || memcmp(h, entry_of(w, i) + 8, HASH_BYTES)) return false;
    return true;
}

static bool copy_images(const struct pack_writer *from, const struct held *images, const struct pack_order *order,
                        struct pack_writer *to, struct err *e)
{
    char digest[DIGEST_HEX_SIZE];
    unsigned char h[HASH_BYTES];
    uint8_t *pixels = malloc(from->image_bytes);
    bool ok = pixels || err_set(e, ERR_MEMORY, "%s: no memory", from->file.path);
    for (uint32_t i = 0; ok && i < order->count; i++) {
        const char *wanted = order->digest_at(order->ctx, i);
        uint32_t at = from_hex(wanted, h) ? find_digest(images, from->count, h) : from->count;
        ok = at < from->count && pread(fileno(from->file.stream), pixels, from->image_bytes,
                                       (off_t)get64(entry_of(from, images[at].image))) == (ssize_t)from->image_bytes;
        if (ok)
            ok = pack_writer_add(to, pixels, digest, e);
        else
            err_set(e, ERR_IO, "%s: an image of it cannot be read", from->file.temporary);
        if (ok && strcmp(digest, wanted))
            ok = err_set(e, ERR_IO, "%s: an image of it has changed meanwhile", from->file.temporary);
    }
    free(pixels);
    return ok;
}

bool pack_writer_finish_as(struct pack_writer *w, const struct pack_order *order, char name[PACK_NAME_SIZE],
                           char digest[DIGEST_HEX_SIZE], struct err *e)
{
    if (is_ordered(w, order)) return pack_writer_finish(w, name, digest, e);
    struct pack_writer *to = NULL;
    struct held *images = sort_images(w);
    bool ok = images || err_set(e, ERR_MEMORY, "%s: no memory for the index", w->file.path);
    ok = ok && pack_writer_flush(w, e) &&
         pack_writer_create_in(&to, w->file.folder, w->name, w->size, w->channels, e) &&
         copy_images(w, images, order, to, e);
    free(images);
    if (ok)
        ok = pack_writer_finish(to, name, digest, e);
    else
        pack_writer_destroy(to);
    if (ok)
        pack_writer_destroy(w);
    else
        pack_writer_leave(w);
    return ok;
}

void pack_writer_destroy(struct pack_writer *w)
{
    if (!w) return;
    file_abandon(&w->file);
    writer_free(w);
}
