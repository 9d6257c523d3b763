#include "views/workbench/dialog_keys.h"

#include <stdio.h>
#include <string.h>

#include "views/terminal/keys.h"
#include "views/workbench/dialog_line.h"
#include "views/workbench/dialog_page.h"
#include "views/workbench/message.h"
#include "views/workbench/notice.h"
#include "views/workbench/workbench.h"

/* ---- a yes ---------------------------------------------------------------------------------------------- */

static unsigned confirm_key(struct workbench *wb, struct dialog *m, int key)
{
    struct dialog copy = *m;
    dialog_close(wb);
    if (key == 'y') return copy.u.yes(wb, copy.ctx) | AFTER_DRAW;
    message_say(wb, "nothing was done");
    return AFTER_DRAW;
}

/* If both do not fit, the question is cut, never the answers. */
static void confirm_draw(const struct dialog *m, const struct area *line)
{
    static const char *const answers[] = { "  y: yes, any other key: no", "  y: yes, else no", " y/n" };
    size_t i = 0, last = sizeof answers / sizeof answers[0] - 1;
    while (i < last && text_columns(m->title) + text_columns(answers[i]) > line->w) i++;
    int w = line->w - text_columns(answers[i]);
    if (text_columns(m->title) < w) w = text_columns(m->title);
    area_fill(line, 0, 0, 1, line->w, ' ', INK_NORMAL);
    if (w > 0) area_field(line, 0, 0, w, -1, INK_WATCH, m->title);
    area_text(line, 0, w > 0 ? w : 0, INK_STRONG, answers[i]);
}

/* ---- a list --------------------------------------------------------------------------------------------- */

enum { LIST_LEAST = 3 }; /* rows of a list that has a text below it */

static unsigned list_key(struct workbench *wb, struct dialog *m, int key)
{
    int n = m->u.list.count, row = m->u.list.chosen;
    switch (key) {
    case KEYS_UP:
    case 'k':
        row--;
        break;
    case KEYS_DOWN:
    case 'j':
        row++;
        break;
    case KEYS_HOME:
        row = 0;
        break;
    case KEYS_END:
        row = n - 1;
        break;
    case KEYS_PAGE_UP:
        row -= 10;
        break;
    case KEYS_PAGE_DOWN:
        row += 10;
        break;
    case KEYS_ENTER:
    case KEYS_SPACE: {
        unsigned (*done)(struct workbench *, void *, int) = m->u.list.done;
        void *ctx = m->ctx;
        bool any = n > 0;
        dialog_close(wb);
        return (any ? done(wb, ctx, row) : AFTER_NOTHING) | AFTER_DRAW;
    }
    case KEYS_ESCAPE:
    case KEYS_CTRL('c'):
    case 'q':
        dialog_close(wb);
        return AFTER_DRAW;
    default:
        break;
    }
    m->u.list.chosen = row < 0 ? 0 : row >= n ? (n ? n - 1 : 0) : row;
    return AFTER_DRAW;
}

/* Lines below the list for all of the chosen row, where rows are cut; 0 where none is, or the list needs the room. */
static int list_foot(const struct dialog *m, const struct area *screen, int columns)
{
    int foot = 0;
    for (int i = 0; i < m->u.list.count; i++) {
        int lines = area_wrap(screen, 0, 0, 0, columns, INK_DIM, m->u.list.rows[i]);
        if (lines > foot) foot = lines;
    }
    int least = m->u.list.count < LIST_LEAST ? m->u.list.count : LIST_LEAST;
    return foot > 1 && foot + least + 2 <= screen->h ? foot : 0;
}

static void list_draw(struct dialog *m, const struct area *screen)
{
    int w = text_columns(m->title) + 6, h = m->u.list.count + 2;
    for (int i = 0; i < m->u.list.count; i++)
        w = text_columns(m->u.list.rows[i]) + 4 > w ? text_columns(m->u.list.rows[i]) + 4 : w;
    if (w > screen->w) w = screen->w;
    int foot = list_foot(m, screen, w - 4);
    h = h + foot > screen->h ? screen->h : h + foot;
    struct area box = area_sub(screen, (screen->h - h) / 2, (screen->w - w) / 2, h, w);
    area_fill(&box, 0, 0, h, w, ' ', INK_NORMAL);
    struct area in = area_frame(&box, INK_ACCENT, m->title, INK_STRONG);
    in.h -= foot;
    m->u.list.shown = in;
    if (m->u.list.chosen < m->u.list.top) m->u.list.top = m->u.list.chosen;
    if (m->u.list.chosen >= m->u.list.top + in.h) m->u.list.top = m->u.list.chosen - in.h + 1;
    for (int i = 0; i < in.h && m->u.list.top + i < m->u.list.count; i++) {
        int row = m->u.list.top + i;
        bool chosen = row == m->u.list.chosen;
        area_fill(&in, i, 0, 1, in.w, ' ', chosen ? INK_STRONG | STYLE_PAPER(INK_CHOSEN) : INK_NORMAL);
        area_field(&in, i, 1, in.w - 2, -1, chosen ? INK_STRONG | STYLE_PAPER(INK_CHOSEN) : INK_NORMAL,
                   m->u.list.rows[row]);
    }
    bool framed = in.y + in.h + foot < box.y + h;
    if (m->u.list.count > in.h && framed && w > 14) /* there are more */
        area_printf(&box, h - 1, w - 12, INK_DIM, " %d of %d ", m->u.list.chosen + 1, m->u.list.count);
    const char *all = m->u.list.count ? m->u.list.rows[m->u.list.chosen] : "";
    in.h += foot;
    if (text_columns(all) > in.w - 2) area_wrap(&in, in.h - foot, 1, foot, in.w - 2, INK_DIM, all);
}

/* ---- all kinds ------------------------------------------------------------------------------------------ */

bool dialog_paste(struct workbench *wb, const char *text)
{
    struct dialog *m = &wb->dialogs->front;
    if (m->kind != DIALOG_LINE) return false;
    dialog_line_paste(m, text);
    return true;
}

unsigned dialog_key(struct workbench *wb, int key)
{
    struct dialog *m = &wb->dialogs->front;
    switch (m->kind) {
    case DIALOG_LINE:
        return dialog_line_key(wb, m, key);
    case DIALOG_CONFIRM:
        return confirm_key(wb, m, key);
    case DIALOG_LIST:
        return list_key(wb, m, key);
    case DIALOG_PAGE:
        return dialog_page_key(wb, m, key);
    default:
        return AFTER_NOTHING;
    }
}

unsigned dialog_click(struct workbench *wb, int y, int x)
{
    struct dialog *m = &wb->dialogs->front;
    const struct area *a = &m->u.list.shown;
    int row = m->u.list.top + y - a->y;
    if (m->kind != DIALOG_LIST || y < a->y || y >= a->y + a->h || x < a->x || x >= a->x + a->w) return AFTER_NOTHING;
    if (row >= m->u.list.count) return AFTER_NOTHING;
    if (row == m->u.list.chosen) return list_key(wb, m, KEYS_ENTER);
    m->u.list.chosen = row;
    return AFTER_DRAW;
}

unsigned dialog_wheel(struct workbench *wb, int by)
{
    enum dialog_kind kind = wb->dialogs->front.kind;
    if (kind != DIALOG_PAGE && kind != DIALOG_LIST) return AFTER_NOTHING;
    return dialog_key(wb, by < 0 ? KEYS_UP : KEYS_DOWN);
}

/* ---- the key bar ---------------------------------------------------------------------------------------- */

struct hint {
    int key;
    const char *label;
    bool (*when)(const struct dialog *m); /* NULL: always */
};

static bool completes(const struct dialog *m)
{
    return m->u.line.complete != NULL;
}
static bool remembers(const struct dialog *m)
{
    return *m->u.line.history != '\0';
}
static bool chooses(const struct dialog *m)
{
    return m->u.list.count > 1;
}
static bool goes_on(const struct dialog *m)
{
    return m->u.page.go_on != NULL;
}
static bool ends(const struct dialog *m)
{
    return !m->u.page.go_on;
}
static bool scrolls(const struct dialog *m)
{
    return m->u.page.count > m->u.page.height;
}
static bool found(const struct dialog *m)
{
    return *m->u.page.find != '\0';
}

static const struct hint hints[][DIALOG_KEYS] = {
    [DIALOG_LINE] = { { KEYS_ENTER, "take it", NULL },
                      { KEYS_ESCAPE, "leave it", NULL },
                      { KEYS_TAB, "complete", completes },
                      { KEYS_UP, "typed before", remembers },
                      { KEYS_CTRL('u'), "clear", NULL } },
    [DIALOG_CONFIRM] = { { 'y', "yes", NULL }, { 'n', "no", NULL } },
    [DIALOG_LIST] = { { KEYS_ENTER, "choose", NULL },
                      { KEYS_ESCAPE, "close", NULL },
                      { KEYS_UP, "row above", chooses },
                      { KEYS_DOWN, "row below", chooses } },
    [DIALOG_PAGE] = { { KEYS_ENTER, "go on", goes_on },
                      { 'q', "leave it", goes_on },
                      { 'q', "close", ends },
                      { '/', "search", NULL },
                      { 'n', "next place", found },
                      { KEYS_SPACE, "page down", scrolls },
                      { 'b', "page up", scrolls } },
};

const struct key_bind *dialog_bar(struct workbench *wb)
{
    const struct dialog *m = &wb->dialogs->front;
    struct key_bind *bar = wb->dialogs->bar;
    int n = 0;
    if (m->kind == DIALOG_NONE) return NULL;
    for (const struct hint *h = hints[m->kind]; h < hints[m->kind] + DIALOG_KEYS && h->label; h++)
        if (!h->when || h->when(m)) bar[n++] = (struct key_bind){ .key = h->key, .name = "dialog", .label = h->label };
    bar[n] = (struct key_bind){ 0 };
    return bar;
}

/* Why the text was not taken, on the rows above the line. */
static void refused_draw(const struct dialog *m, const struct area *screen)
{
    struct notice n;
    if (!*m->u.line.refused || screen->h < 1) return;
    int rows = notice_wrap(m->u.line.refused, screen->w - 2, screen->h < NOTICE_ROWS ? screen->h : NOTICE_ROWS, &n);
    area_fill(screen, screen->h - rows, 0, rows, screen->w, ' ', INK_NORMAL);
    for (int i = 0; i < rows; i++) area_text(screen, screen->h - rows + i, 1, INK_BAD, n.row[i]);
}

void dialog_draw(struct workbench *wb, const struct area *screen, const struct area *line, int *cursor_y, int *cursor_x)
{
    struct dialog *m = &wb->dialogs->front;
    if (m->kind == DIALOG_LINE) refused_draw(m, screen);
    if (m->kind == DIALOG_LINE) dialog_line_draw(wb, m, line, cursor_y, cursor_x);
    if (m->kind == DIALOG_LIST) list_draw(m, screen);
    if (m->kind == DIALOG_PAGE) dialog_page_draw(m, screen);
    if (m->kind == DIALOG_CONFIRM) confirm_draw(m, line);
}
