#include "app/commands/data/merge_rows.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "app/commands/data/merge_patients.h"

struct merge {
    const struct merge_sides *sides;
    struct store_contents *to;
    size_t *classes[MERGE_SIDES]; /* of the union, for each class of a side */
    const char **names;
    bool *nothing;
    struct store_image *images;
    struct merge_patients patients;
    int8_t *labels;
    struct store_box *boxes;
    struct store_mask *masks;
    struct store_attribute *attributes;
    struct store_unreadable *unreadable;
};

/* "SET/TEXT"; `last` is an earlier one that may be equal. NULL when memory ran out. */
static char *beneath(struct merge *m, int side, const char *text, const char *last)
{
    struct text t = { 0 };
    text_printf(&t, "%s/%s", m->sides->from[side]->dataset.name, text);
    char *out = t.broken ? NULL : pool_text(&m->to->memory, text_str(&t), (char *)last);
    text_clear(&t);
    return out;
}

/* Do two names differ in case, blanks and punctuation at most? */
static bool same_name(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a && !isalnum((unsigned char)*a) && (unsigned char)*a < 128) a++;
        while (*b && !isalnum((unsigned char)*b) && (unsigned char)*b < 128) b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b)) return false;
        if (!*a) return true;
    }
}

/* The class of the union that `name` is; `n` where it is a new one. Names of one side are different classes, however
 * alike they are. */
static size_t class_of(const struct merge *m, int side, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(m->names[i], name)) return i;
    for (size_t i = 0; side && i < m->sides->from[0]->classes_count; i++)
        if (same_name(m->names[i], name)) return i;
    return n;
}

static void unite_classes(struct merge *m)
{
    size_t n = 0;
    for (int s = 0; s < MERGE_SIDES; s++) {
        const struct store_contents *c = m->sides->from[s];
        for (size_t k = 0; k < c->classes_count; k++) {
            size_t at = class_of(m, s, n, c->classes[k]);
            if (at == n) m->names[n++] = c->classes[k];
            m->classes[s][k] = at;
            m->nothing[at] |= c->nothing && c->nothing[k];
        }
    }
    m->to->classes_count = n;
}

/* Each image in exactly one class can be said of both only where both choose among the same ones. */
static bool is_exclusive(const struct merge *m)
{
    const struct store_contents *a = m->sides->from[0], *b = m->sides->from[1];
    return a->dataset.exclusive && b->dataset.exclusive && a->classes_count == b->classes_count &&
           m->to->classes_count == a->classes_count;
}

/* Of two classes of the second side that are one in the union, what is positive counts, then what is known. */
static void merge_label(int8_t *to, int8_t value)
{
    if (value > *to) *to = value;
}

static bool merge_images(struct merge *m, struct err *e)
{
    size_t at = 0, width = m->to->classes_count;
    memset(m->labels, STORE_LABEL_MISSING, m->to->images_count * width);
    for (int s = 0; s < MERGE_SIDES; s++) {
        const struct store_contents *c = m->sides->from[s];
        const char *last = NULL;
        for (size_t i = 0; i < c->images_count; i++, at++) {
            struct store_image *to = &m->images[at];
            *to = c->images[i];
            if (to->patient && *to->patient && !m->sides->same_patients)
                last = to->patient = beneath(m, s, to->patient, last);
            else if (to->patient && !*to->patient)
                to->patient = NULL;
            to->path = beneath(m, s, c->images[i].path, NULL);
            if (!to->path || (c->images[i].patient && *c->images[i].patient && !to->patient))
                return err_set(e, ERR_MEMORY, "no memory to merge %zu images", at);
            for (size_t k = 0; c->labels && k < c->classes_count; k++)
                merge_label(&m->labels[at * width + m->classes[s][k]], c->labels[i * c->classes_count + k]);
        }
    }
    return !m->sides->same_patients ||
           merge_patients_unite(m->images, at, m->sides->from[0]->images_count, &m->patients, e);
}

/* Findings, facts and files that could not be read, with the numbers that their images and classes have now. */
static bool merge_facts(struct merge *m, struct err *e)
{
    size_t b = 0, k = 0, a = 0, u = 0;
    int64_t first = 0;
    for (int s = 0; s < MERGE_SIDES; first += (int64_t)m->sides->from[s]->images_count, s++) {
        const struct store_contents *c = m->sides->from[s];
        for (size_t i = 0; i < c->boxes_count; i++, b++) {
            m->boxes[b] = c->boxes[i];
            m->boxes[b].image += first;
            m->boxes[b].class = (int64_t)m->classes[s][c->boxes[i].class];
        }
        for (size_t i = 0; i < c->masks_count; i++, k++) {
            m->masks[k] = c->masks[i];
            m->masks[k].image += first;
            m->masks[k].class = (int64_t)m->classes[s][c->masks[i].class];
        }
        for (size_t i = 0; i < c->attributes_count; i++, a++) {
            m->attributes[a] = c->attributes[i];
            m->attributes[a].image += first;
        }
        for (size_t i = 0; i < c->unreadable_count; i++, u++) {
            m->unreadable[u] =
                (struct store_unreadable){ beneath(m, s, c->unreadable[i].path, NULL), c->unreadable[i].reason };
            if (!m->unreadable[u].path) return err_set(e, ERR_MEMORY, "no memory to merge %zu rows", u);
        }
    }
    return true;
}

static void tell_patients(const struct merge *m, struct text *remarks)
{
    const struct merge_patients *p = &m->patients;
    if (!m->sides->same_patients)
        text_add(remarks, "\npatients of one id in both are two patients (--same-patients was not said)");
    else if (p->incomparable)
        text_add(remarks,
                 "\nWARNING: ids of one set are hashed and those of the other are not, so that nobody can tell "
                 "who is in both: one person may be on both sides of a split");
    else
        text_printf(remarks,
                    "\npatients of one id in both are one patient, numbers with and without zeros in front, too: "
                    "%zu %s in both",
                    p->both, text_number(p->both, "is", "are"));
}

static void tell_origin(const struct merge *m, struct text *remarks)
{
    const struct store_contents *const *from = m->sides->from;
    for (int s = 0; s < MERGE_SIDES; s++) {
        const struct store_dataset *d = &from[s]->dataset;
        text_printf(remarks, "%smerged: %zu %s of %s (digest %.12s, from %s)", s ? "\n" : "", from[s]->images_count,
                    text_number((int64_t)from[s]->images_count, "image", "images"), d->name, d->digest,
                    d->source ? d->source : "");
    }
    tell_patients(m, remarks);
    if (from[0]->dataset.exclusive && from[1]->dataset.exclusive && !m->to->dataset.exclusive)
        text_add(remarks, "\nclasses are not exclusive any more, since both sets have others");
    for (size_t k = 0; k < from[1]->classes_count; k++) {
        const char *name = from[1]->classes[k], *united = m->names[m->classes[1][k]];
        if (strcmp(name, united)) text_printf(remarks, "\nclass %s of %s is %s", name, from[1]->dataset.name, united);
    }
    for (int s = 0; s < MERGE_SIDES; s++)
        for (const char *p = from[s]->dataset.remarks; p && *p; p += strcspn(p, "\n"), p += *p == '\n')
            text_printf(remarks, "\n%s: %.*s", from[s]->dataset.name, (int)strcspn(p, "\n"), p);
}

static bool allocate(struct merge *m, struct err *e)
{
    struct store_contents *to = m->to;
    const struct store_contents *a = m->sides->from[0], *b = m->sides->from[1];
    size_t classes = a->classes_count + b->classes_count;
    to->images_count = a->images_count + b->images_count;
    to->boxes_count = a->boxes_count + b->boxes_count;
    to->masks_count = a->masks_count + b->masks_count;
    to->attributes_count = a->attributes_count + b->attributes_count;
    to->unreadable_count = a->unreadable_count + b->unreadable_count;
    m->images = pool_take(&to->memory, (to->images_count + 1) * sizeof *m->images);
    m->boxes = pool_take(&to->memory, (to->boxes_count + 1) * sizeof *m->boxes);
    m->masks = pool_take(&to->memory, (to->masks_count + 1) * sizeof *m->masks);
    m->attributes = pool_take(&to->memory, (to->attributes_count + 1) * sizeof *m->attributes);
    m->unreadable = pool_take(&to->memory, (to->unreadable_count + 1) * sizeof *m->unreadable);
    m->names = pool_take(&to->memory, (classes + 1) * sizeof *m->names);
    m->nothing = pool_take(&to->memory, classes + 1);
    m->labels = pool_take(&to->memory, to->images_count * classes + 1);
    for (int s = 0; s < MERGE_SIDES; s++) m->classes[s] = pool_take(&to->memory, (classes + 1) * sizeof *m->classes[s]);
    if (m->images && m->boxes && m->masks && m->attributes && m->unreadable && m->names && m->nothing && m->labels &&
        m->classes[0] && m->classes[1])
        return true;
    return err_set(e, ERR_MEMORY, "no memory to merge %zu images", to->images_count);
}

static bool fill(struct merge *m, struct err *e)
{
    struct store_contents *to = m->to;
    const struct store_contents *a = m->sides->from[0], *b = m->sides->from[1];
    struct text remarks = { 0 };
    unite_classes(m);
    if (!merge_images(m, e) || !merge_facts(m, e)) return false;
    to->dataset.exclusive = is_exclusive(m);
    snprintf(to->dataset.kind, sizeof to->dataset.kind, "merge");
    tell_origin(m, &remarks);
    bool told =
        !remarks.broken && asprintf(&to->dataset.source, "data sets %s and %s", a->dataset.name, b->dataset.name) >= 0;
    if (!told) {
        text_clear(&remarks);
        to->dataset.source = NULL;
        return err_set(e, ERR_MEMORY, "no memory to merge data sets");
    }
    to->dataset.remarks = remarks.data;
    to->images = m->images;
    to->classes = m->names;
    to->nothing = m->nothing;
    to->labels = m->labels;
    to->boxes = m->boxes;
    to->masks = m->masks;
    to->attributes = m->attributes;
    to->unreadable = m->unreadable;
    return true;
}

bool merge_rows(const struct merge_sides *sides, struct store_contents *out, struct err *e)
{
    struct merge m = { .sides = sides, .to = out };
    const struct store_contents *a = sides->from[0], *b = sides->from[1];
    *out = (struct store_contents){ 0 };
    if (a->dataset.id == b->dataset.id)
        return err_set(e, ERR_USAGE, "data merge: %s and %s are one data set; name two", a->dataset.name,
                       b->dataset.name);
    if (a->images_count + b->images_count > INT32_MAX)
        return err_set(e, ERR_DATA, "data merge: %s and %s have too many images together", a->dataset.name,
                       b->dataset.name);
    if (allocate(&m, e) && fill(&m, e)) return true;
    store_contents_clear(out);
    return false;
}
