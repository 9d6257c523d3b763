#include "engine/train/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Kinds of methods by what their configs have. */
enum { OF_MLVICX = 1, OF_BASELINE = 2, OF_LABELS = 4, OF_ALL = 7 };

/* Whole numbers of a fixture's config keep to what a run may be set to; a tiny network is welcome. */
static const struct {
    const char *key;
    size_t offset; /* of an int of struct engine_config */
    int least, most;
    unsigned of; /* kinds of methods that have it */
} integers[] = {
    { "width", offsetof(struct engine_config, model.width), 1, 512, OF_ALL },
    { "dim", offsetof(struct engine_config, model.dim), 2, 16384, OF_MLVICX | OF_BASELINE },
    { "fuse", offsetof(struct engine_config, model.fuse), 1, 4096, OF_MLVICX },
    { "grid", offsetof(struct engine_config, model.grid), 4, 512, OF_MLVICX },
    { "out", offsetof(struct engine_config, model.out), 1, 16384, OF_BASELINE },
    { "classes", offsetof(struct engine_config, model.classes), 1, 4096, OF_LABELS },
    { "reduction", offsetof(struct engine_config, model.context_reduction), 1, 64, OF_ALL },
    { "size", offsetof(struct engine_config, model.size), MODEL_LEAST_SIZE, 1024, OF_ALL },
    { "batch", offsetof(struct engine_config, batch), 2, 8192, OF_ALL },
};

static unsigned kind_of(const struct fixture *f)
{
    if (!f->baseline) return OF_MLVICX;
    return engine_method(f->config.method)->labels ? OF_LABELS : OF_BASELINE;
}

static bool read_integers(struct fixture *f, const json_t *o, struct err *e)
{
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++) {
        if (!(integers[i].of & kind_of(f))) continue;
        const json_t *v = json_object_get(o, integers[i].key);
        if (!json_is_integer(v) || json_integer_value(v) < integers[i].least ||
            json_integer_value(v) > integers[i].most)
            return err_set(e, ERR_FORMAT, "%s: config has no usable %s: %d to %d are expected", f->path,
                           integers[i].key, integers[i].least, integers[i].most);
        *(int *)(void *)((char *)&f->config + integers[i].offset) = (int)json_integer_value(v);
    }
    return true;
}

static double real_or(const json_t *o, const char *key, double missing)
{
    const json_t *v = json_object_get(o, key);
    return json_is_number(v) ? json_number_value(v) : missing;
}

static bool word(const struct fixture *f, const json_t *o, const char *key, const char *const *words, int *out,
                 struct err *e)
{
    const char *v = json_string_value(json_object_get(o, key));
    for (int i = 0; v && words[i]; i++)
        if (!strcmp(words[i], v)) {
            *out = i;
            return true;
        }
    return err_set(e, ERR_FORMAT, "%s: config: %s '%s' is not known", f->path, key, v ? v : "");
}

/* Which method, and what it has; a fixture that names none is of mlvicx. */
static bool read_method(struct fixture *f, const json_t *o, struct err *e)
{
    struct engine_config *c = &f->config;
    const char *words[METHOD_COUNT + 1] = { NULL };
    int method = METHOD_mlvicx;
    for (int m = 0; m < METHOD_COUNT; m++) words[m] = engine_method((enum method_kind)m)->name;
    f->baseline = json_object_get(o, "method") != NULL;
    if (f->baseline && !word(f, o, "method", words, &method, e)) return false;
    c->method = (enum method_kind)method;
    c->model.local = engine_method(c->method)->levels > 1;
    c->model.context = !f->baseline || json_is_true(json_object_get(o, "gates"));
    return true;
}

static bool read_config(struct fixture *f, const json_t *o, struct err *e)
{
    static const char *const optims[] = { "adamw", "lars", NULL };
    struct engine_config *c = &f->config;
    int arch, optim;
    if (!read_method(f, o, e) || !word(f, o, "arch", model_arch_names, &arch, e) ||
        !word(f, o, "optim", optims, &optim, e) || !read_integers(f, o, e))
        return false;
    c->model.arch = (enum model_arch)arch;
    c->optim = optim ? OPTIM_LARS : OPTIM_ADAMW;
    c->momentum = real_or(o, "momentum", 0.9);
    c->weight_decay = real_or(o, "weight_decay", 1e-6);
    c->eta = real_or(o, "eta", 1e-3);
    c->accumulate = 1;
    c->model.predictor = true;
    c->model.context_start = real_or(o, "context_start", 0);
    c->observe = true;
    c->exclusive = json_is_true(json_object_get(o, "exclusive"));
    c->freeze = json_is_true(json_object_get(o, "freeze"));
    c->fuse_trained = !json_is_false(json_object_get(o, "fuse_trained"));
    for (int i = 0; i < 3; i++) c->model.deviation[i] = 1;
    f->weights = (struct loss_weights){ .global_weight = 1,
                                        .local_weight = real_or(o, "weight", 1),
                                        .sim = real_or(o, "sim", 25),
                                        .std = real_or(o, "std", 25),
                                        .cov = real_or(o, "cov", 1),
                                        .off = real_or(o, "off", 5e-3),
                                        .temperature = real_or(o, "temperature", 0.1),
                                        .sigreg = real_or(o, "weight", 0.05) };
    double eps = real_or(o, "eps", 1e-4);
    if (fabs(eps - 1e-4) > 1e-12)
        return err_set(e, ERR_UNSUPPORTED, "%s: config: eps %g; the loss is defined with 1e-4", f->path, eps);
    return true;
}

static json_t *metadata_json(const struct fixture *f, const char *key, struct err *e)
{
    const char *text = tensors_metadata(&f->tensors, key);
    json_t *v = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    if (!v) err_set(e, ERR_FORMAT, "%s: not a fixture: its metadata has no JSON under '%s'", f->path, key);
    return v;
}

static bool read_rates(struct fixture *f, const json_t *list, struct err *e)
{
    size_t n = json_array_size(list);
    if (n < 1 || n > FIXTURE_STEPS)
        return err_set(e, ERR_FORMAT, "%s: lr is not a list of 1 to %d rates", f->path, FIXTURE_STEPS);
    for (size_t i = 0; i < n; i++) f->rates[i] = json_number_value(json_array_get(list, i));
    f->steps = (int)n;
    return true;
}

/* One momentum a step, where the method has a moving average. */
static bool read_keep(struct fixture *f, struct err *e)
{
    if (!tensors_metadata(&f->tensors, "ema")) return true;
    json_t *list = metadata_json(f, "ema", e);
    bool ok = list && json_array_size(list) == (size_t)f->steps;
    for (int i = 0; ok && i < f->steps; i++) f->keep[i] = json_number_value(json_array_get(list, (size_t)i));
    if (list && !ok) err_set(e, ERR_FORMAT, "%s: ema is not a list of %d numbers", f->path, f->steps);
    json_decref(list);
    return ok;
}

/* The terms of a baseline are those of its method, with the total behind them. */
static bool check_terms(const struct fixture *f, struct err *e)
{
    if (!f->baseline) return true;
    const struct method_info *m = engine_method(f->config.method);
    json_t *list = metadata_json(f, "terms", e);
    bool same = list && json_array_size(list) == (size_t)m->terms + 1;
    for (int t = 0; same && t <= m->terms; t++) {
        const char *name = json_string_value(json_array_get(list, (size_t)t));
        same = name && !strcmp(name, t < m->terms ? m->term[t].name : "total");
    }
    if (list && !same) err_set(e, ERR_FORMAT, "%s: its terms are not those of method %s", f->path, m->name);
    json_decref(list);
    return same;
}

/* Directions of its own, where it brings any: columns in the file, rows here. */
static bool read_directions(struct fixture *f, struct err *e)
{
    const struct tensors_entry *t = tensors_find(&f->tensors, "slices");
    size_t d = (size_t)model_out(&f->config.model), k;
    if (!t) return f->config.method != METHOD_lejepa || err_set(e, ERR_FORMAT, "%s: slices is missing", f->path);
    k = t->count / d;
    if (!k || t->count % d) return err_set(e, ERR_FORMAT, "%s: slices is not [%zu, any]", f->path, d);
    float *columns = malloc(t->count * sizeof *columns);
    f->directions = malloc(t->count * sizeof *f->directions);
    bool ok = columns && f->directions ? true : err_set(e, ERR_MEMORY, "%s: no memory", f->path);
    if (ok && !tensors_read(t, columns)) ok = err_set(e, ERR_FORMAT, "%s: slices is not of a float type", f->path);
    for (size_t i = 0; ok && i < t->count; i++) f->directions[i % k * d + i / k] = columns[i];
    f->draw = (struct loss_draw){ .slices = (int)k, .directions = f->directions };
    free(columns);
    return ok;
}

/* Labels, where the method reads any. */
static bool read_labels(struct fixture *f, struct err *e)
{
    const struct engine_config *c = &f->config;
    if (!engine_method(c->method)->labels) return true;
    const struct tensors_entry *t = tensors_find(&f->tensors, "labels");
    size_t n = (size_t)c->batch * (size_t)c->model.classes;
    if (!t || t->count != n)
        return err_set(e, ERR_FORMAT, "%s: labels is missing or not [%d, %d]", f->path, c->batch, c->model.classes);
    float *numbers = malloc(n * sizeof *numbers);
    f->labels = malloc(n);
    bool ok = numbers && f->labels ? true : err_set(e, ERR_MEMORY, "%s: no memory", f->path);
    if (ok && !tensors_read(t, numbers)) ok = err_set(e, ERR_FORMAT, "%s: labels is not of a float type", f->path);
    for (size_t i = 0; ok && i < n; i++) {
        f->labels[i] = (int8_t)((numbers[i] > 0) - (numbers[i] < 0));
        if (f->labels[i] != numbers[i])
            ok = err_set(e, ERR_FORMAT, "%s: labels holds %g where 1, 0 and -1 are expected", f->path,
                         (double)numbers[i]);
    }
    free(numbers);
    return ok;
}

/* All views to NHWC; equal channels become one. */
static bool read_views(struct fixture *f, struct err *e)
{
    const struct engine_config *c = &f->config;
    int views = engine_method(c->method)->views;
    size_t n = (size_t)c->batch, px = (size_t)c->model.size * c->model.size;
    const struct tensors_entry *inputs[2] = { tensors_find(&f->tensors, "input.1"),
                                              tensors_find(&f->tensors, "input.2") };
    for (int v = 0; v < views; v++) /* before there is room made for what the config promises */
        if (!inputs[v] || inputs[v]->count != n * 3 * px)
            return err_set(e, ERR_FORMAT, "%s: input.%d is missing or not [%zu, 3, %d, %d]", f->path, v + 1, n,
                           c->model.size, c->model.size);
    float *chw = malloc(n * 3 * px * sizeof *chw);
    bool ok = chw ? true : err_set(e, ERR_MEMORY, "%s: no memory", f->path);
    f->grey = true;
    for (int copy = 0; ok && copy < 2; copy++) /* first look whether channels are equal, then copy */
        for (int v = 0; ok && v < views; v++) {
            if (!tensors_read(inputs[v], chw)) {
                ok = err_set(e, ERR_FORMAT, "%s: input.%d is not of a float type", f->path, v + 1);
                break;
            }
            int channels = f->grey ? 1 : 3;
            if (copy && !(f->view[v] = malloc(n * px * channels * sizeof(float))))
                ok = err_set(e, ERR_MEMORY, "%s: no memory", f->path);
            for (size_t i = 0; ok && i < n; i++)
                for (size_t p = 0; p < px; p++) {
                    const float *x = chw + i * 3 * px + p;
                    if (x[0] != x[px] || x[0] != x[2 * px]) f->grey = false;
                    for (int k = 0; copy && k < channels; k++) f->view[v][(i * px + p) * channels + k] = x[k * px];
                }
        }
    f->config.model.channels = f->grey ? 1 : 3;
    free(chw);
    return ok;
}

void fixture_close(struct fixture *f)
{
    json_decref(f->float32);
    json_decref(f->zero);
    free(f->directions);
    free(f->labels);
    free(f->view[0]);
    free(f->view[1]);
    tensors_close(&f->tensors);
}

bool fixture_open(struct fixture *f, const char *path, struct err *e)
{
    *f = (struct fixture){ 0 };
    f->path = path;
    if (!tensors_open(&f->tensors, path, e)) return false;
    json_t *config = metadata_json(f, "config", e), *rates = config ? metadata_json(f, "lr", e) : NULL;
    bool ok = config && rates && read_config(f, config, e) && read_rates(f, rates, e) && read_keep(f, e) &&
              read_directions(f, e) && check_terms(f, e) && (f->float32 = metadata_json(f, "float32", e)) &&
              (f->zero = metadata_json(f, "zero", e)) && read_views(f, e) && read_labels(f, e);
    json_decref(config);
    json_decref(rates);
    if (ok && !model_shape_check(&f->config.model, e)) {
        e->code = ERR_FORMAT; /* the file's fault, not the user's words */
        ok = err_wrap(e, "%s", path);
    }
    if (!ok) fixture_close(f);
    return ok;
}
