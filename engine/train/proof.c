/* A fixture is read, its steps are run, every tensor is held against its limit; what misses is run again with the
 * choices forced, which tells ties from mistakes. */
#include "engine/train/proof.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/train/fixture.h"

/* Winograd's convolution rounds more than a direct one, in float sets only. */
static const struct proof_limits direct_limits = { "direct", 1, 4, 1e-5 },
                                 winograd_limits = { "winograd", 5, 20, 1e-4 };

/* Numbers of one run, by the names of the fixture. */
struct numbers {
    char name[96];
    double *values; /* [count], owned, PyTorch's order */
    size_t count;
};

struct run {
    struct numbers *list; /* [count], owned */
    size_t count, room;
    struct choices choices[FIXTURE_STEPS];
    float *before[FIXTURE_STEPS]; /* [parameters] each, owned: as each step began */
    int steps;
    bool broken;
};

/* ---- running it ---- */

static double *add_numbers(struct run *r, const char *prefix, const char *name, size_t count)
{
    if (r->count == r->room) {
        size_t room = r->room ? 2 * r->room : 512;
        struct numbers *list = realloc(r->list, room * sizeof *list);
        if (!list) {
            r->broken = true;
            return NULL;
        }
        r->list = list;
        r->room = room;
    }
    struct numbers *x = &r->list[r->count];
    snprintf(x->name, sizeof x->name, "%s%s", prefix, name);
    x->count = count;
    x->values = calloc(count ? count : 1, sizeof *x->values);
    if (!x->values) {
        r->broken = true;
        return NULL;
    }
    r->count++;
    return x->values;
}

static const struct numbers *find_numbers(const struct run *r, const char *name)
{
    for (size_t i = 0; i < r->count; i++)
        if (!strcmp(r->list[i].name, name)) return &r->list[i];
    return NULL;
}

static void run_clear(struct run *r)
{
    for (size_t i = 0; i < r->count; i++) free(r->list[i].values);
    for (int s = 0; s < FIXTURE_STEPS; s++) {
        choices_clear(&r->choices[s]);
        free(r->before[s]);
    }
    free(r->list);
    *r = (struct run){ 0 };
}

static bool load_parameters(struct engine *g, const struct fixture *f, struct err *e)
{
    for (int i = 0; i < engine_tensors(g); i++) {
        const struct engine_tensor *t = engine_tensor(g, i);
        char name[96];
        static const char *const before[TENSOR_KINDS] = { "param.", "buffer.", "" }; /* target.NAME says it itself */
        snprintf(name, sizeof name, "%s%s", before[t->kind], t->name);
        const struct tensors_entry *entry = tensors_find(&f->tensors, name);
        float *x = malloc(t->count * sizeof *x);
        bool ok = x && entry && entry->count == t->count && tensors_read(entry, x);
        if (ok) engine_write(g, i, PART_VALUE, x);
        free(x);
        if (!ok)
            return err_set(e, ERR_FORMAT, "%s: %s is missing or has another size than %zu", f->path, name, t->count);
    }
    return true;
}

static void collect_tensors(struct run *r, const struct engine *g, enum engine_tensor_kind kind, enum engine_part part,
                            const char *prefix)
{
    for (int i = 0; i < engine_tensors(g); i++) {
        const struct engine_tensor *t = engine_tensor(g, i);
        if (t->kind != kind) continue;
        const char *name = t->name + (kind == TENSOR_TARGET ? strlen("target.") : 0);
        double *x = add_numbers(r, prefix, name, t->count);
        if (x) engine_read64(g, i, part, x);
    }
}

static void collect_losses(struct run *r, const struct fixture *f, const struct step_report *report)
{
    size_t terms = (size_t)report->method->terms;
    for (int l = 0; l < report->levels; l++) {
        double *x = add_numbers(r, "loss.", f->baseline ? "terms" : method_level_name(report->method, l), terms + 1);
        if (!x) continue;
        memcpy(x, report->level[l].term, terms * sizeof *x);
        x[terms] = report->level[l].total;
    }
    double *total = add_numbers(r, "loss.", "total", 1);
    if (total) *total = report->total;
}

static void collect_output(struct run *r, const struct engine *g, const char *output, int view, const char *name)
{
    size_t count = engine_output(g, output, view, NULL);
    double *x = count ? add_numbers(r, "out.", name, count) : NULL;
    if (x) engine_output(g, output, view, x);
}

static void collect_outputs(struct run *r, const struct engine *g)
{
    static const char *const names[] = { "h", "z", "d", "p", "t", "map.1", "map.2", "map.3", "map.4", "map.5" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (int v = 0; v < 2; v++) {
            char name[32];
            snprintf(name, sizeof name, "%s.%d", names[i], v + 1);
            collect_output(r, g, names[i], v, name);
        }
    collect_output(r, g, "logits", 0, "logits"); /* of the only view */
}

static void collect_features(struct run *r, struct engine *g, const struct fixture *f)
{
    static const enum engine_level levels[] = { LEVEL_H, LEVEL_LOGITS };
    const struct batch images = { .n = f->config.batch, .views = 1, .f32 = { f->view[0] } };
    for (size_t k = 0; k < sizeof levels / sizeof levels[0]; k++) {
        enum engine_level l = levels[k];
        size_t count = (size_t)images.n * (size_t)engine_level_dims(&f->config.model, l);
        if (!count) continue;
        double *x = add_numbers(r, "eval.", level_table[l].name, count);
        float *numbers = malloc(count * sizeof *numbers), *out[LEVEL_COUNT] = { NULL };
        struct err e;
        out[l] = numbers;
        if (!numbers || !x || !engine_features(g, &images, true, out, &e))
            r->broken = true;
        else
            for (size_t i = 0; i < count; i++) x[i] = numbers[i];
        free(numbers);
    }
}

/* All parameters, one after the other: kept in `r`, or put back from it. */
static void keep_parameters(struct run *r, int step, const struct engine *g)
{
    size_t total = 0, at = 0;
    for (int i = 0; i < engine_tensors(g); i++) total += engine_tensor(g, i)->count;
    r->before[step] = malloc(total * sizeof(float));
    for (int i = 0; r->before[step] && i < engine_tensors(g); at += engine_tensor(g, i++)->count)
        engine_read(g, i, PART_VALUE, r->before[step] + at);
    if (!r->before[step]) r->broken = true;
}

static void put_back_parameters(const struct run *r, int step, struct engine *g)
{
    size_t at = 0;
    for (int i = 0; i < engine_tensors(g); at += engine_tensor(g, i++)->count)
        engine_write(g, i, PART_VALUE, r->before[step] + at);
}

static bool keep_choices(struct run *r, int step, const struct engine *g)
{
    const struct choices *from = engine_choices(g);
    for (int i = 0; i < from->count; i++) {
        if (choices_add(&r->choices[step], from->list[i].name, from->list[i].kind, from->list[i].count) < 0)
            return false;
        r->choices[step].list[i].flips = from->list[i].flips;
        r->choices[step].list[i].worst = from->list[i].worst;
    }
    choices_copy(&r->choices[step], from);
    return true;
}

/* All steps of the fixture with one set. `forced` NULL, or a run whose parameters each step begins with and whose
 * choices it obeys: so each step is repeated by itself, whatever rounding made of the ones before. */
static bool run_steps(struct run *r, const struct fixture *f, enum kernel_set set, int threads,
                      const struct run *forced, struct err *e)
{
    struct engine_config c = f->config;
    struct engine *g = NULL;
    c.kernels = engine_kernels(set, &c);
    c.threads = threads;
    if (!engine_create(&g, &c, e)) return err_wrap(e, "%s", f->path);
    bool ok = load_parameters(g, f, e);
    if (ok) collect_features(r, g, f);
    double *trace = ok ? add_numbers(r, "", "trace", (size_t)f->steps) : NULL;
    for (int s = 0; ok && trace && s < f->steps; s++) {
        const struct batch batch = { .n = c.batch,
                                     .views = engine_method(c.method)->views,
                                     .f32 = { f->view[0], f->view[1] },
                                     .labels = f->labels };
        const struct step_settings settings = {
            .weights = f->weights, .rate = f->rates[s], .keep = f->keep[s], .draw = f->draw
        };
        struct step_report report;
        engine_force(g, forced ? &forced->choices[s] : NULL);
        if (forced) put_back_parameters(forced, s, g);
        keep_parameters(r, s, g);
        ok = engine_step(g, &batch, &settings, &report, e) || err_wrap(e, "%s: step %d", f->path, s);
        if (!ok) break;
        r->steps = s + 1;
        if (!keep_choices(r, s, g)) r->broken = true;
        trace[s] = report.total;
        if (s) continue;
        collect_outputs(r, g);
        collect_losses(r, f, &report);
        collect_tensors(r, g, TENSOR_PARAMETER, PART_GRADIENT, "grad.");
        collect_tensors(r, g, TENSOR_PARAMETER, PART_VALUE, "after.");
        collect_tensors(r, g, TENSOR_TARGET, PART_VALUE, "target_after.");
        collect_tensors(r, g, TENSOR_RUNNING, PART_VALUE, "buffer_after.");
    }
    engine_destroy(g);
    if (ok && (r->broken || !trace)) ok = err_set(e, ERR_MEMORY, "%s: no memory", f->path);
    return ok;
}

/* ---- comparing ---- */

static const struct {
    const char *prefix;
    double floor;
} kinds[] = {
    { "loss.", 1e-5 }, { "eval.", 1e-5 },  { "out.", 1e-4 },  { "buffer_after.", 1e-4 },
    { "grad.", 2e-4 }, { "after.", 2e-2 }, { "trace", 1e-2 }, { "target_after.", 2e-2 },
};

static int kind_of(const char *name)
{
    for (int i = 0; i < (int)(sizeof kinds / sizeof kinds[0]); i++)
        if (!strncmp(name, kinds[i].prefix, strlen(kinds[i].prefix))) return i;
    return -1;
}

/* What stands before the name of what a state after the step was before; NULL of other tensors. */
static const char *state_before(const char *name)
{
    if (!strncmp(name, "after.", 6)) return "param.";
    return strncmp(name, "target_after.", 13) ? NULL : "target.";
}

static double limit_of(const struct fixture *f, const char *name, const struct proof *p)
{
    bool after = state_before(name) != NULL;
    if (p->kernels == KERNELS_NAIVE64) return after ? 5e-3 : 1e-6;
    double floor = p->limits->floors * kinds[kind_of(name)].floor;
    double own = p->limits->factor * json_number_value(json_object_get(f->float32, name));
    double limit = own > floor ? own : floor;
    return limit < 5e-2 ? limit : 5e-2;
}

static bool is_zero(const struct fixture *f, const char *name)
{
    const char *dot = strchr(name, '.');
    size_t i;
    json_t *v;
    json_array_foreach(f->zero, i, v)
    {
        if (json_is_string(v) && dot && !strcmp(json_string_value(v), dot + 1)) return true;
    }
    return false;
}

static double norm(const double *x, const double *y, size_t n)
{
    double s = 0;
    for (size_t i = 0; i < n; i++) s += (x[i] - (y ? y[i] : 0)) * (x[i] - (y ? y[i] : 0));
    return sqrt(s);
}

/* Largest gradient norm of the reference: what a gradient that should be zero is measured by. */
static double largest_gradient(const struct run *r)
{
    double most = 0;
    for (size_t i = 0; i < r->count; i++)
        if (!strncmp(r->list[i].name, "grad.", 5)) {
            double s = norm(r->list[i].values, NULL, r->list[i].count);
            if (s > most) most = s;
        }
    return most;
}

/* What the file could hold of a double: the rounding of its storage is no error of the engine. */
static void round_to_storage(const struct numbers *x)
{
    for (size_t i = 0; i < x->count; i++) x->values[i] = (double)(float)x->values[i];
}

static double relative(const struct numbers *x, const double *reference, const double *before)
{
    double base = norm(reference, before, x->count), difference = norm(x->values, reference, x->count);
    return base > 0 ? difference / base : difference;
}

/* What is compared with what. All borrowed. */
struct comparison {
    const struct fixture *f;
    const struct run *r;
    const struct run *reference; /* NULL: the file itself                             */
    double largest;              /* gradient norm of r: see largest_gradient          */
};

/* The reference's numbers of a tensor of the file into out [count]; false where they cannot be read. */
static bool read_reference(const struct comparison *c, const struct tensors_entry *t, double *out)
{
    if (!out || !tensors_read64(t, out)) return false;
    if (c->reference) memcpy(out, find_numbers(c->reference, t->name)->values, t->count * sizeof *out);
    return true;
}

/* AdamW's first update is the sign of a gradient, whatever its size. A number whose gradient is smaller than what the
 * gradient of its tensor is off by, which is held to a limit of its own, may go either way: `ref`, what `after.NAME`
 * should be, becomes what it is. */
static void pass_signs_of_nothing(const struct comparison *c, const char *after, const struct numbers *x, double *ref)
{
    char name[96];
    snprintf(name, sizeof name, "grad.%s", strchr(after, '.') + 1);
    const struct tensors_entry *t = tensors_find(&c->f->tensors, name);
    const struct numbers *own = find_numbers(c->r, name);
    if (c->f->config.optim != OPTIM_ADAMW || !t || !own || t->count != x->count || own->count != x->count) return;
    double *gradient = malloc(t->count * sizeof *gradient);
    if (read_reference(c, t, gradient)) {
        double off = norm(own->values, gradient, t->count);
        for (size_t j = 0; j < t->count; j++)
            if (fabs(gradient[j]) <= off) ref[j] = x->values[j];
    }
    free(gradient);
}

static bool compare_row(const struct comparison *c, const struct tensors_entry *t, struct proof_row *row, struct err *e)
{
    const struct fixture *f = c->f;
    const struct numbers *x = find_numbers(c->r, t->name);
    const char *was = state_before(t->name);
    bool after = was != NULL, zero = !strncmp(t->name, "grad.", 5) && is_zero(f, t->name);
    if (!x || x->count != t->count)
        return err_set(e, ERR_FORMAT, "%s: %s is not what this configuration computes", f->path, t->name);
    double *ref = malloc(t->count * sizeof *ref), *before = after ? malloc(t->count * sizeof *before) : NULL;
    char name[96];
    snprintf(name, sizeof name, "%s%s", after ? was : "", after ? strchr(t->name, '.') + 1 : "");
    const struct tensors_entry *p = after ? tensors_find(&f->tensors, name) : NULL;
    bool ok =
        (!after || (before && p && p->count == t->count && tensors_read64(p, before))) && read_reference(c, t, ref);
    if (after) round_to_storage(x);
    if (ok && !strncmp(t->name, "after.", 6)) pass_signs_of_nothing(c, t->name, x, ref);
    if (ok) {
        if (zero) {
            row->error = c->largest > 0 ? norm(x->values, NULL, x->count) / c->largest : 0;
            row->limit = 1e-5;
        } else {
            row->error = relative(x, ref, before);
        }
        row->passed = row->error <= row->limit;
    } else {
        err_set(e, ERR_FORMAT, "%s: %s cannot be compared", f->path, t->name);
    }
    free(ref);
    free(before);
    return ok;
}

static bool compare(struct proof *p, const struct fixture *f, const struct run *r, const struct run *reference,
                    struct err *e)
{
    const struct comparison c = { f, r, reference, largest_gradient(r) };
    p->count = p->failed = 0;
    for (size_t i = 0; i < f->tensors.count; i++) {
        const struct tensors_entry *t = &f->tensors.entries[i];
        if (kind_of(t->name) < 0 || (!strncmp(t->name, "after.", 6) && is_zero(f, t->name))) continue;
        struct proof_row *row = &p->rows[p->count++];
        *row = (struct proof_row){ .limit = limit_of(f, t->name, p) };
        snprintf(row->name, sizeof row->name, "%s", t->name);
        if (!compare_row(&c, t, row, e)) return false;
        p->failed += !row->passed;
    }
    if (!p->count) return err_set(e, ERR_FORMAT, "%s: nothing to compare in it", f->path);
    p->passed = p->failed == 0;
    return true;
}

static void count_flips(struct proof *p, const struct run *forced)
{
    for (int s = 0; s < forced->steps; s++)
        for (int i = 0; i < forced->choices[s].count; i++) {
            const struct choice *c = &forced->choices[s].list[i];
            p->flips += c->flips;
            if (!c->flips || c->worst <= p->flip_worst) continue;
            p->flip_worst = c->worst;
            snprintf(p->flip_name, sizeof p->flip_name, "%s", c->name);
        }
}

/* The float run `own` missed a limit. Either the file is wrong, or the set is, or ReLUs and maxima at ties chose
 * otherwise: naive64 must agree with the file, then with `own` under its choices, and these must differ at ties only.
 */
static bool repeat(struct proof *p, const struct fixture *f, const struct run *own, int threads, struct err *e)
{
    struct run exact = { 0 }, forced = { 0 };
    struct proof truth = { .kernels = KERNELS_NAIVE64,
                           .limits = &direct_limits,
                           .rows = calloc(f->tensors.count + 1, sizeof *truth.rows) };
    bool ok = truth.rows ? true : err_set(e, ERR_MEMORY, "%s: no memory", f->path);
    p->repeated = true;
    ok = ok && run_steps(&exact, f, KERNELS_NAIVE64, threads, NULL, e) && compare(&truth, f, &exact, NULL, e);
    ok = ok && run_steps(&forced, f, KERNELS_NAIVE64, threads, own, e);
    if (ok) count_flips(p, &forced);
    if (ok && truth.passed && p->flip_worst < p->limits->flip) ok = compare(p, f, own, &forced, e);
    free(truth.rows);
    run_clear(&exact);
    run_clear(&forced);
    return ok;
}

static void look_for_winograd(void *ctx, const struct engine_layer *l)
{
    struct proof *p = ctx;
    for (int direction = 0; direction < CONV_DIRECTIONS; direction++)
        if (l->variant[direction] && !strncmp(l->variant[direction], "winograd", 8)) p->limits = &winograd_limits;
}

bool proof_run(struct proof *p, const char *path, enum kernel_set kernels, int threads, struct err *e)
{
    *p = (struct proof){ .kernels = kernels, .limits = &direct_limits };
    struct fixture f;
    if (!fixture_open(&f, path, e)) return false;
    struct run own = { 0 };
    struct engine_size size;
    f.config.kernels = p->computed = engine_kernels(kernels, &f.config);
    f.config.threads = threads;
    p->rows = calloc(f.tensors.count + 1, sizeof *p->rows);
    bool ok = p->rows ? true : err_set(e, ERR_MEMORY, "%s: no memory", path);
    ok = ok && engine_measure(&f.config, &size, look_for_winograd, p, e);
    ok = ok && run_steps(&own, &f, kernels, threads, NULL, e) && compare(p, &f, &own, NULL, e);
    if (ok && !p->passed && p->computed != KERNELS_NAIVE64) ok = repeat(p, &f, &own, threads, e);
    ok = ok && tensors_check(&f.tensors, e);
    run_clear(&own);
    fixture_close(&f);
    if (!ok) proof_clear(p);
    return ok;
}

void proof_clear(struct proof *p)
{
    free(p->rows);
    *p = (struct proof){ 0 };
}
