#define _XOPEN_SOURCE_EXTENDED 1
#define NCURSES_WIDECHAR       1
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "views/terminal/terminal.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include <curses.h>

#include "engine/base/clock.h"
#include "views/terminal/backdrop.h"
#include "views/terminal/input.h"
#include "views/terminal/keys.h"
#include "views/terminal/placed.h"
#include "views/terminal/signals.h"
#include "views/terminal/terminal_names.h"

struct terminal {
    SCREEN *screen;
    struct canvas *canvas; /* borrowed */
    struct canvas shown;   /* what the terminal shows */
    struct theme *theme;   /* borrowed */
    struct input input;
    bool modes, mouse; /* it understands the modes below; it is asked to report the mouse */
    struct graphics graphics;
    double asked_at, touched_at; /* when it was asked of itself; when the last key came */
    struct placed placed;
    char remark[160];
    bool remarked; /* the remark is new */
};

enum { NO_BREAK_SPACE = 0xa0 };
#define STILL 0.3     /* seconds without a key, after which pictures that wait are shown */
enum { SLOWEST = 2 }; /* seconds after which no answer of the terminal is expected */

bool terminal_asked_to_leave(void)
{
    return signals_seen(SIGNALS_ASKED);
}

/* ---- opening -------------------------------------------------------------------------------------------- */

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

/* A string capability of the terminal, or "". */
static const char *capability(const char *name)
{
    const char *text = tigetstr(name);
    return text && text != (char *)-1 ? text : "";
}

/* Opens curses by the name in TERM, or by the nearest name that is installed. The terminal "dumb" exists, and cannot be
 * used. */
static bool open_screen(struct terminal *t, const char *name, struct err *e)
{
    const char *colours = getenv("COLORTERM"), *twin = terminal_names_direct(name, colours), *like = name;
    bool unnamed = !name || !*name || !strcmp(name, "unknown");
    if (twin) t->screen = newterm(twin, stdout, stdin);
    if (!t->screen && !unnamed) t->screen = newterm(name, stdout, stdin);
    for (int i = 0; !t->screen && (like = terminal_names_like(unnamed ? NULL : name, colours, i)); i++)
        t->screen = newterm(like, stdout, stdin);
    if (!t->screen)
        return err_set(e, ERR_UNSUPPORTED,
                       "workbench: TERM=%s is not known here, nor is xterm or vt100: the descriptions of terminals are "
                       "missing; install ncurses-base, or set TERMINFO",
                       name ? name : "");
    if (!*capability("cup")) {
        delscreen(t->screen);
        t->screen = NULL;
        return err_set(e, ERR_UNSUPPORTED,
                       "workbench: TERM=%s cannot place its cursor; try TERM=xterm-256color where the terminal can; "
                       "commands such as mlvicx runs work without",
                       like);
    }
    if (unnamed)
        snprintf(t->remark, sizeof t->remark, "TERM is not set; drawn as for TERM=%s", like);
    else if (like != name)
        snprintf(t->remark, sizeof t->remark, "TERM=%.60s is not known here; drawn as for TERM=%s", name, like);
    return true;
}

/* Defines the sequences that this terminal sends for keys. */
static void define_keys(struct input *in)
{
    static const struct {
        const char *name;
        int key;
    } rows[] = {
        { "kcuu1", KEYS_UP },      { "kcud1", KEYS_DOWN },    { "kcub1", KEYS_LEFT },    { "kcuf1", KEYS_RIGHT },
        { "kpp", KEYS_PAGE_UP },   { "knp", KEYS_PAGE_DOWN }, { "khome", KEYS_HOME },    { "kend", KEYS_END },
        { "kich1", KEYS_INSERT },  { "kdch1", KEYS_DELETE },  { "kcbt", KEYS_BACK_TAB }, { "kent", KEYS_ENTER },
        { "kbs", KEYS_BACKSPACE }, { "kri", KEYS_UP },        { "kind", KEYS_DOWN },     { "kfnd", KEYS_HOME },
        { "kslt", KEYS_END },      { "kf1", KEYS_F1 },        { "kf2", KEYS_F1 + 1 },    { "kf3", KEYS_F1 + 2 },
        { "kf4", KEYS_F1 + 3 },    { "kf5", KEYS_F1 + 4 },    { "kf6", KEYS_F1 + 5 },    { "kf7", KEYS_F1 + 6 },
        { "kf8", KEYS_F1 + 7 },    { "kf9", KEYS_F1 + 8 },    { "kf10", KEYS_F1 + 9 },   { "kf11", KEYS_F1 + 10 },
        { "kf12", KEYS_F1 + 11 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) input_define(in, capability(rows[i].name), rows[i].key);
}

/* Sets the modes of the terminal while the workbench uses it. */
static void enter(struct terminal *t)
{
    raw(); /* every byte is passed on: a pasted Ctrl-C is no signal, Ctrl-S does not freeze the screen */
    noecho();
    nonl();
    if (t->modes) signals_put(PASTE_ON);
    if (t->modes && t->mouse) signals_put(MOUSE_ON);
}

static bool readable(int milliseconds)
{
    struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
    return poll(&in, 1, milliseconds) > 0;
}

/* An answer that is still to come would be typed into the shell: waits for it, not long. */
static void await_answer(const struct terminal *t)
{
    enum { MOMENT = 200 }; /* milliseconds */
    if (!t->graphics.asked || t->graphics.answered || clock_seconds() - t->asked_at > SLOWEST) return;
    if (readable(MOMENT)) tcflush(STDIN_FILENO, TCIFLUSH);
}

static void remove_pictures(struct terminal *t)
{
    struct text out = { 0 };
    placed_remove(&t->placed, t->graphics.used, &out);
    terminal_send(t, &out);
    text_clear(&out);
}

static void leave(struct terminal *t)
{
    remove_pictures(t);
    await_answer(t);
    if (t->modes) signals_put(MOUSE_OFF PASTE_OFF);
    curs_set(1);
    endwin();
}

/* What the canvas is told of the pictures that can be shown. */
static void use_graphics(struct terminal *t)
{
    const struct graphics *g = &t->graphics;
    bool pixels = g->used == GRAPHICS_SIXEL || g->used == GRAPHICS_KITTY;
    t->canvas->pictures = pixels ? PICTURES_PIXELS : g->used == GRAPHICS_SYMBOLS ? PICTURES_FINE : PICTURES_HALVES;
    t->canvas->cell_h = g->cell_h;
    t->canvas->cell_w = g->cell_w;
    idcok(stdscr, !pixels); /* shifting letters along a row would shift a picture too */
}

/* Pixels of a cell, where the system knows them; terminals that do not say it leave zeros. */
static void measure_cells(struct graphics *g)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col || !size.ws_ypixel || !size.ws_xpixel)
        return;
    g->cell_h = size.ws_ypixel / size.ws_row;
    g->cell_w = size.ws_xpixel / size.ws_col;
}

/* Decides how pictures are drawn until the terminal answers. Where there are no colours or only ASCII, characters do as
 * they always did. */
static void open_graphics(struct terminal *t, enum graphics_mode wanted)
{
    struct graphics *g = &t->graphics;
    bool letters = t->canvas->ascii || t->canvas->plain || !theme_has_map(t->theme) || !t->modes;
    *g = (struct graphics){ .wanted = letters ? GRAPHICS_NONE : wanted, .multiplexed = graphics_multiplexed() };
    measure_cells(g);
    graphics_decide(g);
    use_graphics(t);
    if (!*t->remark) snprintf(t->remark, sizeof t->remark, "%s", graphics_remark(g));
}

/* Asks the terminal for its background, unless the user named it, and for the pictures that it can show. */
static void ask_terminal(struct terminal *t, bool named)
{
    struct graphics *g = &t->graphics;
    bool backdrop = !named && t->modes && !t->canvas->plain && backdrop_worth_asking();
    struct text question = { 0 };
    if (backdrop) backdrop_question(&question);
    if (graphics_worth_asking(g))
        graphics_question(&question);
    else if (backdrop)
        text_add(&question, "\033[c"); /* which every terminal answers: then nothing more is to come */
    if (!question.length) return;
    terminal_send(t, &question);
    text_clear(&question);
    g->asked = t->input.listens = true;
    t->asked_at = clock_seconds();
}

bool terminal_open(const struct terminal_options *o, struct canvas *canvas, struct theme *theme, struct terminal **out,
                   struct err *e)
{
    const char *name = getenv("TERM");
    struct terminal *t;
    *out = NULL;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return err_set(e, ERR_UNSUPPORTED,
                       "workbench: there is no terminal here; commands such as mlvicx runs work without one");
    signals_remember();
    t = calloc(1, sizeof *t);
    if (!t) return err_set(e, ERR_MEMORY, "workbench: memory ran out");
    setlocale(LC_CTYPE, "");
    bool utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
    canvas->ascii = o->ascii || !utf8;
    canvas->plain = name && !strncmp(name, "linux", 5); /* the console's font has no braille */
    if (!open_screen(t, name, e)) {
        free(t);
        return false;
    }
    t->canvas = canvas;
    t->theme = theme;
    t->modes = !strncmp(capability("cup"), "\033[", 2);
    t->mouse = o->mouse && *capability("kmous");
    input_init(&t->input, utf8);
    define_keys(&t->input);
    signals_catch();
    enter(t);
    keypad(stdscr, TRUE); /* only so that keys are sent as terminfo describes them */
    typeahead(-1);
    leaveok(stdscr, FALSE);
    *theme = (struct theme){ depth_of(o->mono), o->background ? o->background == 2 : backdrop_guess() };
    if (!canvas_resize(canvas, LINES, COLS) || !canvas_resize(&t->shown, LINES, COLS)) {
        terminal_close(t);
        return err_set(e, ERR_MEMORY, "workbench: memory ran out");
    }
    open_graphics(t, o->graphics);
    ask_terminal(t, o->background);
    clear(); /* and with it whatever a terminal printed that did not understand the question */
    *out = t;
    return true;
}

const char *terminal_remark(const struct terminal *t)
{
    return t->remark;
}

void terminal_close(struct terminal *t)
{
    if (!t) return;
    leave(t);
    signals_release();
    delscreen(t->screen);
    canvas_clear(&t->shown);
    input_clear(&t->input);
    free(t);
}

/* ---- input ---------------------------------------------------------------------------------------------- */

static struct terminal_event resized(struct terminal *t)
{
    struct winsize size;
    signals_take(SIGNALS_GROWN);
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
        resizeterm(size.ws_row, size.ws_col);
    canvas_resize(t->canvas, LINES, COLS);
    canvas_resize(&t->shown, LINES, COLS);
    measure_cells(&t->graphics);
    use_graphics(t);
    erase(); /* the contents of curses are of the old size */
    clearok(stdscr, TRUE);
    return (struct terminal_event){ .kind = TERMINAL_RESIZE };
}

/* Suspends the program: gives the terminal to the shell until it returns it. */
static struct terminal_event suspend(struct terminal *t)
{
    leave(t);
    signals_suspend();
    refresh(); /* takes the screen over again */
    enter(t);
    return resized(t);
}

static struct terminal_event translate(struct terminal *t, const struct input_event *in)
{
    static const enum terminal_event_kind kinds[] = {
        [INPUT_NOTHING] = TERMINAL_NOTHING, [INPUT_KEY] = TERMINAL_KEY,      [INPUT_CLICK] = TERMINAL_CLICK,
        [INPUT_WHEEL] = TERMINAL_WHEEL,     [INPUT_PASTED] = TERMINAL_PASTE, [INPUT_ANSWER] = TERMINAL_REDRAW,
    };
    bool pointed = in->kind == INPUT_CLICK || in->kind == INPUT_WHEEL;
    if (pointed && (!t->mouse || in->y >= t->canvas->h || in->x >= t->canvas->w))
        return (struct terminal_event){ .kind = TERMINAL_NOTHING };
    if (in->kind == INPUT_KEY && in->key == KEYS_CTRL('z')) {
        kill(0, SIGTSTP); /* stops all processes of the job, as Ctrl-Z in the terminal does */
        return (struct terminal_event){ .kind = TERMINAL_NOTHING };
    }
    if (in->kind == INPUT_KEY && in->key == KEYS_CTRL('\\')) return (struct terminal_event){ .kind = TERMINAL_QUIT };
    return (struct terminal_event){ .kind = kinds[in->kind], .key = in->key, .y = in->y, .x = in->x, .text = in->text };
}

/* Reads the available bytes; false if the terminal is gone. More than a key or two in one read may be the beginning of
 * a paste that arrives in pieces: waits a moment for the next piece, to see the paste as a whole. */
static bool receive(struct terminal *t, bool typing)
{
    enum { FEW = 2, MOMENT = 8 };
    char bytes[INPUT_ROOM];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n <= 0) return n < 0 && (errno == EINTR || errno == EAGAIN);
    size_t got = (size_t)n;
    while (got > FEW && got < sizeof bytes && bytes[0] != '\033' && !strchr("\r\n", bytes[got - 1]) &&
           readable(MOMENT)) {
        n = read(STDIN_FILENO, bytes + got, sizeof bytes - got);
        if (n <= 0) break;
        got += (size_t)n;
    }
    input_feed(&t->input, bytes, got, clock_seconds(), typing);
    return true;
}

/* What the terminal says of itself, or NULL: nothing any more; true if all is drawn otherwise from now on, or there is
 * something to remark. */
static bool hear(struct terminal *t, const char *sequence)
{
    struct text out = { 0 };
    bool light;
    if (sequence && backdrop_heard(sequence, &light)) {
        t->remarked = false;
        if (light == t->theme->light) return false;
        t->theme->light = light;
        canvas_blank(&t->shown); /* what is shown has the colours of before */
        erase();
        return true;
    }
    enum graphics_mode before = t->graphics.used;
    bool changed = sequence ? graphics_heard(&t->graphics, sequence) : graphics_give_up(&t->graphics);
    const char *remark = graphics_remark(&t->graphics);
    t->remarked = *remark && strcmp(remark, t->remark) != 0;
    if (t->remarked) snprintf(t->remark, sizeof t->remark, "%s", remark);
    if (!changed) return t->remarked;
    placed_remove(&t->placed, before, &out);
    terminal_send(t, &out);
    text_clear(&out);
    use_graphics(t);
    return true;
}

/* All must be drawn again; with the remark on pictures if that is new. */
static struct terminal_event redrawn(const struct terminal *t)
{
    return (struct terminal_event){ .kind = TERMINAL_REDRAW, .text = t->remarked ? t->remark : NULL };
}

/* Whether the user asked for pictures in pixels, and nothing was heard of them for long. */
static bool unheard(const struct terminal *t, double now)
{
    const struct graphics *g = &t->graphics;
    return g->asked && !g->answered && !g->silent && g->wanted != GRAPHICS_AUTO && now - t->asked_at > SLOWEST;
}

/* What to wait for: until `end`, or until the pictures that wait are shown. */
static struct terminal_event wait_until(struct terminal *t, double end, bool typing)
{
    for (;;) {
        struct input_event in;
        if (signals_seen(SIGNALS_ASKED)) return (struct terminal_event){ .kind = TERMINAL_QUIT };
        if (signals_seen(SIGNALS_STOPPED)) return suspend(t);
        if (signals_seen(SIGNALS_GROWN)) return resized(t);
        if (input_next(&t->input, &in)) {
            if (in.kind == INPUT_ANSWER && !hear(t, in.text)) continue;
            return in.kind == INPUT_ANSWER ? redrawn(t) : translate(t, &in);
        }
        double now = clock_seconds(), left = end > now ? end - now : 0, due = input_due(&t->input, now);
        if (readable((int)(1000 * (due >= 0 && due < left ? due : left) + 0.999))) {
            if (!receive(t, typing)) return (struct terminal_event){ .kind = TERMINAL_QUIT };
            continue;
        }
        now = clock_seconds();
        if (input_idle(&t->input, now, &in)) return translate(t, &in);
        if (unheard(t, now) && hear(t, NULL)) return redrawn(t);
        if (now >= end && !signals_pending()) return (struct terminal_event){ .kind = TERMINAL_NOTHING };
    }
}

struct terminal_event terminal_wait(struct terminal *t, int milliseconds, bool typing)
{
    double end = clock_seconds() + milliseconds / 1000.0, still = t->touched_at + STILL;
    bool waits = t->placed.waits && still < end;
    struct terminal_event event = wait_until(t, waits ? still : end, typing);
    if (event.kind == TERMINAL_KEY || event.kind == TERMINAL_WHEEL) t->touched_at = clock_seconds();
    if (event.kind == TERMINAL_NOTHING && waits) event.kind = TERMINAL_REDRAW;
    return event;
}

bool terminal_pending(struct terminal *t)
{
    return t->input.at < t->input.end || readable(0);
}

/* ---- output --------------------------------------------------------------------------------------------- */

static void set_cell(struct terminal *t, const struct cell *cell, cchar_t *out)
{
    unsigned attributes = theme_attributes(t->theme, cell->style);
    attr_t a = A_NORMAL;
    wchar_t text[3] = { (wchar_t)cell->ch, (wchar_t)cell->combining, 0 };
    int pair = 0;
    if (attributes & STYLE_BOLD) a |= A_BOLD;
    if (attributes & STYLE_REVERSE) a |= A_REVERSE;
    if (attributes & STYLE_UNDERLINE) a |= A_UNDERLINE;
    if (t->theme->depth > THEME_MONO) {
        int ink, paper;
        theme_pair(t->theme, cell->style, &ink, &paper);
        if (ink >= 0 || paper >= 0) pair = alloc_pair(ink, paper);
        if (pair < 0) pair = 0;
    }
    setcchar(out, text, a, (short)(pair < 32767 ? pair : 0), pair < 32767 ? NULL : &pair);
}

/* What a cell of the terminal shall show: below a picture a blank of its own kind (placed_hides). */
static struct cell cell_to_show(const struct terminal *t, int y, int x)
{
    const struct cell *cell = &t->canvas->cells[(size_t)y * t->canvas->w + x];
    if (!placed_hides(&t->placed, cell)) return *cell;
    return (struct cell){ .ch = NO_BREAK_SPACE };
}

static bool same_look(const struct cell *a, const struct cell *b)
{
    return a->ch == b->ch && a->combining == b->combining && a->style == b->style;
}

/* Passes the changed cells to curses; of each row those between its picture `part` and the next one, so that curses
 * does not write over a picture in the middle on the way from one change to another. Returns the changed cells;
 * `*parts` becomes the most parts of a row. */
static int pass_cells(struct terminal *t, int part, int *parts)
{
    struct canvas *c = t->canvas;
    int changed = 0;
    for (int y = 0; y < c->h && y < t->shown.h; y++) {
        int at = 0;
        bool within = false;
        for (int x = 0; x < c->w && x < t->shown.w; x++) {
            bool hidden = placed_hides(&t->placed, &c->cells[(size_t)y * c->w + x]);
            if (hidden && !within && ++at >= *parts) *parts = at + 1;
            within = hidden;
            struct cell now = cell_to_show(t, y, x), *before = &t->shown.cells[(size_t)y * c->w + x];
            if (at != part || same_look(&now, before)) continue;
            *before = now;
            changed++;
            if (now.ch == 0) continue; /* drawn with its left half */
            cchar_t out;
            set_cell(t, &now, &out);
            mvadd_wchnstr(y, x, &out, 1);
        }
    }
    return changed;
}

/* The lower right cell is left out by curses: writing it makes some terminals scroll. */
size_t terminal_flush(struct terminal *t, bool all, int cursor_y, int cursor_x)
{
    enum { CELL_BYTES = 26 }; /* measured: a cell of a picture in 24-bit colours */
    struct text before = { 0 }, behind = { 0 };
    size_t bytes = 0;
    int parts = 1;
    t->placed.hurried = clock_seconds() - t->touched_at < STILL;
    placed_compare(&t->placed, t->canvas, t->graphics.used, all, &before);
    terminal_send(t, &before);
    if (all) clearok(curscr, TRUE);
    curs_set(cursor_y >= 0);
    for (int part = 0; part < parts; part++) {
        bytes += CELL_BYTES * (size_t)pass_cells(t, part, &parts);
        if (cursor_y >= 0) move(cursor_y, cursor_x);
        refresh();
    }
    if (placed_send(&t->placed, t->canvas, t->graphics.used, t->theme, &behind)) {
        int y, x;
        getyx(curscr, y, x); /* where curses left the cursor, without attributes */
        text_printf(&behind, "\033[0m\033[%d;%dH", y + 1, x + 1);
    }
    terminal_send(t, &behind);
    bytes += before.length + behind.length;
    text_clear(&before);
    text_clear(&behind);
    return bytes;
}

/* After what curses has written, whole, between two of its updates. */
void terminal_send(struct terminal *t, const struct text *sequences)
{
    const char *at = text_str(sequences);
    size_t left = sequences->length;
    (void)t;
    fflush(stdout);
    while (left > 0) {
        ssize_t n = write(STDOUT_FILENO, at, left);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        at += n, left -= (size_t)n;
    }
}
