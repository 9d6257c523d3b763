/* The shared ground: text, random numbers, files, settings. */
#include "tests/folder_help.h"

#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/err.h"
#include "engine/base/files.h"
#include "engine/base/pool.h"
#include "engine/base/random.h"
#include "engine/base/settings.h"
#include "engine/base/temporary.h"
#include "engine/base/text.h"

/* Known answers of Philox4x32-10, from the paper's test vectors. */
static void philox_agrees_with_published_vectors(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } rows[] = {
        { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { ~0u, ~0u, ~0u, ~0u }, { ~0u, ~0u }, { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
          { 0xa4093822, 0x299f31d0 },
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t out[4];
        philox4x32(rows[i].counter, rows[i].key, out);
        assert_memory_equal(out, rows[i].out, sizeof out);
    }
}

static void streams_are_independent_and_permutations_complete(void **state)
{
    (void)state;
    struct random a = random_stream(7, 1, 2, RANDOM_ORDER), b = random_stream(7, 1, 3, RANDOM_ORDER), c = a;
    assert_int_not_equal(random_u32(&a), random_u32(&b));
    assert_int_equal(random_u32(&c),
                     (random_stream(7, 1, 2, RANDOM_ORDER),
                      random_u32(&(struct random){ .key = { 7 }, .counter = { 0, 1, 2, RANDOM_ORDER } })));
    uint32_t order[97], seen[97] = { 0 };
    random_permutation(&a, 97, order);
    for (int i = 0; i < 97; i++) seen[order[i]]++;
    for (int i = 0; i < 97; i++) assert_int_equal(seen[i], 1);
    double sum = 0, squares = 0;
    for (int i = 0; i < 20000; i++) {
        double x = random_normal(&a);
        sum += x;
        squares += x * x;
    }
    assert_true(fabs(sum / 20000) < 0.03 && fabs(squares / 20000 - 1) < 0.05);
}

static void errors_carry_context_and_no_escape_sequences(void **state)
{
    (void)state;
    struct err e;
    assert_false(err_set(&e, ERR_FORMAT, "bad magic in %s", "a\033[31m\nb\xc2\x9b"));
    assert_string_equal(e.msg, "bad magic in a?[31m?b??");
    assert_false(err_wrap(&e, "resume run %d", 7));
    assert_string_equal(e.msg, "resume run 7: bad magic in a?[31m?b??");
    assert_int_equal(err_status(e.code), 1);
    assert_int_equal(err_status(ERR_USAGE), 2);
}

static void every_setting_survives_a_round_trip(void **state)
{
    (void)state;
    struct settings s, again;
    settings_init(&s);
    size_t n;
    const struct setting *rows = settings_table(&n);
    for (size_t i = 0; i < n; i++) {
        char value[SETTINGS_TEXT];
        settings_get(&s, &rows[i], value);
        struct settings copy = s;
        assert_true(settings_set(&copy, rows[i].name, value, NULL));
        assert_true(*rows[i].help != '\0');
    }
    s.optim.lr = 0.1 + 0.2;
    s.train.seed = 12345;
    s.data.augment.area_min = 0.123;
    struct text ini = { 0 };
    settings_write_ini(&s, &ini);
    settings_init(&again);
    struct err e;
    if (!settings_read_ini(&again, text_str(&ini), "copy", &e)) fail_msg("%s", e.msg);
    assert_memory_equal(&s, &again, offsetof(struct settings, given)); /* what follows is who set what */
    text_clear(&ini);
    for (int p = 0; settings_presets()[p]; p++) {
        settings_init(&s);
        assert_true(settings_preset(&s, settings_presets()[p], &e));
        assert_true(settings_check(&s, &e));
    }
    s.model.context_reduction = 0; /* as a file of weights may suggest */
    assert_false(settings_check(&s, &e));
    assert_non_null(strstr(e.msg, "model.context_reduction: 0 is out of range 1 to 64"));
    settings_init(&s);
    s.optim.lr = NAN;
    assert_false(settings_check(&s, &e));
}

/* Whatever the order in which a method and what it changes are given. */
static void a_method_changes_what_nobody_set(void **state)
{
    (void)state;
    static const struct {
        const char *ini;
        bool context, local;
    } rows[] = {
        { "[method]\nname = vicreg\n", false, false },
        { "[method]\nname = mlvicx\n", true, true },
        { "[method]\nname = vicreg\nname = mlvicx\n", true, true },
        { "[model]\ncontext = on\n[method]\nname = vicreg\n", true, false },
        { "[method]\nname = vicreg\n[model]\ncontext = on\n", true, false },
        { "[method]\nname = vicreg\n[model]\nlocal = on\n[method]\nname = mlvicx\n", true, true },
        { "[model]\nlocal = off\n[method]\nname = vicreg\nname = mlvicx\n", true, false },
        { "[method]\nname = vicreg\n[model]\nwidth = 8\n[data]\nsize = 48\n", false, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int preset = 0; settings_presets()[preset]; preset++) {
            struct settings s, again;
            struct text ini = { 0 };
            struct err e;
            settings_init(&s);
            assert_true(settings_preset(&s, settings_presets()[preset], &e));
            if (!settings_read_ini(&s, rows[i].ini, "row", &e)) fail_msg("%s", e.msg);
            if (s.model.context != rows[i].context || s.model.local != rows[i].local)
                fail_msg("row %zu: context %d, local %d", i, s.model.context, s.model.local);
            settings_write_ini(&s, &ini);
            settings_init(&again);
            if (!settings_read_ini(&again, text_str(&ini), "copy", &e)) fail_msg("%s", e.msg);
            assert_memory_equal(&s, &again, offsetof(struct settings, given));
            text_clear(&ini);
        }
    struct settings s;
    struct err e;
    settings_init(&s);
    s.loss.global_weight = 0;
    assert_true(settings_check(&s, &e));
    s.model.local = false;
    assert_false(settings_check(&s, &e));
}

static void a_live_change_is_judged_by_key_value_and_epochs_done(void **state)
{
    (void)state;
    static const struct {
        const char *assignment, *says; /* NULL: taken */
        int64_t step, epoch_steps;
    } rows[] = {
        { "optim.lr=0.5", NULL, 7, 3 },
        { "optim.epochs=2", NULL, 6, 3 },
        { "optim.epochs=2", "optim.epochs: 2 epochs are done already", 7, 3 },
        { "optim.epochs=1", NULL, 7, 0 },
        { "optim.epochs=0", "optim.epochs: ", 0, 3 },
        { "optim.lr", "KEY=VALUE", 0, 3 },
        { "optim.rate=1", "optim.rate", 0, 3 },
        { "model.width=8", "model.width: cannot change while a run goes on", 0, 3 },
        { "loss.global_weight=0", "nothing would be learned", 0, 3 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct settings s, before;
        struct err e = { 0 };
        settings_init(&s);
        s.loss.local_weight = 0;
        before = s;
        bool assigned = settings_assign_live(&s, rows[i].assignment, &e);
        bool taken = assigned && settings_check_live(&s, rows[i].step, rows[i].epoch_steps, &e);
        if (taken != !rows[i].says || (rows[i].says && !strstr(e.msg, rows[i].says)))
            fail_msg("row %zu, %s: %s", i, rows[i].assignment, taken ? "taken" : e.msg);
        if (!assigned) assert_memory_equal(&s, &before, sizeof s);
    }
}

static void a_reason_and_its_advice_part(void **state)
{
    (void)state;
    size_t n;
    assert_string_equal(text_advice("it is cold. Try: a coat. Or two", &n), "a coat. Or two");
    assert_int_equal(n, strlen("it is cold"));
    assert_null(text_advice("it is cold. Try harder", &n));
    assert_int_equal(n, strlen("it is cold. Try harder"));
    assert_string_equal(text_advice(". Try: x", NULL), "x");
}

static void floats_print_short_and_exact(void **state)
{
    (void)state;
    static const char *const words[] = {
        "10", "0.001", "1e-06", "0", "25", "1.3333333333333333", "0.30000000000000004", "100000"
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct settings s;
        char out[SETTINGS_TEXT];
        settings_init(&s);
        assert_true(settings_set(&s, "loss.inv", words[i], NULL));
        settings_get(&s, settings_find("loss.inv", NULL), out);
        assert_string_equal(out, words[i]);
    }
}

static void former_names_are_accepted(void **state)
{
    (void)state;
    struct settings s;
    struct text ini = { 0 };
    settings_init(&s);
    assert_true(settings_assign(&s, "loss.sim=7", NULL));
    assert_true(settings_read_ini(&s, "[loss]\nstd = 9\n", "", NULL));
    assert_true(s.loss.inv == 7 && s.loss.var == 9);
    settings_write_ini(&s, &ini);
    assert_non_null(strstr(text_str(&ini), "\ninv = 7\nvar = 9\n"));
    assert_null(strstr(text_str(&ini), "sim"));
    text_clear(&ini);
}

static void bad_settings_name_key_range_and_nearest(void **state)
{
    (void)state;
    static const struct {
        const char *assignment, *part;
        enum err_code code;
    } rows[] = {
        { "optim.learning=1", "no such key", ERR_CONFIG },
        { "model.widht=8", "did you mean model.width", ERR_CONFIG },
        { "lr=1", "did you mean optim.lr", ERR_CONFIG },
        { "method=vicreg", "did you mean method.name", ERR_CONFIG },
        { "data.batch=1", "out of range 2 to", ERR_CONFIG },
        { "data.batch=4.5", "whole number", ERR_CONFIG },
        { "optim.lr=nan", "not a number", ERR_CONFIG },
        { "optim.kind=adam", "did you mean adamw", ERR_CONFIG },
        { "model.context=maybe", "neither on nor off", ERR_CONFIG },
        { "model.width", "KEY=VALUE", ERR_USAGE },
        { "data.name=a\033b", "control characters", ERR_CONFIG },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct settings s, before;
        struct err e = { 0 };
        settings_init(&s);
        before = s;
        assert_false(settings_assign(&s, rows[i].assignment, &e));
        if (!strstr(e.msg, rows[i].part)) fail_msg("%s: %s", rows[i].assignment, e.msg);
        assert_int_equal(e.code, rows[i].code);
        assert_memory_equal(&s, &before, sizeof s);
    }
    struct settings s;
    struct err e;
    settings_init(&s);
    assert_false(settings_read_ini(&s, "[model]\nwidth = 8\nhieght = 3\n", "x.ini", &e));
    assert_non_null(strstr(e.msg, "x.ini: line 3: model.hieght"));
    assert_int_equal(s.model.width, 32); /* nothing half-applied */
}

static void a_recipe_sets_its_group_and_later_keys_win(void **state)
{
    (void)state;
    struct settings s;
    settings_init(&s);
    assert_true(settings_assign(&s, "data.augment.recipe=published", NULL));
    assert_true(s.data.augment.area_min == 0.08 && s.data.augment.rotate == 0 && s.data.augment.solarize2 == 0.2);
    assert_true(settings_assign(&s, "data.augment.area_min=0.5", NULL));
    assert_true(s.data.augment.area_min == 0.5);
}

static void a_durable_write_leaves_old_or_new(void **state)
{
    (void)state;
    char dir[WORKSPACE], path[128];
    assert_non_null(workspace_name(dir));
    snprintf(path, sizeof path, "%s/file", dir);
    struct err e;
    struct file_writer w;
    assert_true(file_begin(&w, path, &e));
    file_put(&w, "old", 3);
    assert_true(file_commit(&w, &e));
    assert_true(file_begin(&w, path, &e));
    file_put(&w, "newer", 5);
    file_abandon(&w);
    char *text = file_read_text(path, 100, &e);
    assert_string_equal(text, "old");
    free(text);
    char hex[DIGEST_HEX_SIZE];
    assert_true(digest_file(path, hex, &e));
    digest_bytes("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    unlink(path);
    assert_int_equal(rmdir(dir), 0); /* no temporary stayed */
    assert_false(file_begin(&w, "/nonexistent/x", &e));
    assert_false(file_begin(&w, "/dev/null", &e)); /* renaming over it would take it away */
    assert_non_null(strstr(e.msg, "no regular file"));
}

static void make_aged(const char *path, int days)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0 && close(fd) == 0);
    struct timespec times[2] = { { .tv_sec = time(NULL) - days * 86400 - 60 },
                                 { .tv_sec = time(NULL) - days * 86400 - 60 } };
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void temporaries_are_judged_by_lock_host_and_age(void **state)
{
    (void)state;
    static const struct {
        const char *name; /* "": of this host */
        bool locked;
        int days, network;
        bool goes;
    } rows[] = {
        { "", false, 0, 0, true },
        { "", false, 0, 1, true },
        { "", true, 0, 0, false },
        { "", true, 3, 1, false },
        { "a.pack.tmp.elsewhere.0123abcd", false, 0, 0, true },  /* its kernel is ours: the lock is free */
        { "a.pack.tmp.elsewhere.0123abcd", false, 0, 1, false }, /* its lock cannot be seen */
        { "a.pack.tmp.elsewhere.0123abcd", false, 3, 1, true },
        { "a.pack.tmp.elsewhere.0123abcd", true, 3, 1, false },
        { "a.pack.tmp.999999999", false, 0, 0, false }, /* a version that knew no locks may still write it */
        { "a.pack.tmp.999999999", false, 3, 0, true },
        { "a.pack.tmp.notes", false, 3, 0, false },
        { "a.pack", false, 3, 0, false },
        { "a.tmp.elsewhere.0123abcd", false, 3, 0, false },
    };
    char dir[WORKSPACE], path[160];
    assert_non_null(workspace_name(dir));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e;
        char *own = NULL;
        snprintf(path, sizeof path, "%s/%s", dir, *rows[i].name ? rows[i].name : "a.pack");
        int fd = -1;
        if (!*rows[i].name) {
            fd = temporary_create(path, 0600, &own, &e);
            assert_true(fd >= 0);
            snprintf(path, sizeof path, "%s", own);
        }
        make_aged(path, rows[i].days);
        if (fd < 0) fd = open(path, O_RDWR);
        struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        if (rows[i].locked) assert_int_equal(fcntl(fd, F_OFD_SETLK, &whole), 0);
        if (!rows[i].locked) close(fd);
        int gone = temporary_sweep_as(dir, "", ".pack", rows[i].network);
        if (gone != rows[i].goes || (access(path, F_OK) != 0) != rows[i].goes) fail_msg("row %zu: %s", i, path);
        if (rows[i].locked) close(fd);
        unlink(path);
        free(own);
    }
    assert_int_equal(rmdir(dir), 0);
}

static void two_writers_of_one_file_do_not_meet(void **state)
{
    (void)state;
    char dir[WORKSPACE], path[128], other[160];
    struct err e;
    struct file_writer a, b;
    assert_non_null(workspace_name(dir));
    snprintf(path, sizeof path, "%s/file", dir);
    snprintf(other, sizeof other, "%s/file.tmp.mine", dir);
    make_aged(other, 3);
    assert_true(file_begin(&a, path, &e) && file_begin(&b, path, &e));
    assert_string_not_equal(a.temporary, b.temporary);
    file_put(&a, "first", 5);
    file_put(&b, "second", 6);
    assert_true(file_commit(&b, &e) && file_commit(&a, &e));
    char *text = file_read_text(path, 100, &e);
    assert_string_equal(text, "first");
    free(text);
    /* what a killed one left goes with the next; a file of someone's stays */
    assert_true(file_begin(&a, path, &e));
    fclose(a.stream);
    assert_true(file_begin(&b, path, &e));
    assert_int_not_equal(access(a.temporary, F_OK), 0);
    file_abandon(&b);
    free(a.path);
    free(a.temporary);
    unlink(path);
    assert_int_equal(unlink(other), 0);
    assert_int_equal(rmdir(dir), 0);
}

static void a_file_is_digested_in_pieces(void **state)
{
    (void)state;
    static const size_t pieces[] = { 1, 7, 33, 65536, 1 << 20 };
    static unsigned char bytes[70001];
    char path[] = "/tmp/mlvicx-pieces-XXXXXX", whole[DIGEST_HEX_SIZE], hex[DIGEST_HEX_SIZE];
    struct err e;
    struct digest_pieces *d;
    int fd = mkstemp(path);
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * 31);
    assert_true(fd >= 0 && write(fd, bytes, sizeof bytes) == (ssize_t)sizeof bytes && close(fd) == 0);
    digest_bytes(bytes, sizeof bytes, whole);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        bool done = false;
        assert_true(digest_begin(&d, path, &e));
        while (!done) assert_true(digest_more(d, pieces[i], &done, hex, &e));
        digest_end(d);
        assert_string_equal(hex, whole);
    }
    unlink(path);
    assert_false(digest_begin(&d, path, &e));
    assert_null(d);
}

static void a_full_disk_is_told_at_commit(void **state)
{
    (void)state;
    struct err e = { 0 };
    struct file_writer w = { .stream = fopen("/dev/full", "wb"),
                             .path = strdup("/tmp/mlvicx-full"),
                             .temporary = strdup("/tmp/mlvicx-full.tmp") };
    if (!w.stream) skip();
    file_put(&w, "x", 1);
    assert_false(file_commit(&w, &e));
    assert_non_null(strstr(e.msg, "No space"));
}

static void arena_blocks_are_aligned_and_zero(void **state)
{
    (void)state;
    struct arena a;
    struct err e;
    assert_true(arena_init(&a, arena_round(7) + arena_round(100), "test", &e));
    unsigned char *p = arena_take(&a, 7), *q = arena_take(&a, 100);
    assert_int_equal((uintptr_t)p % ARENA_ALIGN, 0);
    assert_int_equal((uintptr_t)q % ARENA_ALIGN, 0);
    for (int i = 0; i < 100; i++) assert_int_equal(q[i], 0);
    arena_clear(&a);
}

static void a_pool_deals_out_texts_and_blocks(void **state)
{
    struct pool p = { 0 };
    struct pool_words w = { 0 };
    (void)state;
    char *first = pool_text(&p, "patient 7", NULL), *again = pool_text(&p, "patient 7", first);
    assert_ptr_equal(first, again);
    assert_ptr_not_equal(first, pool_text(&p, "patient 7", NULL));
    assert_string_equal(pool_text(&p, NULL, first), "");
    assert_string_equal(pool_bytes(&p, "a\0b", 3), "a");
    size_t before = p.bytes;
    for (int i = 0; i < 1000; i++) assert_string_equal(pool_text(&p, "", NULL), "");
    assert_int_equal(p.bytes, before);
    for (size_t n = 1; n < 100000; n = 3 * n + 1) {
        unsigned char *block = pool_take(&p, n);
        assert_int_equal((uintptr_t)block % 16, 0);
        for (size_t i = 0; i < n; i++) assert_int_equal(block[i], 0);
        memset(block, 255, n); /* none of which may reach another block */
    }
    assert_string_equal(first, "patient 7");
    /* words, more than the table holds: those within it are one */
    char word[16];
    char *kept[2] = { 0 };
    for (int i = 0; i < 2 * POOL_WORDS; i++) {
        snprintf(word, sizeof word, "w%d", i);
        char *got = pool_word(&p, &w, word);
        assert_string_equal(got, word);
        if (i < 2) kept[i] = got;
    }
    assert_ptr_equal(pool_word(&p, &w, "w0"), kept[0]);
    assert_ptr_equal(pool_word(&p, &w, "w1"), kept[1]);
    assert_int_equal(w.count, POOL_WORDS);
    pool_words_clear(&w);
    pool_clear(&p);
    assert_null(p.chunks);
}

static void durations_read_well(void **state)
{
    (void)state;
    char out[CLOCK_ISO_SIZE];
    assert_string_equal(clock_duration(12.4, out), "12s");
    assert_string_equal(clock_duration(245, out), "4m05");
    assert_string_equal(clock_duration(11525, out), "3h12");
    assert_string_equal(clock_duration(NAN, out), "-");
    assert_string_equal(clock_iso(1767225600, out), "2026-01-01T00:00:00Z");
}

/* A method's own defaults stand above those of a preset and below what someone says, in whatever order. */
static void learning_from_labels_has_defaults_of_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *ini;
        double lr, clip, area_min, rotate;
    } rows[] = {
        { "[method]\nname = supervised\n", 3e-4, 1, .7, 15 },
        { "[method]\nname = supervised\nfreeze = encoder\n", 3e-3, 1, .7, 15 },
        { "[method]\nfreeze = encoder\nname = supervised\n", 3e-3, 1, .7, 15 },
        { "[method]\nname = supervised\nfreeze = encoder\nfreeze = none\n", 3e-4, 1, .7, 15 },
        { "[optim]\nlr = 0.01\n[method]\nname = supervised\nfreeze = encoder\n", .01, 1, .7, 15 },
        { "[method]\nname = supervised\n[optim]\nclip = 0\n[data.augment]\nrotate = 2\n", 3e-4, 0, .7, 2 },
        { "[data.augment]\nrotate = 2\n[optim]\nclip = 0\n[method]\nname = supervised\n", 3e-4, 0, .7, 2 },
    };
    struct settings s, plain;
    struct err e;
    for (int preset = 0; settings_presets()[preset]; preset++) {
        settings_init(&plain);
        assert_true(settings_preset(&plain, settings_presets()[preset], &e));
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            settings_init(&s);
            assert_true(settings_preset(&s, settings_presets()[preset], &e));
            if (!settings_read_ini(&s, rows[i].ini, "row", &e)) fail_msg("%s", e.msg);
            if (s.optim.lr != rows[i].lr || s.optim.clip != rows[i].clip ||
                s.data.augment.area_min != rows[i].area_min || s.data.augment.rotate != rows[i].rotate)
                fail_msg("row %zu of %s: %g %g %g %g", i, settings_presets()[preset], s.optim.lr, s.optim.clip,
                         s.data.augment.area_min, s.data.augment.rotate);
            assert_true(s.data.augment.jitter == 0 && s.data.augment.blur1 == 0 && s.optim.warmup_epochs == 0);
            assert_true(settings_check(&s, &e));
        }
        settings_init(&s); /* there and back is no change */
        assert_true(settings_preset(&s, settings_presets()[preset], &e));
        assert_true(settings_read_ini(&s, "[method]\nname = supervised\nname = mlvicx\n", "row", &e));
        assert_memory_equal(&s, &plain, offsetof(struct settings, given));
        settings_init(&s); /* a preset on top of the method */
        assert_true(settings_set(&s, "method.name", "supervised", &e));
        assert_true(settings_preset(&s, settings_presets()[preset], &e));
        assert_true(s.optim.lr == 3e-4 && s.data.augment.area_min == .7);
    }
}

static void each_setting_is_read_by_some_method(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        bool read[METHOD_COUNT];
    } some[] = {
        { "method.temperature", { [METHOD_simclr] = true } },
        { "method.predictor", { [METHOD_byol] = true, [METHOD_simsiam] = true } },
        { "method.freeze", { [METHOD_supervised] = true } },
        { "data.labels", { [METHOD_supervised] = true } },
        { "loss.inv", { [METHOD_mlvicx] = true, [METHOD_vicreg] = true } },
    };
    size_t n;
    const struct setting *rows = settings_table(&n);
    for (size_t i = 0; i < n; i++) {
        int readers = 0;
        for (int m = 0; m < METHOD_COUNT; m++) readers += settings_reads(&rows[i], (enum method_kind)m);
        if (!readers) fail_msg("%s is read by no method", rows[i].name);
    }
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        for (int m = 0; m < METHOD_COUNT; m++)
            assert_int_equal(settings_reads(settings_find(some[i].key, NULL), (enum method_kind)m), some[i].read[m]);
    assert_false(settings_reads(settings_find("data.augment.view2.blur", NULL), METHOD_supervised));
    assert_true(settings_reads(settings_find("data.augment.view1.blur", NULL), METHOD_supervised));
    assert_true(settings_reads(settings_find("loss.global_weight", NULL), METHOD_byol));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_agrees_with_published_vectors),
        cmocka_unit_test(streams_are_independent_and_permutations_complete),
        cmocka_unit_test(errors_carry_context_and_no_escape_sequences),
        cmocka_unit_test(every_setting_survives_a_round_trip),
        cmocka_unit_test(a_method_changes_what_nobody_set),
        cmocka_unit_test(learning_from_labels_has_defaults_of_its_own),
        cmocka_unit_test(each_setting_is_read_by_some_method),
        cmocka_unit_test(floats_print_short_and_exact),
        cmocka_unit_test(former_names_are_accepted),
        cmocka_unit_test(bad_settings_name_key_range_and_nearest),
        cmocka_unit_test(a_recipe_sets_its_group_and_later_keys_win),
        cmocka_unit_test(a_durable_write_leaves_old_or_new),
        cmocka_unit_test(temporaries_are_judged_by_lock_host_and_age),
        cmocka_unit_test(two_writers_of_one_file_do_not_meet),
        cmocka_unit_test(a_file_is_digested_in_pieces),
        cmocka_unit_test(a_full_disk_is_told_at_commit),
        cmocka_unit_test(arena_blocks_are_aligned_and_zero),
        cmocka_unit_test(a_live_change_is_judged_by_key_value_and_epochs_done),
        cmocka_unit_test(a_reason_and_its_advice_part),
        cmocka_unit_test(a_pool_deals_out_texts_and_blocks),
        cmocka_unit_test(durations_read_well),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
