/* Masks: a folder of images, and for each structure a folder of pictures that show where it is.
 *
 * A structure is a class, and its label tells what is known of an image: 1 with a mask, where it is; 0, that it is not
 * there, by an empty mask or by the table; else nothing is known of its place. An absent mask is not an empty one:
 * whoever left it out did not look. Masks are read while the set is described, and kept as run lengths until the size
 * of the pack is known. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "engine/data/images/image.h"
#include "engine/data/import/import_kinds.h"
#include "engine/data/import/import_masks.h"
#include "engine/data/reasons.h"
#include "engine/data/split.h"

enum { NO_MASK = -1 };

/* The file of a mask and the image that it belongs to. */
struct pair {
    const struct mask_file *file;
    uint32_t image, class_index;
    bool several; /* its folder has another mask of the image */
};

struct scan {
    const struct import_config *c;
    struct dataset *d;
    struct file_list files;
    struct masks_layout layout;
    struct masks_table table;
    struct class_names names;
    struct file_names images; /* by their keys */
    struct pair *pairs;       /* [count] by image, class, folder */
    size_t count;
    uint32_t *class_of;    /* [structures] */
    bool *is_structure;    /* [classes] */
    bool *bad;             /* [images * classes] a mask of it could not be used, or a half is missing */
    bool *masked;          /* [images * classes] one could */
    uint32_t *united;      /* [folders] the first of the folders whose masks are united with its own */
    int64_t last;          /* the newest mask of the set, NO_MASK: none or not of this image and class */
    bool black;            /* masks are black on white */
    size_t framed, halves; /* halves: images and structures with a mask in some of the united folders alone */
    const char *first_framed;
    uint32_t first_half; /* a pair */
    size_t alone;        /* masks without an image */
    const char *first_alone;
};

/* ---- which mask belongs to which image ---- */

static int compare(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    if (x->image != y->image) return (x->image > y->image) - (x->image < y->image);
    if (x->class_index != y->class_index) return (x->class_index > y->class_index) - (x->class_index < y->class_index);
    if (x->file->folder != y->file->folder)
        return (x->file->folder > y->file->folder) - (x->file->folder < y->file->folder);
    return strcmp(x->file->path, y->file->path);
}

/* The image of a mask, with the ending _mask or without it. */
static bool find_image(struct scan *s, const struct mask_file *m, struct file_match *found, struct err *e)
{
    size_t n = masks_stem(m->key);
    if (!file_names_find(&s->images, m->key, found, e)) return false;
    if (found->files || !n) return true;
    struct text key = { 0 };
    text_printf(&key, "%.*s%.*s", (int)(file_base(m->key) - m->key), m->key, (int)n, file_base(m->key));
    bool ok = key.broken ? err_set(e, ERR_MEMORY, "no memory") : file_names_find(&s->images, text_str(&key), found, e);
    text_clear(&key);
    return ok;
}

static bool pair_up(struct scan *s, struct err *e)
{
    const struct masks_layout *l = &s->layout;
    s->pairs = malloc((l->mask_count + 1) * sizeof *s->pairs);
    if (!s->pairs) return err_set(e, ERR_MEMORY, "no memory for %zu masks", l->mask_count);
    for (size_t i = 0; i < l->mask_count; i++) {
        const struct mask_file *m = &l->masks[i];
        struct file_match found;
        if (!find_image(s, m, &found, e)) return false;
        if (found.files == 1)
            s->pairs[s->count++] = (struct pair){ m, (uint32_t)found.file, s->class_of[m->structure], false };
        else if (found.files > 1 &&
                 !import_tell_several(s->d, m->path, l->images[found.file], l->images[found.second], e))
            return false;
        else if (!found.files && !s->alone++)
            s->first_alone = m->path;
    }
    if (!s->count)
        return err_set(e, ERR_DATA, "%s: none of its %zu %s belongs to an image; the first: %s", s->d->source,
                       l->mask_count, text_number(l->mask_count, "mask", "masks"), l->masks[0].path);
    qsort(s->pairs, s->count, sizeof *s->pairs, compare);
    for (size_t i = 1; i < s->count; i++) {
        struct pair *a = &s->pairs[i - 1], *b = &s->pairs[i];
        bool same = a->image == b->image && a->class_index == b->class_index && a->file->folder == b->file->folder;
        a->several |= same;
        b->several |= same;
    }
    return true;
}

/* ---- halves ---- */

static size_t cell(const struct scan *s, const struct pair *p)
{
    return (size_t)p->image * s->d->classes + p->class_index;
}

static uint32_t root_of(const uint32_t *united, uint32_t folder)
{
    while (united[folder] != folder) folder = united[folder];
    return folder;
}

static bool same_cell(const struct pair *a, const struct pair *b)
{
    return a->image == b->image && a->class_index == b->class_index;
}

/* Where an image has masks of one structure in several folders, these folders are united, and every image that one of
 * them has a mask of needs one in each: a missing half is unknown, not empty. Folders that never meet, such as those of
 * two splits, take nothing from each other. */
static bool find_halves(struct scan *s, struct err *e)
{
    uint32_t folders = 1;
    for (size_t i = 0; i < s->count; i++)
        if (s->pairs[i].file->folder >= folders) folders = s->pairs[i].file->folder + 1;
    uint32_t *united = s->united = malloc(folders * sizeof *united), *parts = calloc(folders, sizeof *parts);
    bool ok = united && parts;
    for (uint32_t f = 0; ok && f < folders; f++) united[f] = f;
    for (size_t i = 1; ok && i < s->count; i++)
        if (same_cell(&s->pairs[i - 1], &s->pairs[i]))
            united[root_of(united, s->pairs[i].file->folder)] = root_of(united, s->pairs[i - 1].file->folder);
    for (uint32_t f = 0; ok && f < folders; f++) parts[root_of(united, f)]++;
    for (size_t i = 0, end; ok && i < s->count; i = end) {
        uint32_t met = 1;
        for (end = i + 1; end < s->count && same_cell(&s->pairs[i], &s->pairs[end]); end++)
            met += s->pairs[end].file->folder != s->pairs[end - 1].file->folder;
        if (met == parts[root_of(united, s->pairs[i].file->folder)]) continue;
        if (!s->halves++) s->first_half = (uint32_t)i;
        s->bad[cell(s, &s->pairs[i])] = true;
    }
    free(parts);
    return ok || err_set(e, ERR_MEMORY, "no memory for the folders of masks");
}

/* ---- the pixels of masks ---- */

static void read_make(void *ctx, uint32_t i, struct import_product *p)
{
    const struct scan *s = ctx;
    const struct pair *pair = &s->pairs[i];
    const struct import_config *c = s->c;
    const struct image_options how = { c->dicom->decoders, c->window, c->any_modality };
    char path[PATH_MAX];
    bool linked;
    if (pair->several)
        err_set(&p->why, ERR_DATA, "its folder has several masks of one image");
    else if (!file_join(path, sizeof path, s->d->source, pair->file->path))
        err_set(&p->why, ERR_DATA, "the path is too long");
    else if (roots_allow(c->roots, path, &linked, &p->why))
        p->study = mask_content_read(path, &how, s->black, &p->why);
}

static bool tell_bad(struct scan *s, const struct pair *p, const char *message, struct err *e)
{
    char path[PATH_MAX];
    struct text reason = { 0 };
    s->bad[cell(s, p)] = true;
    if (file_join(path, sizeof path, s->d->source, p->file->path)) {
        text_clean(path);
        size_t n = strlen(path);
        if (!strncmp(message, path, n) && message[n] == ':') message += n + 1 + (message[n + 1] == ' ');
    }
    text_printf(&reason, "mask, %s", message);
    bool ok = dataset_add_unreadable(s->d, p->file->path, text_str(&reason), e);
    text_clear(&reason);
    return ok;
}

/* A second mask of the image, from another folder of the same structure: their union. */
static bool unite(struct scan *s, const struct pair *p, const struct mask_content *m, struct err *e)
{
    struct dataset_mask *old = &s->d->masks[s->last];
    size_t n = (size_t)m->width * (size_t)m->height;
    if (old->width != m->width || old->height != m->height)
        return tell_bad(s, p, "of another size than the one that it would be united with", e);
    const struct dataset_mask own = { .runs = (uint32_t *)m->runs, .run_count = m->run_count };
    uint8_t *one = malloc(n), *other = malloc(n);
    uint32_t *runs = NULL;
    bool ok = one && other;
    if (ok) {
        dataset_mask_paint(old, one, n);
        dataset_mask_paint(&own, other, n);
        for (size_t i = 0; i < n; i++) one[i] |= other[i];
        ok = dataset_mask_runs(one, n, &runs, &old->run_count, e);
    } else {
        err_set(e, ERR_MEMORY, "no memory for the masks");
    }
    if (ok) {
        free(old->runs);
        old->runs = runs;
    }
    free(one);
    free(other);
    return ok;
}

static bool read_take(void *ctx, uint32_t i, struct import_product *product, struct err *e)
{
    struct scan *s = ctx;
    const struct pair *p = &s->pairs[i];
    const struct mask_content *m = product->study;
    const struct import_progress progress = { "masks", i + 1, s->count, s->d->unreadable_count, 0 };
    if (i && (p[-1].image != p->image || p[-1].class_index != p->class_index)) s->last = NO_MASK;
    if (s->c->progress && !s->c->progress(s->c->ctx, &progress))
        return err_set(e, ERR_INTERRUPTED, "import of %s stopped; nothing was kept", s->d->name);
    if (!m) return tell_bad(s, p, product->why.msg, e);
    s->masked[cell(s, p)] = true;
    if (m->framed && !s->framed++) s->first_framed = p->file->path;
    if (!m->inside) return true;
    if (s->last != NO_MASK) return unite(s, p, m, e);
    s->last = s->d->mask_count;
    const struct dataset_mask mask = { p->image, p->class_index, (uint32_t *)m->runs, m->run_count,
                                       m->width, m->height,      p->file->path };
    return dataset_add_mask_runs(s->d, &mask, e);
}

/* ---- what masks say of their images ---- */

/* The label of each image and structure; what a table says of it is checked. A mask that could not be used leaves
 * nothing known of its image, and takes what other folders gave of it along. */
static bool label(struct scan *s)
{
    struct dataset *d = s->d;
    bool *inside = calloc((size_t)d->count * d->classes + 1, sizeof *inside);
    d->masked = malloc((size_t)d->count * d->classes + 1);
    if (!inside || !d->masked) {
        free(inside);
        return false;
    }
    uint32_t n = 0;
    for (uint32_t k = 0; k < d->mask_count; k++) {
        size_t at = (size_t)d->masks[k].image * d->classes + d->masks[k].class_index;
        inside[at] = !s->bad[at];
        if (s->bad[at])
            free(d->masks[k].runs);
        else
            d->masks[n++] = d->masks[k];
    }
    d->mask_count = n;
    for (size_t i = 0; i < (size_t)d->count * d->classes; i++) {
        int8_t *said = &d->labels[i];
        d->masked[i] = s->is_structure[i % d->classes] ? MASKED_NOT : MASKED_NEVER;
        if (!s->masked[i] || s->bad[i]) continue;
        d->masked[i] = *said != LABEL_MISSING && *said != inside[i] ? MASKED_OTHERWISE : MASKED;
        *said = inside[i];
    }
    free(inside);
    return true;
}

static bool tell_halves(struct scan *s, struct err *e)
{
    if (!s->halves) return true;
    const struct pair *p = &s->pairs[s->first_half];
    return dataset_add_remark(s->d, e,
                              "WARNING: %zu %s in some folders and lack it in others that it is united with, so that "
                              "nothing is known of the structure there: %s%.60s of %.200s",
                              s->halves, text_number(s->halves, "image has a mask", "images have a mask"),
                              s->halves > 1 ? "the first is " : "", s->d->class_names[p->class_index],
                              s->d->images[p->image].path);
}

static bool tell(struct scan *s, struct err *e)
{
    struct dataset *d = s->d;
    const struct masks_layout *l = &s->layout;
    if (s->alone && !(reasons_leave(d, s->alone, "mask without an image", e) &&
                      dataset_add_remark(d, e, "%zu %s no image of that name and %s left out: %.200s", s->alone,
                                         text_number(s->alone, "mask has", "masks have"),
                                         text_number(s->alone, "was", "were"), s->first_alone)))
        return false;
    if (l->strays && !(reasons_leave(d, l->strays, "neither image nor mask", e) &&
                       dataset_add_remark(d, e, "%zu %s in no folder of images or masks and %s left out: %.200s",
                                          l->strays, text_number(l->strays, "picture lies", "pictures lie"),
                                          text_number(l->strays, "was", "were"), l->stray)))
        return false;
    return tell_halves(s, e) &&
           (!s->framed ||
            dataset_add_remark(d, e,
                               "WARNING: %zu %s most of the image's border, as an inverted one does: %.200s; "
                               "if structures are black on white, import again with --inside black",
                               s->framed, text_number(s->framed, "mask covers", "masks cover"), s->first_framed));
}

/* ---- the whole ---- */

static bool settle_classes(struct scan *s, struct err *e)
{
    const struct masks_layout *l = &s->layout;
    for (size_t i = 0; i < l->structure_count; i++)
        if (!class_names_add(&s->names, l->structures[i], strlen(l->structures[i]), e)) return false;
    if (!class_names_settle(&s->names, 1, "classes and folders of masks", s->d, e)) return false;
    s->class_of = malloc((l->structure_count + 1) * sizeof *s->class_of);
    s->is_structure = calloc(s->d->classes + 1, sizeof *s->is_structure);
    if (!s->class_of || !s->is_structure) return err_set(e, ERR_MEMORY, "no memory");
    for (size_t i = 0; i < l->structure_count; i++) {
        int c = class_names_find(&s->names, l->structures[i], strlen(l->structures[i]));
        if (c < 0) return err_set(e, ERR_DATA, "'%.60s': not the name of a structure", l->structures[i]);
        s->class_of[i] = (uint32_t)c;
        s->is_structure[c] = true;
    }
    return true;
}

static bool add_images(struct scan *s, struct err *e)
{
    const struct masks_layout *l = &s->layout;
    if (!l->image_count)
        return err_set(e, ERR_DATA, "%s: no images beside the masks; name their folder with --images DIR",
                       s->d->source);
    if (!l->mask_count)
        return err_set(e, ERR_DATA,
                       "%s: no masks there; expected masks/NAME/X.png beside images/X.png, or X_mask.png beside X.png; "
                       "name folders with --mask NAME=DIR",
                       s->d->source);
    for (size_t i = 0; i < l->image_count; i++)
        if (!dataset_add_image(s->d, l->images[i], NULL, SPLIT_NONE, NULL, NULL, e)) return false;
    size_t cells = (size_t)s->d->count * s->d->classes + 1;
    s->bad = calloc(cells, sizeof *s->bad);
    s->masked = calloc(cells, sizeof *s->masked);
    if (!s->bad || !s->masked) return err_set(e, ERR_MEMORY, "no memory for %zu labels", cells);
    return file_names_init(&s->images, l->image_keys, l->image_count, e);
}

static bool read_masks(struct scan *s, struct err *e)
{
    if (!pair_up(s, e) || !find_halves(s, e)) return false;
    const struct import_work work = { 0, (uint32_t)s->count, import_threads(s->c->threads), s, read_make, read_take };
    s->last = NO_MASK;
    return import_work_run(&work, e) && (label(s) || err_set(e, ERR_MEMORY, "no memory for the labels"));
}

static bool decide_splits(struct scan *s, struct err *e)
{
    const struct import_config *c = s->c;
    struct dataset *d = s->d;
    if (!import_name_patients(c, d, e) || !import_learn(c, d, s->table.patient < 0, e) ||
        !import_warn_patients(c, d, e))
        return false;
    if (dataset_split_images(d, SPLIT_NONE, NULL) == d->count) return split_all(d, c->val, c->seed, e);
    return split_take_validation(d, c->val, c->seed, "the table has no val", e);
}

static bool scan(struct scan *s, struct err *e)
{
    const char *inside = import_value(s->c, "inside");
    s->black = inside && text_same(inside, "black");
    if (inside && !s->black && !text_same(inside, "white"))
        return err_set(e, ERR_USAGE, "--inside %.40s: take white or black", inside);
    return masks_layout_find(&s->layout, s->c, &s->files, s->d, e) &&
           masks_table_open(&s->table, s->c, s->layout.tables, &s->names, e) && settle_classes(s, e) &&
           add_images(s, e) && (!s->table.csv || masks_table_read(&s->table, s->c, &s->images, &s->names, s->d, e)) &&
           read_masks(s, e) && file_list_tell(&s->files, s->d, e) && tell(s, e) && decide_splits(s, e);
}

bool import_masks_scan(const struct import_config *c, struct dataset *d, struct err *e)
{
    struct scan s = { .c = c, .d = d };
    bool ok = import_find_own_files(c, d, &s.files, e) && scan(&s, e);
    masks_table_close(&s.table);
    class_names_clear(&s.names);
    file_names_clear(&s.images);
    masks_layout_clear(&s.layout);
    file_list_clear(&s.files);
    free(s.pairs);
    free(s.class_of);
    free(s.is_structure);
    free(s.bad);
    free(s.masked);
    free(s.united);
    return ok;
}
