/* Which files are images, and which are masks of what, by their paths alone.
 *
 * A path is P/images/REST, P/masks/NAME/REST or P/masks/REST_mask.png; P and REST together are its key. An image and
 * its masks have equal keys, but for extensions and the ending _mask. */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "engine/data/import/import_masks.h"

enum { FOLDERS_MOST = 256 };

/* A folder that an option names, relative to the root; "": the root itself. */
struct named_folder {
    char path[PATH_MAX];
    const char *name; /* of a structure, n bytes; NULL: of images */
    size_t length;
};

struct sorting {
    struct masks_layout *l;
    const struct import_config *c;
    const char *root; /* real path */
    struct named_folder *images, *masks;
    size_t images_count, masks_count;
    bool image_folders; /* some folders have the names of images */
    size_t room, mask_room;
};

static bool no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for the list of files");
}

static bool is_one_of(const char *const *words, const char *s, size_t n)
{
    for (; *words; words++)
        if (strlen(*words) == n && !strncasecmp(*words, s, n)) return true;
    return false;
}

bool masks_folder_name(const char *s, size_t n)
{
    static const char *const words[] = { "mask",        "masks", "segmentation", "segmentations", "manualmask",
                                         "manualmasks", NULL };
    return is_one_of(words, s, n);
}

bool masks_image_folder_name(const char *s, size_t n)
{
    static const char *const words[] = { "images", "image",   "imgs", "img",         "cxr_png",
                                         "cxr",    "cxr_jpg", "xray", "radiographs", NULL };
    return is_one_of(words, s, n);
}

size_t masks_stem(const char *path)
{
    static const char ending[] = "_mask";
    const char *base = file_base(path);
    size_t n = file_stem_length(base), k = sizeof ending - 1;
    return n > k && !strncasecmp(base + n - k, ending, k) ? n - k : 0;
}

/* ---- what the options name ---- */

/* The folder `written`, below the root or a path of its own, relative to the root. */
static bool find_folder(const struct sorting *s, const char *option, const char *written, struct named_folder *out,
                        struct err *e)
{
    char joined[PATH_MAX], real[PATH_MAX];
    bool below = *written != '/' && file_join(joined, sizeof joined, s->root, written) && file_is_directory(joined);
    if (!below && !file_is_directory(written))
        return err_set(e, ERR_NOT_FOUND, "--%s: no folder %.200s in %.200s", option, written, s->root);
    const char *rest = realpath(below ? joined : written, real) ? roots_relative(s->root, real) : NULL;
    if (!rest)
        return err_set(e, ERR_USAGE, "--%s: %.200s lies outside of %.200s; import the folder that holds both", option,
                       written, s->root);
    snprintf(out->path, sizeof out->path, "%s", rest);
    return true;
}

/* A folder elsewhere, which only links lead to. */
static bool is_outside(const struct sorting *s, const char *written)
{
    char joined[PATH_MAX], real[PATH_MAX];
    bool below = *written != '/' && file_join(joined, sizeof joined, s->root, written) && file_is_directory(joined);
    return !below && realpath(written, real) && !roots_relative(s->root, real);
}

static bool read_options(struct sorting *s, struct err *e)
{
    const struct import_config *c = s->c;
    s->images = calloc(c->value_count + 1, sizeof *s->images);
    s->masks = calloc(c->value_count + 1, sizeof *s->masks);
    if (!s->images || !s->masks) return no_memory(e);
    for (size_t i = 0; i < c->value_count; i++) {
        const char *name = c->values[i].name, *value = c->values[i].value, *sign = strchr(value, '=');
        if (!strcmp(name, "images") && c->follow_links && is_outside(s, value)) continue;
        if (!strcmp(name, "images") && !find_folder(s, name, value, &s->images[s->images_count++], e)) return false;
        if (strcmp(name, "mask")) continue;
        if (!sign || sign == value || !sign[1])
            return err_set(e, ERR_USAGE, "--mask %.200s: expected NAME=DIR, as in --mask heart=masks/heart", value);
        struct named_folder *f = &s->masks[s->masks_count++];
        f->name = value;
        f->length = (size_t)(sign - value);
        if (!find_folder(s, name, sign + 1, f, e)) return false;
    }
    return true;
}

/* The rest of `path` after the folder; NULL if it is not inside. */
static const char *rest_of(const struct named_folder *f, const char *path)
{
    size_t n = strlen(f->path);
    if (!n) return path;
    return !strncmp(f->path, path, n) && path[n] == '/' ? path + n + 1 : NULL;
}

/* The deepest of them that holds the path. */
static const struct named_folder *holder(const struct named_folder *list, size_t count, const char *path)
{
    const struct named_folder *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (rest_of(&list[i], path) && (!best || strlen(list[i].path) > strlen(best->path))) best = &list[i];
    return best;
}

/* ---- one file ---- */

static bool structure_of(struct masks_layout *l, const char *name, size_t n, uint32_t *index, struct err *e)
{
    for (*index = 0; *index < l->structure_count; ++*index)
        if (strlen(l->structures[*index]) == n && !memcmp(l->structures[*index], name, n)) return true;
    if (l->structure_count == FOLDERS_MOST)
        return err_set(e, ERR_DATA,
                       "more than %d folders of masks, the last %.*s; name those meant with --mask NAME=DIR",
                       FOLDERS_MOST, (int)(n < 60 ? n : 60), name);
    char **p = realloc(l->structures, (l->structure_count + 1) * sizeof *p);
    if (!p) return no_memory(e);
    l->structures = p;
    if (!(p[l->structure_count] = pool_bytes(&l->texts, name, n))) return no_memory(e);
    l->structure_count++;
    return true;
}

/* The first n bytes of `before`, and `rest` behind them. */
static char *key_of(struct masks_layout *l, const char *before, size_t n, const char *rest)
{
    char *key = pool_take(&l->texts, n + strlen(rest) + 1);
    if (!key) return NULL;
    memcpy(key, before, n);
    strcpy(key + n, rest);
    return key;
}

static bool add_image(struct sorting *s, const char *path, size_t before, const char *rest, struct err *e)
{
    struct masks_layout *l = s->l;
    if (l->image_count == s->room) {
        size_t room = s->room ? 2 * s->room : 256;
        const char **images = realloc(l->images, room * sizeof *images);
        if (images) l->images = images;
        const char **keys = images ? realloc(l->image_keys, room * sizeof *keys) : NULL;
        if (!keys) return no_memory(e);
        l->image_keys = keys;
        s->room = room;
    }
    const char *key = key_of(l, path, before, rest);
    if (!key) return no_memory(e);
    l->images[l->image_count] = path;
    l->image_keys[l->image_count++] = key;
    return true;
}

/* A mask of the structure `name`, n bytes. */
static bool add_mask(struct sorting *s, const struct mask_file *m, const char *name, size_t n, struct err *e)
{
    struct masks_layout *l = s->l;
    if (l->mask_count == s->mask_room) {
        size_t room = s->mask_room ? 2 * s->mask_room : 256;
        struct mask_file *p = realloc(l->masks, room * sizeof *p);
        if (!p) return no_memory(e);
        l->masks = p;
        s->mask_room = room;
    }
    struct mask_file *to = &l->masks[l->mask_count];
    *to = *m;
    if (!m->key) return no_memory(e);
    if (!structure_of(l, name, n, &to->structure, e)) return false;
    l->mask_count++;
    return true;
}

/* Where the first folder with such a name begins in the path, and how long the name is; SIZE_MAX: there is none. */
static size_t find_word(const char *path, bool (*is_word)(const char *, size_t), size_t *length)
{
    for (const char *p = path;; p += *length + 1) {
        *length = strcspn(p, "/");
        if (!p[*length]) return SIZE_MAX;
        if (is_word(p, *length)) return (size_t)(p - path);
    }
}

static void stray(struct masks_layout *l, const char *path)
{
    if (!l->strays++) l->stray = path;
}

static const char unnamed[] = "mask";

/* A file of a folder that has the name of masks: of NAME in masks/NAME/..., else of what nothing names. */
static bool sort_named_mask(struct sorting *s, const char *path, size_t at, size_t length, bool flat, struct err *e)
{
    const char *rest = path + at + length + 1;
    size_t n = strcspn(rest, "/");
    bool own = rest[n] && !flat;
    struct mask_file m = { path, key_of(s->l, path, at, own ? rest + n + 1 : rest), 0, 0 };
    return own ? add_mask(s, &m, rest, n, e) : add_mask(s, &m, unnamed, sizeof unnamed - 1, e);
}

static bool is_image_place(const struct sorting *s, const char *path, size_t *before, const char **rest)
{
    size_t length, at;
    *before = 0;
    *rest = path;
    if (s->images_count) {
        const struct named_folder *f = holder(s->images, s->images_count, path);
        if (f) *rest = rest_of(f, path);
        return f;
    }
    if (!s->image_folders) return true;
    if ((at = find_word(path, masks_image_folder_name, &length)) == SIZE_MAX) return false;
    *before = at;
    *rest = path + at + length + 1;
    return true;
}

static bool sort_file(struct sorting *s, const char *path, bool flat, struct err *e)
{
    size_t before, length, at;
    const char *rest;
    const struct named_folder *f = holder(s->masks, s->masks_count, path);
    bool image = is_image_place(s, path, &before, &rest), ends = masks_stem(path);
    if (f && (!image || ends || strlen(f->path) > (size_t)(rest - path))) {
        struct mask_file m = { path, key_of(s->l, "", 0, rest_of(f, path)), 0, (uint32_t)(f - s->masks) };
        return add_mask(s, &m, f->name, f->length, e);
    }
    if ((at = find_word(path, masks_folder_name, &length)) != SIZE_MAX &&
        !(image && s->images_count && at < (size_t)(rest - path))) {
        if (!s->masks_count) return sort_named_mask(s, path, at, length, flat, e);
        stray(s->l, path);
        return true;
    }
    if (ends && !s->masks_count) {
        struct mask_file m = { path, key_of(s->l, path, before, rest), 0, 0 };
        return add_mask(s, &m, unnamed, sizeof unnamed - 1, e);
    }
    if (image && !ends) return add_image(s, path, before, rest, e);
    stray(s->l, path);
    return true;
}

/* ---- the whole ---- */

/* Does every folder of masks bear the name of a folder of images, as in images/train and masks/train? Then it names no
 * structure. */
static bool is_mirrored(const struct masks_layout *l)
{
    for (size_t i = 0; i < l->structure_count; i++) {
        size_t n = strlen(l->structures[i]);
        bool met = false;
        for (size_t k = 0; k < l->image_count && !met; k++)
            met = !strncmp(l->image_keys[k], l->structures[i], n) && l->image_keys[k][n] == '/';
        if (!met) return false;
    }
    return l->structure_count > 0;
}

static bool sort_all(struct sorting *s, const struct file_list *files, bool flat, struct err *e)
{
    s->l->image_count = s->l->mask_count = s->l->structure_count = s->l->strays = 0;
    for (size_t i = 0; i < files->count; i++)
        if (!sort_file(s, files->paths[i], flat, e)) return false;
    return true;
}

/* The folder of the first images: that which holds the folder with their name. */
static char *folder_of_tables(const struct sorting *s)
{
    const char *first = s->l->image_count ? s->l->images[0] : "";
    size_t n = 0, length;
    if (s->images_count) {
        const char *path = s->images[0].path;
        n = (size_t)(file_base(path) - path);
        first = path;
    } else if (s->image_folders && (n = find_word(first, masks_image_folder_name, &length)) == SIZE_MAX) {
        n = 0;
    }
    struct text t = { 0 };
    text_printf(&t, "%s/%.*s", s->root, (int)n, first);
    return t.broken ? NULL : t.data;
}

/* A folder that --mask names and that holds none is an oversight. */
static bool check_named(const struct sorting *s, struct err *e)
{
    for (size_t k = 0; k < s->masks_count; k++) {
        bool met = false;
        for (size_t i = 0; i < s->l->mask_count && !met; i++) met = s->l->masks[i].folder == k;
        if (!met)
            return err_set(e, ERR_DATA, "--mask %.200s: no masks there that other folders do not hold",
                           s->masks[k].name);
    }
    return true;
}

/* Folders masks/NAME/ without a picture, which a copy that was cut off may leave. */
static bool tell_empty(const struct masks_layout *l, const char *masks, struct dataset *d, struct err *e)
{
    char path[PATH_MAX];
    DIR *dir = opendir(masks);
    bool ok = true;
    for (struct dirent *entry; ok && dir && (entry = readdir(dir));) {
        const char *name = entry->d_name;
        bool met = *name == '.' || !file_join(path, sizeof path, masks, name) || !file_is_directory(path);
        for (size_t i = 0; i < l->structure_count && !met; i++) met = !strcmp(l->structures[i], name);
        ok = met || dataset_add_remark(d, e,
                                       "WARNING: the folder %.200s/%.200s holds no mask, so that nothing is known of "
                                       "this structure",
                                       file_base(masks), name);
    }
    if (dir) closedir(dir);
    return ok;
}

static bool tell_all_empty(const struct masks_layout *l, struct dataset *d, struct err *e)
{
    char path[PATH_MAX];
    DIR *dir = opendir(l->tables);
    bool ok = true;
    for (struct dirent *entry; ok && dir && (entry = readdir(dir));)
        if (masks_folder_name(entry->d_name, strlen(entry->d_name)) &&
            file_join(path, sizeof path, l->tables, entry->d_name))
            ok = tell_empty(l, path, d, e);
    if (dir) closedir(dir);
    return ok;
}

static bool find(struct sorting *s, struct dataset *d, const struct file_list *files, struct err *e)
{
    size_t length;
    if (!read_options(s, e)) return false;
    for (size_t i = 0; i < files->count && !s->image_folders; i++) {
        size_t mask = find_word(files->paths[i], masks_folder_name, &length);
        s->image_folders = find_word(files->paths[i], masks_image_folder_name, &length) < mask;
    }
    if (!sort_all(s, files, false, e)) return false;
    bool mirrored = !s->masks_count && is_mirrored(s->l);
    if (mirrored && !sort_all(s, files, true, e)) return false;
    if (!(s->l->tables = folder_of_tables(s))) return no_memory(e);
    return s->masks_count ? check_named(s, e) : mirrored || tell_all_empty(s->l, d, e);
}

bool masks_layout_find(struct masks_layout *l, const struct import_config *c, const struct file_list *files,
                       struct dataset *d, struct err *e)
{
    struct sorting s = { .l = l, .c = c, .root = d->source };
    bool ok = find(&s, d, files, e);
    free(s.images);
    free(s.masks);
    return ok;
}

void masks_layout_clear(struct masks_layout *l)
{
    free(l->images);
    free(l->image_keys);
    free(l->masks);
    free(l->structures);
    free(l->tables);
    pool_clear(&l->texts);
    *l = (struct masks_layout){ 0 };
}
