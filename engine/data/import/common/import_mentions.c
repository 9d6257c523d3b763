#include "engine/data/import/common/import_mentions.h"

#include <string.h>

#include "engine/base/text.h"
#include "engine/data/tables/missing.h"

static bool rule_of(const struct import_config *c, const char *option, bool ones, int8_t *out, struct err *e)
{
    const char *asked = import_value(c, option);
    if (!asked) return true;
    if (!strcmp(asked, "ignore"))
        *out = LABEL_MISSING;
    else if (!strcmp(asked, "zeros"))
        *out = 0;
    else if (ones && !strcmp(asked, "ones"))
        *out = 1;
    else
        return err_set(e, ERR_USAGE, "--%s %.40s: take ignore, zeros%s", option, asked, ones ? " or ones" : "");
    return true;
}

bool mentions_init(struct mentions *m, const struct import_config *c, struct err *e)
{
    *m = (struct mentions){ .uncertain = LABEL_MISSING, .unmentioned = 0 };
    return rule_of(c, "uncertain", true, &m->uncertain, e) && rule_of(c, "unmentioned", false, &m->unmentioned, e);
}

static bool stands_in(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (text_same(name, *list)) return true;
    return false;
}

bool mentions_columns(struct mentions *m, const struct csv *t, const char *const *other, struct dataset *d,
                      struct err *e)
{
    const char *names[MENTIONS_MOST];
    uint32_t n = 0;
    if (d->classes) {
        for (uint32_t c = 0; c < d->classes; c++)
            if (!csv_need(t, d->class_names[c], &m->columns[c], e)) return false;
        return true;
    }
    for (size_t i = 0; i < csv_columns(t); i++) {
        const char *name = csv_column_name(t, i);
        if (!*name || stands_in(name, other)) continue;
        if (n == MENTIONS_MOST) return err_set(e, ERR_FORMAT, "%s: more than %d classes", csv_path(t), MENTIONS_MOST);
        if (!csv_need(t, name, &m->columns[n], e)) return false;
        names[n++] = name;
    }
    if (!n) return err_set(e, ERR_FORMAT, "%s: no columns of findings", csv_path(t));
    m->classes = n;
    return dataset_set_classes(d, n, names, e);
}

bool mentions_read(struct mentions *m, const struct csv *t, int8_t *labels, struct err *e)
{
    for (uint32_t c = 0; c < m->classes; c++) {
        const char *cell = csv_field(t, m->columns[c]);
        bool mentioned = missing_word(cell, strlen(cell)) != MISSING_EMPTY;
        if (!import_label(t, m->columns[c], &labels[c], e)) return false;
        if (!mentioned) {
            labels[c] = m->unmentioned;
        } else if (labels[c] == LABEL_MISSING) {
            labels[c] = m->uncertain;
            m->uncertain_count++;
        }
    }
    return true;
}

bool mentions_tell(const struct mentions *m, struct dataset *d, struct err *e)
{
    static const char *const words[] = { "unknown", "absent", "present" };
    return dataset_add_remark(d, e, "%zu uncertain %s %s (--uncertain); what is not mentioned is %s (--unmentioned)",
                              m->uncertain_count, text_number(m->uncertain_count, "label is", "labels are"),
                              words[m->uncertain + 1], words[m->unmentioned + 1]);
}

bool import_is_lateral(const char *view)
{
    static const char *const names[] = { "lateral", "ll", "l", "rl", "lateral_l", "lateral_r", "xtable lateral", NULL };
    return stands_in(view, names);
}

bool import_wants_view(const struct import_config *c, const char *view)
{
    static const char *const frontal[] = { "",         "PA",     "AP",     "frontal", "AP_horizontal",
                                           "AP AXIAL", "PA LLD", "AP LLD", "AP RLD",  "PA RLD",
                                           "unk",      "nan",    NULL };
    if (c->views == IMPORT_ALL_VIEWS) return true;
    return c->views == IMPORT_LATERAL ? import_is_lateral(view) : stands_in(view, frontal);
}
