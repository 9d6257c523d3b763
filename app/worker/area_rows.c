#include "app/worker/area_rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

bool area_rows_put(struct recorder *r, const struct session *s, int64_t step, const struct area_rows *a, struct err *e)
{
    size_t n = s->data.classes_count;
    struct store_score *scores = calloc(n + 1, sizeof *scores);
    if (!scores) return err_set(e, ERR_MEMORY, "areas of %zu classes: memory ran out", n);
    for (size_t c = 0; c < n; c++)
        scores[c] = (struct store_score){ .class = (int64_t)c,
                                          .name = s->data.classes[c],
                                          .auc = a->classes[c].auc,
                                          .lo = NAN,
                                          .hi = NAN,
                                          .positives = a->classes[c].positives,
                                          .negatives = a->classes[c].negatives };
    struct store_evaluation row = {
        .run_id = r->run,
        .step = step,
        .context = a->gates,
        .fraction = a->percent,
        .seed = a->seed,
        .split = "val",
        .auc_macro = a->macro,
        .scores = scores,
        .scores_count = n,
    };
    snprintf(row.task, sizeof row.task, "%s", s->data.dataset.name);
    snprintf(row.protocol, sizeof row.protocol, "%s", a->protocol);
    outbox_evaluation(&r->box, &row);
    free(scores);
    return true;
}
