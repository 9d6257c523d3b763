/* Help: the keys of the screen that was left, the keys of all screens, and the meaning of the metrics. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/methods.h"
#include "engine/base/text.h"
#include "engine/diagnose/verdict.h"
#include "engine/train/engine.h"
#include "store/metric.h"
#include "views/terminal/keys.h"
#include "views/workbench/command_line.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/frame.h"
#include "views/workbench/keymap.h"
#include "views/workbench/loop.h"
#include "views/workbench/message.h"
#include "views/workbench/show.h"
#include "views/workbench/signs.h"
#include "views/workbench/workbench.h"

struct help {
    int top, lines, height, width, at; /* at: the line found last */
    const struct screen *about;
    char find[64];
    struct store_metrics metrics;
};

static bool help_open(struct workbench *wb, void *state, struct err *e)
{
    struct help *h = state;
    return store_metric_list(wb->store, 0, &h->metrics, e);
}

static void help_close(struct workbench *wb, void *state)
{
    (void)wb;
    store_metrics_clear(&((struct help *)state)->metrics);
}

static bool help_read(struct workbench *wb, void *state, unsigned news)
{
    struct help *h = state;
    int before = wb->show->before;
    (void)news;
    if (before >= 0 && wb->screens[before] != h->about) h->about = wb->screens[before], h->top = 0;
    return false;
}

/* Lines are drawn at y - top; lines outside the area are clipped, but counted. The same pass searches for a word; it
 * then runs on an area without rows. */
struct writer {
    const struct workbench *workbench;
    const struct area *a;
    int y;
    const char *find;
    int after, next; /* the first line after `after` that contains the word; -1: none */
};

/* Notes where the word occurs, and returns the style of the text. */
static unsigned look(struct writer *w, unsigned style, const char *text, const char *more)
{
    if (!w->find[0] || !(strcasestr(text, w->find) || strcasestr(more, w->find))) return style;
    if (w->next < 0 && w->y > w->after) w->next = w->y;
    return INK_ACCENT | STYLE_REVERSE;
}

static void heading(struct writer *w, const char *text)
{
    w->y++;
    area_text(w->a, w->y, 1, look(w, INK_STRONG, text, ""), text);
    w->y++;
}

static void paragraph(struct writer *w, int x, unsigned style, const char *text)
{
    w->y += area_wrap(w->a, w->y, x, 1000, w->a->w - x - 1, look(w, style, text, ""), text);
}

/* A term on the left and its meaning on the right, or below it on a narrow screen. */
static void entry(struct writer *w, int x, unsigned ink, const char *word, const char *text)
{
    unsigned style = look(w, INK_NORMAL, word, text);
    int y = w->y, right = w->a->w >= x + 24 ? x : 4;
    area_text(w->a, y, 2, ink, word);
    if (text_columns(word) + 3 > right) w->y++;
    w->y += area_wrap(w->a, w->y, right, 1000, w->a->w - right - 1, style, text);
    if (w->y == y) w->y++;
}

static void key_lines(struct writer *w, int screen, const struct key_bind *k)
{
    const struct workbench *wb = w->workbench;
    for (; k && k->name; k++) {
        char first[KEYS_NAME], second[KEYS_NAME], both[2 * KEYS_NAME + 4];
        int twin, key = keymap_key(wb->keymap, screen, k, &twin);
        bool can = !(k->needs & NEEDS_WRITE && wb->read_only);
        snprintf(both, sizeof both, "%s%s%s", keys_name(key, first), twin ? ", " : "",
                 twin ? keys_name(twin, second) : "");
        entry(w, 18, can ? INK_KEY : INK_DIM, both, k->help);
    }
}

static void screen_keys(struct writer *w, int screen)
{
    heading(w, w->workbench->screens[screen]->title);
    if (w->workbench->screens[screen]->about) paragraph(w, 2, INK_NORMAL, w->workbench->screens[screen]->about);
    if (w->workbench->screens[screen]->about) w->y++;
    key_lines(w, screen, w->workbench->screens[screen]->keys);
}

static void command_lines(struct writer *w)
{
    const char *name, *arguments, *help, *const *verbs = w->workbench->config->verbs;
    char line[256];
    heading(w, "Commands of the line that : opens");
    for (int i = 0; command_line_row(i, &name, &arguments, &help); i++) {
        snprintf(line, sizeof line, "%s %s", name, arguments);
        entry(w, 28, INK_KEY, line, help);
    }
    for (int i = 0; w->workbench->screens[i]; i++) {
        snprintf(line, sizeof line, "show the screen %s", w->workbench->screens[i]->title);
        entry(w, 28, INK_KEY, w->workbench->screens[i]->name, line);
    }
    heading(w, "and the verbs of the program, done in the background");
    for (int i = 0; verbs && verbs[i]; i++) {
        const char *tab = strchr(verbs[i], '\t'), *last = strrchr(verbs[i], '\t');
        snprintf(line, sizeof line, "%.*s %.*s", (int)(tab - verbs[i]), verbs[i], (int)(last - tab - 1), tab + 1);
        entry(w, 28, INK_KEY, line, last + 1);
    }
}

static void key_file(struct writer *w)
{
    heading(w, "Other keys");
    paragraph(w, 2, INK_NORMAL,
              "The file keys in the workspace, and mlvicx/keys in $XDG_CONFIG_HOME (~/.config), give actions other "
              "keys, a line each: SCREEN.ACTION = KEY [KEY], such as runs.pause = p or everywhere.help = h F1. "
              "SCREEN is a name of a screen or everywhere. Actions are called:");
    struct text names = { 0 };
    for (int t = -1; t < 0 || w->workbench->screens[t]; t++) {
        const struct key_bind *k = t < 0 ? w->workbench->keymap->everywhere : w->workbench->screens[t]->keys;
        text_printf(&names, "%s%s:", t < 0 ? "" : "\n", t < 0 ? "everywhere" : w->workbench->screens[t]->name);
        for (; k && k->name; k++) text_printf(&names, " %s", k->name);
    }
    paragraph(w, 4, INK_DIM, text_str(&names));
    text_clear(&names);
}

/* What cannot be done on this terminal as the user asked. */
static void terminal_lines(struct writer *w)
{
    const struct terminal *t = w->workbench->frame->terminal;
    if (!t || !*terminal_remark(t)) return;
    heading(w, "This terminal");
    paragraph(w, 2, INK_NORMAL, terminal_remark(t));
}

/* Each objective and its terms, from its table. */
static void method_lines(struct writer *w)
{
    heading(w, "Methods: what a run learns from");
    for (int k = 0; k < METHOD_COUNT; k++) {
        const struct method_info *m = engine_method((enum method_kind)k);
        entry(w, 27, INK_GLOBAL, m->name, m->help);
        for (int t = 0; t < m->terms; t++) {
            char name[48];
            snprintf(name, sizeof name, "  %.40s", m->term[t].name);
            entry(w, 27, INK_DIM, name, m->term[t].help);
        }
    }
}

/* The words of the verdict, and its signs with what they were in runs that learned and in runs that did not. */
static void verdict_lines(struct writer *w)
{
    heading(w, "The verdict: words, and the signs that say them");
    for (int i = 0; i < VERDICT_COUNT; i++)
        entry(w, 27, ink_of_verdict((enum verdict_word)i), verdict_words[i], verdict_meaning((enum verdict_word)i));
    for (int i = 0; i < SIGN_COUNT; i++) {
        const struct verdict_rule *r = &verdict_rules[i];
        char line[400], bad[48] = "", excused[64] = "";
        if (!isnan(r->bad)) snprintf(bad, sizeof bad, ", bad %s %g", r->below ? "below" : "above", r->bad);
        if (!isnan(r->excused))
            snprintf(excused, sizeof excused, ", narrow and no fault where %s reach %g",
                     verdict_rules[SIGN_FEATURES].name, r->excused);
        snprintf(line, sizeof line,
                 "%s. Watch %s %g%s%s. At the end of nine of ten runs that learned: %s; of runs that did not: %s",
                 r->what, r->below ? "below" : "above", r->watch, bad, excused, r->learning, r->collapsed);
        entry(w, 27, INK_GLOBAL, r->name, line);
    }
}

static void write_all(struct writer *w, const struct help *h)
{
    int about = -1;
    for (int i = 0; w->workbench->screens[i]; i++)
        if (w->workbench->screens[i] == h->about && i != w->workbench->show->current) about = i;
    if (about >= 0) screen_keys(w, about);
    heading(w, "Everywhere");
    entry(w, 18, INK_KEY, "1 2 3 ...", "the screens, by the digits of their tabs");
    key_lines(w, about >= 0 ? about : w->workbench->show->current, w->workbench->keymap->everywhere);
    command_lines(w);
    for (int i = 0; w->workbench->screens[i]; i++)
        if (i != about) screen_keys(w, i);
    key_file(w);
    terminal_lines(w);
    method_lines(w);
    verdict_lines(w);
    heading(w, "What the numbers mean");
    for (size_t i = 0; i < h->metrics.count; i++) {
        const struct store_metric *m = &h->metrics.rows[i];
        if (m->help && *m->help) entry(w, 27, INK_GLOBAL, m->name, m->help);
    }
}

static void help_draw(struct workbench *wb, void *state, const struct area *a)
{
    struct help *h = state;
    struct writer w = { .workbench = wb, .a = a, .y = -h->top, .find = h->find, .next = 0 };
    write_all(&w, h);
    h->lines = w.y + h->top;
    h->height = a->h;
    h->width = a->w;
}

static unsigned scroll(struct help *h, int by)
{
    h->top += by;
    if (h->top > h->lines - h->height) h->top = h->lines - h->height;
    if (h->top < 0) h->top = 0;
    return AFTER_DRAW;
}

static unsigned on_move(struct workbench *wb, void *state, int key)
{
    struct help *h = state;
    (void)wb;
    return scroll(h, keys_walk(key, h->top, h->height - 1, h->lines) - h->top);
}

static unsigned on_wheel(struct workbench *wb, void *state, int by)
{
    (void)wb;
    return scroll(state, 3 * by);
}

/* Moves to the next line that contains the word, and wraps around after the last. */
static unsigned search(struct workbench *wb, struct help *h, int after)
{
    struct area nothing = { .canvas = &wb->frame->canvas, .w = h->width };
    for (int round = 0; round < 2; round++, after = -1) {
        struct writer w = { .workbench = wb, .a = &nothing, .find = h->find, .after = after, .next = -1 };
        write_all(&w, h);
        if (w.next < 0) continue;
        h->at = w.next;
        h->top = 0;
        return scroll(h, w.next > 2 ? w.next - 2 : 0);
    }
    message_say(wb, "'%s' stands nowhere in the help", h->find);
    return AFTER_DRAW;
}

static unsigned found(struct workbench *wb, void *ctx, const char *text)
{
    struct help *h = ctx;
    snprintf(h->find, sizeof h->find, "%s", text);
    h->at = h->top;
    return *text ? search(wb, h, h->top - 1) : AFTER_DRAW;
}

static unsigned on_again(struct workbench *wb, void *state, int argument)
{
    struct help *h = state;
    (void)argument;
    return h->find[0] ? search(wb, h, h->at) : AFTER_NOTHING;
}

static unsigned on_find(struct workbench *wb, void *state, int argument)
{
    (void)argument;
    dialog_ask(wb, &(struct dialog_question){ .label = "/", .history = "help", .done = found, .ctx = state });
    return AFTER_DRAW;
}

static const struct key_bind keys[] = {
    { KEYS_UP, 'k', "up", NULL, "a line up", on_move, 0, KEYS_UP },
    { KEYS_DOWN, 'j', "down", NULL, "a line down", on_move, 0, KEYS_DOWN },
    { KEYS_PAGE_UP, 'b', "page-up", NULL, "a page up", on_move, 0, KEYS_PAGE_UP },
    { KEYS_PAGE_DOWN, KEYS_SPACE, "page-down", "on", "a page down", on_move, 0, KEYS_PAGE_DOWN },
    { KEYS_HOME, '{', "top", NULL, "to the top", on_move, 0, KEYS_HOME },
    { KEYS_END, '}', "end", NULL, "to the end", on_move, 0, KEYS_END },
    { '/', 0, "find", "find", "show where a word stands", on_find, 0, 0 },
    { 'n', 0, "again", "again", "where it stands next", on_again, 0, 0 },
    { 0 },
};

const struct screen screen_help = {
    .name = "help",
    .title = "Help",
    .brief = "?",
    .keys = keys,
    .size = sizeof(struct help),
    .open = help_open,
    .close = help_close,
    .read = help_read,
    .draw = help_draw,
    .wheel = on_wheel,
};
