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

/* Reasons that differ in long numbers alone. ANY stands for a number that is not the same in all of them. */
enum { ANY = '\1' };

struct group {
    char key[REASON];      /* every long number as ANY */
    char text[2 * REASON]; /* only those that differ */
    size_t count;
};

static size_t digits_at(const char *s)
{
    return strspn(s, "0123456789");
}

/* What stands before the details. Of a DICOM file it is not that it is one. */
static void kind_of(const char *reason, struct group *out)
{
    static const char dicom[] = "a DICOM file: ";
    if (!strncmp(reason, dicom, sizeof dicom - 1)) reason += sizeof dicom - 1;
    size_t n = 0, k = 0, length = strcspn(reason, ":;(");
    while (length && isspace((unsigned char)reason[length - 1])) length--;
    for (size_t i = 0, step; i < length && k + 1 < sizeof out->key; i += step) {
        size_t digits = digits_at(reason + i);
        bool number = digits >= LONG_NUMBER;
        step = number ? digits : 1;
        if (n + step >= sizeof out->text) break;
        out->key[k++] = number ? ANY : reason[i];
        memcpy(out->text + n, reason + i, step);
        n += step;
    }
    out->key[k] = out->text[n] = '\0';
    out->count = 1;
}

/* The numbers of `to` that are others in `more` become ANY; their keys are equal. */
static void unite(struct group *to, const struct group *more)
{
    char text[sizeof to->text];
    const char *a = to->text, *b = more->text;
    size_t n = 0;
    for (const char *k = to->key; *k; k++) {
        if (*k != ANY) {
            text[n++] = *k;
            a++, b++;
            continue;
        }
        size_t own = *a == ANY ? 1 : digits_at(a), other = digits_at(b);
        bool same = own == other && !memcmp(a, b, own);
        if (same) memcpy(text + n, a, own);
        if (!same) text[n] = ANY;
        n += same ? own : 1;
        a += own;
        b += other;
    }
    text[n] = '\0';
    memcpy(to->text, text, n + 1);
    to->count += more->count;
}

static bool add_group(struct group **rows, size_t *count, const struct group *more, struct err *e)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp((*rows)[i].key, more->key)) continue;
        unite(&(*rows)[i], more);
        return true;
    }
    struct group *p = realloc(*rows, (*count + 1) * sizeof *p);
    if (!p) return no_memory(e);
    *rows = p;
    p[(*count)++] = *more;
    return true;
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
    struct group *groups = NULL;
    size_t n = 0;
    bool ok = true;
    *rows = NULL;
    *count = 0;
    for (uint32_t i = 0; ok && i < d->unreadable_count; i++) {
        struct group one;
        kind_of(d->unreadable[i].reason, &one);
        ok = add_group(&groups, &n, &one, e);
    }
    for (size_t i = 0; ok && i < n; i++) {
        for (char *c = groups[i].text; *c; c++)
            if (*c == ANY) *c = 'N';
        ok = add(rows, count, groups[i].text, groups[i].count, e);
    }
    free(groups);
    if (ok && *count) qsort(*rows, *count, sizeof **rows, compare);
    if (ok) return true;
    reasons_free(*rows, *count);
    *rows = NULL;
    *count = 0;
    return false;
}

void reasons_free(struct dataset_reason *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) free(rows[i].reason);
    free(rows);
}
