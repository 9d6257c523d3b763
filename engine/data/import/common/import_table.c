/* Tables of an import: where they are, how they were read, and the words in their cells. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "engine/data/import/common/import_common.h"
#include "engine/data/tables/missing.h"

static bool separator_of(const struct import_config *c, char *separator, struct err *e)
{
    static const struct {
        const char *word;
        char separator;
    } words[] = { { "tab", '\t' }, { "\\t", '\t' }, { "comma", ',' }, { "semicolon", ';' } };
    const char *s = import_value(c, "separator");
    *separator = 0;
    if (!s) return true;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_same(s, words[i].word)) *separator = words[i].separator;
    if (!*separator && strlen(s) == 1 && *s > 0 && !strchr("\"\r\n", *s)) *separator = *s;
    return *separator || err_set(e, ERR_USAGE, "--separator %.40s: take one sign, as ';', or tab", s);
}

bool import_table_open(const struct import_config *c, const char *path, struct csv **out, struct err *e)
{
    char separator;
    *out = NULL;
    return separator_of(c, &separator, e) && csv_open_as(path, separator, out, e);
}

bool import_table_tell(const struct csv *t, struct dataset *d, struct err *e)
{
    char columns[64] = "";
    char s = csv_separator(t);
    bool plain = !strcmp(csv_encoding(t), "UTF-8");
    if (s != ',' && csv_columns(t) > 1)
        snprintf(columns, sizeof columns, ", columns between %s",
                 s == '\t' ? "tabs" : (const char[]){ '\'', s, '\'', '\0' });
    if (plain && !*columns) return true;
    return dataset_add_remark(d, e, "%s: read as %s%s", file_base(csv_path(t)), csv_encoding(t), columns);
}

bool import_table_find(const char *root, const char *const *names, char path[PATH_MAX])
{
    for (int zipped = 0; zipped < 2; zipped++)
        for (int i = 0; names[i]; i++) {
            int n = snprintf(path, PATH_MAX, "%s/%s%s", root, names[i], zipped ? ".gz" : "");
            if (n < PATH_MAX && !access(path, F_OK)) return true;
        }
    return false;
}

bool import_table_need(const struct import_config *c, const char *option, const char *root, const char *const *names,
                       char path[PATH_MAX], struct err *e)
{
    const char *given = import_value(c, option);
    struct text list = { 0 };
    if (given) {
        if (snprintf(path, PATH_MAX, "%s", given) < PATH_MAX) return true;
        return err_set(e, ERR_USAGE, "--%s: the path is too long", option);
    }
    if (import_table_find(root, names, path)) return true;
    for (int i = 0; names[i]; i++) text_printf(&list, "%s%s", i ? ", " : "", names[i]);
    err_set(e, ERR_NOT_FOUND, "%s: no %s there (nor .gz); name it with --%s FILE", root, text_str(&list), option);
    text_clear(&list);
    return false;
}

bool import_label_word(const char *s, int8_t *out)
{
    static const struct {
        const char *word;
        int8_t label;
    } words[] = {
        { "uncertain", LABEL_MISSING },
        { "true", 1 },
        { "false", 0 },
        { "yes", 1 },
        { "no", 0 },
        { "y", 1 },
        { "n", 0 },
        { "t", 1 },
        { "f", 0 },
        { "positive", 1 },
        { "negative", 0 },
        { "pos", 1 },
        { "neg", 0 },
        { "present", 1 },
        { "absent", 0 },
        { "+", 1 },
        { "-", 0 },
        { "x", 1 },
        { "ja", 1 },
        { "nein", 0 },
    };
    if (missing_word(s, strlen(s)) != MISSING_NOT) {
        *out = LABEL_MISSING;
        return true;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_same(s, words[i].word)) {
            *out = words[i].label;
            return true;
        }
    return false;
}

bool import_label(const struct csv *t, int column, int8_t *out, struct err *e)
{
    double v;
    if (import_label_word(csv_field(t, column), out)) return true;
    if (!csv_number(t, column, &v) || (v != 0 && v != 1 && v != -1))
        return err_set(e, ERR_FORMAT,
                       "%s: line %zu: column '%s': found '%.40s', expected 1, 0, yes, no, or empty or -1 for unknown",
                       csv_path(t), csv_line(t), csv_column_name(t, (size_t)column), csv_field(t, column));
    *out = (int8_t)v;
    return true;
}

bool import_split(const struct csv *t, int column, enum dataset_split *out, struct err *e)
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

bool import_box_number(const struct csv *t, int column, double *out, struct err *e)
{
    return csv_number(t, column, out) ||
           err_set(e, ERR_FORMAT, "%s: line %zu: column '%s': found '%.40s', expected a number", csv_path(t),
                   csv_line(t), csv_column_name(t, (size_t)column), csv_field(t, column));
}
