/* What the list of runs shows, and in which order: columns, order, groups, filter; kept as preferences. */
#include "views/screens/runs/runs_arrange.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"
#include "views/screens/runs/runs_cells.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/message.h"
#include "views/workbench/preferences.h"
#include "views/workbench/show.h"

/* Whether a list of names, a blank around each, has one. */
static bool lists(const char *names, const char *name)
{
    char word[32];
    snprintf(word, sizeof word, " %s ", name);
    return strstr(names, word) != NULL;
}

void runs_arrange_recall(struct workbench *wb, struct runs *r)
{
    table_init(&r->table, runs_columns, RUNS_COLUMNS);
    for (int i = 0; i < RUNS_COLUMNS; i++) r->table.hidden[i] = i > RUNS_TAGS;
    const char *hidden = preference_get(wb, "runs.columns_hidden", "");
    for (int i = 0; i < RUNS_COLUMNS && *hidden; i++) r->table.hidden[i] = lists(hidden, runs_columns[i].name);
    r->table.sort = table_find(&r->table, preference_get(wb, "runs.sort", ""));
    r->table.down = preference_get_int(wb, "runs.down", 1) != 0;
    const char *group = preference_get(wb, "runs.group", "none");
    for (int i = 0; i < RUNS_GROUPS; i++)
        if (!strcmp(runs_group_names[i], group)) r->list.group = (enum runs_group)i;
    snprintf(r->filter, sizeof r->filter, "%s", preference_get(wb, "runs.filter", ""));
    if (*r->filter) r->list.filter = filter_create(r->filter, NULL);
    if (!r->list.filter) r->filter[0] = '\0';
}

static void keep_table(struct workbench *wb, const struct runs *r)
{
    struct text hidden = { 0 };
    text_add(&hidden, " ");
    for (int i = 0; i < RUNS_COLUMNS; i++)
        if (r->table.hidden[i]) text_printf(&hidden, "%s ", runs_columns[i].name);
    preference_set(wb, "runs.columns_hidden", text_str(&hidden));
    text_clear(&hidden);
    preference_set(wb, "runs.sort", r->table.sort >= 0 ? runs_columns[r->table.sort].name : "");
    preference_set_int(wb, "runs.down", r->table.down);
    preference_set(wb, "runs.group", runs_group_names[r->list.group]);
    preference_set(wb, "runs.filter", r->filter);
}

/* Names and tags are as wide as their longest text, up to a limit. */
void runs_arrange_fit(struct runs *r)
{
    static const struct {
        int column, most;
    } rows[] = { { RUNS_NAME, 40 }, { RUNS_DATA, 16 }, { RUNS_METHOD, 12 }, { RUNS_TAGS, 24 } };
    int64_t most = r->list.count ? r->list.entries[0].summary.run.id : 0;
    for (r->table.least[RUNS_ID] = 2; most > 99; most /= 10) r->table.least[RUNS_ID]++;
    r->table.want[RUNS_ID] = r->table.least[RUNS_ID];
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        int want = runs_columns[rows[k].column].least;
        for (int i = 0; i < r->list.count; i++) {
            const char *text = runs_list_text(&r->list.entries[i].summary, rows[k].column);
            int w = text_columns(text);
            if (w > want) want = w;
        }
        r->table.want[rows[k].column] = want < rows[k].most ? want : rows[k].most;
    }
    r->table.least[RUNS_METHOD] = r->table.want[RUNS_METHOD]; /* whole, or not there */
    r->name = r->table.want[RUNS_NAME];
}

bool runs_arrange_order(struct workbench *wb, struct runs *r)
{
    struct err e;
    r->list.sort = r->table.sort;
    r->list.down = r->table.down;
    runs_list_group_by(&r->list, wb->selection.group);
    if (!runs_list_order(&r->list, wb->store, &e)) return message_fail(wb, &e);
    int line = runs_list_line(&r->list, wb->selection.run);
    if (line < 0) { /* it is gone, or filtered out: show the run in its place */
        line = r->table.chosen < r->list.line_count ? r->table.chosen : r->list.line_count - 1;
        const struct runs_entry *entry = runs_list_at(&r->list, line);
        if (!entry && (entry = runs_list_at(&r->list, line + 1))) line++;
        if (entry && !dialog_open(wb)) show_run_instead(wb, entry->summary.run.id);
    }
    r->table.chosen = line < 0 ? 0 : line;
    return true;
}

unsigned runs_arrange_sort(struct workbench *wb, struct runs *r, int column)
{
    table_sort(&r->table, column, runs_list_falls(column));
    runs_arrange_order(wb, r);
    keep_table(wb, r);
    return AFTER_DRAW;
}

/* ---- keys ------------------------------------------------------------------------------------------------ */

static unsigned sort_chosen(struct workbench *wb, void *ctx, int row)
{
    return runs_arrange_sort(wb, ctx, row + 1); /* the mark is no order */
}

unsigned runs_on_sort(struct workbench *wb, void *state, int argument)
{
    struct runs *r = state;
    (void)argument;
    const char *rows[RUNS_COLUMNS];
    for (int i = 1; i < RUNS_COLUMNS; i++) rows[i - 1] = i == RUNS_ID ? "id" : runs_columns[i].name;
    rows[RUNS_COLUMNS - 1] = NULL;
    dialog_choose(wb, "sort by (again: the other way)", rows, r->table.sort < 1 ? 0 : r->table.sort - 1, sort_chosen,
                  r);
    return AFTER_DRAW;
}

unsigned runs_on_reverse(struct workbench *wb, void *state, int argument)
{
    struct runs *r = state;
    (void)argument;
    return runs_arrange_sort(wb, r, r->table.sort < 0 ? RUNS_ID : r->table.sort);
}

static unsigned column_chosen(struct workbench *wb, void *ctx, int row)
{
    struct runs *r = ctx;
    r->table.hidden[row + RUNS_STATE] = !r->table.hidden[row + RUNS_STATE];
    r->table.skip = 0;
    r->column = row;
    keep_table(wb, r);
    runs_on_columns(wb, r, 0); /* the list stays open */
    return AFTER_DRAW;
}

unsigned runs_on_columns(struct workbench *wb, void *state, int argument)
{
    struct runs *r = state;
    char lines[RUNS_COLUMNS][48];
    (void)argument;
    const char *rows[RUNS_COLUMNS];
    int n = 0;
    for (int i = RUNS_STATE; i < RUNS_COLUMNS; i++, n++) {
        snprintf(lines[n], sizeof lines[n], "[%c] %s", r->table.hidden[i] ? ' ' : 'x', runs_columns[i].name);
        rows[n] = lines[n];
    }
    rows[n] = NULL;
    dialog_choose(wb, "columns (esc: done)", rows, r->column, column_chosen, r);
    return AFTER_DRAW;
}

static unsigned grouped(struct workbench *wb, void *ctx)
{
    struct runs *r = ctx;
    runs_arrange_order(wb, r);
    keep_table(wb, r);
    return AFTER_READ;
}

unsigned runs_on_group(struct workbench *wb, void *state, int argument)
{
    struct runs *r = state;
    (void)argument;
    r->grouping = (struct runs_grouping){ &r->list, grouped, r };
    return runs_group_ask(wb, &r->grouping);
}

/* Other preferences than before. */
static unsigned arrange(struct workbench *wb, void *state)
{
    struct runs *r = state;
    filter_destroy(r->list.filter);
    r->list.filter = NULL;
    int top = r->table.top, chosen = r->table.chosen;
    runs_arrange_recall(wb, r);
    r->table.top = top, r->table.chosen = chosen;
    runs_arrange_fit(r);
    runs_arrange_order(wb, r);
    return AFTER_DRAW | AFTER_READ;
}

unsigned runs_on_saved(struct workbench *wb, void *state, int argument)
{
    struct runs *r = state;
    (void)argument;
    r->saved.taken = arrange, r->saved.ctx = r;
    return runs_saved_ask(wb, &r->saved);
}

unsigned runs_arrange_filter(struct workbench *wb, void *ctx, const char *text)
{
    struct runs *r = ctx;
    struct err e;
    struct filter *f = *text ? filter_create(text, &e) : NULL;
    if (*text && !f) return message_fail(wb, &e), AFTER_DRAW;
    filter_destroy(r->list.filter);
    r->list.filter = f;
    snprintf(r->filter, sizeof r->filter, "%s", text);
    runs_arrange_order(wb, r);
    keep_table(wb, r);
    return AFTER_DRAW | AFTER_READ;
}

/* Counts the runs that match the filter typed so far. Called at each drawing, so it counts only if the text has
 * changed. */
static bool filter_check(struct workbench *wb, void *ctx, const char *text, char *remark, size_t size)
{
    struct runs *r = ctx;
    struct err e;
    int n = 0;
    if (strcmp(text, r->checked) || !*r->remark) {
        struct filter *f = filter_create(text, &e);
        r->checked_well = f && runs_list_count(&r->list, wb->store, f, &n, &e);
        if (r->checked_well)
            snprintf(r->remark, sizeof r->remark, "%d of %d %s", n, r->list.count,
                     text_number(r->list.count, "run", "runs"));
        else
            snprintf(r->remark, sizeof r->remark, "%s", e.msg);
        snprintf(r->checked, sizeof r->checked, "%s", text);
        filter_destroy(f);
    }
    snprintf(remark, size, "%s", r->remark);
    return r->checked_well;
}

unsigned runs_on_filter(struct workbench *wb, void *state, int argument)
{
    struct runs *r = state;
    (void)argument;
    r->remark[0] = '\0';
    dialog_ask(wb, &(struct dialog_question){ .label = "/",
                                              .initial = r->filter,
                                              .select = true,
                                              .history = "filter",
                                              .done = runs_arrange_filter,
                                              .check = filter_check,
                                              .ctx = r });
    return AFTER_DRAW;
}
