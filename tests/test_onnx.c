/* The exported ONNX model against a reader and an interpreter of its own: plain loops over the nodes that a runtime
 * would run, fed from the bytes of the file alone. What it computes is what the engine computes.
 *
 * With MLVICX_ONNX_KEEP=DIR models, images and the engine's features stay there, for check_onnx.js (onnxruntime). With
 * MLVICX_ONNX_IMAGES=FILE,FILE the images are these, not noise. */
#include "config.h"

#include <math.h>
#include <unistd.h>

#include "engine/base/random.h"
#include "engine/data/images/image.h"
#include "engine/train/engine.h"
#include "engine/train/onnx.h"
#include "tests/check.h"

/* ---- reading: bytes of a message, field by field ---- */

struct bytes {
    const unsigned char *at, *end;
};
struct field {
    int number, wire;
    uint64_t value;    /* of a varint */
    struct bytes part; /* of bytes; 4 bytes of a float */
};

static uint64_t varint(struct bytes *b)
{
    uint64_t v = 0;
    for (int shift = 0;; shift += 7) {
        assert_true(b->at < b->end && shift < 64);
        v |= (uint64_t)(*b->at & 0x7f) << shift;
        if (!(*b->at++ & 0x80)) return v;
    }
}

static bool next_field(struct bytes *b, struct field *f)
{
    if (b->at == b->end) return false;
    uint64_t tag = varint(b);
    *f = (struct field){ .number = (int)(tag >> 3), .wire = (int)(tag & 7) };
    size_t n = f->wire == 5 ? 4 : 0;
    if (f->wire == 0) f->value = varint(b);
    if (f->wire == 2) n = (size_t)varint(b);
    assert_true(f->wire == 0 || f->wire == 2 || f->wire == 5);
    assert_true(n <= (size_t)(b->end - b->at));
    f->part = (struct bytes){ b->at, b->at + n };
    b->at += n;
    return true;
}

static void copy_text(char out[100], struct bytes b)
{
    assert_true(b.end - b.at < 100);
    snprintf(out, 100, "%.*s", (int)(b.end - b.at), (const char *)b.at);
}

/* ---- values ---- */

struct value {
    char name[100];
    int shape[4]; /* 1 beyond its dimensions */
    float *x;
};
struct values {
    struct value list[1000];
    int count;
};

static struct value *find(struct values *v, const char *name)
{
    for (int i = 0; i < v->count; i++)
        if (!strcmp(v->list[i].name, name)) return &v->list[i];
    fail_msg("nothing is called %s", name);
    return NULL;
}

static size_t numbers(const struct value *v)
{
    return (size_t)v->shape[0] * v->shape[1] * v->shape[2] * v->shape[3];
}

static struct value *made(struct values *v, const char *name, int a, int b, int c, int d)
{
    assert_true(v->count < 1000);
    struct value *out = &v->list[v->count++];
    *out = (struct value){ .shape = { a, b, c, d } };
    snprintf(out->name, sizeof out->name, "%s", name);
    out->x = calloc(numbers(out), sizeof *out->x);
    return out;
}

static void read_tensor(struct values *v, struct bytes b)
{
    struct field f;
    int dims = 0, shape[4] = { 1, 1, 1, 1 };
    char name[100] = "";
    struct bytes raw = { 0 };
    while (next_field(&b, &f)) {
        if (f.number == 1) assert_true(dims < 4), shape[dims++] = (int)f.value;
        if (f.number == 2) assert_int_equal(f.value, 1);
        if (f.number == 8) copy_text(name, f.part);
        if (f.number == 9) raw = f.part;
    }
    struct value *t = made(v, name, shape[0], shape[1], shape[2], shape[3]);
    assert_int_equal(raw.end - raw.at, numbers(t) * sizeof(float));
    memcpy(t->x, raw.at, numbers(t) * sizeof(float));
}

struct node {
    char op[100], in[6][100], out[100];
    int ins;
    int kernel, pad, stride, axes[4], axis_count, keep, axis, transposed;
    float epsilon;
};

static void read_attribute(struct node *n, struct bytes b)
{
    struct field f;
    char name[100] = "";
    int ints[8], count = 0, whole = 0;
    float point = 0;
    while (next_field(&b, &f)) {
        if (f.number == 1) copy_text(name, f.part);
        if (f.number == 2) memcpy(&point, f.part.at, 4);
        if (f.number == 3) whole = (int)f.value;
        if (f.number == 8) assert_true(count < 8), ints[count++] = (int)f.value;
    }
    for (int i = 1; i < count; i++) /* what is square here is one number */
        if (strcmp(name, "axes")) assert_int_equal(ints[i], ints[0]);
    if (!strcmp(name, "kernel_shape"))
        n->kernel = ints[0];
    else if (!strcmp(name, "pads"))
        n->pad = ints[0];
    else if (!strcmp(name, "strides"))
        n->stride = ints[0];
    else if (!strcmp(name, "axes"))
        memcpy(n->axes, ints, sizeof n->axes), n->axis_count = count;
    else if (!strcmp(name, "keepdims"))
        n->keep = whole;
    else if (!strcmp(name, "axis"))
        n->axis = whole;
    else if (!strcmp(name, "transB"))
        n->transposed = whole;
    else if (!strcmp(name, "epsilon"))
        n->epsilon = point;
    else
        fail_msg("attribute %s", name);
}

static void read_node(struct node *n, struct bytes b)
{
    struct field f;
    *n = (struct node){ .stride = 1, .keep = 1 };
    while (next_field(&b, &f)) {
        if (f.number == 1) assert_true(n->ins < 6), copy_text(n->in[n->ins++], f.part);
        if (f.number == 2) copy_text(n->out, f.part);
        if (f.number == 4) copy_text(n->op, f.part);
        if (f.number == 5) read_attribute(n, f.part);
    }
}

/* ---- running ---- */

static size_t place(const struct value *v, int n, int c, int y, int x)
{
    return (((size_t)n * v->shape[1] + c) * v->shape[2] + y) * v->shape[3] + x;
}

/* Convolution, or with `largest` the maximum of the window. */
static void run_window(struct values *v, const struct node *n, bool largest)
{
    const struct value *in = find(v, n->in[0]), *w = largest ? NULL : find(v, n->in[1]);
    int k = largest ? n->kernel : w->shape[2], channels = largest ? in->shape[1] : w->shape[0];
    if (!largest) assert_true(w->shape[1] == in->shape[1] && (!n->kernel || n->kernel == k));
    int oh = (in->shape[2] + 2 * n->pad - k) / n->stride + 1, ow = (in->shape[3] + 2 * n->pad - k) / n->stride + 1;
    struct value *out = made(v, n->out, in->shape[0], channels, oh, ow);
    in = find(v, n->in[0]);
    for (size_t o = 0; o < numbers(out); o++) {
        int x = (int)(o % ow), y = (int)(o / ow % oh), c = (int)(o / ow / oh % channels),
            image = (int)(o / ow / oh / channels);
        double sum = largest ? -INFINITY : 0;
        for (int tap = 0; tap < k * k; tap++) {
            int sy = y * n->stride - n->pad + tap / k, sx = x * n->stride - n->pad + tap % k;
            if (sy < 0 || sy >= in->shape[2] || sx < 0 || sx >= in->shape[3]) continue;
            if (largest) sum = fmax(sum, (double)in->x[place(in, image, c, sy, sx)]);
            for (int i = 0; !largest && i < in->shape[1]; i++)
                sum += (double)in->x[place(in, image, i, sy, sx)] * (double)w->x[place(w, c, i, tap / k, tap % k)];
        }
        out->x[o] = (float)sum;
    }
}

static void run_norm(struct values *v, const struct node *n)
{
    const struct value *in = find(v, n->in[0]), *p[4];
    for (int i = 0; i < 4; i++) p[i] = find(v, n->in[i + 1]);
    struct value *out = made(v, n->out, in->shape[0], in->shape[1], in->shape[2], in->shape[3]);
    for (size_t o = 0; o < numbers(out); o++) {
        size_t c = o / (size_t)(in->shape[2] * in->shape[3]) % (size_t)in->shape[1];
        out->x[o] = (float)(((double)in->x[o] - (double)p[2]->x[c]) / sqrt((double)p[3]->x[c] + (double)n->epsilon) *
                                (double)p[0]->x[c] +
                            (double)p[1]->x[c]);
    }
}

/* Two values, each dimension equal or 1. */
static void run_pair(struct values *v, const struct node *n)
{
    const struct value *a = find(v, n->in[0]), *b = find(v, n->in[1]);
    int s[4];
    for (int d = 0; d < 4; d++) {
        assert_true(a->shape[d] == b->shape[d] || a->shape[d] == 1 || b->shape[d] == 1);
        s[d] = a->shape[d] > b->shape[d] ? a->shape[d] : b->shape[d];
    }
    struct value *out = made(v, n->out, s[0], s[1], s[2], s[3]);
    for (size_t o = 0; o < numbers(out); o++) {
        int at[4] = { (int)(o / s[3] / s[2] / s[1]), (int)(o / s[3] / s[2] % s[1]), (int)(o / s[3] % s[2]),
                      (int)(o % s[3]) };
        float x = a->x[place(a, at[0] % a->shape[0], at[1] % a->shape[1], at[2] % a->shape[2], at[3] % a->shape[3])];
        float y = b->x[place(b, at[0] % b->shape[0], at[1] % b->shape[1], at[2] % b->shape[2], at[3] % b->shape[3])];
        out->x[o] = n->op[0] == 'A' ? x + y : n->op[0] == 'S' ? x - y : n->op[0] == 'M' ? x * y : x / y;
    }
}

static void run_each(struct values *v, const struct node *n)
{
    const struct value *in = find(v, n->in[0]);
    struct value *out = made(v, n->out, in->shape[0], in->shape[1], in->shape[2], in->shape[3]);
    for (size_t o = 0; o < numbers(out); o++)
        out->x[o] = n->op[0] == 'R' ? fmaxf(in->x[o], 0) : 1 / (1 + expf(-in->x[o]));
}

/* Mean or maximum over positions, or over channels with axes [1]. */
static void run_reduce(struct values *v, const struct node *n, bool largest)
{
    const struct value *in = find(v, n->in[0]);
    bool channels = n->axis_count == 1 && n->axes[0] == 1;
    if (n->axis_count == 2) assert_true(n->axes[0] == 2 && n->axes[1] == 3);
    const int *s = in->shape;
    struct value *out = made(v, n->out, s[0], channels ? 1 : s[1], channels ? s[2] : 1, channels ? s[3] : 1);
    int count = channels ? s[1] : s[2] * s[3], hw = s[2] * s[3];
    for (size_t o = 0; o < numbers(out); o++) {
        double sum = 0, top = -INFINITY;
        for (int i = 0; i < count; i++) {
            size_t at =
                channels ? (o / (size_t)hw * (size_t)s[1] + i) * (size_t)hw + o % (size_t)hw : o * (size_t)hw + i;
            sum += (double)in->x[at];
            top = fmax(top, (double)in->x[at]);
        }
        out->x[o] = (float)(largest ? top : sum / count);
    }
}

static void run_concat(struct values *v, const struct node *n)
{
    const struct value *a = find(v, n->in[0]), *b = find(v, n->in[1]);
    assert_int_equal(n->axis, 1);
    struct value *out = made(v, n->out, a->shape[0], a->shape[1] + b->shape[1], a->shape[2], a->shape[3]);
    size_t one = numbers(a) / (size_t)a->shape[0], two = numbers(b) / (size_t)a->shape[0];
    for (int i = 0; i < a->shape[0]; i++) {
        memcpy(out->x + (size_t)i * (one + two), a->x + (size_t)i * one, one * sizeof *out->x);
        memcpy(out->x + (size_t)i * (one + two) + one, b->x + (size_t)i * two, two * sizeof *out->x);
    }
}

/* x [n, in] times w [out, in] transposed, and a bias. */
static void run_gemm(struct values *v, const struct node *n)
{
    const struct value *x = find(v, n->in[0]), *w = find(v, n->in[1]), *bias = find(v, n->in[2]);
    int in = x->shape[1];
    assert_true(n->transposed && w->shape[1] == in && bias->shape[0] == w->shape[0]);
    struct value *out = made(v, n->out, x->shape[0], w->shape[0], 1, 1);
    for (size_t o = 0; o < numbers(out); o++) {
        size_t i = o / (size_t)w->shape[0], k = o % (size_t)w->shape[0];
        double sum = (double)bias->x[k];
        for (int j = 0; j < in; j++) sum += (double)x->x[i * (size_t)in + j] * (double)w->x[k * (size_t)in + j];
        out->x[o] = (float)sum;
    }
}

static void run_node(struct values *v, const struct node *n)
{
    static const char *const ops[] = {
        "Conv",    "MaxPool",           "BatchNormalization", "Add",        "Sub",       "Mul",    "Div", "Relu",
        "Sigmoid", "GlobalAveragePool", "GlobalMaxPool",      "ReduceMean", "ReduceMax", "Concat", "Gemm"
    };
    size_t k = 0;
    while (k < sizeof ops / sizeof ops[0] && strcmp(n->op, ops[k])) k++;
    if (k < 2)
        run_window(v, n, k == 1);
    else if (k == 2)
        run_norm(v, n);
    else if (k < 7)
        run_pair(v, n);
    else if (k < 9)
        run_each(v, n);
    else if (k < 13)
        run_reduce(v, n, k % 2 == 0);
    else if (k == 13)
        run_concat(v, n);
    else if (k == 14)
        run_gemm(v, n);
    else
        fail_msg("operator %s", n->op);
}

/* Tensors first, then the nodes in the order of the file, which is an order that can be run. */
static void run_model(const unsigned char *data, size_t size, struct values *v)
{
    struct bytes model = { data, data + size }, graph = { 0 };
    struct field f;
    int opset = 0, ir = 0;
    while (next_field(&model, &f)) {
        if (f.number == 1) ir = (int)f.value;
        if (f.number == 7) graph = f.part;
        struct field inner;
        if (f.number == 8)
            while (next_field(&f.part, &inner))
                if (inner.number == 2) opset = (int)inner.value;
    }
    assert_int_equal(ir, 7);
    assert_int_equal(opset, 13);
    struct bytes again = graph;
    while (next_field(&again, &f))
        if (f.number == 5) read_tensor(v, f.part);
    while (next_field(&graph, &f)) {
        struct node n;
        if (f.number != 1) continue;
        read_node(&n, f.part);
        run_node(v, &n);
    }
}

/* ---- the engine's side ---- */

enum { IMAGES = 3 };

static const struct {
    const char *name;
    struct model_shape shape;
} rows[] = {
#define NORM .mean = { .485f, .456f, .406f }, .deviation = { .229f, .224f, .225f }, .dim = 8, .fuse = 4, .grid = 8
    { "grey-gates", { MODEL_RESNET18, 4, true, 2, .size = 33, .channels = 1, .local = true, NORM } },
    { "rgb-gates", { MODEL_RESNET18, 8, true, 4, .size = 48, .channels = 3, .local = true, NORM } },
    { "grey-plain", { MODEL_RESNET18, 4, false, 2, .size = 40, .channels = 1, NORM } },
    { "deep-gates", { MODEL_RESNET50, 4, true, 2, .size = 33, .channels = 1, .local = true, NORM } },
    { "open-gates",
      { MODEL_RESNET18, 4, true, 2, .context_start = 3, .size = 33, .channels = 1, .local = true, NORM } },
    { "classes", { MODEL_RESNET18, 4, true, 2, .size = 40, .channels = 1, NORM, .classes = 3 } },
    { "deep-plain", { MODEL_RESNET50, 4, false, 2, .size = 32, .channels = 3, NORM } },
    { "large-gates", { MODEL_RESNET18, 4, true, 2, .size = 97, .channels = 1, .local = true, NORM } },
    { "large-classes", { MODEL_RESNET18, 4, true, 2, .size = 112, .channels = 3, NORM, .classes = 5 } },
#undef NORM
};

/* Numbers that a mistake would show in: no norm is left at 0 and 1. */
static struct engine *trained(const struct model_shape *s)
{
    const struct engine_config c = { .method = s->classes ? METHOD_supervised : METHOD_mlvicx,
                                     .model = *s,
                                     .kernels = KERNELS_PORTABLE,
                                     .threads = 1,
                                     .features = IMAGES };
    struct engine *g;
    struct err e;
    if (!engine_create(&g, &c, &e)) fail_msg("%s", e.msg);
    engine_init(g, 3);
    for (int i = 0; i < engine_tensors(g); i++) {
        const struct engine_tensor *t = engine_tensor(g, i);
        if (t->dims != 1 && strcmp(t->name, "classifier.weight")) continue;
        struct random r = random_stream(5, (uint32_t)i, 0, 0);
        float *x = malloc(t->count * sizeof *x);
        engine_read(g, i, PART_VALUE, x);
        for (size_t k = 0; k < t->count; k++) x[k] += .3f * random_uniform(&r);
        engine_write(g, i, PART_VALUE, x);
        free(x);
    }
    return g;
}

/* Pixels of image i: noise, or of the i-th file that is named, picked from it at even distances. */
static void fill_image(const struct model_shape *s, int i, float *out)
{
    const char *list = getenv("MLVICX_ONNX_IMAGES");
    struct random r = random_stream(7, (uint32_t)i, 0, 0);
    size_t n = (size_t)s->size * s->size * s->channels;
    for (int k = 0; k < i && list; k++) list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL;
    for (size_t k = 0; k < n; k++) out[k] = random_uniform(&r);
    if (!list) return;
    char path[1000];
    struct image image;
    struct err e;
    snprintf(path, sizeof path, "%.*s", (int)strcspn(list, ","), list);
    if (!image_read(path, &image, &e)) fail_msg("%s", e.msg);
    for (size_t k = 0; k < n; k++) {
        size_t c = k % s->channels, x = k / s->channels % s->size, y = k / s->channels / s->size;
        size_t at = (y * image.height / s->size * image.width + x * image.width / s->size) * image.channels;
        out[k] = (float)image.pixels[at + c % image.channels] / 255;
    }
    image_clear(&image);
}

static unsigned char *read_whole(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    unsigned char *data = malloc(*n + 1);
    assert_int_equal(fread(data, 1, *n, f), *n);
    fclose(f);
    return data;
}

/* For check_onnx.js: shape, images [n, c, h, w], h, then logits where there are classes. */
static void keep(const char *name, const struct model_shape *s, const float *planes, float *const out[LEVEL_COUNT])
{
    char path[1000];
    const char *dir = getenv("MLVICX_ONNX_KEEP");
    if (!dir) return;
    snprintf(path, sizeof path, "%s/%s.bin", dir, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    const int32_t head[] = { IMAGES, s->channels, s->size, engine_level_dims(s, LEVEL_H), s->classes };
    fwrite(head, sizeof head, 1, f);
    fwrite(planes, sizeof *planes, (size_t)IMAGES * s->channels * s->size * s->size, f);
    fwrite(out[LEVEL_H], sizeof **out, (size_t)IMAGES * head[3], f);
    if (s->classes) fwrite(out[LEVEL_LOGITS], sizeof **out, (size_t)IMAGES * s->classes, f);
    fclose(f);
}

static void compare(struct values *v, const char *name, const float *want, int dims, const char *row)
{
    const struct value *out = find(v, name);
    int hw = out->shape[2] * out->shape[3];
    assert_true(out->shape[0] == IMAGES && out->shape[1] == dims);
    double scale = 0, worst = 0;
    for (int i = 0; i < IMAGES * dims; i++) {
        double sum = 0;
        for (int p = 0; p < hw; p++) sum += (double)out->x[(size_t)i * hw + p];
        worst = fmax(worst, fabs(sum / hw - (double)want[i]));
        scale = fmax(scale, fabs((double)want[i]));
    }
    if (!(worst <= 1e-4 * fmax(scale, 1)) || scale == 0) fail_msg("%s: %s is off by %g of %g", row, name, worst, scale);
}

static void the_model_computes_what_the_engine_computes(void **state)
{
    (void)state;
    static struct values v;
    const char *dir = getenv("MLVICX_ONNX_KEEP");
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct model_shape *s = &rows[r].shape;
        struct engine *g = trained(s);
        struct err e;
        char path[1000];
        size_t one = (size_t)s->size * s->size * s->channels, size;
        float *pixels = malloc(IMAGES * one * sizeof *pixels), *out[LEVEL_COUNT] = { NULL };
        float *normed = malloc(IMAGES * one * sizeof *normed);
        for (int i = 0; i < IMAGES; i++) fill_image(s, i, pixels + (size_t)i * one);
        for (size_t k = 0; k < IMAGES * one; k++) { /* the engine takes colours normalised */
            size_t c = k % s->channels;
            normed[k] = s->channels == 1 ? pixels[k] : (pixels[k] - s->mean[c]) / s->deviation[c];
        }
        int last = s->classes ? LEVEL_LOGITS : LEVEL_H;
        for (int l = LEVEL_MAP1; l <= last; l++)
            out[l] = malloc(sizeof(float) * IMAGES * (size_t)engine_level_dims(s, (enum engine_level)l));
        if (!engine_features(g, &(struct batch){ .n = IMAGES, .views = 1, .f32 = { normed } }, s->context, out, &e))
            fail_msg("%s", e.msg);
        snprintf(path, sizeof path, "%s/%s.onnx", dir ? dir : "/tmp", rows[r].name);
        if (!dir) snprintf(path, sizeof path, "/tmp/mlvicx-onnx-%d", (int)getpid());
        static char lines[] = "one\ntwo\x1b"
                              "three\n";
        const struct tensors_pair names = { "classes", lines };
        if (!onnx_export(g, s, true, path, &names, 1, &e)) fail_msg("%s", e.msg);

        v.count = 0;
        struct value *image = made(&v, "image", IMAGES, s->channels, s->size, s->size);
        for (size_t k = 0; k < IMAGES * one; k++) {
            size_t c = k % s->channels, p = k / s->channels % (size_t)(s->size * s->size), i = k / one;
            image->x[(i * s->channels + c) * (size_t)(s->size * s->size) + p] = pixels[k];
        }
        unsigned char *data = read_whole(path, &size);
        assert_non_null(memmem(data, size, "one\ntwo?three\n", 14)); /* lines stay, what steers a terminal does not */
        run_model(data, size, &v);
        for (int l = LEVEL_MAP1; l <= last; l++)
            compare(&v, level_table[l].name, out[l], engine_level_dims(s, (enum engine_level)l), rows[r].name);
        keep(rows[r].name, s, v.list[0].x, out);
        for (int i = 0; i < v.count; i++) free(v.list[i].x);
        for (int l = 0; l < LEVEL_COUNT; l++) free(out[l]);
        if (!dir) unlink(path);
        free(data);
        free(pixels);
        free(normed);
        engine_destroy(g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_model_computes_what_the_engine_computes) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
