#include "views/screens/downstream_panes.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "views/screens/downstream_class.h"
#include "views/workbench/jobs.h"
#include "views/workbench/message.h"
#include "views/workbench/workbench.h"

enum { WORDS = 24 };

static const struct {
    const char *export, *ending; /* the kind of `export`; NULL: another command */
} panes[PANES] = {
    [PANE_ROC] = { "roc", "roc.png" },
    [PANE_PRECISION] = { "pr", "pr.png" },
    [PANE_RELIABILITY] = { "reliability", "reliability.png" },
    [PANE_MISTAKES] = { "mistakes", "mistakes.csv" },
    [PANE_COMPARED] = { NULL, "compared.csv" },
};

/* ---- the comparison ---- */

/* Words of compare for the shown and the marked runs; `numbers` holds their texts. NULL where none is marked. */
static const char **compare_words(const struct workbench *wb, const struct downstream_data *data,
                                  const char *words[WORDS], char numbers[SELECTION_MARKS + 2][32])
{
    const struct score_figure *f = &data->figures[data->chosen];
    int n = 0, runs = 0;
    words[n++] = "compare";
    snprintf(numbers[runs], sizeof *numbers, "%lld", (long long)wb->selection.run);
    words[n++] = numbers[runs++];
    for (int i = 0; i < wb->selection.mark_count; i++) {
        if (wb->selection.marks[i] == wb->selection.run) continue;
        snprintf(numbers[runs], sizeof *numbers, "%lld", (long long)wb->selection.marks[i]);
        words[n++] = numbers[runs++];
    }
    snprintf(numbers[runs], sizeof *numbers, "%g", f->fraction);
    words[n++] = "--task", words[n++] = downstream_data_task(data);
    words[n++] = "--protocol", words[n++] = f->protocol;
    words[n++] = "--labels", words[n++] = numbers[runs];
    words[n] = NULL;
    return runs > 1 ? words : NULL;
}

static void compared(struct workbench *wb, void *ctx, int status, const char *output)
{
    struct downstream_panes *v = ctx;
    struct err e;
    v->asked = false;
    if (status || !downstream_compared_parse(&v->compared, output, &e)) downstream_compared_clear(&v->compared);
    (void)wb;
}

/* Asks once for each question; an answer to an earlier one is waited for. */
static void ask(struct downstream_panes *v, struct workbench *wb, const struct downstream_data *data, bool anew)
{
    const char *words[WORDS];
    char numbers[SELECTION_MARKS + 2][32], question[sizeof v->compared_of] = "";
    bool fits = data->chosen < data->figure_count && !strcmp(data->figures[data->chosen].split, "test") &&
                compare_words(wb, data, words, numbers);
    if (v->asked) return;
    if (!fits) {
        downstream_compared_clear(&v->compared);
        *v->compared_of = '\0';
        return;
    }
    int n = 0;
    for (int i = 0; words[i] && (size_t)n < sizeof question; i++)
        n += snprintf(question + n, sizeof question - (size_t)n, "%s ", words[i]);
    if (!anew && !strcmp(question, v->compared_of)) return;
    memcpy(v->compared_of, question, sizeof question);
    n = 0;
    while (words[n]) n++;
    words[n++] = "--json";
    words[n] = NULL;
    v->asked = job_start(wb, "comparing", words, compared, v);
}

/* ---- reading ---- */

void downstream_panes_read(struct downstream_panes *v, struct workbench *wb, const struct downstream_data *data,
                           bool anew)
{
    if (v->pane == PANE_CLASSES) return;
    if (v->pane == PANE_COMPARED)
        ask(v, wb, data, anew);
    else
        downstream_curves_read(&v->curves, &wb->selection, data, anew);
}

void downstream_panes_clear(struct downstream_panes *v)
{
    downstream_curves_clear(&v->curves);
    downstream_compared_clear(&v->compared);
    album_clear(&v->mistakes);
}

/* ---- files ---- */

static void written(struct workbench *wb, void *ctx, int status, const char *output)
{
    (void)ctx, (void)output;
    if (!status) message_say(wb, "written");
}

/* The table that compare printed. */
static void write_compared(struct workbench *wb, void *ctx, int status, const char *output)
{
    const struct downstream_panes *v = ctx;
    struct text t = { 0 };
    struct err e;
    if (status) return;
    text_add(&t, output);
    if (file_write_text(v->path, &t, FILE_OF_USER, &e))
        message_say(wb, "%s: the comparison", v->path);
    else
        message_fail(wb, &e);
    text_clear(&t);
}

static void export_compared(struct downstream_panes *v, struct workbench *wb, const struct downstream_data *data,
                            const char *path)
{
    const char *words[WORDS];
    char numbers[SELECTION_MARKS + 2][32];
    int n = 0;
    if (data->chosen >= data->figure_count || !compare_words(wb, data, words, numbers)) {
        message_say(wb, "no run is marked: there is nothing to compare");
        return;
    }
    while (words[n]) n++;
    words[n++] = "--format", words[n++] = "csv";
    words[n] = NULL;
    snprintf(v->path, sizeof v->path, "%s", path);
    job_start(wb, "comparing", words, write_compared, v);
}

const char *downstream_panes_ending(const struct downstream_panes *v)
{
    return panes[v->pane].ending;
}

void downstream_panes_export(struct downstream_panes *v, struct workbench *wb, const struct downstream_data *data,
                             const char *path)
{
    char run[32], percent[32];
    const struct downstream_curves *c = &v->curves;
    if (v->pane == PANE_COMPARED) {
        export_compared(v, wb, data, path);
        return;
    }
    if (!c->count) {
        message_say(wb, "%s", c->why);
        return;
    }
    const struct predictions *from = &c->list[0].scores.from;
    snprintf(run, sizeof run, "%lld@%lld", (long long)wb->selection.run, (long long)from->step);
    snprintf(percent, sizeof percent, "%g", from->percent);
    const char *words[] = { "export",
                            run,
                            panes[v->pane].export,
                            "--task",
                            c->set.data.dataset.name,
                            "--class",
                            c->class,
                            "--protocol",
                            from->protocol,
                            "--labels",
                            percent,
                            "--context",
                            from->gates ? "on" : "off",
                            "-o",
                            path,
                            NULL };
    job_start(wb, "export", words, written, NULL);
}

/* ---- drawing ---- */

void downstream_panes_draw(struct downstream_panes *v, const struct workbench *wb, const struct area *a)
{
    if (v->pane == PANE_COMPARED)
        downstream_class_compared(v, a);
    else if (v->curves.count == 0)
        area_wrap(a, 0, 1, a->h, a->w - 2, INK_DIM, v->curves.why);
    else if (v->pane == PANE_MISTAKES)
        downstream_class_mistakes(v, wb, a);
    else
        downstream_class_curve(v, a);
}
