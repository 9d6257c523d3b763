#include "views/analysis/image_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/database/files.h"

bool image_set_open(struct image_set *v, struct store *s, const char *name, unsigned parts, struct err *e)
{
    struct store_dataset row;
    char path[STORE_PATH];
    *v = (struct image_set){ 0 };
    if (!store_dataset_find(s, name, &row, e)) return false;
    int64_t id = row.id;
    store_dataset_clear(&row);
    if (!store_dataset_load(s, id, parts | STORE_PART_IMAGES | STORE_PART_LABELS, &v->data, e)) return false;
    const struct store_dataset *d = &v->data.dataset;
    const struct pack_identity identity = { .set = d->name,
                                            .digest = d->digest,
                                            .count = d->count,
                                            .size = d->size,
                                            .channels = d->channels,
                                            .attached = store_pack_is_attached(d->pack) };
    int fd = store_pack_open(s, d->pack, path, &v->why);
    if (fd >= 0) pack_take_as(fd, path, &identity, &v->pack, &v->why);
    if (image_set_filter(v, "", e)) return true;
    image_set_close(v);
    return false;
}

void image_set_close(struct image_set *v)
{
    pack_close(v->pack);
    store_contents_clear(&v->data);
    free(v->shown);
    *v = (struct image_set){ 0 };
}

bool image_set_whole(struct image_set *v)
{
    if (!v->pack || pack_check(v->pack, &v->why)) return true;
    pack_close(v->pack);
    v->pack = NULL;
    return false;
}

bool image_set_holds(const struct image_set *v, struct store *s, const char *name)
{
    struct store_dataset row;
    if (!v->data.dataset.id || strcmp(v->data.dataset.name, name) || !store_dataset_find(s, name, &row, NULL))
        return false;
    bool same = row.id == v->data.dataset.id && !strcmp(row.pack, v->data.dataset.pack);
    store_dataset_clear(&row);
    return same;
}

static bool any_class(const struct image_set *v, uint32_t i, const char *part, bool *named)
{
    size_t n = v->data.classes_count;
    bool positive = false;
    *named = false;
    for (size_t c = 0; v->data.labels && c < n; c++) {
        if (!strcasestr(v->data.classes[c], part)) continue;
        *named = true;
        positive |= v->data.labels[(size_t)i * n + c] == 1;
    }
    return positive;
}

static bool word_fits(const struct image_set *v, uint32_t i, const char *word)
{
    const struct store_image *m = &v->data.images[i];
    bool named, positive;
    if (!strncmp(word, "split:", 6)) return !strcmp(store_split_name(m->split), word + 6);
    if (!strncmp(word, "patient:", 8)) return m->patient && !strcmp(m->patient, word + 8);
    if (*word == '-' && word[1]) {
        positive = any_class(v, i, word + 1, &named);
        return named ? !positive : !strcasestr(m->path, word + 1);
    }
    positive = any_class(v, i, word, &named);
    return named ? positive : strcasestr(m->path, word) != NULL;
}

bool image_set_fits(const struct image_set *v, uint32_t i, const char *expression)
{
    char word[128];
    while (*expression) {
        size_t n = strcspn(expression, " ");
        snprintf(word, sizeof word, "%.*s", (int)n, expression);
        if (*word && !word_fits(v, i, word)) return false;
        expression += n + (expression[n] == ' ');
    }
    return true;
}

bool image_set_filter(struct image_set *v, const char *expression, struct err *e)
{
    if (!v->shown) v->shown = malloc((v->data.images_count + 1) * sizeof *v->shown);
    if (!v->shown) return err_set(e, ERR_MEMORY, "images: memory ran out");
    v->count = 0;
    for (size_t i = 0; i < v->data.images_count; i++)
        if (image_set_fits(v, (uint32_t)i, expression)) v->shown[v->count++] = (uint32_t)i;
    return true;
}

const char *image_set_labels(const struct image_set *v, uint32_t i, char *out, size_t size)
{
    size_t n = v->data.classes_count, used = 0;
    bool said = false;
    out[0] = '\0';
    for (size_t c = 0; v->data.labels && c < n; c++) {
        int8_t label = v->data.labels[(size_t)i * n + c];
        said |= label != STORE_LABEL_MISSING;
        if (label == 1 && used < size)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", v->data.classes[c]);
    }
    if (!used) snprintf(out, size, "%s", said ? "no finding" : "unlabelled");
    return out;
}

int image_set_find(const struct image_set *v, uint32_t i)
{
    int at = 0;
    while (at < v->count && v->shown[at] != i) at++;
    return at < v->count ? at : -1;
}
