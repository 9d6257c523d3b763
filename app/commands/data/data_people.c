#include "app/commands/data/data_people.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/session/features.h"
#include "app/session/fit.h"
#include "engine/base/text.h"

enum { BATCH = 64, NAMED = 5, YEARS = 5 }; /* YEARS: ages of one person differ by at most as many */

bool data_people_open(struct data_people *p, struct app *app, const char *word, int *size, int *channels, struct err *e)
{
    struct store_run run;
    struct store_dataset row;
    int64_t step;
    struct store *s = app_existing_store(app, STORE_READ, e);
    if (!s || !app_find_run_step(app, word, &run, &step, e)) return false;
    int of = *channels;
    if (!of && store_dataset_find(s, run.dataset, &row, NULL)) {
        of = (int)row.channels;
        store_dataset_clear(&row);
    }
    bool ok = eval_encoder_run(&p->encoder, s, &run, step, 0, of ? of : 1, e);
    store_run_clear(&run);
    if (!ok) return false;
    *size = p->encoder.config.model.size;
    *channels = p->encoder.config.model.channels;
    return true;
}

/* ---- ids, where they are known ---- */

static bool is_known(const struct dataset *d, int i)
{
    return d->images[i].patient && *d->images[i].patient;
}

static bool is_same(const struct dataset *d, const struct lookalike *l)
{
    return is_known(d, l->a) && is_known(d, l->b) && !strcmp(d->images[l->a].patient, d->images[l->b].patient);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Images whose patient has another one. */
static int count_others(const struct dataset *d)
{
    const char **ids = malloc((d->count + (size_t)1) * sizeof *ids);
    int n = 0, others = 0;
    for (uint32_t i = 0; ids && i < d->count; i++)
        if (is_known(d, (int)i)) ids[n++] = d->images[i].patient;
    if (n) qsort(ids, (size_t)n, sizeof *ids, compare);
    for (int i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && !strcmp(ids[i], ids[end]);) end++;
        if (end - i > 1) others += end - i;
    }
    free(ids);
    return others;
}

static void measure(struct data_people *p, const struct dataset *d)
{
    p->others = count_others(d);
    for (int k = 0; k < p->count; k++) {
        const struct lookalike *l = &p->pairs[k];
        if (!lookalike_is(l) || !is_known(d, l->a) || !is_known(d, l->b)) continue;
        p->known++;
        p->right += is_same(d, l);
    }
    p->reached = 2 * p->right;
}

/* ---- what is known besides ---- */

/* Of each image: 'F', 'M', ... and years; 0 and -1: not known. */
struct facts {
    char *sex;
    int *age;
    bool (*go_on)(void *ctx);
    void *ctx;
};

static bool facts_read(struct facts *f, const struct dataset *d, struct err *e)
{
    f->sex = calloc(d->count + (size_t)1, sizeof *f->sex);
    f->age = malloc((d->count + (size_t)1) * sizeof *f->age);
    if (!f->sex || !f->age) return err_set(e, ERR_MEMORY, "facts of %u images: no memory", d->count);
    for (uint32_t i = 0; i < d->count; i++) f->age[i] = -1;
    for (uint32_t i = 0; i < d->attribute_count; i++) {
        const struct dataset_attribute *a = &d->attributes[i];
        if (!strcmp(a->name, "sex")) f->sex[a->image] = *a->value;
        if (!strcmp(a->name, "age")) f->age[a->image] = atoi(a->value);
    }
    return true;
}

static bool can_be_one(void *ctx, int a, int b)
{
    const struct facts *f = ctx;
    if (f->sex[a] && f->sex[b] && f->sex[a] != f->sex[b]) return false;
    return f->age[a] < 0 || f->age[b] < 0 || abs(f->age[a] - f->age[b]) <= YEARS;
}

static bool goes_on(void *ctx)
{
    const struct facts *f = ctx;
    return !f->go_on || f->go_on(f->ctx);
}

bool data_people_find(struct data_people *p, const struct dataset *d, const struct pack *pack, bool (*go_on)(void *ctx),
                      void *ctx, struct err *e)
{
    const struct engine_config *c = &p->encoder.config;
    int n = (int)d->count, dims = engine_level_dims(&c->model, LEVEL_H);
    float *out[LEVEL_COUNT] = { NULL };
    uint32_t *images = malloc(((size_t)n + 1) * sizeof *images);
    float *x = out[LEVEL_H] = malloc(((size_t)n * (size_t)dims + 1) * sizeof *x);
    bool ok = (images && x) || err_set(e, ERR_MEMORY, "features of %d images: no memory", n);
    for (int i = 0; ok && i < n; i++) images[i] = (uint32_t)i;
    const struct features_source source = {
        .pack = pack,
        .images = images,
        .n = n,
        .size = c->model.size,
        .batch = c->features > 0 ? c->features : BATCH,
        .threads = c->threads,
        .gates = c->model.context && p->encoder.settings.eval.context,
    };
    struct facts facts = { .go_on = go_on, .ctx = ctx };
    const struct lookalike_search search = {
        .x = x, .n = n, .d = dims, .may = can_be_one, .go_on = goes_on, .ctx = &facts
    };
    ok = ok && facts_read(&facts, d, e) && features_read(p->encoder.engine, &source, out, &c->model, e) &&
         lookalike_find(&search, &p->pairs, &p->count, e);
    free(facts.sex);
    free(facts.age);
    free(images);
    free(x);
    if (ok) measure(p, d);
    return ok;
}

void data_people_clear(struct data_people *p)
{
    free(p->pairs);
    eval_encoder_close(&p->encoder);
    *p = (struct data_people){ 0 };
}

/* ---- what is told ---- */

/* On two sides of a split, and not known to be one person or two. */
static bool is_candidate(const struct dataset *d, const struct lookalike *l)
{
    return lookalike_is(l) && d->images[l->a].split != d->images[l->b].split &&
           !(is_known(d, l->a) && is_known(d, l->b));
}

static double share(int part, int whole)
{
    return whole ? (double)part / whole : NAN;
}

json_t *data_people_json(const struct data_people *p, const struct dataset *d)
{
    json_t *candidates = json_array();
    for (int k = 0; candidates && k < p->count; k++) {
        const struct lookalike *l = &p->pairs[k];
        const struct dataset_image *a = &d->images[l->a], *b = &d->images[l->b];
        if (is_candidate(d, l))
            json_array_append_new(candidates,
                                  json_pack("{s:o, s:o, s:s, s:s, s:f}", "a", json_text(a->path), "b",
                                            json_text(b->path), "split_a", dataset_split_names[a->split], "split_b",
                                            dataset_split_names[b->split], "likeness", (double)l->likeness));
    }
    return json_pack("{s:o, s:I, s:o, s:{s:i, s:i, s:i, s:o, s:o}}", "run", json_text(p->encoder.name), "step",
                     (json_int_t)p->encoder.step, "candidates", candidates, "measured", "pairs", p->known, "right",
                     p->right, "images", p->others, "precision", json_number(share(p->right, p->known)), "recall",
                     json_number(share(p->reached, p->others)));
}

void data_people_print(const struct data_people *p, const struct dataset *d)
{
    int n = 0;
    for (int k = 0; k < p->count; k++) n += is_candidate(d, &p->pairs[k]);
    app_print("people      %d %s of images without ids on two sides of a split may show one person (features of %s)\n",
              n, text_number(n, "pair", "pairs"), p->encoder.name);
    for (int k = 0, named = 0; k < p->count && named < NAMED; k++) {
        const struct lookalike *l = &p->pairs[k];
        if (!is_candidate(d, l)) continue;
        app_print("              %s ~ %s (%.2f)\n", d->images[l->a].path, d->images[l->b].path, (double)l->likeness);
        named++;
    }
    if (p->known || p->others)
        app_print(
            "            candidates, no facts: with known ids hidden, %d of %d such pairs are right, and they reach %d "
            "of %d images whose patient has another\n",
            p->right, p->known, p->reached, p->others);
}
