/* `export RUN predictions`: what an evaluation gave each image, beside its labels, as a table from which every figure
 * can be computed again. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/output_file.h"
#include "app/commands/export/export_wanted.h"
#include "engine/base/text.h"

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
    if (!export_wanted(r, &w, e) || !predictions_task(r->app->store, w.task, &data, e)) return false;
    bool ok = predictions_newest(r->app->store, r->run, &w, &data, &p, e);
    if (ok) export_note_predictions(r->app, w.task, &p);
    ok = ok && write_table(r, &p, &data, e);
    predictions_clear(&p);
    store_contents_clear(&data);
    return ok;
}
