/* What is told of the masks of a set once it is whole: after images that could not be read went, and masks that do not
 * fit theirs. */
#include "engine/base/text.h"
#include "engine/data/import/import_masks.h"

enum { LISTED_MOST = 8 };

/* "3 images lack heart, 1 lacks left_lung" */
static bool tell_absent_masks(struct dataset *d, struct err *e)
{
    struct text list = { 0 };
    size_t structures = 0;
    for (uint32_t c = 0; c < d->classes; c++) {
        size_t n = 0;
        for (uint32_t i = 0; i < d->count; i++) {
            size_t at = (size_t)i * d->classes + c;
            n += d->masked[at] == MASKED_NOT && d->labels[at] != 0;
        }
        if (n && structures++ < LISTED_MOST)
            text_printf(&list, "%s%zu of '%.60s'", structures > 1 ? ", " : "", n, d->class_names[c]);
    }
    if (structures > LISTED_MOST) text_printf(&list, " and of %zu more", structures - LISTED_MOST);
    bool ok = !structures || dataset_add_remark(d, e,
                                                "images without a mask (%s): nothing is known of them, which is not "
                                                "the same as an empty mask",
                                                text_str(&list));
    text_clear(&list);
    return ok;
}

/* "1035 masks: heart 207, left_lung 207" */
static bool tell_masks(struct dataset *d, struct err *e)
{
    struct text list = { 0 };
    size_t structures = 0;
    for (uint32_t c = 0; c < d->classes; c++) {
        size_t n = 0;
        for (uint32_t i = 0; i < d->count; i++) n += d->masked[(size_t)i * d->classes + c] > MASKED_NOT;
        if (d->count && d->masked[c] != MASKED_NEVER && structures++ < LISTED_MOST)
            text_printf(&list, "%s%.60s %zu", structures > 1 ? ", " : "", d->class_names[c], n);
    }
    if (structures > LISTED_MOST) text_printf(&list, " and %zu more", structures - LISTED_MOST);
    bool ok = dataset_add_remark(d, e, "images with a mask: %s", text_str(&list));
    text_clear(&list);
    return ok;
}

bool masks_tell(struct dataset *d, struct err *e)
{
    size_t empty = 0, contradicting = 0;
    for (size_t i = 0; d->masked && i < (size_t)d->count * d->classes; i++) {
        empty += d->masked[i] > MASKED_NOT && d->labels[i] == 0;
        contradicting += d->masked[i] == MASKED_OTHERWISE;
    }
    return !d->masked || (tell_masks(d, e) && tell_absent_masks(d, e) &&
                          dataset_add_count(d, empty, "mask is empty: the structure is known to be absent",
                                            "masks are empty: the structure is known to be absent", e) &&
                          dataset_add_count(d, contradicting, "mask contradicts the table, and counts",
                                            "masks contradict the table, and count", e));
}
