/* Decoders of DICOM that are killed, stopped, hang or eat memory in the middle of an import: each costs one image,
 * which is named, and the import goes on to its end.
 *
 * The first bytes of a DICOM file are anyone's: here they say what happens to the decoder that gets it, while it reads
 * the header or the pixels. Everything else is the importer's own. */
#include "tests/import_run.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/files.h"
#include "engine/data/dicom/dicom_parts.h"
#include "engine/data/dicom/dicom_pool.h"

enum { MARK = 5, SOUND = 8, BYTES_MOST = 1 << 16 };

/* A mark of five letters; "P" at its end: while it decodes pixels, "H": while it reads the header. */
static const struct {
    const char *name, *mark, *reason;
} rows[] = {
    { "killed.dcm", "KILLP", "crashed" },      { "killed-early.dcm", "KILLH", "crashed" },
    { "stopped.dcm", "STOPP", "not end" },     { "hangs.dcm", "SPINP", "not end" },
    { "hangs-early.dcm", "SPINH", "not end" }, { "eats.dcm", "EATSP", "no memory" },
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static bool decode(const uint8_t *bytes, size_t n, const struct dicom_request *q, struct dicom_facts *facts,
                   int *channels, uint8_t **pixels, struct err *e)
{
    char mark[MARK + 1] = "";
    struct dicom_picture p;
    memcpy(mark, bytes, n < MARK ? n : MARK);
    if (mark[MARK - 1] == (q->pixels ? 'P' : 'H')) {
        if (!strncmp(mark, "KILL", 4)) kill(getpid(), SIGKILL);
        if (!strncmp(mark, "STOP", 4)) kill(getpid(), SIGSTOP);
        for (volatile bool on = !strncmp(mark, "SPIN", 4); on;) continue;
        void *volatile big = !strncmp(mark, "EATS", 4) ? malloc((size_t)1 << 30) : mark;
        if (!big) return err_set(e, ERR_MEMORY, "no memory");
    }
    bool ok = dicom_decode(bytes, n, q, facts, &p, e);
    *channels = p.channels;
    *pixels = p.pixels;
    return ok;
}

bool __real_dicom_pool_create(struct dicom_pool **out, const struct dicom_limits *l, struct err *e);
bool __wrap_dicom_pool_create(struct dicom_pool **out, const struct dicom_limits *l, struct err *e);
bool __wrap_dicom_pool_create(struct dicom_pool **out, const struct dicom_limits *l, struct err *e)
{
    const struct dicom_limits short_ones = {
        .processor_seconds = 1, .seconds = 4, .bytes = (size_t)512 << 20, .decode = decode
    };
    assert_true(l->processor_seconds > 0 && l->seconds > 0 && l->bytes > 0); /* the importer's own hold, too */
    return __real_dicom_pool_create(out, &short_ones, e);
}

static bool give_key(void *ctx, uint8_t key[IMPORT_KEY], struct err *e)
{
    (void)ctx, (void)e;
    memset(key, 7, IMPORT_KEY);
    return true;
}

static void put(const char *name, const char *mark)
{
    uint8_t bytes[BYTES_MOST];
    FILE *f = fopen(source_path("tests/fixtures/dicom/window.dcm"), "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    assert_true(n > 200 && n < sizeof bytes);
    memcpy(bytes, mark, strlen(mark));
    write_bytes(name, bytes, n);
}

static void a_decoder_that_ends_costs_one_image_of_an_import(void **state)
{
    (void)state;
    char name[64];
    if (!dicom_supported()) skip();
    for (int i = 0; i < SOUND; i++) {
        snprintf(name, sizeof name, "in/sound%d.dcm", i);
        put(name, "");
    }
    for (size_t i = 0; i < ROWS; i++) {
        snprintf(name, sizeof name, "in/%s", rows[i].name);
        put(name, rows[i].mark);
    }
    write_picture("in/large.png", 40, 40, 1, 1, 0); /* it decides the size: the others are decoded once */
    struct import_config c = config_of("folder", at("in/."));
    c.patient_key = give_key;
    c.threads = 3;
    struct dataset *d = run(&c);
    assert_int_equal(d->count, SOUND + 1);
    assert_int_equal(d->unreadable_count, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        size_t k = 0;
        while (k < ROWS && strcmp(d->unreadable[k].path, rows[i].name)) k++;
        if (k == ROWS) fail_msg("%s is not named", rows[i].name);
        if (!strstr(d->unreadable[k].reason, rows[i].reason) || strstr(d->unreadable[k].reason, scratch))
            fail_msg("%s: %s", rows[i].name, d->unreadable[k].reason);
    }
    for (uint32_t i = 0; i < d->count; i++)
        if (strcmp(d->images[i].path, "large.png")) assert_int_equal(strlen(d->images[i].patient), 16);
    pack_close(open_pack(d));
    dataset_destroy(d);
    errno = 0;
    assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD); /* no process is left */
}

/* Its patient is not known then: it could end in any split. */
static void images_whose_headers_are_not_read_stay_out(void **state)
{
    (void)state;
    if (!dicom_supported()) skip();
    put("in/a.dcm", "KILLH");
    put("in/b.dcm", "KILLH");
    struct import_config c = config_of("folder", at("in/."));
    c.patient_key = give_key;
    expect_failure(&c, "none of its 2 images can be read; the first: a.dcm: ", "crashed");
}

/* Hashes are of the number, so that sets that write it in two ways can be compared. */
static void hashes_do_not_depend_on_zeros(void **state)
{
    (void)state;
    static const char *const ids[] = { "7", "0007", "7.0", "8" };
    static const struct import_value value = { "patient-column", "p" };
    char hash[4][32], text[64];
    if (!dicom_supported()) skip();
    put("in/a.dcm", "");
    write_picture("in/b.png", 40, 40, 1, 1, 0);
    for (size_t i = 0; i < 4; i++) {
        snprintf(text, sizeof text, "path,p\na.dcm,9\nb.png,%s\n", ids[i]);
        write_text("in/t.csv", text);
        struct import_config c = config_of("csv", at("in/t.csv"));
        c.patient_key = give_key;
        c.values = &value;
        c.value_count = 1;
        struct dataset *d = run(&c);
        assert_int_equal(d->count, 2);
        snprintf(hash[i], sizeof hash[i], "%s", d->images[index_of(d, "b.png")].patient);
        assert_int_equal(strlen(hash[i]), 16);
        dataset_destroy(d);
    }
    assert_string_equal(hash[0], hash[1]);
    assert_string_equal(hash[0], hash[2]);
    assert_string_not_equal(hash[0], hash[3]);
}

/* Under AddressSanitizer: memory that a limit refuses is NULL, as without it. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_decoder_that_ends_costs_one_image_of_an_import, set_up, tear_down),
        cmocka_unit_test_setup_teardown(images_whose_headers_are_not_read_stay_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hashes_do_not_depend_on_zeros, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
