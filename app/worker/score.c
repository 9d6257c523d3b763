#include "app/worker/score.h"

#include <stdio.h>
#include <string.h>

#include "app/cli/process.h"
#include "app/worker/eval_order.h"
#include "app/worker/eval_record.h"

/* The runs of a configuration as they are now. */
struct candidates {
    int64_t run[EVAL_ORDER_RATES];
    double auc[EVAL_ORDER_RATES];
    char waits_for[STORE_NAME]; /* one that is not trained yet; "": all are */
};

/* A run whose worker has taken such an order is trained, though it is not called finished before it has served it. */
static bool is_trained(struct store *s, const struct store_run *run, bool *trained, struct err *e)
{
    *trained = run->state == STORE_FINISHED;
    return *trained || store_order_taken(s, run->id, trained, e);
}

static bool find_candidates(struct store *s, const struct eval_order *o, struct candidates *c, struct err *e)
{
    *c = (struct candidates){ 0 };
    for (int i = 0; i < o->count; i++) {
        struct store_run run;
        bool trained;
        if (!store_run_find_identity(s, o->rates[i].identity, INT64_MAX, &c->run[i], e)) return false;
        if (!c->run[i]) {
            snprintf(c->waits_for, sizeof c->waits_for, "of rate %g", o->rates[i].rate);
            continue;
        }
        if (!store_run_get(s, c->run[i], &run, e)) return false;
        bool ok = is_trained(s, &run, &trained, e);
        if (!trained) snprintf(c->waits_for, sizeof c->waits_for, "%s", run.name);
        store_run_clear(&run);
        if (!ok || (trained && !eval_order_auc(s, c->run[i], &c->auc[i], e))) return false;
    }
    return true;
}

static bool is_scored(struct store *s, const struct eval_order *o, int64_t child, int size, bool *scored, struct err *e)
{
    struct store_evaluations list;
    *scored = false;
    if (!store_evaluation_list(s, o->run, &list, e)) return false;
    for (size_t i = 0; i < list.count; i++) *scored = *scored || eval_order_matches(o, child, size, &list.rows[i]);
    store_evaluations_clear(&list);
    return true;
}

/* Between passes the worker shows that it lives; asked to end it leaves the scoring to whoever asked. */
static bool go_on(void *ctx, int done, int total)
{
    struct worker *w = ctx;
    struct err ignored;
    (void)done, (void)total;
    if (recorder_due(&w->recorder)) recorder_flush(&w->recorder, &ignored);
    return !process_asked();
}

/* The chosen run on the test images, recorded for the encoder. */
static bool score_chosen(struct app *app, struct worker *w, const struct eval_order *o, const struct candidates *c,
                         char *answer, size_t size, struct err *e)
{
    struct eval_task task;
    struct eval_encoder chosen = { 0 };
    struct eval_result r = { 0 };
    struct store_run run = { 0 };
    bool there = false;
    int best = eval_order_choose(c->auc, o->count);
    if (!eval_task_open(&task, w->store, o->task, e)) return false;
    bool ok = !strcmp(task.data.dataset.digest, o->data) ||
              err_set(e, ERR_CONFLICT, "data set %s was imported anew since", o->task);
    ok = ok && store_run_get(w->store, c->run[best], &run, e) &&
         eval_encoder_run(&chosen, w->store, &run, STORE_STANDING, 0, pack_channels(task.pack), e) &&
         is_scored(w->store, o, run.id, chosen.config.model.size, &there, e);
    if (ok && !there) {
        struct eval_encoder of = { .run_id = o->run, .step = o->step, .config = chosen.config };
        snprintf(of.name, sizeof of.name, "%s", o->encoder);
        snprintf(of.weights, sizeof of.weights, "%s", o->weights);
        const struct eval_record record = { app, &task, &of, o->own };
        ok = eval_apply(&r, &chosen, &task, go_on, w, e);
        if (ok) r.images = chosen.labelled;
        if (ok) eval_order_describe(o, run.id, run.name, o->rates[best].rate, &r);
        ok = ok && eval_record(&record, &r, 1, e);
    }
    if (ok)
        snprintf(answer, size, there ? "ok: %s is scored already" : "ok: %s scored on %d test images of %s, AUC %.3f",
                 run.name, task.test.n, o->task, r.macro);
    eval_result_clear(&r);
    eval_encoder_close(&chosen);
    store_run_clear(&run);
    eval_task_close(&task);
    return ok;
}

static bool serve(struct app *app, struct worker *w, const struct store_command *c, char *answer, size_t size,
                  struct err *e)
{
    struct eval_order o;
    struct candidates candidates;
    if (!eval_order_read(&o, c->argument, e) || !find_candidates(w->store, &o, &candidates, e)) return false;
    if (!*candidates.waits_for) return score_chosen(app, w, &o, &candidates, answer, size, e);
    snprintf(answer, size, "ok: the last of its rates scores, %s is not trained yet", candidates.waits_for);
    return true;
}

bool score_ordered(struct app *app, struct worker *w, struct err *e)
{
    for (int64_t after = 0;;) {
        struct store_command c;
        struct err why;
        char answer[400];
        bool any;
        if (!recorder_flush(&w->recorder, e)) return false;
        if (recorder_stuck(&w->recorder) > 0 || process_asked()) return true;
        if (!store_order_take(w->store, w->run.id, w->step, after, &c, &any, &why) || !any) return true;
        after = c.id;
        bool ok = serve(app, w, &c, answer, sizeof answer, &why);
        store_command_clear(&c);
        if (!ok && why.code == ERR_INTERRUPTED) return true; /* it is asked for still */
        if (!ok) snprintf(answer, sizeof answer, "failed: %.380s", why.msg);
        outbox_answer(&w->recorder.box, after, answer);
        const struct recorder_occasion occasion = { w->step, ok ? STORE_INFO : STORE_WATCH, "evaluate", false };
        if (!recorder_event(&w->recorder, &occasion, e, "%s%s",
                            ok ? "" : "test images not scored: ", ok ? answer + strlen("ok: ") : why.msg))
            return false;
    }
}
