/* Any table with a header; options say which columns hold what. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "engine/data/import/common/class_names.h"
#include "engine/data/tables/csv.h"
#include "engine/data/import/import_csv.h"
#include "engine/data/import/import_kinds.h"
#include "engine/data/tables/label_list.h"
#include "engine/data/split.h"

/* Columns of a table, as the options name them; -1: not requested. */
struct columns {
    int path, list, patient, split;
    int class_of[CLASS_NAMES_MOST]; /* column of class c, where each has one */
};

/* The state of an import from a table. */
struct table {
    const struct import_config *c;
    struct csv *csv;
    struct columns columns;
    struct class_names names;
    struct table_lists lists;
    struct dataset *d;
    struct table_files files;
    struct table_rows rows;
    char absent[160]; /* the first image that is not below the folder, as the table has it; "": none */
};

static bool take_name(void *ctx, const char *s, size_t length, struct err *e)
{
    return class_names_add(ctx, s, length, e);
}

static bool find_columns(const struct import_config *c, const struct csv *t, struct columns *k, struct err *e)
{
    const char *list = import_value(c, "label-column"), *patient = import_value(c, "patient-column"),
               *split = import_value(c, "split-column");
    const char *path = import_value(c, "path-column");
    *k = (struct columns){ .list = -1, .patient = -1, .split = -1 };
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
    if (!label_list_each(columns, ",", take_name, n, e)) return false;
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

static bool find_classes(struct table *t, struct err *e)
{
    const char *columns = import_value(t->c, "class-columns");
    if (columns) return find_class_columns(t, columns, e);
    if (t->columns.list >= 0) return table_lists_find(&t->lists, t->columns.list, e);
    return dataset_set_classes(t->d, 0, NULL, e);
}

static bool read_row(struct table *t, struct err *e)
{
    const struct csv *csv = t->csv;
    const struct columns *k = &t->columns;
    const char *written = csv_field(csv, k->path);
    struct table_file found;
    enum dataset_split split = SPLIT_NONE;
    if (!*written)
        return err_set(e, ERR_FORMAT, "%s: line %zu: column '%s' is empty", csv_path(csv), csv_line(csv),
                       csv_column_name(csv, (size_t)k->path));
    if (!table_files_find(&t->files, written, &found, e))
        return err_wrap(e, "%s: line %zu", csv_path(csv), csv_line(csv));
    if (k->split >= 0 && !import_split(csv, k->split, &split, e)) return false;
    if (!*found.path) {
        if (!*t->absent) snprintf(t->absent, sizeof t->absent, "%.*s", (int)sizeof t->absent - 1, written);
        return true;
    }
    uint32_t image;
    const char *patient = k->patient >= 0 ? csv_field(csv, k->patient) : "";
    if (!dataset_add_image(t->d, found.path, patient, split, NULL, &image, e) ||
        !table_rows_note(&t->rows, csv_line(csv), written, &found, e))
        return false;
    int8_t *row = t->d->labels + (size_t)image * t->d->classes;
    if (k->list >= 0) table_lists_read(&t->lists, csv_field(csv, k->list), row);
    for (uint32_t c = 0; k->list < 0 && c < t->d->classes; c++)
        if (!import_label(csv, k->class_of[c], &row[c], e)) return false;
    return true;
}

static bool decide_splits(const struct table *t, struct err *e)
{
    if (!import_name_patients(t->c, t->d, e) || !import_learn(t->c, t->d, t->columns.patient < 0, e) ||
        !import_warn_patients(t->c, t->d, e))
        return false;
    if (t->columns.split < 0) return split_all(t->d, t->c->val, t->c->seed, e);
    return split_take_validation(t->d, t->c->val, t->c->seed, "the table has no val", e);
}

static bool read_rows(struct table *t, struct err *e)
{
    struct dataset *d = t->d;
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
        return err_set(e, ERR_DATA, "%s: none of its %zu %s is below %s; the first: %s", table, rows,
                       text_number(rows, "image", "images"), d->source, t->absent);
    return true;
}

static bool read_table(struct table *t, struct err *e)
{
    const char *table = csv_path(t->csv);
    enum import_repeated rule;
    return import_repeated_rule(t->c, &rule, e) && find_columns(t->c, t->csv, &t->columns, e) && find_classes(t, e) &&
           table_files_init(&t->files, t->c, table, t->d, e) && read_rows(t, e) &&
           table_rows_settle(&t->rows, t->d, table, rule, e) && import_table_tell(t->csv, t->d, e) &&
           table_lists_tell(&t->lists, e) && import_tell_contradictions(t->d, e) && import_tell_absent(t->d, e) &&
           decide_splits(t, e);
}

bool import_csv_scan(const struct import_config *c, struct dataset *d, struct err *e)
{
    struct table *t = calloc(1, sizeof *t);
    if (!t) return err_set(e, ERR_MEMORY, "no memory");
    t->c = c;
    t->d = d;
    t->lists = (struct table_lists){ .c = c, .d = d, .names = &t->names };
    bool ok = import_table_open(c, c->path, &t->csv, e) && read_table(t, e);
    table_lists_clear(&t->lists);
    class_names_clear(&t->names);
    table_files_clear(&t->files);
    table_rows_clear(&t->rows);
    csv_close(t->csv);
    free(t);
    return ok;
}
