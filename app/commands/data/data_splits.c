/* `data splits`: which image stands in which split, and which keep their labels in a draw, so that others can repeat
 * both. */
#include <stdlib.h>
#include <string.h>

#include "app/cli/command.h"
#include "app/cli/output_file.h"
#include "app/session/labels.h"
#include "engine/base/text.h"
#include "store/dataset.h"

static const char *const split_words[] = { "none", "train", "val", "test" };

/* Which training images keep their labels. */
struct draw {
    bool asked;
    double percent;
    int64_t draw;
    bool *kept; /* [images] */
};

static bool draw_labels(const struct store_contents *c, struct draw *d, struct err *e)
{
    size_t n = c->images_count, classes = c->classes_count;
    if (!d->asked) return true;
    if (!classes || !c->labels) return err_set(e, ERR_DATA, "--labels: the data set has no labels");
    uint32_t *train = malloc((n + 1) * sizeof *train), *rows = malloc((n + 1) * sizeof *rows),
             *all = labels_patients(c, e), *patients = malloc((n + 1) * sizeof *patients);
    int8_t *labels = malloc(n * classes + 1);
    int count = 0;
    struct fraction_images from = { 0, (int)classes, labels, patients };
    bool ok = train && rows && all && patients && labels && (d->kept = calloc(n + 1, 1));
    if (!ok) err_set(e, ERR_MEMORY, "labels of %zu images: no memory", n);
    for (size_t i = 0; ok && i < n; i++) {
        if (c->images[i].split != STORE_SPLIT_TRAIN) continue;
        train[from.n] = (uint32_t)i;
        patients[from.n] = all[i];
        memcpy(labels + (size_t)from.n++ * classes, c->labels + i * classes, classes);
    }
    ok = ok && labels_draw(&from, d->percent, d->draw, rows, &count, e);
    for (int k = 0; ok && k < count; k++) d->kept[train[rows[k]]] = true;
    free(train);
    free(rows);
    free(all);
    free(patients);
    free(labels);
    return ok;
}

static bool write_rows(FILE *f, const struct store_contents *c, const struct draw *d, struct err *e)
{
    fprintf(f, "image,patient,split%s\n", d->asked ? ",labels" : "");
    for (size_t i = 0; i < c->images_count; i++) {
        const struct store_image *m = &c->images[i];
        struct text line = { 0 };
        text_cell(&line, m->path);
        text_add(&line, ",");
        text_cell(&line, m->patient ? m->patient : "");
        text_printf(&line, ",%s", split_words[m->split]);
        if (d->asked) text_add(&line, m->split != STORE_SPLIT_TRAIN ? "," : d->kept[i] ? ",1" : ",0");
        bool ok = !line.broken;
        if (ok) fprintf(f, "%s\n", text_str(&line));
        text_clear(&line);
        if (!ok) return err_set(e, ERR_MEMORY, "no memory");
    }
    return true;
}

static int splits_run(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct store_dataset row;
    struct store_contents c = { 0 };
    struct output_file o;
    struct draw d = { .asked = arguments_has(a, "labels"),
                      .percent = arguments_float(a, "labels", 100),
                      .draw = arguments_int(a, "draw", 0) };
    if (app->json) {
        err_set(&e, ERR_USAGE,
                "data splits: writes CSV, not JSON: leave --json out, or take -o FILE.csv; mlvicx data show %s --json "
                "has the numbers",
                arguments_word(a, 0));
        return app_fail(app, &e);
    }
    if (!d.asked && arguments_has(a, "draw")) {
        err_set(&e, ERR_USAGE, "data splits: --draw is one of labels: add --labels PERCENT");
        return app_fail(app, &e);
    }
    struct store *s = app_existing_store(app, STORE_READ, &e);
    if (!s || !store_dataset_find(s, arguments_word(a, 0), &row, &e)) return app_fail(app, &e);
    bool ok = store_dataset_load(s, row.id, STORE_PART_IMAGES | STORE_PART_LABELS, &c, &e) && draw_labels(&c, &d, &e) &&
              output_file_open(&o, arguments_text(a, "output", NULL), &e);
    if (ok) ok = output_file_close(&o, write_rows(o.stream, &c, &d, &e), &e);
    free(d.kept);
    store_contents_clear(&c);
    store_dataset_clear(&row);
    return ok ? 0 : app_fail(app, &e);
}

static const struct option_row options[] = {
    { "output", 'o', OPTION_TEXT, "FILE", "where to write [standard output]", 0, 0 },
    { "labels", 0, OPTION_FLOAT, "PERCENT", "also which training images keep their labels in a draw of this share", 0,
      100 },
    { "draw", 0, OPTION_INT, "K", "which draw [0]", 0, 1000000 },
    { 0 },
};
const struct command command_data_splits = {
    .name = "data splits",
    .arguments = "NAME",
    .summary = "write which image stands in which split, as a table",
    .least = 1,
    .most = 1,
    .options = options,
    .run = splits_run,
    .details = "Columns: image, patient, split and, with --labels, labels (1 kept, 0 not, empty outside of train).\n"
               "data import ... --splits FILE takes such a table.",
};
