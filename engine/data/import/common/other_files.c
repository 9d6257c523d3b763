#include "engine/data/import/common/other_files.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/data/reasons.h"

/* Pictures, volumes and arrays; a longer ending stands before one that it ends with. */
static const char *const endings[] = { ".bmp",  ".gif", ".webp", ".jp2", ".j2k",    ".jpx", ".heic",     ".avif",
                                       ".svg",  ".psd", ".pgm",  ".ppm", ".nii.gz", ".nii", ".mha",      ".mhd",
                                       ".nrrd", ".npy", ".npz",  ".h5",  ".hdf5",   ".mat", ".tfrecord", ".pdf" };
_Static_assert(sizeof endings / sizeof endings[0] == OTHER_FILES, "a count for each ending");

void other_files_count(struct other_files *o, const char *path)
{
    for (int i = 0; i < OTHER_FILES; i++) {
        if (!text_ends(path, endings[i])) continue;
        o->counts[i]++;
        return;
    }
}

size_t other_files_list(const struct other_files *o, char *out, size_t size)
{
    size_t all = 0, at = 0;
    *out = '\0';
    for (int i = 0; i < OTHER_FILES; i++) {
        if (!o->counts[i]) continue;
        if (at < size)
            at += (size_t)snprintf(out + at, size - at, "%s%zu %s", all ? ", " : "", o->counts[i], endings[i]);
        all += o->counts[i];
    }
    return all;
}

bool other_files_tell(const struct other_files *o, struct dataset *d, struct err *e)
{
    char list[300], reason[32];
    size_t all = other_files_list(o, list, sizeof list);
    for (int i = 0; i < OTHER_FILES; i++) {
        snprintf(reason, sizeof reason, "%s file", endings[i]);
        if (!reasons_leave(d, o->counts[i], reason, e)) return false;
    }
    return !all ||
           dataset_add_remark(d, e, "%zu %s not read here and left out: %s; convert images to PNG", all,
                              text_number(all, "file is of a kind that is", "files are of kinds that are"), list);
}
