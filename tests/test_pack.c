/* Packs: written whole or not at all, and every field checked on opening. */
#include "tests/import_help.h"

#include <signal.h>
#include <sys/wait.h>

#include "engine/base/temporary.h"
#include "engine/data/dataset.h"
#include "engine/data/pack.h"

enum { IMAGES = 5, SIZE = 7 };

static char pack_path[512];
static char image_digests[IMAGES][DIGEST_HEX_SIZE]; /* as the writer tells them */

static void image_of(unsigned i, int channels, uint8_t *out)
{
    for (int k = 0; k < SIZE * SIZE * channels; k++) out[k] = (uint8_t)(i * 31 + (unsigned)k);
}

static void write_pack(int channels, char digest[DIGEST_HEX_SIZE])
{
    struct pack_writer *w;
    struct err e;
    uint8_t pixels[SIZE * SIZE * 3];
    char name[PACK_NAME_SIZE];
    if (!pack_writer_create(&w, at("packs/x"), "set", SIZE, channels, &e)) fail_msg("%s", e.msg);
    for (unsigned i = 0; i < IMAGES; i++) {
        image_of(i, channels, pixels);
        if (!pack_writer_add(w, pixels, image_digests[i], &e)) fail_msg("%s", e.msg);
    }
    if (!pack_writer_finish(w, name, digest, &e)) fail_msg("%s", e.msg);
    snprintf(pack_path, sizeof pack_path, "%s/%s", at("packs/x"), name);
    assert_int_equal(entries_of(at("packs/x")), 1);
}

static void a_pack_gives_back_what_was_written(void **state)
{
    (void)state;
    for (int channels = 1; channels <= 3; channels += 2) {
        char digest[DIGEST_HEX_SIZE], hex[DIGEST_HEX_SIZE];
        struct pack *p;
        struct err e;
        write_pack(channels, digest);
        if (!pack_open(pack_path, &p, &e)) fail_msg("%s", e.msg);
        assert_int_equal(pack_count(p), IMAGES);
        assert_int_equal(pack_size(p), SIZE);
        assert_int_equal(pack_channels(p), channels);
        assert_string_equal(pack_digest(p), digest);
        for (unsigned i = 0; i < IMAGES; i++) {
            uint8_t pixels[SIZE * SIZE * 3];
            image_of(i, channels, pixels);
            assert_memory_equal(pack_image(p, i), pixels, (size_t)(SIZE * SIZE * channels));
            assert_int_equal((uintptr_t)pack_image(p, i) % 64, 0);
            digest_bytes(pixels, (size_t)(SIZE * SIZE * channels), hex);
            assert_string_equal(hex, image_digests[i]);
        }
        assert_true(pack_verify(p, NULL, NULL, &e));
        pack_close(p);
        unlink(pack_path);
    }
}

static char *slurp(size_t *n)
{
    FILE *f = fopen(pack_path, "rb");
    assert_non_null(f);
    static char bytes[1 << 14];
    *n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    return bytes;
}

static void pack_open_refuses_edited_fields(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        long at; /* negative: from the end */
        unsigned char byte;
        const char *part;
    } rows[] = {
        { "magic", 0, 'm', "MLVXPACK" },          { "version", 8, 9, "version 9" },
        { "count", 12, 4, "index does not fit" }, { "count 0", 12, 0, "no images" },
        { "count huge", 15, 255, "index" },       { "size 0", 16, 0, "size out of range" },
        { "size huge", 18, 1, "size out" },       { "size larger", 16, 200, "outside" },
        { "channels", 20, 2, "neither 1 nor 3" }, { "flags", 24, 1, "unknown flags" },
        { "reserved", 100, 1, "unknown" },        { "index", 32, 65, "index does not fit" },
        { "index far", 39, 127, "index" },        { "length", 40, 1, "length" },
        { "digest", 50, 77, "digest" },           { "offset", -40, 65, "digest" },
        { "image digest", -1, 3, "digest" },
    };
    char digest[DIGEST_HEX_SIZE];
    write_pack(1, digest);
    size_t n;
    char *bytes = slurp(&n);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *place = rows[i].at < 0 ? bytes + n + rows[i].at : bytes + rows[i].at, old = *place;
        struct pack *p;
        struct err e = { 0 };
        *place = (char)(rows[i].byte == (unsigned char)old ? old + 1 : rows[i].byte);
        write_bytes("edited", bytes, n);
        *place = old;
        if (pack_open(at("edited"), &p, &e)) fail_msg("%s: opened", rows[i].what);
        if (!strstr(e.msg, rows[i].part) || !strstr(e.msg, "edited")) fail_msg("%s: %s", rows[i].what, e.msg);
        assert_null(p);
    }
}

static void pack_open_refuses_truncated_file(void **state)
{
    (void)state;
    char digest[DIGEST_HEX_SIZE];
    write_pack(3, digest);
    size_t n;
    char *bytes = slurp(&n);
    for (size_t cut = 0; cut < n; cut += cut < 200 ? 1 : 13) {
        struct pack *p;
        struct err e = { 0 };
        write_bytes("cut", bytes, cut);
        if (pack_open(at("cut"), &p, &e)) fail_msg("opened at %zu of %zu bytes", cut, n);
    }
}

static void pack_verify_names_a_changed_image(void **state)
{
    (void)state;
    char digest[DIGEST_HEX_SIZE];
    write_pack(1, digest);
    size_t n;
    char *bytes = slurp(&n);
    bytes[128 + 2 * 64 + 5] ^= 1; /* a pixel of image 2 */
    write_bytes("changed", bytes, n);
    struct pack *p;
    struct err e;
    assert_true(pack_open(at("changed"), &p, &e));
    assert_false(pack_verify(p, NULL, NULL, &e));
    assert_non_null(strstr(e.msg, "1 of 5 images"));
    assert_non_null(strstr(e.msg, "image 2"));
    pack_close(p);
}

static void a_killed_writer_leaves_a_temporary_that_the_next_removes(void **state)
{
    (void)state;
    const char *dir = at("packs/x");
    struct pack_writer *w;
    struct err e;
    pid_t child = fork();
    if (!child) {
        if (pack_writer_create(&w, dir, "dead", SIZE, 1, NULL)) raise(SIGKILL);
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(entries_of(dir), 1);
    assert_true(pack_writer_create(&w, dir, "alive", SIZE, 1, &e));
    assert_int_equal(entries_of(dir), 1);                   /* only ours */
    assert_int_equal(temporary_sweep(dir, "", ".pack"), 0); /* and that is not swept away */
    pack_writer_destroy(w);
    assert_int_equal(entries_of(dir), 0);
}

static void names_of_data_sets_are_checked(void **state)
{
    (void)state;
    static const char *const good[] = { "nih", "kermany-128", "a.b_c", "9x" };
    static const char *const wrong[] = {
        "",         ".",  "..",
        "a/b",      "-x", "a b",
        "\033[31m", "é",  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) assert_true(dataset_name_check(good[i], NULL));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) assert_false(dataset_name_check(wrong[i], NULL));
}

static void masks_survive_their_run_lengths(void **state)
{
    (void)state;
    static const char *const rows[] = { "000000000", "111111111", "010101010", "110000011", "000000001", "100000000" };
    struct dataset *d = dataset_create("m", "test", NULL);
    struct err e;
    const char *const names[] = { "a" };
    assert_true(dataset_set_classes(d, 1, names, &e));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t mask[9], back[9];
        for (int k = 0; k < 9; k++) mask[k] = rows[i][k] == '1';
        assert_true(dataset_add_mask(d, 0, 0, mask, 3, &e));
        uint32_t at = 0; /* runs of 0 and 1 in turn, beginning with 0 */
        for (uint32_t r = 0; r < d->masks[i].run_count; r++)
            for (uint32_t k = 0; k < d->masks[i].runs[r]; k++) back[at++ % 9] = (uint8_t)(r & 1);
        assert_int_equal(at, 9);
        assert_memory_equal(mask, back, 9);
    }
    dataset_destroy(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_pack_gives_back_what_was_written, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(pack_open_refuses_edited_fields, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(pack_open_refuses_truncated_file, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(pack_verify_names_a_changed_image, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_killed_writer_leaves_a_temporary_that_the_next_removes, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test(names_of_data_sets_are_checked),
        cmocka_unit_test(masks_survive_their_run_lengths),
    };
    return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
