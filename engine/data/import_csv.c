/* Any table with a header; options say which columns hold what. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/data/csv.h"
#include "engine/data/import_parts.h"
#include "engine/data/split.h"

enum { MOST_CLASSES = 1000 };

/* Columns of a table, as the options name them; -1: not asked for. */
struct columns {
    int path, list, patient, split;
    int class_of[MOST_CLASSES]; /* column of class c, where each has one */
    const char *separator;
};

struct names {
    char **names;
    size_t count;
};

static void names_clear(struct names *n)
{
    for (size_t i = 0; i < n->count; i++) free(n->names[i]);
    free(n->names);
    *n = (struct names){ 0 };
}

/* Append the part of a list unless it is empty or there already. */
static bool names_add(struct names *n, const char *s, size_t length, struct err *e)
{
    while (length && *s == ' ') s++, length--;
    while (length && s[length - 1] == ' ') length--;
    if (!length) return true;
    for (size_t i = 0; i < n->count; i++)
        if (strlen(n->names[i]) == length && !strncmp(n->names[i], s, length)) return true;
    if (n->count == MOST_CLASSES)
        return err_set(e, ERR_DATA, "more than %d classes; is that a column of labels?", MOST_CLASSES);
    char **p = realloc(n->names, (n->count + 1) * sizeof *p);
    if (!p) return err_set(e, ERR_MEMORY, "no memory for the list of classes");
    n->names = p;
    if (!(n->names[n->count] = strndup(s, length))) return err_set(e, ERR_MEMORY, "no memory for the list of classes");
    n->count++;
    return true;
}

static bool names_split(struct names *n, const char *list, const char *separator, struct err *e)
{
    size_t step = strlen(separator);
    for (;;) {
        const char *end = strstr(list, separator);
        if (!names_add(n, list, end ? (size_t)(end - list) : strlen(list), e)) return false;
        if (!end) return true;
        list = end + step;
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
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

/* Classes: the named columns, or all that occur in the lists, sorted. */
static bool find_classes(const struct import_config *c, const char *path, struct csv *t, struct columns *k,
                         struct dataset *d, struct err *e)
{
    struct names n = { 0 };
    const char *columns = import_value(c, "class-columns");
    bool ok = !columns || names_split(&n, columns, ",", e);
    for (size_t i = 0; ok && columns && i < n.count; i++) ok = csv_need(t, n.names[i], &k->class_of[i], e);
    if (ok && k->list >= 0) {
        struct csv *first;
        ok = csv_open(path, &first, e);
        while (ok && csv_next(first, e)) ok = names_split(&n, csv_field(first, k->list), k->separator, e);
        ok = ok && e->code == ERR_OK;
        if (ok && n.count) qsort(n.names, n.count, sizeof *n.names, compare);
        csv_close(first);
    }
    ok = ok && dataset_set_classes(d, (uint32_t)n.count, (const char *const *)n.names, e);
    names_clear(&n);
    return ok;
}

/* An empty list says nothing; a list names what is present, the rest is absent. */
static void labels_of_list(const char *list, const char *separator, struct dataset *d, int8_t *row)
{
    struct names n = { 0 };
    if (!*list || !names_split(&n, list, separator, NULL)) return;
    memset(row, 0, d->classes);
    for (size_t i = 0; i < n.count; i++) {
        int c = dataset_class(d, n.names[i]);
        if (c >= 0) row[c] = 1;
    }
    names_clear(&n);
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

/* The folder that paths are relative to, real. */
static char *images_root(const struct import_config *c, const char *table, struct err *e)
{
    const char *given = import_value(c, "images");
    if (given) return file_real_directory(given, e);
    size_t n = (size_t)(file_base(table) - table);
    char *dir = n ? strndup(table, n) : text_copy(".");
    if (!dir) {
        err_set(e, ERR_MEMORY, "no memory");
        return NULL;
    }
    char *real = file_real_directory(dir, e);
    free(dir);
    return real;
}

static bool read_row(const struct csv *t, const struct columns *k, struct dataset *d, struct err *e)
{
    const char *path = csv_field(t, k->path);
    char full[PATH_MAX], guessed[256];
    enum dataset_split split = SPLIT_NONE;
    if (!*path)
        return err_set(e, ERR_FORMAT, "%s: line %zu: column '%s' is empty", csv_path(t), csv_line(t),
                       csv_column_name(t, (size_t)k->path));
    if (!file_stays_inside(d->source, path, e)) return err_wrap(e, "%s: line %zu", csv_path(t), csv_line(t));
    if (k->split >= 0 && !split_of_cell(t, k->split, &split, e)) return false;
    if (!file_join(full, sizeof full, d->source, path) || !file_exists(full)) {
        d->absent++;
        return true;
    }
    split_patient_of_name(path, guessed, sizeof guessed);
    uint32_t image;
    if (!dataset_add_image(d, path, k->patient >= 0 ? csv_field(t, k->patient) : guessed, split, NULL, &image, e))
        return false;
    int8_t *row = d->labels + (size_t)image * d->classes;
    if (k->list >= 0) {
        labels_of_list(csv_field(t, k->list), k->separator, d, row);
        return true;
    }
    for (uint32_t c = 0; c < d->classes; c++)
        if (!label_of_cell(t, k->class_of[c], &row[c], e)) return false;
    return true;
}

/* A path on two lines would stand in the set twice, perhaps in two splits. */
static bool refuse_repeated(const struct dataset *d, const char *table, struct err *e)
{
    char **paths = malloc((d->count ? d->count : 1) * sizeof *paths);
    if (!paths) return err_set(e, ERR_MEMORY, "no memory");
    for (uint32_t i = 0; i < d->count; i++) paths[i] = d->images[i].path;
    qsort(paths, d->count, sizeof *paths, compare);
    bool ok = true;
    for (uint32_t i = 1; ok && i < d->count; i++)
        if (!strcmp(paths[i - 1], paths[i]))
            ok = err_set(e, ERR_FORMAT, "%s: the image %s stands on more than one line", table, paths[i]);
    free(paths);
    return ok;
}

static bool decide_splits(const struct import_config *c, const struct columns *k, struct dataset *d, struct err *e)
{
    if (k->split < 0) return split_all(d, c->val, c->seed, e);
    return split_take_validation(d, c->val, c->seed, "the table has no val", e);
}

static bool read_table(const struct import_config *c, struct csv *t, struct columns *k, struct dataset *d,
                       struct err *e)
{
    if (!find_columns(c, t, k, e) || !find_classes(c, c->path, t, k, d, e)) return false;
    size_t rows = 0;
    while (csv_next(t, e)) {
        rows++;
        if (!read_row(t, k, d, e)) return false;
    }
    if (e->code != ERR_OK) return false;
    if (!rows) return err_set(e, ERR_DATA, "%s: the table has a header but no rows", csv_path(t));
    if (!d->count) return err_set(e, ERR_DATA, "%s: none of its %zu images is below %s", csv_path(t), rows, d->source);
    if (!refuse_repeated(d, csv_path(t), e)) return false;
    if (d->absent && !dataset_add_remark(d, e, "%u images of the table are not here", d->absent)) return false;
    return decide_splits(c, k, d, e);
}

bool import_csv_scan(const struct import_config *c, struct dataset *d, struct err *e)
{
    struct csv *t;
    if (!csv_open(c->path, &t, e)) return false;
    struct columns *k = malloc(sizeof *k);
    char *root = images_root(c, csv_path(t), e);
    bool ok = k && root;
    if (root) {
        free(d->source);
        d->source = root;
    }
    if (!k) err_set(e, ERR_MEMORY, "no memory");
    ok = ok && read_table(c, t, k, d, e);
    free(k);
    csv_close(t);
    return ok;
}
