#include "app/commands/data/data_attributes.h"

#include <string.h>

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "engine/base/text.h"

enum { SHOWN = 8 }; /* values of a name that a line has room for */

/* Rows of the name that begins at `from`: the index behind them. */
static size_t end_of_name(const struct store_attribute_counts *c, size_t from)
{
    size_t i = from;
    while (i < c->count && !strcmp(c->rows[i].name, c->rows[from].name)) i++;
    return i;
}

static int64_t images_of(const struct store_attribute_count *a)
{
    int64_t n = 0;
    for (int s = 0; s < STORE_SPLIT_COUNT; s++) n += a->splits[s];
    return n;
}

static int64_t images_between(const struct store_attribute_counts *c, size_t from, size_t to)
{
    int64_t n = 0;
    for (size_t i = from; i < to; i++) n += images_of(&c->rows[i]);
    return n;
}

json_t *data_attributes_json(const struct store_attribute_counts *c)
{
    json_t *list = json_array();
    for (size_t i = 0, next; list && i < c->count; i = next) {
        next = end_of_name(c, i);
        json_t *values = json_array();
        for (size_t k = i; values && k < next; k++) {
            const int64_t *n = c->rows[k].splits;
            json_array_append_new(
                values, json_pack("{s:o, s:I, s:I, s:I, s:I}", "value", json_text(c->rows[k].value), "train",
                                  (json_int_t)n[STORE_SPLIT_TRAIN], "val", (json_int_t)n[STORE_SPLIT_VAL], "test",
                                  (json_int_t)n[STORE_SPLIT_TEST], "none", (json_int_t)n[STORE_SPLIT_NONE]));
        }
        json_array_append_new(list, json_pack("{s:o, s:I, s:o}", "name", json_text(c->rows[i].name), "images",
                                              (json_int_t)images_between(c, i, next), "values", values));
    }
    return list;
}

void data_attributes_print(const struct store_attribute_counts *c)
{
    for (size_t i = 0, next; i < c->count; i = next) {
        struct text line = { 0 };
        next = end_of_name(c, i);
        int64_t images = images_between(c, i, next);
        for (size_t k = i; next - i <= SHOWN && k < next; k++)
            text_printf(&line, "%s%s: %lld", k > i ? ", " : "", c->rows[k].value, (long long)images_of(&c->rows[k]));
        if (next - i > SHOWN)
            text_printf(&line, "%zu values, %s to %s, of %lld %s", next - i, c->rows[i].value, c->rows[next - 1].value,
                        (long long)images, text_number(images, "image", "images"));
        app_print("%-10s  %s\n", c->rows[i].name, text_str(&line));
        text_clear(&line);
    }
}
