#include "engine/data/pack.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/mapping.h"
#include "engine/base/text.h"
#include "engine/data/pack_format.h"

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
