#include "app/worker/validation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/session/areas.h"
#include "app/session/features.h"
#include "app/worker/area_rows.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/evaluate/classifier.h"
#include "engine/evaluate/protocol.h"
#include "store/metric.h"
#include "store/probe.h"

/* Whether `value` is better than the best so far; of equal epochs the first counts. */
static bool improve(struct best_epoch *best, double value, int64_t step)
{
    if (isnan(value) || (best->step && value <= best->value)) return false;
    *best = (struct best_epoch){ value, step };
    return true;
}

/* Reads the best epoch of this run up to `step`. */
static bool recall(struct validation *v, int64_t step, struct err *e)
{
    int64_t metric;
    struct store_points points;
    struct recorder *r = v->recorder;
    if (!store_metric_id(r->store, STORE_VALIDATION_METRIC, &metric, e) ||
        !store_points_read(r->store, r->run, metric, 0, step, &points, e))
        return false;
    v->told = points.count > 0;
    for (size_t i = 0; i < points.count; i++) improve(&v->best, points.rows[i].value, points.rows[i].step);
    store_points_clear(&points);
    if (v->best.step) improve(&r->best, v->best.value, v->best.step);
    return true;
}

bool validation_open(struct validation *v, struct session *session, struct recorder *recorder, int64_t step,
                     struct err *e)
{
    size_t classes = session->data.classes_count;
    *v = (struct validation){ .session = session, .recorder = recorder };
    if (!session->labels || !session->val.count) return true;
    v->labels = malloc((size_t)session->val.count * classes);
    v->taught = malloc(classes * sizeof *v->taught);
    if (!v->labels || !v->taught) return err_set(e, ERR_MEMORY, "validation labels: memory ran out");
    for (int i = 0; i < session->val.count; i++)
        memcpy(v->labels + (size_t)i * classes, session->data.labels + session->val.rows[i] * classes, classes);
    for (size_t c = 0; c < classes; c++) v->taught[c] = session_is_taught(session, (int)c);
    return recall(v, step, e);
}

bool validation_due(const struct validation *v, int64_t step)
{
    return v->labels && step > 0 && step % v->session->steps_per_epoch == 0;
}

static bool read_logits(struct validation *v, float *logits, struct err *e)
{
    struct session *s = v->session;
    const struct features_source source = { .pack = s->pack,
                                            .images = s->val.rows,
                                            .n = s->val.count,
                                            .size = s->config.model.size,
                                            .batch = s->config.batch,
                                            .threads = s->config.threads,
                                            .gates = s->config.model.context };
    float *out[LEVEL_COUNT] = { [LEVEL_LOGITS] = logits };
    return features_read(s->engine, &source, out, &s->config.model, e);
}

/* Areas by class from the logits; NaN for classes whose training labels had one value. */
static bool score(struct validation *v, const struct classifier_logits *l, double *odds, struct auc *areas,
                  struct err *e)
{
    classifier_odds(l, odds);
    for (int i = 0; i < l->n * l->classes; i++)
        if (!v->taught[i % l->classes]) odds[i] = NAN;
    return auc_score_classes(odds, v->labels, l->n, l->classes, areas, e);
}

static bool tell_lacking(struct validation *v, int64_t step, const struct auc *areas, struct err *e)
{
    struct text line = { 0 };
    if (!v->told)
        areas_lacking(areas, v->session->data.classes, (int)v->session->data.classes_count, "validation", &line);
    bool ok =
        !line.length || recorder_event(v->recorder, &(struct recorder_occasion){ step, STORE_INFO, "validation", true },
                                       e, "%s", text_str(&line));
    text_clear(&line);
    v->told = true;
    return ok;
}

static bool record(struct validation *v, int64_t step, const struct auc *areas, double entropy, struct err *e)
{
    const struct session *s = v->session;
    char text[16];
    double macro = auc_macro(areas, (int)s->data.classes_count);
    const struct area_rows rows = { .protocol = protocol_names[PROTOCOL_APPLY],
                                    .percent = s->settings.data.labels,
                                    .seed = s->settings.data.draw,
                                    .gates = s->config.model.context,
                                    .classes = areas,
                                    .macro = macro };
    recorder_number(v->recorder, STORE_VALIDATION_METRIC, step, macro);
    recorder_number(v->recorder, "cross_entropy.validation", step, entropy);
    return area_rows_put(v->recorder, s, step, &rows, e) && tell_lacking(v, step, areas, e) &&
           recorder_event(v->recorder, &(struct recorder_occasion){ step, STORE_INFO, "validation", true }, e,
                          "epoch %lld: AUC %s, cross-entropy %.4f", (long long)(step / s->steps_per_epoch),
                          areas_text(macro, 4, text), entropy) &&
           recorder_flush(v->recorder, e);
}

bool validation_score(struct validation *v, int64_t step, bool *best, struct err *e)
{
    const struct session *s = v->session;
    size_t n = (size_t)s->val.count, classes = s->data.classes_count;
    float *logits = malloc(n * classes * sizeof *logits);
    double *odds = malloc(n * classes * sizeof *odds), begun = clock_seconds();
    struct auc *areas = calloc(classes, sizeof *areas);
    const struct classifier_logits l = { (int)n, (int)classes, s->config.exclusive, logits };
    *best = false;
    bool ok = (logits && odds && areas) || err_set(e, ERR_MEMORY, "validation of %zu images: memory ran out", n);
    ok = ok && read_logits(v, logits, e) && score(v, &l, odds, areas, e);
    if (ok) recorder_number(v->recorder, "time.validation", step, clock_seconds() - begun);
    ok = ok && record(v, step, areas, classifier_cross_entropy(&l, v->labels), e);
    double macro = ok ? auc_macro(areas, (int)classes) : NAN;
    if (ok) {
        *best = improve(&v->best, macro, step);
        improve(&v->recorder->best, macro, step);
    }
    free(logits);
    free(odds);
    free(areas);
    return ok || err_wrap(e, "validation");
}

bool validation_over(const struct validation *v, int64_t step, char *line, size_t size)
{
    const struct best_epoch *best = &v->recorder->best;
    int64_t patience = v->session->settings.train.patience, epoch = v->session->steps_per_epoch;
    bool own = v->best.step == best->step;
    if (!v->labels || patience == 0 || !best->step || (step - best->step) / epoch < patience) return false;
    snprintf(line, size,
             "no better for %lld %s, best epoch %lld (AUC %.4f, step %lld%s); a higher train.patience goes on longer",
             (long long)patience, text_number(patience, "epoch", "epochs"), (long long)(best->step / epoch),
             best->value, (long long)best->step, own ? "" : ", of the run that this one goes on from");
    return true;
}

void validation_close(struct validation *v)
{
    free(v->labels);
    free(v->taught);
    *v = (struct validation){ 0 };
}
