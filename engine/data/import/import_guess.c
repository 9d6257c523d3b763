/* Detects the kind of data set by the tables that its publisher provides. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "engine/data/import/common/import_common.h"
#include "engine/data/import/import.h"
#include "engine/data/import/import_masks.h"

/* A table is recognised by a part of its name, and by a column if other tables have a similar name (NULL: the name
 * is enough). The first match counts. */
static const struct {
    const char *kind, *part, *column;
} signs[] = {
    { "nih", "Data_Entry_2017", NULL },
    { "rsna", "stage_2_train_labels.csv", NULL },
    { "siim", "train-rle.csv", NULL },
    { "siim", "stage_2_train.csv", "EncodedPixels" },
    { "mimic", "mimic-cxr-2.", NULL },
    { "padchest", "chest_x_ray_images_labels", NULL },
    { "vinbig", "annotations_train.csv", "rad_id" },
    { "vinbig", "train.csv", "rad_id" },
    { "chexpert", "train.csv", "Frontal/Lateral" },
    { "chexpert", "valid.csv", "Frontal/Lateral" },
};

static bool has_column(const char *path, const char *column)
{
    struct csv *t;
    if (!csv_open(path, &t, NULL)) return false;
    bool there = csv_find(t, column) >= 0;
    csv_close(t);
    return there;
}

static bool fits(const char *dir, const char *name, size_t sign)
{
    char path[PATH_MAX];
    if (!text_ends(name, ".csv") && !text_ends(name, ".csv.gz")) return false;
    if (!strstr(name, signs[sign].part)) return false;
    return !signs[sign].column || (file_join(path, sizeof path, dir, name) && has_column(path, signs[sign].column));
}

enum { SIGNS = sizeof signs / sizeof signs[0], NAME = 256 };

/* The sign of a folder, SIGNS: none; `table` is filled with the name of its table. */
static size_t sign_of(DIR *dir, const char *path, char table[NAME])
{
    size_t best = SIGNS;
    for (struct dirent *entry; (entry = readdir(dir));)
        for (size_t i = 0; i < best; i++)
            if (fits(path, entry->d_name, i)) {
                best = i;
                snprintf(table, NAME, "%.*s", NAME - 1, entry->d_name);
            }
    return best;
}

/* Does the file NAME_mask.png stand beside NAME.png, or another image with that name? */
static bool has_mask_ending(const char *path, const char *name)
{
    static const char *const ends[] = { ".png", ".jpg", ".jpeg", ".tif", ".tiff" };
    char image[NAME + 8], full[PATH_MAX];
    size_t n = masks_stem(name);
    for (size_t i = 0; n && i < sizeof ends / sizeof ends[0]; i++) {
        snprintf(image, sizeof image, "%.*s%s", (int)n, name, ends[i]);
        if (file_join(full, sizeof full, path, image) && file_exists(full)) return true;
    }
    return false;
}

/* What tells that a folder holds images and their masks, in `why`; false if nothing does. */
static bool has_masks(DIR *dir, const char *path, char *why, size_t size)
{
    char full[PATH_MAX], images[NAME] = "", masks[NAME] = "", ending[NAME] = "";
    rewinddir(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        const char *name = entry->d_name;
        bool folder = file_join(full, sizeof full, path, name) && file_is_directory(full);
        if (folder && masks_folder_name(name, strlen(name))) snprintf(masks, NAME, "%s", name);
        if (folder && masks_image_folder_name(name, strlen(name))) snprintf(images, NAME, "%s", name);
        if (!folder && !*ending && has_mask_ending(path, name)) snprintf(ending, NAME, "%s", name);
    }
    if (*images && *masks)
        snprintf(why, size, "the folders %.60s and %.60s are there", images, masks);
    else if (*ending)
        snprintf(why, size, "%.60s is there beside its image", ending);
    return (*images && *masks) || *ending;
}

/* Archives are often unpacked into a folder of their own: its images, taken as a folder, would lose labels and splits.
 */
static bool check_below(DIR *dir, const char *path, struct err *e)
{
    char below[PATH_MAX], table[NAME], why[160];
    bool ok = true;
    rewinddir(dir);
    for (struct dirent *entry; ok && (entry = readdir(dir));) {
        DIR *inner = NULL;
        if (*entry->d_name != '.' && file_join(below, sizeof below, path, entry->d_name)) inner = opendir(below);
        size_t sign = inner ? sign_of(inner, below, table) : SIGNS;
        bool masks = inner && sign == SIGNS && has_masks(inner, below, why, sizeof why);
        if (inner) closedir(inner);
        if (masks)
            ok =
                err_set(e, ERR_USAGE,
                        "%s: its folder %s holds images with masks (%s): import that folder, or this one with the word "
                        "masks or folder before it",
                        path, entry->d_name, why);
        if (sign < SIGNS)
            ok = err_set(e, ERR_USAGE,
                         "%s: no table of a known set is there, but its folder %s has %s (%s): import that folder, or "
                         "this one with the word folder before it",
                         path, entry->d_name, table, signs[sign].kind);
    }
    return ok;
}

const char *import_guess(const char *path, char *why, size_t size, struct err *e)
{
    char table[NAME];
    *why = '\0';
    if (file_exists(path)) {
        snprintf(why, size, "a file, read as a table");
        return "csv";
    }
    DIR *dir = opendir(path);
    if (!dir) {
        err_errno(e, "%s", path);
        return NULL;
    }
    size_t sign = sign_of(dir, path, table);
    bool masks = sign == SIGNS && has_masks(dir, path, why, size);
    bool ok = sign < SIGNS || masks || check_below(dir, path, e);
    closedir(dir);
    if (!ok) return NULL;
    if (masks) return "masks";
    if (sign == SIGNS)
        snprintf(why, size, "no table of a known set is there");
    else
        snprintf(why, size, "%.100s is there", table);
    return sign < SIGNS ? signs[sign].kind : "folder";
}
