#include "app/worker/eval_cam.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/session/labels.h"
#include "app/worker/eval_probe.h"
#include "engine/data/images/augment.h"
#include "engine/evaluate/cam.h"

bool eval_cam_level(const char *word, enum engine_level *level, struct err *e)
{
    for (*level = LEVEL_MAP1; *level <= LEVEL_MAP5; (*level)++)
        if (!strcmp(level_table[*level].name, word ? word : "map5")) return true;
    return err_set(e, ERR_USAGE, "--level: '%s' is none of map1, map2, map3, map4, map5", word);
}

int eval_cam_side(int size, enum engine_level level)
{
    int halvings = level == LEVEL_MAP1 ? 2 : (int)level - (int)LEVEL_MAP1 + 1; /* maps 1 and 2 are of one size */
    while (halvings-- > 0) size = (size + 1) / 2;
    return size;
}

/* The probe as eval_score fits it; of what it scores only the weights are kept. */
static bool fit_probe(struct eval_cam *c, const struct eval_features *f, const struct eval_cam_fit *fit, struct err *e)
{
    const struct eval_task *t = c->task;
    const struct protocol_data data = {
        .train = t->train,
        .fit = { t->fit.n, f->d, t->classes, f->fit, t->fit.labels },
        .test = { t->test.n, f->d, t->classes, f->test, t->test.labels },
    };
    const struct fraction_images images = { t->train, t->classes, t->fit.labels, t->fit.patients };
    uint32_t *rows = malloc(((size_t)t->fit.n + 1) * sizeof *rows);
    double *test = malloc(((size_t)t->test.n * (size_t)t->classes + 1) * sizeof *test);
    int count;
    struct protocol_scores scores = { .test = test, .weights = c->weights };
    bool ok = (rows && test) || err_set(e, ERR_MEMORY, "probe of %d images: no memory", t->fit.n);
    ok = ok && labels_draw(&images, fit->percent, fit->draw, rows, &count, e) &&
         protocol_score(PROTOCOL_LINEAR, &data, rows, count, &scores, e);
    if (ok) eval_probe_settle(c->weights, t->classes, c->d, test);
    free(rows);
    free(test);
    return ok;
}

static bool probe(struct eval_cam *c, const struct eval_cam_fit *fit, struct err *e)
{
    struct eval_features f = { 0 };
    const struct eval_probe kept = { c->encoder, c->task, c->gates, fit->percent, fit->draw };
    bool found;
    if (!eval_probe_find(fit->store, &kept, c->weights, c->d, &found, e)) return false;
    if (found) return true;
    bool ok = eval_task_check_fit(c->task, e) &&
              eval_features_read(&f, c->encoder, c->task, c->gates, fit->progress, fit->ctx, e) &&
              fit_probe(c, &f, fit, e);
    eval_features_clear(&f);
    return ok;
}

/* The rows of the classifier that have the names of the task's classes. */
static bool classifier(struct eval_cam *c, struct err *e)
{
    struct engine *g = c->encoder->engine;
    int at = 0, n = engine_tensors(g);
    size_t d = (size_t)c->d;
    while (at < n && strcmp(engine_tensor(g, at)->name, "classifier.weight")) at++;
    if (!c->encoder->classes || at == n)
        return err_set(e, ERR_USAGE, "%s: has no classifier of its own; take --protocol linear", c->encoder->name);
    float *weights = malloc((engine_tensor(g, at)->count + 1) * sizeof *weights);
    if (!weights) return err_set(e, ERR_MEMORY, "classifier of %s: no memory", c->encoder->name);
    engine_read(g, at, PART_VALUE, weights);
    for (int k = 0; k < c->task->classes; k++) {
        const char *name = c->task->data.classes[k];
        int output = eval_output_of(c->encoder, name);
        bool taught = output >= 0 && !eval_is_untaught(c->encoder, name);
        for (size_t j = 0; j < d; j++)
            c->weights[(size_t)k * d + j] = taught ? (double)weights[(size_t)output * d + j] : NAN;
    }
    free(weights);
    return true;
}

bool eval_cam_open(struct eval_cam *c, const struct eval_encoder *encoder, const struct eval_task *task,
                   enum protocol protocol, bool gates, const struct eval_cam_fit *fit, struct err *e)
{
    int size = encoder->config.model.size, channels = pack_channels(task->pack), side = pack_size(task->pack);
    *c = (struct eval_cam){ .encoder = encoder, .task = task, .protocol = protocol, .gates = gates };
    c->d = engine_level_dims(&encoder->config.model, LEVEL_H);
    if (protocol != PROTOCOL_LINEAR && protocol != PROTOCOL_APPLY)
        return err_set(e, ERR_USAGE, "--protocol %s: has no heatmaps; take linear or apply", protocol_names[protocol]);
    if (channels != encoder->config.model.channels)
        return err_set(e, ERR_DATA, "the images have %d channels, the network was made for %d", channels,
                       encoder->config.model.channels);
    c->weights = calloc((size_t)task->classes * (size_t)c->d + 1, sizeof *c->weights);
    c->pixels = malloc((size_t)size * (size_t)size * (size_t)channels);
    c->scratch = calloc(1, sizeof *c->scratch);
    if (!c->weights || !c->pixels || !c->scratch) return err_set(e, ERR_MEMORY, "heatmaps: no memory");
    return augment_scratch_init(c->scratch, side, channels, size, e) &&
           (protocol == PROTOCOL_APPLY ? classifier(c, e) : probe(c, fit, e));
}

bool eval_cam_heat(const struct eval_cam *c, uint32_t image, int class, enum engine_level level, double *heat,
                   struct err *e)
{
    const struct pack *pack = c->task->pack;
    const double *weights = c->weights + (size_t) class * (size_t)c->d;
    struct engine_explanation x;
    for (int j = 0; j < c->d; j++)
        if (isnan(weights[j]))
            return err_set(e, ERR_DATA, "%s: nothing taught it the class %s", c->encoder->name,
                           c->task->data.classes[class]);
    const struct augment_image whole = { pack_image(pack, image), pack_size(pack), pack_channels(pack) };
    augment_evaluate(&whole, c->pixels, c->scratch);
    const struct batch one = { .n = 1, .views = 1, .u8 = { c->pixels } };
    if (!pack_check(pack, e) || !engine_explain(c->encoder->engine, &one, c->gates, level, weights, &x, e))
        return false;
    double *small = malloc(((size_t)x.h * (size_t)x.w + 1) * sizeof *small);
    if (small) {
        cam_heat(&(struct cam_map){ x.h, x.w, x.c, x.map, x.gradient }, small);
        cam_resize(small, x.h, x.w, pack_size(pack), heat);
    }
    bool ok = small || err_set(e, ERR_MEMORY, "heatmap: no memory");
    free(small);
    engine_explanation_clear(&x);
    return ok;
}

void eval_cam_close(struct eval_cam *c)
{
    if (c->scratch) augment_scratch_clear(c->scratch);
    free(c->scratch);
    free(c->pixels);
    free(c->weights);
    *c = (struct eval_cam){ 0 };
}
