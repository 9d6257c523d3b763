#include "engine/base/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE = 2 << 20 };

size_t arena_round(size_t size)
{
    return (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
}

bool arena_init(struct arena *a, size_t size, const char *what, struct err *e)
{
    size = arena_round(size ? size : 1);
    size_t align = size >= (size_t)HUGE ? (size_t)HUGE : (size_t)ARENA_ALIGN;
    void *p = NULL;
    if (posix_memalign(&p, align, size) != 0)
        return err_set(e, ERR_MEMORY, "%s: %zu MiB of memory are not to be had; try a smaller batch, size or width",
                       what, size >> 20);
    if (align == (size_t)HUGE) madvise(p, size, MADV_HUGEPAGE); /* a hint; failure changes nothing */
    memset(p, 0, size);
    *a = (struct arena){ .base = p, .size = size };
    return true;
}

void *arena_take(struct arena *a, size_t size)
{
    size = arena_round(size);
    assert(size <= a->size - a->used);
    void *p = a->base + a->used;
    a->used += size;
    return p;
}

void arena_clear(struct arena *a)
{
    free(a->base);
    *a = (struct arena){ 0 };
}
