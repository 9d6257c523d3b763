/* Whether each image of a set belongs to exactly one of its classes, by its labels or by the user's option. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/data/import/common/import_common.h"
#include "engine/data/nothing.h"

/* The number of classes of an image; -1 if nothing is known. */
static int classes_of(const struct dataset *d, uint32_t image)
{
    const int8_t *row = d->labels + (size_t)image * d->classes;
    int present = 0, known = 0;
    for (uint32_t c = 0; c < d->classes; c++) {
        present += row[c] > 0;
        known += row[c] != LABEL_MISSING;
    }
    return known ? present : -1;
}

/* The first image that has more or fewer than one class; -1: none. */
static int64_t find_other(const struct dataset *d)
{
    for (uint32_t i = 0; i < d->count; i++)
        if (classes_of(d, i) != 1 && classes_of(d, i) >= 0) return i;
    return -1;
}

static bool refuse(const struct dataset *d, int64_t image, struct err *e)
{
    if (d->classes < 2)
        return err_set(e, ERR_DATA, "--exclusive on: the set has %u %s; it takes two that exclude one another",
                       d->classes, text_number(d->classes, "class", "classes"));
    int n = classes_of(d, (uint32_t)image);
    return err_set(e, ERR_DATA, "--exclusive on: %s belongs to %d classes, not to one; take --exclusive off",
                   d->images[image].path, n);
}

bool import_settle_exclusive(const struct import_config *c, struct dataset *d, struct err *e)
{
    const char *word = import_value(c, "exclusive");
    bool on = word && text_same(word, "on");
    if (word && !on && !text_same(word, "off"))
        return err_set(e, ERR_USAGE, "--exclusive: '%.40s' is neither on nor off", word);
    if (!word && !d->exclusive) return true;
    int64_t other = d->classes > 1 ? find_other(d) : -1;
    d->exclusive = (word ? on : true) && d->classes > 1 && other < 0;
    return d->exclusive || !on || refuse(d, other, e);
}

/* Is an image of a class that means nothing, and of a finding? Devices are no findings. */
static bool contradicts_itself(const struct dataset *d, uint32_t image, const bool *nothing)
{
    const int8_t *row = d->labels + (size_t)image * d->classes;
    bool none = false, found = false;
    for (uint32_t c = 0; c < d->classes; c++) {
        none |= nothing[c] && row[c] == 1;
        found |= !nothing[c] && row[c] == 1 && !strcasestr(d->class_names[c], "device");
    }
    return none && found;
}

bool import_tell_contradictions(struct dataset *d, struct err *e)
{
    bool *nothing = calloc(d->classes + 1, sizeof *nothing);
    if (!nothing) return err_set(e, ERR_MEMORY, "no memory");
    int64_t first = -1;
    size_t n = 0;
    for (uint32_t c = 0; c < d->classes; c++) nothing[c] = class_means_nothing(d->class_names[c]);
    for (uint32_t i = 0; i < d->count; i++)
        if (contradicts_itself(d, i, nothing) && !n++) first = i;
    free(nothing);
    return !n || dataset_add_remark(d, e,
                                    "WARNING: %zu %s both of a class that means that nothing was found and of another "
                                    "one, the first %.200s; both labels are kept",
                                    n, text_number(n, "image is", "images are"), d->images[first].path);
}
