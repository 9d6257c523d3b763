/* Folders: train|val|test/CLASS/image, CLASS/image, or images without labels. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/data/import/common/class_names.h"
#include "engine/data/import/common/import_common.h"
#include "engine/data/import/import_kinds.h"
#include "engine/data/import/import_masks.h"
#include "engine/data/split.h"
#include "engine/data/reasons.h"

/* Folder names that mean a split. */
static const struct {
    const char *folder;
    enum dataset_split split;
} split_folders[] = {
    { "train", SPLIT_TRAIN },    { "training", SPLIT_TRAIN }, { "val", SPLIT_VAL },      { "valid", SPLIT_VAL },
    { "validation", SPLIT_VAL }, { "test", SPLIT_TEST },      { "testing", SPLIT_TEST },
};

/* What a path means: [SPLIT/][CLASS/]...file. */
struct parts {
    enum dataset_split split;
    const char *name; /* the class, `length` bytes of the path; NULL: none */
    size_t length;
};

static enum dataset_split split_of(const char *path)
{
    size_t n = strcspn(path, "/");
    if (path[n] != '/') return SPLIT_NONE;
    for (size_t i = 0; i < sizeof split_folders / sizeof split_folders[0]; i++)
        if (text_alike(path, n, split_folders[i].folder)) return split_folders[i].split;
    return SPLIT_NONE;
}

static struct parts take_apart(const char *path, bool has_splits)
{
    struct parts p = { has_splits ? split_of(path) : SPLIT_NONE, NULL, 0 };
    if (has_splits) path += strcspn(path, "/") + 1;
    size_t n = strcspn(path, "/");
    if (path[n] == '/') {
        p.name = path;
        p.length = n;
    }
    return p;
}

/* Adds the class folders to the set. A single class carries no information and counts as none. */
static bool find_classes(const struct file_list *files, bool has_splits, struct class_names *names, struct dataset *d,
                         struct err *e)
{
    for (size_t i = 0; i < files->count; i++) {
        if (has_splits && split_of(files->paths[i]) == SPLIT_NONE) continue;
        struct parts p = take_apart(files->paths[i], has_splits);
        if (p.name && !class_names_add(names, p.name, p.length, e)) return false;
    }
    return class_names_settle(names, 2, "class folders", d, e);
}

static void label(struct dataset *d, uint32_t image, struct class_names *names, const struct parts *p)
{
    int8_t *row = d->labels + (size_t)image * d->classes;
    if (!p->name || !d->classes) return;
    memset(row, 0, d->classes);
    row[class_names_find(names, p->name, p->length)] = 1;
}

/* Splits that the folders do not define. */
static bool complete_splits(const struct import_config *c, struct dataset *d, bool has_splits, struct err *e)
{
    if (!has_splits) return split_all(d, c->val, c->seed, e);
    return split_take_validation(d, c->val, c->seed, "no val folder", e);
}

/* Whether a folder of the path has a name that masks have beside their radiographs, as in CLASS/masks/1.png. */
static bool is_by_masks(const char *path)
{
    for (size_t n; path[n = strcspn(path, "/")]; path += n + 1)
        if (masks_folder_name(path, n)) return true;
    return false;
}

static bool warn_masks(struct dataset *d, struct err *e)
{
    uint32_t masks = 0;
    const char *first = NULL;
    for (uint32_t i = 0; i < d->count; i++) {
        if (!is_by_masks(d->images[i].path)) continue;
        if (!masks++) first = d->images[i].path;
    }
    return !masks || dataset_add_remark(
                         d, e,
                         "WARNING: %u %s below a folder that is named after masks (%.200s) and %s taken for %s; if "
                         "masks are there, import them as such: data import masks DIR",
                         masks, text_number(masks, "image lies", "images lie"), first, text_number(masks, "is", "are"),
                         text_number(masks, "a radiograph", "radiographs"));
}

static bool fill(const struct import_config *c, const struct file_list *files, struct class_names *names,
                 struct dataset *d, struct err *e)
{
    bool has_splits = false;
    size_t strays = 0;
    for (size_t i = 0; i < files->count; i++) has_splits |= split_of(files->paths[i]) != SPLIT_NONE;
    if (!find_classes(files, has_splits, names, d, e)) return false;
    for (size_t i = 0; i < files->count; i++) {
        if (has_splits && split_of(files->paths[i]) == SPLIT_NONE) {
            strays++;
            continue;
        }
        struct parts p = take_apart(files->paths[i], has_splits);
        uint32_t image;
        if (!dataset_add_image(d, files->paths[i], NULL, p.split, NULL, &image, e)) return false;
        label(d, image, names, &p);
        d->exclusive |= d->classes > 0;
        if (d->classes && !p.name) d->unlisted++;
    }
    return reasons_leave_told(d, strays, "outside of train, val and test",
                              "image outside of train, val and test was left out",
                              "images outside of train, val and test were left out", e) &&
           dataset_add_count(d, d->unlisted, "image lies in no class folder and has no label",
                             "images lie in no class folder and have no label", e) &&
           warn_masks(d, e) && import_name_patients(c, d, e) && import_learn(c, d, true, e) &&
           import_warn_patients(c, d, e) && complete_splits(c, d, has_splits, e);
}

bool import_folder_scan(const struct import_config *c, struct dataset *d, struct err *e)
{
    struct file_list files;
    if (!import_find_files(c, d, &files, e)) return false;
    struct class_names names = { 0 };
    bool ok = fill(c, &files, &names, d, e) && file_list_tell(&files, d, e);
    class_names_clear(&names);
    file_list_clear(&files);
    return ok;
}
