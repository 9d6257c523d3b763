/* Folders: train|val|test/CLASS/image, CLASS/image, or images without labels. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/data/import_parts.h"
#include "engine/data/split.h"

/* Folder names that mean a split. */
static const struct {
    const char *folder;
    enum dataset_split split;
} split_folders[] = {
    { "train", SPLIT_TRAIN },    { "training", SPLIT_TRAIN }, { "val", SPLIT_VAL },      { "valid", SPLIT_VAL },
    { "validation", SPLIT_VAL }, { "test", SPLIT_TEST },      { "testing", SPLIT_TEST },
};

/* What a path says: [SPLIT/][CLASS/]...file. */
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
        if (strlen(split_folders[i].folder) == n && !strncasecmp(split_folders[i].folder, path, n))
            return split_folders[i].split;
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

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The distinct class folders, sorted, into the set. One class alone says nothing and counts as none. */
static bool find_classes(const struct file_list *files, bool has_splits, struct dataset *d, struct err *e)
{
    char **names = malloc(files->count * sizeof *names);
    size_t n = 0, distinct = 0;
    bool ok = names != NULL;
    for (size_t i = 0; ok && i < files->count; i++) {
        if (has_splits && split_of(files->paths[i]) == SPLIT_NONE) continue;
        struct parts p = take_apart(files->paths[i], has_splits);
        if (!p.name || (n && strlen(names[n - 1]) == p.length && !strncmp(names[n - 1], p.name, p.length))) continue;
        ok = (names[n] = strndup(p.name, p.length)) != NULL;
        if (ok) n++;
    }
    if (!ok) {
        err_set(e, ERR_MEMORY, "no memory for the list of classes");
    } else {
        qsort(names, n, sizeof *names, compare);
        for (size_t i = 0; i < n; i++) {
            if (distinct && !strcmp(names[distinct - 1], names[i]))
                free(names[i]);
            else
                names[distinct++] = names[i];
        }
        n = distinct;
        ok = dataset_set_classes(d, n > 1 ? (uint32_t)n : 0, (const char *const *)names, e);
    }
    for (size_t i = 0; i < n; i++) free(names[i]);
    free(names);
    return ok;
}

static void label(struct dataset *d, uint32_t image, const struct parts *p)
{
    if (!p->name) return;
    int8_t *row = d->labels + (size_t)image * d->classes;
    for (uint32_t c = 0; c < d->classes; c++)
        row[c] = strlen(d->class_names[c]) == p->length && !strncmp(d->class_names[c], p->name, p->length);
}

/* Splits that the folders do not give. */
static bool complete_splits(const struct import_config *c, struct dataset *d, bool has_splits, struct err *e)
{
    if (!has_splits) return split_all(d, c->val, c->seed, e);
    return split_take_validation(d, c->val, c->seed, "no val folder", e);
}

static bool fill(const struct import_config *c, const struct file_list *files, struct dataset *d, struct err *e)
{
    bool has_splits = false;
    size_t strays = 0;
    for (size_t i = 0; i < files->count; i++) has_splits |= split_of(files->paths[i]) != SPLIT_NONE;
    if (!find_classes(files, has_splits, d, e)) return false;
    for (size_t i = 0; i < files->count; i++) {
        if (has_splits && split_of(files->paths[i]) == SPLIT_NONE) {
            strays++;
            continue;
        }
        struct parts p = take_apart(files->paths[i], has_splits);
        char patient[256];
        uint32_t image;
        split_patient_of_name(files->paths[i], patient, sizeof patient);
        if (!dataset_add_image(d, files->paths[i], patient, p.split, NULL, &image, e)) return false;
        label(d, image, &p);
        if (d->classes && !p.name) d->unlisted++;
    }
    if (strays && !dataset_add_remark(d, e, "%zu images outside of train, val and test were left out", strays))
        return false;
    if (d->unlisted && !dataset_add_remark(d, e, "%u images lie in no class folder and have no label", d->unlisted))
        return false;
    return complete_splits(c, d, has_splits, e);
}

bool import_folder_scan(const struct import_config *c, struct dataset *d, struct err *e)
{
    struct file_list files;
    char *root = file_real_directory(c->path, e);
    if (!root) return false;
    free(d->source);
    d->source = root;
    if (!file_list_init(&files, root, e)) return false;
    bool ok = files.count > 0;
    if (!ok && files.dicom)
        err_set(e, ERR_UNSUPPORTED, "%s: %zu DICOM files but no PNG or JPEG; convert them first", c->path, files.dicom);
    else if (!ok)
        err_set(e, ERR_DATA, "%s: no PNG or JPEG image there", c->path);
    else
        ok = fill(c, &files, d, e);
    file_list_clear(&files);
    return ok;
}
