#include "tests/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "views/terminal/canvas.h"

enum { PATIENCE = 60 }; /* seconds */

static int property(VTermProp prop, VTermValue *value, void *user)
{
    struct pty *p = user;
    if (prop == VTERM_PROP_ALTSCREEN) p->alternate = value->boolean;
    if (prop == VTERM_PROP_CURSORVISIBLE) p->cursor = value->boolean;
    return 1;
}

static const VTermScreenCallbacks callbacks = { .settermprop = property };

/* What the terminal answers (its kind, the place of the cursor) goes back to the program. */
static void answer(const char *bytes, size_t n, void *user)
{
    const struct pty *p = user;
    while (n > 0 && p->fd >= 0) {
        ssize_t sent = write(p->fd, bytes, n);
        if (sent <= 0) return;
        bytes += sent;
        n -= (size_t)sent;
    }
}

static void answer_unasked(const char *bytes, size_t n, void *user)
{
    if (!((const struct pty *)user)->mute) answer(bytes, n, user);
}

static void exec_in_terminal(const char *const *argv, const char *term, const char *const *environment)
{
    static const char *const multiplexers[] = { "TMUX", "STY", "ZELLIJ", "MLVICX_GRAPHICS" };
    for (size_t i = 0; i < sizeof multiplexers / sizeof *multiplexers; i++) unsetenv(multiplexers[i]);
    unsetenv("COLORTERM");
    unsetenv("NO_COLOR");
    unsetenv("COLORFGBG");
    setenv("TERM", term, 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TZ", "UTC", 1);
    setenv("ASAN_OPTIONS", "detect_leaks=0", 0); /* curses keeps memory as long as it lives */
    for (; environment && *environment; environment++) putenv((char *)*environment);
    execv(argv[0], (char *const *)argv);
    _exit(127);
}

/* What a shell does with one job in the foreground. */
static void shell(const char *const *argv, const char *term)
{
    int status = 0;
    signal(SIGTTOU, SIG_IGN);
    pid_t job = fork();
    if (job == 0) {
        setpgid(0, 0);
        tcsetpgrp(STDIN_FILENO, getpgrp());
        signal(SIGTTOU, SIG_DFL);
        exec_in_terminal(argv, term, NULL);
    }
    setpgid(job, job);
    tcsetpgrp(STDIN_FILENO, job);
    while (waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
        char word[16] = "";
        size_t n = 0;
        tcsetpgrp(STDIN_FILENO, getpgrp());
        dprintf(STDOUT_FILENO, "[stopped]\r\n");
        while (!strstr(word, "fg") && n < sizeof word - 1 && read(STDIN_FILENO, word + n, 1) == 1) n++;
        tcsetpgrp(STDIN_FILENO, job);
        kill(-job, SIGCONT);
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void open_with(struct pty *p, const char *const *argv, const char *term, const char *const *environment,
                      int rows, int columns, bool below_shell)
{
    struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns };
    *p = (struct pty){ .rows = rows, .columns = columns, .cursor = true };
    p->term = vterm_new(rows, columns);
    vterm_set_utf8(p->term, 1);
    vterm_output_set_callback(p->term, answer_unasked, p);
    p->screen = vterm_obtain_screen(p->term);
    vterm_screen_set_callbacks(p->screen, &callbacks, p);
    vterm_screen_enable_altscreen(p->screen, 1);
    vterm_screen_reset(p->screen, 1);
    p->pid = forkpty(&p->fd, NULL, NULL, &size);
    if (p->pid == 0 && below_shell) shell(argv, term);
    if (p->pid == 0) exec_in_terminal(argv, term, environment);
}

void pty_open(struct pty *p, const char *const *argv, const char *term, const char *const *environment, int rows,
              int columns)
{
    open_with(p, argv, term, environment, rows, columns, false);
}

void pty_open_shell(struct pty *p, const char *const *argv, const char *term, int rows, int columns)
{
    open_with(p, argv, term, NULL, rows, columns, true);
}

/* Bytes that wait for the program to read them. */
static int unread(const struct pty *p)
{
    int n = 0, other = p->fd < 0 ? -1 : open(ptsname(p->fd), O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (other < 0) return 0;
    if (ioctl(other, FIONREAD, &n)) n = 0;
    close(other);
    return n;
}

static bool take(struct pty *p, int milliseconds);

/* As a person types: what was typed before has been read, so that two lines are not one read. */
void pty_send_bytes(struct pty *p, const char *bytes, size_t n)
{
    double begun = clock_seconds();
    while (unread(p) > 0 && clock_seconds() - begun < 20) take(p, 1);
    answer(bytes, n, p);
}

void pty_send(struct pty *p, const char *bytes)
{
    pty_send_bytes(p, bytes, strlen(bytes));
}

/* Whether pasted text is put into brackets, by what the program asked for last. */
static void watch_brackets(struct pty *p, const char *bytes, size_t n)
{
    static const char ask[] = "\033[?2004";
    for (size_t i = 0; i < n; i++) {
        if (p->asked == sizeof ask - 1) {
            if (bytes[i] == 'h' || bytes[i] == 'l') p->brackets = bytes[i] == 'h';
            p->asked = 0;
        } else {
            p->asked = bytes[i] == ask[p->asked] ? p->asked + 1 : bytes[i] == ask[0];
        }
    }
}

/* Give libvterm what is no picture: it prints parts of strings that are longer than it expects. */
static void show_letters(struct pty *p, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char byte = bytes[i];
        if (p->string >= 2) {
            p->string = p->string == 3 && byte == '\\' ? 0 : byte == '\033' ? 3 : 2;
        } else if (p->string == 1) {
            p->string = byte == 'P' || byte == '_' ? 2 : 0;
            if (!p->string) vterm_input_write(p->term, (char[2]){ '\033', byte }, 2);
        } else if (byte == '\033') {
            p->string = 1;
        } else {
            vterm_input_write(p->term, &byte, 1);
        }
    }
}

/* Take what is there within `milliseconds`; false when nothing came. */
static bool take(struct pty *p, int milliseconds)
{
    char block[8192];
    struct pollfd in = { .fd = p->fd, .events = POLLIN };
    if (p->fd < 0 || poll(&in, 1, milliseconds) <= 0) return false;
    ssize_t n = read(p->fd, block, sizeof block);
    if (n <= 0) { /* the other end is closed */
        close(p->fd);
        p->fd = -1;
        return false;
    }
    watch_brackets(p, block, (size_t)n);
    if (p->keeps) text_append(&p->written, block, (size_t)n);
    if (p->keeps)
        show_letters(p, block, (size_t)n);
    else
        vterm_input_write(p->term, block, (size_t)n);
    return true;
}

void pty_settle(struct pty *p, int quiet)
{
    while (take(p, quiet)) {
    }
}

bool pty_wait(struct pty *p, const char *text)
{
    double begun = clock_seconds();
    for (;;) {
        struct text now = { 0 };
        pty_text(p, &now);
        bool there = strstr(text_str(&now), text) != NULL;
        text_clear(&now);
        if (there) return true;
        if (clock_seconds() - begun > PATIENCE || (!take(p, 200) && p->fd < 0)) return false;
    }
}

bool pty_wait_end(struct pty *p)
{
    double begun = clock_seconds();
    while (!p->ended && clock_seconds() - begun < PATIENCE) {
        take(p, 50);
        p->ended = waitpid(p->pid, &p->status, WNOHANG) == p->pid;
        if (p->fd < 0 && !p->ended) usleep(20000);
    }
    pty_settle(p, 50);
    return p->ended;
}

void pty_resize(struct pty *p, int rows, int columns)
{
    struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns };
    p->rows = rows;
    p->columns = columns;
    vterm_set_size(p->term, rows, columns);
    ioctl(p->fd, TIOCSWINSZ, &size);
}

void pty_row(const struct pty *p, int y, struct text *out)
{
    size_t end = out->length;
    for (int x = 0; x < p->columns; x++) {
        VTermScreenCell cell;
        vterm_screen_get_cell(p->screen, (VTermPos){ y, x }, &cell);
        if (cell.chars[0] == (uint32_t)-1) continue; /* the right half of a wide one */
        for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++) text_add_char(out, cell.chars[i]);
        if (!cell.chars[0]) text_append(out, " ", 1);
        if (cell.chars[0] && cell.chars[0] != ' ') end = out->length;
    }
    if (out->data && !out->broken) {
        out->length = end;
        out->data[end] = '\0';
    }
}

void pty_text(const struct pty *p, struct text *out)
{
    for (int y = 0; y < p->rows; y++) {
        pty_row(p, y, out);
        text_append(out, "\n", 1);
    }
}

void pty_close(struct pty *p)
{
    if (!p->ended && p->pid > 0) {
        kill(p->pid, SIGKILL);
        waitpid(p->pid, &p->status, 0);
    }
    if (p->fd >= 0) close(p->fd);
    vterm_free(p->term);
    text_clear(&p->written);
    *p = (struct pty){ .fd = -1 };
}
