/* The rows of two data sets as those of a third: classes united by name, splits as they are. */
#ifndef MLVICX_DATA_MERGE_ROWS_H
#define MLVICX_DATA_MERGE_ROWS_H

#include "engine/base/err.h"
#include "store/dataset.h"

enum { MERGE_SIDES = 2 };

struct merge_sides {
    const struct store_contents
        *from[MERGE_SIDES]; /* loaded with STORE_PART_ALL, borrowed until the result is cleared */
    bool same_patients;     /* a patient id in both is one person */
};

/** The images of the first, then those of the second, named SET/PATH; patients likewise, unless they are the same. A
 * class that one side does not know is missing there; two whose names differ in case, blanks and punctuation alone are
 * one. `out` is the caller's (store_contents_clear): all but dataset.name, pack, digest, bytes, size and channels is
 * filled; remarks say what was decided. ERR_DATA where both are too large together, ERR_USAGE where they are one. */
bool merge_rows(const struct merge_sides *m, struct store_contents *out, struct err *e);

#endif
