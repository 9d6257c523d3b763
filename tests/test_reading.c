/* Files and texts that someone else made: what is read, where a user's file goes and who may read it then, what
 * reaches terminals and tables. */
#include "tests/folder_help.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/files.h"
#include "engine/base/mapping.h"
#include "engine/base/reading.h"
#include "engine/base/target.h"
#include "engine/base/text.h"

static char folder[WORKSPACE];

static int setup(void **state)
{
    (void)state;
    alarm(60); /* what waits for a pipe ends here */
    return workspace_name(folder) ? chdir(folder) : -1;
}

static int teardown(void **state)
{
    (void)state;
    alarm(0);
    return chdir("/") || workspace_remove(folder);
}

static void put(const char *path, const char *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static void has(const char *path, const char *text)
{
    struct err e;
    char *found = file_read_text(path, 1000, &e);
    if (!found) fail_msg("%s", e.msg);
    assert_string_equal(found, text);
    free(found);
}

/* ---- reading ---- */

static void make_socket(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    close(fd);
}

static void what_is_no_regular_file_is_refused_at_once(void **state)
{
    (void)state;
    static const struct {
        const char *path, *text;
    } rows[] = {
        { "pipe", "pipe: is a pipe, not a regular file" },
        { "to-pipe", "to-pipe: is a pipe, not a regular file" },
        { "/dev/zero", "/dev/zero: is a device, not a regular file" },
        { "socket", "socket: is a socket, not a regular file" },
        { ".", ".: is a directory, not a regular file" },
        { "none", "none: No such file or directory" },
        { "circle", "circle: Too many levels of symbolic links" },
    };
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_int_equal(symlink("pipe", "to-pipe"), 0);
    assert_int_equal(symlink("circle", "circle"), 0);
    make_socket("socket");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e[4];
        struct mapping m;
        char hex[DIGEST_HEX_SIZE];
        assert_int_equal(file_open_regular(rows[i].path, NULL, &e[0]), -1);
        assert_null(file_read_text(rows[i].path, 1000, &e[1]));
        assert_false(mapping_open(&m, rows[i].path, &e[2]));
        assert_false(digest_file(rows[i].path, hex, &e[3]));
        for (int k = 0; k < 4; k++) assert_string_equal(e[k].msg, rows[i].text);
    }
}

/* A pipe that a child fills with n bytes, all of them `letter`, once `wait` seconds went by. */
static pid_t fill(const char *path, size_t n, char letter, unsigned wait)
{
    pid_t child = fork();
    if (child) return child;
    signal(SIGPIPE, SIG_IGN);
    sleep(wait);
    int fd = open(path, O_WRONLY);
    for (size_t i = 0; i < n && write(fd, &letter, 1) == 1; i++) continue;
    _exit(0);
}

static void text_comes_out_of_a_pipe_that_delivers(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        char letter;
        unsigned wait;
        const char *error; /* NULL: it is read */
    } rows[] = {
        { 0, 'a', 0, NULL },
        { 1, 'a', 0, NULL },
        { 999, 'a', 0, NULL },
        { 33, 'a', 1, NULL },
        { 1001, 'a', 0, "more than the 1000 bytes" },
        { 200000, 'a', 0, "more" },
        { 7, '\0', 0, "pipe: line 1: a zero byte" },
    };
    assert_int_equal(mkfifo("pipe", 0600), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e = { 0 };
        pid_t child = fill("pipe", rows[i].n, rows[i].letter, rows[i].wait);
        char *text = file_read_given("pipe", 1000, &e);
        if (!text != !!rows[i].error) fail_msg("row %zu: %s", i, e.msg);
        if (text) assert_int_equal(strlen(text), rows[i].n);
        if (!text && !strstr(e.msg, rows[i].error)) fail_msg("row %zu: %s", i, e.msg);
        free(text);
        assert_int_equal(waitpid(child, NULL, 0), child);
    }
}

static void on_alarm(int number)
{
    (void)number;
}

static void a_silent_pipe_is_left_by_a_signal(void **state)
{
    (void)state;
    struct err e;
    struct sigaction action = { .sa_handler = on_alarm }, before;
    struct itimerval ticks = { .it_interval = { .tv_usec = 100000 }, .it_value = { .tv_usec = 100000 } }, none = { 0 };
    assert_int_equal(mkfifo("pipe", 0600), 0);
    int writer = open("pipe", O_RDWR);
    assert_true(writer >= 0);
    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &ticks, NULL);
    assert_null(file_read_given("pipe", 1000, &e));
    setitimer(ITIMER_REAL, &none, NULL);
    sigaction(SIGALRM, &before, NULL);
    close(writer);
    assert_non_null(strstr(e.msg, strerror(EINTR)));
}

static void text_of_files_is_read_whole_or_not(void **state)
{
    (void)state;
    struct err e;
    put("empty", "", 0);
    put("text", "a\nb\n", 4);
    put("zero", "a\nb\n\0c\n", 7);
    has("empty", "");
    for (int given = 0; given < 2; given++) {
        char *(*read)(const char *, size_t, struct err *) = given ? file_read_given : file_read_text;
        char *text = read("text", 4, &e);
        assert_string_equal(text, "a\nb\n");
        free(text);
        assert_null(read("text", 3, &e));
        assert_null(read("zero", 1000, &e));
        assert_string_equal(e.msg, "zero: line 3: a zero byte: this is not text (UTF-16?)");
    }
    assert_int_equal(truncate("text", (off_t)1 << 40), 0); /* a file of zeros that takes no room */
    assert_null(file_read_given("text", 1000, &e));
    assert_null(file_read_text("text", 1000, &e));
}

/* ---- writing ---- */

static bool write_as(const char *path, enum file_use use, struct err *e)
{
    struct file_writer w;
    if (!file_begin_as(&w, path, use, e)) return false;
    file_put(&w, "new", 3);
    return file_commit(&w, e);
}

static unsigned mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 07777;
}

static void modes_are_the_user_s_choice_and_those_of_the_store_are_not(void **state)
{
    (void)state;
    static const struct {
        mode_t umask, before; /* 0: not there */
        enum file_use use;
        mode_t after;
    } rows[] = {
        { 022, 0, FILE_OF_USER, 0644 },     { 077, 0, FILE_OF_USER, 0600 },     { 0, 0, FILE_OF_USER, 0666 },
        { 022, 0600, FILE_OF_USER, 0600 },  { 077, 0664, FILE_OF_USER, 0664 },  { 0, 0440, FILE_OF_USER, 0440 },
        { 022, 04755, FILE_OF_USER, 0755 }, { 0, 0, FILE_OF_STORE, 0600 },      { 0, 0666, FILE_OF_STORE, 0600 },
        { 077, 0, FILE_OF_STORE, 0600 },    { 022, 0444, FILE_OF_STORE, 0600 },
    };
    struct err e;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unlink("file");
        if (rows[i].before) {
            put("file", "old", 3);
            assert_int_equal(chmod("file", rows[i].before), 0);
        }
        mode_t before = umask(rows[i].umask);
        bool ok = write_as("file", rows[i].use, &e);
        umask(before);
        if (!ok) fail_msg("row %zu: %s", i, e.msg);
        if (mode_of("file") != rows[i].after) fail_msg("row %zu: mode %o", i, mode_of("file"));
        chmod("file", 0600);
        has("file", "new");
    }
}

static void a_user_s_file_is_written_through_the_user_s_links(void **state)
{
    (void)state;
    static const struct {
        const char *link, *to, *file;
    } rows[] = {
        { "plain", "real", "real" },
        { "inner/up", "../above", "above" },
        { "first", "inner/second", "inner/third" }, /* by way of a second link */
        { "new", "inner/not-yet", "inner/not-yet" },
        { "whole", NULL, "inner/whole" },
    };
    struct err e;
    char whole[128];
    assert_int_equal(mkdir("inner", 0700), 0);
    assert_int_equal(symlink("third", "inner/second"), 0);
    put("real", "old", 3);
    put("inner/third", "old", 3);
    snprintf(whole, sizeof whole, "%s/inner/whole", folder);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stat st;
        assert_int_equal(symlink(rows[i].to ? rows[i].to : whole, rows[i].link), 0);
        if (!write_as(rows[i].link, FILE_OF_USER, &e)) fail_msg("%s: %s", rows[i].link, e.msg);
        assert_true(lstat(rows[i].link, &st) == 0 && S_ISLNK(st.st_mode));
        assert_true(lstat(rows[i].file, &st) == 0 && S_ISREG(st.st_mode));
        has(rows[i].file, "new");
    }
    assert_int_equal(symlink("circle", "circle"), 0);
    assert_false(write_as("circle", FILE_OF_USER, &e));
}

static void the_store_replaces_a_link_in_its_place(void **state)
{
    (void)state;
    struct err e;
    struct stat st;
    put("victim", "old", 3);
    assert_int_equal(symlink("victim", "link"), 0);
    assert_true(write_as("link", FILE_OF_STORE, &e));
    assert_true(lstat("link", &st) == 0 && S_ISREG(st.st_mode));
    has("victim", "old");
}

static void links_of_others_are_not_followed_and_owners_are_kept(void **state)
{
    (void)state;
    struct err e;
    struct stat st;
    enum { OTHER = 65534 };
    if (geteuid() != 0) skip(); /* only root gives files away */
    put("victim", "old", 3);
    assert_int_equal(symlink("victim", "planted"), 0);
    assert_int_equal(lchown("planted", OTHER, OTHER), 0);
    assert_false(write_as("planted", FILE_OF_USER, &e));
    assert_non_null(strstr(e.msg, "another user's"));
    has("victim", "old");
    assert_int_equal(chown("victim", OTHER, OTHER), 0);
    assert_true(write_as("victim", FILE_OF_USER, &e));
    assert_true(stat("victim", &st) == 0 && st.st_uid == OTHER && st.st_gid == OTHER);
}

static void what_is_no_file_is_not_replaced(void **state)
{
    (void)state;
    static const char *const paths[] = { "pipe", "to-pipe", "/dev/null", "inner", "to-inner", "." };
    struct err e;
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_int_equal(mkdir("inner", 0700), 0);
    assert_int_equal(symlink("pipe", "to-pipe"), 0);
    assert_int_equal(symlink("inner", "to-inner"), 0);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_false(write_as(paths[i], FILE_OF_USER, &e));
        if (!strstr(e.msg, "no regular file")) fail_msg("%s", e.msg);
    }
    assert_false(write_as("-", FILE_OF_USER, &e));
    assert_true(target_is_stdout("/dev/stdout") && target_is_stdout("-") && !target_is_stdout("./-"));
}

/* ---- text ---- */

static void what_steers_a_terminal_is_replaced(void **state)
{
    (void)state;
    static const struct {
        const char *raw, *clean;
    } rows[] = {
        { "", "" },
        { "plain \xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\xa9\xbb", "plain \xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\xa9\xbb" },
        { "a\033[31mb\177c\nd\te", "a?[31mb?c?d?e" },
        { "a\xc2\x9b"
          "31m",
          "a??31m" }, /* CSI of C1, in UTF-8 */
        { "a\x9b"
          "31m",
          "a?31m" },                                       /* and as a byte */
        { "note \xe2\x80\xaegnp.exe", "note ???gnp.exe" }, /* U+202E */
        { "\xe2\x81\xa6x\xe2\x81\xa9\xe2\x80\x8fy\xd8\x9c", "???x??????y??" },
        { "a\xe2\x80\xa8"
          "b\xe2\x80\xa9"
          "c",
          "a???b???c" },                                                        /* U+2028, U+2029 */
        { "\xc0\xaf\xe0\x80\x80\xed\xa0\x80\xf4\x90\x80\x80", "????????????" }, /* overlong, surrogate, beyond */
        { "cut \xe6\xbc", "cut ??" },
        { "\xe2\x80\x94 \xe2\x80\xa6 \xc2\xa0", "\xe2\x80\x94 \xe2\x80\xa6 \xc2\xa0" }, /* neighbours stay */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char s[64];
        struct err e;
        snprintf(s, sizeof s, "%s", rows[i].raw);
        text_clean(s);
        assert_string_equal(s, rows[i].clean);
        err_set(&e, ERR_IO, "%s", rows[i].raw);
        assert_string_equal(e.msg, rows[i].clean);
    }
}

static void a_cell_is_one_cell_and_no_formula(void **state)
{
    (void)state;
    static const struct {
        const char *text, *cell;
    } rows[] = {
        { "", "" },
        { "plain", "plain" },
        { "No Finding", "No Finding" },
        { "a,b", "\"a,b\"" },
        { "a\"b", "\"a\"\"b\"" },
        { " a", "\" a\"" },
        { "#a", "\"#a\"" },
        { "=1+1", "'=1+1" },
        { "+a", "'+a" },
        { "-a", "'-a" },
        { "@SUM(A1)", "'@SUM(A1)" },
        { "=cmd|'/c calc',1", "\"'=cmd|'/c calc',1\"" },
        { "a;=1+1", "\"a;=1+1\"" },
        { "a\033b\nc", "a?b?c" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text t = { 0 };
        text_cell(&t, rows[i].text);
        assert_string_equal(text_str(&t), rows[i].cell);
        text_clear(&t);
    }
}

static void a_comment_of_a_table_has_no_formula(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line;
    } rows[] = {
        { "run 1 a: method m, data -, seed -1", "run 1 a: method m, data -, seed -1" },
        { "method a,=1+1", "method a,'=1+1" },
        { "method a; \"=1+1\"", "method a; \"'=1+1\"" },
        { "m,-1,+2,@A1,''=3", "m,'-1,'+2,'@A1,'''=3" },
        { "x=1", "x=1" },
        { "a\033\n", "a??" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text t = { 0 };
        text_comment(&t, rows[i].text);
        assert_string_equal(text_str(&t), rows[i].line);
        text_clear(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_no_regular_file_is_refused_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(text_comes_out_of_a_pipe_that_delivers, setup, teardown),
        cmocka_unit_test_setup_teardown(a_silent_pipe_is_left_by_a_signal, setup, teardown),
        cmocka_unit_test_setup_teardown(text_of_files_is_read_whole_or_not, setup, teardown),
        cmocka_unit_test_setup_teardown(modes_are_the_user_s_choice_and_those_of_the_store_are_not, setup, teardown),
        cmocka_unit_test_setup_teardown(a_user_s_file_is_written_through_the_user_s_links, setup, teardown),
        cmocka_unit_test_setup_teardown(the_store_replaces_a_link_in_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(links_of_others_are_not_followed_and_owners_are_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_not_replaced, setup, teardown),
        cmocka_unit_test(what_steers_a_terminal_is_replaced),
        cmocka_unit_test(a_cell_is_one_cell_and_no_formula),
        cmocka_unit_test(a_comment_of_a_table_has_no_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
