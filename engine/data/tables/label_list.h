/* Lists of labels in one cell, as people and programs write them: a|b, a;b, "a, b", ['a', 'b'], ["a", "b"]. */
#ifndef MLVICX_DATA_LABEL_LIST_H
#define MLVICX_DATA_LABEL_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"

/** Is it a list in brackets? Its parts are separated by quotes, or by commas. */
bool label_list_brackets(const char *cell);

/** Calls `take` for each part, without outer blanks and quotes; empty parts are skipped. A list in brackets defines
 * its own separators; other cells are split at `separator`. `take` returns false to stop, and then so does this
 * function. A list with a bracket or quote that has no other is damaged: ERR_FORMAT, perhaps after some parts. Words
 * such as NA are parts like others: see missing.h. */
bool label_list_each(const char *cell, const char *separator,
                     bool (*take)(void *ctx, const char *s, size_t length, struct err *e), void *ctx, struct err *e);

#endif
