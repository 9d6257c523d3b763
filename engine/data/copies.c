#include "engine/data/copies.h"

#include <stdlib.h>
#include <string.h>

void copies_clear(struct copies *c)
{
    free(c->members);
    free(c->groups);
    *c = (struct copies){ 0 };
}

struct entry {
    const char *digest;
    uint32_t image;
};

static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int c = strcmp(x->digest, y->digest);
    return c ? c : (x->image > y->image) - (x->image < y->image);
}

static bool is_known(const char *patient)
{
    return patient && *patient;
}

/* Is the class present in one image of the group and absent in another? */
static bool contradict(struct copies_group *g, const struct copies_image *images, const uint32_t *members,
                       uint32_t class_index)
{
    bool seen[2] = { false, false };
    uint32_t pair[2] = { 0, 0 };
    for (uint32_t i = 0; i < g->count; i++) {
        const int8_t *labels = images[members[i]].labels;
        if (!labels || labels[class_index] == LABEL_MISSING) continue;
        int value = labels[class_index] != 0;
        if (!seen[value]) pair[value] = members[i];
        seen[value] = true;
    }
    if (!seen[0] || !seen[1]) return false;
    g->label_pair[0] = pair[0] < pair[1] ? pair[0] : pair[1];
    g->label_pair[1] = pair[0] < pair[1] ? pair[1] : pair[0];
    return true;
}

static bool disagree(struct copies_group *g, const struct copies_image *images, const uint32_t *members)
{
    const struct copies_image *first = NULL;
    for (uint32_t i = 0; i < g->count; i++) {
        const struct copies_image *m = &images[members[i]];
        if (!is_known(m->patient)) continue;
        if (!first) {
            first = m;
            g->patient_pair[0] = members[i];
        } else if (strcmp(first->patient, m->patient)) {
            g->patient_pair[1] = members[i];
            return true;
        }
    }
    return false;
}

/* What the images of a group have in common, and where they disagree. */
static void judge(struct copies *c, struct copies_group *g, const struct copies_image *images, uint32_t classes)
{
    const uint32_t *members = c->members + g->first;
    for (uint32_t i = 0; i < g->count; i++) {
        enum dataset_split split = images[members[i]].split;
        if (split != SPLIT_NONE) g->splits |= 1U << split;
    }
    g->patients = disagree(g, images, members);
    for (uint32_t k = 0; k < classes && !g->contradicting; k++) g->contradicting = contradict(g, images, members, k);
    for (uint32_t i = 0; i < g->count; i++)
        for (int s = SPLIT_TRAIN; s < (int)images[members[i]].split; s++)
            c->across[s][images[members[i]].split] += g->splits >> s & 1;
    c->repeated += g->count - 1;
    c->patients += g->patients;
    c->contradicting += g->contradicting;
}

/* Few images have a copy, so that groups are made as they are found. */
static struct copies_group *add_group(struct copies *c, uint32_t *room)
{
    if (c->count == *room) {
        uint32_t more = *room ? 2 * *room : 16;
        struct copies_group *p = realloc(c->groups, more * sizeof *p);
        if (!p) return NULL;
        c->groups = p;
        *room = more;
    }
    return &c->groups[c->count++];
}

static bool no_memory(struct copies *c, struct entry *entries, uint32_t n, struct err *e)
{
    free(entries);
    copies_clear(c);
    return err_set(e, ERR_MEMORY, "no memory to compare %u images", n);
}

bool copies_find(const struct copies_image *images, uint32_t n, uint32_t classes, struct copies *out, struct err *e)
{
    *out = (struct copies){ 0 };
    struct entry *entries = malloc((n + 1) * sizeof *entries);
    out->members = malloc((n + 1) * sizeof *out->members);
    if (!entries || !out->members) return no_memory(out, entries, n, e);
    uint32_t known = 0, filled = 0, room = 0;
    for (uint32_t i = 0; i < n; i++)
        if (images[i].digest && *images[i].digest) entries[known++] = (struct entry){ images[i].digest, i };
    qsort(entries, known, sizeof *entries, compare);
    for (uint32_t i = 0, end; i < known; i = end) {
        for (end = i + 1; end < known && !strcmp(entries[i].digest, entries[end].digest);) end++;
        if (end - i < 2) continue;
        struct copies_group *g = add_group(out, &room);
        if (!g) return no_memory(out, entries, n, e);
        *g = (struct copies_group){ .first = filled, .count = end - i };
        for (uint32_t k = i; k < end; k++) out->members[filled++] = entries[k].image;
        judge(out, g, images, classes);
    }
    free(entries);
    return true;
}

bool copies_member(const struct copies *c, const struct copies_group *g, const struct copies_image *images,
                   enum dataset_split split, uint32_t *image)
{
    for (uint32_t i = 0; i < g->count; i++) {
        *image = c->members[g->first + i];
        if (images[*image].split == split) return true;
    }
    return false;
}
