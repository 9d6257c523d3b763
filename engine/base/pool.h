/* Many small pieces of memory that live and end together: the texts of a hundred thousand rows.
 *
 * Pieces are dealt out from the front of chunks, without a header of their own, and freed as a whole. A text that
 * repeats the one before it takes no room again: rows are sorted, and neighbours share a patient or a note. */
#ifndef MLVICX_BASE_POOL_H
#define MLVICX_BASE_POOL_H

#include <stddef.h>

struct pool_chunk;

/** Zero-initialise. */
struct pool {
    struct pool_chunk *chunks;
    size_t bytes; /* of all chunks */
};

/** `size` zeroed bytes, aligned to 16, borrowed until pool_clear; NULL when memory ran out. */
void *pool_take(struct pool *p, size_t size);
/** A copy of n bytes and a NUL after them, borrowed until pool_clear; NULL when memory ran out. Not aligned. */
char *pool_bytes(struct pool *p, const char *bytes, size_t n);
/** The same of a string; "" takes no memory, and a NULL is "". `last` (may be NULL) is an earlier result of this pool:
 * it is returned where it is equal. */
char *pool_text(struct pool *p, const char *s, char *last);
void pool_clear(struct pool *p); /* frees all, back to zero */

/** Words that repeat all over a table, each of which takes memory once: the first POOL_WORDS different ones.
 * Zero-initialise. */
enum { POOL_WORDS = 4096 };
struct pool_words {
    char **rows; /* [2 * POOL_WORDS] by hash; NULL before the first */
    size_t count;
};
/** pool_text that returns an earlier equal word. */
char *pool_word(struct pool *p, struct pool_words *w, const char *s);
void pool_words_clear(struct pool_words *w); /* the words themselves are the pool's */

#endif
