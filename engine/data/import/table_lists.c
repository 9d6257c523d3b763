/* A column of lists: which labels there are, and which of them an image has.
 *
 * Words such as NA say that nothing is known, and words such as none that no class is present: neither is a class. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/data/import/import_csv.h"
#include "engine/data/tables/label_list.h"
#include "engine/data/tables/missing.h"

void table_lists_clear(struct table_lists *l)
{
    for (size_t i = 0; i < l->nothing_count; i++) free(l->nothing[i]);
    l->nothing_count = 0;
}

/* ---- words that mean no class ---- */

static bool take_nothing(void *ctx, const char *s, size_t length, struct err *e)
{
    struct table_lists *l = ctx;
    if (l->nothing_count == LIST_WORDS_MOST)
        return err_set(e, ERR_USAGE, "--nothing: more than %d words", LIST_WORDS_MOST);
    if (!(l->nothing[l->nothing_count] = text_fold(s, length))) return err_set(e, ERR_MEMORY, "no memory");
    l->nothing_count++;
    return true;
}

static bool is_nothing(const struct table_lists *l, const char *s, size_t length)
{
    bool met = false;
    for (size_t i = 0; i < l->nothing_count && !met; i++) met = text_alike(s, length, l->nothing[i]);
    return met;
}

static bool find_nothing(struct table_lists *l, struct err *e)
{
    const char *words = import_value(l->c, "nothing");
    return label_list_each(words ? words : "none,nothing,-", ",", take_nothing, l, e);
}

/* ---- the separator ---- */

static bool each_row(struct table_lists *l, int column, bool (*take)(void *ctx, const char *cell, struct err *e),
                     void *ctx, struct err *e)
{
    struct csv *t;
    if (!import_table_open(l->c, l->c->path, &t, e)) return false;
    bool ok = true;
    for (size_t row = 0; ok && csv_next(t, e); row++) {
        ok = import_goes_on(l->c, row, e);
        if (ok && !take(ctx, csv_field(t, column), e))
            ok = err_wrap(e, "%s: line %zu: column '%s'", csv_path(t), csv_line(t), csv_column_name(t, (size_t)column));
    }
    ok = ok && e->code == ERR_OK;
    csv_close(t);
    return ok;
}

static const char *const separators[] = { "|", ";", ",", "/", "\n" };
enum { SEPARATORS = 5, FOUND = 3 }; /* the first ones are looked for */

static bool count_separators(void *ctx, const char *cell, struct err *e)
{
    size_t *seen = ctx;
    (void)e;
    for (int i = 0; i < FOUND && !label_list_brackets(cell); i++) seen[i] += strstr(cell, separators[i]) != NULL;
    return true;
}

/* The separator of lists of labels: the first of these that occurs in a list. */
static bool find_separator(struct table_lists *l, int column, struct err *e)
{
    size_t seen[FOUND] = { 0 };
    l->separator = import_value(l->c, "label-separator");
    if (l->separator) return *l->separator || err_set(e, ERR_USAGE, "--label-separator must not be empty");
    if (!each_row(l, column, count_separators, seen, e)) return false;
    int i = seen[0] ? 0 : seen[1] ? 1 : seen[2] ? 2 : 0;
    l->separator = separators[i];
    return !i ||
           dataset_add_remark(l->d, e, "labels are split at '%s'; --label-separator says otherwise", l->separator);
}

/* ---- classes ---- */

static bool take_class(void *ctx, const char *s, size_t length, struct err *e)
{
    struct table_lists *l = ctx;
    return is_nothing(l, s, length) || missing_word(s, length) != MISSING_NOT ||
           class_names_add(l->names, s, length, e);
}

static bool take_classes(void *ctx, const char *cell, struct err *e)
{
    const struct table_lists *l = ctx;
    return label_list_each(cell, l->separator, take_class, ctx, e);
}

/* How many parts of a label are there, and how many of them are other labels? */
struct parts {
    const struct class_names *names;
    size_t all, classes;
};

static bool count_part(void *ctx, const char *s, size_t length, struct err *e)
{
    struct parts *p = ctx;
    char *key = text_fold(s, length);
    if (!key) return err_set(e, ERR_MEMORY, "no memory for the list of classes");
    p->all++;
    for (size_t i = 0; i < p->names->count; i++)
        if (!strcmp(p->names->rows[i].key, key)) {
            p->classes++;
            break;
        }
    free(key);
    return true;
}

/* "Edema, Effusion" in a column whose lists are split at '|', where Edema is a label, too. */
static bool warn_of_lists(const struct table_lists *l, struct err *e)
{
    const struct class_names *n = l->names;
    for (size_t i = 0; i < n->count; i++)
        for (int k = 0; k < SEPARATORS; k++) {
            const char *sign = separators[k], *name = n->rows[i].name;
            struct parts p = { n, 0, 0 };
            if (!strcmp(sign, l->separator) || !strstr(name, sign) || label_list_brackets(name)) continue;
            if (!label_list_each(name, sign, count_part, &p, e)) return false;
            if (p.all < 2 || !p.classes) continue;
            if (!dataset_add_remark(l->d, e,
                                    "WARNING: '%.100s' is one class, in %zu %s, and seems to be a list of several: "
                                    "labels are split at '%s'; --label-separator %s splits it, and where the table "
                                    "has both signs, write it with one",
                                    n->rows[i].title, n->rows[i].times,
                                    text_number((int64_t)n->rows[i].times, "row", "rows"), l->separator,
                                    *sign == '\n' ? "$'\\n'" : (const char[]){ '\'', *sign, '\'', '\0' }))
                return false;
            break;
        }
    return true;
}

static bool warn_of_zero(const struct table_lists *l, struct err *e)
{
    for (size_t i = 0; i < l->names->count; i++) {
        const struct class_spelling *row = &l->names->rows[i];
        if (!strcmp(row->key, "0") || !strcmp(row->key, "0.0"))
            return dataset_add_remark(
                l->d, e,
                "WARNING: '%s' is a class of its own, in %zu %s; if the column holds 0 and 1, take "
                "--class-columns, and if 0 means that no class is present, --nothing %s",
                row->title, row->times, text_number((int64_t)row->times, "row", "rows"), row->title);
    }
    return true;
}

bool table_lists_find(struct table_lists *l, int column, struct err *e)
{
    return find_nothing(l, e) && find_separator(l, column, e) && each_row(l, column, take_classes, l, e) &&
           class_names_settle(l->names, 1, "labels", l->d, e) && warn_of_lists(l, e) && warn_of_zero(l, e);
}

/* ---- the labels of an image ---- */

struct listing_labels {
    struct table_lists *lists;
    int8_t *row;
    size_t parts, nothing, unknown;
};

static void note_word(struct list_words *w, const char *s, size_t length)
{
    snprintf(w->last, sizeof w->last, "%.*s", (int)(length < sizeof w->last ? length : sizeof w->last - 1), s);
}

static bool take_label(void *ctx, const char *s, size_t length, struct err *e)
{
    struct listing_labels *l = ctx;
    (void)e;
    l->parts++;
    if (is_nothing(l->lists, s, length)) {
        if (!l->nothing++) note_word(&l->lists->none, s, length);
    } else if (missing_word(s, length) != MISSING_NOT) {
        if (!l->unknown++) note_word(&l->lists->unknown, s, length);
    } else {
        int c = class_names_find(l->lists->names, s, length);
        if (c >= 0) l->row[c] = 1;
    }
    return true;
}

void table_lists_read(struct table_lists *t, const char *cell, int8_t *row)
{
    struct listing_labels l = { t, row, 0, 0, 0 };
    if (!*cell) return;
    label_list_each(cell, t->separator, take_label, &l, NULL);
    if (l.unknown) {
        t->unknown.met++;
        return;
    }
    for (uint32_t c = 0; c < t->d->classes; c++) row[c] = row[c] == 1;
    if (l.nothing != l.parts) return;
    t->none.met++;
    if (!l.parts) note_word(&t->none, cell, strnlen(cell, 20));
}

bool table_lists_tell(const struct table_lists *l, struct err *e)
{
    return (!l->none.met ||
            dataset_add_remark(l->d, e,
                               "%zu %s '%s' or the like for a label, which is read as: none of the classes; "
                               "--nothing says which words are no classes",
                               l->none.met, text_number((int64_t)l->none.met, "image has", "images have"),
                               l->none.last)) &&
           (!l->unknown.met ||
            dataset_add_remark(
                l->d, e,
                "%zu %s '%s' or the like for a label, which is read as: unknown; --nothing %s says that it "
                "means none of the classes",
                l->unknown.met, text_number((int64_t)l->unknown.met, "image has", "images have"), l->unknown.last,
                l->unknown.last));
}
