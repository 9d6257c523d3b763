/* Files beside the images that could have been meant, and that nothing here reads: told by their endings. */
#ifndef MLVICX_DATA_OTHER_FILES_H
#define MLVICX_DATA_OTHER_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"
#include "engine/data/dataset.h"

enum { OTHER_FILES = 24 }; /* room for the endings that are known */

/** How many of each ending; zero-initialise. */
struct other_files {
    size_t counts[OTHER_FILES];
};

/** Count a file, if its ending is one of these. */
void other_files_count(struct other_files *o, const char *path);
/** "12 .bmp, 3 .nii.gz" in `out` (size > 0); how many they are together. */
size_t other_files_list(const struct other_files *o, char *out, size_t size);
/** Into the set: left out, each ending a reason, with one remark. */
bool other_files_tell(const struct other_files *o, struct dataset *d, struct err *e);

#endif
