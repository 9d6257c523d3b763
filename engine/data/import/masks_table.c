/* The table beside images that have masks: its columns are found by their names, and classes by their values. */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "engine/data/import/import_masks.h"
#include "engine/data/tables/label_list.h"

static const char *const path_names[] = {
    "image", "path", "file", "filename", "file_name", "image_id", "study_id", NULL
};
static const char *const patient_names[] = { "patient", "patient_id", "patientid", "patient id", NULL };
static const char *const split_names[] = { "split", NULL };

/* ---- which table ---- */

static bool is_table(const char *name)
{
    return *name != '.' && (text_ends(name, ".csv") || text_ends(name, ".csv.gz"));
}

/* Is `name` the compressed twin of a table that is there? */
static bool is_twin(const char *folder, const char *name)
{
    char plain[PATH_MAX];
    if (!text_ends(name, ".gz") || !file_join(plain, sizeof plain, folder, name)) return false;
    plain[strlen(plain) - 3] = '\0';
    return file_exists(plain);
}

/* The only table of the folder; "": there is none. */
static bool find_table(const char *folder, char path[PATH_MAX], struct err *e)
{
    char first[NAME_MAX + 1] = "", second[NAME_MAX + 1] = "";
    DIR *dir = opendir(folder);
    *path = '\0';
    if (!dir) return err_errno(e, "%s", folder);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!is_table(entry->d_name) || is_twin(folder, entry->d_name)) continue;
        snprintf(second, sizeof second, "%s", *first ? entry->d_name : "");
        if (!*first) snprintf(first, sizeof first, "%s", entry->d_name);
    }
    closedir(dir);
    if (*second)
        return err_set(e, ERR_USAGE, "%s: several tables are there, %.100s and %.100s: say which with --table FILE",
                       folder, first, second);
    return !*first || file_join(path, PATH_MAX, folder, first) ||
           err_set(e, ERR_DATA, "%s: the path is too long", folder);
}

/* ---- its columns ---- */

/* The column that the option names, else the first of these names; -1: none. */
static bool find_column(const struct import_config *c, const struct csv *t, const char *option,
                        const char *const *names, int *column, struct err *e)
{
    const char *given = import_value(c, option);
    *column = -1;
    if (given) return csv_need(t, given, column, e);
    for (; *names && *column < 0; names++)
        if (!csv_want(t, *names, column, e)) return false;
    return true;
}

/* What the cells of a column said so far. */
struct column_state {
    bool other; /* something that is no label */
    bool known; /* a label that is not missing */
};

static bool look_at_cells(struct masks_table *t, const struct import_config *c, struct column_state *seen,
                          struct err *e)
{
    size_t rows = 0;
    int8_t label;
    while (csv_next(t->csv, e)) {
        if (!import_goes_on(c, rows++, e)) return false;
        for (size_t k = 0; k < csv_columns(t->csv); k++) {
            if (seen[k].other) continue;
            seen[k].other = !import_label(t->csv, (int)k, &label, NULL);
            seen[k].known |= !seen[k].other && label != LABEL_MISSING;
        }
    }
    if (e->code != ERR_OK) return false;
    return rows || err_set(e, ERR_DATA, "%s: the table has a header but no rows", csv_path(t->csv));
}

static bool take_column(struct masks_table *t, struct class_names *names, size_t k, struct err *e)
{
    const char *name = csv_column_name(t->csv, k);
    if (t->columns_count == CLASS_NAMES_MOST)
        return err_set(e, ERR_DATA, "%s: more than %d columns of labels", csv_path(t->csv), CLASS_NAMES_MOST);
    t->columns[t->columns_count++] = (int)k;
    return class_names_add(names, name, strlen(name), e);
}

struct naming {
    struct masks_table *table;
    struct class_names *names;
};

static bool take_named(void *ctx, const char *s, size_t length, struct err *e)
{
    struct naming *n = ctx;
    char name[256];
    int column;
    snprintf(name, sizeof name, "%.*s", (int)length, s);
    return csv_need(n->table->csv, name, &column, e) && take_column(n->table, n->names, (size_t)column, e);
}

/* Columns whose cells are all labels are classes; the others are named. */
static bool find_classes(struct masks_table *t, const struct import_config *c, struct class_names *names, struct err *e)
{
    const char *given = import_value(c, "class-columns");
    size_t n = csv_columns(t->csv);
    struct text ignored = { 0 };
    if (given) return label_list_each(given, ",", take_named, &(struct naming){ t, names }, e);
    struct column_state *seen = calloc(n + 1, sizeof *seen);
    bool ok = seen ? look_at_cells(t, c, seen, e) : err_set(e, ERR_MEMORY, "no memory");
    for (size_t k = 0; ok && k < n; k++) {
        if ((int)k == t->path || (int)k == t->patient || (int)k == t->split || (!seen[k].other && !seen[k].known))
            continue;
        if (!seen[k].other)
            ok = take_column(t, names, k, e);
        else if (ignored.length < 200)
            text_printf(&ignored, "%s%.60s", ignored.length ? ", " : "", csv_column_name(t->csv, k));
    }
    free(seen);
    t->ignored = ignored.data;
    return ok;
}

bool masks_table_open(struct masks_table *t, const struct import_config *c, const char *folder,
                      struct class_names *names, struct err *e)
{
    char path[PATH_MAX];
    const char *given = import_value(c, "table");
    *t = (struct masks_table){ .path = -1, .patient = -1, .split = -1 };
    if (given)
        snprintf(path, sizeof path, "%s", given);
    else if (!find_table(folder, path, e))
        return false;
    if (!*path) return true;
    if (!import_table_open(c, path, &t->csv, e) || !find_column(c, t->csv, "path-column", path_names, &t->path, e) ||
        !find_column(c, t->csv, "patient-column", patient_names, &t->patient, e) ||
        !find_column(c, t->csv, "split-column", split_names, &t->split, e))
        return false;
    if (t->path < 0)
        return err_set(e, ERR_FORMAT,
                       "%s: no column image, path or file; name it with --path-column, or another table with --table",
                       csv_path(t->csv));
    t->columns = calloc(csv_columns(t->csv) + 1, sizeof *t->columns);
    if (!t->columns) return err_set(e, ERR_MEMORY, "no memory");
    if (!find_classes(t, c, names, e)) return false;
    /* from its beginning again */
    snprintf(path, sizeof path, "%s", csv_path(t->csv));
    csv_close(t->csv);
    t->csv = NULL;
    return import_table_open(c, path, &t->csv, e);
}

void masks_table_close(struct masks_table *t)
{
    csv_close(t->csv);
    free(t->columns);
    free(t->ignored);
    *t = (struct masks_table){ 0 };
}

/* ---- its rows ---- */

struct reading {
    struct masks_table *t;
    const struct file_names *files;
    struct class_names *names;
    struct dataset *d;
    size_t *lines;  /* [d->count] on which an image stands; 0: on none */
    int8_t *labels; /* [d->classes] of the row */
    size_t rows, same;
};

/* The labels of the row; of several columns of one class the last that knows it counts. */
static bool read_labels(struct reading *r, struct err *e)
{
    const struct csv *csv = r->t->csv;
    memset(r->labels, LABEL_MISSING, r->d->classes);
    for (size_t k = 0; k < r->t->columns_count; k++) {
        const char *name = csv_column_name(csv, (size_t)r->t->columns[k]);
        int c = class_names_find(r->names, name, strlen(name));
        int8_t label;
        if (!import_label(csv, r->t->columns[k], &label, e)) return false;
        if (c >= 0 && label != LABEL_MISSING) r->labels[c] = label;
    }
    return true;
}

static bool is_same(const struct reading *r, uint32_t image, enum dataset_split split, const char *patient)
{
    const struct dataset_image *m = &r->d->images[image];
    return m->split == split && !strcmp(m->patient, patient) &&
           !memcmp(r->d->labels + (size_t)image * r->d->classes, r->labels, r->d->classes);
}

static bool read_row(struct reading *r, struct err *e)
{
    const struct masks_table *t = r->t;
    struct file_match m;
    enum dataset_split split = SPLIT_NONE;
    const char *written = csv_field(t->csv, t->path), *patient = t->patient < 0 ? "" : csv_field(t->csv, t->patient);
    if (!*written)
        return err_set(e, ERR_FORMAT, "%s: line %zu: column '%s' is empty", csv_path(t->csv), csv_line(t->csv),
                       csv_column_name(t->csv, (size_t)t->path));
    if ((t->split >= 0 && !import_split(t->csv, t->split, &split, e)) || !read_labels(r, e) ||
        !file_names_find(r->files, written, &m, e))
        return false;
    if (m.files > 1)
        return err_set(e, ERR_DATA, "%s: line %zu: %.200s may be %.200s or %.200s", csv_path(t->csv), csv_line(t->csv),
                       written, r->d->images[m.file].path, r->d->images[m.second].path);
    if (!m.files) {
        r->d->absent++;
        return true;
    }
    struct dataset_image *image = &r->d->images[m.file];
    size_t before = r->lines[m.file];
    if (before && !is_same(r, (uint32_t)m.file, split, patient))
        return err_set(e, ERR_FORMAT,
                       "%s: the image %s stands on more than one line: %zu and %zu, which differ; keep one",
                       csv_path(t->csv), image->path, before, csv_line(t->csv));
    r->same += before != 0;
    if (before) return true;
    r->lines[m.file] = csv_line(t->csv);
    image->split = split;
    memcpy(r->d->labels + m.file * r->d->classes, r->labels, r->d->classes);
    return dataset_set_text(r->d, &image->patient, patient, strlen(patient), e);
}

static bool tell(struct reading *r, struct err *e)
{
    struct dataset *d = r->d;
    const char *table = csv_path(r->t->csv);
    if (d->absent == r->rows)
        return err_set(e, ERR_DATA, "%s: none of its %zu %s is below %s", table, r->rows,
                       text_number(r->rows, "image", "images"), d->source);
    for (uint32_t i = 0; i < d->count; i++) d->unlisted += !r->lines[i];
    return import_table_tell(r->t->csv, d, e) && import_tell_absent(d, e) &&
           dataset_add_count(d, r->same, "row of the table repeats another one", "rows of the table repeat others",
                             e) &&
           dataset_add_count(d, d->unlisted, "image has no line in the table: it has no label and no split of it",
                             "images have no line in the table: they have no labels and no split of it", e) &&
           (!r->t->ignored ||
            dataset_add_remark(d, e, "%s: columns that are not read: %s", file_base(table), r->t->ignored));
}

bool masks_table_read(struct masks_table *t, const struct import_config *c, const struct file_names *files,
                      struct class_names *names, struct dataset *d, struct err *e)
{
    struct reading r = { .t = t, .files = files, .names = names, .d = d };
    r.lines = calloc(d->count + 1, sizeof *r.lines);
    r.labels = malloc(d->classes + 1);
    bool ok = (r.lines && r.labels) || err_set(e, ERR_MEMORY, "no memory");
    while (ok && csv_next(t->csv, e)) ok = import_goes_on(c, r.rows++, e) && read_row(&r, e);
    ok = ok && e->code == ERR_OK && tell(&r, e);
    free(r.lines);
    free(r.labels);
    return ok;
}
