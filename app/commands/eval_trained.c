/* The protocols that train: for each share and draw of the labels one run a rate. Validation chooses rate and epoch,
 * then the test images are scored once, by the chosen run. What is in the store already is neither trained nor scored
 * again. */
#include "app/commands/evaluation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/json.h"
#include "app/cli/process.h"
#include "app/commands/queue.h"
#include "views/analysis/predictions.h"
#include "engine/base/text.h"
#include "store/checkpoint.h"
#include "store/queue.h"

/* One configuration: the same labels, a run for each rate. */
struct configuration {
    struct child runs[MOST_RATES];
    int count;
    struct eval_order order; /* what each of them is asked to score when they are trained */
};

bool evaluation_trains(const struct request *q)
{
    return q->protocol[PROTOCOL_FINETUNE] || q->protocol[PROTOCOL_SCRATCH];
}

/* ---- checks ---- */

/* Keys that options of eval decide. */
static bool check_set(const struct evaluation *v, const char *set, struct err *e)
{
    static const struct {
        const char *key, *option;
    } taken[] = { { "method.name", "--protocol" },
                  { "data.name", "--task" },
                  { "data.labels", "--labels" },
                  { "data.draw", "--draws" },
                  { "optim.lr", "--rates" },
                  { "data.size", "--size" },
                  { "model.init", "--init" },
                  { "model.context", "--context" },
                  { "data.held_out", "a data set with validation images" } };
    struct settings scratch;
    settings_init(&scratch);
    if (!settings_assign(&scratch, set, e)) return false;
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (!strncmp(set, taken[i].key, strlen(taken[i].key)) && set[strlen(taken[i].key)] == '=')
            return err_set(e, ERR_USAGE, "--set %s: eval sets it; take %s", set, taken[i].option);
    if (v->own && !strncmp(set, "model.", 6))
        return err_set(e, ERR_USAGE, "--set %s: a run brings its own network; --set is of the training", set);
    return true;
}

bool evaluation_trained_check(const struct evaluation *v, struct err *e)
{
    const char *init = arguments_text(v->arguments, "init", ""), *set;
    if (!v->recorded)
        return err_set(e, ERR_CONFLICT, "--protocol finetune, scratch: they make runs, and this store is only read");
    if (v->request.protocol[PROTOCOL_FINETUNE] && !strcmp(init, "random"))
        return err_set(e, ERR_USAGE, "--protocol finetune: there is nothing to tune in a random encoder; take scratch");
    if (v->task.train == v->task.fit.n || !v->task.train)
        return err_set(e, ERR_DATA,
                       "data set %s: has no validation images, which choose rate and epoch, and too few training "
                       "patients to hold some out; import it with a val folder or --splits",
                       v->task.data.dataset.name);
    for (int i = 0; (set = arguments_nth(v->arguments, "set", i)); i++)
        if (!check_set(v, set, e)) return false;
    return true;
}

/* ---- configurations ---- */

static void write_order(const struct evaluation *v, struct configuration *f)
{
    const struct child *c = &f->runs[0];
    struct eval_order *o = &f->order;
    *o = (struct eval_order){ .protocol = c->protocol,
                              .gates = c->gates,
                              .own = v->own,
                              .percent = c->percent,
                              .draw = c->draw,
                              .run = v->encoder.run_id,
                              .step = v->encoder.step,
                              .batch = (int)c->settings.data.batch,
                              .count = f->count };
    snprintf(o->task, sizeof o->task, "%s", v->task.data.dataset.name);
    snprintf(o->data, sizeof o->data, "%s", v->task.data.dataset.digest);
    snprintf(o->encoder, sizeof o->encoder, "%s", v->encoder.name);
    snprintf(o->weights, sizeof o->weights, "%s", v->encoder.weights);
    for (int i = 0; i < f->count; i++) {
        o->rates[i].rate = f->runs[i].rate;
        snprintf(o->rates[i].identity, sizeof o->rates[i].identity, "%s", f->runs[i].identity);
    }
}

/* The protocol with its settings, which are the same for all shares and draws. */
static bool digest_settings(const struct request *q, struct configuration *f, struct err *e)
{
    struct settings s = f->runs[0].settings;
    struct text all = { 0 };
    text_printf(&all, "%s\n", protocol_settings(f->runs[0].protocol));
    for (int i = 0; i < q->rate_count; i++) text_printf(&all, "rate %.17g\n", q->rates[i]);
    bool ok = settings_set(&s, "model.init", "kaiming", e) && settings_set(&s, "data.labels", "100", e) &&
              settings_set(&s, "data.draw", "0", e) && settings_set(&s, "optim.lr", "1", e);
    child_write_settings(&s, &all);
    digest_bytes(text_str(&all), all.length, f->order.settings);
    ok = ok && (!all.broken || err_set(e, ERR_MEMORY, "eval: no memory"));
    text_clear(&all);
    return ok;
}

static bool settle(struct evaluation *v, enum protocol protocol, bool gates, double percent, int draw,
                   struct configuration *f, struct err *e)
{
    const struct request *q = &v->request;
    f->count = q->rate_count;
    bool ok = true;
    for (int i = 0; ok && i < f->count; i++) {
        f->runs[i] = (struct child){
            .protocol = protocol, .gates = gates, .percent = percent, .draw = draw, .rate = q->rates[i]
        };
        ok = child_settle(v, &f->runs[i], e);
    }
    if (ok) write_order(v, f);
    return ok && digest_settings(q, f, e);
}

/* Each configuration in turn; of all labels there is one draw. */
static bool each(struct evaluation *v,
                 bool (*visit)(struct evaluation *v, struct configuration *f, void *ctx, struct err *e), void *ctx,
                 struct err *e)
{
    const struct request *q = &v->request;
    struct configuration *f = malloc(sizeof *f);
    if (!f) return err_set(e, ERR_MEMORY, "eval: no memory");
    bool ok = true;
    for (int p = PROTOCOL_FINETUNE; ok && p <= PROTOCOL_SCRATCH; p++)
        for (int gates = 1; ok && q->protocol[p] && gates >= 0; gates--)
            for (int k = 0; ok && q->gates[gates] && k < q->percent_count; k++)
                for (int draw = 1; ok && draw <= (q->percents[k] >= 100 ? 1 : q->draws); draw++)
                    ok = settle(v, (enum protocol)p, gates, q->percents[k], draw, f, e) && visit(v, f, ctx, e);
    free(f);
    return ok;
}

/* ---- the queue ---- */

struct tally {
    json_t *list;
    int queued, finished, under_way;
};

/* The run exists, and is asked to score when it is trained. */
static bool make(struct evaluation *v, const struct configuration *f, struct child *c, struct err *e)
{
    if (!c->run && !child_make(v, c, e)) return false;
    return c->finished || eval_order_put(v->store, c->run, &f->order, e);
}

static bool enqueue(struct evaluation *v, struct configuration *f, void *ctx, struct err *e)
{
    struct tally *t = ctx;
    for (int i = 0; i < f->count; i++) {
        struct child *c = &f->runs[i];
        struct err why;
        if (!make(v, f, c, e)) return false;
        bool added = !c->finished && store_queue_add(v->store, c->run, &why);
        if (!c->finished && !added && why.code != ERR_CONFLICT) return err_set(e, why.code, "%s", why.msg);
        t->queued += added;
        t->finished += c->finished;
        t->under_way += !c->finished && !added;
        json_array_append_new(t->list, json_pack("{s:I, s:o, s:s, s:b, s:o, s:i, s:o, s:b}", "id", (json_int_t)c->run,
                                                 "name", json_text(c->name), "protocol", protocol_names[c->protocol],
                                                 "context", c->gates, "fraction", json_number(c->percent), "draw",
                                                 c->draw, "rate", json_number(c->rate), "finished", c->finished));
    }
    return true;
}

int evaluation_trained_queue(struct evaluation *v)
{
    struct tally t = { .list = json_array() };
    struct err e;
    if (!each(v, enqueue, &t, &e) || (t.queued && !queue_ensure(v->store, &e))) {
        json_decref(t.list);
        return app_fail(v->app, &e);
    }
    if (v->app->json) return app_print_json(v->app, t.list);
    json_decref(t.list);
    app_print(
        "%d %s queued, %d under way, %d finished; their workers score, the same command without --queue shows it\n",
        t.queued, text_number(t.queued, "run", "runs"), t.under_way, t.finished);
    return 0;
}

/* ---- scoring ---- */

/* The run that validation prefers. */
static struct child *choose(struct configuration *f)
{
    double auc[MOST_RATES];
    for (int i = 0; i < f->count; i++) auc[i] = f->runs[i].auc;
    return &f->runs[eval_order_choose(auc, f->count)];
}

static bool score_child(struct evaluation *v, const struct child *c, struct eval_result *r, struct err *e)
{
    struct eval_encoder encoder;
    struct store_run run;
    if (!store_run_get(v->store, c->run, &run, e)) return false;
    bool ok = eval_encoder_run(&encoder, v->store, &run, STORE_STANDING, 0, v->channels, e);
    store_run_clear(&run);
    ok = ok && eval_apply(r, &encoder, &v->task, NULL, NULL, e);
    if (ok) r->images = encoder.labelled;
    eval_encoder_close(&encoder);
    return ok;
}

/* What it predicted, put where its scoring would have put it; false where an image of the task has no prediction. */
static bool put_back(const struct evaluation *v, const struct predictions *p, struct eval_result *r)
{
    const struct eval_task *t = &v->task;
    size_t classes = (size_t)t->classes;
    const struct {
        const uint32_t *images;
        int n;
        double *scores;
    } subsets[] = { { t->fit.images + t->train, t->fit.n - t->train, r->validation },
                    { t->test.images, t->test.n, r->test } };
    for (int k = 0; k < 2; k++)
        for (int i = 0, at = 0; i < subsets[k].n; i++) {
            while (at < p->n && p->images[at] < subsets[k].images[i]) at++;
            if (at == p->n || p->images[at] != subsets[k].images[i]) return false;
            memcpy(subsets[k].scores + (size_t)i * classes, p->scores + (size_t)at * classes, classes * sizeof(double));
        }
    return true;
}

/* How many images it learned from, as its row tells. */
static int images_of(const struct store_evaluation *row)
{
    json_t *detail = row->detail ? json_loads(row->detail, 0, NULL) : NULL;
    int images = (int)json_integer_value(json_object_get(detail, "images"));
    json_decref(detail);
    return images;
}

/* The figures of an earlier invocation, from the predictions that it left; *found whether there are any. */
static bool recall(struct evaluation *v, const struct configuration *f, const struct child *c, struct eval_result *r,
                   bool *found, struct err *e)
{
    struct store_evaluations list;
    *found = false;
    if (!store_evaluation_list(v->store, v->encoder.run_id, &list, e)) return false;
    bool ok = true;
    for (size_t i = list.count; ok && i-- > 0 && !*found;) {
        struct predictions p;
        if (!eval_order_matches(&f->order, c->run, v->encoder.config.model.size, &list.rows[i])) continue;
        ok = predictions_read(v->store, &list.rows[i], &v->task.data, &p, e);
        if (ok && p.n) {
            *r = (struct eval_result){ .strength = NAN, .images = images_of(&list.rows[i]) };
            ok = eval_result_init(r, &v->task, e);
            *found = ok && put_back(v, &p, r);
            ok = ok && (!*found || eval_figures(r, &v->task, e));
            if (!ok || !*found) eval_result_clear(r);
        }
        predictions_clear(&p);
    }
    store_evaluations_clear(&list);
    return ok;
}

/* Of all labels the other draws are the same. */
static bool repeat(struct evaluation *v, struct err *e)
{
    struct eval_result *first = &v->results[v->count - 1];
    for (int draw = 2; first->percent >= 100 && draw <= v->request.draws; draw++) {
        struct eval_result *r = &v->results[v->count];
        if (!eval_result_copy(r, first, &v->task, e)) return eval_result_clear(r), false;
        r->draw = draw;
        v->count++;
    }
    return true;
}

static bool score(struct evaluation *v, struct configuration *f, void *ctx, struct err *e)
{
    (void)ctx;
    struct eval_result *r = &v->results[v->count];
    bool found = false;
    for (int i = 0; i < f->count; i++) {
        struct child *c = &f->runs[i];
        if (!make(v, f, c, e) || (!c->finished && !child_finish(v, c, e))) return false;
        if (c->rate_now != c->rate)
            app_note(v->app, "run %s: its optim.lr was changed on its way, from %g to %g", c->name, c->rate,
                     c->rate_now);
    }
    const struct child *best = choose(f);
    if (!recall(v, f, best, r, &found, e) || (!found && !score_child(v, best, r, e))) return false;
    eval_order_describe(&f->order, best->run, best->name, best->rate, r);
    int before = v->count++;
    app_progress(v->app, false, "%s %g %%, draw %d: %s, of %d", protocol_names[best->protocol], best->percent,
                 best->draw, best->name, f->count);
    const struct eval_record record = { v->app, &v->task, &v->encoder, v->own };
    /* recorded anew where they were there: what was asked for last is the newest */
    if (!repeat(v, e) || !eval_record(&record, r, v->count - before, e)) return false;
    v->recorded_count = v->count;
    return true;
}

/* Runs that are to be trained, in their order. */
struct pending {
    int64_t *runs; /* owned */
    size_t count, room;
};

static bool collect(struct evaluation *v, struct configuration *f, void *ctx, struct err *e)
{
    struct pending *p = ctx;
    for (int i = 0; i < f->count; i++) {
        struct child *c = &f->runs[i];
        if (process_asked()) return err_set(e, ERR_INTERRUPTED, "eval: asked to end; the same command goes on");
        if (!make(v, f, c, e)) return false;
        if (c->finished) continue;
        if (p->count == p->room) {
            int64_t *more = realloc(p->runs, (p->room = 2 * p->room + 8) * sizeof *more);
            if (!more) return err_set(e, ERR_MEMORY, "eval: no memory");
            p->runs = more;
        }
        p->runs[p->count++] = c->run;
    }
    return true;
}

bool evaluation_trained_score(struct evaluation *v, struct err *e)
{
    struct pending p = { 0 };
    process_catch(PROCESS_FOLLOWS);
    bool ok = each(v, collect, &p, e) && evaluation_queue(v, p.runs, p.count, e);
    free(p.runs);
    if (ok && each(v, score, NULL, e)) return true;
    if (v->ours_count && !process_asked()) app_note(v->app, "what waits in the queue goes on (mlvicx queue)");
    return false;
}
