#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/data/import/import_csv.h"
#include "engine/data/patient.h"
#include "engine/data/tables/missing.h"

bool import_repeated_rule(const struct import_config *c, enum import_repeated *rule, struct err *e)
{
    static const char *const names[] = { "refuse", "first", "any", "majority" };
    const char *asked = import_value(c, "repeated");
    for (int i = 0; i < 4; i++)
        if (!strcmp(asked ? asked : "refuse", names[i])) {
            *rule = (enum import_repeated)i;
            return true;
        }
    return err_set(e, ERR_USAGE, "--repeated %.40s: take refuse, first, any or majority", asked);
}

void table_rows_clear(struct table_rows *r)
{
    for (size_t i = 0; i < r->count; i++) free(r->rows[i].written);
    free(r->rows);
    *r = (struct table_rows){ 0 };
}

bool table_rows_note(struct table_rows *r, size_t line, const char *written, const struct table_file *found,
                     struct err *e)
{
    if (r->count == r->room) {
        size_t room = r->room ? 2 * r->room : 256;
        struct table_row *p = realloc(r->rows, room * sizeof *p);
        if (!p) return err_set(e, ERR_MEMORY, "no memory");
        r->rows = p;
        r->room = room;
    }
    char *name = found->parts == SIZE_MAX ? NULL : text_copy(written);
    if (!name && found->parts != SIZE_MAX) return err_set(e, ERR_MEMORY, "no memory");
    r->rows[r->count++] = (struct table_row){ line, found->parts, name };
    return true;
}

/* Rows in the order of their paths; rows with the same path in the order of the table. */
struct listed {
    const char *path;
    uint32_t image;
};

struct settling {
    const struct table_rows *rows;
    struct dataset *d;
    enum import_repeated rule;
    bool *keep;
    size_t same, joined, dropped; /* equal rows; images that had them; rows for other files */
    uint32_t repeated;            /* rows too many, which are refused ...                             */
    uint32_t pair[2];             /* ... the first contradiction of them, else the first repetition   */
    const char *what;             /* what they contradict each other in                               */
    uint32_t lost;                /* the first row for another file                                   */
    size_t loose;                 /* images that are not where the table says ...                     */
    uint32_t example;             /* ... and the first of them                                        */
};

static int compare(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;
    int c = strcmp(x->path, y->path);
    return c ? c : (x->image > y->image) - (x->image < y->image);
}

static const char *person(const struct dataset_image *m)
{
    return missing_person(m->patient) ? "" : m->patient;
}

/* The field in which two rows of one image differ; NULL: none. */
static const char *difference(const struct dataset *d, uint32_t i, uint32_t j)
{
    const struct dataset_image *x = &d->images[i], *y = &d->images[j];
    const int8_t *labels = d->labels;
    if (x->split != y->split) return "splits";
    if (!patient_same(person(x), person(y))) return "patients";
    return d->classes && memcmp(labels + (size_t)i * d->classes, labels + (size_t)j * d->classes, d->classes) ? "labels"
                                                                                                              : NULL;
}

/* Gives the first of the rows the combined label of a class. */
static void join(struct settling *s, const struct listed *list, size_t n)
{
    struct dataset *d = s->d;
    for (uint32_t c = 0; c < d->classes; c++) {
        size_t votes[2] = { 0, 0 };
        for (size_t i = 0; i < n; i++) {
            int8_t v = d->labels[(size_t)list[i].image * d->classes + c];
            if (v != LABEL_MISSING) votes[v != 0]++;
        }
        bool tie = votes[0] == votes[1] && s->rule == REPEATED_MAJORITY;
        d->labels[(size_t)list[0].image * d->classes + c] =
            !votes[0] && !votes[1] ? LABEL_MISSING
            : tie                  ? LABEL_MISSING
                                   : (int8_t)(s->rule == REPEATED_ANY ? votes[1] > 0 : votes[1] > votes[0]);
    }
}

static void drop(struct settling *s, uint32_t image)
{
    if (!s->dropped || image < s->lost) s->lost = image;
    s->keep[image] = false;
    s->dropped++;
}

/* How a row's name stands to the path of the file. */
static bool relate(const struct settling *s, const struct listed *row, enum file_relation *out, struct err *e)
{
    const char *written = s->rows->rows[row->image].written;
    *out = FILE_SAME;
    return !written || file_name_relate(written, row->path, out, e);
}

/* Do the rows [n] spell one name: is each the end of the longest? */
static bool one_name(const struct settling *s, const struct listed *list, size_t n, bool *one, struct err *e)
{
    const char *longest = "";
    enum file_relation how;
    *one = true;
    for (size_t i = 0; i < n; i++) {
        const char *written = s->rows->rows[list[i].image].written;
        if (strlen(written) > strlen(longest)) longest = written;
    }
    for (size_t i = 0; i < n; i++) {
        if (!file_name_relate(s->rows->rows[list[i].image].written, longest, &how, e)) return false;
        *one = *one && how != FILE_OTHER;
    }
    return true;
}

/* Rows to the front that fulfil a condition; the others keep their order, too. Returns how many. */
static size_t bring_forward(struct listed *list, size_t n, const bool *yes, struct listed *room)
{
    size_t front = 0, back = 0;
    for (size_t i = 0; i < n; i++) {
        if (yes[i])
            list[front++] = list[i];
        else
            room[back++] = list[i];
    }
    memcpy(list + front, room, back * sizeof *list);
    return front;
}

/* What is meant when no name is the end of the file's path: names that share less of it than another one mean another
 * file; if the best rows have different names, all do. Returns how many rows remain, at the front. */
static bool choose(struct settling *s, struct listed *list, size_t n, bool *yes, struct listed *room, size_t *stay,
                   struct err *e)
{
    const struct table_row *rows = s->rows->rows;
    size_t most = 0;
    bool one;
    for (size_t i = 0; i < n; i++)
        if (rows[list[i].image].parts > most) most = rows[list[i].image].parts;
    for (size_t i = 0; i < n; i++) yes[i] = rows[list[i].image].parts == most;
    *stay = bring_forward(list, n, yes, room);
    if (!one_name(s, list, *stay, &one, e)) return false;
    if (!one) *stay = 0;
    return true;
}

/* Which rows [n] mean the file: `*stay` of them, moved to the front; the others are dropped. A name that is the end of
 * its path does, and so does a longer one, unless there are several of these. */
static bool drop_others(struct settling *s, struct listed *list, size_t n, bool *yes, struct listed *room, size_t *stay,
                        struct err *e)
{
    enum file_relation how;
    bool one;
    for (size_t i = 0; i < n; i++) {
        if (!relate(s, &list[i], &how, e)) return false;
        yes[i] = how == FILE_SAME;
    }
    *stay = bring_forward(list, n, yes, room);
    size_t same = *stay, longer = 0;
    for (size_t i = same; i < n; i++) {
        if (!relate(s, &list[i], &how, e)) return false;
        yes[i - same] = how == FILE_LONGER;
        longer += how == FILE_LONGER;
    }
    if (same || longer) {
        bring_forward(list + same, n - same, yes, room);
        if (!one_name(s, list + same, longer, &one, e)) return false;
        *stay = same + (one ? longer : 0);
    } else if (!choose(s, list, n, yes, room, stay, e)) {
        return false;
    }
    for (size_t i = *stay; i < n; i++) drop(s, list[i].image);
    if (*stay) qsort(list, *stay, sizeof *list, compare);
    return true;
}

/* Several rows of one image become the first of them. */
static void settle_rows(struct settling *s, const struct listed *list, size_t n)
{
    const char *what = NULL;
    size_t at = 0;
    for (size_t i = 1; i < n && !what; i++)
        if ((what = difference(s->d, list[i - 1].image, list[i].image))) at = i;
    for (size_t i = 1; i < n; i++) s->keep[list[i].image] = false;
    if (!what) {
        s->same += n - 1;
        return;
    }
    bool labels = !strcmp(what, "labels");
    if (s->rule == REPEATED_FIRST || (labels && s->rule != REPEATED_REFUSE)) {
        s->joined++;
        if (s->rule != REPEATED_FIRST) join(s, list, n);
        return;
    }
    if (!s->repeated) {
        s->pair[0] = list[at - 1].image;
        s->pair[1] = list[at].image;
        s->what = what;
    }
    s->repeated += (uint32_t)(n - 1);
}

static bool settle_image(struct settling *s, struct listed *list, size_t n, struct err *e)
{
    bool *yes = malloc(n * sizeof *yes);
    struct listed *room = malloc(n * sizeof *room);
    bool ok = yes && room ? drop_others(s, list, n, yes, room, &n, e) : err_set(e, ERR_MEMORY, "no memory");
    free(yes);
    free(room);
    if (ok && n > 1) settle_rows(s, list, n);
    return ok;
}

static bool refuse(const struct settling *s, const char *table, struct err *e)
{
    char more[64] = "", spelt[160] = "";
    const struct table_row *a = &s->rows->rows[s->pair[0]], *b = &s->rows->rows[s->pair[1]];
    if (!s->repeated) return true;
    const char *path = s->d->images[s->pair[0]].path;
    if (a->written || b->written)
        snprintf(spelt, sizeof spelt, " (as %.60s and %.60s)", a->written ? a->written : path,
                 b->written ? b->written : path);
    if (s->repeated > 1)
        snprintf(more, sizeof more, "; %u %s such", s->repeated - 1,
                 text_number(s->repeated - 1, "line more is", "lines more are"));
    return err_set(e, ERR_FORMAT,
                   "%s: the image %s stands on more than one line: %zu and %zu%s, with different %s; keep one, or say "
                   "with --repeated what counts%s",
                   table, path, a->line, b->line, spelt, s->what, more);
}

static bool tell(const struct settling *s, struct err *e)
{
    static const char *const how[] = { "", "the first of them counts", "a class is present where one of them says so",
                                       "the majority of them counts, and a tie is unknown" };
    const struct table_row *rows = s->rows->rows;
    const char *path = s->d->images[s->example].path;
    return dataset_add_count(s->d, s->same, "row of the table repeats another one", "rows of the table repeat others",
                             e) &&
           (!s->joined || dataset_add_remark(s->d, e, "%zu %s rows that differ; %s (--repeated)", s->joined,
                                             text_number(s->joined, "image has", "images have"), how[s->rule])) &&
           (!s->dropped ||
            dataset_add_remark(s->d, e,
                               "%zu %s a file that other names fit as well or better, and %s not here; the first, on "
                               "line %zu: %.150s",
                               s->dropped, text_number(s->dropped, "name of the table fits", "names of the table fit"),
                               text_number(s->dropped, "is", "are"), rows[s->lost].line,
                               rows[s->lost].written ? rows[s->lost].written : s->d->images[s->lost].path)) &&
           (!s->loose ||
            dataset_add_remark(
                s->d, e, "%zu %s not where the table says and found by the end of the path: '%.150s' is %.150s",
                s->loose, text_number(s->loose, "image was", "images were"), rows[s->example].written, path));
}

static bool settle_all(struct settling *s, struct listed *list, const char *table, struct err *e)
{
    const struct dataset *d = s->d;
    uint32_t left = 0;
    for (uint32_t i = 0, end; i < d->count; i = end) {
        for (end = i + 1; end < d->count && !strcmp(list[i].path, list[end].path);) end++;
        if (end - i > 1 && !settle_image(s, list + i, end - i, e)) return false;
    }
    if (!refuse(s, table, e)) return false;
    for (uint32_t i = 0; i < d->count; i++) {
        left += s->keep[i];
        if (s->keep[i] && s->rows->rows[i].written && !s->loose++) s->example = i;
    }
    return left || !d->count ||
           err_set(
               e, ERR_DATA,
               "%s: none of its names can be told from others that fit the same file; the first, on line %zu: %.150s",
               table, s->rows->rows[s->lost].line, s->rows->rows[s->lost].written);
}

bool table_rows_settle(struct table_rows *r, struct dataset *d, const char *table, enum import_repeated rule,
                       struct err *e)
{
    struct settling s = { .rows = r, .d = d, .rule = rule };
    struct listed *list = malloc((d->count + 1) * sizeof *list);
    s.keep = malloc(d->count + 1);
    bool ok = list && s.keep;
    if (!ok) err_set(e, ERR_MEMORY, "no memory");
    for (uint32_t i = 0; ok && i < d->count; i++) {
        list[i] = (struct listed){ d->images[i].path, i };
        s.keep[i] = true;
    }
    if (ok && d->count) qsort(list, d->count, sizeof *list, compare);
    ok = ok && settle_all(&s, list, table, e);
    if (ok) d->absent += (uint32_t)s.dropped;
    ok = ok && tell(&s, e) && dataset_keep(d, s.keep, e);
    free(list);
    free(s.keep);
    return ok;
}
