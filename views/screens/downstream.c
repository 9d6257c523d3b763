/* Downstream: what the encoder is worth on labelled images: the probe while training, and evaluations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "store/run.h"
#include "views/screens/chart_keys.h"
#include "views/screens/downstream_draw.h"
#include "views/terminal/keys.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/message.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

static void downstream_close(struct workbench *wb, void *state)
{
    struct downstream *v = state;
    (void)wb;
    downstream_data_clear(&v->data);
    downstream_panes_clear(&v->panes);
    eval_form_close(&v->form);
}

static bool downstream_read(struct workbench *wb, void *state, unsigned news)
{
    struct downstream *v = state;
    struct err e;
    if (news & NEWS_RUN) v->form.shown = false, v->data.chosen = v->data.figure_count = v->first_class = 0;
    if (news & NEWS_STORE) eval_form_refresh(&v->form, wb);
    if (news & (NEWS_OPEN | NEWS_RUN | NEWS_ROWS | NEWS_PAST | NEWS_X) &&
        !downstream_data_read(&v->data, &wb->selection, &e))
        message_fail(wb, &e);
    if (news & NEWS_STEP) {
        downstream_data_collect(&v->data, wb->selection.step);
        if (!downstream_data_look(&v->data, &wb->selection, &e)) message_fail(wb, &e);
    }
    downstream_panes_read(&v->panes, wb, &v->data, (news & (NEWS_ROWS | NEWS_PAST | NEWS_DATA)) != 0);
    return true;
}

static void downstream_draw(struct workbench *wb, void *state, const struct area *a)
{
    downstream_draw_all(state, wb, a);
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

/* Another figure, class or pane: what is behind it must be read. */
enum { AFTER_CHOICE = AFTER_DRAW | AFTER_READ };

static unsigned on_move(struct workbench *wb, void *state, int by)
{
    struct downstream *v = state;
    (void)wb;
    v->data.chosen += by;
    if (v->data.chosen >= v->data.figure_count) v->data.chosen = v->data.figure_count - 1;
    if (v->data.chosen < 0) v->data.chosen = 0;
    return AFTER_CHOICE;
}
static unsigned on_scroll(struct workbench *wb, void *state, int pages)
{
    struct downstream *v = state;
    (void)wb;
    v->first_class += pages * (v->class_height > 1 ? v->class_height : 1);
    v->panes.first += pages * (v->panes.page > 1 ? v->panes.page : 1);
    return AFTER_DRAW;
}

static unsigned on_pane(struct workbench *wb, void *state, int argument)
{
    struct downstream *v = state;
    (void)wb, (void)argument;
    v->panes.pane = (v->panes.pane + 1) % PANES;
    v->panes.first = 0;
    return AFTER_CHOICE;
}

static unsigned on_task(struct workbench *wb, void *state, int argument)
{
    struct downstream *v = state;
    (void)argument;
    if (v->data.task_count) v->data.task = (v->data.task + 1) % v->data.task_count;
    v->data.class[0] = '\0';
    v->data.chosen = v->data.figure_count = 0;
    downstream_data_collect(&v->data, wb->selection.step);
    return AFTER_CHOICE;
}

/* Selects the next protocol in the table. */
static unsigned on_protocol(struct workbench *wb, void *state, int argument)
{
    struct downstream *v = state;
    (void)wb, (void)argument;
    for (int i = 1; i < v->data.figure_count; i++) {
        int at = (v->data.chosen + i) % v->data.figure_count;
        if (!strcmp(v->data.figures[at].protocol, v->data.figures[v->data.chosen].protocol)) continue;
        v->data.chosen = at;
        break;
    }
    return AFTER_CHOICE;
}

static unsigned class_chosen(struct workbench *wb, void *ctx, int row)
{
    struct downstream *v = ctx;
    const struct store_evaluation *e = downstream_data_evaluation(&v->data);
    v->data.class[0] = '\0';
    if (e && row > 0 && (size_t)row <= e->scores_count)
        snprintf(v->data.class, sizeof v->data.class, "%s", e->scores[row - 1].name);
    downstream_data_collect(&v->data, wb->selection.step);
    v->panes.first = 0;
    return AFTER_CHOICE;
}

static unsigned on_class(struct workbench *wb, void *state, int argument)
{
    struct downstream *v = state;
    const struct store_evaluation *e = downstream_data_evaluation(&v->data);
    (void)argument;
    const char **rows = e ? calloc(e->scores_count + 2, sizeof *rows) : NULL;
    if (!rows) return AFTER_DRAW;
    rows[0] = "macro mean";
    for (size_t i = 0; i < e->scores_count; i++) rows[i + 1] = e->scores[i].name;
    dialog_choose(wb, "AUC of", rows, 0, class_chosen, v);
    free(rows);
    return AFTER_DRAW;
}

static unsigned on_evaluate(struct workbench *wb, void *state, int argument)
{
    (void)argument;
    eval_form_open(&((struct downstream *)state)->form, wb, wb->selection.step);
    return AFTER_DRAW;
}

/* Moves to the next or previous step that was evaluated on this task. */
static unsigned on_step(struct workbench *wb, void *state, int by)
{
    struct downstream *v = state;
    if (!v->data.count) return AFTER_DRAW;
    const struct store_evaluations *all = &v->data.runs[0]->rows;
    int64_t at = wb->selection.step, found = -1, newest = -1;
    for (size_t i = 0; i < all->count; i++)
        if (!strcmp(all->rows[i].task, downstream_data_task(&v->data)) && all->rows[i].step > newest)
            newest = all->rows[i].step;
    if (at < 0) at = newest;
    for (size_t i = 0; i < all->count; i++) {
        int64_t step = all->rows[i].step;
        if (strcmp(all->rows[i].task, downstream_data_task(&v->data)) || (by < 0 ? step >= at : step <= at)) continue;
        if (found < 0 || (by < 0 ? step > found : step < found)) found = step;
    }
    if (found >= 0 || by > 0) show_step(wb, found == newest || found < 0 ? -1 : found);
    return AFTER_DRAW | AFTER_READ;
}
static unsigned on_last(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    show_step(wb, -1);
    return AFTER_DRAW | AFTER_READ;
}

static unsigned write_pane(struct workbench *wb, void *ctx, const char *path)
{
    struct downstream *v = ctx;
    downstream_panes_export(&v->panes, wb, &v->data, path);
    return AFTER_DRAW;
}

static unsigned write_csv(struct workbench *wb, void *ctx, const char *path)
{
    const struct downstream *v = ctx;
    struct text t = { 0 };
    struct err e;
    for (int r = 0; r < v->data.count; r++)
        scores_csv(&v->data.runs[r]->rows, v->data.runs[r]->run ? v->data.runs[r]->name : "", r == 0, &t);
    if (file_write_text(path, &t, FILE_OF_USER, &e))
        message_say(wb, "%s: all evaluations of the shown, the marked and random encoders", path);
    else
        message_fail(wb, &e);
    text_clear(&t);
    return AFTER_DRAW;
}

static unsigned on_export(struct workbench *wb, void *state, int argument)
{
    struct downstream *v = state;
    char name[STORE_NAME + 24], stem[STORE_NAME];
    bool pane = v->panes.pane != PANE_CLASSES;
    (void)argument;
    snprintf(name, sizeof name, "%s-%s", store_run_stem(&wb->selection.summary.run, stem),
             pane ? downstream_panes_ending(&v->panes) : "auc.csv");
    dialog_ask(wb, &(struct dialog_question){ .label = "to file: ",
                                              .initial = name,
                                              .history = pane ? "pane" : "auc",
                                              .done = pane ? write_pane : write_csv,
                                              .ctx = state });
    return AFTER_DRAW;
}

static unsigned downstream_key(struct workbench *wb, void *state, int key)
{
    return eval_form_key(&((struct downstream *)state)->form, wb, key);
}

static unsigned downstream_wheel(struct workbench *wb, void *state, int by)
{
    (void)wb;
    return on_move(wb, state, by);
}

static const struct key_bind keys[] = {
    { 'E', 0, "evaluate", "evaluate", "score this encoder on labelled images: a form", on_evaluate, NEEDS_WRITE, 0 },
    { 'c', 0, "class", "class", "one class instead of the macro mean", on_class, 0, 0 },
    { 't', 0, "task", "task", "the next data set that was scored", on_task, 0, 0 },
    { 'p', 0, "protocol", "protocol", "the next protocol: linear, knn, ridge (the quick probe)", on_protocol, 0, 0 },
    CHART_KEY_X(NULL),
    { 'v', 0, "view", "view",
      "what stands below: classes, ROC, precision and recall, reliability, the worst mistakes, marked runs compared",
      on_pane, 0, 0 },
    { '[', 0, "earlier", "step", "the evaluated step before", on_step, 0, -1 },
    { ']', 0, "later", NULL, "the next evaluated step", on_step, 0, 1 },
    { '}', 0, "last", NULL, "the newest of each, and follow it", on_last, 0, 0 },
    { 'e', 0, "export", "export", "write all evaluations as CSV; of a view its figure (PNG, CSV) or list (CSV)",
      on_export, 0, 0 },
    { KEYS_UP, 'k', "up", NULL, "the figure above", on_move, 0, -1 },
    { KEYS_DOWN, 'j', "down", NULL, "the figure below: its classes are listed", on_move, 0, 1 },
    { KEYS_PAGE_UP, 0, "page-up", NULL, "classes or mistakes before", on_scroll, 0, -1 },
    { KEYS_PAGE_DOWN, 0, "page-down", NULL, "more classes or mistakes", on_scroll, 0, 1 },
    { 0 },
};

const struct screen screen_downstream = {
    .name = "downstream",
    .title = "Downstream",
    .brief = "Down",
    .digit = '6',
    .about =
        "What the frozen encoder is worth on labelled images, as area under the ROC curve: .5 is chance, 1 "
        "perfect. Above, "
        "the quick probe on validation images as training goes on. Then a line for each protocol and share of the "
        "labels, with the spread over draws; the columns on the right are the difference from a random encoder "
        "and from "
        "marked runs. A class has no area (-) where the labels of the fit or the scored images hold only one of both "
        "values; it is left out of the mean. An encoder that is "
        "worth no more than a random one has learned nothing (score it: E, checkpoint: random). v shows what lies "
        "behind a "
        "class: its curves with the threshold that validation images chose, the worst mistakes (hard, or labelled "
        "wrongly), and marked runs compared, with p by patient.",
    .keys = keys,
    .size = sizeof(struct downstream),
    .needs_run = true,
    .close = downstream_close,
    .read = downstream_read,
    .draw = downstream_draw,
    .key = downstream_key,
    .wheel = downstream_wheel,
};
