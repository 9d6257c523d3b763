#define _XOPEN_SOURCE_EXTENDED 1
#define NCURSES_WIDECHAR       1
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "views/term.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include <curses.h>

#include "views/keys.h"

struct term {
    SCREEN *screen;
    struct canvas *canvas; /* borrowed */
    struct canvas shown;   /* what the terminal has */
    struct theme *theme;   /* borrowed */
    bool mouse;
};

/* ---- signals: what must be put right however we end ----------------------------------------------------- */

static struct termios saved_modes;
static bool saved, restorable;
static volatile sig_atomic_t asked; /* to quit */

static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
static const int polite[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT };

/* Leave the alternate screen, show the cursor, plain attributes, no mouse reports: what every terminal here obeys or
 * ignores. Only calls that a signal handler may make. */
static void crash(int signal_number)
{
    static const char back[] = "\033[?1000l\033[?1002l\033[?1006l\033[?1049l\033[?25h\033[0m\r\n";
    if (restorable) {
        ssize_t n = write(STDOUT_FILENO, back, sizeof back - 1);
        (void)n;
        if (saved) tcsetattr(STDIN_FILENO, TCSANOW, &saved_modes);
    }
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void ask(int signal_number)
{
    asked = signal_number;
}

static void catch_signals(void)
{
    struct sigaction a = { .sa_handler = crash, .sa_flags = (int)SA_RESETHAND };
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) sigaction(fatal[i], &a, NULL);
    a = (struct sigaction){ .sa_handler = ask };
    for (size_t i = 0; i < sizeof polite / sizeof *polite; i++) sigaction(polite[i], &a, NULL);
}

static void release_signals(void)
{
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) signal(fatal[i], SIG_DFL);
    for (size_t i = 0; i < sizeof polite / sizeof *polite; i++) signal(polite[i], SIG_DFL);
}

/* ---- opening -------------------------------------------------------------------------------------------- */

static bool is_light(int background)
{
    const char *colours = getenv("COLORFGBG"), *last = colours ? strrchr(colours, ';') : NULL;
    if (background) return background == 2;
    if (!last) return false;
    int n = atoi(last + 1);
    return n == 7 || n == 15;
}

/* The twin of $TERM that takes 24-bit colours, where the terminal says that it does and the description is there. */
static const char *direct_twin(const char *term)
{
    static const struct {
        const char *begins, *twin;
    } twins[] = { { "xterm", "xterm-direct" }, { "tmux", "tmux-direct" },           { "screen", "tmux-direct" },
                  { "kitty", "kitty-direct" }, { "alacritty", "alacritty-direct" }, { "konsole", "konsole-direct" } };
    const char *says = getenv("COLORTERM");
    if (!term || !says || (strcmp(says, "truecolor") && strcmp(says, "24bit"))) return NULL;
    for (size_t i = 0; i < sizeof twins / sizeof *twins; i++)
        if (!strncmp(term, twins[i].begins, strlen(twins[i].begins))) return twins[i].twin;
    return NULL;
}

static enum theme_depth depth_of(bool mono)
{
    const char *no = getenv("NO_COLOR");
    if (mono || (no && *no) || !has_colors() || start_color() == ERR) return THEME_MONO;
    use_default_colors();
    return COLORS > 256    ? THEME_TRUE
           : COLORS >= 256 ? THEME_256
           : COLORS >= 16  ? THEME_16
           : COLORS >= 8   ? THEME_8
                           : THEME_MONO;
}

bool term_open(const struct term_options *o, struct canvas *canvas, struct theme *theme, struct term **out,
               struct err *e)
{
    const char *name = getenv("TERM"), *twin = direct_twin(name);
    struct term *t;
    *out = NULL;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return err_set(e, ERR_UNSUPPORTED,
                       "workbench: there is no terminal here; commands such as mlvicx runs work without one");
    saved = tcgetattr(STDIN_FILENO, &saved_modes) == 0;
    t = calloc(1, sizeof *t);
    if (!t) return err_set(e, ERR_MEMORY, "workbench: memory ran out");
    setlocale(LC_CTYPE, "");
    canvas->ascii = o->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    canvas->plain = name && !strncmp(name, "linux", 5); /* the console's font has no braille */
    if (twin) t->screen = newterm(twin, stdout, stdin);
    if (!t->screen) t->screen = newterm(NULL, stdout, stdin);
    if (!t->screen) {
        free(t);
        return err_set(
            e, ERR_UNSUPPORTED,
            "workbench: TERM=%s is not a terminal that is known here; try TERM=xterm-256color, or TERM=vt100",
            name ? name : "");
    }
    restorable = true;
    t->canvas = canvas;
    t->theme = theme;
    t->mouse = o->mouse;
    cbreak();
    noecho();
    nonl();
    nodelay(stdscr, TRUE);
    keypad(stdscr, TRUE);
    leaveok(stdscr, FALSE);
    set_escdelay(25);
    *theme = (struct theme){ depth_of(o->mono), is_light(o->background) };
    if (o->mouse) {
        mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
        mouseinterval(0);
    }
    catch_signals();
    if (!canvas_resize(canvas, LINES, COLS) || !canvas_resize(&t->shown, LINES, COLS)) {
        term_close(t);
        return err_set(e, ERR_MEMORY, "workbench: memory ran out");
    }
    clear();
    *out = t;
    return true;
}

void term_close(struct term *t)
{
    if (!t) return;
    restorable = false;
    curs_set(1);
    endwin();
    delscreen(t->screen);
    release_signals();
    canvas_clear(&t->shown);
    free(t);
}

/* ---- input ---------------------------------------------------------------------------------------------- */

static const struct {
    int curses, key;
} special[] = {
    { KEY_UP, KEYS_UP },
    { KEY_DOWN, KEYS_DOWN },
    { KEY_LEFT, KEYS_LEFT },
    { KEY_RIGHT, KEYS_RIGHT },
    { KEY_PPAGE, KEYS_PAGE_UP },
    { KEY_NPAGE, KEYS_PAGE_DOWN },
    { KEY_HOME, KEYS_HOME },
    { KEY_END, KEYS_END },
    { KEY_IC, KEYS_INSERT },
    { KEY_DC, KEYS_DELETE },
    { KEY_BTAB, KEYS_BACK_TAB },
    { KEY_ENTER, KEYS_ENTER },
    { KEY_BACKSPACE, KEYS_BACKSPACE },
    { KEY_SR, KEYS_UP },
    { KEY_SF, KEYS_DOWN },
    { KEY_FIND, KEYS_HOME },
    { KEY_SELECT, KEYS_END },
};

static int translate(wint_t ch, bool is_special)
{
    if (!is_special) return ch == '\n' ? KEYS_ENTER : ch == 8 ? KEYS_BACKSPACE : (int)ch;
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (special[i].curses == (int)ch) return special[i].key;
    if ((int)ch >= KEY_F(1) && (int)ch <= KEY_F(12)) return KEYS_F1 + (int)ch - KEY_F(1);
    return KEYS_NONE;
}

static struct term_event resized(struct term *t)
{
    canvas_resize(t->canvas, LINES, COLS);
    canvas_resize(&t->shown, LINES, COLS);
    erase(); /* what stands in curses' memory was written for the old size */
    clearok(stdscr, TRUE);
    return (struct term_event){ .kind = TERM_RESIZE };
}

static struct term_event mouse(void)
{
    MEVENT m;
    struct term_event out = { .kind = TERM_NOTHING };
    if (getmouse(&m) != OK) return out;
    out = (struct term_event){ .kind = TERM_CLICK, .y = m.y, .x = m.x };
    if (m.bstate & (BUTTON4_PRESSED | BUTTON5_PRESSED))
        out.kind = TERM_WHEEL, out.key = m.bstate & BUTTON4_PRESSED ? -1 : 1;
    else if (!(m.bstate & BUTTON1_PRESSED))
        out.kind = TERM_NOTHING;
    return out;
}

static struct term_event read_event(struct term *t)
{
    wint_t ch;
    int got = get_wch(&ch);
    if (got == ERR) return (struct term_event){ .kind = TERM_NOTHING };
    if (got == KEY_CODE_YES && ch == KEY_RESIZE) return resized(t);
    if (got == KEY_CODE_YES && ch == KEY_MOUSE) return mouse();
    int key = translate(ch, got == KEY_CODE_YES);
    return (struct term_event){ .kind = key ? TERM_KEY : TERM_NOTHING, .key = key };
}

struct term_event term_wait(struct term *t, int milliseconds)
{
    struct term_event event = read_event(t); /* curses may hold keys that poll does not see */
    if (asked) return (struct term_event){ .kind = TERM_QUIT };
    if (event.kind != TERM_NOTHING) return event;
    struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
    int n = poll(&in, 1, milliseconds);
    if (asked || (n > 0 && in.revents & (POLLHUP | POLLERR) && !(in.revents & POLLIN)))
        return (struct term_event){ .kind = TERM_QUIT };
    if (n > 0 || (n < 0 && errno == EINTR)) event = read_event(t);
    return event;
}

bool term_pending(struct term *t)
{
    (void)t;
    struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
    return poll(&in, 1, 0) > 0;
}

/* ---- output --------------------------------------------------------------------------------------------- */

static void set_cell(struct term *t, const struct cell *cell, cchar_t *out)
{
    unsigned attributes = theme_attributes(t->theme, cell->style);
    attr_t a = A_NORMAL;
    wchar_t text[3] = { (wchar_t)cell->ch, (wchar_t)cell->combining, 0 };
    int pair = 0;
    if (attributes & STYLE_BOLD) a |= A_BOLD;
    if (attributes & STYLE_REVERSE) a |= A_REVERSE;
    if (attributes & STYLE_UNDERLINE) a |= A_UNDERLINE;
    if (t->theme->depth > THEME_MONO) {
        int ink = theme_colour(t->theme, STYLE_INK_OF(cell->style), false),
            paper = theme_colour(t->theme, STYLE_PAPER_OF(cell->style), true);
        if (ink >= 0 || paper >= 0) pair = alloc_pair(ink, paper);
        if (pair < 0) pair = 0;
    }
    setcchar(out, text, a, (short)(pair < 32767 ? pair : 0), pair < 32767 ? NULL : &pair);
}

/* Hand the changed cells to curses. The lower right cell is left out: writing it scrolls some terminals. */
void term_flush(struct term *t, bool all, int cursor_y, int cursor_x)
{
    struct canvas *c = t->canvas;
    if (all) clearok(curscr, TRUE);
    for (int y = 0; y < c->h && y < t->shown.h; y++) {
        for (int x = 0; x < c->w && x < t->shown.w; x++) {
            const struct cell *now = &c->cells[(size_t)y * c->w + x], *before = &t->shown.cells[(size_t)y * c->w + x];
            if (now->ch == before->ch && now->combining == before->combining && now->style == before->style) continue;
            if (now->ch == 0) continue; /* goes with its left half */
            cchar_t out;
            set_cell(t, now, &out);
            mvadd_wchnstr(y, x, &out, 1);
        }
    }
    memcpy(t->shown.cells, c->cells, (size_t)c->h * c->w * sizeof *c->cells);
    curs_set(cursor_y >= 0);
    if (cursor_y >= 0) move(cursor_y, cursor_x);
    refresh();
}

void term_beep(struct term *t)
{
    (void)t;
    beep();
}
