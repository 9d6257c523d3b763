#include "engine/base/pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1 << 16, ALIGN = 16 };

struct pool_chunk {
    struct pool_chunk *next;
    size_t used, size;
    _Alignas(ALIGN) unsigned char bytes[];
};

/* `size` bytes at a multiple of `align`. What is larger than half a chunk gets one of its own, behind the one that is
 * being filled. */
static unsigned char *take(struct pool *p, size_t size, size_t align)
{
    struct pool_chunk *c = p->chunks;
    size_t at = c ? (c->used + align - 1) / align * align : 0;
    if (c && at <= c->size && c->size - at >= size) {
        c->used = at + size;
        return c->bytes + at;
    }
    size_t room = size > CHUNK / 2 ? size : CHUNK;
    if (room > SIZE_MAX - sizeof *c) return NULL;
    struct pool_chunk *fresh = calloc(1, sizeof *fresh + room);
    if (!fresh) return NULL;
    fresh->size = room;
    fresh->used = size;
    p->bytes += sizeof *fresh + room;
    if (c && size > CHUNK / 2) {
        fresh->next = c->next;
        c->next = fresh;
    } else {
        fresh->next = c;
        p->chunks = fresh;
    }
    return fresh->bytes;
}

void *pool_take(struct pool *p, size_t size)
{
    return take(p, size, ALIGN);
}

char *pool_bytes(struct pool *p, const char *bytes, size_t n)
{
    char *copy = (char *)take(p, n + 1, 1);
    return copy ? memcpy(copy, bytes, n) : NULL; /* the NUL is there: chunks are zeroed, and dealt out once */
}

char *pool_text(struct pool *p, const char *s, char *last)
{
    static char nothing[1];
    if (!s || !*s) return nothing;
    return last && !strcmp(last, s) ? last : pool_bytes(p, s, strlen(s));
}

void pool_clear(struct pool *p)
{
    for (struct pool_chunk *c = p->chunks, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    *p = (struct pool){ 0 };
}

char *pool_word(struct pool *p, struct pool_words *w, const char *s)
{
    size_t at = 0;
    uint32_t hash = UINT32_C(2166136261); /* FNV-1a */
    if (!*s) return pool_text(p, s, NULL);
    if (!w->rows && !(w->rows = calloc((size_t)2 * POOL_WORDS, sizeof *w->rows))) return NULL;
    for (const unsigned char *c = (const unsigned char *)s; *c; c++) hash = (hash ^ *c) * UINT32_C(16777619);
    for (at = hash % (2 * POOL_WORDS); w->rows[at]; at = (at + 1) % (2 * POOL_WORDS))
        if (!strcmp(w->rows[at], s)) return w->rows[at];
    char *copy = pool_text(p, s, NULL);
    if (copy && w->count < POOL_WORDS) {
        w->rows[at] = copy;
        w->count++;
    }
    return copy;
}

void pool_words_clear(struct pool_words *w)
{
    free(w->rows);
    *w = (struct pool_words){ 0 };
}
