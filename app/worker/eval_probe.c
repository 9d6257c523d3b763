#include "app/worker/eval_probe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/snapshot.h"

enum { KIND = 16 }; /* as much as the store copies: "probe-" and 36 bits of the digest */

/* The kind of its snapshot: a digest of all that its weights depend on. */
static bool name_probe(const struct eval_probe *p, char kind[KIND], struct err *e)
{
    const struct eval_task *t = p->task;
    char labels[DIGEST_HEX_SIZE], images[DIGEST_HEX_SIZE], all[DIGEST_HEX_SIZE];
    struct text text = { 0 };
    digest_bytes(t->fit.labels, (size_t)t->fit.n * (size_t)t->classes, labels);
    digest_bytes(t->fit.images, (size_t)t->fit.n * sizeof *t->fit.images, images);
    text_printf(&text, "%s\ndata %s\nlabels %s\nimages %s\ntraining %d\nweights %s\ngates %d\nsize %d\n%.17g %% %d\n",
                protocol_settings(PROTOCOL_LINEAR), t->data.dataset.digest, labels, images, t->train,
                p->encoder->weights, p->gates, p->encoder->config.model.size, p->percent, p->draw);
    digest_bytes(text_str(&text), text.length, all);
    bool ok = !text.broken || err_set(e, ERR_MEMORY, "probe: no memory");
    text_clear(&text);
    snprintf(kind, KIND, "probe-%.9s", all);
    return ok;
}

void eval_probe_settle(double *weights, int classes, int d, const double *test)
{
    for (size_t i = 0; i < (size_t)classes * (size_t)d; i++)
        weights[i] = isnan(test[i / (size_t)d]) ? (double)NAN : (double)(float)weights[i];
}

bool eval_probe_keep(struct store *s, const struct eval_probe *p, const double *weights, int d, struct err *e)
{
    size_t n = (size_t)p->task->classes * (size_t)d;
    char kind[KIND];
    if (!p->encoder->run_id) return true;
    float *rounded = malloc((n + 1) * sizeof *rounded);
    bool ok = (rounded || err_set(e, ERR_MEMORY, "probe: no memory")) && name_probe(p, kind, e);
    for (size_t i = 0; ok && i < n; i++) rounded[i] = (float)weights[i];
    const struct store_snapshot_key key = { p->encoder->run_id, p->encoder->step, "h", kind };
    ok = ok && store_snapshot_put(s, &key, p->task->classes, d, rounded, e);
    free(rounded);
    return ok;
}

bool eval_probe_find(struct store *s, const struct eval_probe *p, double *weights, int d, bool *found, struct err *e)
{
    struct store_snapshot kept;
    struct err why;
    char kind[KIND];
    *found = false;
    if (!p->encoder->run_id) return true;
    if (!name_probe(p, kind, e)) return false;
    const struct store_snapshot_key key = { p->encoder->run_id, p->encoder->step, "h", kind };
    if (!store_snapshot_get(s, &key, &kept, &why))
        return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
    *found = kept.rows == p->task->classes && kept.cols == d;
    for (size_t i = 0; *found && i < (size_t)kept.rows * (size_t)d; i++) weights[i] = (double)kept.data[i];
    store_snapshot_clear(&kept);
    return true;
}
