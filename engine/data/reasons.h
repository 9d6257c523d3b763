/* What an import did not take, counted by reason: images that were left out, and files that could not be read. */
#ifndef MLVICX_DATA_REASONS_H
#define MLVICX_DATA_REASONS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"
#include "engine/data/dataset.h"

/** Count `n` files as left out for `reason`, in a few words ("no line in the table"); 0 is none. */
bool reasons_leave(struct dataset *d, size_t n, const char *reason, struct err *e);
/** The same with a remark, as dataset_add_count. */
bool reasons_leave_told(struct dataset *d, size_t n, const char *reason, const char *one, const char *many,
                        struct err *e);

/** Put the unreadable files of a set in the order of their paths, whenever it was that each was found to be. */
void reasons_sort_unreadable(struct dataset *d);

/** The unreadable files of a set by reason, the most frequent first: a reason is what stands before the details, with
 *  its long numbers as N where they differ ("4097 x 4097" and "5000 x 4097" are N x 4097; JPEG 2000 stays). `rows`
 * (owned: reasons_free) and `count` filled. */
bool reasons_unreadable(const struct dataset *d, struct dataset_reason **rows, size_t *count, struct err *e);
void reasons_free(struct dataset_reason *rows, size_t count);

#endif
