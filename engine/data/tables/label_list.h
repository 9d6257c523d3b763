/* Lists of labels in one cell, as people and programs write them: a|b, a;b, "a, b", ['a', 'b'], ["a", "b"]. */
#ifndef MLVICX_DATA_LABEL_LIST_H
#define MLVICX_DATA_LABEL_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"

/** What a cell says. */
enum label_list {
    LABEL_LIST_SILENT, /* nothing at all: empty, nan                        */
    LABEL_LIST_SAYS,   /* its parts are present, everything else is absent */
};

/** A list in brackets? Its parts are told by quotes, or by commas. */
bool label_list_brackets(const char *cell);

/** Call `take` for each part, without outer blanks and quotes; empty ones are none. Brackets say how they are split
 *  themselves, other cells are split at `separator`. `take` returns false to stop, and so does this. `*says` filled. */
bool label_list_each(const char *cell, const char *separator, enum label_list *says,
                     bool (*take)(void *ctx, const char *s, size_t length, struct err *e), void *ctx, struct err *e);

#endif
