/* A page of text over the screen, which is scrolled and searched. */
#include "views/workbench/dialog_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "views/terminal/keys.h"
#include "views/workbench/message.h"
#include "views/workbench/page_wrap.h"
#include "views/workbench/workbench.h"

/* Takes `text`, which is owned, cut into lines. False if memory ran out: nothing has changed then. */
static bool page_fill(struct dialog *m, char *text)
{
    int lines = 1;
    for (const char *p = text; p && *p; p++) lines += *p == '\n';
    char **rows = text ? calloc((size_t)lines + 1, sizeof *rows) : NULL;
    if (!rows) return free(text), false;
    free(m->u.page.text);
    free(m->u.page.lines);
    m->u.page.text = text;
    m->u.page.lines = rows;
    m->u.page.count = 0;
    for (char *p = text; p;) {
        char *end = strchr(p, '\n');
        if (end) *end++ = '\0';
        if (*p || end) rows[m->u.page.count++] = p;
        p = end;
    }
    return true;
}

/* Breaks the text for another width; what was shown stays about where it was. */
static void page_fit(struct dialog *m, int width)
{
    struct text t = { 0 };
    int count = m->u.page.count;
    if (!m->u.page.whole || m->u.page.width == width) return;
    page_wrap(m->u.page.whole, width, &t);
    if (t.broken || !t.data)
        text_clear(&t);
    else if (page_fill(m, t.data) && count)
        m->u.page.top = m->u.page.top * m->u.page.count / count;
    m->u.page.width = width;
}

static struct dialog *open_page(struct workbench *wb, const char *title, const char *text, void *ctx)
{
    bool waits = wb->dialogs->front.kind != DIALOG_NONE;
    struct dialog *m = waits ? dialog_behind(wb, title, ctx) : dialog_begin(wb, DIALOG_PAGE, title, ctx);
    if (page_fill(m, text_copy(text))) return m;
    if (waits)
        dialog_forget(wb);
    else
        dialog_close(wb);
    return NULL;
}

void dialog_page(struct workbench *wb, const char *title, const char *text)
{
    open_page(wb, title, text, NULL);
}

void dialog_page_then(struct workbench *wb, const char *title, const char *text,
                      unsigned (*go_on)(struct workbench *wb, void *ctx), void *ctx)
{
    struct dialog *m = open_page(wb, title, text, ctx);
    if (!m) return;
    m->u.page.whole = text_copy(text); /* without it lines are cut */
    m->u.page.go_on = go_on;
}

static unsigned page_find(struct workbench *wb, void *ctx, const char *text);

static void page_search(struct workbench *wb, const char *text, int from)
{
    struct dialog *m = &wb->dialogs->front;
    for (int i = from; i < m->u.page.count; i++)
        if (strcasestr(m->u.page.lines[i], text)) {
            m->u.page.top = i;
            return;
        }
    message_say(wb, "'%s' does not stand below", text);
}

unsigned dialog_page_key(struct workbench *wb, struct dialog *m, int key)
{
    int page = m->u.page.height > 1 ? m->u.page.height - 1 : 1, most = m->u.page.count - m->u.page.height;
    switch (key) {
    case KEYS_UP:
    case 'k':
        m->u.page.top--;
        break;
    case KEYS_DOWN:
    case 'j':
        m->u.page.top++;
        break;
    case KEYS_PAGE_UP:
    case 'b':
        m->u.page.top -= page;
        break;
    case KEYS_PAGE_DOWN:
    case KEYS_SPACE:
        m->u.page.top += page;
        break;
    case KEYS_HOME:
    case 'g':
        m->u.page.top = 0;
        break;
    case KEYS_END:
    case 'G':
        m->u.page.top = most;
        break;
    case '/':
        wb->dialogs->behind = *m; /* the page is kept behind the input line */
        *m = (struct dialog){ 0 };
        dialog_ask(wb, &(struct dialog_question){ .label = "/", .history = "page", .done = page_find });
        return AFTER_DRAW;
    case 'n':
        if (m->u.page.find[0]) page_search(wb, m->u.page.find, m->u.page.top + 1);
        break;
    case 'q':
    case KEYS_ESCAPE:
    case KEYS_CTRL('c'):
    case KEYS_ENTER: {
        struct dialog copy = *m;
        dialog_close(wb);
        return (key == KEYS_ENTER && copy.u.page.go_on ? copy.u.page.go_on(wb, copy.ctx) : AFTER_NOTHING) | AFTER_DRAW;
    }
    default:
        break;
    }
    if (m->u.page.top > most) m->u.page.top = most;
    if (m->u.page.top < 0) m->u.page.top = 0;
    return AFTER_DRAW;
}

static unsigned page_find(struct workbench *wb, void *ctx, const char *text)
{
    struct dialog *m = &wb->dialogs->front;
    (void)ctx;
    if (m->kind != DIALOG_PAGE) return AFTER_DRAW;
    snprintf(m->u.page.find, sizeof m->u.page.find, "%s", text);
    if (*text) page_search(wb, text, m->u.page.top);
    return AFTER_DRAW;
}

void dialog_page_draw(struct dialog *m, const struct area *screen)
{
    char title[300];
    area_fill(screen, 0, 0, screen->h, screen->w, ' ', INK_NORMAL);
    snprintf(title, sizeof title, "%s  (%s)", m->title,
             m->u.page.go_on ? "Enter: go on, q: leave it" : "q closes, / searches");
    struct area in = area_frame(screen, INK_DIM, title, INK_STRONG);
    page_fit(m, in.w - 2);
    m->u.page.height = in.h;
    for (int i = 0; i < in.h && m->u.page.top + i < m->u.page.count; i++) {
        const char *line = m->u.page.lines[m->u.page.top + i];
        bool found = m->u.page.find[0] && strcasestr(line, m->u.page.find);
        area_field(&in, i, 1, in.w - 2, -1, found ? INK_ACCENT : INK_NORMAL, line);
    }
    if (m->u.page.count > in.h && in.h > 0)
        area_printf(screen, screen->h - 1, screen->w - 12, INK_DIM, " %3d %% ",
                    100 * (m->u.page.top + in.h > m->u.page.count ? m->u.page.count : m->u.page.top + in.h) /
                        m->u.page.count);
}
