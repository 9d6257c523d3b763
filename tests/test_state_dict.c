/* Weights of others: files of torch.save in every form, as tests/fixtures/make_torch.py wrote them, and ones that are
 * wrong or changed at random. */
#include "config.h"

#include <dirent.h>
#include <math.h>
#include <unistd.h>

#include "engine/base/random.h"
#include "engine/base/text.h"
#include "engine/model/state_dict.h"
#include "engine/train/engine.h"
#include "engine/train/weights.h"
#include "tests/check.h"

enum { BODY = 15, FUZZ_PICKLES = 4000, FUZZ_FILES = 300, FUZZ_BYTES = 1 << 16 };

static const char *fixture(const char *name)
{
    static char path[4200];
    char relative[200];
    snprintf(relative, sizeof relative, "tests/fixtures/torch/%s", name);
    snprintf(path, sizeof path, "%s", source_path(relative));
    return path;
}

static float expected(const char *name, size_t i)
{
    size_t sum = 7 * i;
    float first = text_ends(name, "running_var") ? 31 - 15 : -15;
    for (; *name; name++) sum += (unsigned char)*name;
    return ((float)(sum % 31) + first) / 16;
}

static void skip_without_libzip(void)
{
    if (!torch_file_libzip()) skip();
}

static void every_form_gives_the_same_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *file, *prefix;
        bool sequential;
    } rows[] = {
        { "good-torchvision.pth", "", false },
        { "good-protocol5.pth", "", false },
        { "good-module.pth", "module.", false },
        { "good-deflated.pth", "module.", false },
        { "good-moco.pth", "state_dict.module.encoder_q.", false },
        { "good-dino.pth", "teacher.backbone.", false },
        { "good-lightly.pth", "backbone.", true },
        { "good-lightning.ckpt", "state_dict.resnet.", false },
        { "good-half.pth", "", false },
        { "good-bfloat16.pth", "", false },
        { "good-double.pth", "", false },
        { "good-parameters.pth", "", false },
        { "good-strided.pth", "", false },
        { "good-big-endian.pth", "", false },
    };
    skip_without_libzip();
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct state_dict s;
        struct err e;
        int found = 0;
        if (!state_dict_open(&s, fixture(rows[r].file), &e)) fail_msg("%s: %s", rows[r].file, e.msg);
        assert_string_equal(s.prefix, rows[r].prefix);
        assert_int_equal(s.sequential, rows[r].sequential);
        for (size_t i = 0; i < s.count; i++) {
            const struct state_entry *t = &s.entries[i];
            if (!*t->own) continue;
            float *x = malloc((t->count + 1) * sizeof *x);
            if (!state_dict_read(&s, t, x, &e)) fail_msg("%s: %s", rows[r].file, e.msg);
            for (size_t k = 0; k < t->count; k++)
                if (x[k] != expected(t->own + strlen("encoder."), k))
                    fail_msg("%s: %s[%zu] is %g", rows[r].file, t->own, k, (double)x[k]);
            free(x);
            found++;
        }
        if (found != BODY) fail_msg("%s: %d tensors", rows[r].file, found);
        state_dict_close(&s);
    }
}

static struct engine *small_engine(void)
{
    static const struct engine_config c = {
        .model = { .width = 4,
                   .context = true,
                   .context_reduction = 2,
                   .dim = 8,
                   .fuse = 4,
                   .grid = 8,
                   .size = 32,
                   .channels = 1,
                   .deviation = { 1, 1, 1 },
                   .local = true },
        .kernels = KERNELS_PORTABLE,
        .threads = 1,
        .features = 1,
    };
    struct engine *g;
    struct err e;
    if (!engine_create(&g, &c, &e)) fail_msg("%s", e.msg);
    engine_init(g, 1);
    return g;
}

static void what_was_loaded_is_told(void **state)
{
    (void)state;
    struct weights_report r;
    struct text line = { 0 };
    struct err e;
    skip_without_libzip();
    struct engine *g = small_engine();
    if (!weights_load(g, fixture("good-moco.pth"), &r, &e)) fail_msg("%s", e.msg);
    assert_int_equal(r.loaded, BODY);
    weights_report_line(&r, false, &line);
    assert_non_null(strstr(text_str(&line), "15 tensors loaded, prefix state_dict.module.encoder_q. stripped"));
    assert_non_null(strstr(text_str(&line), "; 100 not in the file and left as drawn: "));
    assert_null(strstr(text_str(&line), "global."));
    assert_non_null(strstr(text_str(&line), "; 16 in the file and not used: "));
    weights_report_clear(&r);
    text_clear(&line);
    engine_destroy(g);
}

static float *all_numbers(const struct engine *g, size_t *n)
{
    *n = 0;
    for (int i = 0; i < engine_tensors(g); i++) *n += engine_tensor(g, i)->count;
    float *all = malloc(*n * sizeof *all), *at = all;
    for (int i = 0; i < engine_tensors(g); at += engine_tensor(g, i)->count, i++) engine_read(g, i, PART_VALUE, at);
    return all;
}

static void wrong_files_are_refused_and_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *file, *why;
    } rows[] = {
        { "bad-legacy.pth", "torch.save(torch.load('OLD.pth'" },
        { "bad-tar.pth", "torch.save(torch.load('OLD.pth'" },
        { "bad-stranger.pth", "conv1.weight is posix.system, not a tensor" },
        { "bad-integers.pth", "conv1.weight is not of a float type" },
        { "bad-nothing.pth", "no tensor of a ResNet encoder" },
        { "bad-list.pth", "a list where a state dict is needed" },
        { "bad-two.pth", "two encoders" },
        { "bad-nan.pth", "bn1.weight holds a number that is not finite" },
        { "bad-variance.pth", "bn1.running_var holds a negative variance" },
        { "bad-wide.pth", "conv1.weight has shape 8x3x7x7 where this network needs 4x3x7x7" },
        { "bad-deep.pth", "layer1.7.conv1.weight has no place in this network" },
        { "bad-missing-record.pth", "data/0 of tensor module.conv1.weight is missing" },
        { "bad-short-record.pth", "has 2348 bytes where its tensors need 2352" },
        { "bad-no-pickle.pth", "without the data.pkl" },
        { "bad-byteorder.pth", "neither little nor big" },
        { "bad-bomb.pth", "unpacks to 83886080 bytes" },
        { "bad-outside.pth", "module.conv1.weight lies outside its storage" },
        { "bad-script.pth", "TorchScript" },
        { "bad-nested.pth", "deeper than 16" },
        { "bad-laughs.pth", "more than" },
    };
    size_t n;
    skip_without_libzip();
    struct engine *g = small_engine();
    float *before = all_numbers(g, &n);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e;
        if (weights_load(g, fixture(rows[i].file), NULL, &e)) fail_msg("%s was read", rows[i].file);
        if (!strstr(e.msg, rows[i].why) || !strstr(e.msg, rows[i].file)) fail_msg("%s: %s", rows[i].file, e.msg);
        float *after = all_numbers(g, &n);
        assert_memory_equal(before, after, n * sizeof *before);
        free(after);
    }
    struct err e;
    assert_false(weights_load(g, "/dev/zero", NULL, &e));
    assert_non_null(strstr(e.msg, "a device"));
    free(before);
    engine_destroy(g);
}

static void hostile_pickles_end(void **state)
{
    (void)state;
    static const struct {
        const char *what, *bytes;
        size_t size;
        const char *why;
    } rows[] = {
#define ROW(what, bytes, why) { what, bytes, sizeof bytes - 1, why }
        ROW("nothing", "", "protocol of 2"),
        ROW("protocol 6", "\x80\x06N.", "protocol 6"),
        ROW("no end", "\x80\x02N", "without an end"),
        ROW("an empty stack", "\x80\x02.", "too low"),
        ROW("an instruction of code", "\x80\x02\x82\x01.", "instruction 0x82"),
        ROW("a far memo", "\x80\x02Nr\xff\xff\xff\xff.", "too high"),
        ROW("a memo of nothing", "\x80\x02h\x07.", "never put"),
        ROW("a huge text", "\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "longer than the rest"),
        ROW("half a pair", "\x80\x02}(Nu.", "no value"),
        ROW("items of a number", "\x80\x02K\x01(Ne.", "takes none"),
        ROW("below a mark", "\x80\x02N(R.", "too low"),
        ROW("a global without a line",
            "\x80\x02"
            "cos",
            "no end"),
        ROW("a global of numbers", "\x80\x04K\x01K\x02\x93.", "two texts"),
#undef ROW
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pickle p;
        struct err e;
        if (pickle_read(&p, (const unsigned char *)rows[i].bytes, rows[i].size, "f", &e)) fail_msg("%s", rows[i].what);
        if (!strstr(e.msg, rows[i].why)) fail_msg("%s: %s", rows[i].what, e.msg);
    }
    /* a dict that contains itself */
    static const char self[] = "\x80\x02}q\x00X\x01\x00\x00\x00"
                               "ah\x00s.";
    struct pickle p;
    struct torch_tensors t;
    struct err e;
    assert_true(pickle_read(&p, (const unsigned char *)self, sizeof self - 1, "f", &e));
    assert_false(torch_tensors_find(&t, &p, "f", &e));
    assert_non_null(strstr(e.msg, "deeper"));
    pickle_clear(&p);
}

static size_t read_whole(const char *name, unsigned char *out)
{
    FILE *f = fopen(fixture(name), "rb");
    assert_non_null(f);
    size_t n = fread(out, 1, FUZZ_BYTES, f);
    fclose(f);
    return n;
}

/* A few bytes set, cut, or copied from elsewhere. */
static size_t mutate(unsigned char *bytes, size_t n, struct random *r)
{
    for (uint32_t times = 1 + random_below(r, 4); times; times--) {
        size_t at = random_below(r, (uint32_t)n), from = random_below(r, (uint32_t)n);
        switch (random_below(r, 5)) {
        case 0:
            bytes[at] ^= (unsigned char)(1u << random_below(r, 8));
            break;
        case 1:
            bytes[at] = (unsigned char)random_u32(r);
            break;
        case 2:
            memset(bytes + at, 0xff, n - at < 4 ? n - at : 4);
            break;
        case 3:
            memmove(bytes + at, bytes + from, n - (at > from ? at : from) < 16 ? n - (at > from ? at : from) : 16);
            break;
        default:
            if (random_below(r, 4) == 0) n = at + 1;
        }
    }
    return n;
}

static int rounds(int fast)
{
    return is_long_suite() ? 20 * fast : fast;
}

static void changed_pickles_are_read_or_refused(void **state)
{
    (void)state;
    static const char *const files[] = { "good-lightning.ckpt", "good-moco.pth", "good-protocol5.pth",
                                         "good-parameters.pth" };
    static unsigned char whole[FUZZ_BYTES], copy[FUZZ_BYTES];
    int read = 0;
    for (size_t k = 0; k < sizeof files / sizeof files[0]; k++) {
        size_t n = read_whole(files[k], whole);
        unsigned char *from = memmem(whole, n, k == 2 ? "\x80\x05" : "\x80\x02", 2);
        assert_non_null(from);
        unsigned char *to = memmem(from, n - (size_t)(from - whole), ".PK", 3);
        assert_non_null(to);
        size_t size = (size_t)(to - from) + 1;
        for (int i = 0; i < rounds(FUZZ_PICKLES) / 4; i++) {
            struct random r = random_stream(1, (uint32_t)i, (uint32_t)k, 0);
            memcpy(copy, from, size);
            size_t length = mutate(copy, size, &r);
            unsigned char *exact = malloc(length); /* so that a sanitizer sees its end */
            memcpy(exact, copy, length);
            struct pickle p;
            struct torch_tensors t;
            struct err e;
            if (pickle_read(&p, exact, length, "f", &e)) {
                if (torch_tensors_find(&t, &p, "f", &e)) torch_tensors_clear(&t), read++;
                pickle_clear(&p);
            }
            free(exact);
        }
    }
    assert_true(read > 0); /* some changes do no harm: else nothing deep was reached */
}

static void changed_files_are_read_or_refused(void **state)
{
    (void)state;
    static const char *const files[] = { "good-strided.pth", "good-deflated.pth", "good-half.pth" };
    static unsigned char bytes[FUZZ_BYTES];
    char path[64];
    skip_without_libzip();
    snprintf(path, sizeof path, "/tmp/mlvicx-torch-%d", (int)getpid());
    struct engine *g = small_engine();
    for (int i = 0; i < rounds(FUZZ_FILES); i++) {
        struct random r = random_stream(1, (uint32_t)i, 9, 0);
        struct err e = { 0 };
        size_t n = mutate(bytes, read_whole(files[i % 3], bytes), &r);
        FILE *f = fopen(path, "wb");
        assert_int_equal(fwrite(bytes, 1, n, f), n);
        fclose(f);
        if (!weights_load(g, path, NULL, &e)) assert_true(strstr(e.msg, path) != NULL);
    }
    unlink(path);
    engine_destroy(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_gives_the_same_numbers),
        cmocka_unit_test(what_was_loaded_is_told),
        cmocka_unit_test(wrong_files_are_refused_and_change_nothing),
        cmocka_unit_test(hostile_pickles_end),
        cmocka_unit_test(changed_pickles_are_read_or_refused),
        cmocka_unit_test(changed_files_are_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
