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

const char *import_guess(const char *path, char *why, size_t size, struct err *e)
{
    size_t best = sizeof signs / sizeof signs[0];
    const size_t none = best;
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
    for (struct dirent *entry; (entry = readdir(dir));)
        for (size_t i = 0; i < best; i++)
            if (fits(path, entry->d_name, i)) {
                best = i;
                snprintf(why, size, "%.100s is there", entry->d_name);
            }
    closedir(dir);
    if (best < none) return signs[best].kind;
    snprintf(why, size, "no table of a known set is there");
    return "folder";
}
