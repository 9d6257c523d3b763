#include "views/screens/recorded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "views/analysis/format.h"
#include "views/analysis/levels.h"

/* ---- steps ---- */

static bool list_steps(struct desk *d, int64_t **steps, size_t *count)
{
    struct err e;
    if (!levels_steps(d->store, d->run, levels_names[d->level], "deviation", steps, count, &e)) return desk_fail(d, &e);
    if (*count) return true;
    desk_say(d, "nothing of %s is recorded yet; diagnose.steps says how often", levels_brief[d->level]);
    free(*steps);
    return false;
}

static unsigned walk(struct desk *d, int by)
{
    int64_t *steps;
    size_t count;
    char text[FORMAT_SIZE];
    if (!list_steps(d, &steps, &count)) return AFTER_DRAW;
    int last = (int)count - 1, at = levels_find(steps, count, d->step) + by;
    bool beyond = at < 0 || at > last;
    at = at < 0 ? 0 : at > last ? last : at;
    if (beyond)
        desk_say(d, "step %s is the %s recorded one", format_count(steps[at], text), by < 0 ? "first" : "newest");
    desk_set_step(d, at == last && by > 0 ? -1 : steps[at]);
    free(steps);
    return AFTER_READ;
}

unsigned recorded_on_back(struct desk *d, void *state)
{
    (void)state;
    return walk(d, -1);
}

unsigned recorded_on_forward(struct desk *d, void *state)
{
    (void)state;
    return walk(d, 1);
}

unsigned recorded_on_first(struct desk *d, void *state)
{
    int64_t *steps;
    size_t count;
    (void)state;
    if (!list_steps(d, &steps, &count)) return AFTER_DRAW;
    desk_set_step(d, steps[0]);
    free(steps);
    return AFTER_READ;
}

unsigned recorded_on_last(struct desk *d, void *state)
{
    (void)state;
    desk_set_step(d, -1);
    return AFTER_READ;
}

/* ---- marks and levels ---- */

unsigned recorded_on_mark(struct desk *d, void *state)
{
    (void)state;
    bool mark = !desk_marked(d, d->run);
    if (desk_mark(d, d->run, mark))
        desk_say(d, mark ? "%s is marked: it stays on the charts of other runs" : "%s is no longer marked",
                 d->facts.run.name);
    return AFTER_READ;
}

static unsigned change_level(struct desk *d, int by)
{
    desk_set_level(d, (enum levels_level)(((int)d->level + by + LEVELS_SHOWN) % LEVELS_SHOWN));
    return AFTER_READ;
}

unsigned recorded_on_level(struct desk *d, void *state)
{
    (void)state;
    return change_level(d, 1);
}

unsigned recorded_on_level_back(struct desk *d, void *state)
{
    (void)state;
    return change_level(d, -1);
}

/* ---- figures ---- */

static enum figure_view view_of(const void *ctx)
{
    return *(const enum figure_view *)ctx;
}

static bool write_both(struct desk *d, enum figure_view view, const char *picture, const char *numbers, struct err *e)
{
    int64_t runs[FIGURE_RUNS] = { d->run };
    struct figure_request q = { .store = d->store,
                                .runs = runs,
                                .run_count = 1,
                                .view = view,
                                .level = levels_names[d->level],
                                .step = d->step,
                                .format = FIGURE_PNG,
                                .path = picture };
    for (int i = 0; i < d->mark_count && q.run_count < FIGURE_RUNS; i++)
        if (d->marks[i] != d->run) runs[q.run_count++] = d->marks[i];
    if (!figure_write(&q, e)) return false;
    q.format = FIGURE_CSV;
    q.path = numbers;
    return figure_write(&q, e);
}

static unsigned file_named(struct desk *d, void *ctx, const char *text)
{
    char picture[STORE_PATH], numbers[STORE_PATH];
    struct err e;
    const char *home = getenv("HOME");
    bool short_home = text[0] == '~' && text[1] == '/' && home;
    size_t n = strlen(text);
    if (!n) return AFTER_DRAW;
    if (text_ends(text, ".png") || text_ends(text, ".csv")) n -= 4;
    snprintf(picture, sizeof picture, "%s%.*s.png", short_home ? home : "", (int)n - short_home, text + short_home);
    snprintf(numbers, sizeof numbers, "%s%.*s.csv", short_home ? home : "", (int)n - short_home, text + short_home);
    if (write_both(d, view_of(ctx), picture, numbers, &e))
        desk_say(d, "written: %s, and its numbers: %s", picture, numbers);
    else
        desk_fail(d, &e);
    return AFTER_DRAW;
}

unsigned recorded_export(struct desk *d, enum figure_view view)
{
    static const enum figure_view known[FIGURE_VIEW_COUNT] = { FIGURE_LOSS, FIGURE_VARIANCE, FIGURE_COVARIANCE,
                                                               FIGURE_SPECTRUM };
    char initial[STORE_NAME + 64], stem[STORE_NAME];
    bool level = view != FIGURE_LOSS;
    snprintf(initial, sizeof initial, "%s-%s%s%s.png", store_run_stem(&d->facts.run, stem), figure_view_name(view),
             level ? "-" : "", level ? levels_names[d->level] : "");
    desk_ask(d, &(struct desk_question){ .label = "write the figure (PNG, and its numbers as CSV) to ",
                                         .initial = initial,
                                         .history = "figure",
                                         .done = file_named,
                                         .ctx = (void *)&known[view] });
    return AFTER_DRAW;
}
