/* Tasks, encoders, features and scores: an evaluation without its output to the user. */
#include "app/worker/eval_probe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/session/features.h"
#include "app/session/fit.h"
#include "app/session/init.h"
#include "app/session/labels.h"
#include "app/session/network.h"
#include "app/session/checkpoint_files.h"
#include "app/session/set_pack.h"
#include "engine/base/text.h"
#include "engine/evaluate/fraction.h"
#include "engine/train/checkpoint.h"
#include "engine/train/weights.h"
#include "store/checkpoint.h"

enum {
    FEATURE_BATCH = 64,
    MOST_CLASSES = 1 << 16, /* the same of a classifier */
    LARGEST_SIDE = 1 << 16, /* of a tensor in a file: more than any setting allows             */
};

/* ---- tasks ---- */

static bool subset_create(struct eval_subset *s, size_t room, int classes, struct err *e)
{
    s->images = malloc((room + 1) * sizeof *s->images);
    s->labels = malloc((room + 1) * (size_t)(classes + 1));
    s->patients = malloc((room + 1) * sizeof *s->patients);
    return (s->images && s->labels && s->patients) || err_set(e, ERR_MEMORY, "labels of %zu images: no memory", room);
}

static void subset_clear(struct eval_subset *s)
{
    free(s->images);
    free(s->labels);
    free(s->patients);
    *s = (struct eval_subset){ 0 };
}

static void subset_put(struct eval_subset *s, uint32_t image, const int8_t *labels, uint32_t patient, int classes)
{
    s->images[s->n] = image;
    s->patients[s->n] = patient;
    memcpy(s->labels + (size_t)s->n * (size_t)classes, labels, (size_t)classes);
    s->n++;
}

static bool subsets_fill(struct eval_task *t, struct err *e)
{
    static const enum store_split splits[] = { STORE_SPLIT_TRAIN, STORE_SPLIT_VAL, STORE_SPLIT_TEST };
    struct eval_subset *const subsets[] = { &t->fit, &t->fit, &t->test };
    size_t n = t->data.images_count;
    uint32_t *patients = labels_patients(&t->data, e);
    bool ok = patients && subset_create(&t->fit, n, t->classes, e) && subset_create(&t->test, n, t->classes, e);
    for (int k = 0; ok && k < 3; k++) {
        for (size_t i = 0; i < n; i++)
            if (t->data.images[i].split == splits[k])
                subset_put(subsets[k], (uint32_t)i, t->data.labels + i * (size_t)t->classes, patients[i], t->classes);
        if (splits[k] == STORE_SPLIT_TRAIN) t->train = t->fit.n;
    }
    free(patients);
    return ok;
}

/* Put a tenth of the training patients behind the others, as validation images. */
static bool validation_make(struct eval_task *t, struct err *e)
{
    struct eval_subset all = t->fit;
    uint32_t *rows = malloc(((size_t)all.n + 1) * sizeof *rows);
    int count = 0;
    t->fit = (struct eval_subset){ 0 };
    const struct fraction_images images = { all.n, t->classes, all.labels, all.patients };
    bool ok = rows || err_set(e, ERR_MEMORY, "validation images: no memory");
    ok = ok && labels_hold_out(&images, EVAL_HELD_OUT, rows, &count, e);
    ok = ok && subset_create(&t->fit, (size_t)all.n, t->classes, e);
    for (int validation = 0; ok && validation < 2; validation++) {
        int at = 0;
        for (int i = 0; i < all.n; i++) {
            bool drawn = at < count && rows[at] == (uint32_t)i;
            at += drawn;
            if (drawn == validation)
                subset_put(&t->fit, all.images[i], all.labels + (size_t)i * (size_t)t->classes, all.patients[i],
                           t->classes);
        }
    }
    t->train = all.n - count;
    t->made_validation = true;
    subset_clear(&all);
    free(rows);
    return ok;
}

static bool task_check(const struct eval_task *t, const char *name, struct err *e)
{
    if (!t->classes || !t->data.labels)
        return err_set(e, ERR_DATA,
                       "data set %s: has no labels to score against; import it with a label table or class folders",
                       name);
    if (!t->test.n)
        return err_set(e, ERR_DATA, "data set %s: has no test images to score; import it with a test folder or list",
                       name);
    return true;
}

bool eval_task_check_fit(const struct eval_task *t, struct err *e)
{
    return t->train ||
           err_set(e, ERR_DATA, "data set %s: has no training images to fit on; import it with a train folder or list",
                   t->data.dataset.name);
}

static bool find_apart(struct eval_task *t, struct err *e)
{
    t->apart = calloc((size_t)t->classes + 1, sizeof *t->apart);
    if (!t->apart) return err_set(e, ERR_MEMORY, "no memory for %d classes", t->classes);
    for (int c = 0; c < t->classes; c++) t->apart[c] = !t->data.dataset.exclusive && t->data.nothing[c];
    return true;
}

bool eval_task_open(struct eval_task *t, struct store *store, const char *name, struct err *e)
{
    struct store_dataset row;
    *t = (struct eval_task){ 0 };
    if (!store_dataset_find(store, name, &row, e)) return false;
    int64_t id = row.id;
    store_dataset_clear(&row);
    if (!store_dataset_load(store, id, STORE_PART_IMAGES | STORE_PART_LABELS, &t->data, e)) return false;
    t->classes = (int)t->data.classes_count;
    bool ok = set_pack_open(store, &t->data.dataset, &t->pack, e);
    if (ok && t->data.labels) ok = subsets_fill(t, e);
    ok = ok && task_check(t, name, e) && find_apart(t, e);
    if (ok && t->train && t->fit.n == t->train) ok = validation_make(t, e);
    if (!ok) eval_task_close(t);
    return ok;
}

void eval_task_close(struct eval_task *t)
{
    subset_clear(&t->fit);
    subset_clear(&t->test);
    pack_close(t->pack);
    free(t->apart);
    store_contents_clear(&t->data);
    *t = (struct eval_task){ 0 };
}

/* ---- encoders ---- */

/* Creates the engine. `classes` 0: only features are wanted, whatever method the settings name. */
static bool encoder_create(struct eval_encoder *c, const struct settings *s, int channels, int classes, bool exclusive,
                           struct err *e)
{
    *c = (struct eval_encoder){ .settings = *s };
    if (!network_resolve(&c->settings, e) || !network_config(&c->settings, channels, FEATURE_BATCH, &c->config, e))
        return false;
    if (classes) network_labels(&c->config, classes, exclusive);
    if (!classes && engine_method(c->config.method)->labels) c->config.method = METHOD_vicreg;
    return fit_check_engine(&c->config, e) && engine_create(&c->engine, &c->config, e);
}

/* Of what weights follow from that are drawn, with the digest of the file that goes on top ("": none). */
static void digest_weights(struct eval_encoder *c, const struct settings *s, int channels, const char *file)
{
    struct text all = { 0 };
    size_t n;
    const struct setting *rows = settings_table(&n);
    text_printf(&all, "file %s\nchannels %d\nseed %lld\n", file, channels, (long long)s->train.seed);
    for (size_t i = 0; i < n; i++) {
        char value[SETTINGS_TEXT];
        if (strncmp(rows[i].name, "model.", 6) != 0 || !strcmp(rows[i].name, "model.init")) continue;
        settings_get(s, &rows[i], value);
        text_printf(&all, "%s %s\n", rows[i].name, value);
    }
    digest_bytes(text_str(&all), all.length, c->weights);
    text_clear(&all);
}

bool eval_encoder_random(struct eval_encoder *c, const struct settings *s, int channels, struct err *e)
{
    if (!encoder_create(c, s, channels, 0, false, e)) return eval_encoder_close(c), false;
    engine_init(c->engine, (uint64_t)s->train.seed);
    snprintf(c->name, sizeof c->name, "random:%d:%s-w%d-s%d", (int)s->train.seed,
             model_arch_names[c->config.model.arch], c->config.model.width, c->config.model.size);
    digest_weights(c, s, channels, "");
    return true;
}

/* Checks that an entry has `dims` sizes, none of them 0 or larger than a network of ours may have. */
static bool check_shape(const struct state_entry *entry, int dims, const char *path, struct err *e)
{
    bool ok = entry->dims == dims;
    for (int d = 0; d < entry->dims; d++) ok = ok && entry->shape[d] > 0 && entry->shape[d] <= LARGEST_SIDE;
    if (ok) return true;
    struct text shape = { 0 };
    for (int d = 0; d < entry->dims; d++) text_printf(&shape, "%s%lld", d ? "x" : "", (long long)entry->shape[d]);
    err_set(e, ERR_FORMAT, "%s: %s has shape %s, none that a ResNet with gates has: it takes %d sizes above 0", path,
            entry->name, *text_str(&shape) ? text_str(&shape) : "()", dims);
    text_clear(&shape);
    return false;
}

/* Derives the reduction of the gates: a gate has channels / reduction hidden units, rounded down. */
static bool read_gate(struct settings *s, const struct state_entry *gate, const char *path, struct err *e)
{
    if (!check_shape(gate, 2, path, e)) return false;
    int64_t hidden = gate->shape[0], channels = gate->shape[1], reduction = channels / hidden;
    if (reduction < 1 || channels / reduction != hidden)
        return err_set(e, ERR_FORMAT,
                       "%s: %s has shape %lldx%lld: no model.context_reduction leaves %lld of %lld channels", path,
                       gate->name, (long long)hidden, (long long)channels, (long long)hidden, (long long)channels);
    s->model.context_reduction = reduction;
    return true;
}

bool eval_settings_of_file(struct settings *s, const char *path, struct err *e)
{
    struct state_dict t;
    if (!state_dict_open(&t, path, e)) return false;
    const struct state_entry *stem = state_dict_find(&t, "encoder.conv1.weight"),
                             *gate = state_dict_find(&t, "context.1.channel.reduce.weight");
    bool ok = (!stem || check_shape(stem, 4, path, e)) && (!gate || read_gate(s, gate, path, e));
    if (ok && stem) {
        s->model.width = stem->shape[0];
        s->model.arch = state_dict_find(&t, "encoder.layer1.0.conv3.weight") ? MODEL_RESNET50 : MODEL_RESNET18;
    }
    s->model.context = gate != NULL;
    ok = ok && init_gates_start(&t, &s->model.context_start, e);
    state_dict_close(&t);
    if (!ok || settings_check(s, e)) return ok;
    e->code = ERR_FORMAT; /* the file is wrong, not the user's input */
    return err_wrap(e, "%s", path);
}

bool eval_encoder_file(struct eval_encoder *c, const struct settings *s, int channels, const char *path, char *note,
                       size_t size, struct err *e)
{
    struct weights_report report = { 0 };
    if (!eval_encoder_random(c, s, channels, e)) return false;
    char digest[DIGEST_HEX_SIZE];
    bool ok = weights_load(c->engine, path, &report, e) && digest_file(path, digest, e);
    if (ok) digest_weights(c, s, channels, digest);
    const char *base = strrchr(path, '/');
    snprintf(c->name, sizeof c->name, "%s", base ? base + 1 : path);
    if (ok) {
        struct text line = { 0 };
        weights_report_line(&report, false, &line); /* heads do not matter to features */
        snprintf(note, size, "%s", text_str(&line));
        text_clear(&line);
    }
    weights_report_clear(&report);
    if (!ok) eval_encoder_close(c);
    return ok;
}

/* Reads the class names of the classifier in a checkpoint. */
static bool read_classes(struct eval_encoder *c, const struct tensors *file, struct err *e)
{
    const char *names = tensors_metadata(file, "classes"), *untaught = tensors_metadata(file, "untaught"),
               *labelled = tensors_metadata(file, "labelled");
    int64_t n;
    if (!c->config.model.classes) return true;
    c->classes = text_copy(names ? names : "");
    c->untaught = text_copy(untaught ? untaught : "");
    if (labelled && text_to_int(labelled, &n)) c->labelled = (int)n;
    return (c->classes && c->untaught) || err_set(e, ERR_MEMORY, "classes of run %s: no memory", c->name);
}

/* The number of classes of the classifier in a checkpoint; 0: it has none. */
static int count_classes(const struct tensors *file)
{
    const struct tensors_entry *bias = tensors_find(file, "classifier.bias");
    return bias && bias->count < MOST_CLASSES ? (int)bias->count : 0;
}

static bool is_exclusive(const struct tensors *file)
{
    const char *word = tensors_metadata(file, "exclusive");
    return word && !strcmp(word, "on");
}

bool eval_encoder_run(struct eval_encoder *c, struct store *store, const struct store_run *run, int64_t step,
                      int image_size, int channels, struct err *e)
{
    struct settings s;
    struct store_checkpoint row;
    struct tensors file;
    *c = (struct eval_encoder){ 0 };
    settings_init(&s);
    if (!settings_read_ini(&s, run->config, "configuration of the run", e)) return err_wrap(e, "run %s", run->name);
    if (image_size) s.data.size = image_size;
    if (!store_checkpoint_find(store, run->id, step, &row, e) || !checkpoint_files_open(store, run->id, &row, &file, e))
        return false;
    bool ok = encoder_create(c, &s, channels, count_classes(&file), is_exclusive(&file), e) &&
              checkpoint_restore(c->engine, &file, false, e) && read_classes(c, &file, e);
    tensors_close(&file);
    if (!ok) {
        eval_encoder_close(c);
        return err_wrap(e, "run %s", run->name);
    }
    c->run_id = run->id;
    c->step = row.step;
    snprintf(c->weights, sizeof c->weights, "%s", row.sha256);
    snprintf(c->name, sizeof c->name, "%s", run->name);
    return true;
}

void eval_encoder_close(struct eval_encoder *c)
{
    engine_destroy(c->engine);
    free(c->classes);
    free(c->untaught);
    *c = (struct eval_encoder){ 0 };
}

/* ---- features and scores ---- */

bool eval_features_read(struct eval_features *f, const struct eval_encoder *c, const struct eval_task *t, bool gates,
                        bool (*progress)(void *ctx, int done, int total), void *ctx, struct err *e)
{
    const struct eval_subset *subsets[] = { &t->fit, &t->test };
    float **places[] = { &f->fit, &f->test };
    int before = 0, total = t->fit.n + t->test.n;
    *f = (struct eval_features){ .d = engine_level_dims(&c->config.model, LEVEL_H) };
    char what[64];
    snprintf(what, sizeof what, "features of %d %s", total, text_number(total, "image", "images"));
    /* in float, the drawn rows a second time, and standardised in double */
    bool ok = fit_check_beside(&c->config, 16.0 * total * f->d, what, e);
    for (int k = 0; ok && k < 2; k++) {
        float *out[LEVEL_COUNT] = { NULL };
        *places[k] = out[LEVEL_H] = malloc(((size_t)subsets[k]->n * (size_t)f->d + 1) * sizeof(float));
        if (!out[LEVEL_H]) {
            ok = err_set(e, ERR_MEMORY, "features of %d images: no memory", subsets[k]->n);
            break;
        }
        struct features_source source = {
            .pack = t->pack,
            .images = subsets[k]->images,
            .n = subsets[k]->n,
            .size = c->config.model.size,
            .batch = FEATURE_BATCH,
            .threads = c->config.threads,
            .gates = gates,
            .before = before,
            .total = total,
            .progress = progress,
            .ctx = ctx,
        };
        ok = features_read(c->engine, &source, out, &c->config.model, e);
        before += subsets[k]->n;
    }
    if (!ok) eval_features_clear(f);
    return ok;
}

void eval_features_clear(struct eval_features *f)
{
    free(f->fit);
    free(f->test);
    *f = (struct eval_features){ 0 };
}

bool eval_score(struct eval_result *r, const struct eval_features *f, const struct eval_task *t, enum protocol protocol,
                double percent, int draw, struct err *e)
{
    struct protocol_data data = {
        .train = t->train,
        .fit = { t->fit.n, f->d, t->classes, f->fit, t->fit.labels },
        .test = { t->test.n, f->d, t->classes, f->test, t->test.labels },
    };
    const struct fraction_images images = { t->train, t->classes, t->fit.labels, t->fit.patients };
    *r = (struct eval_result){ .protocol = protocol, .percent = percent, .draw = draw, .rate = NAN, .d = f->d };
    digest_bytes(protocol_settings(protocol), strlen(protocol_settings(protocol)), r->settings);
    uint32_t *rows = malloc(((size_t)t->fit.n + 1) * sizeof *rows);
    bool ok = eval_result_init(r, t, e);
    bool kept = protocol == PROTOCOL_LINEAR && draw == 1;
    if (kept) r->weights = calloc((size_t)t->classes * (size_t)f->d + 1, sizeof *r->weights);
    if (ok && (!rows || (kept && !r->weights)))
        ok = err_set(e, ERR_MEMORY, "scores of %d images: no memory", t->test.n);
    struct protocol_scores scores = { .validation = r->validation, .test = r->test, .weights = r->weights };
    ok = ok && labels_draw(&images, percent, draw, rows, &r->images, e) &&
         protocol_score(protocol, &data, rows, r->images, &scores, e) && eval_figures(r, t, e);
    r->strength = scores.strength;
    if (ok && kept) eval_probe_settle(r->weights, t->classes, f->d, r->test);
    free(rows);
    if (!ok) eval_result_clear(r);
    return ok;
}

bool eval_linear(struct eval_result *r, const struct eval_encoder *c, const struct eval_task *t,
                 bool (*progress)(void *ctx, int done, int total), void *ctx, struct err *e)
{
    struct eval_features f;
    bool gates = c->config.model.context && c->settings.eval.context;
    *r = (struct eval_result){ 0 };
    bool ok = eval_task_check_fit(t, e) && eval_features_read(&f, c, t, gates, progress, ctx, e);
    if (!ok) return false;
    ok = eval_score(r, &f, t, PROTOCOL_LINEAR, 100, 1, e);
    r->gates = gates;
    eval_features_clear(&f);
    return ok;
}
