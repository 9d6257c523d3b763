/* The loader: the same batches whatever the number of threads and wherever it starts. */
#include "tests/import_help.h"

#include <signal.h>
#include <unistd.h>

#include "engine/base/mapping.h"
#include "engine/base/random.h"
#include "engine/data/loader.h"

enum { COUNT = 23, SIDE = 40, SIZE = 33, BATCH = 4, STEPS = 13 };

static struct pack *pack;
static uint32_t images[COUNT - 3]; /* three images are not trained on */

static int make_pack(void **state)
{
    (void)state;
    static uint8_t pixels[SIDE * SIDE];
    struct pack_writer *w;
    struct err e;
    char name[PACK_NAME_SIZE], digest[DIGEST_HEX_SIZE], path[512];
    scratch_make();
    assert_true(pack_writer_create(&w, scratch, "set", SIDE, 1, &e));
    for (int i = 0; i < COUNT; i++) {
        for (int k = 0; k < SIDE * SIDE; k++) pixels[k] = (uint8_t)(k * (i + 1) + k / SIDE * 3);
        assert_true(pack_writer_add(w, pixels, digest, &e));
    }
    assert_true(pack_writer_finish(w, name, digest, &e));
    snprintf(path, sizeof path, "%s/%s", scratch, name);
    assert_true(pack_open(path, &pack, &e));
    for (uint32_t i = 0; i < COUNT - 3; i++) images[i] = i + 3;
    return 0;
}

static int drop_pack(void **state)
{
    (void)state;
    pack_close(pack);
    scratch_remove();
    return 0;
}

static struct loader_config config_of(int threads, uint64_t first)
{
    struct settings s;
    settings_init(&s);
    struct loader_config c = { .pack = pack,
                               .images = images,
                               .count = COUNT - 3,
                               .size = SIZE,
                               .channels = 1,
                               .batch = BATCH,
                               .views = 2,
                               .threads = threads,
                               .seed = 5,
                               .first_step = first };
    for (int v = 0; v < 2; v++) augment_from_settings(&s, v, &c.view[v]);
    return c;
}

/* Digest of both views of each step. */
static void batches(int threads, uint64_t first, char out[STEPS][DIGEST_HEX_SIZE])
{
    struct loader_config c = config_of(threads, first);
    struct loader *l;
    struct err e;
    static uint8_t both[2][BATCH * SIZE * SIZE];
    if (!loader_create(&l, &c, &e)) fail_msg("%s", e.msg);
    for (uint64_t s = first; s < STEPS; s++) {
        const uint8_t *views[2];
        double waited = -1;
        assert_true(loader_next(l, views, &waited, &e));
        struct loader_times times = loader_times(l);
        assert_true(waited >= 0 && times.load >= 0 && times.augment > 0);
        for (int v = 0; v < 2; v++) memcpy(both[v], views[v], sizeof both[v]);
        digest_bytes(both, sizeof both, out[s]);
    }
    loader_destroy(l);
}

static void batches_do_not_depend_on_threads_nor_on_the_start(void **state)
{
    (void)state;
    static char one[STEPS][DIGEST_HEX_SIZE], other[STEPS][DIGEST_HEX_SIZE];
    batches(1, 0, one);
    for (int i = 1; i < STEPS; i++) assert_string_not_equal(one[i], one[i - 1]);
    static const struct {
        int threads;
        uint64_t first;
    } rows[] = { { 2, 0 }, { 3, 0 }, { 7, 0 }, { 1, 7 }, { 3, 5 }, { 2, STEPS - 1 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        batches(rows[i].threads, rows[i].first, other);
        for (uint64_t s = rows[i].first; s < STEPS; s++) assert_string_equal(one[s], other[s]);
    }
}

/* Both views of each image are those of the augmentation, and a pass shows each image once in the keyed order. */
static void a_pass_shows_each_image_once_in_the_keyed_order(void **state)
{
    (void)state;
    struct loader_config c = config_of(3, 8);
    struct loader *l;
    struct err e;
    struct augment_scratch scratch_memory = { 0 };
    uint32_t order[COUNT - 3];
    uint8_t expected[SIZE * SIZE];
    c.batch = 3; /* 6 whole batches of 20, two images dropped */
    assert_true(loader_create(&l, &c, &e));
    assert_int_equal(loader_steps_per_pass(l), 6);
    assert_true(augment_scratch_init(&scratch_memory, SIDE, 1, SIZE, &e));
    for (uint32_t step = 8; step < 20; step++) { /* into the fourth epoch */
        uint32_t epoch = step / 6;
        const uint8_t *views[2];
        struct random r = random_stream(5, epoch, 0, RANDOM_ORDER);
        random_permutation(&r, COUNT - 3, order);
        assert_true(loader_next(l, views, NULL, &e));
        for (int i = 0; i < 3; i++)
            for (int v = 0; v < 2; v++) {
                uint32_t image = images[order[3 * (step % 6) + (uint32_t)i]];
                augment_view(&c.view[v], &(struct augment_draw){ 5, epoch, image, v },
                             &(struct augment_image){ pack_image(pack, image), SIDE, 1 }, expected, &scratch_memory);
                assert_memory_equal(views[v] + i * SIZE * SIZE, expected, sizeof expected);
            }
    }
    augment_scratch_clear(&scratch_memory);
    loader_destroy(l);
}

/* One view with labels: they belong to their images in every pass, whatever the threads and the start, and the first
 * view is the one of two. */
static void labels_travel_with_their_images(void **state)
{
    (void)state;
    enum { CLASSES = 3 };
    static int8_t labels[(COUNT - 3) * CLASSES];
    static uint8_t expected[BATCH * SIZE * SIZE];
    for (int i = 0; i < COUNT - 3; i++)
        for (int k = 0; k < CLASSES; k++) labels[i * CLASSES + k] = (int8_t)((i * 7 + k * 5) % 3 - 1);
    static const struct {
        int threads;
        uint64_t first;
    } rows[] = { { 1, 0 }, { 3, 0 }, { 2, 7 } };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct loader_config c = config_of(rows[r].threads, rows[r].first), two = c;
        struct loader *l, *both;
        struct err e;
        c.views = 1;
        c.labels = labels;
        c.classes = CLASSES;
        assert_true(loader_bytes(&c) < loader_bytes(&two));
        assert_true(loader_create(&l, &c, &e) && loader_create(&both, &two, &e));
        uint64_t steps = loader_steps_per_pass(l);
        for (uint64_t s = rows[r].first; s < STEPS; s++) {
            uint32_t order[COUNT - 3];
            struct random keyed = random_stream(5, (uint32_t)(s / steps), 0, RANDOM_ORDER);
            random_permutation(&keyed, COUNT - 3, order);
            const uint8_t *views[2] = { NULL, expected }, *pair[2];
            assert_true(loader_next(l, views, NULL, &e) && loader_next(both, pair, NULL, &e));
            assert_memory_equal(views[0], pair[0], sizeof expected);
            assert_null(views[1]);
            assert_null(loader_labels(both));
            for (uint64_t i = 0; i < BATCH; i++)
                assert_memory_equal(loader_labels(l) + i * CLASSES, labels + order[s % steps * BATCH + i] * CLASSES,
                                    CLASSES);
        }
        loader_destroy(l);
        loader_destroy(both);
    }
}

/* Few images pass several times, each time in an order and with views of their own. */
static void few_images_pass_in_new_orders(void **state)
{
    (void)state;
    struct loader_config c = config_of(2, 0);
    struct loader *l;
    struct err e;
    struct augment_scratch scratch_memory = { 0 };
    uint32_t order[5];
    uint8_t expected[SIZE * SIZE];
    c.views = 1;
    c.count = c.batch = 5;
    assert_true(loader_create(&l, &c, &e));
    assert_true(augment_scratch_init(&scratch_memory, SIDE, 1, SIZE, &e));
    assert_int_equal(loader_steps_per_pass(l), 1);
    for (uint32_t pass = 0; pass < 4; pass++) {
        const uint8_t *views[2];
        struct random r = random_stream(5, pass, 0, RANDOM_ORDER);
        random_permutation(&r, 5, order);
        assert_true(loader_next(l, views, NULL, &e));
        for (int i = 0; i < 5; i++) {
            uint32_t image = images[order[i]];
            augment_view(&c.view[0], &(struct augment_draw){ 5, pass, image, 0 },
                         &(struct augment_image){ pack_image(pack, image), SIDE, 1 }, expected, &scratch_memory);
            assert_memory_equal(views[0] + i * SIZE * SIZE, expected, sizeof expected);
        }
    }
    augment_scratch_clear(&scratch_memory);
    loader_destroy(l);
}

static void a_loader_may_be_destroyed_at_any_time(void **state)
{
    (void)state;
    loader_destroy(NULL);
    for (int taken = 0; taken < 4; taken++)
        for (int threads = 1; threads < 4; threads++) {
            struct loader_config c = config_of(threads, 0);
            struct loader *l;
            const uint8_t *views[2];
            assert_true(loader_create(&l, &c, NULL));
            for (int i = 0; i < taken; i++) assert_true(loader_next(l, views, NULL, NULL));
            loader_destroy(l);
        }
}

static void impossible_configurations_are_refused(void **state)
{
    (void)state;
    static const uint32_t beyond[] = { 0, 1, COUNT };
    struct loader *l;
    struct err e;
    struct loader_config c = config_of(1, 0);
    c.batch = COUNT - 2;
    assert_false(loader_create(&l, &c, &e));
    assert_non_null(strstr(e.msg, "a batch of 21 is larger than the 20 images"));
    c = config_of(1, 0);
    c.channels = 3;
    assert_false(loader_create(&l, &c, &e));
    assert_non_null(strstr(e.msg, "1 channel, 3 asked"));
    c = config_of(1, 0);
    c.images = beyond;
    c.count = 3;
    c.batch = 2;
    assert_false(loader_create(&l, &c, &e));
    assert_non_null(strstr(e.msg, "beyond the pack"));
}

static void on_bus(int number, siginfo_t *info, void *context)
{
    (void)context;
    if (!mapping_mend(info->si_addr)) signal(number, SIG_DFL);
}

/* Last: it cuts the pack. */
static void a_pack_that_is_cut_ends_the_batches_with_an_error(void **state)
{
    (void)state;
    struct sigaction action = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO };
    struct loader_config c = config_of(2, 0);
    struct loader *l;
    struct err e;
    const uint8_t *views[2];
    char path[512];
    sigaction(SIGBUS, &action, NULL);
    assert_true(loader_create(&l, &c, &e));
    assert_true(loader_next(l, views, NULL, &e));
    snprintf(path, sizeof path, "%s/set-%.16s.pack", scratch, pack_digest(pack));
    assert_int_equal(truncate(path, 4096), 0);
    assert_false(loader_next(l, views, NULL, &e));
    assert_non_null(strstr(e.msg, path));
    assert_non_null(strstr(e.msg, "was cut"));
    loader_destroy(l);
    assert_false(pack_verify(pack, NULL, NULL, &e));
    assert_non_null(strstr(e.msg, "was cut"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_do_not_depend_on_threads_nor_on_the_start),
        cmocka_unit_test(a_pass_shows_each_image_once_in_the_keyed_order),
        cmocka_unit_test(labels_travel_with_their_images),
        cmocka_unit_test(few_images_pass_in_new_orders),
        cmocka_unit_test(a_loader_may_be_destroyed_at_any_time),
        cmocka_unit_test(impossible_configurations_are_refused),
        cmocka_unit_test(a_pack_that_is_cut_ends_the_batches_with_an_error),
    };
    return cmocka_run_group_tests_name("loader", tests, make_pack, drop_pack);
}
