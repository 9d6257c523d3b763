/* Runs: the table of all runs, with a summary of the selected one below. All screens show the selected run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/run.h"
#include "store/trash.h"
#include "views/analysis/format.h"
#include "views/screens/board_charts.h"
#include "views/screens/chart_keys.h"
#include "views/screens/runs/runs_arrange.h"
#include "views/screens/runs/runs_cells.h"
#include "views/screens/runs/runs_change.h"
#include "views/analysis/runs_list.h"
#include "views/screens/runs/runs_compare.h"
#include "views/screens/runs/runs_group.h"
#include "views/screens/runs/runs_layout.h"
#include "views/screens/runs/runs_short.h"
#include "views/screens/runs/welcome.h"
#include "views/terminal/keys.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/marks.h"
#include "views/workbench/message.h"
#include "views/workbench/news.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

enum { NARROW = 30, NARROW_NAME = 6 }; /* columns of a screen that has room for one number, and of a name there */
enum { WIDE = 110 };                   /* columns of a table that has room for the words of states and for long names */
enum { SIGHT = 48 };                   /* rows whose numbers are read before the first frame */
static const double slice = 0.015;     /* seconds of reading at a time */

/* ---- reading --------------------------------------------------------------------------------------------- */

static bool runs_open(struct workbench *wb, void *state, struct err *e)
{
    (void)e;
    runs_arrange_recall(wb, state);
    return true;
}

static void runs_close(struct workbench *wb, void *state)
{
    struct runs *r = state;
    (void)wb;
    runs_list_clear(&r->list);
    runs_short_clear(&r->about);
    marked_clear(&r->marked);
}

/* Reads the numbers of the visible rows. */
static void read_sight(struct workbench *wb, struct runs *r)
{
    struct err e;
    int page = r->table.body > 0 ? r->table.body : SIGHT, first = r->table.top;
    if (r->table.chosen < first || r->table.chosen >= first + page) first = r->table.chosen - page;
    if (!runs_list_show(&r->list, wb->store, first, first + (r->table.body > 0 ? 2 * page : page), &e))
        message_fail(wb, &e);
}

/* The store has no run, and it is known. */
static bool is_empty(const struct runs *r)
{
    return r->known && !r->list.count;
}

static bool runs_read(struct workbench *wb, void *state, unsigned news)
{
    struct runs *r = state;
    struct err e;
    bool more = false;
    if (!r->known) news |= NEWS_OPEN;
    size_t unreadable = news & NEWS_OPEN ? 0 : r->list.unreadable;
    if (news & (NEWS_OPEN | NEWS_STORE)) {
        if (!runs_list_read(&r->list, wb->store, &e)) return message_fail(wb, &e), true;
        r->known = true;
        if (r->list.unreadable != unreadable)
            message_say(wb, "%zu run%s left out: %s", r->list.unreadable, r->list.unreadable == 1 ? " is" : "s are",
                        r->list.why.msg);
        if (news & NEWS_OPEN && r->list.older)
            message_say(wb, "%lld older runs are not listed here; mlvicx runs lists all", (long long)r->list.older);
        if (!store_trash_size(wb->store, &r->trashed, &r->trash_bytes, &e)) message_fail(wb, &e);
        r->welcome.trashed = r->trashed;
        runs_arrange_fit(r);
        r->remark[0] = '\0'; /* other runs may fit */
        if (!runs_arrange_order(wb, r)) return true;
    } else if (!wb->selection.run && r->list.line_count && !dialog_open(wb)) {
        runs_arrange_order(wb, r);
    } else if (news & NEWS_X) {
        if (!runs_arrange_order(wb, r)) return true; /* other settings may make groups */
    } else if (news & NEWS_RUN) {
        int line = runs_list_line(&r->list, wb->selection.run);
        if (line >= 0) r->table.chosen = line;
    }
    read_sight(wb, r);
    if (news & NEWS_PAST) run_board_clear(&r->about.board);
    if (news & (NEWS_OPEN | NEWS_STORE | NEWS_RUN | NEWS_PAST | NEWS_X) && !runs_short_read(&r->about, wb, &e))
        message_fail(wb, &e);
    if ((news & (NEWS_OPEN | NEWS_STORE) || !marked_current(&r->marked, &wb->selection)) &&
        !marked_read(&r->marked, &wb->selection, &e))
        message_fail(wb, &e);
    if (!runs_list_fill(&r->list, wb->store, news & NEWS_OPEN ? 0 : slice, &more, &e)) message_fail(wb, &e);
    if (more) {
        news_more(wb);
    } else if (news & (NEWS_OPEN | NEWS_STORE | NEWS_MORE) && r->table.sort >= 0) {
        runs_arrange_order(wb, r); /* by numbers that were not known before */
        read_sight(wb, r);
    }
    return true;
}

/* ---- the screen ------------------------------------------------------------------------------------------ */

struct drawing {
    struct workbench *workbench;
    struct runs *runs;
};

static void draw_cell(void *ctx, int row, int column, const struct area *a, unsigned style)
{
    const struct drawing *g = ctx;
    const struct runs_entry *entry = runs_list_at(&g->runs->list, row);
    runs_cell(g->workbench, entry, column, a, style, row == g->runs->table.chosen);
}

static bool draw_heading(void *ctx, int row, const struct area *line)
{
    return runs_group_heading(&((const struct drawing *)ctx)->runs->list, row, line);
}

/* In the narrowest screen the AUC stands beside the names: the one number that can be compared. */
static void draw_table(struct runs *r, const struct area *a, struct drawing *g)
{
    struct table *t = &r->table;
    bool narrow = a->w < NARROW, verdict = t->hidden[RUNS_VERDICT], loss = t->hidden[RUNS_LOSS],
         eta = t->hidden[RUNS_ETA];
    if (!r->list.states[STORE_RUNNING]) t->hidden[RUNS_ETA] = true; /* nothing is on its way */
    t->least[RUNS_NAME] = narrow ? NARROW_NAME : runs_columns[RUNS_NAME].least;
    if (narrow && !t->hidden[RUNS_AUC]) t->hidden[RUNS_VERDICT] = t->hidden[RUNS_LOSS] = true;
    table_draw(t, a, r->list.line_count, draw_cell, draw_heading, g);
    t->hidden[RUNS_VERDICT] = verdict, t->hidden[RUNS_LOSS] = loss, t->hidden[RUNS_ETA] = eta;
}

static void runs_draw(struct workbench *wb, void *state, const struct area *a)
{
    struct runs *r = state;
    struct drawing g = { wb, r };
    if (is_empty(r)) welcome_draw(&r->welcome, wb, a);
    if (!r->list.count) return;
    bool several = wb->selection.mark_count > 1 || a->w >= RUNS_BESIDE; /* the baseline alone needs room to spare */
    struct runs_layout l = runs_layout(a, r->list.line_count, several && r->marked.runs > 1);
    r->table_w = l.table.w;
    r->table.want[RUNS_STATE] = l.table.w >= WIDE ? 10 : 1;
    r->table.want[RUNS_NAME] = l.table.w < WIDE && r->name > 20 ? 20 : r->name; /* others want room, too */
    draw_table(r, &l.table, &g);
    if (!r->list.line_count)
        area_printf(&l.table, l.table.h > 2 ? 2 : 0, 2, INK_DIM,
                    "No run fits '%s'. / changes the filter, esc takes it away.", r->filter);
    if (l.beside) area_fill(a, 0, l.table.w, a->h, 1, 0x2502, INK_DIM);
    if (l.rule.h > 0) area_rule(&l.rule, 0, INK_DIM);
    r->ruled = l.rule.h > 0;
    if (*r->filter && r->ruled)
        area_printf(&l.rule, 0, 2, INK_ACCENT, " /%s: %d of %d ", r->filter, r->list.fits, r->list.count);
    if (l.about.h > 0) runs_short_draw(&r->about, wb, &l.about);
    if (l.charts.h > 0) board_charts_draw(&r->about.board, NAN, &l.charts);
    if (l.compare.h > 0) runs_compare_draw(&r->marked, wb, &l.compare);
}

static void runs_place(struct workbench *wb, void *state, char *out, size_t size)
{
    static const enum store_state told[] = { STORE_RUNNING, STORE_PAUSED, STORE_QUEUED, STORE_LOST, STORE_UNKNOWN };
    const struct runs *r = state;
    (void)wb;
    int n = snprintf(out, size, "%d run%s", r->list.count, r->list.count == 1 ? "" : "s");
    for (size_t i = 0; i < sizeof told / sizeof told[0] && n > 0 && (size_t)n < size; i++)
        if (r->list.states[told[i]])
            n += snprintf(out + n, size - (size_t)n, " \xc2\xb7 %d %s", r->list.states[told[i]],
                          store_state_name(told[i]));
    if (r->trashed && n > 0 && (size_t)n < size) {
        char bytes[16];
        n += snprintf(out + n, size - (size_t)n, " \xc2\xb7 trash %s", text_bytes(r->trash_bytes, bytes));
    }
    if (*r->filter && !r->ruled && n > 0 && (size_t)n < size)
        n += snprintf(out + n, size - (size_t)n, " \xc2\xb7 /%.40s: %d of %d", r->filter, r->list.fits, r->list.count);
    int newest = r->list.count ? runs_list_line(&r->list, r->list.entries[0].summary.run.id) : -1;
    bool above = newest < r->table.top, seen = !above && newest < r->table.top + r->table.body;
    if (newest >= 0 && r->table.body > 0 && !seen && n > 0 && (size_t)n < size)
        snprintf(out + n, size - (size_t)n, " \xc2\xb7 newest (%lld) further %s",
                 (long long)r->list.entries[0].summary.run.id, above ? "up" : "down");
}

/* ---- moving ---------------------------------------------------------------------------------------------- */

/* Moves to a line, skipping headings in the direction of the move. */
static unsigned go_to(struct workbench *wb, struct runs *r, int line, int by)
{
    if (line >= r->list.line_count) line = r->list.line_count - 1, by = -1;
    if (line < 0) line = 0, by = 1;
    const struct runs_entry *entry = runs_list_at(&r->list, line);
    while (!entry && line >= 0 && line < r->list.line_count) entry = runs_list_at(&r->list, line += by);
    if (!entry) entry = runs_list_at(&r->list, line = r->table.chosen);
    if (!entry) return AFTER_NOTHING;
    r->table.chosen = line;
    if (line == 1 && r->list.lines[0].entry < 0) r->table.top = 0;
    show_run(wb, entry->summary.run.id);
    return AFTER_DRAW;
}

static unsigned on_move(struct workbench *wb, void *state, int key)
{
    struct runs *r = state;
    bool back = key == KEYS_UP || key == KEYS_PAGE_UP || key == KEYS_END;
    return go_to(wb, r, keys_walk(key, r->table.chosen, table_page(&r->table), r->list.line_count), back ? -1 : 1);
}

static unsigned on_scroll(struct workbench *wb, void *state, int by)
{
    (void)wb;
    table_scroll(&((struct runs *)state)->table, by);
    return AFTER_DRAW;
}

static unsigned on_open(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    show_screen(wb, "loss");
    return AFTER_DRAW;
}

static unsigned on_clone(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    show_clone(wb, wb->selection.run, NULL, "");
    return AFTER_DRAW;
}

static unsigned on_mark(struct workbench *wb, void *state, int argument)
{
    (void)argument;
    if (!marks_set(wb, wb->selection.run, !marks_has(wb, wb->selection.run))) return AFTER_DRAW;
    return on_move(wb, state, KEYS_DOWN) | AFTER_DRAW;
}

static unsigned on_unmark(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    marks_clear(wb, false); /* another key takes the baseline away */
    return AFTER_DRAW;
}

static unsigned on_pin(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    marks_pin(wb, wb->selection.run);
    return AFTER_DRAW;
}

static unsigned runs_click(struct workbench *wb, void *state, int y, int x)
{
    struct runs *r = state;
    int row, column;
    if (is_empty(r)) return welcome_click(&r->welcome, wb, y);
    if (x >= r->table_w) return AFTER_NOTHING;
    table_at(&r->table, y, x, &row, &column);
    if (column >= 0) return runs_arrange_sort(wb, r, column);
    if (!runs_list_at(&r->list, row)) return AFTER_NOTHING;
    if (row == r->table.chosen) return on_open(wb, state, 0);
    return go_to(wb, r, row, 1);
}

static unsigned runs_wheel(struct workbench *wb, void *state, int by)
{
    struct runs *r = state;
    return go_to(wb, r, r->table.chosen + 3 * by, by);
}

/* An empty store has its own keys. Escape first removes a filter, then goes back. */
static unsigned runs_key(struct workbench *wb, void *state, int key)
{
    struct runs *r = state;
    if (is_empty(r)) return welcome_key(&r->welcome, wb, key);
    return key == KEYS_ESCAPE && *r->filter ? runs_arrange_filter(wb, r, "") : AFTER_UNUSED;
}

static const struct key_bind *runs_bar(struct workbench *wb, void *state)
{
    static const struct key_bind filtered[] = { { .key = KEYS_ESCAPE, .name = "all", .label = "all runs" },
                                                { .name = "open", .label = "open" },
                                                { .name = "filter", .label = "filter" },
                                                { .name = "mark", .label = "mark" },
                                                { .name = "sort", .label = "sort" },
                                                { 0 } };
    const struct runs *r = state;
    (void)wb;
    return is_empty(r) ? welcome_bar(&r->welcome) : *r->filter ? filtered : NULL;
}

static const struct key_bind keys[] = {
    { KEYS_ENTER, 0, "open", "open", "show the run's curves", on_open, NEEDS_RUN, 0 },
    { '/', 0, "filter", "filter", "show runs that fit: state:running data:nih tag:x auc>0.7 text (esc shows all)",
      runs_on_filter, 0, 0 },
    { KEYS_SPACE, 0, "mark", "mark", "mark the run: charts overlay marked runs, below stands how their settings differ",
      on_mark, NEEDS_RUN, 0 },
    { 's', 0, "sort", "sort", "sort by a column (or click its title)", runs_on_sort, 0, 0 },
    { 'r', 0, "reverse", NULL, "sort the other way round", runs_on_reverse, 0, 0 },
    { 'c', 0, "columns", NULL, "choose the columns", runs_on_columns, 0, 0 },
    { 'v', 0, "saved", NULL, "saved arrangements (filter, order, columns): take one, save this one, forget one",
      runs_on_saved, 0, 0 },
    { 'g', 0, "group", NULL, "group by data set, method, tags, or chosen settings", runs_on_group, 0, 0 },
    { 'u', 0, "unmark", NULL, "unmark all runs but the baseline", on_unmark, 0, 0 },
    { 'h', 0, "baseline", NULL,
      "make it the baseline: marked first from now on, and compared with the chosen run; again: not", on_pin, NEEDS_RUN,
      0 },
    { KEYS_UP, 'k', "up", NULL, "the run above", on_move, 0, KEYS_UP },
    { KEYS_DOWN, 'j', "down", NULL, "the run below", on_move, 0, KEYS_DOWN },
    { KEYS_PAGE_UP, 'b', "page-up", NULL, "a page up", on_move, 0, KEYS_PAGE_UP },
    { KEYS_PAGE_DOWN, 'f', "page-down", NULL, "a page down", on_move, 0, KEYS_PAGE_DOWN },
    { KEYS_HOME, '{', "first", NULL, "the first run", on_move, 0, KEYS_HOME },
    { KEYS_END, '}', "last", NULL, "the last run", on_move, 0, KEYS_END },
    CHART_KEY_X(NULL),
    { KEYS_LEFT, 0, "left", NULL, "columns further left", on_scroll, 0, -1 },
    { KEYS_RIGHT, 0, "right", NULL, "columns further right", on_scroll, 0, 1 },
    { 'Y', 0, "clone", NULL, "a new run with this one's settings, to change some", on_clone, NEEDS_RUN | NEEDS_WRITE,
      0 },
    { 'T', 0, "tag", NULL, "put words on the run, or take them off", runs_tag, NEEDS_RUN | NEEDS_WRITE, 0 },
    { 'O', 0, "note", NULL, "write a line about the run", runs_note, NEEDS_RUN | NEEDS_WRITE, 0 },
    { 'M', 0, "rename", NULL, "give the run another name", runs_rename, NEEDS_RUN | NEEDS_WRITE, 0 },
    { 'D', KEYS_DELETE, "delete", NULL, "move the run into the trash; a marked one with all that are marked (asks)",
      runs_delete, NEEDS_RUN | NEEDS_WRITE, 0 },
    { 'Z', 0, "undo", NULL, "bring back what was deleted last; again: what was before", runs_undo, NEEDS_WRITE, 0 },
    { 'A', 0, "queue", NULL, "let a run that ended early wait for its turn to go on", runs_queue,
      NEEDS_RUN | NEEDS_WRITE, RUNS_ENQUEUE },
    { 'K', 0, "sooner", NULL, "let a queued run come one place earlier", runs_queue, NEEDS_RUN | NEEDS_WRITE,
      RUNS_SOONER },
    { 'J', 0, "later", NULL, "let a queued run come one place later", runs_queue, NEEDS_RUN | NEEDS_WRITE, RUNS_LATER },
    { 0 },
};

const struct screen screen_runs = {
    .name = "runs",
    .title = "Runs",
    .brief = "Runs",
    .digit = '1',
    .about = "All runs. State: \xe2\x97\x8f running, \xe2\x80\x96 paused, \xe2\x96\xa0 stopped, \xe2\x9c\x93 finished, "
             "\xe2\x9c\x97 failed, ? lost (its worker has ended), - unknown (nobody can tell), \xe2\x80\xa6 "
             "queued. AUC is that of the "
             "quick probe; rank g/l is RankMe over that of an isotropic cloud, global and local: near 1 is full rank. "
             "The verdict is the worse of both levels: g, l, or b for both.",
    .keys = keys,
    .size = sizeof(struct runs),
    .chooses_run = true,
    .open = runs_open,
    .close = runs_close,
    .read = runs_read,
    .draw = runs_draw,
    .place = runs_place,
    .bar = runs_bar,
    .key = runs_key,
    .click = runs_click,
    .wheel = runs_wheel,
};
