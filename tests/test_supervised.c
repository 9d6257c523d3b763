/* Learning with labels: the loss and its means, gradients against finite differences, what stays when the encoder is
 * frozen, what logits are read; and that no method's step allocates. */
#include "tests/check.h"

#include <math.h>
#include <unistd.h>

#include "engine/base/random.h"
#include "engine/model/safetensors.h"
#include "engine/train/engine.h"
#include "engine/train/proof.h"

enum { SIZE = 33, PIXELS = SIZE * SIZE, BATCH = 4, MICRO = 2, IMAGES = BATCH * MICRO, CLASSES = 3 };

/* ---- calls of the allocator ---- */

static int allocations;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
    allocations++;
    return __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    allocations++;
    return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    allocations++;
    return __real_realloc(p, n);
}

/* ---- an engine ---- */

static struct engine_config config(void)
{
    return (struct engine_config){ .method = METHOD_supervised,
                                   .model = { .arch = MODEL_RESNET18,
                                              .width = 6,
                                              .context = true,
                                              .context_reduction = 2,
                                              .size = SIZE,
                                              .channels = 1,
                                              .mean = { .485f, .456f, .406f },
                                              .deviation = { .229f, .224f, .225f },
                                              .classes = CLASSES },
                                   .batch = BATCH,
                                   .optim = OPTIM_ADAMW,
                                   .momentum = 0.9,
                                   .eta = 1e-3,
                                   .accumulate = 1,
                                   .kernels = KERNELS_NAIVE64,
                                   .threads = 2,
                                   .observe = true };
}

/* With numbers for a classifier, which by itself starts at 0 and lets nothing through. */
static struct engine *made(const struct engine_config *c)
{
    struct engine *g;
    struct err e;
    if (!engine_create(&g, c, &e)) fail_msg("%s", e.msg);
    engine_init(g, 7);
    for (int i = 0; i < engine_tensors(g); i++) {
        const struct engine_tensor *t = engine_tensor(g, i);
        if (strncmp(t->name, "classifier.", 11)) continue;
        struct random r = random_stream(2, (uint32_t)t->count, 0, RANDOM_INIT);
        float *x = malloc(t->count * sizeof *x);
        assert_non_null(x);
        for (size_t j = 0; j < t->count; j++) x[j] = (float)random_normal(&r);
        engine_write(g, i, PART_VALUE, x);
        free(x);
    }
    return g;
}

static const float *images(void)
{
    static float x[IMAGES * PIXELS];
    struct random r = random_stream(1, 1, 0, RANDOM_INIT);
    float level = 0.5f;
    for (size_t i = 0; i < IMAGES * PIXELS; i++) {
        level = fminf(1, fmaxf(0, level + (float)(random_uniform64(&r) - 0.5) * 0.2f));
        x[i] = level / (float)(1 + i / PIXELS);
    }
    return x;
}

/* Most are known, the last image has none. */
static const int8_t some[IMAGES * CLASSES] = { 1, 0, 0, 0, 1, -1, 1, -1, 0, -1, -1, -1,
                                               0, 0, 1, 1, 1, 1,  0, 0,  0, -1, -1, -1 };
static const int8_t one_each[IMAGES * CLASSES] = { 1, 0, 0, 0, 1, 0, 0, 0, 1, -1, -1, -1,
                                                   0, 0, 1, 1, 0, 0, 0, 1, 0, 0,  0,  0 };
static const double weights[CLASSES] = { 3, 0.5, 7 };

static bool try_step(struct engine *g, int n, const int8_t *labels, double rate, struct step_report *r, struct err *e)
{
    const struct batch batch = { .n = n, .views = 1, .f32 = { images() }, .labels = labels };
    const struct step_settings settings = { .weights = { .global_weight = 1, .classes = weights }, .rate = rate };
    return engine_step(g, &batch, &settings, r, e);
}

static struct step_report step(struct engine *g, int n, const int8_t *labels, double rate)
{
    struct step_report r;
    struct err e;
    if (!try_step(g, n, labels, rate, &r, &e)) fail_msg("%s", e.msg);
    return r;
}

static int tensor_called(const struct engine *g, const char *name)
{
    for (int i = 0; i < engine_tensors(g); i++)
        if (!strcmp(engine_tensor(g, i)->name, name)) return i;
    fail_msg("no tensor %s", name);
    return -1;
}

static double *numbers(const struct engine *g, int i, enum engine_part part)
{
    double *x = calloc(engine_tensor(g, i)->count, sizeof *x);
    assert_non_null(x);
    engine_read64(g, i, part, x);
    return x;
}

/* ---- the loss ---- */

static double logit_loss(double x, int label, double weight)
{
    return label ? weight * log(1 + exp(-x)) : log(1 + exp(x));
}

/* What the two means are, from the logits of the network itself. */
static void the_mean_is_over_the_labels_that_are_known(void **state)
{
    (void)state;
    for (int exclusive = 0; exclusive < 2; exclusive++) {
        struct engine_config c = config();
        c.exclusive = exclusive;
        c.batch = IMAGES;
        struct engine *g = made(&c);
        const int8_t *labels = exclusive ? one_each : some;
        const struct step_report r = step(g, IMAGES, labels, 0);
        double x[IMAGES * CLASSES], sum = 0, mass = 0;
        assert_int_equal(engine_output(g, "logits", 0, x), IMAGES * CLASSES);
        assert_int_equal(engine_output(g, "logits", 1, NULL), 0);
        assert_int_equal(engine_output(g, "z", 0, NULL), 0);
        for (int i = 0; i < IMAGES; i++) {
            const double *row = x + i * CLASSES;
            double all = exp(row[0]) + exp(row[1]) + exp(row[2]);
            for (int k = 0; k < CLASSES; k++) {
                int label = labels[i * CLASSES + k];
                if (exclusive ? label != 1 : label < 0) continue;
                sum += exclusive ? weights[k] * (log(all) - row[k]) : logit_loss(row[k], label, weights[k]);
                mass += exclusive ? weights[k] : 1;
            }
        }
        assert_true(fabs(r.total - sum / mass) < 1e-12 * r.total && r.total == r.level[0].term[0]);
        assert_int_equal(r.levels, 1);
        engine_destroy(g);
    }
}

static void logits_of_any_size_have_a_loss(void **state)
{
    (void)state;
    for (int exclusive = 0; exclusive < 2; exclusive++) {
        struct engine_config c = config();
        c.exclusive = exclusive;
        struct engine *g = made(&c);
        const double far[CLASSES] = { 1e4, -1e4, 3e3 };
        engine_write64(g, tensor_called(g, "classifier.bias"), PART_VALUE, far);
        const struct step_report r = step(g, BATCH, exclusive ? one_each : some, 0);
        assert_true(isfinite(r.total) && r.total > 1e3 && isfinite(r.grad_norm));
        engine_destroy(g);
    }
}

/* A number that is not finite is found although no label asks for it. */
static void logits_that_are_not_finite_are_refused_without_labels_too(void **state)
{
    (void)state;
    static const int8_t none[BATCH * CLASSES] = { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 };
    for (int exclusive = 0; exclusive < 2; exclusive++) {
        struct engine_config c = config();
        struct step_report r;
        struct err e = { 0 };
        c.exclusive = exclusive;
        struct engine *g = made(&c);
        const double bad[CLASSES] = { 0, NAN, 0 };
        engine_write64(g, tensor_called(g, "classifier.bias"), PART_VALUE, bad);
        assert_false(try_step(g, BATCH, none, 0, &r, &e));
        assert_int_equal(e.code, ERR_NUMERIC);
        assert_non_null(strstr(e.msg, "classifier.bias"));
        engine_destroy(g);
    }
}

static void without_labels_nothing_is_learned(void **state)
{
    (void)state;
    static const int8_t none[BATCH * CLASSES] = { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 };
    for (int exclusive = 0; exclusive < 2; exclusive++) {
        struct engine_config c = config();
        c.exclusive = exclusive;
        struct engine *g = made(&c);
        int weight = tensor_called(g, "encoder.conv1.weight");
        double *before = numbers(g, weight, PART_VALUE);
        const struct step_report r = step(g, BATCH, none, 1e-2);
        double *after = numbers(g, weight, PART_VALUE);
        assert_true(r.total == 0 && r.grad_norm == 0);
        assert_memory_equal(before, after, engine_tensor(g, weight)->count * sizeof *after);
        free(before);
        free(after);
        engine_destroy(g);
    }
}

/* The mean is that of a step, however its labels lie in its micro-batches. A frozen encoder knows no batch, so that the
 * parts of a step add up to it. */
static void micro_batches_share_one_mean(void **state)
{
    (void)state;
    for (int exclusive = 0; exclusive < 2; exclusive++) {
        struct engine_config whole = config(), parts = config();
        whole.exclusive = parts.exclusive = exclusive;
        whole.freeze = parts.freeze = true;
        whole.batch = IMAGES;
        parts.accumulate = MICRO;
        struct engine *a = made(&whole), *b = made(&parts);
        const int8_t *labels = exclusive ? one_each : some;
        for (int s = 0; s < 2; s++) {
            const struct step_report ra = step(a, IMAGES, labels, 1e-2), rb = step(b, IMAGES, labels, 1e-2);
            assert_true(fabs(ra.total - rb.total) < 1e-12 && fabs(ra.grad_norm - rb.grad_norm) < 1e-10);
        }
        engine_destroy(a);
        engine_destroy(b);
    }
}

/* ---- gradients ---- */

/* Every third parameter (`*nth` counts them), and those of the classifier. */
static bool is_checked(const struct engine_tensor *t, int *nth, int first, bool frozen)
{
    if (t->kind != TENSOR_PARAMETER) return false;
    return !strncmp(t->name, "classifier.", 11) || ((*nth)++ % 3 == first % 3 && !frozen);
}

/* How fast the loss changes as tensor i moves along `direction`, by two steps that change nothing. */
static double measured_slope(struct engine *g, int i, const double *direction, double h, const int8_t *labels)
{
    size_t n = engine_tensor(g, i)->count;
    double *at = numbers(g, i, PART_VALUE), *moved = numbers(g, i, PART_VALUE), loss[2];
    for (int side = 0; side < 2; side++) {
        for (size_t j = 0; j < n; j++) moved[j] = at[j] + (side ? -h : h) * direction[j];
        engine_write64(g, i, PART_VALUE, moved);
        loss[side] = step(g, BATCH, labels, 0).total;
    }
    engine_write64(g, i, PART_VALUE, at);
    free(at);
    free(moved);
    return (loss[0] - loss[1]) / (2 * h);
}

/* Along a random direction of a tensor, the loss changes as its gradient says. */
static void check_gradients(const struct engine_config *c, const int8_t *labels, int first)
{
    enum { MOST = 512 };
    struct engine *g = made(c);
    struct random draw = random_stream(11, 0, 0, RANDOM_INIT);
    double *slopes[MOST] = { NULL };
    int checked = 0, nth = 0;
    assert_true(engine_tensors(g) <= MOST);
    step(g, BATCH, labels, 0);
    for (int i = 0; i < engine_tensors(g); i++)
        if (is_checked(engine_tensor(g, i), &nth, first, c->freeze)) slopes[i] = numbers(g, i, PART_GRADIENT);
    for (int i = 0; i < engine_tensors(g); i++) {
        const struct engine_tensor *t = engine_tensor(g, i);
        if (!slopes[i]) continue;
        double slope = 0, *direction = calloc(t->count, sizeof *direction);
        assert_non_null(direction);
        for (size_t j = 0; j < t->count; j++) {
            direction[j] = random_normal(&draw) / sqrt((double)t->count);
            slope += direction[j] * slopes[i][j];
        }
        double measured = measured_slope(g, i, direction, strncmp(t->name, "classifier.", 11) ? 1e-8 : 1e-6, labels);
        if (!(fabs(measured - slope) < 1e-4 * (1 + fabs(slope))))
            fail_msg("%s: gradient says %g, the loss %g", t->name, slope, measured);
        checked++;
        free(slopes[i]);
        free(direction);
    }
    assert_true(checked >= (c->freeze ? 2 : 6));
    engine_destroy(g);
}

static void gradients_agree_with_finite_differences(void **state)
{
    (void)state;
    for (int kind = 0; kind < 8; kind++) {
        struct engine_config c = config();
        c.exclusive = kind & 1;
        c.freeze = kind & 2;
        c.model.context = !(kind & 4);
        if (kind == 5) c.model.arch = MODEL_RESNET50;
        c.model.width = 4;
        check_gradients(&c, c.exclusive ? one_each : some, kind);
    }
}

/* ---- a frozen encoder ---- */

static bool learns(const struct engine_tensor *t)
{
    return !strncmp(t->name, "classifier.", 11);
}

static void a_frozen_encoder_stays(void **state)
{
    (void)state;
    for (enum kernel_set set = KERNELS_AVX512; set < KERNELS_COUNT; set++) {
        if (!kernels_resolve(set, &(enum kernel_set){ 0 }, NULL)) continue;
        struct engine_config c = config();
        c.freeze = true;
        c.kernels = set;
        c.weight_decay = 0.1;
        struct engine *g = made(&c);
        enum { MOST = 256 };
        double *before[MOST] = { NULL }, squares = 0;
        assert_true(engine_tensors(g) <= MOST);
        for (int i = 0; i < engine_tensors(g); i++) before[i] = numbers(g, i, PART_VALUE);
        const struct step_report r = step(g, BATCH, some, 1e-2);
        for (int i = 0; i < engine_tensors(g); i++) {
            const struct engine_tensor *t = engine_tensor(g, i);
            double *after = numbers(g, i, PART_VALUE), *gradient = numbers(g, i, PART_GRADIENT);
            bool same = !memcmp(before[i], after, t->count * sizeof *after);
            assert_true(t->trained == learns(t) && same == !learns(t));
            for (size_t j = 0; j < t->count; j++) {
                assert_true(learns(t) || gradient[j] == 0);
                squares += gradient[j] * gradient[j];
            }
            free(after);
            free(gradient);
            free(before[i]);
        }
        assert_true(fabs(r.grad_norm - sqrt(squares)) < 1e-5 * r.grad_norm && r.grad_norm > 0);
        engine_destroy(g);
    }
}

/* What a frozen network makes of its batch is what it makes of the images in evaluation. */
static void a_frozen_encoder_runs_as_in_evaluation(void **state)
{
    (void)state;
    struct engine_config c = config();
    c.freeze = true;
    struct engine *g = made(&c);
    float x[BATCH * CLASSES];
    double y[BATCH * CLASSES];
    const struct batch b = { .n = BATCH, .views = 1, .f32 = { images() } };
    float *out[LEVEL_COUNT] = { [LEVEL_LOGITS] = x };
    struct err e;
    if (!engine_features(g, &b, true, out, &e)) fail_msg("%s", e.msg);
    step(g, BATCH, some, 0);
    engine_output(g, "logits", 0, y);
    for (int i = 0; i < BATCH * CLASSES; i++) assert_true(x[i] == (float)y[i]);
    engine_destroy(g);
}

static void a_frozen_encoder_keeps_nothing(void **state)
{
    (void)state;
    struct engine_config c = config();
    struct engine_size all, frozen, passes;
    struct err e;
    c.observe = false;
    c.kernels = KERNELS_NAIVE;
    c.model.width = 16;
    assert_true(engine_measure(&c, &all, NULL, NULL, &e));
    c.freeze = true;
    c.features = c.batch;
    assert_true(engine_measure(&c, &frozen, NULL, NULL, &e));
    c.batch = 0;
    assert_true(engine_measure(&c, &passes, NULL, NULL, &e));
    assert_true(frozen.activation_bytes < 1.1 * passes.activation_bytes);
    assert_true(frozen.activation_bytes < all.activation_bytes / 2);
    assert_true(frozen.step_flops < 1.01 * passes.step_flops && all.step_flops > 2.8 * passes.step_flops);
    assert_true(frozen.parameter_bytes < 1.05 * passes.parameter_bytes);
    assert_true(all.parameter_bytes > 3 * passes.parameter_bytes);
}

/* ---- what is refused ---- */

static void networks_that_have_nothing_to_learn_from_are_refused(void **state)
{
    (void)state;
    static const struct {
        enum method_kind method;
        int classes;
        bool exclusive, freeze;
        const char *why; /* NULL: it is fine */
    } cases[] = {
        { METHOD_supervised, 1, false, false, NULL },
        { METHOD_supervised, 2, true, true, NULL },
        { METHOD_supervised, 0, false, false, "there are no classes" },
        { METHOD_supervised, 1, true, false, "excludes no other" },
        { METHOD_vicreg, 3, false, false, "no classifier" },
        { METHOD_vicreg, 0, false, true, "no classifier" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct engine_config c = config();
        struct engine_size size;
        struct err e = { 0 };
        c.model.dim = 16;
        c.method = cases[i].method;
        c.model.classes = cases[i].classes;
        c.exclusive = cases[i].exclusive;
        c.freeze = cases[i].freeze;
        assert_true(engine_measure(&c, &size, NULL, NULL, &e) == !cases[i].why);
        if (cases[i].why && !strstr(e.msg, cases[i].why)) fail_msg("case %zu: %s", i, e.msg);
    }
    const struct engine_config c = config();
    struct engine *g = made(&c);
    struct step_report r;
    struct err e = { 0 };
    assert_false(try_step(g, BATCH, NULL, 0, &r, &e));
    assert_non_null(strstr(e.msg, "labels"));
    engine_destroy(g);
}

/* ---- all of it ---- */

/* Steps that PyTorch computed in double, by every set that this CPU has. */
static void steps_agree_with_pytorch(void **state)
{
    (void)state;
    static const char *const names[] = { "supervised", "supervised-frozen" };
    for (enum kernel_set set = KERNELS_AVX512; set < KERNELS_COUNT; set++)
        for (size_t f = 0; kernels_resolve(set, &(enum kernel_set){ 0 }, NULL) && f < sizeof names / sizeof *names;
             f++) {
            char path[64];
            struct proof p;
            struct err e;
            snprintf(path, sizeof path, "tests/fixtures/method-%s.safetensors", names[f]);
            if (!proof_run(&p, source_path(path), set, 2, &e)) fail_msg("%s", e.msg);
            if (!p.passed) fail_msg("%s: %zu tensors of %s failed", kernel_set_names[set], p.failed, path);
            assert_true(p.count > 60);
            proof_clear(&p);
        }
}

enum { TURNED = 5, PASSED = 200 };

/* A copy of a fixture where TURNED numbers of a tensor took a first step of AdamW, or three, the other way: those with
 * the smallest gradients, which become 0, where `nothing`, else some with larger ones; returns its path. */
static const char *turned(const char *tensor, bool nothing)
{
    static char path[64];
    char names[3][96];
    const char *const prefixes[] = { "param.", "grad.", "after." };
    float *x[3];
    size_t count = 0;
    struct tensors t;
    struct err e;
    snprintf(path, sizeof path, "/tmp/mlvicx-turned-%d", (int)getpid());
    if (!tensors_open(&t, source_path("tests/fixtures/method-supervised.safetensors"), &e)) fail_msg("%s", e.msg);
    unsigned char *copy = malloc(t.map.size);
    assert_non_null(copy);
    memcpy(copy, t.map.data, t.map.size);
    for (int i = 0; i < 3; i++) {
        snprintf(names[i], sizeof names[i], "%s%s", prefixes[i], tensor);
        const struct tensors_entry *entry = tensors_find(&t, names[i]);
        assert_true(entry && entry->type == TENSORS_F32);
        x[i] = (float *)(void *)(copy + (entry->data - t.map.data));
        count = entry->count;
    }
    bool done[4096] = { false };
    assert_true(count <= 4096);
    float longest = 0;
    for (size_t j = 0; j < count; j++) longest = fmaxf(longest, fabsf(x[2][j] - x[0][j]));
    for (int k = 0; k < (nothing ? TURNED : PASSED + TURNED); k++) {
        size_t least = count;
        for (size_t j = 0; j < count; j++)
            if (!done[j] && (least == count || fabsf(x[1][j]) < fabsf(x[1][least]))) least = j;
        done[least] = true;
        if (!nothing && k < PASSED) continue;
        x[2][least] = x[0][least] - copysignf((nothing ? 3 : 1) * longest, x[2][least] - x[0][least]);
        if (nothing) x[1][least] = 0;
    }
    FILE *f = fopen(path, "wb");
    assert_true(f && fwrite(copy, 1, t.map.size, f) == t.map.size);
    fclose(f);
    free(copy);
    tensors_close(&t);
    return path;
}

/* The way of a number whose gradient is lost in rounding is no error; that of another is. */
static void the_sign_of_nothing_is_no_error(void **state)
{
    (void)state;
    for (int nothing = 0; nothing < 2; nothing++) {
        struct proof p;
        struct err e;
        const char *path = turned("encoder.layer4.1.conv1.weight", nothing);
        if (!proof_run(&p, path, KERNELS_PORTABLE, 2, &e)) fail_msg("%s", e.msg);
        assert_int_equal(p.failed, nothing ? 0 : 1);
        proof_clear(&p);
        unlink(path);
    }
}

static void a_step_allocates_nothing(void **state)
{
    (void)state;
    for (int m = 0; m < METHOD_COUNT; m++)
        for (int freeze = 0; freeze < 2; freeze++) {
            struct engine_config c = config();
            const struct method_info *info = engine_method((enum method_kind)m);
            if (freeze && !info->labels) continue;
            c.method = (enum method_kind)m;
            c.freeze = freeze;
            c.observe = false;
            c.kernels = KERNELS_PORTABLE;
            c.accumulate = freeze ? MICRO : 1;
            c.model.dim = 16;
            c.model.predictor = true;
            if (!info->labels) c.model.classes = 0;
            allocations = 0;
            struct engine *g = made(&c);
            assert_true(allocations > 0); /* they are seen */
            const struct batch batch = {
                .n = c.batch * c.accumulate, .views = info->views, .f32 = { images(), images() }, .labels = some
            };
            const struct step_settings settings = { .weights = { 1, 1, 25, 25, 1, 5e-3, 0.1, 0.05, weights },
                                                    .rate = 1e-3,
                                                    .draw = { .slices = 8 } };
            struct step_report r;
            struct err e;
            allocations = 0;
            for (int s = 0; s < 2; s++)
                if (!engine_step(g, &batch, &settings, &r, &e)) fail_msg("%s", e.msg);
            if (allocations) fail_msg("%s: %d allocations in two steps", info->name, allocations);
            engine_destroy(g);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mean_is_over_the_labels_that_are_known),
        cmocka_unit_test(logits_of_any_size_have_a_loss),
        cmocka_unit_test(logits_that_are_not_finite_are_refused_without_labels_too),
        cmocka_unit_test(without_labels_nothing_is_learned),
        cmocka_unit_test(micro_batches_share_one_mean),
        cmocka_unit_test(gradients_agree_with_finite_differences),
        cmocka_unit_test(a_frozen_encoder_stays),
        cmocka_unit_test(a_frozen_encoder_runs_as_in_evaluation),
        cmocka_unit_test(a_frozen_encoder_keeps_nothing),
        cmocka_unit_test(networks_that_have_nothing_to_learn_from_are_refused),
        cmocka_unit_test(steps_agree_with_pytorch),
        cmocka_unit_test(the_sign_of_nothing_is_no_error),
        cmocka_unit_test(a_step_allocates_nothing),
    };
    return cmocka_run_group_tests_name("supervised", tests, NULL, NULL);
}
