/* `predict`: applies the classifier of a run to new images. They are imported like a data set, into a temporary pack
 * that is deleted as soon as it is open. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/command.h"
#include "app/cli/output_file.h"
#include "app/cli/process.h"
#include "app/session/checkpoint_files.h"
#include "app/worker/eval.h"
#include "engine/base/clock.h"
#include "engine/base/folder.h"
#include "engine/base/text.h"
#include "engine/data/import/import.h"
#include "store/dataset.h"

enum { TOLD_UNREADABLE = 20, PATH = 4096, SILENT_SECONDS = 3 };

static const struct option_row options[] = {
    { "output", 'o', OPTION_TEXT, "FILE", "the table [standard output]", 0, 0 },
    { "any-modality", 0, OPTION_FLAG, NULL, "DICOM files that are no projection radiographs, too", 0, 0 },
    { 0 },
};

/* Everything of one invocation. */
struct predicting {
    struct app *app;
    struct store_run run;
    struct eval_encoder encoder;
    struct dataset *images;
    struct pack *pack;
    double *scores; /* [images, classes] */
    bool any_modality;
    double began; /* seconds on clock_seconds */
};

static bool go_on(void *ctx, const struct import_progress *p)
{
    struct predicting *v = ctx;
    if (p->total && (v->app->terminal || clock_seconds() - v->began > SILENT_SECONDS))
        app_progress(v->app, p->done == p->total && !strcmp(p->phase, "reading"), "%s %llu of %llu %s", p->phase,
                     (unsigned long long)p->done, (unsigned long long)p->total,
                     text_number(p->total, "image", "images"));
    return !process_asked();
}

static bool score_progress(void *ctx, int done, int total)
{
    struct predicting *v = ctx;
    if (v->app->terminal || clock_seconds() - v->began > SILENT_SECONDS)
        app_progress(v->app, done == total, "scored %d of %d %s", done, total, text_number(total, "image", "images"));
    return !process_asked();
}

/* Patients of DICOM files are not kept: any key will do. */
static bool some_key(void *ctx, uint8_t key[IMPORT_KEY], struct err *e)
{
    (void)ctx, (void)e;
    memset(key, 0, IMPORT_KEY);
    return true;
}

static bool open_encoder(struct predicting *v, const char *word, struct err *e)
{
    struct store_checkpoint row;
    int64_t step;
    int channels;
    if (!app_find_run_step(v->app, word, &v->run, &step, e) ||
        !store_checkpoint_find(v->app->store, v->run.id, step, &row, e) ||
        !checkpoint_files_channels(v->app->store, v->run.id, &row, &channels, e) ||
        !eval_encoder_run(&v->encoder, v->app->store, &v->run, row.step, 0, channels, e))
        return false;
    return v->encoder.classes ||
           err_set(
               e, ERR_USAGE,
               "predict: run %s has no classifier of its own; train one: mlvicx train --method supervised --parent %s",
               v->run.name, v->run.name);
}

/* The side of the training images: images are first resized to it, then to the size of the network, as in training. */
static int side_of_training(struct predicting *v)
{
    struct store_dataset row;
    int size = v->encoder.config.model.size;
    if (!store_dataset_find(v->app->store, v->run.dataset, &row, NULL)) {
        app_note(v->app, "data set %s is gone: images are resized to %d px at once", v->run.dataset, size);
        return size;
    }
    if (row.size > size) size = (int)row.size;
    store_dataset_clear(&row);
    return size;
}

/* Imports into `dir` and opens the pack. */
static bool import_images(struct predicting *v, const char *folder, const struct folder *dir, struct err *e)
{
    const struct import_config c = { .kind = "folder",
                                     .path = folder,
                                     .name = "predict",
                                     .size = side_of_training(v),
                                     .channels = v->encoder.config.model.channels,
                                     .views = IMPORT_ALL_VIEWS,
                                     .any_modality = v->any_modality,
                                     .patient_key = some_key,
                                     .into = dir,
                                     .progress = go_on,
                                     .ctx = v };
    if (!import_run(&c, NULL, &v->images, e)) return false;
    int fd = folder_file(dir, v->images->pack, FOLDER_READ, e);
    return fd >= 0 && pack_take(fd, v->images->pack, &v->pack, e);
}

/* Imports the images into a pack in a temporary folder, which is removed before they are scored. */
static bool read_images(struct predicting *v, const char *folder, struct err *e)
{
    const char *base = getenv("TMPDIR");
    char path[PATH];
    struct folder outer, inner = { .fd = -1 };
    if (!base || *base != '/') base = "/tmp";
    if (snprintf(path, sizeof path, "%s/mlvicx-predict.XXXXXX", base) >= PATH)
        return err_set(e, ERR_USAGE, "TMPDIR: the path is too long");
    if (!folder_open(&outer, base, base, e)) return false;
    bool made = mkdtemp(path) != NULL, ok = made || err_errno(e, "%s: no folder for the images that are read", path);
    ok = ok && folder_open(&inner, path, path, e) && import_images(v, folder, &inner, e);
    folder_close(&inner);
    if (made) folder_remove(&outer, strrchr(path, '/') + 1, NULL);
    folder_close(&outer);
    return ok;
}

static void tell_unreadable(const struct predicting *v)
{
    const struct dataset *d = v->images;
    for (uint32_t i = 0; i < d->unreadable_count && i < TOLD_UNREADABLE; i++)
        app_note(v->app, "%s: skipped: %s", d->unreadable[i].path, d->unreadable[i].reason);
    if (d->unreadable_count > TOLD_UNREADABLE)
        app_note(v->app, "and %u more that cannot be read", d->unreadable_count - TOLD_UNREADABLE);
    for (uint32_t i = 0; i < d->remark_count; i++)
        if (strstr(d->remarks[i], "DICOM")) app_note(v->app, "%s", d->remarks[i]);
}

/* Name k in the list of classes of the classifier, one per line. */
static void class_name(const struct eval_encoder *c, int k, char *out, size_t size)
{
    const char *line = c->classes;
    for (; k > 0 && line; k--) line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL;
    snprintf(out, size, "%.*s", line ? (int)strcspn(line, "\n") : 0, line ? line : "");
}

static bool score(struct predicting *v, struct err *e)
{
    int n = (int)v->images->count, classes = v->encoder.config.model.classes;
    uint32_t *list = malloc(((size_t)n + 1) * sizeof *list);
    int *output = malloc(((size_t)classes + 1) * sizeof *output);
    float *logits = malloc(((size_t)n * (size_t)classes + 1) * sizeof *logits);
    v->scores = malloc(((size_t)n * (size_t)classes + 1) * sizeof *v->scores);
    bool ok = (list && output && logits && v->scores) || err_set(e, ERR_MEMORY, "scores of %d images: no memory", n);
    for (int i = 0; ok && i < n; i++) list[i] = (uint32_t)i;
    for (int k = 0; ok && k < classes; k++) {
        char name[STORE_NAME];
        class_name(&v->encoder, k, name, sizeof name);
        output[k] = eval_is_untaught(&v->encoder, name) ? -1 : k;
        if (output[k] < 0)
            app_note(v->app, "%s: its labels in training had one value: nothing was learned of it", name);
    }
    const struct eval_images images = { .pack = v->pack, .list = list, .n = n, .progress = score_progress, .ctx = v };
    ok = ok && eval_logits(&v->encoder, &images, logits, e) &&
         eval_probabilities(&v->encoder, n, classes, logits, output, v->scores, e);
    free(list);
    free(output);
    free(logits);
    return ok;
}

static bool write_table(const struct predicting *v, const char *out, struct err *e)
{
    struct output_file o;
    struct text line = { 0 };
    int classes = v->encoder.config.model.classes;
    if (!output_file_open(&o, out, e)) return false;
    text_printf(&line, "image");
    for (int k = 0; k < classes; k++) {
        char name[STORE_NAME], column[STORE_NAME + 8];
        class_name(&v->encoder, k, name, sizeof name);
        snprintf(column, sizeof column, "score:%s", name);
        text_printf(&line, ",");
        text_cell(&line, column);
    }
    for (uint32_t i = 0; i <= v->images->count; i++) {
        fprintf(o.stream, "%s\n", text_str(&line));
        line.length = 0;
        if (i == v->images->count) break;
        text_cell(&line, v->images->images[i].path);
        for (int k = 0; k < classes; k++) {
            double p = v->scores[(size_t)i * (size_t)classes + (size_t)k];
            text_printf(&line, isnan(p) ? "," : ",%.17g", p);
        }
    }
    bool ok = !line.broken || err_set(e, ERR_MEMORY, "predict: no memory");
    text_clear(&line);
    return output_file_close(&o, ok, e);
}

static int run_predict(struct app *app, const struct arguments *a)
{
    struct predicting v = { .app = app, .any_modality = arguments_has(a, "any-modality"), .began = clock_seconds() };
    struct err e;
    process_catch(PROCESS_WORKS);
    bool ok =
        !app->json || err_set(&e, ERR_USAGE, "predict: writes CSV, not JSON: leave --json out, or take -o FILE.csv");
    ok = ok && open_encoder(&v, arguments_word(a, 0), &e) && read_images(&v, arguments_word(a, 1), &e);
    if (ok) tell_unreadable(&v);
    ok = ok && score(&v, &e) && write_table(&v, arguments_text(a, "output", NULL), &e);
    int status = ok ? app_finish(app) : app_fail(app, &e);
    if (!ok && process_asked()) status = 128 + process_asked();
    free(v.scores);
    pack_close(v.pack);
    dataset_destroy(v.images);
    eval_encoder_close(&v.encoder);
    store_run_clear(&v.run);
    return status;
}

const struct command command_predict = {
    .name = "predict",
    .arguments = "RUN[@STEP] FOLDER [-o FILE]",
    .summary = "score new images with the classifier that a run has learned",
    .least = 2,
    .most = 2,
    .options = options,
    .run = run_predict,
    .details =
        "The table has a row for each image below FOLDER (PNG, JPEG, TIFF, DICOM): its path, and score:CLASS, the "
        "probability that the\nclassifier gives it, for each class. Images need no labels; they are resized as "
        "those of the training were. What cannot\nbe read is named and left out. Nothing is recorded.",
};
