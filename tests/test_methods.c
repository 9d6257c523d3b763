/* Every method of the list, as the engine trains it: what it builds, what it reports, that bits repeat. */
#include "tests/engine_help.h"

#include <math.h>
#include <unistd.h>

#include "engine/base/random.h"
#include "engine/base/settings.h"
#include "engine/train/proof.h"

enum { SIZE = 33, BATCH = 5, PIXELS = SIZE * SIZE, CLASSES = 3 };
static const struct loss_weights usual = { 1, 0.5, 25, 25, 1, 5e-3, 0.1, 0.05, NULL };
static const struct loss_draw draw = { .slices = 300, .seed = 8 };

static struct engine_config config_of(enum method_kind method, bool context, bool local)
{
    struct engine_config c = small_engine(KERNELS_PORTABLE, SIZE, BATCH, 2);
    c.method = method;
    c.model.context = context;
    c.model.dim = 24;
    c.model.out = 10;
    c.model.predictor = true;
    c.model.local = local;
    c.model.classes = engine_method(method)->labels ? CLASSES : 0;
    if (!local) c.model.fuse = c.model.grid = 0; /* what is not built has no size */
    return c;
}

static void step(struct engine *g, enum method_kind method, int steps, struct step_report *r)
{
    static uint8_t views[2][BATCH * PIXELS];
    static const int8_t labels[BATCH * CLASSES] = { 1, 0, 0, 0, 1, -1, -1, -1, -1, 0, 0, 1, 1, 1, 0 };
    struct err e;
    for (uint32_t v = 0; v < 2; v++) {
        struct random noise = random_stream(4, v, 0, RANDOM_INIT);
        for (size_t i = 0; i < BATCH * PIXELS; i++) views[v][i] = (uint8_t)(255 * random_uniform64(&noise));
    }
    const struct batch batch = {
        .n = BATCH, .views = engine_method(method)->views, .u8 = { views[0], views[1] }, .labels = labels
    };
    for (int s = 0; s < steps; s++)
        if (!engine_step(g, &batch,
                         &(struct step_settings){ .weights = usual, .rate = 1e-3, .draw = draw, .keep = 0.9 }, r, &e))
            fail_msg("%s", e.msg);
}

static int tensor_called(const struct engine *g, const char *name)
{
    for (int i = 0; i < engine_tensors(g); i++)
        if (!strcmp(engine_tensor(g, i)->name, name)) return i;
    return -1;
}

static bool same_tensor(const struct engine *a, int i, const struct engine *b, int j)
{
    size_t n = engine_tensor(a, i)->count;
    float *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
    assert_true(x && y && engine_tensor(b, j)->count == n);
    engine_read(a, i, PART_VALUE, x);
    engine_read(b, j, PART_VALUE, y);
    bool same = !memcmp(x, y, n * sizeof *x);
    free(x);
    free(y);
    return same;
}

/* The words of the setting are the methods, in their order, and each describes itself. */
static void settings_and_engine_have_the_same_methods(void **state)
{
    (void)state;
    const struct setting *row = settings_find("method.name", NULL);
    assert_non_null(row);
    for (int m = 0; m < METHOD_COUNT; m++) {
        const struct method_info *info = engine_method((enum method_kind)m);
        assert_string_equal(row->words[m], info->name);
        assert_true(*info->help && info->levels >= 1 && info->levels <= METHOD_LEVELS);
        assert_true(info->terms >= 1 && info->terms <= METHOD_TERMS && info->stats < 1u << STAT_COUNT);
        for (int l = 0; l < info->levels; l++) assert_non_null(method_level_name(info, l));
        for (int t = 0; t < info->terms; t++) assert_true(info->term[t].name && *info->term[t].help);
    }
    assert_null(row->words[METHOD_COUNT]);
}

/* Without a local level nothing of it is there: no tensor, no width, no feature, no number. */
static void a_level_that_is_off_is_absent(void **state)
{
    (void)state;
    for (int m = 0; m < METHOD_COUNT; m++)
        for (int context = 0; context < 2; context++) {
            const struct engine_config c = config_of((enum method_kind)m, context, false);
            struct engine *g = engine_made(&c, 1);
            struct step_report r;
            float z[BATCH * 10], d[1];
            struct err e;
            step(g, c.method, 2, &r);
            assert_int_equal(r.levels, 1);
            assert_true(isfinite(r.total) && r.total == r.level[0].total && r.grad_norm > 0);
            assert_int_equal(r.absent, context ? 0 : 1u << STAGE_GATES);
            for (int way = 0; way < 2; way++)
                for (int s = 0; s < STAGE_COUNT; s++) assert_true((r.stage[way][s] > 0) == !(r.absent & 1u << s));
            for (int i = 0; i < engine_tensors(g); i++) assert_false(!strncmp(engine_tensor(g, i)->name, "local.", 6));
            assert_int_equal(engine_level_dims(&c.model, LEVEL_D), 0);
            bool labels = engine_method(c.method)->labels;
            assert_int_equal(engine_level_dims(&c.model, LEVEL_Z), labels ? 0 : 10);
            assert_int_equal(engine_level_dims(&c.model, LEVEL_LOGITS), labels ? CLASSES : 0);
            enum engine_level head = labels ? LEVEL_LOGITS : LEVEL_Z;
            int width = engine_level_dims(&c.model, head);
            uint8_t pixels[BATCH * PIXELS] = { 7, 100 };
            const struct batch images = { .n = BATCH, .views = 1, .u8 = { pixels } };
            float *out[LEVEL_COUNT] = { NULL };
            out[head] = z;
            if (!engine_features(g, &images, true, out, &e)) fail_msg("%s", e.msg);
            for (int i = 0; i < BATCH * width; i++) assert_true(isfinite(z[i]));
            static const enum engine_level absent[] = { LEVEL_D, LEVEL_Z, LEVEL_LOGITS };
            for (size_t l = 0; l < 3; l++) {
                float *none[LEVEL_COUNT] = { NULL };
                none[absent[l]] = d;
                assert_true(absent[l] == head || !engine_features(g, &images, true, none, &e));
            }
            engine_destroy(g);
        }
}

static void a_level_that_a_method_has_not_is_refused(void **state)
{
    (void)state;
    for (int m = 0; m < METHOD_COUNT; m++) {
        const struct engine_config c = config_of((enum method_kind)m, true, true);
        struct engine_size size;
        struct err e;
        bool has = engine_method((enum method_kind)m)->levels > 1;
        assert_true(engine_measure(&c, &size, NULL, NULL, &e) == has);
        if (!has) assert_non_null(strstr(e.msg, "model.local"));
    }
}

/* One seed gives every method the same encoder, with gates or without. */
static void one_seed_is_one_encoder(void **state)
{
    (void)state;
    const struct engine_config first = config_of(METHOD_mlvicx, true, true);
    struct engine *a = engine_made(&first, 9);
    for (int m = 0; m < METHOD_COUNT; m++)
        for (int context = 0; context < 2; context++) {
            const struct engine_config c = config_of((enum method_kind)m, context, false);
            struct engine *b = engine_made(&c, 9);
            int compared = 0;
            for (int i = 0; i < engine_tensors(a); i++) {
                const char *name = engine_tensor(a, i)->name;
                int j = strncmp(name, "encoder.", 8) && strncmp(name, "context.", 8) ? -1 : tensor_called(b, name);
                if (j < 0) continue;
                if (!same_tensor(a, i, b, j)) fail_msg("%s: %s differs", engine_method(c.method)->name, name);
                compared++;
            }
            assert_int_equal(compared, context ? 115 : 100);
            engine_destroy(b);
        }
    engine_destroy(a);
}

static void the_same_steps_give_the_same_bits(void **state)
{
    (void)state;
    for (int m = 0; m < METHOD_COUNT; m++) {
        const struct engine_config c = config_of((enum method_kind)m, false, false);
        struct engine *a = engine_made(&c, 3), *b = engine_made(&c, 3);
        struct step_report ra, rb;
        step(a, c.method, 3, &ra);
        step(b, c.method, 3, &rb);
        assert_memory_equal(ra.level, rb.level, sizeof ra.level);
        for (int i = 0; i < engine_tensors(a); i++) assert_true(same_tensor(a, i, b, i));
        engine_destroy(a);
        engine_destroy(b);
    }
}

/* Steps that PyTorch computed in double, by every set that this CPU has. */
static void steps_agree_with_pytorch(void **state)
{
    (void)state;
    static const char *const names[] = { "byol", "simsiam", "vicreg" };
    for (enum kernel_set set = KERNELS_AVX512; set < KERNELS_COUNT; set++)
        for (size_t f = 0; kernels_resolve(set, &(enum kernel_set){ 0 }, NULL) && f < sizeof names / sizeof *names;
             f++) {
            char path[64];
            struct proof p;
            struct err e;
            snprintf(path, sizeof path, "tests/fixtures/method-%s.safetensors", names[f]);
            if (!proof_run(&p, source_path(path), set, 2, &e)) fail_msg("%s", e.msg);
            if (!p.passed) fail_msg("%s: %zu tensors of %s failed", kernel_set_names[set], p.failed, path);
            assert_true(p.count > 180);
            proof_clear(&p);
        }
}

/* What a checkpoint brings back goes on with the same bits: moments and moving averages too. */
static void a_checkpoint_goes_on_bit_for_bit(void **state)
{
    (void)state;
    char path[] = "/tmp/mlvicx_methods_XXXXXX", hex[DIGEST_HEX_SIZE];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    for (int m = 0; m < METHOD_COUNT; m++) {
        const struct engine_config c = config_of((enum method_kind)m, false, false);
        struct engine *a = engine_made(&c, 3), *b = engine_made(&c, 4);
        struct step_report ra, rb;
        struct tensors t;
        struct err e;
        step(a, c.method, 2, &ra);
        if (!checkpoint_write(path, a, NULL, 0, hex, &e) || !checkpoint_open(&t, path, hex, &e) ||
            !checkpoint_restore(b, &t, true, &e))
            fail_msg("%s", e.msg);
        tensors_close(&t);
        step(a, c.method, 2, &ra);
        step(b, c.method, 2, &rb);
        assert_memory_equal(ra.level, rb.level, sizeof ra.level);
        for (int i = 0; i < engine_tensors(a); i++) assert_true(same_tensor(a, i, b, i));
        engine_destroy(a);
        engine_destroy(b);
    }
    unlink(path);
}

/* The moving average begins as a copy, keeps its share, and is as wide as what it follows. */
static void a_target_follows(void **state)
{
    (void)state;
    const struct engine_config c = config_of(METHOD_byol, true, false);
    struct engine *g = engine_made(&c, 3);
    struct step_report r;
    int followers = 0;
    float before[64], after[64], online[64];
    int weight = tensor_called(g, "encoder.bn1.weight"), target = tensor_called(g, "target.encoder.bn1.weight");
    assert_true(weight >= 0 && target >= 0);
    assert_int_equal(tensor_called(g, "target.encoder.bn1.running_mean"), -1);
    assert_int_equal(tensor_called(g, "target.predictor.0.linear.weight"), -1);
    assert_true(tensor_called(g, "target.context.1.spatial.weight") >= 0);
    for (int i = 0; i < engine_tensors(g); i++) {
        const struct engine_tensor *t = engine_tensor(g, i);
        if (t->kind != TENSOR_TARGET) continue;
        followers++;
        assert_true(same_tensor(g, i, g, tensor_called(g, t->name + strlen("target."))));
    }
    assert_true(followers > 80);
    for (int s = 0; s < 3; s++) {
        engine_read(g, target, PART_VALUE, before);
        step(g, c.method, 1, &r);
        engine_read(g, target, PART_VALUE, after);
        engine_read(g, weight, PART_VALUE, online);
        for (int j = 0; j < 8; j++) assert_true(fabsf(after[j] - (0.9f * before[j] + 0.1f * online[j])) < 1e-6f);
    }
    engine_destroy(g);
}

/* Without a predictor there is none, and the projection itself learns. */
static void a_predictor_may_be_left_out(void **state)
{
    (void)state;
    static const enum method_kind with[] = { METHOD_byol, METHOD_simsiam };
    for (size_t m = 0; m < 2; m++) {
        struct engine_config c = config_of(with[m], false, false);
        struct step_report r;
        c.model.predictor = false;
        struct engine *g = engine_made(&c, 3);
        assert_int_equal(tensor_called(g, "predictor.0.linear.weight"), -1);
        step(g, c.method, 2, &r);
        assert_true(isfinite(r.total) && r.grad_norm > 0);
        engine_destroy(g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_and_engine_have_the_same_methods),
        cmocka_unit_test(a_level_that_is_off_is_absent),
        cmocka_unit_test(a_level_that_a_method_has_not_is_refused),
        cmocka_unit_test(one_seed_is_one_encoder),
        cmocka_unit_test(the_same_steps_give_the_same_bits),
        cmocka_unit_test(steps_agree_with_pytorch),
        cmocka_unit_test(a_checkpoint_goes_on_bit_for_bit),
        cmocka_unit_test(a_target_follows),
        cmocka_unit_test(a_predictor_may_be_left_out),
    };
    return cmocka_run_group_tests_name("methods", tests, NULL, NULL);
}
