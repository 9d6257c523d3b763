/* Computes the figures of a configuration from its probabilities. The threshold of a class is chosen on validation
 * images and applied to test images. */
#include "app/worker/eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/evaluate/bootstrap.h"
#include "engine/evaluate/delong.h"

enum { BOOTSTRAP_SEED = 1 }; /* the same for all, so that equal figures have equal intervals */

/* Patients of the test images without and with a finding; one may count for both. */
static bool count_patients(int out[2], const struct eval_task *t, int c, struct err *e)
{
    uint32_t most = 0;
    for (int i = 0; i < t->test.n; i++)
        if (t->test.patients[i] > most) most = t->test.patients[i];
    bool *seen = calloc(2 * ((size_t)most + 1), sizeof *seen);
    if (!seen) return err_set(e, ERR_MEMORY, "figures of %d images: no memory", t->test.n);
    for (int i = 0; i < t->test.n; i++) {
        int label = t->test.labels[(size_t)i * (size_t)t->classes + (size_t)c];
        bool *one = label < 0 ? NULL : &seen[2 * (size_t)t->test.patients[i] + (label != 0)];
        if (!one || *one) continue;
        *one = true;
        out[label != 0]++;
    }
    free(seen);
    return true;
}

static bool figures_of_class(struct eval_result *r, const struct eval_task *t, int c, struct err *e)
{
    int stride = t->classes, validations = t->fit.n - t->train;
    const int8_t *truth = t->fit.labels + (size_t)t->train * (size_t)stride + c;
    const struct operating_scores chosen_on = { validations, stride, r->validation + c, truth },
                                  scored = { t->test.n, stride, r->test + c, t->test.labels + c };
    struct eval_class *out = &r->details[c];
    struct delong d;
    out->patients[0] = out->patients[1] = 0;
    if (!count_patients(out->patients, t, c, e)) return false;
    if (!operating_threshold(&chosen_on, &out->threshold, e) ||
        !operating_point(&scored, out->threshold, &out->at, e) ||
        !delong_areas(r->test + c, NULL,
                      &(struct delong_images){ t->test.n, stride, t->test.labels + c, t->test.patients }, &d, e))
        return false;
    out->plain = significance_interval(d.auc[0], d.plain.first, 0, 1);
    out->patient = significance_interval(d.auc[0], d.clustered.first, 0, 1);
    out->clustered = delong_is_clustered(&d);
    return true;
}

bool eval_macro_has_interval(const struct eval_result *r, const struct eval_task *t)
{
    for (int c = 0; c < t->classes; c++)
        if (!(t->apart && t->apart[c]) && !isnan(r->classes[c].auc) &&
            eval_has_patients(&r->details[c], EVAL_INTERVAL_PATIENTS))
            return true;
    return false;
}

static bool interval_of_macro(struct eval_result *r, const struct eval_task *t, struct err *e)
{
    const double *scores[] = { r->test };
    const struct bootstrap_input in = { .n = t->test.n,
                                        .classes = t->classes,
                                        .labels = t->test.labels,
                                        .patients = t->test.patients,
                                        .apart = t->apart,
                                        .a = { 1, scores, 1 },
                                        .rounds = BOOTSTRAP_ROUNDS,
                                        .seed = BOOTSTRAP_SEED };
    struct bootstrap_figure macro, *classes = malloc(((size_t)t->classes + 1) * sizeof *classes);
    bool ok = (classes || err_set(e, ERR_MEMORY, "intervals of %d classes: no memory", t->classes)) &&
              bootstrap_areas(&in, classes, &macro, e);
    if (ok) r->interval = (struct interval){ macro.lo, macro.hi };
    if (!eval_macro_has_interval(r, t)) r->interval = (struct interval){ NAN, NAN };
    free(classes);
    return ok;
}

bool eval_figures(struct eval_result *r, const struct eval_task *t, struct err *e)
{
    bool ok = auc_score_classes(r->test, t->test.labels, t->test.n, t->classes, r->classes, e);
    for (int c = 0; ok && c < t->classes; c++) ok = figures_of_class(r, t, c, e);
    r->macro = auc_macro_findings(r->classes, t->apart, t->classes);
    return ok && interval_of_macro(r, t, e);
}

bool eval_result_init(struct eval_result *r, const struct eval_task *t, struct err *e)
{
    size_t classes = (size_t)t->classes;
    r->classes = calloc(classes + 1, sizeof *r->classes);
    r->details = calloc(classes + 1, sizeof *r->details);
    r->validation = malloc(((size_t)(t->fit.n - t->train) * classes + 1) * sizeof *r->validation);
    r->test = malloc(((size_t)t->test.n * classes + 1) * sizeof *r->test);
    return (r->classes && r->details && r->validation && r->test) ||
           err_set(e, ERR_MEMORY, "scores of %d images: no memory", t->test.n);
}

bool eval_result_copy(struct eval_result *to, const struct eval_result *from, const struct eval_task *t, struct err *e)
{
    size_t classes = (size_t)t->classes;
    *to = *from;
    to->validation = to->test = to->weights = NULL;
    to->classes = malloc(classes * sizeof *to->classes);
    to->details = malloc(classes * sizeof *to->details);
    if (!to->classes || !to->details) return err_set(e, ERR_MEMORY, "figures: no memory");
    memcpy(to->classes, from->classes, classes * sizeof *to->classes);
    memcpy(to->details, from->details, classes * sizeof *to->details);
    return true;
}

void eval_result_clear(struct eval_result *r)
{
    free(r->classes);
    free(r->details);
    free(r->validation);
    free(r->test);
    free(r->weights);
    r->classes = NULL;
    r->details = NULL;
    r->validation = r->test = r->weights = NULL;
}
