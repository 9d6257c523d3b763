#include "app/worker/eval_seen.h"

#include <stdlib.h>
#include <string.h>

enum { GENERATIONS = 16 }; /* a parent, its parent ... */

static int order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Mark the test images that are among the training images of a set; how [t->test.n]. */
static bool mark(uint8_t *how, uint8_t as, const struct eval_task *t, const struct store_contents *d, struct err *e)
{
    size_t n = 0;
    const char **digests = malloc((d->images_count + 1) * sizeof *digests);
    if (!digests) return err_set(e, ERR_MEMORY, "no memory to look for %zu images", d->images_count);
    for (size_t i = 0; i < d->images_count; i++)
        if (d->images[i].split == STORE_SPLIT_TRAIN && d->images[i].digest) digests[n++] = d->images[i].digest;
    qsort(digests, n, sizeof *digests, order);
    for (int i = 0; i < t->test.n; i++) {
        const char *digest = t->data.images[t->test.images[i]].digest;
        if (digest && n && bsearch(&digest, digests, n, sizeof *digests, order)) how[i] |= as;
    }
    free(digests);
    return true;
}

/* One run. */
static bool look(uint8_t *how, struct store *store, const struct eval_task *t, const struct store_run *run,
                 struct err *e)
{
    struct store_contents d;
    struct settings s;
    struct err why;
    settings_init(&s);
    if (!run->dataset_id || !settings_read_ini(&s, run->config, "configuration of the run", &why)) return true;
    if (!store_dataset_load(store, run->dataset_id, STORE_PART_IMAGES, &d, &why))
        return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
    bool labels = s.method.name == METHOD_supervised;
    bool ok = mark(how, labels ? 2 : 1, t, &d, e);
    store_contents_clear(&d);
    return ok;
}

bool eval_seen_find(struct eval_seen *out, struct store *store, const struct eval_task *t, const struct store_run *run,
                    struct err *e)
{
    uint8_t *how = calloc((size_t)t->test.n + 1, 1);
    int64_t parent = run->parent_id;
    *out = (struct eval_seen){ 0 };
    bool ok =
        (how || err_set(e, ERR_MEMORY, "no memory to look for %d images", t->test.n)) && look(how, store, t, run, e);
    for (int k = 0; ok && parent && k < GENERATIONS; k++) {
        struct store_run row;
        struct err why;
        if (!store_run_get(store, parent, &row, &why)) break;
        parent = row.parent_id;
        ok = look(how, store, t, &row, e);
        store_run_clear(&row);
    }
    for (int i = 0; ok && i < t->test.n; i++) {
        out->count += how[i] != 0;
        out->labelled += how[i] > 1;
    }
    free(how);
    return ok;
}
