/* `export RUN predictions`: what an evaluation gave each image, beside its labels, as a table from which every figure
 * can be computed again. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/output_file.h"
#include "app/commands/export/export.h"
#include "app/session/predictions.h"
#include "engine/base/text.h"

static bool read_wanted(const struct export_request *r, struct predictions_wanted *w, struct err *e)
{
    const struct arguments *a = r->arguments;
    const char *context = arguments_text(a, "context", NULL);
    *w = (struct predictions_wanted){ .task = arguments_text(a, "task", r->run->dataset),
                                      .protocol = arguments_text(a, "protocol", NULL),
                                      .percent = arguments_float(a, "labels", 0),
                                      .draw = arguments_int(a, "draw", -1),
                                      .step = r->step,
                                      .gates = context ? !strcmp(context, "on") : -1 };
    if (context && strcmp(context, "on") && strcmp(context, "off"))
        return err_set(e, ERR_USAGE, "--context: '%s' is neither on nor off", context);
    return true;
}

/* The newest evaluation that is meant and whose predictions are there. */
static bool find(const struct export_request *r, const struct predictions_wanted *w, const struct store_contents *data,
                 struct predictions *out, struct err *e)
{
    struct store_evaluations list;
    struct store *s = r->app->store;
    bool met = false, ok = true;
    *out = (struct predictions){ 0 };
    if (!store_evaluation_list(s, r->run->id, &list, e)) return false;
    for (size_t i = list.count; ok && i-- > 0 && !out->n;) {
        if (!predictions_match(&list.rows[i], w)) continue;
        met = true;
        predictions_clear(out);
        ok = predictions_read(s, &list.rows[i], data, out, e);
        if (ok && out->n)
            app_note(r->app, "%s on %s, gates %s, %g %% of the labels, draw %lld, step %lld", list.rows[i].protocol,
                     list.rows[i].task, list.rows[i].context ? "on" : "off", list.rows[i].fraction,
                     (long long)list.rows[i].seed, (long long)list.rows[i].step);
    }
    store_evaluations_clear(&list);
    if (!ok || out->n) return ok;
    return err_set(
        e, ERR_NOT_FOUND,
        met ? "run %s: the predictions of that evaluation on %s were not kept; evaluate again: mlvicx eval %s "
              "--task %s"
            : "run %s: has no such evaluation on %s; make one: mlvicx eval %s --task %s",
        r->run->name, w->task, r->run->name, w->task);
}

static void add_columns(struct text *line, const char *kind, const struct store_contents *data)
{
    for (size_t c = 0; c < data->classes_count; c++) {
        struct text name = { 0 };
        text_printf(&name, "%s:%s", kind, data->classes[c]);
        text_printf(line, ",");
        text_cell(line, text_str(&name));
        text_clear(&name);
    }
}

static void add_row(struct text *line, const struct predictions *p, int i, const struct store_contents *data)
{
    const struct store_image *m = &data->images[p->images[i]];
    text_cell(line, m->path);
    text_printf(line, ",");
    text_cell(line, m->patient ? m->patient : "");
    text_printf(line, ",%s", store_split_name(m->split));
    for (int c = 0; c < p->classes; c++) {
        int label = data->labels[(size_t)p->images[i] * (size_t)p->classes + (size_t)c];
        text_printf(line, label < 0 ? "," : ",%d", label);
    }
    for (int c = 0; c < p->classes; c++) {
        double score = p->scores[(size_t)i * (size_t)p->classes + (size_t)c];
        text_printf(line, isnan(score) ? "," : ",%.17g", score);
    }
}

static bool write_table(const struct export_request *r, const struct predictions *p, const struct store_contents *data,
                        struct err *e)
{
    struct output_file o;
    struct text line = { 0 };
    if (!output_file_open(&o, r->out, e)) return false;
    text_printf(&line, "image,patient,split");
    add_columns(&line, "label", data);
    add_columns(&line, "score", data);
    for (int i = 0; i <= p->n; i++) {
        fprintf(o.stream, "%s\n", text_str(&line));
        line.length = 0;
        if (i < p->n) add_row(&line, p, i, data);
    }
    bool ok = !line.broken || err_set(e, ERR_MEMORY, "export: no memory");
    text_clear(&line);
    return output_file_close(&o, ok, e);
}

bool export_predictions(const struct export_request *r, struct err *e)
{
    struct predictions_wanted w;
    struct store_contents data;
    struct predictions p = { 0 };
    if (!read_wanted(r, &w, e) || !predictions_task(r->app->store, w.task, &data, e)) return false;
    bool ok = find(r, &w, &data, &p, e) && write_table(r, &p, &data, e);
    predictions_clear(&p);
    store_contents_clear(&data);
    return ok;
}
