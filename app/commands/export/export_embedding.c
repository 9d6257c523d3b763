/* `export RUN embedding`: what the network makes of each image of the probe set, beside its labels and its place on the
 * map that keeps neighbours, if there is one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/output_file.h"
#include "app/commands/export/export.h"
#include "engine/base/text.h"
#include "store/dataset.h"
#include "store/snapshot.h"
#include "views/analysis/levels.h"

/* All of it. Zero-initialise. */
struct embedding_table {
    const char *level;
    struct store_snapshot rows, map, images; /* map, images: without data where they are not kept */
    struct store_contents data;              /* of the run's data set; empty where that is gone */
};

static bool optional(struct store *s, const struct store_snapshot_key *k, struct store_snapshot *out, struct err *e)
{
    struct err why;
    if (store_snapshot_get(s, k, out, &why)) return true;
    *out = (struct store_snapshot){ 0 };
    return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
}

/* The data set as far as it is there; images that are not those of the rows are not named. */
static bool read_set(const struct export_request *r, struct embedding_table *t, struct err *e)
{
    struct store_dataset row;
    struct err why;
    bool known = t->images.data && t->images.cols == t->rows.rows;
    if (store_dataset_find(r->app->store, r->run->dataset, &row, &why)) {
        int64_t id = row.id;
        store_dataset_clear(&row);
        if (!store_dataset_load(r->app->store, id, STORE_PART_IMAGES | STORE_PART_LABELS, &t->data, e)) return false;
    } else if (why.code != ERR_NOT_FOUND) {
        return err_set(e, why.code, "%s", why.msg);
    }
    for (int i = 0; known && i < t->rows.rows; i++)
        known = t->images.data[i] >= 0 && (double)t->images.data[i] < (double)t->data.images_count;
    if (known) return true;
    app_note(r->app, "run %s: which images the rows are is not known any more", r->run->name);
    store_contents_clear(&t->data);
    t->data = (struct store_contents){ 0 };
    return true;
}

static bool read_table(const struct export_request *r, struct embedding_table *t, struct err *e)
{
    int64_t *steps, step;
    size_t count;
    t->level = arguments_text(r->arguments, "level", "h");
    if (!levels_check(t->level, e) ||
        !levels_steps(r->app->store, r->run->id, t->level, "embedding", &steps, &count, e))
        return false;
    int at = levels_find(steps, count, r->step);
    step = at >= 0 ? steps[at] : -1;
    free(steps);
    if (at < 0)
        return err_set(
            e, ERR_NOT_FOUND,
            "run %s: no embedding of %s is kept%s; z, d and h come with the diagnostics (diagnose.steps), the "
            "newest and those of checkpoints stay",
            r->run->name, t->level, r->step >= 0 ? " at that step or before" : "");
    struct store_snapshot_key key = { r->run->id, step, t->level, "embedding" };
    if (!store_snapshot_get(r->app->store, &key, &t->rows, e)) return false;
    key.kind = "tsne";
    if (!optional(r->app->store, &key, &t->map, e)) return false;
    key.level = "all", key.kind = "images";
    if (!optional(r->app->store, &key, &t->images, e) || !read_set(r, t, e)) return false;
    app_note(r->app, "%s at step %lld%s%s", levels_title(t->level), (long long)step,
             t->map.data ? "" : "; no map: first make one with mlvicx map ", t->map.data ? "" : r->run->name);
    return true;
}

static void head_line(struct text *line, const struct embedding_table *t)
{
    text_printf(line, "image,patient,split");
    for (size_t c = 0; t->data.labels && c < t->data.classes_count; c++) {
        struct text name = { 0 };
        text_printf(&name, "label:%s", t->data.classes[c]);
        text_printf(line, ",");
        text_cell(line, text_str(&name));
        text_clear(&name);
    }
    text_printf(line, ",tsne:x,tsne:y");
    for (int c = 0; c < t->rows.cols; c++) text_printf(line, ",%s:%d", t->level, c);
}

static void image_cells(struct text *line, const struct embedding_table *t, int row)
{
    size_t image = (size_t)t->images.data[row];
    const struct store_image *m = &t->data.images[image];
    text_cell(line, m->path);
    text_printf(line, ",");
    text_cell(line, m->patient ? m->patient : "");
    text_printf(line, ",%s", store_split_name(m->split));
    for (size_t c = 0; t->data.labels && c < t->data.classes_count; c++) {
        int label = t->data.labels[image * t->data.classes_count + c];
        text_printf(line, label < 0 ? "," : ",%d", label);
    }
}

static void add_row(struct text *line, const struct embedding_table *t, int row)
{
    bool mapped = t->map.data && t->map.rows == t->rows.rows && t->map.cols == 2;
    if (t->data.images)
        image_cells(line, t, row);
    else
        text_printf(line, ",,");
    for (int c = 0; c < 2; c++)
        text_printf(line, mapped ? ",%.9g" : ",", mapped ? (double)t->map.data[2 * row + c] : 0);
    for (int c = 0; c < t->rows.cols; c++)
        text_printf(line, ",%.9g", (double)t->rows.data[(size_t)row * (size_t)t->rows.cols + (size_t)c]);
}

static bool write_table(const struct export_request *r, const struct embedding_table *t, struct err *e)
{
    struct output_file o;
    struct text line = { 0 };
    if (!output_file_open(&o, r->out, e)) return false;
    head_line(&line, t);
    for (int i = 0; i <= t->rows.rows; i++) {
        fprintf(o.stream, "%s\n", text_str(&line));
        line.length = 0;
        if (i < t->rows.rows) add_row(&line, t, i);
    }
    bool ok = !line.broken || err_set(e, ERR_MEMORY, "export: no memory");
    text_clear(&line);
    return output_file_close(&o, ok, e);
}

bool export_embedding(const struct export_request *r, struct err *e)
{
    struct embedding_table t = { 0 };
    bool ok = read_table(r, &t, e) && write_table(r, &t, e);
    store_snapshot_clear(&t.rows);
    store_snapshot_clear(&t.map);
    store_snapshot_clear(&t.images);
    store_contents_clear(&t.data);
    return ok;
}
