/* Offsets by lifetime: the largest blocks first, each at the lowest place that is free while it lives. */
#include "engine/model/network.h"

#include <stdlib.h>

static int larger_first(const void *a, const void *b)
{
    const struct span *x = *(struct span *const *)a, *y = *(struct span *const *)b;
    if (x->size != y->size) return x->size < y->size ? 1 : -1;
    return x->born != y->born ? x->born - y->born : x->dies - y->dies;
}

static bool meet(const struct span *a, const struct span *b)
{
    return a->born <= b->dies && b->born <= a->dies;
}

bool network_plan(struct span **spans, int n, size_t *bytes)
{
    *bytes = 0;
    struct span **placed = malloc((size_t)(n > 0 ? n : 1) * sizeof *placed);
    if (!placed) return false;
    qsort(spans, (size_t)n, sizeof *spans, larger_first);
    for (int i = 0; i < n; i++) {
        struct span *s = spans[i];
        /* `placed` is kept by rising offset, so the first gap that is large enough is the lowest */
        size_t at = 0;
        for (int j = 0; j < i; j++) {
            if (!meet(s, placed[j])) continue;
            if (placed[j]->offset >= at + arena_round(s->size)) break;
            size_t end = placed[j]->offset + arena_round(placed[j]->size);
            if (end > at) at = end;
        }
        s->offset = at;
        if (at + arena_round(s->size) > *bytes) *bytes = at + arena_round(s->size);
        int j = i;
        for (; j > 0 && placed[j - 1]->offset > at; j--) placed[j] = placed[j - 1];
        placed[j] = s;
    }
    free(placed);
    return true;
}
