/* The network in double: its plan, the grey stem, its gradient against finite differences of the loss. */
#include "tests/network_help.h"

#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/random.h"
#include "engine/model/heads.h"
#include "engine/train/methods/methods.h"

static const struct model_shape shapes[] = {
    { MODEL_RESNET18,
      6,
      true,
      2,
      0,
      8,
      5,
      16,
      33,
      1,
      { .485f, .456f, .406f },
      { .229f, .224f, .225f },
      true,
      0,
      true,
      0 },
    { MODEL_RESNET18, 4, false, 2, 0, 8, 5, 64, 32, 3, { 0 }, { 1, 1, 1 }, true, 0, true, 0 },
    { MODEL_RESNET50, 4, true, 2, 0, 6, 4, 64, 37, 3, { 0 }, { 1, 1, 1 }, true, 0, true, 0 },
};

static struct network_config config_of(const struct model_shape *shape, int images)
{
    return (struct network_config){ .shape = shape,
                                    .kernels = &kernels_naive,
                                    .heads = method_table(METHOD_mlvicx)->heads,
                                    .mode = NETWORK_TRAIN,
                                    .views = 2,
                                    .images = images,
                                    .threads = 1 };
}

static bool meet(const struct span *a, const struct span *b)
{
    bool together = a->born <= b->dies && b->born <= a->dies;
    return together && a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

static void nothing_that_lives_at_once_overlaps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct network net;
        struct params params = { 0 };
        struct err e;
        struct network_config c = config_of(&shapes[i], 6);
        c.observe = i == 0;
        c.fuse_updates = i > 1;
        if (!network_build(&net, &c, &params, &e)) fail_msg("%s", e.msg);
        static struct span *spans[4096];
        int n = 0;
        size_t sum = 0;
        for (int v = 0; v < net.value_count; v++) {
            if (net.values[v].data.size) spans[n++] = &net.values[v].data;
            if (net.values[v].gradient.size) spans[n++] = &net.values[v].gradient;
        }
        for (int l = 0; l < net.layer_count; l++)
            for (int s = 0; s < NETWORK_KEPT; s++)
                if (net.layers[l].kept[s].size) spans[n++] = &net.layers[l].kept[s];
        for (int a = 0; a < n; a++) {
            sum += spans[a]->size;
            assert_true(spans[a]->offset % ARENA_ALIGN == 0 && spans[a]->offset + spans[a]->size <= net.arena_bytes);
            for (int b = 0; b < a; b++) assert_false(meet(spans[a], spans[b]));
        }
        assert_true(net.arena_bytes < sum * 3 / 4); /* memory is used again */
        network_clear(&net);
        params_clear(&params);
    }
}

static void rig_up_as(struct rig *r, const struct model_shape *shape, int images, bool fuse_updates)
{
    struct network_config c = config_of(shape, images);
    c.fuse_updates = fuse_updates;
    rig_up(r, &c);
}

static double distance(const real *a, const real *b, size_t n)
{
    double d = 0, s = 0;
    for (size_t i = 0; i < n; i++) {
        d += (double)((a[i] - b[i]) * (a[i] - b[i]));
        s += (double)(b[i] * b[i]);
    }
    return sqrt(d / s);
}

/* The stem over a grey image equals the naive stem over its three normalised channels, border included. */
static void grey_stem_equals_three_channels(void **state)
{
    (void)state;
    static const int sizes[] = { 32, 33, 50 };
    for (int i = 0; i < 3; i++) {
        struct model_shape grey = shapes[0], colour;
        grey.size = sizes[i];
        colour = grey;
        colour.channels = 3;
        struct rig a, b;
        rig_up_as(&a, &grey, 4, false);
        rig_up_as(&b, &colour, 4, false);
        struct random r = random_stream(3, (uint32_t)i, 0, RANDOM_INIT);
        real *xa = network_data(&a.pass, a.net.input), *xb = network_data(&b.pass, b.net.input);
        for (size_t p = 0; p < (size_t)4 * sizes[i] * sizes[i]; p++) {
            double v = random_uniform64(&r);
            xa[2 * p] = v;
            xa[2 * p + 1] = 1;
            for (int c = 0; c < 3; c++) xb[3 * p + c] = (v - (real)grey.mean[c]) / (real)grey.deviation[c];
        }
        network_forward(&a.pass, 0, 1);
        network_forward(&b.pass, 0, 1);
        int out = a.net.layers[0].out;
        const struct value *v = &a.net.values[out];
        size_t n = (size_t)v->n * v->h * v->w * v->c;
        assert_true(distance(network_data(&a.pass, out), network_data(&b.pass, out), n) < 1e-12);
        for (size_t p = 0; p < n; p++)
            network_gradient(&a.pass, out)[p] = network_gradient(&b.pass, out)[p] = random_normal(&r);
        const bool add[NETWORK_INPUTS] = { false };
        a.net.layers[0].ops->backward(&a.pass, &a.net.layers[0], add);
        b.net.layers[0].ops->backward(&b.pass, &b.net.layers[0], add);
        size_t weights = a.params.list[a.net.layers[0].parameter].info.count;
        assert_true(distance(params_gradient(&a.params, a.net.layers[0].parameter),
                             params_gradient(&b.params, b.net.layers[0].parameter), weights) < 1e-12);
        rig_down(&a);
        rig_down(&b);
    }
}

static const struct loss_weights usual = { 1, 1, 25, 25, 1, 5e-3, 0.1, 0.05, NULL };
static const struct loss_hinge free_hinge = { NULL, NULL };

static double total_loss(struct rig *r, int n)
{
    struct level_report level[2];
    network_forward(&r->pass, 0, r->net.layer_count);
    const int values[2] = { network_output(&r->net, "z"), network_output(&r->net, "d") };
    for (int l = 0; l < 2; l++) {
        const struct loss_views views = { .n = n,
                                          .d = r->net.shape.dim,
                                          .z = network_data(&r->pass, values[l]),
                                          .dz = network_gradient(&r->pass, values[l]),
                                          .scale = l ? 0.5 : 1 };
        level[l] = loss_level(&kernels_naive, &r->pass.run, &usual, &views, &free_hinge);
    }
    return level[0].total + 0.5 * level[1].total;
}

/* Along a random direction of each tensor, the loss changes as its gradient says. */
static void gradients_agree_with_finite_differences(void **state)
{
    (void)state;
    enum { N = 8 };
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        struct rig r;
        rig_up_as(&r, &shapes[s], 2 * N, false);
        struct random draw = random_stream(11, (uint32_t)s, 0, RANDOM_INIT);
        const struct value *in = &r.net.values[r.net.input];
        size_t inputs = (size_t)in->n * in->h * in->w * in->c;
        real *keep = malloc(inputs * sizeof *keep);
        for (size_t i = 0; i < inputs; i++) keep[i] = r.net.shape.channels == 1 && i % 2 ? 1 : random_uniform64(&draw);
        memcpy(network_data(&r.pass, r.net.input), keep, inputs * sizeof *keep);
        total_loss(&r, N);
        network_backward(&r.pass);
        for (int t = 0; t < r.params.count; t++) {
            const struct engine_tensor *info = &r.params.list[t].info;
            if (info->kind != TENSOR_PARAMETER || info->zero_gradient || t % 7) continue;
            real *w = params_value(&r.params, t);
            const real *g = params_gradient(&r.params, t);
            double slope = 0, loss[2], h = 1e-8; /* deep networks with few images are stiff */
            real *direction = malloc(info->count * sizeof *direction);
            for (size_t i = 0; i < info->count; i++) {
                direction[i] = random_normal(&draw) / sqrt((double)info->count);
                slope += direction[i] * g[i];
            }
            for (int side = 0; side < 2; side++) {
                for (size_t i = 0; i < info->count; i++) w[i] += (side ? -2 * h : h) * direction[i];
                memcpy(network_data(&r.pass, r.net.input), keep, inputs * sizeof *keep);
                loss[side] = total_loss(&r, N);
            }
            for (size_t i = 0; i < info->count; i++) w[i] += h * direction[i];
            double measured = (loss[0] - loss[1]) / (2 * h);
            if (!(fabs(measured - slope) < 1e-3 * (1 + fabs(slope))))
                fail_msg("shape %zu %s: gradient says %g, the loss %g", s, info->name, slope, measured);
            free(direction);
        }
        free(keep);
        rig_down(&r);
    }
}

/* A head whose loss sees everything: a stage with norm, one whose norm has no weight and bias, one without norm. */
static void plain_heads(struct graph *g, const struct encoder_maps *maps)
{
    const struct head_stage stages[] = { { 8, true, true, false },
                                         { 6, true, false, true },
                                         { 7, false, false, false } };
    heads_stages(g, &(struct head){ .prefix = "global", .output = "z", .stages = stages, .count = 3 }, maps->h);
}

/* Of z: sum of weights that differ times z, and of z * z / 2. Fills its gradient. */
static double plain_loss(struct rig *r)
{
    int z = network_output(&r->net, "z");
    network_forward(&r->pass, 0, r->net.layer_count);
    const real *x = network_data(&r->pass, z);
    double loss = 0;
    for (size_t i = 0; i < value_reals(&r->net.values[z]); i++) {
        double weight = sin((double)i + 1);
        loss += weight * x[i] + x[i] * x[i] / 2;
        network_gradient(&r->pass, z)[i] = weight + x[i];
    }
    return loss;
}

static void stages_without_norm_or_affine_have_all_their_gradients(void **state)
{
    (void)state;
    struct model_shape shape = shapes[1];
    shape.local = false;
    struct rig r;
    struct network_config c = config_of(&shape, 8);
    c.heads = plain_heads;
    rig_up(&r, &c);
    struct random draw = random_stream(12, 0, 0, RANDOM_INIT);
    real *in = network_data(&r.pass, r.net.input);
    size_t inputs = value_reals(&r.net.values[r.net.input]);
    real *keep = malloc(inputs * sizeof *keep);
    assert_non_null(keep);
    for (size_t i = 0; i < inputs; i++) keep[i] = random_uniform64(&draw);
    memcpy(in, keep, inputs * sizeof *keep);
    plain_loss(&r);
    network_backward(&r.pass);
    int checked = 0;
    for (int t = 0; t < r.params.count; t++) {
        const struct engine_tensor *info = &r.params.list[t].info;
        if (strncmp(info->name, "global.1.", 9) && strncmp(info->name, "global.2.", 9)) continue;
        if (info->kind != TENSOR_PARAMETER) continue;
        assert_true(info->zero_gradient == !strcmp(info->name, "global.1.linear.bias"));
        if (info->zero_gradient) continue;
        real *w = params_value(&r.params, t);
        const real *g = params_gradient(&r.params, t);
        for (size_t i = 0; i < info->count; i++, checked++) {
            const double h = 1e-6;
            double loss[2];
            real was = w[i];
            for (int side = 0; side < 2; side++) {
                w[i] = was + (side ? -h : h);
                memcpy(in, keep, inputs * sizeof *keep);
                loss[side] = plain_loss(&r);
            }
            w[i] = was;
            double measured = (loss[0] - loss[1]) / (2 * h);
            if (!(fabs(measured - g[i]) < 1e-5 * (1 + fabs(measured))))
                fail_msg("%s %zu: gradient says %g, the loss %g", info->name, i, (double)g[i], measured);
        }
    }
    assert_int_equal(checked, 6 * 8 + 7 * 6 + 7);
    free(keep);
    rig_down(&r);
}

/* Both forms of products of the views: n < d through Gram matrices, n >= d through matrices of the dimensions. */
static void loss_gradients_agree_with_finite_differences(void **state)
{
    (void)state;
    static const struct {
        int n, d;
    } rows[] = { { 2, 5 }, { 5, 5 }, { 7, 3 }, { 4, 33 } };
    for (size_t i = 0; i < METHOD_COUNT * sizeof rows / sizeof rows[0]; i++) {
        const struct method *method = method_table((enum method_kind)(i % METHOD_COUNT));
        int n = rows[i / METHOD_COUNT].n, d = rows[i / METHOD_COUNT].d;
        size_t nd = (size_t)n * d;
        struct random draw = random_stream(2, (uint32_t)i, 0, RANDOM_INIT);
        real *ab = calloc(2 * nd, sizeof *ab), *g = calloc(2 * nd, sizeof *g), *ignored = calloc(2 * nd, sizeof *g);
        real *scratch = calloc(method->scratch(n, d), sizeof *scratch);
        real *fixed = calloc(2 * nd, sizeof *fixed); /* what the loss takes for constant */
        for (size_t j = 0; j < 2 * nd; j++) ab[j] = 0.8 * random_normal(&draw), fixed[j] = random_normal(&draw);
        const struct kernel_run run = { 1, scratch };
        const struct loss_draw slices = { .slices = 300, .seed = 3 };
        int8_t known[4 * 33];
        for (size_t j = 0; j < nd; j++) known[j] = (int8_t)(3 * random_uniform64(&draw)) - 1;
        struct loss_labels labels = { .of = known };
        if (method->mass) labels.mass = method->mass(&labels, &usual, (size_t)n, d);
        const struct loss_views views = { n, d, ab, g, 1, fixed, fixed, &slices, labels },
                                moved = { n, d, ab, ignored, 1, fixed, fixed, &slices, labels };
        struct level_report at = method->loss(&kernels_naive, &run, &usual, &views, &free_hinge), up, down;
        for (size_t j = 0; j < (size_t)method->info.views * nd; j++) {
            const double h = 1e-6;
            real was = ab[j];
            ab[j] = was + h;
            up = method->loss(&kernels_naive, &run, &usual, &moved, &free_hinge);
            ab[j] = was - h;
            down = method->loss(&kernels_naive, &run, &usual, &moved, &free_hinge);
            ab[j] = was;
            if (!(fabs((up.total - down.total) / (2 * h) - g[j]) < 1e-6 * (1 + fabs((double)g[j]))))
                fail_msg("%s [%d, %d] element %zu: %g and %g", method->info.name, n, d, j,
                         (up.total - down.total) / (2 * h), (double)g[j]);
        }
        assert_true(isfinite(at.total) && at.term[0] != 0 &&
                    fabs(at.stat[STAT_RHO]) <= 1 + 1e-12); /* of two rows it is 1 */
        free(ab);
        free(fixed);
        free(g);
        free(ignored);
        free(scratch);
    }
}

static void a_value_that_nobody_reads_has_no_gradient(void **state)
{
    (void)state;
    struct rig r;
    struct network features;
    struct err e;
    rig_up_as(&r, &shapes[0], 4, false);
    assert_null(network_gradient(&r.pass, r.net.input));
    int without = 0;
    for (int i = 0; i < r.net.value_count; i++) {
        const struct value *v = &r.net.values[i];
        bool read = v->producer >= 0 &&
                    (v->last_reader >= 0 || i == network_output(&r.net, "z") || i == network_output(&r.net, "d"));
        assert_true(read == (network_gradient(&r.pass, i) != NULL));
        without += !read;
    }
    assert_true(without >= 1);
    struct network_config c = config_of(&shapes[0], 4);
    c.mode = NETWORK_EVAL;
    c.views = 1;
    if (!network_build(&features, &c, &r.params, &e)) fail_msg("%s", e.msg);
    struct pass pass = r.pass;
    pass.net = &features;
    for (int i = 0; i < features.value_count; i++) assert_null(network_gradient(&pass, i));
    network_clear(&features);
    rig_down(&r);
}

static void add_to_a_fused_input(struct rig *r)
{
    const bool add[NETWORK_INPUTS] = { true };
    for (int i = 0; i < r->net.layer_count; i++)
        if (r->net.layers[i].update_fused) r->net.layers[i].ops->backward(&r->pass, &r->net.layers[i], add);
}

static void list_with_too_little_room(struct rig *r)
{
    struct fused_update list[NETWORK_FUSED_UPDATES];
    network_fused_updates(&r->pass, list, 1);
}

/* Whether a call ends in an assertion, in a child so that this suite continues. */
static bool aborts(void (*call)(struct rig *), struct rig *r)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        signal(SIGABRT, SIG_DFL);
        if (!freopen("/dev/null", "w", stderr)) _exit(1);
        call(r);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

/* The dot of a fused update is that of dx and x: wrong where dx holds the gradients of others too. */
static void mistakes_about_fused_updates_are_found(void **state)
{
    (void)state;
    struct rig r;
    struct model_shape wide = shapes[1];
    wide.dim = 64;
    rig_up_as(&r, &wide, 4, true);
    struct fused_update list[NETWORK_FUSED_UPDATES];
    assert_true(network_fused_updates(&r.pass, list, NETWORK_FUSED_UPDATES) > 1);
    assert_true(aborts(list_with_too_little_room, &r));
    assert_true(aborts(add_to_a_fused_input, &r));
    rig_down(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_that_lives_at_once_overlaps),
        cmocka_unit_test(grey_stem_equals_three_channels),
        cmocka_unit_test(gradients_agree_with_finite_differences),
        cmocka_unit_test(stages_without_norm_or_affine_have_all_their_gradients),
        cmocka_unit_test(loss_gradients_agree_with_finite_differences),
        cmocka_unit_test(a_value_that_nobody_reads_has_no_gradient),
        cmocka_unit_test(mistakes_about_fused_updates_are_found),
    };
    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
