#include "views/screens/runs/runs_group.h"

#include <math.h>
#include <stdio.h>

#include "engine/base/text.h"
#include "views/analysis/format.h"
#include "views/screens/group_ask.h"
#include "views/workbench/dialogs.h"

const char *const runs_group_names[RUNS_GROUPS] = { "none", "data", "method", "tag", "settings" };

static unsigned settings_given(struct workbench *wb, void *ctx)
{
    struct runs_grouping *g = ctx;
    g->list->group = *wb->selection.group ? RUNS_GROUP_SETTINGS : RUNS_GROUP_NONE;
    return g->taken(wb, g->ctx);
}

static unsigned chosen(struct workbench *wb, void *ctx, int row)
{
    struct runs_grouping *g = ctx;
    if (row == RUNS_GROUP_SETTINGS) {
        group_ask(wb, settings_given, g);
        return AFTER_DRAW;
    }
    g->list->group = (enum runs_group)row;
    return g->taken(wb, g->ctx);
}

unsigned runs_group_ask(struct workbench *wb, struct runs_grouping *g)
{
    static const char *const rows[] = { "not at all", "data set", "method", "tags", "settings ...", NULL };
    dialog_choose(wb, "group runs by", rows, (int)g->list->group, chosen, g);
    return AFTER_DRAW;
}

/* "AUC .774 (.771-.778)" of the runs below a heading that have one. */
static void say_auc(const struct runs_list *l, int line, char *out, size_t size)
{
    double sum = 0, least = NAN, most = NAN;
    char mean[FORMAT_SIZE], low[FORMAT_SIZE], high[FORMAT_SIZE];
    int n = 0;
    for (int i = line + 1; i < l->line_count && l->lines[i].entry >= 0; i++) {
        double auc = l->entries[l->lines[i].entry].summary.value[SUMMARY_AUC];
        if (isnan(auc)) continue;
        sum += auc;
        least = fmin(least, auc), most = fmax(most, auc);
        n++;
    }
    *out = '\0';
    if (n == 1)
        snprintf(out, size, "AUC %s ", format_share(sum, 3, mean));
    else if (n)
        snprintf(out, size, "AUC %s (%s-%s) ", format_share(sum / n, 3, mean), format_share(least, 3, low),
                 format_share(most, 3, high));
}

bool runs_group_heading(const struct runs_list *l, int line, const struct area *a)
{
    static const char *const none[RUNS_GROUPS] = { "", "without a data set", "of no method", "without a tag",
                                                   "of no settings" };
    const struct runs_line *head = &l->lines[line];
    char text[256], auc[64] = "";
    if (head->entry >= 0) return false;
    if (l->group == RUNS_GROUP_SETTINGS) say_auc(l, line, auc, sizeof auc);
    snprintf(text, sizeof text, " %.160s: %d %s%s ", *head->group ? head->group : none[l->group], head->count,
             text_number(head->count, "run", "runs"), *auc ? "," : "");
    area_rule(a, 0, INK_DIM);
    area_text(a, 0, 2, INK_STRONG, text);
    area_part(a, 0, 2 + text_columns(text), INK_NORMAL, "%s", auc);
    return true;
}
