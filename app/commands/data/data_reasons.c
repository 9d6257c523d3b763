#include "app/commands/data/data_reasons.h"

#include "engine/data/reasons.h"

static json_t *list(const struct dataset_reason *rows, size_t count)
{
    json_t *all = json_array();
    for (size_t i = 0; all && i < count; i++)
        json_array_append_new(
            all, json_pack("{s:o, s:I}", "reason", json_text(rows[i].reason), "count", (json_int_t)rows[i].count));
    return all;
}

json_t *data_left_out_json(const struct dataset *d)
{
    return list(d->left_out, d->left_out_count);
}

json_t *data_unreadable_json(const struct dataset *d)
{
    struct dataset_reason *rows;
    size_t count;
    if (!reasons_unreadable(d, &rows, &count, NULL)) return NULL;
    json_t *all = list(rows, count);
    reasons_free(rows, count);
    return all;
}

void data_unreadable_line(const struct dataset *d, struct text *out)
{
    struct dataset_reason *rows;
    size_t count;
    if (!reasons_unreadable(d, &rows, &count, NULL)) return;
    for (size_t i = 0; i < count; i++) text_printf(out, "%s%zu %s", i ? ", " : "", rows[i].count, rows[i].reason);
    reasons_free(rows, count);
}
