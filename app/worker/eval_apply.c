/* Applies a trained classifier to the test images of a data set; classes are matched by name. */
#include "app/worker/eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/session/features.h"
#include "app/session/fit.h"
#include "engine/base/text.h"
#include "engine/evaluate/classifier.h"

/* Whether line `i` of a list of names, one per line, is `name`. */
static bool is_line(const char *list, int i, const char *name)
{
    for (; i > 0 && list; i--) list = strchr(list, '\n') ? strchr(list, '\n') + 1 : NULL;
    size_t n = list ? strcspn(list, "\n") : 0;
    return list && n == strlen(name) && !strncmp(list, name, n);
}

static bool has_line(const char *list, const char *name)
{
    for (const char *p = list; p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
        if (is_line(p, 0, name)) return true;
    return false;
}

int eval_output_of(const struct eval_encoder *c, const char *name)
{
    for (int i = 0; i < c->config.model.classes; i++)
        if (is_line(c->classes, i, name)) return i;
    return -1;
}

/* Fills which output of the classifier is each class of the task; -1: none, or one whose training labels had one value.
 * Returns how many classes have an output. */
static int match(const struct eval_encoder *c, const struct eval_task *t, int *output)
{
    int found = 0;
    for (int k = 0; k < t->classes; k++) {
        const char *name = t->data.classes[k];
        output[k] = eval_output_of(c, name);
        found += output[k] >= 0;
        if (has_line(c->untaught, name)) output[k] = -1;
    }
    return found;
}

bool eval_is_untaught(const struct eval_encoder *c, const char *name)
{
    return has_line(c->untaught, name);
}

bool eval_probabilities(const struct eval_encoder *c, int n, int classes, const float *logits, const int *output,
                        double *scores, struct err *e)
{
    int own = c->config.model.classes;
    double *odds = malloc(((size_t)n * (size_t)own + 1) * sizeof *odds);
    if (!odds) return err_set(e, ERR_MEMORY, "scores of %d images: no memory", n);
    classifier_odds(&(struct classifier_logits){ n, own, c->config.exclusive, logits }, odds);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < classes; k++)
            scores[(size_t)i * (size_t)classes + (size_t)k] =
                output[k] < 0 ? NAN : classifier_probability(odds[(size_t)i * (size_t)own + (size_t)output[k]]);
    free(odds);
    return true;
}

bool eval_logits(const struct eval_encoder *c, const struct eval_images *images, float *logits, struct err *e)
{
    const struct features_source source = { .pack = images->pack,
                                            .images = images->list,
                                            .n = images->n,
                                            .size = c->config.model.size,
                                            .batch = c->config.features,
                                            .threads = c->config.threads,
                                            .gates = c->config.model.context,
                                            .before = images->before,
                                            .total = images->total,
                                            .progress = images->progress,
                                            .ctx = images->ctx };
    float *out[LEVEL_COUNT] = { [LEVEL_LOGITS] = logits };
    return !images->n || features_read(c->engine, &source, out, &c->config.model, e);
}

/* Validation images, which determine the thresholds, then test images. Both are parts of `all`, the set that progress
 * is reported for. */
static bool score_subsets(struct eval_result *r, const struct eval_encoder *c, const struct eval_task *t,
                          const int *output, const struct eval_images *all, struct err *e)
{
    int validations = t->fit.n - t->train, most = validations > t->test.n ? validations : t->test.n;
    struct eval_images part = *all;
    const uint32_t *lists[] = { t->fit.images + t->train, t->test.images };
    const int counts[] = { validations, t->test.n };
    double *scores[] = { r->validation, r->test };
    float *logits = malloc(((size_t)most * (size_t)c->config.model.classes + 1) * sizeof *logits);
    bool ok = logits || err_set(e, ERR_MEMORY, "scores of %d images: no memory", most);
    part.total = validations + t->test.n;
    for (int k = 0; ok && k < 2; k++) {
        part.list = lists[k];
        part.n = counts[k];
        ok =
            eval_logits(c, &part, logits, e) && eval_probabilities(c, part.n, t->classes, logits, output, scores[k], e);
        part.before += part.n;
    }
    free(logits);
    return ok;
}

bool eval_apply(struct eval_result *r, const struct eval_encoder *c, const struct eval_task *t,
                bool (*progress)(void *ctx, int done, int total), void *ctx, struct err *e)
{
    *r = (struct eval_result){ .protocol = PROTOCOL_APPLY,
                               .gates = c->config.model.context,
                               .percent = c->settings.data.labels,
                               .draw = (int)c->settings.data.draw,
                               .images = c->labelled,
                               .strength = NAN,
                               .rate = NAN };
    digest_bytes(protocol_settings(PROTOCOL_APPLY), strlen(protocol_settings(PROTOCOL_APPLY)), r->settings);
    const struct eval_images all = { .pack = t->pack, .progress = progress, .ctx = ctx };
    int *output = malloc(((size_t)t->classes + 1) * sizeof *output);
    bool ok = eval_result_init(r, t, e);
    if (ok && !output) ok = err_set(e, ERR_MEMORY, "scores of %d images: no memory", t->test.n);
    if (ok && !match(c, t, output))
        ok = err_set(e, ERR_DATA, "data set %s: has none of the classes that run %s tells apart", t->data.dataset.name,
                     c->name);
    ok = ok && score_subsets(r, c, t, output, &all, e) && eval_figures(r, t, e);
    free(output);
    if (!ok) eval_result_clear(r);
    return ok;
}
