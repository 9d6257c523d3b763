#include "engine/data/reasons.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"

enum { REASON = 80, LONG_NUMBER = 3 }; /* bytes of a reason; digits that are no kind of thing but a size */

static bool no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for what was left out");
}

/* Count under a reason that is there, or under a new row; a list has few. */
static bool add(struct dataset_reason **rows, size_t *count, const char *reason, size_t n, struct err *e)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp((*rows)[i].reason, reason)) continue;
        (*rows)[i].count += n;
        return true;
    }
    struct dataset_reason *p = realloc(*rows, (*count + 1) * sizeof *p);
    if (!p) return no_memory(e);
    *rows = p;
    p[*count] = (struct dataset_reason){ text_copy(reason), n };
    if (!p[*count].reason) return no_memory(e);
    ++*count;
    return true;
}

bool reasons_leave(struct dataset *d, size_t n, const char *reason, struct err *e)
{
    return !n || add(&d->left_out, &d->left_out_count, reason, n, e);
}

bool reasons_leave_told(struct dataset *d, size_t n, const char *reason, const char *one, const char *many,
                        struct err *e)
{
    return reasons_leave(d, n, reason, e) && dataset_add_count(d, n, one, many, e);
}

/* What stands before the details, long numbers as N. Of a DICOM file it is not that it is one. */
static void kind_of(const char *reason, char out[REASON])
{
    static const char dicom[] = "a DICOM file: ";
    if (!strncmp(reason, dicom, sizeof dicom - 1)) reason += sizeof dicom - 1;
    size_t n = 0, length = strcspn(reason, ":;(");
    for (size_t i = 0; i < length && n + 1 < REASON;) {
        size_t digits = strspn(reason + i, "0123456789");
        if (digits >= LONG_NUMBER) {
            out[n++] = 'N';
            i += digits;
        } else {
            out[n++] = reason[i++];
        }
    }
    while (n && isspace((unsigned char)out[n - 1])) n--;
    out[n] = '\0';
}

static int compare(const void *a, const void *b)
{
    const struct dataset_reason *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count) : strcmp(x->reason, y->reason);
}

static int compare_paths(const void *a, const void *b)
{
    const struct dataset_unreadable *x = a, *y = b;
    int c = strcmp(x->path, y->path);
    return c ? c : strcmp(x->reason, y->reason);
}

void reasons_sort_unreadable(struct dataset *d)
{
    if (d->unreadable_count) qsort(d->unreadable, d->unreadable_count, sizeof *d->unreadable, compare_paths);
}

bool reasons_unreadable(const struct dataset *d, struct dataset_reason **rows, size_t *count, struct err *e)
{
    *rows = NULL;
    *count = 0;
    for (uint32_t i = 0; i < d->unreadable_count; i++) {
        char kind[REASON];
        kind_of(d->unreadable[i].reason, kind);
        if (add(rows, count, kind, 1, e)) continue;
        reasons_free(*rows, *count);
        *rows = NULL;
        return false;
    }
    if (*count) qsort(*rows, *count, sizeof **rows, compare);
    return true;
}

void reasons_free(struct dataset_reason *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) free(rows[i].reason);
    free(rows);
}
