/* A growing list of byte or index arrays, one a ReLU or maximum. */
#include "engine/model/choices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int choices_add(struct choices *c, const char *name, enum choice_kind kind, size_t count)
{
    if (c->count == c->room) {
        int room = c->room ? 2 * c->room : 64;
        struct choice *list = realloc(c->list, (size_t)room * sizeof *list);
        if (!list) return -1;
        c->list = list;
        c->room = room;
    }
    struct choice *x = &c->list[c->count];
    *x = (struct choice){ .kind = kind, .count = count };
    snprintf(x->name, sizeof x->name, "%s", name);
    if (kind == CHOICE_LARGEST)
        x->indices = calloc(count, sizeof *x->indices);
    else
        x->bytes = calloc(count, 1);
    if (!x->indices && !x->bytes) return -1;
    return c->count++;
}

void choices_clear(struct choices *c)
{
    for (int i = 0; i < c->count; i++) {
        free(c->list[i].bytes);
        free(c->list[i].indices);
    }
    free(c->list);
    *c = (struct choices){ 0 };
}

void choices_copy(struct choices *to, const struct choices *from)
{
    for (int i = 0; i < from->count; i++) {
        if (from->list[i].bytes) memcpy(to->list[i].bytes, from->list[i].bytes, from->list[i].count);
        if (from->list[i].indices)
            memcpy(to->list[i].indices, from->list[i].indices, from->list[i].count * sizeof(int32_t));
    }
}
