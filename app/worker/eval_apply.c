/* A trained classifier on the test images of a data set, its classes found there by name. */
#include "app/worker/eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/session/features.h"
#include "app/session/fit.h"
#include "engine/base/text.h"
#include "engine/evaluate/classifier.h"

/* Line `i` of a list of names, one a line, is `name`. */
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

/* Which output of the classifier is each class of the task, -1: none, or one that nothing taught. Returns how many are
 * one. */
static int match(const struct eval_encoder *c, const struct eval_task *t, int *output)
{
    int found = 0;
    for (int k = 0; k < t->classes; k++) {
        const char *name = t->data.classes[k];
        output[k] = -1;
        for (int i = 0; i < c->config.model.classes && output[k] < 0; i++)
            if (is_line(c->classes, i, name)) output[k] = i;
        found += output[k] >= 0;
        if (has_line(c->untaught, name)) output[k] = -1;
    }
    return found;
}

/* The classifier's log odds of the task's classes, NaN where it has none. */
static bool score(const struct eval_encoder *c, const struct eval_task *t, const float *logits, const int *output,
                  double *scores, struct err *e)
{
    int own = c->config.model.classes;
    double *odds = malloc((size_t)t->test.n * (size_t)own * sizeof *odds);
    if (!odds) return err_set(e, ERR_MEMORY, "scores of %d images: no memory", t->test.n);
    classifier_odds(&(struct classifier_logits){ t->test.n, own, c->config.exclusive, logits }, odds);
    for (int i = 0; i < t->test.n; i++)
        for (int k = 0; k < t->classes; k++)
            scores[(size_t)i * (size_t)t->classes + (size_t)k] =
                output[k] < 0 ? NAN : odds[(size_t)i * (size_t)own + (size_t)output[k]];
    free(odds);
    return true;
}

static bool read_logits(const struct eval_encoder *c, const struct eval_task *t, float *logits,
                        bool (*progress)(void *ctx, int done, int total), void *ctx, struct err *e)
{
    const struct features_source source = { .pack = t->pack,
                                            .images = t->test.images,
                                            .n = t->test.n,
                                            .size = c->config.model.size,
                                            .batch = c->config.features,
                                            .threads = c->config.threads,
                                            .gates = c->config.model.context,
                                            .progress = progress,
                                            .ctx = ctx };
    float *out[LEVEL_COUNT] = { [LEVEL_LOGITS] = logits };
    return features_read(c->engine, &source, out, &c->config.model, e);
}

bool eval_apply(struct eval_result *r, const struct eval_encoder *c, const struct eval_task *t,
                bool (*progress)(void *ctx, int done, int total), void *ctx, struct err *e)
{
    size_t n = (size_t)t->test.n, classes = (size_t)t->classes;
    *r = (struct eval_result){ .protocol = PROTOCOL_APPLY,
                               .gates = c->config.model.context,
                               .percent = c->settings.data.labels,
                               .draw = (int)c->settings.data.draw,
                               .images = c->labelled,
                               .strength = NAN };
    r->classes = calloc(classes + 1, sizeof *r->classes);
    int *output = malloc((classes + 1) * sizeof *output);
    float *logits = malloc((n * (size_t)c->config.model.classes + 1) * sizeof *logits);
    double *scores = malloc((n * classes + 1) * sizeof *scores);
    bool ok =
        (r->classes && output && logits && scores) || err_set(e, ERR_MEMORY, "scores of %zu images: no memory", n);
    if (ok && !match(c, t, output))
        ok = err_set(e, ERR_DATA, "data set %s: has none of the classes that run %s tells apart", t->data.dataset.name,
                     c->name);
    ok = ok && read_logits(c, t, logits, progress, ctx, e) && score(c, t, logits, output, scores, e) &&
         auc_score_classes(scores, t->test.labels, t->test.n, t->classes, r->classes, e);
    free(output);
    free(logits);
    free(scores);
    if (ok)
        r->macro = auc_macro(r->classes, t->classes);
    else
        eval_result_clear(r);
    return ok;
}
