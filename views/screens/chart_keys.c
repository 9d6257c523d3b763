#include "views/screens/chart_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "views/analysis/format.h"
#include "views/analysis/level_rules.h"
#include "views/analysis/levels.h"
#include "views/analysis/x_axes.h"
#include "views/terminal/announce.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/frame.h"
#include "views/workbench/marks.h"
#include "views/workbench/message.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

/* ---- steps ---- */

static bool list_steps(struct workbench *wb, int64_t **steps, size_t *count)
{
    struct err e;
    if (!levels_steps(wb->store, wb->selection.run, level_table[wb->selection.level].name, "deviation", steps, count,
                      &e))
        return message_fail(wb, &e);
    if (*count) return true;
    message_say(wb, "nothing of %s is recorded yet; diagnose.steps says how often",
                level_table[wb->selection.level].brief);
    free(*steps);
    return false;
}

unsigned chart_keys_on_step(struct workbench *wb, void *state, int by)
{
    int64_t *steps;
    size_t count;
    char text[FORMAT_SIZE];
    (void)state;
    if (!list_steps(wb, &steps, &count)) return AFTER_DRAW;
    int last = (int)count - 1, at = levels_find(steps, count, wb->selection.step) + by;
    bool beyond = at < 0 || at > last;
    at = at < 0 ? 0 : at > last ? last : at;
    if (beyond && by > 0) film_beyond(wb);
    if (beyond)
        message_say(wb, "step %s is the %s recorded one", format_count(steps[at], text), by < 0 ? "first" : "newest");
    show_step(wb, at == last && by > 0 ? -1 : steps[at]);
    free(steps);
    return AFTER_READ;
}

unsigned chart_keys_on_first(struct workbench *wb, void *state, int argument)
{
    int64_t *steps;
    (void)argument;
    size_t count;
    (void)state;
    if (!list_steps(wb, &steps, &count)) return AFTER_DRAW;
    show_step(wb, steps[0]);
    free(steps);
    return AFTER_READ;
}

unsigned chart_keys_on_last(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    show_step(wb, -1);
    return AFTER_READ;
}

/* ---- marks and levels ---- */

unsigned chart_keys_on_mark(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    bool mark = !marks_has(wb, wb->selection.run);
    if (marks_set(wb, wb->selection.run, mark))
        message_say(wb, mark ? "%s is marked: it stays on the charts of other runs" : "%s is no longer marked",
                    wb->selection.summary.run.name);
    return AFTER_READ;
}

unsigned chart_keys_on_level(struct workbench *wb, void *state, int by)
{
    (void)state;
    const struct settings *s = &wb->selection.settings;
    int level = wb->selection.level;
    do level = (level + by + LEVELS_SHOWN) % LEVELS_SHOWN;
    while (wb->selection.settings_known &&
           !level_rules_of((enum method_kind)s->method.name, s->model.local, (enum engine_level)level).there);
    show_level(wb, (enum engine_level)level);
    return AFTER_READ;
}

/* ---- the x axis ---- */

unsigned chart_keys_on_x(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    show_x(wb, (enum x_kind)((wb->selection.x + 1) % X_KINDS));
    message_say(wb, "charts over a run: by %s", x_kind_names[wb->selection.x]);
    return AFTER_READ;
}

/* ---- figures ---- */

/* The figure that was asked for. One question is open at a time. */
static struct figure_request asked;

/* It as it is now: of the shown run and the marked ones, over what charts are drawn over. */
static struct figure_request request_now(const struct workbench *wb, int64_t runs[FIGURE_RUNS])
{
    struct figure_request q = asked;
    q.store = wb->store;
    q.runs = runs;
    q.run_count = 1;
    q.level = level_table[wb->selection.level].name;
    q.step = wb->selection.step;
    q.x = wb->selection.x;
    q.group = wb->selection.group;
    runs[0] = wb->selection.run;
    for (int i = 0; i < wb->selection.mark_count && q.run_count < FIGURE_RUNS; i++)
        if (wb->selection.marks[i] != wb->selection.run) runs[q.run_count++] = wb->selection.marks[i];
    return q;
}

/* Its numbers into the clipboard of the terminal, which may be on another machine. */
static void copy_numbers(struct workbench *wb)
{
    int64_t runs[FIGURE_RUNS];
    struct figure_request q = request_now(wb, runs);
    struct text out = { 0 };
    char *numbers = NULL, bytes[16];
    size_t n = 0;
    struct err e;
    q.format = FIGURE_CSV;
    q.stream = open_memstream(&numbers, &n);
    bool ok = q.stream && figure_write(&q, &e);
    if (!q.stream) err_set(&e, ERR_MEMORY, "clipboard: memory ran out");
    if (q.stream) fclose(q.stream);
    if (!ok)
        message_fail(wb, &e);
    else if (!announce_clipboard(numbers, n, &out))
        message_warn(wb, "%s of numbers are more than terminals take as a clipboard; give a file name",
                     text_bytes((double)n, bytes));
    else {
        if (wb->frame->terminal) terminal_send(wb->frame->terminal, &out);
        message_say(wb, "%s of numbers were sent to the terminal's clipboard (OSC 52)", text_bytes((double)n, bytes));
    }
    text_clear(&out);
    free(numbers);
}

static bool write_both(struct workbench *wb, const char *picture, const char *numbers, struct err *e)
{
    int64_t runs[FIGURE_RUNS];
    struct figure_request q = request_now(wb, runs);
    q.format = FIGURE_PNG;
    q.path = picture;
    if (!figure_write(&q, e)) return false;
    q.format = FIGURE_CSV;
    q.path = numbers;
    return figure_write(&q, e);
}

static const char clipboard[] = "clipboard";

/* Tab offers it. */
static const char *complete_clipboard(struct workbench *wb, void *ctx, const char *text, int i)
{
    (void)wb, (void)ctx, (void)text;
    return i == 0 ? clipboard : NULL;
}

static unsigned file_named(struct workbench *wb, void *ctx, const char *text)
{
    (void)ctx;
    char picture[STORE_PATH], numbers[STORE_PATH];
    struct err e;
    const char *home = getenv("HOME");
    bool short_home = text[0] == '~' && text[1] == '/' && home;
    size_t n = strlen(text);
    if (!n) return AFTER_DRAW;
    if (!strcmp(text, clipboard)) {
        copy_numbers(wb);
        return AFTER_DRAW;
    }
    if (text_ends(text, ".png") || text_ends(text, ".csv")) n -= 4;
    snprintf(picture, sizeof picture, "%s%.*s.png", short_home ? home : "", (int)n - short_home, text + short_home);
    snprintf(numbers, sizeof numbers, "%s%.*s.csv", short_home ? home : "", (int)n - short_home, text + short_home);
    if (write_both(wb, picture, numbers, &e))
        message_say(wb, "written: %s, and its numbers: %s", picture, numbers);
    else
        message_fail(wb, &e);
    return AFTER_DRAW;
}

unsigned chart_keys_export(struct workbench *wb, const struct figure_request *like)
{
    char initial[STORE_NAME + 64], stem[STORE_NAME];
    bool level = like->screen != FIGURE_LOSS;
    asked = *like;
    snprintf(initial, sizeof initial, "%s-%s%s%s.png", store_run_stem(&wb->selection.summary.run, stem),
             figure_screen_name(like->screen), level ? "-" : "", level ? level_table[wb->selection.level].name : "");
    dialog_ask(wb, &(struct dialog_question){ .label = "write PNG and CSV (Tab: clipboard) to ",
                                              .initial = initial,
                                              .history = "figure",
                                              .done = file_named,
                                              .complete = complete_clipboard,
                                              .select = true });
    return AFTER_DRAW;
}

unsigned chart_keys_on_export(struct workbench *wb, void *state, int screen)
{
    (void)state;
    return chart_keys_export(wb, &(struct figure_request){ .screen = (enum figure_screen)screen });
}
