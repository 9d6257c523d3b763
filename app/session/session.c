#include "app/session/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>
#include <omp.h>

#include "app/session/network.h"
#include "app/session/set_pack.h"
#include "app/session/init.h"
#include "app/session/labels.h"
#include "engine/base/text.h"
#include "engine/train/weights.h"

const char *const session_memory_names[SESSION_MEMORIES] = { "shared.global", "shared.local", "shared.features" };

static bool collect(const struct store_contents *data, enum store_split split, struct session_images *out,
                    struct err *e)
{
    out->rows = malloc((data->images_count + 1) * sizeof *out->rows);
    if (!out->rows) return err_set(e, ERR_MEMORY, "data set %s: memory ran out", data->dataset.name);
    out->count = 0;
    for (size_t i = 0; i < data->images_count; i++)
        if (data->images[i].split == split) out->rows[out->count++] = (uint32_t)i;
    return true;
}

/* Training images; a set without any split (a flat folder) is used as a whole. */
static bool collect_splits(struct session *s, struct err *e)
{
    const struct store_contents *data = &s->data;
    if (!collect(data, STORE_SPLIT_TRAIN, &s->train, e) || !collect(data, STORE_SPLIT_VAL, &s->val, e)) return false;
    if (s->train.count == 0) {
        bool any = false;
        for (size_t i = 0; i < data->images_count; i++) any |= data->images[i].split != STORE_SPLIT_NONE;
        if (!any) {
            free(s->train.rows);
            return collect(data, STORE_SPLIT_NONE, &s->train, e);
        }
    }
    return true;
}

static bool open_data(struct session *s, struct store *store, struct err *e)
{
    const char *name = s->settings.data.name;
    struct store_dataset row;
    if (!*name)
        return err_set(e, ERR_CONFIG,
                       "data.name: no data set was chosen; give --data NAME (mlvicx data list shows them)");
    if (!store_dataset_find(store, name, &row, e)) return false;
    int64_t id = row.id;
    store_dataset_clear(&row);
    if (!store_dataset_load(store, id, STORE_PART_IMAGES | STORE_PART_LABELS, &s->data, e)) return false;
    return set_pack_open(store, &s->data.dataset, &s->pack, e) && collect_splits(s, e);
}

static bool has_labels(const struct session *s)
{
    return engine_method((enum method_kind)s->settings.method.name)->labels;
}

static bool check_labels(const struct session *s, struct err *e)
{
    const struct store_contents *d = &s->data;
    if (!d->classes_count || !d->labels)
        return err_set(e, ERR_DATA,
                       "data set %s: has no labels to learn from; import it with class folders or a label table, or "
                       "take a method that needs none",
                       d->dataset.name);
    return true;
}

/* Keep of `images` those at `rows` [count]. */
static void keep(struct session_images *images, const uint32_t *rows, int count)
{
    for (int i = 0; i < count; i++) images->rows[i] = images->rows[rows[i]]; /* rising: never overtakes */
    images->count = count;
}

/* Labels of these images as a plain array, and patients where `patients` is not NULL. */
static void gather(const struct session *s, const struct session_images *images, int8_t *labels,
                   const uint32_t *of_image, uint32_t *patients)
{
    size_t classes = s->data.classes_count;
    for (int i = 0; i < images->count; i++) {
        memcpy(labels + (size_t)i * classes, s->data.labels + images->rows[i] * classes, classes);
        if (patients) patients[i] = of_image[images->rows[i]];
    }
}

/* Takes validation images from the training images, by patient. */
static bool hold_out(struct session *s, const uint32_t *of_image, struct err *e)
{
    struct session_images all = s->train;
    size_t room = (size_t)all.count + 1;
    int count = 0, classes = (int)s->data.classes_count;
    int8_t *labels = malloc(room * (size_t)classes);
    uint32_t *patients = malloc(room * sizeof *patients), *rows = malloc(room * sizeof *rows),
             *out = malloc(room * sizeof *out);
    bool ok =
        (labels && patients && rows && out) || err_set(e, ERR_MEMORY, "labels of %d images: no memory", all.count);
    if (ok) gather(s, &all, labels, of_image, patients);
    const struct fraction_images from = { all.count, classes, labels, patients };
    ok = ok && labels_hold_out(&from, s->settings.data.held_out, rows, &count, e);
    if (ok) {
        int at = 0;
        for (int i = 0; i < count; i++) out[i] = all.rows[rows[i]];
        s->train.count = 0;
        for (int i = 0; i < all.count; i++)
            if (at < count && rows[at] == (uint32_t)i)
                at++;
            else
                s->train.rows[s->train.count++] = all.rows[i];
        free(s->val.rows);
        s->val = (struct session_images){ out, count };
        out = NULL;
        s->held_out = count;
    }
    free(labels);
    free(patients);
    free(rows);
    free(out);
    return ok;
}

/* Keeps those images whose labels are used. */
static bool draw(struct session *s, struct session_images *images, const uint32_t *of_image, double percent,
                 struct err *e)
{
    size_t room = (size_t)images->count + 1;
    int count, classes = (int)s->data.classes_count;
    int8_t *labels = malloc(room * (size_t)classes);
    uint32_t *patients = malloc(room * sizeof *patients), *rows = malloc(room * sizeof *rows);
    bool ok = (labels && patients && rows) || err_set(e, ERR_MEMORY, "labels of %d images: no memory", images->count);
    if (ok) gather(s, images, labels, of_image, patients);
    const struct fraction_images from = { images->count, classes, labels, patients };
    ok = ok && labels_draw(&from, percent, s->settings.data.draw, rows, &count, e);
    if (ok) keep(images, rows, count);
    free(labels);
    free(patients);
    free(rows);
    return ok;
}

/* The labels that are learned from, and the weight of each class. */
static bool teach(struct session *s, struct err *e)
{
    int classes = (int)s->data.classes_count;
    if (!check_labels(s, e)) return false;
    uint32_t *patients = labels_patients(&s->data, e);
    bool ok = patients && (s->val.count || s->settings.data.held_out <= 0 || hold_out(s, patients, e)) &&
              draw(s, &s->train, patients, s->settings.data.labels, e) && draw(s, &s->val, patients, 100, e);
    free(patients);
    if (!ok) return false;
    if (s->train.count < 2)
        return err_set(e, ERR_DATA, "data set %s: %d of its training images %s labels, and 2 are needed%s",
                       s->data.dataset.name, s->train.count, text_number(s->train.count, "has", "have"),
                       s->settings.data.labels < 100 ? "; raise data.labels" : "");
    s->labels = malloc((size_t)s->train.count * (size_t)classes);
    bool weighted = s->settings.method.weighting == WEIGHTING_BALANCED;
    s->class_weights = weighted ? malloc((size_t)classes * sizeof *s->class_weights) : NULL;
    if (!s->labels || (weighted && !s->class_weights))
        return err_set(e, ERR_MEMORY, "labels of %d images: no memory", s->train.count);
    gather(s, &s->train, s->labels, NULL, NULL);
    if (weighted) labels_weights(s->labels, s->train.count, classes, s->data.dataset.exclusive, s->class_weights);
    return true;
}

/* If there are fewer labelled images than a batch, the batch is all of them. */
static void narrow_batch(struct session *s)
{
    int64_t most = s->train.count / s->settings.optim.accumulate;
    s->asked_batch = s->settings.data.batch;
    if (s->settings.data.batch > most && most >= 2) s->settings.data.batch = most;
}

static bool check_batch(const struct session *s, struct err *e)
{
    const char *name = s->data.dataset.name;
    if (s->train.count == 0)
        return err_set(e, ERR_DATA,
                       "data set %s: has no training images (it is for evaluation only); train on another, or "
                       "import it with a train folder or list",
                       name);
    if (s->images_per_step > s->train.count)
        return err_set(e, ERR_CONFIG,
                       "data.batch: %lld images a step, but data set %s has %d training %s; at most "
                       "--set data.batch=%d",
                       (long long)s->images_per_step, name, s->train.count,
                       text_number(s->train.count, "image", "images"),
                       s->train.count / (int)s->settings.optim.accumulate);
    return true;
}

bool session_open(struct session *s, struct store *store, const struct settings *settings, struct err *e)
{
    *s = (struct session){ .settings = *settings };
    if (!settings_check(&s->settings, e) || !network_resolve(&s->settings, e) || !open_data(s, store, e)) return false;
    bool taught = has_labels(s);
    if (taught && s->train.count > 0 && !teach(s, e)) return false;
    s->asked_batch = s->settings.data.batch;
    if (taught) narrow_batch(s);
    s->images_per_step = s->settings.data.batch * s->settings.optim.accumulate;
    if (!check_batch(s, e)) return false;
    s->steps_per_epoch = s->train.count / s->images_per_step;
    if (taught && s->steps_per_epoch < s->settings.data.epoch_steps) s->steps_per_epoch = s->settings.data.epoch_steps;
    if (!network_config(&s->settings, pack_channels(s->pack), 0, &s->config, e)) return false;
    if (taught) network_labels(&s->config, (int)s->data.classes_count, s->data.dataset.exclusive);
    return true;
}

bool session_is_taught(const struct session *s, int class_index)
{
    bool seen[2] = { false, false };
    for (int i = 0; i < s->train.count; i++) {
        int8_t label = s->labels[(size_t)i * s->data.classes_count + (size_t)class_index];
        if (label >= 0) seen[label > 0] = true;
    }
    return seen[0] && seen[1];
}

void session_remarks(const struct session *s, struct text *out)
{
    const struct settings *k = &s->settings;
    if (!s->labels) return;
    if (k->data.batch < s->asked_batch)
        text_printf(out, "data.batch: %d labelled %s, so a batch is %lld of them, not %lld\n", s->train.count,
                    text_number(s->train.count, "image", "images"), (long long)k->data.batch,
                    (long long)s->asked_batch);
    if (s->held_out)
        text_printf(out,
                    "data set %s: has no validation images: %g %% of its training patients (%d %s) are held out, and "
                    "tell which epoch is best\n",
                    s->data.dataset.name, k->data.held_out, s->held_out, text_number(s->held_out, "image", "images"));
    if (!s->val.count)
        text_printf(out,
                    "data set %s: no labelled validation images, so nothing tells which epoch is best: the last one is "
                    "scored, and no epoch without progress ends the run; import the set with --val 10, or --set "
                    "data.held_out=10\n",
                    s->data.dataset.name);
}

bool session_start(struct session *s, uint64_t first_step, struct err *e)
{
    struct loader_config c = {
        .pack = s->pack,
        .images = s->train.rows,
        .count = (uint32_t)s->train.count,
        .size = s->config.model.size,
        .channels = s->config.model.channels,
        .batch = (int)s->images_per_step,
        .views = engine_method(s->config.method)->views,
        .labels = s->labels,
        .classes = (int)s->data.classes_count,
        .threads = (int)s->settings.data.threads,
        .seed = (uint64_t)s->settings.train.seed,
        .first_step = first_step,
    };
    for (int v = 0; v < 2; v++) augment_from_settings(&s->settings, v, &c.view[v]);
    /* diagnostics and probes give the same sums only if these threads do not depend on what ran before */
    openblas_set_num_threads(s->config.threads);
    omp_set_num_threads(s->config.threads);
    return engine_create(&s->engine, &s->config, e) && loader_create(&s->loader, &c, e);
}

bool session_init(struct session *s, struct store *store, int64_t run, char *report, size_t size, struct err *e)
{
    struct weights_report w = { 0 };
    struct state_dict file;
    if (report) report[0] = '\0';
    engine_init(s->engine, (uint64_t)s->settings.train.seed);
    if (!init_is_file(&s->settings)) return true;
    if (!init_open(store, &s->settings, run, &file, e)) return false;
    if (!weights_take(s->engine, &file, &w, e)) return err_wrap(e, "model.init");
    struct text line = { 0 };
    weights_report_line(&w, true, &line);
    if (report) snprintf(report, size, "%s: %s", s->settings.model.init, text_str(&line));
    text_clear(&line);
    weights_report_clear(&w);
    return true;
}

int64_t session_total(const struct session *s)
{
    return s->settings.optim.epochs * s->steps_per_epoch;
}

double session_rate(const struct session *s, int64_t step)
{
    struct schedule c = {
        .kind = s->config.optim,
        .base = s->settings.optim.lr,
        .images = (double)s->images_per_step,
        .warmup_steps = s->settings.optim.warmup_epochs * (double)s->steps_per_epoch,
        .total_steps = (double)session_total(s),
    };
    return schedule_rate(&c, step);
}

double session_checkpoint_bytes(const struct session *s)
{
    double bytes = 0;
    for (int i = 0; i < engine_tensors(s->engine); i++) bytes += 12.0 * (double)engine_tensor(s->engine, i)->count;
    return bytes;
}

struct step_settings session_step_settings(const struct session *s, int64_t step)
{
    struct loss_weights weights = network_weights(&s->settings);
    weights.classes = s->class_weights;
    return (struct step_settings){ .weights = weights,
                                   .rate = session_rate(s, step),
                                   .draw = network_draw(&s->settings),
                                   .keep = schedule_keep(s->settings.method.ema, step, (double)session_total(s)) };
}

void session_close(struct session *s)
{
    tuning_clear(&s->tuning);
    loader_destroy(s->loader);
    engine_destroy(s->engine);
    pack_close(s->pack);
    store_contents_clear(&s->data);
    free(s->train.rows);
    free(s->val.rows);
    free(s->labels);
    free(s->class_weights);
    *s = (struct session){ 0 };
}
