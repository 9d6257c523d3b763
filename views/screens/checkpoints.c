/* Checkpoints: the checkpoints of a run that can be loaded, and which of them is best. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "views/analysis/format.h"
#include "views/analysis/level_rules.h"
#include "views/screens/board_charts.h"
#include "views/screens/chart_keys.h"
#include "views/screens/checkpoint_rows.h"
#include "views/terminal/keys.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/message.h"
#include "views/workbench/news.h"
#include "views/workbench/panes.h"
#include "views/workbench/preferences.h"
#include "views/workbench/run_control.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

enum { CHARTS_LEAST = 8 }; /* rows from which charts stand below the list */

static const struct {
    const char *word;
    unsigned ink;
} digests[] = {
    [DIGEST_UNVERIFIED] = { "unverified", INK_DIM },
    [DIGEST_WAITING] = { "reading", INK_ACCENT },
    [DIGEST_OK] = { "ok", INK_GOOD },
    [DIGEST_DAMAGED] = { "DAMAGED", INK_BAD },
    [DIGEST_MISSING] = { "NO FILE", INK_BAD },
};

static const struct table_column columns[COLUMNS] = {
    [COLUMN_MARK] = { "mark", "", 2, 2, -1, 0 },
    [COLUMN_STEP] = { "step", "step", 8, 9, 1, 0 },
    [COLUMN_EPOCH] = { "epoch", "epoch", 6, 7, 1, 6 },
    [COLUMN_AGE] = { "age", "age", 6, 8, 1, 5 },
    [COLUMN_SIZE] = { "size", "size", 8, 9, 1, 4 },
    [COLUMN_KEPT] = { "kept", "kept as", 8, 12, -1, 3 },
    [COLUMN_DIGEST] = { "digest", "digest", 10, 11, -1, 2 },
    [COLUMN_LOSS] = { "loss", "loss", 7, 9, 1, 2 },
    [COLUMN_AUC] = { "auc", "AUC", 5, 7, 1, 1 },
    [COLUMN_KNN] = { "knn", "kNN", 5, 7, 1, 7 },
    [COLUMN_RANK_G] = { "rank_global", "rank g", 6, 8, 1, 3 },
    [COLUMN_RANK_L] = { "rank_local", "rank l", 6, 8, 1, 3 },
};

static bool checkpoints_open(struct workbench *wb, void *state, struct err *e)
{
    struct checkpoints *c = state;
    (void)e;
    c->reading = -1;
    table_init(&c->table, columns, COLUMNS);
    int sort = table_find(&c->table, preference_get(wb, "checkpoints.sort", "step"));
    c->table.sort = sort < 0 ? COLUMN_STEP : sort;
    c->table.down = preference_get_int(wb, "checkpoints.down", 1) != 0;
    return true;
}

static void checkpoints_close(struct workbench *wb, void *state)
{
    struct checkpoints *c = state;
    (void)wb;
    checkpoint_rows_drop(c);
    run_board_clear(&c->board);
    eval_form_close(&c->form);
}

/* Ranks of levels that the run has. */
static void find_columns(const struct workbench *wb, struct checkpoints *c)
{
    const struct settings *s = &wb->selection.settings;
    for (int i = 0; i < 2; i++)
        c->table.hidden[COLUMN_RANK_G + i] =
            wb->selection.settings_known &&
            !level_rules_of((enum method_kind)s->method.name, s->model.local, i ? LEVEL_D : LEVEL_Z).there;
}

/* The newest at the step that is looked at, or before it. */
static void follow_step(const struct workbench *wb, struct checkpoints *c)
{
    int at = -1;
    for (int i = 0; i < c->count; i++)
        if (c->rows[i].file.step <= wb->selection.step && (at < 0 || c->rows[i].file.step > c->rows[at].file.step))
            at = i;
    if (at >= 0) c->table.chosen = at;
}

/* What the curves have at the chosen checkpoint. */
static void look(struct workbench *wb, struct checkpoints *c)
{
    struct err e;
    int64_t step = c->table.chosen < c->count ? c->rows[c->table.chosen].file.step : -1;
    if (!run_board_look(&c->board, &wb->selection, step, &e)) message_fail(wb, &e);
}

static bool checkpoints_read(struct workbench *wb, void *state, unsigned news)
{
    struct checkpoints *c = state;
    struct err e;
    if (news & NEWS_RUN) checkpoint_rows_drop(c), c->form.shown = false;
    if (news & (NEWS_RUN | NEWS_STORE | NEWS_OPEN)) {
        find_columns(wb, c);
        if (!checkpoint_rows_read(wb, c, &e)) message_fail(wb, &e);
        eval_form_refresh(&c->form, wb);
    }
    if (news & NEWS_STEP && panes_two(wb)) follow_step(wb, c);
    if (news & NEWS_PAST) run_board_clear(&c->board);
    if (news & (NEWS_RUN | NEWS_STORE | NEWS_OPEN | NEWS_PAST | NEWS_X) &&
        !run_board_read(&c->board, &wb->selection, &e))
        message_fail(wb, &e);
    look(wb, c);
    return checkpoint_digest_go_on(wb, c) || news & ~(unsigned)NEWS_MORE;
}

/* ---- drawing --------------------------------------------------------------------------------------------------- */

static bool is_best(const struct checkpoints *c, const struct checkpoint_row *r, int column)
{
    int number = checkpoint_orders[column].number;
    bool more = checkpoint_orders[column].more;
    if (number < 0 || number == NUMBER_EPOCH || isnan(r->value[number]) || c->count < 2) return false;
    for (int i = 0; i < c->count; i++) {
        double other = c->rows[i].value[number];
        if (more ? other > r->value[number] : other < r->value[number]) return false;
    }
    return true;
}

static void draw_number(const struct checkpoints *c, const struct checkpoint_row *r, int column,
                        const struct area *cell, unsigned style)
{
    int number = checkpoint_orders[column].number;
    double v = r->value[number];
    unsigned paper = style & ~(unsigned)INK_MASK;
    char text[FORMAT_SIZE];
    bool share = number != NUMBER_LOSS && number != NUMBER_EPOCH;
    if (share)
        format_share(v, number >= NUMBER_RANK_G ? 2 : 3, text);
    else
        format_number(v, number == NUMBER_EPOCH ? 3 : 4, text);
    area_field(cell, 0, 0, cell->w, 1, style, text);
    if (!is_best(c, r, column)) return;
    int w = text_columns(text) < cell->w ? text_columns(text) : cell->w;
    area_restyle(cell, 0, cell->w - w, 1, w, paper | INK_GOOD | STYLE_BOLD | STYLE_UNDERLINE, false);
}

static void draw_cell(void *ctx, int row, int column, const struct area *cell, unsigned style)
{
    const struct checkpoints *c = ctx;
    const struct checkpoint_row *r = &c->rows[row];
    unsigned paper = style & ~(unsigned)INK_MASK;
    char text[96];
    if (checkpoint_orders[column].number >= 0) {
        draw_number(c, r, column, cell, style);
        return;
    }
    switch (column) {
    case COLUMN_MARK:
        if (r->file.step == c->best) area_put(cell, 0, 0, 0x2605, INK_GOOD | paper);
        if (r->file.pinned) area_put(cell, 0, 1, 'p', INK_ACCENT | paper);
        break;
    case COLUMN_STEP:
        area_field(cell, 0, 0, cell->w, 1, style, format_count(r->file.step, text));
        break;
    case COLUMN_SIZE:
        area_field(cell, 0, 0, cell->w, 1, style, text_bytes((double)r->file.bytes, text));
        break;
    case COLUMN_KEPT:
        area_field(cell, 0, 0, cell->w, -1, style, store_checkpoint_why(&r->file));
        break;
    case COLUMN_DIGEST:
        if (r->file.step == c->reading)
            snprintf(text, sizeof text, "read %2.0f %%", 100 * (c->read_share < 1 ? c->read_share : 1));
        else
            snprintf(text, sizeof text, "%s", digests[r->digest].word);
        area_field(cell, 0, 0, cell->w, -1, digests[r->digest].ink | paper, text);
        break;
    default:
        break;
    }
}

/* The age needs the current time, which the callback of the table does not have. */
struct drawing {
    struct checkpoints *c;
    double now;
};

static void draw_table_cell(void *ctx, int row, int column, const struct area *cell, unsigned style)
{
    const struct drawing *g = ctx;
    char age[CLOCK_ISO_SIZE];
    if (column != COLUMN_AGE) {
        draw_cell(g->c, row, column, cell, style);
        return;
    }
    double seconds = g->now - g->c->rows[row].file.created_at;
    clock_duration(seconds > 0 ? seconds : 0, age);
    area_field(cell, 0, 0, cell->w, 1, style, age);
}

static const char *reason_line(const char *reason)
{
    static const struct {
        const char *reason, *line;
    } lines[] = {
        { "time", "saved as time passed; goes when newer ones come" },
        { "epoch", "saved at an epoch that is kept: stays" },
        { "command", "saved because somebody asked" },
        { "stop", "saved when the run was stopped" },
        { "end", "saved at the end of the run" },
        { "best", "saved because the AUC was the highest so far" },
        { "signal", "saved because a signal (SIGUSR1) asked" },
        { "locked", "saved because the store took nothing for a while" },
        { "error", "saved because the run could not go on" },
        { "pinned", "pinned: never thinned out" },
        { "given up", "of what the run went back on: goes with the first new one, unless pinned" },
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strcmp(lines[i].reason, reason)) return lines[i].line;
    return "";
}

/* A description of the selected row, below the table. */
static void draw_chosen(const struct workbench *wb, const struct checkpoints *c, const struct area *a)
{
    const struct checkpoint_row *r = &c->rows[c->table.chosen];
    char iso[CLOCK_ISO_SIZE], status[400];
    int y = 0;
    area_rule(a, y++, INK_DIM);
    int x = 1 + area_printf(a, y, 1, INK_STRONG, "step %lld", (long long)r->file.step);
    area_printf(a, y++, x + 2, INK_DIM, "%s%s", clock_iso(r->file.created_at, iso),
                r->file.step != c->best ? ""
                : c->validated          ? "   the best epoch by its validation AUC"
                                        : "   the best by the probe's AUC");
    area_text(a, y++, 1, INK_NORMAL, reason_line(store_checkpoint_why(&r->file)));
    area_printf(a, y++, 1, INK_NORMAL, "runs/%lld/%s", (long long)wb->selection.run, r->file.path);
    area_text(a, y, 1, INK_DIM, "sha256");
    area_field(a, y++, 8, a->w - 8, -1, INK_DIM, r->file.sha256);
    if (eval_form_status(&c->form, wb, status, sizeof status)) area_text(a, y, 1, INK_ACCENT, status);
}

static void checkpoints_draw(struct workbench *wb, void *state, const struct area *a)
{
    struct checkpoints *c = state;
    char bytes[16];
    if (c->count == 0) {
        bool live = wb->selection.summary.state == STORE_RUNNING || wb->selection.summary.state == STORE_PAUSED;
        area_wrap(a, 1, 2, a->h - 1, a->w - 4, INK_DIM,
                  live ? "No checkpoint yet. The first comes with time (checkpoint.minutes); C makes one now."
                       : "This run has no checkpoint: it ended before the first was written.");
        return;
    }
    int below = a->h >= 14 ? 6 : 0;
    struct area top = area_sub(a, 0, 0, a->h - below, a->w);
    if (a->h >= 8) {
        int x = 1 + area_printf(a, 0, 1, INK_DIM, "%d checkpoint%s, %s; underlined: the best of a column", c->count,
                                c->count == 1 ? "" : "s", text_bytes(c->total, bytes));
        if (c->older) area_printf(a, 0, x, INK_DIM, "; %lld older: mlvicx show lists all", (long long)c->older);
        top = area_sub(a, 1, 0, a->h - below - 1, a->w);
    }
    struct drawing g = { c, wb->now };
    table_draw(&c->table, &top, c->count, draw_table_cell, NULL, &g);
    if (below) {
        int used = top.y - a->y + 1 + c->count; /* directly below the rows if there are few */
        struct area rest = area_sub(a, used < a->h - below ? used : a->h - below, 0, below, a->w);
        draw_chosen(wb, c, &rest);
        struct area charts = area_sub(a, used + below + 1, 0, a->h - used - below - 1, a->w);
        if (charts.h >= CHARTS_LEAST) board_charts_draw(&c->board, (double)c->rows[c->table.chosen].file.step, &charts);
    }
    eval_form_draw(&c->form, wb, a);
}

/* ---- keys: looking ------------------------------------------------------------------------------------------- */

static unsigned choose(struct workbench *wb, struct checkpoints *c, int row)
{
    row = row >= c->count ? c->count - 1 : row;
    c->table.chosen = row < 0 ? 0 : row;
    if (c->count) show_cursor(wb, c->rows[c->table.chosen].file.step);
    look(wb, c);
    return AFTER_DRAW;
}

static unsigned on_move(struct workbench *wb, void *state, int key)
{
    struct checkpoints *c = state;
    return choose(wb, c, keys_walk(key, c->table.chosen, table_page(&c->table), c->count));
}

static unsigned sort_by(struct workbench *wb, struct checkpoints *c, int column)
{
    table_sort(&c->table, column, checkpoint_orders[column].more);
    checkpoint_rows_sort(c);
    preference_set(wb, "checkpoints.sort", columns[column].name);
    preference_set_int(wb, "checkpoints.down", c->table.down);
    return AFTER_DRAW;
}

static unsigned sort_chosen(struct workbench *wb, void *ctx, int row)
{
    struct checkpoints *c = ctx;
    sort_by(wb, c, row + COLUMN_STEP);
    if (checkpoint_orders[row + COLUMN_STEP].number >= 0) choose(wb, c, 0); /* the best one */
    return AFTER_DRAW;
}

static unsigned on_sort(struct workbench *wb, void *state, int argument)
{
    struct checkpoints *c = state;
    (void)argument;
    const char *rows[COLUMNS] = { NULL };
    for (int i = COLUMN_STEP; i < COLUMNS; i++) rows[i - COLUMN_STEP] = columns[i].title;
    dialog_choose(wb, "Best by; the same again turns round", rows, c->table.sort - COLUMN_STEP, sort_chosen, c);
    return AFTER_DRAW;
}

static unsigned on_verify(struct workbench *wb, void *state, int argument)
{
    struct checkpoints *c = state;
    struct checkpoint_row *r = checkpoint_chosen(c);
    (void)argument;
    if (!r) return AFTER_DRAW;
    if (r->digest != DIGEST_WAITING) r->digest = DIGEST_WAITING;
    news_more(wb);
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_verify_all(struct workbench *wb, void *state, int argument)
{
    struct checkpoints *c = state;
    (void)argument;
    for (int i = 0; i < c->count; i++)
        if (c->rows[i].digest != DIGEST_OK) c->rows[i].digest = DIGEST_WAITING;
    news_more(wb);
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_show(struct workbench *wb, void *state, int argument)
{
    struct checkpoint_row *r = checkpoint_chosen(state);
    (void)argument;
    if (!r) return AFTER_DRAW;
    show_step(wb, r->file.step);
    show_screen(wb, "spectrum");
    message_say(wb, "looking at step %lld; } follows the newest again", (long long)r->file.step);
    return AFTER_DRAW;
}

static unsigned checkpoints_key(struct workbench *wb, void *state, int key)
{
    return eval_form_key(&((struct checkpoints *)state)->form, wb, key);
}

static unsigned checkpoints_click(struct workbench *wb, void *state, int y, int x)
{
    struct checkpoints *c = state;
    int row, column;
    table_at(&c->table, y, x, &row, &column);
    if (column > COLUMN_MARK) return sort_by(wb, c, column);
    return row >= 0 && row < c->count ? choose(wb, c, row) : AFTER_DRAW;
}

static unsigned checkpoints_wheel(struct workbench *wb, void *state, int by)
{
    return choose(wb, state, ((struct checkpoints *)state)->table.chosen + by);
}

static const struct key_bind keys[] = {
    { KEYS_ENTER, 0, "look", "look", "the spectrum of the run at this step", on_show, 0, 0 },
    { 's', 0, "sort", "best by", "sort by a column: the best first", on_sort, 0, 0 },
    { 'd', 0, "verify", "verify", "read the file and compare its digest with the recorded one", on_verify, 0, 0 },
    { 'a', 0, "verify-all", NULL, "the same for all files", on_verify_all, 0, 0 },
    { 'e', 0, "export", "export", "write the encoder as safetensors, with torchvision's names", checkpoint_export, 0,
      0 },
    { 'E', 0, "evaluate", "evaluate", "score the encoder of this checkpoint: a form", checkpoint_evaluate, NEEDS_WRITE,
      0 },
    { 'C', 0, "checkpoint", "make", "save the running run now", run_control_checkpoint, NEEDS_WRITE, 0 },
    { 'H', 0, "hold", "hold", "hold it (pin): it is never thinned out; again: let go", checkpoint_pin, NEEDS_WRITE, 0 },
    { 'F', 0, "fork", "fork", "a new run that goes on from here, with other live settings if you like", checkpoint_fork,
      NEEDS_WRITE, 0 },
    { 'U', 0, "go-back", "go back", "go back to this step and go on from there (asks where newer steps are lost)",
      checkpoint_go_back, NEEDS_WRITE, 0 },
    { 'D', KEYS_DELETE, "delete", "delete", "delete the file and its row", checkpoint_delete, NEEDS_WRITE, 0 },
    { KEYS_UP, 'k', "up", NULL, "the one above", on_move, 0, KEYS_UP },
    { KEYS_DOWN, 'j', "down", NULL, "the one below", on_move, 0, KEYS_DOWN },
    { KEYS_PAGE_UP, 0, "page-up", NULL, "a page up", on_move, 0, KEYS_PAGE_UP },
    { KEYS_PAGE_DOWN, 0, "page-down", NULL, "a page down", on_move, 0, KEYS_PAGE_DOWN },
    { KEYS_HOME, '{', "top", NULL, "the first", on_move, 0, KEYS_HOME },
    { KEYS_END, '}', "end", NULL, "the last", on_move, 0, KEYS_END },
    CHART_KEY_X(NULL),
    { 0 },
};

const struct screen screen_checkpoints = {
    .name = "checkpoints",
    .title = "Checkpoints",
    .brief = "Ckpt",
    .digit = '9',
    .about =
        "The states of the run that can be loaded again. Loss, AUC of the quick probe on validation images (ridge, and "
        "kNN) and rank (RankMe over that of an isotropic Gaussian, global z and local d) are those at its step. A star "
        "marks the best by AUC, p a pinned one; the best of each column is underlined. The newest, the best, the "
        "pinned and those of kept epochs stay; others go as newer ones come (checkpoint.keep).",
    .keys = keys,
    .size = sizeof(struct checkpoints),
    .needs_run = true,
    .partner = "spectrum",
    .open = checkpoints_open,
    .close = checkpoints_close,
    .read = checkpoints_read,
    .draw = checkpoints_draw,
    .key = checkpoints_key,
    .click = checkpoints_click,
    .wheel = checkpoints_wheel,
};
