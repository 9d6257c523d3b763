#include "views/screens/new_run/parent_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/checkpoint.h"
#include "store/run.h"
#include "views/analysis/format.h"
#include "views/analysis/run_summary.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/message.h"

enum { LINE = 160 };

static unsigned give_parent(struct workbench *wb, void *ctx, int row)
{
    struct new_run *n = ctx;
    struct store_run run;
    struct err e;
    if (row == 0) {
        form_parent(&n->form, NULL, NULL);
        return AFTER_DRAW;
    }
    if (!store_run_get(wb->store, n->parents[row - 1], &run, &e)) return message_fail(wb, &e), AFTER_DRAW;
    if (!form_parent(&n->form, &run, &e)) message_fail(wb, &e);
    store_run_clear(&run);
    return AFTER_DRAW;
}

/* "7 kermany-3          vicreg     kermany      AUC .812". The row of the run is taken over. */
static bool write_line(struct workbench *wb, struct store_run *run, char line[LINE])
{
    struct run_summary f;
    char auc[FORMAT_SIZE];
    if (!run_summary_read(wb->store, run, &f, NULL)) return false;
    snprintf(line, LINE, "%4lld %-24.40s %-10.31s %-12.40s AUC %s", (long long)f.run.id, f.run.name, f.run.method,
             f.run.dataset, format_share(f.value[SUMMARY_AUC], 3, auc));
    run_summary_clear(&f);
    return true;
}

unsigned parent_list_choose(struct workbench *wb, struct new_run *n)
{
    struct store_runs all;
    struct err e;
    char(*lines)[LINE] = calloc(PARENTS_MOST, sizeof *lines);
    const char *rows[PARENTS_MOST + 2] = { "none: from scratch" };
    int count = 0, chosen = 0;
    if (!lines) return AFTER_DRAW;
    if (!store_run_list(wb->store, &all, &e)) {
        free(lines);
        return message_fail(wb, &e), AFTER_DRAW;
    }
    for (size_t i = 0; i < all.count && count < PARENTS_MOST; i++) {
        struct store_checkpoint row;
        int64_t id = all.rows[i].id;
        if (!store_checkpoint_find(wb->store, id, STORE_STANDING, &row, NULL)) continue;
        if (!write_line(wb, &all.rows[i], lines[count])) continue;
        n->parents[count] = id;
        rows[count + 1] = lines[count];
        count++;
        if (id == n->form.parent) chosen = count;
    }
    store_runs_clear(&all);
    dialog_choose(wb, "begin with the encoder of", rows, chosen, give_parent, n);
    free(lines);
    return AFTER_DRAW;
}
