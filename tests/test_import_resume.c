/* An import that is killed goes on with the same command: what was packed is not read again, and the set is the same.
 */
#include "tests/check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine/base/folder.h"
#include "tests/import_run.h"

/* One of the first images cannot be read, and is tried again each time. */
enum { IMAGES = 60, KILLED_AT = 25, BROKEN = 1 };

static struct err error;
static const char *kind = "folder";
#define OK(call)                                                                                                       \
    if (!(call)) fail_msg("%s: %s", #call, error.msg)

/* A progress that ends the import, one way or the other, and counts what is read. */
struct watch {
    uint64_t end, read; /* end 0: none */
    int signal;         /* 0: the user stops it */
    char noted[1000];
};

static bool watch_progress(void *ctx, const struct import_progress *p)
{
    struct watch *w = ctx;
    if (strcmp(p->phase, "reading")) return true;
    if (p->done > p->before) w->read++;
    if (!w->end || p->done < w->end) return true;
    if (w->signal) raise(w->signal);
    return false;
}

static void watch_note(void *ctx, const char *line)
{
    struct watch *w = ctx;
    size_t n = strlen(w->noted);
    snprintf(w->noted + n, sizeof w->noted - n, "%s\n", line);
}

static void write_set(void)
{
    char name[64];
    for (int i = 0; i < IMAGES; i++) {
        snprintf(name, sizeof name, "in/c%d/p%03d.png", i % 2, i);
        write_picture(name, 40, 40, 1, i, 0);
    }
    write_text("in/c0/p000a.png", "no picture");
    struct stat st; /* one that only reading finds: its row of the journal has no pixels */
    assert_int_equal(stat(at("in/c0/p004.png"), &st), 0);
    assert_int_equal(truncate(at("in/c0/p004.png"), st.st_size - 30), 0);
}

static struct import_config config_into(struct folder *packs, struct watch *w)
{
    struct err e;
    assert_true(file_make_directories(at("packs/x"), NULL) && rmdir(at("packs/x")) == 0);
    if (!folder_open(packs, at("packs"), "packs", &e)) fail_msg("%s", e.msg);
    struct import_config c = config_of(kind, at("in"));
    c.into = packs;
    c.resume = true;
    c.progress = watch_progress;
    c.note = watch_note;
    c.ctx = w;
    c.threads = 2;
    return c;
}

/* Import in a process that kills itself at image KILLED_AT. */
static void killed_import(int size)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        struct watch w = { .end = KILLED_AT, .signal = SIGKILL };
        struct folder packs;
        struct import_config c = config_into(&packs, &w);
        struct dataset *d;
        struct err e;
        c.size = size;
        import_run(&c, packs.path, &d, &e);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(entries_of(at("packs")), 2); /* part and journal */
}

static struct dataset *import_again(struct watch *w)
{
    struct folder packs;
    struct import_config c = config_into(&packs, w);
    struct dataset *d;
    struct err e;
    if (!import_run(&c, packs.path, &d, &e)) fail_msg("%s", e.msg);
    folder_close(&packs);
    pack_close(open_pack(d));
    return d;
}

/* The pack goes; the journal goes when the set counts as recorded. */
static void remove_pack(struct dataset *d)
{
    struct watch none = { 0 };
    struct folder packs;
    struct import_config c = config_into(&packs, &none);
    OK(folder_unlink(&packs, d->pack, &error));
    assert_int_equal(entries_of(at("packs")), 1);
    import_recorded(&c);
    assert_int_equal(entries_of(at("packs")), 0);
    folder_close(&packs);
}

static void same_rows(const struct dataset *a, const struct dataset *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->unreadable_count, b->unreadable_count);
    assert_int_equal(a->remark_count, b->remark_count);
    assert_string_equal(a->digest, b->digest);
    for (uint32_t i = 0; i < a->count; i++) {
        assert_string_equal(a->images[i].path, b->images[i].path);
        assert_string_equal(a->images[i].digest, b->images[i].digest);
        assert_int_equal(a->images[i].split, b->images[i].split);
        assert_int_equal(a->images[i].width, b->images[i].width);
    }
}

static void masks_are_whole_after_a_kill(void **state)
{
    (void)state;
    char name[64];
    struct watch whole = { 0 }, rest = { 0 };
    for (int i = 0; i < IMAGES; i++) {
        snprintf(name, sizeof name, "in/images/%03d.png", i);
        write_picture(name, 40, 40, 1, (unsigned)i, 0);
        struct image m;
        snprintf(name, sizeof name, "in/masks/heart/%03d.png", i);
        OK(image_init(&m, 40, 40, 1, name, &error));
        memset(m.pixels + 40 * (i % 30), 255, 200);
        OK(image_write_png(at(name), &m, &error));
        image_clear(&m);
    }
    kind = "masks";
    struct dataset *a = import_again(&whole);
    remove_pack(a);
    killed_import(32);
    struct dataset *b = import_again(&rest);
    kind = "folder";
    assert_int_equal(rest.read, IMAGES - KILLED_AT);
    same_rows(a, b);
    assert_int_equal(a->mask_count, IMAGES);
    assert_int_equal(b->mask_count, IMAGES);
    for (uint32_t k = 0; k < IMAGES; k++) {
        assert_int_equal(a->masks[k].run_count, b->masks[k].run_count);
        assert_memory_equal(a->masks[k].runs, b->masks[k].runs, a->masks[k].run_count * sizeof *a->masks[k].runs);
    }
    dataset_destroy(a);
    dataset_destroy(b);
}

static void a_killed_import_goes_on_and_repeats_nothing(void **state)
{
    (void)state;
    write_set();
    struct watch whole = { 0 }, rest = { 0 };
    struct dataset *a = import_again(&whole);
    remove_pack(a);
    assert_int_equal(whole.read, IMAGES);
    killed_import(32);
    struct dataset *b = import_again(&rest);
    assert_int_equal(rest.read, IMAGES - KILLED_AT + BROKEN);
    assert_non_null(strstr(rest.noted, "24 of 60 images are packed already"));
    same_rows(a, b);
    remove_pack(b);
    dataset_destroy(a);
    dataset_destroy(b);
}

static void a_stopped_import_goes_on_too(void **state)
{
    (void)state;
    write_set();
    struct watch stopped = { .end = KILLED_AT }, rest = { 0 };
    struct folder packs;
    struct import_config c = config_into(&packs, &stopped);
    struct dataset *d;
    struct err e = { 0 };
    assert_false(import_run(&c, packs.path, &d, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_non_null(strstr(e.msg, "the same command goes on there"));
    folder_close(&packs);
    d = import_again(&rest);
    assert_int_equal(rest.read, IMAGES - KILLED_AT + BROKEN);
    remove_pack(d);
    dataset_destroy(d);
}

/* Complete, and its rows were not written: the pack becomes the part that it was. */
static void an_import_that_was_not_recorded_reads_nothing_again(void **state)
{
    (void)state;
    static const char *const others[] = { "set", "set.pack", "set-0123456789abcdef.pack.tmp", "set-0123.pack",
                                          "other-0123456789abcdef.pack" };
    write_set();
    struct watch whole = { 0 }, rest = { 0 };
    struct folder packs;
    char part[PACK_NAME_SIZE];
    struct dataset *a = import_again(&whole);
    config_into(&packs, &rest);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) assert_false(import_part(&packs, others[i], part));
    assert_true(import_part(&packs, a->pack, part));
    assert_string_equal(part, "set.part");
    OK(folder_rename(&packs, a->pack, part, &error));
    assert_false(import_part(&packs, a->pack, part)); /* one is there */
    folder_close(&packs);
    struct dataset *b = import_again(&rest);
    assert_int_equal(rest.read, BROKEN);
    assert_non_null(strstr(rest.noted, "59 of 60 images are packed already"));
    same_rows(a, b);
    remove_pack(b);
    dataset_destroy(a);
    dataset_destroy(b);
}

/* What happens to files between a kill and the next import costs those files alone. */
static void touch_first(void)
{
    struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
    assert_int_equal(utimensat(AT_FDCWD, at("in/c0/p000.png"), times, 0), 0);
}

static void change_one(void)
{
    write_picture("in/c0/p020.png", 40, 40, 1, 777, 0); /* the eleventh */
}

static void remove_first(void)
{
    assert_int_equal(unlink(at("in/c0/p000.png")), 0);
}

static void add_first(void)
{
    write_picture("in/c0/a.png", 40, 40, 1, 778, 0);
}

static void copy_one(void) /* equal pixels, twice */
{
    write_picture("in/c0/a.png", 40, 40, 1, 20, 0);
}

static void do_all(void)
{
    touch_first();
    change_one();
    add_first();
    assert_int_equal(unlink(at("in/c0/p030.png")), 0);
    assert_int_equal(rename(at("in/c0/p032.png"), at("in/c0/b.png")), 0);
}

static void what_happens_to_a_file_costs_that_file_alone(void **state)
{
    (void)state;
    enum { REST = IMAGES - KILLED_AT + BROKEN };
    static const struct {
        void (*change)(void);
        int read;
        const char *noted[4];
    } rows[] = {
        { touch_first,
          REST + 1,
          { "23 of 60 images are packed", "1 image is read again, since its file has changed: c0/p000.png" } },
        { change_one,
          REST + 1,
          { "23 of 60 images are packed", "1 image is read again, since its file has changed: c0/p020.png" } },
        { remove_first, REST, { "23 of 59 images are packed", "1 image that was packed is not among the images now" } },
        { add_first, REST + 1, { "24 of 61 images are packed" } },
        { copy_one, REST + 1, { "24 of 61 images are packed" } },
        { do_all,
          REST + 4,
          { "20 of 60 images are packed",
            "2 images are read again, since their files have changed: the first is c0/p000.png",
            "2 images that were packed are not among the images now",
            "1 image that could not be read is tried again: c0/p004.png" } },
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct watch rest = { 0 }, whole = { 0 };
        scratch_teardown(state);
        scratch_setup(state);
        write_set();
        killed_import(32);
        rows[k].change();
        struct dataset *b = import_again(&rest);
        if ((int)rest.read != rows[k].read) fail_msg("change %zu: %d images were read", k, (int)rest.read);
        for (size_t i = 0; i < 4 && rows[k].noted[i]; i++)
            if (!strstr(rest.noted, rows[k].noted[i])) fail_msg("change %zu: noted %s", k, rest.noted);
        remove_pack(b);
        struct dataset *a = import_again(&whole);
        assert_string_equal(whole.noted, "");
        same_rows(a, b);
        remove_pack(a);
        dataset_destroy(a);
        dataset_destroy(b);
    }
}

/* A hundred images are not thrown away for other options, or for a folder that has none of them. */
static void other_options_and_folders_discard_no_more_than_a_few_images(void **state)
{
    (void)state;
    enum { MANY = 150, PACKED = 120 };
    char name[64];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "in/p%03d.png", i);
        write_picture(name, 40, 40, 1, i, 0);
        snprintf(name, sizeof name, "other/q%03d.png", i);
        write_picture(name, 40, 40, 1, i, 0);
    }
    struct watch stopped = { .end = PACKED }, again = { 0 };
    struct folder packs;
    struct dataset *d;
    struct err e = { 0 };
    struct import_config c = config_into(&packs, &stopped);
    assert_false(import_run(&c, packs.path, &d, &e));
    c.ctx = &again;
    c.size = 36;
    assert_false(import_run(&c, packs.path, &d, &e));
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_non_null(strstr(e.msg, "has packed 120 images with --size 32 --channels 1 --fit crop"));
    assert_non_null(strstr(e.msg, "this one has --size 36"));
    assert_non_null(strstr(e.msg, "mlvicx data rm set"));
    assert_int_equal(entries_of(at("packs")), 2);
    struct import_left *left;
    size_t count;
    assert_true(import_left_list(&packs, &left, &count, &e) && count == 1);
    assert_int_equal(left->images, PACKED);
    assert_non_null(strstr(left->options, "--size 32"));
    free(left);
    c.size = 32;
    c.path = at("other");
    assert_false(import_run(&c, packs.path, &d, &e));
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_non_null(strstr(e.msg, "none of them is in"));
    assert_int_equal(again.read, 0);
    folder_close(&packs);
    d = import_again(&again);
    assert_int_equal(again.read, MANY - PACKED);
    remove_pack(d);
    dataset_destroy(d);
}

/* Another plan, pixels that are not those of the journal, a cut journal, one of bytes without a meaning. */
static void what_does_not_fit_is_read_again(void **state)
{
    (void)state;
    static const char *const kinds[] = { "another size", "damaged pixels", "a cut journal", "a wild journal",
                                         "no part" };
    write_set();
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        struct watch rest = { 0 };
        killed_import(k ? 32 : 36);
        if (k == 1) {
            FILE *f = fopen(at("packs/set.part"), "r+b");
            assert_true(f && fseek(f, 128 + 9 * 1024 + 3, SEEK_SET) == 0 && fputc('#', f) != EOF && fclose(f) == 0);
        }
        if (k == 2) {
            struct stat st;
            assert_int_equal(stat(at("packs/set.journal"), &st), 0);
            assert_int_equal(truncate(at("packs/set.journal"), st.st_size - 7), 0);
        }
        if (k == 3) write_text("packs/set.journal", "MLVXJRNL and then something else that is no journal at all");
        if (k == 4) assert_int_equal(unlink(at("packs/set.part")), 0);
        struct dataset *d = import_again(&rest);
        enum { REST = IMAGES - KILLED_AT + BROKEN };
        static const int read[] = { IMAGES, REST + 1, REST + 1, IMAGES, IMAGES };
        if ((int)rest.read != read[k]) fail_msg("%s: %d images were read", kinds[k], (int)rest.read);
        if (k == 0) assert_non_null(strstr(rest.noted, "discards 24 images that an unfinished import packed with"));
        if (k == 1) assert_non_null(strstr(rest.noted, "since what was kept of it is damaged: c0/p020.png"));
        remove_pack(d);
        dataset_destroy(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(a_killed_import_goes_on_and_repeats_nothing),
        IN_SCRATCH(masks_are_whole_after_a_kill),
        IN_SCRATCH(a_stopped_import_goes_on_too),
        IN_SCRATCH(an_import_that_was_not_recorded_reads_nothing_again),
        IN_SCRATCH(what_happens_to_a_file_costs_that_file_alone),
        IN_SCRATCH(other_options_and_folders_discard_no_more_than_a_few_images),
        IN_SCRATCH(what_does_not_fit_is_read_again),
    };
    return cmocka_run_group_tests_name("import_resume", tests, NULL, NULL);
}
