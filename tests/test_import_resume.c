/* An import that is killed goes on with the same command: what was packed is not read again, and the set is the same.
 */
#include "tests/check.h"

#include <signal.h>
#include <sys/wait.h>

#include "engine/base/folder.h"
#include "tests/import_run.h"

enum { IMAGES = 60, KILLED_AT = 25 };

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
    assert_int_equal(rest.read, IMAGES - KILLED_AT);
    assert_non_null(strstr(rest.noted, "25 of 60 images are packed already"));
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
    assert_int_equal(rest.read, IMAGES - KILLED_AT);
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
    assert_int_equal(rest.read, 0);
    assert_non_null(strstr(rest.noted, "60 of 60 images are packed already"));
    same_rows(a, b);
    remove_pack(b);
    dataset_destroy(a);
    dataset_destroy(b);
}

static void a_changed_file_is_noticed(void **state)
{
    (void)state;
    write_set();
    killed_import(32);
    write_picture("in/c0/p020.png", 40, 40, 1, 777, 0); /* the eleventh */
    struct watch rest = { 0 }, whole = { 0 };
    struct dataset *b = import_again(&rest);
    assert_int_equal(rest.read, IMAGES - 10);
    assert_non_null(strstr(rest.noted, "c0/p020.png has changed since"));
    remove_pack(b);
    struct dataset *a = import_again(&whole);
    same_rows(a, b);
    dataset_destroy(a);
    dataset_destroy(b);
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
            assert_true(f && fseek(f, 128 + 5 * 1024 + 3, SEEK_SET) == 0 && fputc('#', f) != EOF && fclose(f) == 0);
        }
        if (k == 2) {
            struct stat st;
            assert_int_equal(stat(at("packs/set.journal"), &st), 0);
            assert_int_equal(truncate(at("packs/set.journal"), st.st_size - 7), 0);
        }
        if (k == 3) write_text("packs/set.journal", "MLVXJRNL and then something else that is no journal at all");
        if (k == 4) assert_int_equal(unlink(at("packs/set.part")), 0);
        struct dataset *d = import_again(&rest);
        static const int read[] = { IMAGES, IMAGES - 6, IMAGES - KILLED_AT + 1, IMAGES, IMAGES };
        if ((int)rest.read != read[k]) fail_msg("%s: %d images were read", kinds[k], (int)rest.read);
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
        IN_SCRATCH(a_changed_file_is_noticed),
        IN_SCRATCH(what_does_not_fit_is_read_again),
    };
    return cmocka_run_group_tests_name("import_resume", tests, NULL, NULL);
}
