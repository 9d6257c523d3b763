/* Any table with a header; options say which columns hold what. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "engine/data/import/class_names.h"
#include "engine/data/import/csv.h"
#include "engine/data/import/import_parts.h"
#include "engine/data/split.h"

/* Columns of a table, as the options name them; -1: not asked for. */
struct columns {
    int path, list, patient, split;
    int class_of[CLASS_NAMES_MOST]; /* column of class c, where each has one */
    const char *separator;
};

/* A table on its way into a set. */
struct table {
    const struct import_config *c;
    struct csv *csv;
    struct columns columns;
    struct class_names names;
    struct dataset *d;
    size_t *lines; /* of the set's images */
    size_t lines_room;
};

/* The parts of a list, without outer blanks; empty ones are none. `take` returns false to stop. */
static bool each_part(const char *list, const char *separator,
                      bool (*take)(void *ctx, const char *s, size_t length, struct err *e), void *ctx, struct err *e)
{
    size_t step = strlen(separator);
    for (;;) {
        const char *end = strstr(list, separator), *s = list;
        size_t n = end ? (size_t)(end - list) : strlen(list);
        while (n && *s == ' ') s++, n--;
        while (n && s[n - 1] == ' ') n--;
        if (n && !take(ctx, s, n, e)) return false;
        if (!end) return true;
        list = end + step;
    }
}

static bool take_name(void *ctx, const char *s, size_t length, struct err *e)
{
    return class_names_add(ctx, s, length, e);
}

static bool find_columns(const struct import_config *c, const struct csv *t, struct columns *k, struct err *e)
{
    const char *list = import_value(c, "label-column"), *patient = import_value(c, "patient-column"),
               *split = import_value(c, "split-column");
    const char *path = import_value(c, "path-column"), *separator = import_value(c, "label-separator");
    *k = (struct columns){ .list = -1, .patient = -1, .split = -1, .separator = separator ? separator : "|" };
    if (!*k->separator) return err_set(e, ERR_USAGE, "--label-separator must not be empty");
    if (list && import_value(c, "class-columns"))
        return err_set(e, ERR_USAGE, "--label-column and --class-columns: take one of both");
    if (!csv_need(t, path ? path : "path", &k->path, e)) {
        if (path) return false;
        struct err cause = *e;
        return err_set(e, cause.code, "%s; name it with --path-column", cause.msg);
    }
    return (!list || csv_need(t, list, &k->list, e)) && (!patient || csv_need(t, patient, &k->patient, e)) &&
           (!split || csv_need(t, split, &k->split, e));
}

/* The named columns, in the user's order. */
static bool find_class_columns(struct table *t, const char *columns, struct err *e)
{
    struct class_names *n = &t->names;
    const char *names[CLASS_NAMES_MOST];
    if (!each_part(columns, ",", take_name, n, e)) return false;
    for (size_t i = 0; i < n->count; i++) {
        names[i] = n->rows[i].name;
        for (size_t k = 0; k < i; k++)
            if (!strcmp(n->rows[k].key, n->rows[i].key))
                return err_set(e, ERR_USAGE,
                               "--class-columns: '%.60s' and '%.60s' differ in case or blanks only; leave one out",
                               names[k], names[i]);
        if (!csv_need(t->csv, names[i], &t->columns.class_of[i], e)) return false;
    }
    return dataset_set_classes(t->d, (uint32_t)n->count, names, e);
}

/* All that occur in the lists. */
static bool find_listed_classes(struct table *t, struct err *e)
{
    struct csv *first;
    if (!csv_open(t->c->path, &first, e)) return false;
    bool ok = true;
    for (size_t row = 0; ok && csv_next(first, e); row++)
        ok = import_goes_on(t->c, row, e) &&
             each_part(csv_field(first, t->columns.list), t->columns.separator, take_name, &t->names, e);
    ok = ok && e->code == ERR_OK;
    csv_close(first);
    return ok && class_names_settle(&t->names, 1, "labels", t->d, e);
}

static bool find_classes(struct table *t, struct err *e)
{
    const char *columns = import_value(t->c, "class-columns");
    if (columns) return find_class_columns(t, columns, e);
    if (t->columns.list >= 0) return find_listed_classes(t, e);
    return dataset_set_classes(t->d, 0, NULL, e);
}

/* One image's labels while its list is read. */
struct listing {
    struct class_names *names;
    int8_t *row;
};

static bool take_label(void *ctx, const char *s, size_t length, struct err *e)
{
    struct listing *l = ctx;
    (void)e;
    int c = class_names_find(l->names, s, length);
    if (c >= 0) l->row[c] = 1;
    return true;
}

/* An empty list says nothing; a list names what is present, the rest is absent. */
static void labels_of_list(struct table *t, int8_t *row)
{
    const char *list = csv_field(t->csv, t->columns.list);
    struct listing l = { &t->names, row };
    if (!*list) return;
    memset(row, 0, t->d->classes);
    each_part(list, t->columns.separator, take_label, &l, NULL);
}

static bool label_of_cell(const struct csv *t, int column, int8_t *out, struct err *e)
{
    static const struct {
        const char *word;
        int8_t label;
    } words[] = {
        { "", LABEL_MISSING }, { "nan", LABEL_MISSING }, { "true", 1 }, { "false", 0 }, { "yes", 1 }, { "no", 0 },
    };
    const char *s = csv_field(t, column);
    double v;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_same(s, words[i].word)) {
            *out = words[i].label;
            return true;
        }
    if (!text_to_double(s, &v) || (v != 0 && v != 1 && v != -1))
        return err_set(e, ERR_FORMAT,
                       "%s: line %zu: column '%s': found '%.40s', expected 1, 0, or empty or -1 for unknown",
                       csv_path(t), csv_line(t), csv_column_name(t, (size_t)column), s);
    *out = (int8_t)v;
    return true;
}

static bool split_of_cell(const struct csv *t, int column, enum dataset_split *out, struct err *e)
{
    static const struct {
        const char *word;
        enum dataset_split split;
    } words[] = {
        { "", SPLIT_NONE },   { "none", SPLIT_NONE }, { "train", SPLIT_TRAIN },  { "training", SPLIT_TRAIN },
        { "val", SPLIT_VAL }, { "valid", SPLIT_VAL }, { "validate", SPLIT_VAL }, { "validation", SPLIT_VAL },
        { "dev", SPLIT_VAL }, { "test", SPLIT_TEST }, { "testing", SPLIT_TEST },
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_same(csv_field(t, column), words[i].word)) {
            *out = words[i].split;
            return true;
        }
    return err_set(e, ERR_FORMAT, "%s: line %zu: column '%s': found '%.40s', expected train, val or test", csv_path(t),
                   csv_line(t), csv_column_name(t, (size_t)column), csv_field(t, column));
}

/* The folders that paths are relative to, and what the set's paths are below: the folder that holds them all. */
static bool find_roots(const struct import_config *c, const char *table, struct dataset *d, struct err *e)
{
    bool ok = roots_init(c->roots, c, NULL, e);
    if (ok && !c->roots->count) {
        size_t n = (size_t)(file_base(table) - table);
        char *dir = n ? strndup(table, n) : text_copy(".");
        ok = dir ? roots_add(c->roots, dir, e) : err_set(e, ERR_MEMORY, "no memory");
        free(dir);
    }
    char *base = ok ? roots_common(c->roots, e) : NULL;
    if (!base) return false;
    free(d->source);
    d->source = base;
    return true;
}

/* Where the image of a row lies; `*path` NULL and true: it is not there, or may not be read, which was noted. */
static bool find_image(const struct import_config *c, const char *written, struct dataset *d, char full[PATH_MAX],
                       const char **path, struct err *e)
{
    *path = NULL;
    if (!roots_find(c->roots, written, full, e)) return false;
    const char *relative = roots_relative(d->source, full);
    enum import_place place = roots_place(c->roots, full);
    if (place == PLACE_OUTSIDE && !c->roots->follow) return roots_refuse(c->roots, written, full, e);
    if (place == PLACE_OUTSIDE || place == PLACE_NO_FILE)
        return dataset_add_unreadable(d, relative, roots_reason(place), e);
    if (place == PLACE_NOWHERE || !file_exists(full))
        d->absent++;
    else
        *path = relative;
    return true;
}

static bool note_line(struct table *t, uint32_t image, struct err *e)
{
    if (image >= t->lines_room) {
        size_t room = t->lines_room ? 2 * t->lines_room : 256;
        size_t *p = realloc(t->lines, room * sizeof *p);
        if (!p) return err_set(e, ERR_MEMORY, "no memory");
        t->lines = p;
        t->lines_room = room;
    }
    t->lines[image] = csv_line(t->csv);
    return true;
}

static bool read_row(struct table *t, struct err *e)
{
    const struct csv *csv = t->csv;
    const struct columns *k = &t->columns;
    const char *written = csv_field(csv, k->path), *path;
    char full[PATH_MAX], guessed[256];
    enum dataset_split split = SPLIT_NONE;
    if (!*written)
        return err_set(e, ERR_FORMAT, "%s: line %zu: column '%s' is empty", csv_path(csv), csv_line(csv),
                       csv_column_name(csv, (size_t)k->path));
    if (!find_image(t->c, written, t->d, full, &path, e))
        return err_wrap(e, "%s: line %zu", csv_path(csv), csv_line(csv));
    if (k->split >= 0 && !split_of_cell(csv, k->split, &split, e)) return false;
    if (!path) return true;
    split_patient_of_name(path, guessed, sizeof guessed);
    uint32_t image;
    if (!dataset_add_image(t->d, path, k->patient >= 0 ? csv_field(csv, k->patient) : guessed, split, NULL, &image,
                           e) ||
        !note_line(t, image, e))
        return false;
    int8_t *row = t->d->labels + (size_t)image * t->d->classes;
    if (k->list >= 0) labels_of_list(t, row);
    for (uint32_t c = 0; k->list < 0 && c < t->d->classes; c++)
        if (!label_of_cell(csv, k->class_of[c], &row[c], e)) return false;
    return true;
}

/* An image on its way to be compared with the others of its path. */
struct listed {
    const char *path;
    uint32_t image;
};

static int compare(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;
    int c = strcmp(x->path, y->path);
    return c ? c : (x->image > y->image) - (x->image < y->image);
}

/* What two lines of one image say differently; NULL: nothing. */
static const char *difference(const struct dataset *d, uint32_t i, uint32_t j)
{
    const struct dataset_image *x = &d->images[i], *y = &d->images[j];
    const int8_t *labels = d->labels;
    if (d->classes && memcmp(labels + (size_t)i * d->classes, labels + (size_t)j * d->classes, d->classes))
        return "labels";
    return x->split != y->split ? "splits" : strcmp(x->patient, y->patient) ? "patients" : NULL;
}

/* A path on two lines would stand in the set twice, perhaps in two splits. The first contradiction is told, else the
 * first repetition. */
static bool refuse_repeated(const struct table *t, struct err *e)
{
    const struct dataset *d = t->d;
    struct listed *list = malloc((d->count + 1) * sizeof *list);
    if (!list) return err_set(e, ERR_MEMORY, "no memory");
    for (uint32_t i = 0; i < d->count; i++) list[i] = (struct listed){ d->images[i].path, i };
    qsort(list, d->count, sizeof *list, compare);
    uint32_t first = 0, second = 0, repeated = 0;
    const char *what = NULL;
    for (uint32_t i = 1; i < d->count; i++) {
        if (strcmp(list[i - 1].path, list[i].path)) continue;
        const char *differs = difference(d, list[i - 1].image, list[i].image);
        if (!repeated++ || (differs && !what)) {
            first = list[i - 1].image;
            second = list[i].image;
            what = differs;
        }
    }
    free(list);
    if (!repeated) return true;
    char more[64] = "";
    if (repeated > 1)
        snprintf(more, sizeof more, "; %u %s such", repeated - 1,
                 text_number(repeated - 1, "line more is", "lines more are"));
    return err_set(e, ERR_FORMAT, "%s: the image %s stands on more than one line: %zu and %zu, %s%s; keep one%s",
                   csv_path(t->csv), d->images[first].path, t->lines[first], t->lines[second],
                   what ? "with different " : "which say the same", what ? what : "", more);
}

static bool decide_splits(const struct table *t, struct err *e)
{
    if (!import_learn(t->c, t->d, t->columns.patient < 0, e)) return false;
    if (t->columns.split < 0) return split_all(t->d, t->c->val, t->c->seed, e);
    return split_take_validation(t->d, t->c->val, t->c->seed, "the table has no val", e);
}

static bool read_table(struct table *t, struct err *e)
{
    struct dataset *d = t->d;
    if (!find_columns(t->c, t->csv, &t->columns, e) || !find_classes(t, e)) return false;
    d->exclusive = t->columns.list >= 0;
    size_t rows = 0;
    while (csv_next(t->csv, e)) {
        if (!import_goes_on(t->c, rows++, e) || !read_row(t, e)) return false;
    }
    if (e->code != ERR_OK) return false;
    const char *table = csv_path(t->csv);
    if (!rows) return err_set(e, ERR_DATA, "%s: the table has a header but no rows", table);
    if (!d->count && d->unreadable_count)
        return err_set(e, ERR_DATA, "%s: none of its %zu %s can be read; the first: %s: %s", table, rows,
                       text_number(rows, "image", "images"), d->unreadable[0].path, d->unreadable[0].reason);
    if (!d->count)
        return err_set(e, ERR_DATA, "%s: none of its %zu %s is below %s", table, rows,
                       text_number(rows, "image", "images"), d->source);
    if (!refuse_repeated(t, e)) return false;
    return import_tell_absent(d, e) && decide_splits(t, e);
}

bool import_csv_scan(const struct import_config *c, struct dataset *d, struct err *e)
{
    struct table *t = calloc(1, sizeof *t);
    if (!t) return err_set(e, ERR_MEMORY, "no memory");
    t->c = c;
    t->d = d;
    bool ok = csv_open(c->path, &t->csv, e) && find_roots(c, csv_path(t->csv), d, e) && read_table(t, e);
    class_names_clear(&t->names);
    csv_close(t->csv);
    free(t->lines);
    free(t);
    return ok;
}
