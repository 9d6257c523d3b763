#include "views/screens/new_run/form_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/database/files.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/message.h"

const struct setting *form_data_row(void)
{
    return settings_find("data.name", NULL);
}

void form_data_read(struct workbench *wb, struct new_run *n)
{
    struct err e;
    int64_t newest = 0;
    const char *name = NULL;
    n->stale = false;
    store_datasets_clear(&n->data);
    if (!store_dataset_list(wb->store, &n->data, &e)) {
        message_fail(wb, &e);
        return;
    }
    for (size_t i = 0; i < n->data.count; i++)
        if (n->data.rows[i].id > newest) newest = n->data.rows[i].id, name = n->data.rows[i].name;
    bool imported = n->awaits && newest > n->newest;
    if (name && (imported || !*n->form.now.data.name)) form_set(&n->form, form_data_row(), name, NULL);
    if (imported) n->awaits = false;
    n->newest = newest;
}

bool form_data_lacks(const struct new_run *n, const struct setting *row)
{
    if (row != form_data_row() || !*n->form.now.data.name) return false;
    for (size_t i = 0; i < n->data.count; i++)
        if (!strcmp(n->data.rows[i].name, n->form.now.data.name)) return false;
    return true;
}

static unsigned give_data(struct workbench *wb, void *ctx, int row)
{
    struct new_run *n = ctx;
    struct err e;
    if (row < (int)n->data.count) {
        if (!form_set(&n->form, form_data_row(), n->data.rows[row].name, &e)) message_fail(wb, &e);
        return AFTER_DRAW;
    }
    n->awaits = true;
    return importing_ask(wb, &n->importing);
}

unsigned form_data_choose(struct workbench *wb, struct new_run *n)
{
    size_t count = n->data.count;
    char(*lines)[288] = calloc(count + 1, sizeof *lines);
    const char **rows = calloc(count + 2, sizeof *rows);
    int chosen = 0;
    for (size_t i = 0; lines && rows && i < count; i++) {
        const struct store_dataset *s = &n->data.rows[i];
        snprintf(lines[i], sizeof lines[i], "%-24s %-8s %lld %s of %lld px, %lld %s%s", s->name, s->kind,
                 (long long)s->count, text_number(s->count, "image", "images"), (long long)s->size,
                 (long long)s->classes, text_number(s->classes, "class", "classes"),
                 store_pack_is_attached(s->pack) ? ", attached" : "");
        rows[i] = lines[i];
        if (!strcmp(s->name, n->form.now.data.name)) chosen = (int)i;
    }
    if (lines && rows) {
        rows[count] = "import another ...";
        dialog_choose(wb, "data set", rows, chosen, give_data, n);
    }
    free(lines);
    free(rows);
    return AFTER_DRAW;
}
