#include "engine/data/import/common/class_names.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"

void class_names_clear(struct class_names *n)
{
    for (size_t i = 0; i < n->count; i++) {
        free(n->rows[i].name);
        free(n->rows[i].title);
        free(n->rows[i].key);
    }
    free(n->rows);
    *n = (struct class_names){ 0 };
}

static bool is_spelled(const struct class_spelling *row, const char *name, size_t length)
{
    return !strncmp(row->name, name, length) && !row->name[length];
}

static struct class_spelling *find(struct class_names *n, const char *name, size_t length)
{
    if (n->last < n->count && is_spelled(&n->rows[n->last], name, length)) return &n->rows[n->last];
    for (n->last = 0; n->last < n->count; n->last++)
        if (is_spelled(&n->rows[n->last], name, length)) return &n->rows[n->last];
    return NULL;
}

bool class_names_add(struct class_names *n, const char *name, size_t length, struct err *e)
{
    struct class_spelling *row = find(n, name, length);
    if (!row) {
        if (n->count == CLASS_NAMES_MOST)
            return err_set(e, ERR_DATA, "more than %d classes; is that a column of labels?", CLASS_NAMES_MOST);
        row = realloc(n->rows, (n->count + 1) * sizeof *row);
        if (!row) return err_set(e, ERR_MEMORY, "no memory for the list of classes");
        n->rows = row;
        row += n->count++;
        *row = (struct class_spelling){ .name = strndup(name, length),
                                        .title = text_squeeze(name, length),
                                        .key = text_fold(name, length) };
        if (!row->name || !row->title || !row->key) return err_set(e, ERR_MEMORY, "no memory for the list of classes");
    }
    row->times++;
    return true;
}

/* By class; within a class the most frequent spelling first. */
static int compare(const void *a, const void *b)
{
    const struct class_spelling *x = a, *y = b;
    int c = strcmp(x->key, y->key);
    return c ? c : x->times != y->times ? (x->times < y->times) - (x->times > y->times) : strcmp(x->name, y->name);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The spellings from `first` on that are one class; returns the index after them. */
static size_t run_end(const struct class_names *n, size_t first)
{
    size_t i = first + 1;
    while (i < n->count && !strcmp(n->rows[i].key, n->rows[first].key)) i++;
    return i;
}

static bool tell(const struct class_names *n, size_t first, size_t end, const char *what, struct dataset *d,
                 struct err *e)
{
    struct text list = { 0 };
    for (size_t i = first; i < end && list.length < 300; i++)
        text_printf(&list, "%s'%.60s'", i > first ? ", " : "", n->rows[i].name);
    bool ok =
        end - first < 2 || dataset_add_remark(d, e, "%s that differ in case or blanks only are one class, '%.60s': %s",
                                              what, n->rows[first].title, text_str(&list));
    text_clear(&list);
    return ok;
}

bool class_names_settle(struct class_names *n, size_t least, const char *what, struct dataset *d, struct err *e)
{
    const char **names = malloc((n->count + 1) * sizeof *names);
    size_t classes = 0;
    if (!names) return err_set(e, ERR_MEMORY, "no memory for the list of classes");
    if (n->count) qsort(n->rows, n->count, sizeof *n->rows, compare);
    bool ok = true;
    for (size_t i = 0, end; ok && i < n->count; i = end) {
        end = run_end(n, i);
        names[classes++] = n->rows[i].title;
        ok = tell(n, i, end, what, d, e);
    }
    if (classes) qsort(names, classes, sizeof *names, compare_names);
    ok = ok && dataset_set_classes(d, classes < least ? 0 : (uint32_t)classes, names, e);
    for (size_t i = 0, end; ok && i < n->count; i = end) {
        end = run_end(n, i);
        int c = dataset_class(d, n->rows[i].title);
        for (size_t k = i; k < end; k++) n->rows[k].index = c < 0 ? UINT32_MAX : (uint32_t)c;
    }
    n->last = 0;
    free(names);
    return ok;
}

int class_names_find(struct class_names *n, const char *name, size_t length)
{
    const struct class_spelling *row = find(n, name, length);
    return row && row->index != UINT32_MAX ? (int)row->index : -1;
}
