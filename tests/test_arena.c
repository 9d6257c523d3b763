/* The arena of a step: what the plan calls dead may hold anything, and what is not there is not pointed at. */
#include "tests/network_help.h"

#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/random.h"
#include "engine/train/methods/methods.h"

static const struct model_shape shapes[] = {
    { MODEL_RESNET18,
      8,
      true,
      2,
      0,
      64,
      8,
      16,
      33,
      1,
      { .485f, .456f, .406f },
      { .229f, .224f, .225f },
      true,
      0,
      true,
      0 },
    { MODEL_RESNET18, 4, false, 2, 0, 64, 5, 64, 32, 3, { 0 }, { 1, 1, 1 }, true, 0, true, 0 },
    { MODEL_RESNET50, 4, true, 2, 0, 32, 4, 64, 37, 3, { 0 }, { 1, 1, 1 }, true, 0, true, 0 },
};

/* Reals that a pass gives: gradients, statistics, sums, losses. */
struct results {
    real *list;
    size_t count;
};

/* The pass that is walked, and what its plan says. */
static struct {
    struct rig *rig; /* whose layers are walked backward */
    const struct kernels *kernels;
    const struct layer_ops **ops; /* of each layer, as built */
    unsigned char *alive;         /* [arena_bytes] 1 where a live span covers the byte */
    bool poisoned;
} walk;

static void walk_up(struct rig *r, const struct kernels *k, const struct model_shape *shape, int images, bool training)
{
    const struct network_config c = { .shape = shape,
                                      .kernels = k,
                                      .heads = method_table(METHOD_mlvicx)->heads,
                                      .images = images,
                                      .mode = training ? NETWORK_TRAIN : NETWORK_EVAL,
                                      .views = training ? 2 : 1,
                                      .fuse_updates = training,
                                      .threads = 2 };
    rig_up(r, &c);
    r->pass.heads = r->pass.map_means = true;
    walk.kernels = k;
    walk.ops = calloc((size_t)r->net.layer_count, sizeof *walk.ops);
    walk.alive = malloc(r->net.arena_bytes);
    walk.poisoned = false;
    assert_true(walk.ops && walk.alive);
    for (int i = 0; i < r->net.layer_count; i++) walk.ops[i] = r->net.layers[i].ops;
    struct random draw = random_stream(3, 1, 0, RANDOM_INIT);
    const struct value *in = &r->net.values[r->net.input];
    real *x = network_data(&r->pass, r->net.input);
    for (size_t i = 0; i < (size_t)in->n * in->h * in->w * in->c; i++)
        x[i] = in->c == 2 && i % 2 ? 1 : (real)random_uniform64(&draw);
}

static void walk_down(struct rig *r)
{
    rig_down(r);
    free(walk.ops);
    free(walk.alive);
}

/* ---- poison ---- */

static void keep(const struct span *s, int time)
{
    if (s->size && s->born < time && time <= s->dies) memset(walk.alive + s->offset, 1, s->size);
}

/* Before what happens at `time`: all bytes become NaN but those that were written earlier and are still needed. */
static void poison(struct rig *r, int time)
{
    if (!walk.poisoned) return;
    memset(walk.alive, 0, r->net.arena_bytes);
    for (int v = 0; v < r->net.value_count; v++) {
        keep(&r->net.values[v].data, time);
        keep(&r->net.values[v].gradient, time);
    }
    for (int l = 0; l < r->net.layer_count; l++)
        for (int s = 0; s < NETWORK_KEPT; s++) keep(&r->net.layers[l].kept[s], time);
    for (size_t i = 0; i < r->net.arena_bytes; i++)
        if (!walk.alive[i]) r->activations.base[i] = 0xff;
    memset(r->scratch.base, 0xff, r->scratch.size);
}

static void poisoned_backward(struct pass *p, const struct layer *l, const bool *add);

static const struct layer_ops poisoning = { .kind = "poisoning", .backward = poisoned_backward };

static void poisoned_backward(struct pass *p, const struct layer *l, const bool *add)
{
    struct rig *r = walk.rig;
    int i = (int)(l - r->net.layers);
    poison(r, 2 * r->net.layer_count - i);
    r->net.layers[i].ops = walk.ops[i]; /* kinds are told by their table */
    walk.ops[i]->backward(p, l, add);
    r->net.layers[i].ops = &poisoning;
}

/* ---- a step ---- */

static void take(struct results *out, const real *x, size_t n)
{
    out->list = realloc(out->list, (out->count + n + 1) * sizeof *out->list);
    assert_non_null(out->list);
    memcpy(out->list + out->count, x, n * sizeof *x);
    out->count += n;
}

static void take_number(struct results *out, double x)
{
    real r = (real)x;
    take(out, &r, 1);
}

static void forward(struct rig *r)
{
    for (int i = 0; i < r->net.layer_count; i++) {
        poison(r, i);
        network_forward(&r->pass, i, i + 1);
    }
}

static void losses(struct rig *r, int n, struct results *out)
{
    static const struct loss_weights usual = { 1, 1, 25, 25, 1, 5e-3, 0.1, 0.05, NULL };
    const int values[2] = { network_output(&r->net, "z"), network_output(&r->net, "d") };
    poison(r, r->net.layer_count);
    for (int l = 0; l < 2; l++) {
        if (l && walk.poisoned) memset(r->scratch.base, 0xff, r->scratch.size);
        const struct loss_views views = { .n = n,
                                          .d = r->net.shape.dim,
                                          .z = network_data(&r->pass, values[l]),
                                          .dz = network_gradient(&r->pass, values[l]),
                                          .scale = 1 };
        const struct level_report level =
            loss_level(walk.kernels, &r->pass.run, &usual, &views, &(struct loss_hinge){ 0 });
        take_number(out, level.total);
        take_number(out, level.stat[STAT_RHO]);
    }
}

static void backward(struct rig *r)
{
    walk.rig = r;
    for (int i = 0; i < r->net.layer_count; i++) r->net.layers[i].ops = &poisoning;
    network_backward(&r->pass);
    for (int i = 0; i < r->net.layer_count; i++) r->net.layers[i].ops = walk.ops[i];
}

/* What the update reads: statistics of the batch, fused updates. Returns how many of these there are. */
static int update(struct rig *r, struct results *out)
{
    struct fused_update list[NETWORK_FUSED_UPDATES];
    poison(r, 2 * r->net.layer_count + 1);
    network_statistics(&r->pass);
    int n = network_fused_updates(&r->pass, list, NETWORK_FUSED_UPDATES);
    assert_true(n <= NETWORK_FUSED_UPDATES);
    for (int i = 0; i < n; i++) {
        double most;
        size_t weights = (size_t)list[i].shape.in * list[i].shape.out;
        real *dw = malloc(weights * sizeof *dw);
        assert_non_null(dw);
        take_number(out, walk.kernels->linear_norm(&r->pass.run, &list[i].shape, list[i].x, list[i].dy, &most));
        take_number(out, list[i].value_squares);
        take_number(out, list[i].value_gradient);
        walk.kernels->linear_backward_weights(&r->pass.run, &list[i].shape, list[i].x, list[i].dy, dw, NULL);
        take(out, dw, weights);
        free(dw);
    }
    for (int i = 0; i < r->params.count; i++) {
        const struct param *p = &r->params.list[i];
        bool running = p->info.kind == TENSOR_RUNNING;
        if (!running && (p->gradient_absent || p->info.zero_gradient)) continue;
        take(out, running ? params_value(&r->params, i) : params_gradient(&r->params, i), p->info.count);
    }
    return n;
}

static void same(const struct results *a, const struct results *b, const char *what)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        if (!isfinite(a->list[i])) fail_msg("%s: number %zu is not finite without any poison", what, i);
    for (size_t i = 0; i < a->count; i++)
        if (memcmp(&a->list[i], &b->list[i], sizeof(real)))
            fail_msg("%s: number %zu of %zu is %g, and %g where dead memory holds NaN", what, i, a->count,
                     (double)a->list[i], (double)b->list[i]);
}

static const struct kernels *present(enum kernel_set set)
{
    enum kernel_set found;
    return kernels_resolve(set, &found, NULL) ? kernels_find(set) : NULL;
}

static void a_step_reads_nothing_that_is_dead(void **state)
{
    (void)state;
    enum { N = 3 };
    int fused = 0;
    for (enum kernel_set set = KERNELS_AVX512; set <= KERNELS_NAIVE; set++)
        for (size_t s = 0; present(set) && s < sizeof shapes / sizeof shapes[0]; s++) {
            struct results out[2] = { { 0 } };
            char what[80];
            for (int poisoned = 0; poisoned < 2; poisoned++) {
                struct rig r;
                walk_up(&r, present(set), &shapes[s], 2 * N, true);
                walk.poisoned = poisoned;
                forward(&r);
                losses(&r, N, &out[poisoned]);
                backward(&r);
                fused += update(&r, &out[poisoned]);
                walk_down(&r);
            }
            snprintf(what, sizeof what, "%s, shape %zu", kernel_set_names[set], s);
            same(&out[0], &out[1], what);
            free(out[0].list);
            free(out[1].list);
        }
    assert_true(fused > 0); /* that way is among what was tried */
}

static void an_evaluation_reads_nothing_that_is_dead(void **state)
{
    (void)state;
    enum { N = 5 };
    for (enum kernel_set set = KERNELS_AVX512; set <= KERNELS_NAIVE; set++)
        for (size_t s = 0; present(set) && s < sizeof shapes / sizeof shapes[0]; s++) {
            struct results out[2] = { { 0 } };
            char what[80];
            for (int poisoned = 0; poisoned < 2; poisoned++) {
                struct rig r;
                walk_up(&r, present(set), &shapes[s], N, false);
                walk.poisoned = poisoned;
                forward(&r);
                poison(&r, r.net.layer_count);
                const int seen[] = { network_output(&r.net, "z"), network_output(&r.net, "d"),
                                     network_output(&r.net, "h"), network_output(&r.net, "map1"),
                                     network_output(&r.net, "map3") };
                for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++)
                    take(&out[poisoned], network_data(&r.pass, seen[i]), (size_t)N * r.net.values[seen[i]].c);
                walk_down(&r);
            }
            snprintf(what, sizeof what, "%s, shape %zu", kernel_set_names[set], s);
            same(&out[0], &out[1], what);
            free(out[0].list);
            free(out[1].list);
        }
}

/* ---- guards ---- */

static void a_value_without_a_gradient_has_no_place_for_it(void **state)
{
    (void)state;
    struct rig r;
    int without = 0;
    walk_up(&r, &kernels_naive, &shapes[0], 4, true);
    assert_null(network_gradient(&r.pass, r.net.input));
    assert_non_null(network_gradient(&r.pass, network_output(&r.net, "z")));
    for (int v = 0; v < r.net.value_count; v++) {
        const struct span *s = &r.net.values[v].gradient;
        const real *g = network_gradient(&r.pass, v);
        without += !g;
        if (g) assert_ptr_equal(g, r.pass.arena + s->offset);
        assert_true((g != NULL) == (s->size > 0));
    }
    assert_int_equal(without, 1);
    walk_down(&r);
    walk_up(&r, &kernels_naive, &shapes[0], 4, false);
    for (int v = 0; v < r.net.value_count; v++) assert_null(network_gradient(&r.pass, v));
    walk_down(&r);
}

/* How a child ends that walks the first layer with a fused update backward; `second`: its input's gradient holds
 * something. */
static int ends(struct rig *r, bool second)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stderr)) _exit(9);
        const bool add[NETWORK_INPUTS] = { second };
        for (int i = 0; i < r->net.layer_count; i++) {
            if (!r->net.layers[i].update_fused) continue;
            r->net.layers[i].ops->backward(&r->pass, &r->net.layers[i], add);
            _exit(0);
        }
        _exit(8);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

/* The sum of weight and gradient is taken from dx, which must then be of this map alone. */
static void a_fused_sum_over_two_contributions_ends_the_program(void **state)
{
    (void)state;
#ifdef NDEBUG
    skip();
#endif
    struct rig r;
    walk_up(&r, &kernels_naive, &shapes[0], 4, true);
    r.pass.run.threads = 1;
    int alone = ends(&r, false), two = ends(&r, true);
    assert_true(WIFEXITED(alone) && WEXITSTATUS(alone) == 0);
    assert_true(WIFSIGNALED(two) && WTERMSIG(two) == SIGABRT);
    walk_down(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fused_sum_over_two_contributions_ends_the_program), /* before there are threads */
        cmocka_unit_test(a_value_without_a_gradient_has_no_place_for_it),
        cmocka_unit_test(a_step_reads_nothing_that_is_dead),
        cmocka_unit_test(an_evaluation_reads_nothing_that_is_dead),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
