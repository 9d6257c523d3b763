/* Detects the kind of data set by the tables that its publisher provides. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "engine/data/import/common/import_common.h"
#include "engine/data/import/import.h"

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

/* Archives are often unpacked into a folder of their own: its images, taken as a folder, would lose labels and splits.
 */
static bool check_below(DIR *dir, const char *path, struct err *e)
{
    char below[PATH_MAX], table[NAME];
    bool ok = true;
    rewinddir(dir);
    for (struct dirent *entry; ok && (entry = readdir(dir));) {
        DIR *inner = NULL;
        if (*entry->d_name != '.' && file_join(below, sizeof below, path, entry->d_name)) inner = opendir(below);
        size_t sign = inner ? sign_of(inner, below, table) : SIGNS;
        if (inner) closedir(inner);
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
    bool ok = sign < SIGNS || check_below(dir, path, e);
    closedir(dir);
    if (!ok) return NULL;
    if (sign == SIGNS)
        snprintf(why, size, "no table of a known set is there");
    else
        snprintf(why, size, "%.100s is there", table);
    return sign < SIGNS ? signs[sign].kind : "folder";
}
