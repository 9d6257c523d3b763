/* The engine as others see it: proofs, determinism, refusals, checkpoints, weights of others. */
#include "tests/engine_help.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/random.h"
#include "engine/train/proof.h"
#include "engine/train/schedule.h"
#include "engine/train/tune.h"
#include "engine/train/weights.h"

static struct engine_config small(enum kernel_set set, int threads)
{
    return small_engine(set, 33, 6, threads);
}

static const struct loss_weights usual = { 1, 1, 25, 25, 1, 5e-3, 0.1, 0.05, NULL };

static struct engine *made(const struct engine_config *c)
{
    return engine_made(c, 7);
}

static void draw_images(uint8_t *out, size_t n, uint32_t which)
{
    struct random r = random_stream(1, which, 0, RANDOM_INIT);
    int level = 128; /* a wandering level has structure, unlike noise */
    for (size_t i = 0; i < n; i++) {
        level += (int)random_below(&r, 41) - 20;
        level = level < 0 ? 0 : level > 255 ? 255 : level;
        out[i] = (uint8_t)level;
    }
}

enum { PIXELS = 33 * 33, MOST = 12 };

static bool steps(struct engine *g, int n, int images, struct step_report *last, struct err *e)
{
    static uint8_t views[2][MOST * PIXELS];
    for (int s = 0; s < n; s++) {
        for (uint32_t v = 0; v < 2; v++) draw_images(views[v], (size_t)images * PIXELS, (uint32_t)s * 2 + v);
        const struct batch both = { .n = images, .views = 2, .u8 = { views[0], views[1] } };
        if (!engine_step(g, &both, &(struct step_settings){ .weights = usual, .rate = 1e-3 }, last, e)) return false;
    }
    return true;
}

static float *all_parameters(const struct engine *g, size_t *n)
{
    *n = 0;
    for (int i = 0; i < engine_tensors(g); i++) *n += engine_tensor(g, i)->count;
    float *x = malloc(*n * sizeof *x);
    size_t at = 0;
    for (int i = 0; i < engine_tensors(g); at += engine_tensor(g, i++)->count) engine_read(g, i, PART_VALUE, x + at);
    return x;
}

static bool present(enum kernel_set set)
{
    enum kernel_set found;
    return kernels_resolve(set, &found, NULL);
}

static void steps_agree_with_pytorch(void **state)
{
    (void)state;
    static const char *const files[] = { "tests/fixtures/step-lars.safetensors",
                                         "tests/fixtures/step-adamw.safetensors",
                                         "tests/fixtures/step-two-images.safetensors",
                                         "tests/fixtures/step-lejepa.safetensors",
                                         "tests/fixtures/step-open-gates.safetensors" };
    for (enum kernel_set set = KERNELS_AVX512; set < KERNELS_COUNT; set++)
        for (int f = 0; present(set) && f < 5; f++) {
            struct proof p;
            struct err e;
            if (!proof_run(&p, source_path(files[f]), set, 2, &e)) fail_msg("%s", e.msg);
            if (!p.passed) fail_msg("%s: %zu tensors of %s failed", kernel_set_names[set], p.failed, files[f]);
            assert_true(p.count > (f == 3 ? 180 : 270));
            assert_int_equal(p.computed, f == 2 ? KERNELS_NAIVE64 : set);
            proof_clear(&p);
        }
}

/* Write a copy of a fixture with some bytes changed or cut; returns its path. */
static const char *tampered(const char *tensor, size_t at, size_t cut)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/mlvicx-tampered-%d", (int)getpid());
    struct tensors t;
    struct err e;
    assert_true(tensors_open(&t, source_path("tests/fixtures/step-lars.safetensors"), &e));
    unsigned char *copy = malloc(t.map.size);
    memcpy(copy, t.map.data, t.map.size);
    if (tensor) {
        const struct tensors_entry *entry = tensors_find(&t, tensor);
        float v;
        memcpy(&v, entry->data + 4 * at, 4);
        v = v * 1.5f + 1;
        memcpy(copy + (entry->data - t.map.data) + 4 * at, &v, 4);
    }
    FILE *f = fopen(path, "wb");
    assert_int_equal(fwrite(copy, 1, t.map.size - cut, f), t.map.size - cut);
    fclose(f);
    free(copy);
    tensors_close(&t);
    return path;
}

static void a_wrong_number_is_found_by_every_set(void **state)
{
    (void)state;
    static const char *const names[] = { "grad.encoder.layer2.0.conv1.weight",
                                         "after.global.1.linear.weight",
                                         "out.d.2",
                                         "loss.local",
                                         "buffer_after.encoder.bn1.running_var",
                                         "trace",
                                         "eval.h",
                                         "param.encoder.conv1.weight" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (int k = 0; k < 2; k++) {
            struct proof p;
            struct err e;
            const char *path = tampered(names[i], 0, 0);
            if (!proof_run(&p, path, k ? KERNELS_NAIVE64 : KERNELS_PORTABLE, 1, &e)) fail_msg("%s", e.msg);
            if (p.passed) fail_msg("%s was changed, and nobody saw it", names[i]);
            proof_clear(&p);
            unlink(path);
        }
}

static void a_broken_fixture_is_an_error(void **state)
{
    (void)state;
    struct proof p;
    struct err e;
    const char *path = tampered(NULL, 0, 1000);
    assert_false(proof_run(&p, path, KERNELS_NAIVE, 1, &e));
    assert_non_null(strstr(e.msg, "outside the file"));
    unlink(path);
    assert_false(proof_run(&p, "/nonexistent.safetensors", KERNELS_NAIVE, 1, &e));
    assert_int_equal(e.code, ERR_IO);
}

static void same_threads_same_bits(void **state)
{
    (void)state;
    for (enum kernel_set set = KERNELS_AVX512; set <= KERNELS_NAIVE; set++) {
        float *first = NULL;
        size_t n = 0;
        for (int threads = 1; present(set) && threads <= 3; threads++)
            for (int again = 0; again < 2; again++) {
                const struct engine_config c = small(set, threads);
                struct engine *g = made(&c);
                struct step_report r;
                struct err e;
                if (!steps(g, 2, 6, &r, &e)) fail_msg("%s", e.msg);
                static float *same;
                float *x = all_parameters(g, &n);
                if (again) {
                    assert_memory_equal(x, same, n * sizeof *x);
                    free(same);
                    free(x);
                } else {
                    same = x;
                    if (!first) memcpy(first = malloc(n * sizeof *x), x, n * sizeof *x);
                    double d = 0, s = 0;
                    for (size_t i = 0; i < n; i++)
                        d += pow((double)(x[i] - first[i]), 2), s += pow((double)first[i], 2);
                    assert_true(sqrt(d / s) < 1e-2);
                }
                engine_destroy(g);
            }
        free(first);
    }
}

static void accumulated_statistics_are_per_micro_batch(void **state)
{
    (void)state;
    struct engine_config c = small(KERNELS_NAIVE64, 2);
    c.accumulate = 2;
    struct engine *g = made(&c);
    struct step_report r, alone[2];
    struct err e;
    static uint8_t images[2][2 * 6 * PIXELS];
    for (uint32_t v = 0; v < 2; v++) draw_images(images[v], 2 * 6 * PIXELS, v);
    const struct batch both = { .n = 12, .views = 2, .u8 = { images[0], images[1] } };
    if (!engine_step(g, &both, &(struct step_settings){ .weights = usual, .rate = 0 }, &r, &e)) fail_msg("%s", e.msg);
    c.accumulate = 1;
    for (int half = 0; half < 2; half++) {
        struct engine *h = made(&c);
        size_t from = (size_t)half * 6 * PIXELS;
        const struct batch part = { .n = 6, .views = 2, .u8 = { images[0] + from, images[1] + from } };
        assert_true(engine_step(h, &part, &(struct step_settings){ .weights = usual, .rate = 0 }, &alone[half], &e));
        engine_destroy(h);
    }
    assert_true(fabs(r.total - (alone[0].total + alone[1].total) / 2) < 1e-9 * r.total);
    engine_destroy(g);
}

/* Large maps are updated while their gradient is made: same bits as where it is kept too, and its norm is known. */
static void a_gradient_that_is_never_whole_gives_the_same_update(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct engine_config c = small(KERNELS_AUTO, 2);
        struct step_report r, s;
        struct err e;
        assert_true(kernels_resolve(KERNELS_AUTO, &c.kernels, NULL));
        c.optim = kind ? OPTIM_LARS : OPTIM_ADAMW;
        c.model.dim = 64;
        c.batch = 2;
        struct engine *fused = made(&c);
        c.observe = true;
        struct engine *kept = made(&c);
        assert_false(engine_has(fused, PART_GRADIENT));
        assert_true(engine_has(kept, PART_GRADIENT));
        assert_true(steps(fused, 3, 2, &r, &e) && steps(kept, 3, 2, &s, &e));
        assert_true(r.total == s.total);
        size_t n;
        float *x = all_parameters(fused, &n), *y = all_parameters(kept, &n);
        assert_memory_equal(x, y, n * sizeof *x);
        double squares = 0;
        for (int i = 0; i < engine_tensors(kept); i++) {
            const struct engine_tensor *t = engine_tensor(kept, i);
            if (t->kind != TENSOR_PARAMETER || t->zero_gradient) continue;
            engine_read(kept, i, PART_GRADIENT, x);
            for (size_t j = 0; j < t->count; j++) squares += (double)x[j] * (double)x[j];
        }
        assert_true(fabs(s.grad_norm - sqrt(squares)) < 1e-5 * s.grad_norm);
        assert_true(fabs(s.grad_norm - r.grad_norm) < 1e-6 * s.grad_norm);
        free(x);
        free(y);
        engine_destroy(fused);
        engine_destroy(kept);
    }
}

static void a_number_that_is_not_finite_is_named_and_nothing_is_applied(void **state)
{
    (void)state;
    const struct engine_config c = small(KERNELS_PORTABLE, 2);
    struct engine *g = made(&c);
    struct step_report r;
    struct err e;
    assert_true(steps(g, 1, 6, &r, &e));
    int at = -1;
    for (int i = 0; i < engine_tensors(g); i++)
        if (!strcmp(engine_tensor(g, i)->name, "encoder.layer3.0.bn1.weight")) at = i;
    float w[64] = { 0 };
    engine_read(g, at, PART_VALUE, w);
    w[3] = NAN;
    engine_write(g, at, PART_VALUE, w);
    size_t n;
    float *before = all_parameters(g, &n);
    assert_false(steps(g, 1, 6, &r, &e));
    assert_int_equal(e.code, ERR_NUMERIC);
    if (!strstr(e.msg, "encoder.layer3.0.bn1.weight")) fail_msg("%s", e.msg);
    float *after = all_parameters(g, &n);
    assert_memory_equal(before, after, n * sizeof *before);
    assert_int_equal(engine_updates(g), 1);
    char hex[DIGEST_HEX_SIZE];
    assert_false(checkpoint_write("/tmp/mlvicx-never", g, NULL, 0, hex, &e));
    assert_false(file_exists("/tmp/mlvicx-never"));
    free(before);
    free(after);
    engine_destroy(g);
}

static void features_of_an_image_do_not_depend_on_its_neighbours(void **state)
{
    (void)state;
    struct engine_config c = small(KERNELS_AUTO, 2);
    assert_true(kernels_resolve(KERNELS_AUTO, &c.kernels, NULL));
    struct engine *g = made(&c);
    static uint8_t images[12 * PIXELS];
    static float all[12 * 64], one[64], z[12 * 16];
    struct err e;
    draw_images(images, sizeof images, 0);
    float *out[LEVEL_COUNT] = { [LEVEL_H] = all, [LEVEL_Z] = z };
    assert_true(engine_features(g, &(struct batch){ .n = 12, .views = 1, .u8 = { images } }, true, out, &e));
    for (int i = 0; i < 12; i++) {
        float *single[LEVEL_COUNT] = { [LEVEL_H] = one };
        assert_true(
            engine_features(g, &(struct batch){ .n = 1, .views = 1, .u8 = { images + i * PIXELS } }, true, single, &e));
        assert_memory_equal(one, all + i * 64, sizeof one);
    }
    static float plain[12 * 64];
    float *without[LEVEL_COUNT] = { [LEVEL_H] = plain };
    assert_true(engine_features(g, &(struct batch){ .n = 12, .views = 1, .u8 = { images } }, false, without, &e));
    assert_memory_not_equal(plain, all, sizeof all);
    engine_destroy(g);
}

static void what_cannot_be_built_is_refused(void **state)
{
    (void)state;
    struct engine *g;
    struct err e;
    struct engine_config c = small(KERNELS_NAIVE, 1);
    c.batch = 1;
    assert_false(engine_create(&g, &c, &e));
    assert_non_null(strstr(e.msg, "at least 2"));
    c = small(KERNELS_NAIVE, 1);
    c.model.size = 31;
    assert_false(engine_create(&g, &c, &e));
    c = small(KERNELS_NAIVE, 1);
    c.model.channels = 2;
    assert_false(engine_create(&g, &c, &e));
    c = small(KERNELS_NAIVE, 1);
    c.model.grid = 30;
    assert_false(engine_create(&g, &c, &e));
}

static void a_checkpoint_brings_everything_back(void **state)
{
    (void)state;
    char path[64], hex[DIGEST_HEX_SIZE];
    snprintf(path, sizeof path, "/tmp/mlvicx-checkpoint-%d", (int)getpid());
    static const struct {
        enum kernel_set kernels;
        enum optim_kind optim;
        enum tensors_type type;
    } kinds[] = { { KERNELS_NAIVE64, OPTIM_ADAMW, TENSORS_F64 },
                  { KERNELS_PORTABLE, OPTIM_ADAMW, TENSORS_F32 },
                  { KERNELS_PORTABLE, OPTIM_LARS, TENSORS_F32 } };
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        struct engine_config c = small(kinds[kind].kernels, 2);
        c.optim = kinds[kind].optim;
        struct engine *a = made(&c), *b = made(&c);
        struct step_report r, s;
        struct err e;
        assert_true(steps(a, 3, 6, &r, &e));
        char key[] = "run", value[] = "12";
        const struct tensors_pair pair = { key, value };
        if (!checkpoint_write(path, a, &pair, 1, hex, &e)) fail_msg("%s", e.msg);
        struct tensors t;
        if (!checkpoint_open(&t, path, hex, &e) || !checkpoint_restore(b, &t, true, &e)) fail_msg("%s", e.msg);
        assert_string_equal(tensors_metadata(&t, "run"), "12");
        assert_int_equal(tensors_find(&t, "momentum.encoder.conv1.weight")->type, kinds[kind].type);
        tensors_close(&t);
        assert_int_equal(engine_updates(b), 3);
        assert_true(steps(a, 2, 6, &r, &e) && steps(b, 2, 6, &s, &e));
        assert_true(r.total == s.total && r.grad_norm == s.grad_norm);
        size_t n;
        float *x = all_parameters(a, &n), *y = all_parameters(b, &n);
        assert_memory_equal(x, y, n * sizeof *x);
        free(x);
        free(y);
        /* one bit changed: the digest tells */
        FILE *f = fopen(path, "r+b");
        fseek(f, -5, SEEK_END);
        int byte = fgetc(f);
        fseek(f, -5, SEEK_END);
        fputc(byte ^ 1, f);
        fclose(f);
        assert_false(checkpoint_open(&t, path, hex, &e));
        assert_non_null(strstr(e.msg, "changed or cut"));
        engine_destroy(a);
        engine_destroy(b);
    }
    unlink(path);
}

static void a_checkpoint_of_another_shape_changes_nothing(void **state)
{
    (void)state;
    char path[64], hex[DIGEST_HEX_SIZE];
    snprintf(path, sizeof path, "/tmp/mlvicx-checkpoint-%d", (int)getpid());
    struct engine_config c = small(KERNELS_PORTABLE, 1), wide = c;
    c.optim = wide.optim = OPTIM_LARS;
    wide.model.dim = 24;
    struct engine *written = made(&c), *g = made(&wide);
    struct tensors t;
    struct err e;
    size_t n;
    char key[] = "run", value[] = "12";
    const struct tensors_pair pair = { key, value };
    if (!checkpoint_write(path, written, &pair, 1, hex, &e)) fail_msg("%s", e.msg);
    engine_destroy(written);
    float *before = all_parameters(g, &n);
    assert_true(checkpoint_open(&t, path, hex, &e));
    assert_false(checkpoint_restore(g, &t, true, &e));
    assert_non_null(strstr(e.msg, "another shape"));
    float *after = all_parameters(g, &n);
    assert_memory_equal(before, after, n * sizeof *before);
    tensors_close(&t);
    free(before);
    free(after);
    engine_destroy(g);
    unlink(path);
}

static void an_exported_encoder_comes_back_under_torchvision_names(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "/tmp/mlvicx-export-%d", (int)getpid());
    const struct engine_config c = small(KERNELS_PORTABLE, 1);
    struct engine *a = made(&c), *b = made(&c);
    struct step_report r;
    struct err e;
    assert_true(steps(a, 2, 6, &r, &e));
    if (!weights_export(a, true, path, NULL, 0, &e)) fail_msg("%s", e.msg);
    struct tensors t;
    assert_true(tensors_open(&t, path, &e));
    assert_non_null(tensors_find(&t, "layer4.1.bn2.running_var"));
    assert_non_null(tensors_find(&t, "context.5.spatial.weight"));
    assert_null(tensors_find(&t, "global.0.linear.weight"));
    tensors_close(&t);
    struct weights_report report;
    if (!weights_load(b, path, &report, &e)) fail_msg("%s", e.msg);
    assert_true(report.surplus == 0 && report.missing > 0 &&
                strstr(text_str(&report.missing_names), "global.0.linear.weight"));
    weights_report_clear(&report);
    for (int i = 0; i < engine_tensors(a); i++) {
        const struct engine_tensor *info = engine_tensor(a, i);
        if (strncmp(info->name, "encoder.", 8) && strncmp(info->name, "context.", 8)) continue;
        float *x = malloc(info->count * sizeof *x), *y = malloc(info->count * sizeof *y);
        engine_read(a, i, PART_VALUE, x);
        engine_read(b, i, PART_VALUE, y);
        assert_memory_equal(x, y, info->count * sizeof *x);
        free(x);
        free(y);
    }
    struct engine_config wide = c;
    wide.model.width = 12;
    struct engine *g = made(&wide);
    assert_false(weights_load(g, path, NULL, &e));
    assert_non_null(strstr(e.msg, "has shape"));
    engine_destroy(a);
    engine_destroy(b);
    engine_destroy(g);
    unlink(path);
}

static void hostile_headers_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *header, *why;
    } rows[] = {
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],"
          "\"data_offsets\":[4,12]}}",
          "overlap" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,8]}}", "range" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999,99999999999],\"data_offsets\":[0,8]}}", "shape" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", "shape" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", "range" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,1e30]}}", "range" },
        { "{\"a\":{\"dtype\":\"Q7\",\"shape\":[2],\"data_offsets\":[0,8]}}", "type" },
        { "{\"a\":7}", "type" },
        { "[1]", "not an object" },
        { "{\"a\":", "header" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],"
          "\"data_offsets\":[0,4]}}",
          "duplicate" },
    };
    char path[64];
    snprintf(path, sizeof path, "/tmp/mlvicx-hostile-%d", (int)getpid());
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] + 2; i++) {
        bool listed = i < sizeof rows / sizeof rows[0];
        const char *header = listed ? rows[i].header : "{}";
        uint64_t n = listed ? strlen(header) : i % 2 ? UINT64_MAX : 1000;
        FILE *f = fopen(path, "wb");
        for (int b = 0; b < 8; b++) fputc((int)(n >> 8 * b & 255), f);
        fputs(header, f);
        for (int b = 0; b < 12; b++) fputc(0, f);
        fclose(f);
        struct tensors t;
        struct err e;
        assert_false(tensors_open(&t, path, &e));
        if (!strstr(e.msg, listed ? rows[i].why : "not a whole")) fail_msg("%zu: %s", i, e.msg);
    }
    static const char empty[] = "{\"b\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},\"a\":{\"dtype\":"
                                "\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}";
    FILE *f = fopen(path, "wb");
    for (int b = 0; b < 8; b++) fputc(b ? 0 : (int)strlen(empty), f);
    fputs(empty, f);
    for (int b = 0; b < 12; b++) fputc(0, f);
    fclose(f);
    struct tensors t;
    struct err e;
    if (!tensors_open(&t, path, &e)) fail_msg("%s", e.msg); /* a tensor without numbers overlaps nothing */
    tensors_close(&t);
    unlink(path);
}

static void the_rate_follows_the_published_schedule(void **state)
{
    (void)state;
    struct schedule s = { OPTIM_LARS, 0.2, 64, 10, 100 };
    assert_true(schedule_rate(&s, 0) == 0);
    assert_true(fabs(schedule_rate(&s, 5) - 0.025) < 1e-12);
    assert_true(fabs(schedule_rate(&s, 10) - 0.05) < 1e-12);
    assert_true(fabs(schedule_rate(&s, 60) - (0.05 * 0.5 + 0.05 * 0.001 * 0.5)) < 1e-12);
    s.kind = OPTIM_ADAMW;
    assert_true(fabs(schedule_rate(&s, 10) - 0.2) < 1e-12);
}

/* Variants of all passes of one configuration, one after the other. */
static void note_variants(void *ctx, const struct engine_layer *l)
{
    for (int direction = 0; direction < CONV_DIRECTIONS; direction++)
        if (l->variant[direction]) text_printf(ctx, "%s/", l->variant[direction]);
}

static char *variants_of(const struct engine_config *c, struct text *out)
{
    struct engine_size plan;
    struct err e;
    if (!engine_measure(c, &plan, note_variants, out, &e)) fail_msg("%s", e.msg);
    return (char *)text_str(out);
}

static void choices_of_convolutions_are_timed_kept_as_text_and_obeyed(void **state)
{
    (void)state;
    struct engine_config c = small(KERNELS_PORTABLE, 2);
    struct tuning wanted = { 0 }, timed = { 0 }, read = { 0 };
    struct text fixed = { 0 }, direct = { 0 }, written = { 0 };
    struct err e;
    variants_of(&c, &fixed);
    assert_non_null(strstr(text_str(&fixed), "winograd"));
    assert_true(tune_list(&c, &wanted, &e) && wanted.count > 0);
    for (size_t i = 0; i < wanted.count; i++) strcpy(wanted.rows[i].variant, "direct");
    c.tuning = &wanted;
    assert_null(strstr(variants_of(&c, &direct), "winograd"));
    strcpy(wanted.rows[wanted.count - 1].variant, "a variant of other times"); /* then the fixed table stands */
    assert_non_null(strstr(variants_of(&c, &direct), "winograd"));
    /* decided by timing, written between other lines, read again */
    assert_true(tune_list(&c, &timed, &e) && tune_decide(&c, &timed, &e));
    assert_int_equal(timed.count, wanted.count);
    text_printf(&written, "kernels = portable\n");
    tuning_write(&timed, &written);
    text_printf(&written, "# autotune without an end");
    assert_true(tuning_read(&read, text_str(&written), &e));
    assert_int_equal(read.count, timed.count);
    for (size_t i = 0; i < timed.count; i++) {
        assert_true(timed.rows[i].timed && !(timed.rows[i].figure <= 0) && !read.rows[i].timed);
        assert_string_equal(tuning_variant(&read, timed.rows[i].shape), timed.rows[i].variant);
    }
    assert_null(tuning_variant(&read, "no such shape"));
    assert_null(tuning_variant(NULL, timed.rows[0].shape));
    c.kernels = KERNELS_NAIVE64; /* nothing to choose from */
    struct tuning none = { 0 };
    assert_true(tune_list(&c, &none, &e) && tune_decide(&c, &none, &e) && none.count == 0);
    tuning_clear(&wanted), tuning_clear(&timed), tuning_clear(&read);
    text_clear(&fixed), text_clear(&direct), text_clear(&written);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_agree_with_pytorch),
        cmocka_unit_test(a_wrong_number_is_found_by_every_set),
        cmocka_unit_test(a_broken_fixture_is_an_error),
        cmocka_unit_test(same_threads_same_bits),
        cmocka_unit_test(choices_of_convolutions_are_timed_kept_as_text_and_obeyed),
        cmocka_unit_test(accumulated_statistics_are_per_micro_batch),
        cmocka_unit_test(a_gradient_that_is_never_whole_gives_the_same_update),
        cmocka_unit_test(a_number_that_is_not_finite_is_named_and_nothing_is_applied),
        cmocka_unit_test(features_of_an_image_do_not_depend_on_its_neighbours),
        cmocka_unit_test(what_cannot_be_built_is_refused),
        cmocka_unit_test(a_checkpoint_brings_everything_back),
        cmocka_unit_test(a_checkpoint_of_another_shape_changes_nothing),
        cmocka_unit_test(an_exported_encoder_comes_back_under_torchvision_names),
        cmocka_unit_test(hostile_headers_are_refused),
        cmocka_unit_test(the_rate_follows_the_published_schedule),
    };
    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
