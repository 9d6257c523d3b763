/* From a score back to the maps, in evaluation mode and in double: against finite differences of the score, with gates
 * and without; and what the engine gives of both precisions. Class activation maps by hand. */
#include "tests/check.h"

#include <math.h>

#include "engine/model/encoder.h"
#include "tests/engine_help.h"
#include "tests/network_help.h"

static void no_heads(struct graph *g, const struct encoder_maps *maps)
{
    (void)g, (void)maps;
}

static real noise(size_t i)
{
    return (real)(i * 2654435761u % 1009) / 1009 - (real).5;
}

static double score_of(const struct pass *p)
{
    int h = network_output(p->net, "h");
    double sum = 0;
    for (int c = 0; c < p->net->values[h].c; c++) sum += noise((size_t)c + 7) * network_data(p, h)[c];
    return sum;
}

/* Running statistics as no start has them, and an image. */
static void fill(struct rig *r)
{
    for (int i = 0; i < r->params.count; i++)
        for (size_t j = 0; r->params.list[i].info.kind == TENSOR_RUNNING && j < r->params.list[i].info.count; j++)
            params_value(&r->params, i)[j] =
                (real)(strstr(r->params.list[i].name, "var") ? .6 : .1) + noise(j + (size_t)i) / 3;
    real *in = network_data(&r->pass, r->net.input);
    size_t n = value_reals(&r->net.values[r->net.input]);
    for (size_t i = 0; i < n; i++) in[i] = i % 2 ? 1 : noise(i / 2) + (real).5;
}

static void the_gradient_is_that_of_finite_differences(void **state)
{
    static const struct {
        const char *name;
        struct model_shape shape;
        bool gates;
    } cases[] = {
        { "resnet18 with gates", { .arch = MODEL_RESNET18, .width = 4, .context = true }, true },
        { "resnet18, gates left out", { .arch = MODEL_RESNET18, .width = 4, .context = true }, false },
        { "resnet18 without", { .arch = MODEL_RESNET18, .width = 4 }, true },
        { "resnet50 with gates", { .arch = MODEL_RESNET50, .width = 4, .context = true }, true },
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct model_shape shape = cases[k].shape;
        shape.size = 45;
        shape.channels = 1;
        shape.dim = shape.fuse = 8;
        shape.grid = 64;
        shape.context_reduction = 2;
        for (int c = 0; c < 3; c++) shape.mean[c] = .4f, shape.deviation[c] = .25f;
        const struct network_config c = { .shape = &shape,
                                          .kernels = &kernels_naive,
                                          .heads = no_heads,
                                          .mode = NETWORK_EXPLAIN,
                                          .views = 1,
                                          .images = 2,
                                          .threads = 1 };
        struct rig r;
        rig_up(&r, &c);
        r.pass.gates = cases[k].gates;
        for (int level = 1; level <= MODEL_MAPS; level++) {
            char name[16];
            snprintf(name, sizeof name, "map.%d", level);
            int at = network_output(&r.net, name), h = network_output(&r.net, "h");
            const struct value *v = &r.net.values[at];
            size_t n = value_reals(v);
            fill(&r);
            network_forward(&r.pass, 0, r.net.layer_count);
            memset(network_gradient(&r.pass, h), 0, value_reals(&r.net.values[h]) * sizeof(real));
            for (int i = 0; i < r.net.values[h].c; i++) network_gradient(&r.pass, h)[i] = noise((size_t)i + 7);
            network_backward_to(&r.pass, v->producer + 1);
            double *gradient = malloc(n * sizeof *gradient), largest = 0, worst = 0;
            memcpy(gradient, network_gradient(&r.pass, at), n * sizeof *gradient);
            for (size_t i = 0; i < n / 2; i++) largest = fmax(largest, fabs(gradient[i]));
            for (size_t i = n / 2; i < n; i++) assert_true(gradient[i] == 0); /* of the other image */
            for (size_t i = 0; i < n / 2; i += n / 2 / 60 + 1) {
                const double step = 1e-6;
                real *x = network_data(&r.pass, at), was = x[i];
                double d[2];
                for (int side = 0; side < 2; side++) {
                    x[i] = was + (side ? step : -step);
                    network_forward(&r.pass, v->producer + 1, r.net.layer_count);
                    d[side] = score_of(&r.pass);
                }
                x[i] = was;
                worst = fmax(worst, fabs((d[1] - d[0]) / (2 * step) - gradient[i]));
            }
            print_message("%s, %s: %.2g of %.2g\n", cases[k].name, name, worst, largest);
            assert_true(largest > 0 && worst < 1e-5 * largest);
            free(gradient);
        }
        rig_down(&r);
    }
}

/* The score is that of the features, the gradient to the last map that of a mean, and both precisions agree. */
static void the_engine_explains_what_it_gives(void **state)
{
    enum { SIZE = 64, D = 64 };
    static uint8_t pixels[SIZE * SIZE];
    double weights[D];
    struct engine_explanation x[2];
    struct err e;
    (void)state;
    for (int i = 0; i < SIZE * SIZE; i++) pixels[i] = (uint8_t)((i * 37 + i / SIZE * 11) % 256);
    for (int c = 0; c < D; c++) weights[c] = (double)noise((size_t)c);
    const struct batch image = { .n = 1, .views = 1, .u8 = { pixels } };
    for (int gates = 0; gates < 2; gates++)
        for (enum engine_level level = LEVEL_MAP1; level <= LEVEL_MAP5; level++) {
            for (int k = 0; k < 2; k++) {
                enum kernel_set set = KERNELS_NAIVE64;
                assert_true(k || kernels_resolve(KERNELS_AUTO, &set, &e));
                struct engine_config c = small_engine(set, SIZE, 0, 2);
                c.features = 3;
                struct engine *g = engine_made(&c, 3);
                float h[D], *out[LEVEL_COUNT] = { [LEVEL_H] = h };
                double score = 0;
                assert_true(engine_features(g, &image, gates, out, &e));
                if (!engine_explain(g, &image, gates, level, weights, &x[k], &e)) fail_msg("%s", e.msg);
                for (int i = 0; i < D; i++) score += weights[i] * (double)h[i];
                assert_true(fabs(score - x[k].score) < 1e-5 * (1 + fabs(score)));
                engine_destroy(g);
            }
            size_t n = (size_t)x[0].h * x[0].w * x[0].c;
            double apart = 0, all = 0;
            for (size_t i = 0; i < n; i++) {
                double d = x[0].gradient[i] - x[1].gradient[i];
                apart += d * d;
                all += x[1].gradient[i] * x[1].gradient[i];
                if (level != LEVEL_MAP5) continue;
                assert_true(fabs(x[1].gradient[i] - weights[i % D] / (x[1].h * x[1].w)) < 1e-12);
            }
            print_message("gates %d, %s: %.2g\n", gates, level_table[level].name, sqrt(apart / all));
            assert_true(all > 0 && sqrt(apart / all) < 1e-2); /* a ReLU may take the other side */
            for (int k = 0; k < 2; k++) engine_explanation_clear(&x[k]);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gradient_is_that_of_finite_differences),
        cmocka_unit_test(the_engine_explains_what_it_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
