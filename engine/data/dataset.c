#include "engine/data/dataset.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"

const char *const dataset_split_names[SPLIT_COUNT + 1] = { "none", "train", "val", "test", NULL };

static bool no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for the description of the data set");
}

struct dataset *dataset_create(const char *name, const char *kind, const char *source)
{
    struct dataset *d = calloc(1, sizeof *d);
    if (!d) return NULL;
    d->name = text_copy(name);
    d->kind = text_copy(kind);
    d->source = text_copy(source ? source : "");
    if (!d->name || !d->kind || !d->source) {
        dataset_destroy(d);
        return NULL;
    }
    return d;
}

void dataset_destroy(struct dataset *d)
{
    if (!d) return;
    for (uint32_t i = 0; i < d->classes; i++) free(d->class_names[i]);
    for (uint32_t i = 0; i < d->mask_count; i++) free(d->masks[i].runs);
    for (uint32_t i = 0; i < d->unreadable_count; i++) {
        free(d->unreadable[i].path);
        free(d->unreadable[i].reason);
    }
    for (uint32_t i = 0; i < d->remark_count; i++) free(d->remarks[i]);
    for (size_t i = 0; i < d->left_out_count; i++) free(d->left_out[i].reason);
    pool_clear(&d->texts);
    pool_words_clear(&d->words);
    free(d->left_out);
    free(d->images);
    free(d->class_names);
    free(d->boxes);
    free(d->masks);
    free(d->attributes);
    free(d->unreadable);
    free(d->remarks);
    free(d->labels);
    free(d->masked);
    free(d->name);
    free(d->kind);
    free(d->source);
    free(d->pack);
    free(d);
}

/* Makes room for one more element; `*room` doubles. NULL leaves the old block unchanged. */
static void *grown(void *block, uint32_t count, uint32_t *room, size_t element)
{
    if (count < *room) return block;
    uint32_t want = *room ? *room * 2 : 16;
    if (want <= *room) return NULL;
    void *p = realloc(block, want * element);
    if (p) *room = want;
    return p;
}

bool dataset_set_classes(struct dataset *d, uint32_t n, const char *const *names, struct err *e)
{
    d->class_names = calloc(n ? n : 1, sizeof *d->class_names);
    if (!d->class_names) return no_memory(e);
    for (d->classes = 0; d->classes < n; d->classes++)
        if (!(d->class_names[d->classes] = text_copy(names[d->classes]))) return no_memory(e);
    return true;
}

int dataset_class(const struct dataset *d, const char *name)
{
    for (uint32_t c = 0; c < d->classes; c++)
        if (!strcmp(d->class_names[c], name)) return (int)c;
    return -1;
}

bool dataset_add_image(struct dataset *d, const char *path, const char *patient, enum dataset_split split,
                       const char *note, uint32_t *index, struct err *e)
{
    if (d->count == d->image_room) {
        struct dataset_image *p = grown(d->images, d->count, &d->image_room, sizeof *d->images);
        if (!p) return no_memory(e);
        d->images = p;
        int8_t *labels = realloc(d->labels, (size_t)d->image_room * (d->classes ? d->classes : 1));
        if (!labels) {
            d->image_room = d->count; /* the next call grows both again */
            return no_memory(e);
        }
        d->labels = labels;
    }
    struct dataset_image *last = d->count ? &d->images[d->count - 1] : NULL;
    struct dataset_image m = { .path = pool_text(&d->texts, path, NULL),
                               .patient = pool_text(&d->texts, patient, last ? last->patient : NULL),
                               .split = split,
                               .note = pool_word(&d->texts, &d->words, note ? note : "") };
    if (!m.path || !m.patient || !m.note) return no_memory(e);
    memset(d->labels + (size_t)d->count * d->classes, LABEL_MISSING, d->classes);
    if (index) *index = d->count;
    d->images[d->count++] = m;
    return true;
}

bool dataset_set_text(struct dataset *d, char **text, const char *s, size_t n, struct err *e)
{
    bool again = d->last && strlen(d->last) == n && !memcmp(d->last, s, n);
    if (!again) d->last = pool_bytes(&d->texts, s, n);
    if (!d->last) return no_memory(e);
    *text = d->last;
    return true;
}

bool dataset_add_box(struct dataset *d, const struct dataset_box *box, struct err *e)
{
    struct dataset_box *p = grown(d->boxes, d->box_count, &d->box_room, sizeof *d->boxes);
    if (!p) return no_memory(e);
    d->boxes = p;
    struct dataset_box copy = *box;
    if (!(copy.reader = pool_word(&d->texts, &d->words, box->reader ? box->reader : ""))) return no_memory(e);
    d->boxes[d->box_count++] = copy;
    return true;
}

/* Encodes `mask` as runs, into `runs` unless NULL. Returns their number. */
static uint32_t mask_runs(const uint8_t *mask, size_t pixels, uint32_t *runs)
{
    uint32_t n = 0;
    bool inside = false;
    for (size_t i = 0, start = 0; i <= pixels; i++) {
        if (i < pixels && (mask[i] != 0) == inside) continue;
        if (runs) runs[n] = (uint32_t)(i - start);
        n++;
        start = i;
        inside = !inside;
    }
    return n;
}

bool dataset_mask_runs(const uint8_t *mask, size_t pixels, uint32_t **runs, uint32_t *count, struct err *e)
{
    *count = mask_runs(mask, pixels, NULL);
    if (!(*runs = malloc(*count * sizeof **runs))) return no_memory(e);
    mask_runs(mask, pixels, *runs);
    return true;
}

static bool add_mask(struct dataset *d, struct dataset_mask m, const uint8_t *mask, size_t pixels, struct err *e)
{
    struct dataset_mask *p = grown(d->masks, d->mask_count, &d->mask_room, sizeof *d->masks);
    if (!p) return no_memory(e);
    d->masks = p;
    if (!dataset_mask_runs(mask, pixels, &m.runs, &m.run_count, e)) return false;
    d->masks[d->mask_count++] = m;
    return true;
}

bool dataset_add_mask(struct dataset *d, uint32_t image, uint32_t class_index, const uint8_t *mask, int size,
                      struct err *e)
{
    const struct dataset_mask m = { .image = image, .class_index = class_index };
    return add_mask(d, m, mask, (size_t)size * (size_t)size, e);
}

bool dataset_add_grid_mask(struct dataset *d, uint32_t image, uint32_t class_index, const uint8_t *mask, int width,
                           int height, struct err *e)
{
    const struct dataset_mask m = { .image = image, .class_index = class_index, .width = width, .height = height };
    return add_mask(d, m, mask, (size_t)width * (size_t)height, e);
}

bool dataset_add_mask_runs(struct dataset *d, const struct dataset_mask *m, struct err *e)
{
    struct dataset_mask *p = grown(d->masks, d->mask_count, &d->mask_room, sizeof *d->masks);
    if (!p) return no_memory(e);
    d->masks = p;
    struct dataset_mask *to = &p[d->mask_count];
    *to = *m;
    to->path = m->path ? pool_text(&d->texts, m->path, NULL) : NULL;
    to->runs = malloc(m->run_count * sizeof *m->runs);
    if (!to->runs || (m->path && !to->path)) {
        free(to->runs);
        return no_memory(e);
    }
    memcpy(to->runs, m->runs, m->run_count * sizeof *m->runs);
    d->mask_count++;
    return true;
}

void dataset_mask_paint(const struct dataset_mask *m, uint8_t *out, size_t pixels)
{
    size_t at = 0;
    for (uint32_t r = 0; r < m->run_count && at < pixels; r++) {
        size_t n = m->runs[r] < pixels - at ? m->runs[r] : pixels - at;
        memset(out + at, (int)(r & 1), n);
        at += n;
    }
    memset(out + at, 0, pixels - at);
}

/* The first n bytes, without cutting a character in two. */
static void cut(char *s, size_t n)
{
    uint32_t letter;
    size_t at = 0;
    while (s[at]) {
        size_t bytes = text_letter(s + at, strlen(s + at), &letter);
        if (at + (bytes ? bytes : 1) > n) break;
        at += bytes ? bytes : 1;
    }
    s[at] = '\0';
}

bool dataset_add_attribute(struct dataset *d, uint32_t image, const char *name, const char *value, struct err *e)
{
    struct dataset_attribute a = { .image = image };
    char *squeezed = text_squeeze(value, strlen(value));
    if (!squeezed) return no_memory(e);
    cut(squeezed, DATASET_VALUE);
    text_clean(squeezed);
    bool empty = !*squeezed;
    a.value = pool_word(&d->texts, &d->words, squeezed);
    a.name = pool_word(&d->texts, &d->words, name);
    free(squeezed);
    if (empty) return true;
    struct dataset_attribute *p = grown(d->attributes, d->attribute_count, &d->attribute_room, sizeof *d->attributes);
    if (p) d->attributes = p;
    if (!p || !a.name || !a.value) return no_memory(e);
    d->attributes[d->attribute_count++] = a;
    return true;
}

bool dataset_add_unreadable(struct dataset *d, const char *path, const char *reason, struct err *e)
{
    struct dataset_unreadable *p =
        grown(d->unreadable, d->unreadable_count, &d->unreadable_room, sizeof *d->unreadable);
    if (!p) return no_memory(e);
    d->unreadable = p;
    struct dataset_unreadable u = { text_copy(path), text_copy(reason) };
    if (!u.path || !u.reason) {
        free(u.path);
        free(u.reason);
        return no_memory(e);
    }
    d->unreadable[d->unreadable_count++] = u;
    return true;
}

bool dataset_add_remark(struct dataset *d, struct err *e, const char *format, ...)
{
    char line[512];
    va_list ap;
    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    text_clean(line);
    char **p = grown(d->remarks, d->remark_count, &d->remark_room, sizeof *d->remarks);
    if (!p) return no_memory(e);
    d->remarks = p;
    if (!(d->remarks[d->remark_count] = text_copy(line))) return no_memory(e);
    d->remark_count++;
    return true;
}

bool dataset_add_count(struct dataset *d, size_t n, const char *one, const char *many, struct err *e)
{
    return !n || dataset_add_remark(d, e, "%zu %s", n, text_number(n, one, many));
}

bool dataset_keep(struct dataset *d, const bool *keep, struct err *e)
{
    uint32_t *moved = malloc((d->count ? d->count : 1) * sizeof *moved);
    if (!moved) return no_memory(e);
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->count; i++) {
        moved[i] = n;
        if (!keep[i]) continue;
        d->images[n] = d->images[i];
        memmove(d->labels + (size_t)n * d->classes, d->labels + (size_t)i * d->classes, d->classes);
        if (d->masked) memmove(d->masked + (size_t)n * d->classes, d->masked + (size_t)i * d->classes, d->classes);
        n++;
    }
    d->count = n;
    n = 0;
    for (uint32_t i = 0; i < d->box_count; i++) {
        struct dataset_box b = d->boxes[i];
        if (keep[b.image]) {
            b.image = moved[b.image];
            d->boxes[n++] = b;
        }
    }
    d->box_count = n;
    n = 0;
    for (uint32_t i = 0; i < d->mask_count; i++) {
        struct dataset_mask m = d->masks[i];
        if (keep[m.image]) {
            m.image = moved[m.image];
            d->masks[n++] = m;
        } else {
            free(m.runs);
        }
    }
    d->mask_count = n;
    n = 0;
    for (uint32_t i = 0; i < d->attribute_count; i++) {
        struct dataset_attribute a = d->attributes[i];
        if (keep[a.image]) {
            a.image = moved[a.image];
            d->attributes[n++] = a;
        }
    }
    d->attribute_count = n;
    free(moved);
    return true;
}

uint32_t dataset_split_images(const struct dataset *d, enum dataset_split split, uint32_t *out)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->count; i++)
        if (d->images[i].split == split) {
            if (out) out[n] = i;
            n++;
        }
    return n;
}

bool dataset_name_check(const char *name, struct err *e)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t n = strlen(name);
    if (n >= 1 && n <= 64 && strspn(name, allowed) == n && *name != '.' && *name != '-') return true;
    return err_set(e, ERR_USAGE,
                   "'%.80s' cannot name a data set: take 1 to 64 letters, digits, '.', '_' or '-', and begin with a "
                   "letter or digit",
                   name);
}
