#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/data/import/import_csv.h"

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
    free(r->rows);
    *r = (struct table_rows){ 0 };
}

bool table_rows_note(struct table_rows *r, uint32_t image, size_t line, const struct table_file *found, struct err *e)
{
    if (image >= r->room) {
        size_t room = r->room ? 2 * r->room : 256;
        struct table_row *p = realloc(r->rows, room * sizeof *p);
        if (!p) return err_set(e, ERR_MEMORY, "no memory");
        r->rows = p;
        r->room = room;
    }
    r->rows[image] = (struct table_row){ line, found->parts, found->name };
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
};

static int compare(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;
    int c = strcmp(x->path, y->path);
    return c ? c : (x->image > y->image) - (x->image < y->image);
}

/* The field in which two rows of one image differ; NULL: none. */
static const char *difference(const struct dataset *d, uint32_t i, uint32_t j)
{
    const struct dataset_image *x = &d->images[i], *y = &d->images[j];
    const int8_t *labels = d->labels;
    if (x->split != y->split) return "splits";
    if (strcmp(x->patient, y->patient)) return "patients";
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
    s->keep[image] = false;
    s->dropped++;
}

/* Rows whose names share less of the path than another name mean another file. If the best rows have two different
 * names, the file cannot be assigned. Returns how many rows remain, moved to the front. */
static size_t drop_others(struct settling *s, struct listed *list, size_t n)
{
    const struct table_row *rows = s->rows->rows;
    size_t most = 0, stay = 0;
    bool several = false;
    for (size_t i = 0; i < n; i++)
        if (rows[list[i].image].parts > most) most = rows[list[i].image].parts;
    for (size_t i = 0; i < n; i++) {
        if (rows[list[i].image].parts == most)
            list[stay++] = list[i];
        else
            drop(s, list[i].image);
    }
    for (size_t i = 1; i < stay; i++) several |= rows[list[i].image].name != rows[list[0].image].name;
    for (size_t i = 0; several && i < stay; i++) drop(s, list[i].image);
    return several ? 0 : stay;
}

static void settle_image(struct settling *s, struct listed *list, size_t n)
{
    n = drop_others(s, list, n);
    if (n < 2) return;
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

static bool refuse(const struct settling *s, const char *table, struct err *e)
{
    char more[64] = "";
    const struct table_row *rows = s->rows->rows;
    if (!s->repeated) return true;
    if (s->repeated > 1)
        snprintf(more, sizeof more, "; %u %s such", s->repeated - 1,
                 text_number(s->repeated - 1, "line more is", "lines more are"));
    return err_set(e, ERR_FORMAT,
                   "%s: the image %s stands on more than one line: %zu and %zu, with different %s; keep one, or say "
                   "with --repeated what counts%s",
                   table, s->d->images[s->pair[0]].path, rows[s->pair[0]].line, rows[s->pair[1]].line, s->what, more);
}

static bool tell(const struct settling *s, struct err *e)
{
    static const char *const how[] = { "", "the first of them counts", "a class is present where one of them says so",
                                       "the majority of them counts, and a tie is unknown" };
    return dataset_add_count(s->d, s->same, "row of the table repeats another one", "rows of the table repeat others",
                             e) &&
           (!s->joined || dataset_add_remark(s->d, e, "%zu %s rows that differ; %s (--repeated)", s->joined,
                                             text_number(s->joined, "image has", "images have"), how[s->rule])) &&
           dataset_add_count(s->d, s->dropped,
                             "name of the table fits a file that another name fits as well or better, and is not here",
                             "names of the table fit files that other names fit as well or better, and are not here",
                             e);
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
    for (uint32_t i = 0, end; ok && i < d->count; i = end) {
        for (end = i + 1; end < d->count && !strcmp(list[i].path, list[end].path);) end++;
        if (end - i > 1) settle_image(&s, list + i, end - i);
    }
    ok = ok && refuse(&s, table, e);
    if (ok) d->absent += (uint32_t)s.dropped;
    ok = ok && dataset_keep(d, s.keep, e) && tell(&s, e);
    free(list);
    free(s.keep);
    return ok;
}
