/* Classes as folders and tables spell them: spellings that differ only in case or blanks are one class, with a
 * remark.
 *
 * Otherwise "NORMAL" in train and "Normal " in test would be two classes, each unknown to one half of the set. */
#ifndef MLVICX_DATA_CLASS_NAMES_H
#define MLVICX_DATA_CLASS_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/dataset.h"

enum { CLASS_NAMES_MOST = 1000 };

struct class_spelling {
    char *name, *title, *key; /* as found; with single inner blanks; as compared */
    size_t times;
    uint32_t index; /* of its class, once settled */
};

/** Zero-initialise; class_names_clear frees. */
struct class_names {
    struct class_spelling *rows;
    size_t count;
    size_t last; /* the row found last: images of a class are usually consecutive */
};
void class_names_clear(struct class_names *n);

/** Counts one use of a spelling. */
bool class_names_add(struct class_names *n, const char *name, size_t length, struct err *e);
/** The classes of the set, sorted by name; each has its most frequent spelling. Fewer than `least` classes count as
 * none. Remarks tell which spellings (of `what`: "class folders") became one class. */
bool class_names_settle(struct class_names *n, size_t least, const char *what, struct dataset *d, struct err *e);
/** Class of a spelling that was added; -1: none. */
int class_names_find(struct class_names *n, const char *name, size_t length);

#endif
