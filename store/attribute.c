/* Attributes of persons and exposures: the value that an image has, and how many images have each value. */
#include <stdlib.h>
#include <string.h>

#include "store/database/column.h"
#include "store/database/rows.h"
#include "store/dataset.h"

const char *store_contents_attribute(const struct store_contents *c, size_t image, const char *name)
{
    size_t from = 0, to = c->attributes ? c->attributes_count : 0;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        const struct store_attribute *a = &c->attributes[middle];
        int order = a->image < (int64_t)image ? -1 : a->image > (int64_t)image ? 1 : strcmp(a->name, name);
        if (!order) return a->value;
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

void store_attribute_counts_clear(struct store_attribute_counts *c)
{
    for (size_t i = 0; i < c->count; i++) {
        free(c->rows[i].name);
        free(c->rows[i].value);
    }
    free(c->rows);
    *c = (struct store_attribute_counts){ 0 };
}

static bool read_count(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    struct store_attribute_count *a = out;
    struct columns row = column_begin(s, q, "image_attribute", *(const int64_t *)context, e);
    a->name = column_text(&row, 0, COLUMN_LINE);
    a->value = column_text(&row, 1, COLUMN_LINE);
    for (int k = 0; k < STORE_SPLIT_COUNT; k++) a->splits[k] = column_integer(&row, 2 + k, 0, INT32_MAX);
    if (column_end(&row)) return true;
    free(a->name);
    free(a->value);
    return false;
}

bool store_attribute_counts_read(struct store *s, int64_t id, const char *name, int64_t class_idx,
                                 struct store_attribute_counts *out, struct err *e)
{
    *out = (struct store_attribute_counts){ 0 };
    const struct row_reader reader = {
        .read = read_count, .context = &id, .rows = &out->rows, .count = &out->count, .size = sizeof *out->rows
    };
    sqlite3_stmt *q = sql_select(
        s, e,
        "SELECT a.name, a.value, sum(i.split = 'none'), sum(i.split = 'train'), sum(i.split = 'val'),"
        " sum(i.split = 'test') FROM image_attribute a JOIN image i ON i.dataset_id = a.dataset_id AND i.idx ="
        " a.image_idx WHERE a.dataset_id = ?1 AND (?2 IS NULL OR a.name = ?2) AND (?3 < 0 OR EXISTS(SELECT 1 FROM label"
        " WHERE dataset_id = ?1 AND image_idx = a.image_idx AND class_idx = ?3 AND value = 1))"
        " GROUP BY a.name, a.value ORDER BY a.name, CAST(a.value AS REAL), a.value",
        BIND(INT(id), TEXT(name), INT(class_idx)));
    if (rows_read(s, q, &reader, e)) return true;
    store_attribute_counts_clear(out);
    return false;
}
