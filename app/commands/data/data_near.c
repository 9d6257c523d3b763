/* Near-copies and files of equal bytes, as groups of copies. */
#include <stdlib.h>
#include <string.h>

#include "app/commands/data/data_copies.h"
#include "engine/base/files.h"

/* The first image of a group of equal pixels speaks for all: the others are skipped and joined to it. */
struct joining {
    uint32_t *root; /* [images] */
    bool *skip;     /* [images] */
    bool *near;     /* [images], of roots: a pair of near-copies is among them */
};

static uint32_t root_of(uint32_t *root, uint32_t i)
{
    while (root[i] != i) i = root[i] = root[root[i]];
    return i;
}

static void join(struct joining *j, uint32_t a, uint32_t b, bool near)
{
    uint32_t x = root_of(j->root, a), y = root_of(j->root, b);
    uint32_t low = x < y ? x : y, high = x < y ? y : x;
    near = near || j->near[x] || j->near[y];
    j->root[high] = low;
    j->near[low] = near;
}

static bool joining_init(struct joining *j, size_t n, struct err *e)
{
    *j = (struct joining){ malloc((n + 1) * sizeof *j->root), calloc(n + 1, 1), calloc(n + 1, 1) };
    if (!j->root || !j->skip || !j->near) return err_set(e, ERR_MEMORY, "no memory to compare %zu images", n);
    for (size_t i = 0; i < n; i++) j->root[i] = (uint32_t)i;
    return true;
}

static void joining_clear(struct joining *j)
{
    free(j->root);
    free(j->skip);
    free(j->near);
}

bool data_copies_near(const struct data_copies *equal, const struct near_print *prints, size_t classes,
                      bool (*go_on)(void *ctx), void *ctx, struct data_copies *out, struct err *e)
{
    size_t n = equal->count;
    struct joining j;
    struct near_pairs pairs = { 0 };
    *out = (struct data_copies){ .alike = "nearly the same picture", .bytes = -1, .count = n };
    bool ok = joining_init(&j, n, e);
    if (ok && !((out->images = malloc((n + 1) * sizeof *out->images)) && (out->names = calloc(n + 1, 16))))
        ok = err_set(e, ERR_MEMORY, "no memory to compare %zu images", n);
    for (uint32_t g = 0; ok && g < equal->found.count; g++) {
        const uint32_t *members = equal->found.members + equal->found.groups[g].first;
        for (uint32_t k = 1; k < equal->found.groups[g].count; k++) {
            j.skip[members[k]] = true;
            join(&j, members[0], members[k], false);
        }
    }
    const struct near_set set = { prints, (uint32_t)n, j.skip };
    ok = ok && near_find(&set, NULL, go_on, ctx, &pairs, e);
    for (size_t k = 0; ok && k < pairs.count; k++) join(&j, pairs.rows[k].a, pairs.rows[k].b, true);
    for (uint32_t i = 0; ok && i < n; i++) {
        uint32_t root = root_of(j.root, i);
        out->images[i] = equal->images[i];
        if (j.near[root]) snprintf(out->names[i], 16, "%u", root);
        out->images[i].digest = out->names[i];
    }
    out->cut = pairs.cut;
    ok = ok && copies_find(out->images, (uint32_t)n, (uint32_t)classes, &out->found, e);
    near_clear(&pairs);
    joining_clear(&j);
    if (!ok) data_copies_clear(out);
    return ok;
}

struct file_digest {
    char hex[DIGEST_HEX_SIZE];
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct file_digest *)a)->hex, ((const struct file_digest *)b)->hex);
}

void data_copies_bytes(struct data_copies *c, const char *source)
{
    char path[4096];
    c->bytes = 0;
    for (uint32_t g = 0; g < c->found.count; g++) {
        const struct copies_group *group = &c->found.groups[g];
        struct file_digest *all = malloc(group->count * sizeof *all);
        uint32_t n = 0;
        for (uint32_t k = 0; all && k < group->count; k++) {
            const char *name = c->images[c->found.members[group->first + k]].path;
            bool whole = *name == '/' ? snprintf(path, sizeof path, "%s", name) < (int)sizeof path
                                      : file_join(path, sizeof path, source, name);
            n += whole && digest_file(path, all[n].hex, NULL);
        }
        if (n) qsort(all, n, sizeof *all, compare);
        for (uint32_t k = 1; k < n; k++) c->bytes += !strcmp(all[k - 1].hex, all[k].hex);
        free(all);
    }
}
