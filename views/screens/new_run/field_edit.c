#include "views/screens/new_run/field_edit.h"

#include <stdio.h>
#include <string.h>

#include "store/database/files.h"
#include "store/run.h"
#include "views/screens/new_run/form_data.h"
#include "views/screens/new_run/new_presets.h"
#include "views/screens/new_run/parent_list.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/message.h"

static bool check_value(struct workbench *wb, void *ctx, const char *text, char *remark, size_t size)
{
    const struct new_run *n = ctx;
    const struct setting *s = n->form.rows[n->chosen].setting;
    struct settings copy = n->form.now;
    struct err e;
    (void)wb;
    if (!settings_set(&copy, s->name, text, &e) || !settings_check(&copy, &e))
        return snprintf(remark, size, "%s", e.msg), false;
    if (s->type == SETTING_INT || s->type == SETTING_FLOAT)
        snprintf(remark, size, "%.10g to %.10g%s%s", s->min, s->max, *s->unit ? " " : "", s->unit);
    return true;
}

static unsigned give_value(struct workbench *wb, void *ctx, const char *text)
{
    struct new_run *n = ctx;
    struct err e;
    if (!form_set(&n->form, n->form.rows[n->chosen].setting, text, &e)) message_fail(wb, &e);
    return AFTER_DRAW;
}

static bool check_name(struct workbench *wb, void *ctx, const char *text, char *remark, size_t size)
{
    struct err e;
    (void)wb, (void)ctx;
    if (!*text || store_name_check("run", text, &e)) return true;
    return snprintf(remark, size, "%s", e.msg), false;
}

static unsigned give_name(struct workbench *wb, void *ctx, const char *text)
{
    struct new_run *n = ctx;
    char remark[512];
    if (check_name(wb, ctx, text, remark, sizeof remark)) {
        snprintf(n->form.name, sizeof n->form.name, "%s", text);
        n->form.changes++;
    } else
        message_warn(wb, "%s", remark);
    return AFTER_DRAW;
}

static unsigned give_choice(struct workbench *wb, void *ctx, int row)
{
    struct new_run *n = ctx;
    return give_value(wb, n, n->form.rows[n->chosen].setting->words[row]);
}

static unsigned give_preset(struct workbench *wb, void *ctx, int row)
{
    struct new_run *n = ctx;
    char names[PRESETS_MOST][PRESETS_NAME], path[STORE_PATH];
    const char *const *built_in = settings_presets();
    int k = 0;
    struct err e;
    while (built_in[k]) k++;
    if (row < k) {
        if (!form_preset(&n->form, built_in[row], &e)) message_fail(wb, &e);
    } else if (row - k < new_presets_list(wb, names)) {
        int fd = new_presets_open(wb, names[row - k], path, &e);
        if (fd < 0 || !form_saved(&n->form, fd, path, names[row - k], &e)) message_fail(wb, &e);
    }
    form_data_read(wb, n);
    return AFTER_DRAW;
}

static unsigned choose_preset(struct workbench *wb, struct new_run *n)
{
    char names[PRESETS_MOST][PRESETS_NAME];
    const char *rows[PRESETS_MOST + 8], *const *built_in = settings_presets();
    int count = new_presets_list(wb, names), k = 0, chosen = 0;
    for (; built_in[k]; k++) {
        rows[k] = built_in[k];
        if (!*n->form.saved && !strcmp(built_in[k], n->form.preset)) chosen = k;
    }
    for (int i = 0; i < count; i++) {
        rows[k + i] = names[i];
        if (!strcmp(names[i], n->form.saved)) chosen = k + i;
    }
    rows[k + count] = NULL;
    dialog_choose(wb, "start from", rows, chosen, give_preset, n);
    return AFTER_DRAW;
}

unsigned field_edit(struct workbench *wb, struct new_run *n)
{
    const struct form_row *row = &n->form.rows[n->chosen];
    char value[SETTINGS_TEXT], label[96];
    if (row->kind == FORM_PRESET) return choose_preset(wb, n);
    if (row->kind == FORM_NAME) {
        dialog_ask(wb,
                   &(struct dialog_question){
                       .label = "name: ", .initial = n->form.name, .done = give_name, .check = check_name, .ctx = n });
        return AFTER_DRAW;
    }
    if (row->kind == FORM_PARENT) return parent_list_choose(wb, n);
    if (row->setting == form_data_row()) return form_data_choose(wb, n);
    settings_get(&n->form.now, row->setting, value);
    if (row->setting->type == SETTING_BOOL) return give_value(wb, n, !strcmp(value, "on") ? "off" : "on");
    if (row->setting->type == SETTING_CHOICE) {
        int chosen = 0;
        while (row->setting->words[chosen] && strcmp(row->setting->words[chosen], value)) chosen++;
        dialog_choose(wb, row->title, row->setting->words, chosen, give_choice, n);
        return AFTER_DRAW;
    }
    snprintf(label, sizeof label, "%s = ", row->title);
    dialog_ask(wb, &(struct dialog_question){
                       .label = label, .initial = value, .done = give_value, .check = check_value, .ctx = n });
    return AFTER_DRAW;
}
