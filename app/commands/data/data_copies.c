#include "app/commands/data/data_copies.h"
#include "engine/base/text.h"

#include <stdlib.h>

enum { NAMED = 5 }; /* pairs of a warning */

static const enum dataset_split pairs[][2] = {
    { SPLIT_TRAIN, SPLIT_VAL },
    { SPLIT_TRAIN, SPLIT_TEST },
    { SPLIT_VAL, SPLIT_TEST },
};
enum { PAIRS = sizeof pairs / sizeof pairs[0] };

static bool allocate(struct data_copies *out, size_t n, struct err *e)
{
    *out = (struct data_copies){ .images = malloc((n + 1) * sizeof *out->images), .count = n, .bytes = -1 };
    return out->images || err_set(e, ERR_MEMORY, "no memory to compare %zu images", n);
}

static bool find(struct data_copies *out, size_t n, size_t classes, struct err *e)
{
    if (copies_find(out->images, (uint32_t)n, (uint32_t)classes, &out->found, e)) return true;
    data_copies_clear(out);
    return false;
}

bool data_copies_of(const struct dataset *d, struct data_copies *out, struct err *e)
{
    if (!allocate(out, d->count, e)) return false;
    for (uint32_t i = 0; i < d->count; i++) {
        const struct dataset_image *m = &d->images[i];
        out->images[i] = (struct copies_image){ m->digest, m->path, m->patient, m->split,
                                                d->classes ? d->labels + (size_t)i * d->classes : NULL };
    }
    return find(out, d->count, d->classes, e);
}

bool data_copies_stored(const struct store_contents *c, struct data_copies *out, struct err *e)
{
    if (!allocate(out, c->images_count, e)) return false;
    for (size_t i = 0; i < c->images_count; i++) {
        const struct store_image *m = &c->images[i];
        out->images[i] = (struct copies_image){ m->digest, m->path, m->patient, (enum dataset_split)m->split,
                                                c->classes_count ? c->labels + i * c->classes_count : NULL };
    }
    return find(out, c->images_count, c->classes_count, e);
}

void data_copies_clear(struct data_copies *c)
{
    copies_clear(&c->found);
    free(c->images);
    free(c->names);
    c->images = NULL;
    c->names = NULL;
}

static bool is_across(const struct copies_group *g)
{
    return (g->splits & (g->splits - 1)) != 0;
}

/* ---- JSON ---- */

static json_t *group_json(const struct data_copies *c, const struct copies_group *g)
{
    json_t *images = json_array();
    for (uint32_t i = 0; images && i < g->count; i++) {
        const struct copies_image *m = &c->images[c->found.members[g->first + i]];
        json_array_append_new(images, json_pack("{s:o, s:o, s:o}", "path", json_text(m->path), "split",
                                                json_text(dataset_split_names[m->split]), "patient",
                                                json_text(m->patient ? m->patient : "")));
    }
    return json_pack("{s:o, s:b, s:b, s:b}", "images", images, "across_splits", is_across(g), "across_patients",
                     g->patients, "contradicting", g->contradicting);
}

json_t *data_copies_json(const struct data_copies *c)
{
    const struct copies *f = &c->found;
    json_t *value = json_pack("{s:I}", "images", (json_int_t)f->repeated), *groups = json_array();
    for (int p = 0; value && p < PAIRS; p++) {
        char key[32];
        snprintf(key, sizeof key, "%s_%s", dataset_split_names[pairs[p][0]], dataset_split_names[pairs[p][1]]);
        json_object_set_new(value, key, json_integer(f->across[pairs[p][0]][pairs[p][1]]));
    }
    json_object_set_new(value, "patients", json_integer(f->patients));
    json_object_set_new(value, "contradicting", json_integer(f->contradicting));
    for (uint32_t i = 0; groups && i < f->count; i++) {
        const struct copies_group *g = &f->groups[i];
        if (is_across(g) || g->patients || g->contradicting) json_array_append_new(groups, group_json(c, g));
    }
    json_object_set_new(value, "groups", groups);
    if (c->bytes >= 0) json_object_set_new(value, "bytes", json_integer(c->bytes));
    if (c->names) json_object_set_new(value, "cut", json_boolean(c->cut));
    return value;
}

/* ---- words ---- */

void data_copies_line(const struct data_copies *c, struct text *out)
{
    const struct copies *f = &c->found;
    if (!f->repeated) {
        text_add(out, "none");
        return;
    }
    text_printf(out, "%u %s another", f->repeated, text_number(f->repeated, "image repeats", "images repeat"));
    if (c->bytes >= 0) text_printf(out, " (%lld byte for byte)", (long long)c->bytes);
    for (int p = 0; p < PAIRS; p++) {
        uint32_t n = f->across[pairs[p][0]][pairs[p][1]];
        if (n)
            text_printf(out, "; %u of %s %s in %s", n, dataset_split_names[pairs[p][1]],
                        text_number(n, "stands", "stand"), dataset_split_names[pairs[p][0]]);
    }
    if (f->patients) text_printf(out, "; %u under several patients", f->patients);
    if (f->contradicting) text_printf(out, "; %u with contradicting labels", f->contradicting);
}

/* Pairs are named while a kind has `named` below NAMED. */
static void name_pair(const struct data_copies *c, uint32_t a, uint32_t b, int *named, struct text *out)
{
    if (++*named > NAMED) return;
    char *one = text_copy(c->images[a].path), *other = text_copy(c->images[b].path);
    if (one && other) {
        text_clean(one); /* a line each, whatever the names hold */
        text_clean(other);
        text_printf(out, "  %s = %s\n", one, other);
    }
    free(one);
    free(other);
}

static void name_rest(int named, const char *set, struct text *out)
{
    if (named <= NAMED) return;
    if (set)
        text_printf(out, "  and %d more; all of them: mlvicx data show %s --json\n", named - NAMED, set);
    else
        text_printf(out, "  and %d more; all of them: --json\n", named - NAMED);
}

static void warn_splits(const struct data_copies *c, enum dataset_split a, enum dataset_split b, const char *name,
                        struct text *out)
{
    int named = 0;
    uint32_t n = c->found.across[a][b], x, y;
    if (!n) return;
    text_printf(out, "WARNING: %u of %s %s %s as images of %s, which makes scores on %s too good\n", n,
                dataset_split_names[b], text_number(n, "shows", "show"), c->alike ? c->alike : "the same pixels",
                dataset_split_names[a], dataset_split_names[b]);
    for (uint32_t i = 0; i < c->found.count; i++) {
        const struct copies_group *g = &c->found.groups[i];
        if (!copies_member(&c->found, g, c->images, a, &x)) continue;
        for (uint32_t k = 0; k < g->count; k++)
            if (c->images[y = c->found.members[g->first + k]].split == b) name_pair(c, y, x, &named, out);
    }
    name_rest(named, name, out);
}

/* Groups that contradict themselves, or else those under several patients. */
static void warn_groups(const struct data_copies *c, bool contradicting, const char *name, struct text *out)
{
    static const char *const words[2][2] = {
        { "picture stands there under several patients", "pictures stand there under several patients" },
        { "picture has contradicting labels", "pictures have contradicting labels" },
    };
    uint32_t n = contradicting ? c->found.contradicting : c->found.patients;
    int named = 0;
    if (!n) return;
    text_printf(out, "WARNING: %u %s (%s)\n", n, text_number(n, words[contradicting][0], words[contradicting][1]),
                c->alike ? "near-copies" : "equal pixels");
    for (uint32_t i = 0; i < c->found.count; i++) {
        const struct copies_group *g = &c->found.groups[i];
        const uint32_t *pair = contradicting ? g->label_pair : g->patient_pair;
        if (contradicting ? g->contradicting : g->patients) name_pair(c, pair[0], pair[1], &named, out);
    }
    name_rest(named, name, out);
}

void data_copies_warn(const struct data_copies *c, const char *name, struct text *out)
{
    for (int p = 0; p < PAIRS; p++) warn_splits(c, pairs[p][0], pairs[p][1], name, out);
    warn_groups(c, false, name, out);
    warn_groups(c, true, name, out);
}
