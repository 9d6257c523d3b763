/* Help: keys of the screen one came from, keys of all, what the metrics mean. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/metric.h"
#include "views/inside.h"
#include "views/keys.h"

struct help {
    int top, lines, height, width;
    const struct view_ops *about;
    char find[64];
    struct store_metrics metrics;
};

static bool help_open(struct desk *d, void *state, struct err *e)
{
    struct help *h = state;
    return store_metric_list(d->store, 0, &h->metrics, e);
}

static void help_close(struct desk *d, void *state)
{
    (void)d;
    store_metrics_clear(&((struct help *)state)->metrics);
}

static bool help_read(struct desk *d, void *state, unsigned news)
{
    struct help *h = state;
    int before = d->inside->before;
    (void)news;
    if (before >= 0 && views[before] != h->about) h->about = views[before], h->top = 0;
    return false;
}

/* Lines are drawn at y - top; what lies outside is clipped, and their number counted. */
struct writer {
    const struct area *a;
    int y;
    const char *find;
};

static void heading(struct writer *w, const char *text)
{
    w->y++;
    area_text(w->a, w->y, 1, INK_STRONG, text);
    w->y++;
}

static void paragraph(struct writer *w, int x, unsigned style, const char *text)
{
    bool found = w->find[0] && strcasestr(text, w->find);
    w->y += area_wrap(w->a, w->y, x, 1000, w->a->w - x - 1, found ? INK_ACCENT : style, text);
}

static void key_lines(struct writer *w, const struct desk *d, const struct key_bind *k)
{
    for (; k && k->name; k++) {
        char key[KEYS_NAME], twin[KEYS_NAME], both[2 * KEYS_NAME + 4];
        bool can = !(k->needs & NEEDS_WRITE && d->read_only);
        snprintf(both, sizeof both, "%s%s%s", keys_name(k->key, key), k->twin ? ", " : "",
                 k->twin ? keys_name(k->twin, twin) : "");
        area_text(w->a, w->y, 2, can ? INK_KEY : INK_DIM, both);
        paragraph(w, 18, can ? INK_NORMAL : INK_DIM, k->help);
    }
}

static void help_draw(struct desk *d, void *state, const struct area *a)
{
    struct help *h = state;
    struct writer w = { a, -h->top, h->find };
    if (h->about && h->about != &view_help) {
        heading(&w, h->about->title);
        if (h->about->about) paragraph(&w, 2, INK_NORMAL, h->about->about);
        w.y++;
        key_lines(&w, d, h->about->keys);
    }
    heading(&w, "Everywhere");
    area_text(a, w.y, 2, INK_KEY, "1 2 3 ...");
    paragraph(&w, 18, INK_NORMAL, "the screens, by the digits of their tabs");
    key_lines(&w, d, desk_keys);
    heading(&w, "What the numbers mean");
    for (size_t i = 0; i < h->metrics.count; i++) {
        const struct store_metric *m = &h->metrics.rows[i];
        if (!m->help || !*m->help) continue;
        int y = w.y;
        area_field(a, y, 2, 24, -1, INK_GLOBAL, m->name);
        paragraph(&w, 27, INK_NORMAL, m->help);
        if (w.y == y) w.y++;
    }
    h->lines = w.y + h->top;
    h->height = a->h;
}

static unsigned scroll(struct help *h, int by)
{
    h->top += by;
    if (h->top > h->lines - h->height) h->top = h->lines - h->height;
    if (h->top < 0) h->top = 0;
    return AFTER_DRAW;
}

static unsigned on_up(struct desk *d, void *state)
{
    (void)d;
    return scroll(state, -1);
}
static unsigned on_down(struct desk *d, void *state)
{
    (void)d;
    return scroll(state, 1);
}
static unsigned on_page_up(struct desk *d, void *state)
{
    (void)d;
    return scroll(state, 1 - ((struct help *)state)->height);
}
static unsigned on_page_down(struct desk *d, void *state)
{
    (void)d;
    return scroll(state, ((struct help *)state)->height - 1);
}
static unsigned on_home(struct desk *d, void *state)
{
    (void)d;
    return scroll(state, -1000000);
}
static unsigned on_end(struct desk *d, void *state)
{
    (void)d;
    return scroll(state, 1000000);
}
static unsigned on_wheel(struct desk *d, void *state, int by)
{
    (void)d;
    return scroll(state, 3 * by);
}

static unsigned found(struct desk *d, void *ctx, const char *text)
{
    (void)d;
    struct help *h = ctx;
    snprintf(h->find, sizeof h->find, "%s", text);
    return AFTER_DRAW;
}

static unsigned on_find(struct desk *d, void *state)
{
    desk_ask(d, &(struct desk_question){ .label = "/", .history = "help", .done = found, .ctx = state });
    return AFTER_DRAW;
}

static const struct key_bind keys[] = {
    { KEYS_UP, 'k', "up", NULL, "a line up", on_up, 0 },
    { KEYS_DOWN, 'j', "down", NULL, "a line down", on_down, 0 },
    { KEYS_PAGE_UP, 'b', "page-up", NULL, "a page up", on_page_up, 0 },
    { KEYS_PAGE_DOWN, KEYS_SPACE, "page-down", "on", "a page down", on_page_down, 0 },
    { KEYS_HOME, 'g', "top", NULL, "to the top", on_home, 0 },
    { KEYS_END, 'G', "end", NULL, "to the end", on_end, 0 },
    { '/', 0, "find", "find", "show where a word stands", on_find, 0 },
    { 0 },
};

const struct view_ops view_help = {
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
