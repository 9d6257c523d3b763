/* What has the keyboard before the screen does: a line to type, a yes to give, a list, a page to read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "views/workbench/inside.h"
#include "views/terminal/keys.h"

void modal_close(struct desk *d)
{
    struct modal *m = &d->inside->modal;
    if (m->kind == MODAL_MENU) {
        for (int i = 0; i < m->u.menu.count; i++) free(m->u.menu.rows[i]);
        free(m->u.menu.rows);
    }
    if (m->kind == MODAL_PAGE) {
        free(m->u.page.text);
        free(m->u.page.lines);
    }
    bool back = m->kind == MODAL_LINE && d->inside->behind.kind;
    *m = back ? d->inside->behind : (struct modal){ 0 };
    if (back) d->inside->behind = (struct modal){ 0 };
    d->inside->dirty = true;
}

void modal_close_all(struct desk *d)
{
    do {
        modal_close(d);
    } while (d->inside->modal.kind);
}

static struct modal *begin(struct desk *d, enum modal_kind kind, const char *title, void *ctx)
{
    struct modal *m = &d->inside->modal;
    if (m->kind) modal_close_all(d);
    m->kind = kind;
    m->ctx = ctx;
    snprintf(m->title, sizeof m->title, "%s", title);
    return m;
}

/* ---- a line --------------------------------------------------------------------------------------------- */

void desk_ask(struct desk *d, const struct desk_question *q)
{
    struct modal *m = begin(d, MODAL_LINE, q->label, q->ctx);
    m->u.line.done = q->done;
    m->u.line.complete = q->complete;
    m->u.line.check = q->check;
    m->u.line.completion = -1;
    snprintf(m->u.line.history, sizeof m->u.line.history, "%s", q->history ? q->history : "");
    snprintf(m->u.line.text, sizeof m->u.line.text, "%s", q->initial ? q->initial : "");
    m->u.line.at = (int)strlen(m->u.line.text);
}

/* Line `past` (1: the newest) of a history, which is kept as lines of one setting. */
static bool history_line(struct desk *d, const char *name, int past, char *out, size_t size)
{
    char key[64];
    snprintf(key, sizeof key, "history.%s", name);
    const char *all = desk_recall(d, key, ""), *end = all + strlen(all);
    while (past > 0 && end > all) {
        const char *line = end;
        while (line > all && line[-1] != '\n') line--;
        if (--past == 0) {
            snprintf(out, size, "%.*s", (int)(end - line), line);
            return end > line;
        }
        end = line > all ? line - 1 : all;
    }
    return false;
}

static void history_add(struct desk *d, const char *name, const char *text)
{
    char key[64], before[MODAL_TEXT];
    if (!*name || !*text || (history_line(d, name, 1, before, sizeof before) && !strcmp(before, text))) return;
    struct text all = { 0 };
    snprintf(key, sizeof key, "history.%s", name);
    text_printf(&all, "%s", desk_recall(d, key, ""));
    text_printf(&all, "%s%s", all.length ? "\n" : "", text);
    const char *from = text_str(&all);
    while (strlen(from) > 900 && strchr(from, '\n')) from = strchr(from, '\n') + 1; /* the oldest go */
    desk_remember(d, key, from);
    text_clear(&all);
}

static void line_set(struct modal *m, const char *text)
{
    snprintf(m->u.line.text, sizeof m->u.line.text, "%s", text);
    m->u.line.at = (int)strlen(m->u.line.text);
}

static void line_past(struct desk *d, struct modal *m, int by)
{
    char text[MODAL_TEXT];
    int past = m->u.line.past + by;
    if (!*m->u.line.history || past < 0) return;
    if (m->u.line.past == 0) snprintf(m->u.line.kept, sizeof m->u.line.kept, "%s", m->u.line.text);
    if (past == 0)
        line_set(m, m->u.line.kept);
    else if (history_line(d, m->u.line.history, past, text, sizeof text))
        line_set(m, text);
    else
        return;
    m->u.line.past = past;
}

/* Walk through the completions of what was typed; round again after the last. */
static void line_complete(struct desk *d, struct modal *m)
{
    if (!m->u.line.complete) return;
    if (m->u.line.completion < 0) snprintf(m->u.line.typed, sizeof m->u.line.typed, "%s", m->u.line.text);
    const char *next = m->u.line.complete(d, m->ctx, m->u.line.typed, ++m->u.line.completion);
    if (!next && m->u.line.completion > 0)
        next = m->u.line.complete(d, m->ctx, m->u.line.typed, m->u.line.completion = 0);
    if (next)
        line_set(m, next);
    else
        m->u.line.completion = -1;
}

static int before(const char *text, int at)
{
    while (at > 0 && ((unsigned char)text[--at] & 0xc0) == 0x80) {
    }
    return at;
}

static int after(const char *text, int at)
{
    if (text[at]) at++;
    while (((unsigned char)text[at] & 0xc0) == 0x80) at++;
    return at;
}

static void line_cut(struct modal *m, int from, int to)
{
    char *text = m->u.line.text;
    memmove(text + from, text + to, strlen(text + to) + 1);
    m->u.line.at = from;
}

static void line_insert(struct modal *m, int key)
{
    struct text t = { 0 };
    text_add_char(&t, (uint32_t)key);
    size_t length = strlen(m->u.line.text);
    if (!t.broken && length + t.length < sizeof m->u.line.text) {
        char *at = m->u.line.text + m->u.line.at;
        memmove(at + t.length, at, length - (size_t)m->u.line.at + 1);
        memcpy(at, t.data, t.length);
        m->u.line.at += (int)t.length;
    }
    text_clear(&t);
}

static unsigned line_done(struct desk *d, struct modal *m)
{
    char text[MODAL_TEXT];
    struct modal copy = *m;
    snprintf(text, sizeof text, "%s", m->u.line.text);
    history_add(d, m->u.line.history, text);
    modal_close(d);
    return copy.u.line.done(d, copy.ctx, text) | AFTER_DRAW;
}

static unsigned line_key(struct desk *d, struct modal *m, int key)
{
    char *text = m->u.line.text;
    int at = m->u.line.at;
    if (key != KEYS_TAB) m->u.line.completion = -1;
    switch (key) {
    case KEYS_ESCAPE:
    case KEYS_CTRL('c'):
    case KEYS_CTRL('g'):
        modal_close(d);
        break;
    case KEYS_ENTER:
        return line_done(d, m);
    case KEYS_TAB:
        line_complete(d, m);
        break;
    case KEYS_UP:
        line_past(d, m, 1);
        break;
    case KEYS_DOWN:
        line_past(d, m, -1);
        break;
    case KEYS_LEFT:
        m->u.line.at = before(text, at);
        break;
    case KEYS_RIGHT:
        m->u.line.at = after(text, at);
        break;
    case KEYS_HOME:
    case KEYS_CTRL('a'):
        m->u.line.at = 0;
        break;
    case KEYS_END:
    case KEYS_CTRL('e'):
        m->u.line.at = (int)strlen(text);
        break;
    case KEYS_BACKSPACE:
        if (!*text)
            modal_close(d);
        else
            line_cut(m, before(text, at), at);
        break;
    case KEYS_DELETE:
    case KEYS_CTRL('d'):
        line_cut(m, at, after(text, at));
        break;
    case KEYS_CTRL('u'):
        line_cut(m, 0, at);
        break;
    case KEYS_CTRL('k'):
        line_cut(m, at, (int)strlen(text));
        break;
    case KEYS_CTRL('w'): {
        int from = at;
        while (from > 0 && text[from - 1] == ' ') from--;
        while (from > 0 && text[from - 1] != ' ') from--;
        line_cut(m, from, at);
        break;
    }
    default:
        if (key >= ' ' && key < KEYS_FIRST && key != KEYS_BACKSPACE) line_insert(m, key);
    }
    return AFTER_DRAW;
}

static void line_draw(struct desk *d, struct modal *m, const struct area *row, int *cursor_y, int *cursor_x)
{
    char head[MODAL_TEXT], remark[128] = "";
    area_fill(row, 0, 0, 1, row->w, ' ', INK_NORMAL);
    int x = area_text(row, 0, 0, INK_ACCENT, m->title);
    snprintf(head, sizeof head, "%.*s", m->u.line.at, m->u.line.text);
    bool fine = m->u.line.check ? m->u.line.check(d, m->ctx, m->u.line.text, remark, sizeof remark) : true;
    int room = row->w - x - (*remark ? text_columns(remark) + 2 : 0);
    if (room < text_columns(m->u.line.text) + 2) room = row->w - x, remark[0] = '\0';
    int behind = text_columns(head) - (room - 1); /* scrolled out on the left */
    struct area field = area_sub(row, 0, x, 1, room);
    area_text(&field, 0, behind > 0 ? -behind : 0, INK_STRONG, m->u.line.text);
    if (*remark) area_text(row, 0, row->w - text_columns(remark) - 1, fine ? INK_DIM : INK_BAD, remark);
    *cursor_y = row->y;
    *cursor_x = row->x + x + text_columns(head) - (behind > 0 ? behind : 0);
}

/* ---- a yes ---------------------------------------------------------------------------------------------- */

void desk_confirm(struct desk *d, const char *question, unsigned (*yes)(struct desk *d, void *ctx), void *ctx)
{
    begin(d, MODAL_CONFIRM, question, ctx)->u.yes = yes;
}

static unsigned confirm_key(struct desk *d, struct modal *m, int key)
{
    struct modal copy = *m;
    modal_close(d);
    if (key == 'y') return copy.u.yes(d, copy.ctx) | AFTER_DRAW;
    desk_say(d, "nothing was done");
    return AFTER_DRAW;
}

/* ---- a list --------------------------------------------------------------------------------------------- */

void desk_menu(struct desk *d, const char *title, const char *const *rows, int chosen,
               unsigned (*done)(struct desk *d, void *ctx, int row), void *ctx)
{
    struct modal *m = begin(d, MODAL_MENU, title, ctx);
    int n = 0;
    while (rows[n]) n++;
    m->u.menu.rows = calloc((size_t)n + 1, sizeof *m->u.menu.rows);
    for (int i = 0; i < n && m->u.menu.rows; i++)
        if ((m->u.menu.rows[m->u.menu.count] = text_copy(rows[i]))) m->u.menu.count++;
    m->u.menu.chosen = chosen >= 0 && chosen < m->u.menu.count ? chosen : 0;
    m->u.menu.done = done;
}

static unsigned menu_key(struct desk *d, struct modal *m, int key)
{
    int n = m->u.menu.count, row = m->u.menu.chosen;
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
        unsigned (*done)(struct desk *, void *, int) = m->u.menu.done;
        void *ctx = m->ctx;
        bool any = n > 0;
        modal_close(d);
        return (any ? done(d, ctx, row) : AFTER_NOTHING) | AFTER_DRAW;
    }
    case KEYS_ESCAPE:
    case KEYS_CTRL('c'):
    case 'q':
        modal_close(d);
        return AFTER_DRAW;
    default:
        break;
    }
    m->u.menu.chosen = row < 0 ? 0 : row >= n ? (n ? n - 1 : 0) : row;
    return AFTER_DRAW;
}

static void menu_draw(struct modal *m, const struct area *screen)
{
    int w = text_columns(m->title) + 6, h = m->u.menu.count + 2;
    for (int i = 0; i < m->u.menu.count; i++)
        w = text_columns(m->u.menu.rows[i]) + 4 > w ? text_columns(m->u.menu.rows[i]) + 4 : w;
    if (w > screen->w) w = screen->w;
    if (h > screen->h) h = screen->h;
    struct area box = area_sub(screen, (screen->h - h) / 2, (screen->w - w) / 2, h, w);
    area_fill(&box, 0, 0, h, w, ' ', INK_NORMAL);
    struct area in = area_frame(&box, INK_ACCENT, m->title, INK_STRONG);
    if (m->u.menu.chosen < m->u.menu.top) m->u.menu.top = m->u.menu.chosen;
    if (m->u.menu.chosen >= m->u.menu.top + in.h) m->u.menu.top = m->u.menu.chosen - in.h + 1;
    for (int i = 0; i < in.h && m->u.menu.top + i < m->u.menu.count; i++) {
        int row = m->u.menu.top + i;
        bool chosen = row == m->u.menu.chosen;
        area_fill(&in, i, 0, 1, in.w, ' ', chosen ? INK_STRONG | STYLE_PAPER(INK_CHOSEN) : INK_NORMAL);
        area_field(&in, i, 1, in.w - 2, -1, chosen ? INK_STRONG | STYLE_PAPER(INK_CHOSEN) : INK_NORMAL,
                   m->u.menu.rows[row]);
    }
}

/* ---- a page --------------------------------------------------------------------------------------------- */

void desk_page(struct desk *d, const char *title, const char *text)
{
    struct modal *m = begin(d, MODAL_PAGE, title, NULL);
    int lines = 1;
    for (const char *p = text; *p; p++) lines += *p == '\n';
    m->u.page.text = text_copy(text);
    m->u.page.lines = calloc((size_t)lines + 1, sizeof *m->u.page.lines);
    if (!m->u.page.text || !m->u.page.lines) {
        modal_close(d);
        return;
    }
    for (char *p = m->u.page.text; p;) {
        char *end = strchr(p, '\n');
        if (end) *end++ = '\0';
        if (*p || end) m->u.page.lines[m->u.page.count++] = p;
        p = end;
    }
}

static unsigned page_find(struct desk *d, void *ctx, const char *text);

static void page_search(struct desk *d, const char *text, int from)
{
    struct modal *m = &d->inside->modal;
    for (int i = from; i < m->u.page.count; i++)
        if (strcasestr(m->u.page.lines[i], text)) {
            m->u.page.top = i;
            return;
        }
    desk_say(d, "'%s' does not stand below", text);
}

static unsigned page_key(struct desk *d, struct modal *m, int key)
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
        d->inside->behind = *m; /* the page waits behind the line */
        *m = (struct modal){ 0 };
        desk_ask(d, &(struct desk_question){ .label = "/", .history = "page", .done = page_find });
        return AFTER_DRAW;
    case 'n':
        if (m->u.page.find[0]) page_search(d, m->u.page.find, m->u.page.top + 1);
        break;
    case 'q':
    case KEYS_ESCAPE:
    case KEYS_CTRL('c'):
    case KEYS_ENTER:
        modal_close(d);
        return AFTER_DRAW;
    default:
        break;
    }
    if (m->u.page.top > most) m->u.page.top = most;
    if (m->u.page.top < 0) m->u.page.top = 0;
    return AFTER_DRAW;
}

static unsigned page_find(struct desk *d, void *ctx, const char *text)
{
    struct modal *m = &d->inside->modal;
    (void)ctx;
    if (m->kind != MODAL_PAGE) return AFTER_DRAW;
    snprintf(m->u.page.find, sizeof m->u.page.find, "%s", text);
    if (*text) page_search(d, text, m->u.page.top);
    return AFTER_DRAW;
}

static void page_draw(struct modal *m, const struct area *screen)
{
    char title[300];
    area_fill(screen, 0, 0, screen->h, screen->w, ' ', INK_NORMAL);
    snprintf(title, sizeof title, "%s  (q closes, / searches)", m->title);
    struct area in = area_frame(screen, INK_DIM, title, INK_STRONG);
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

/* ---- all kinds ------------------------------------------------------------------------------------------ */

bool modal_paste(struct desk *d, const char *text)
{
    struct modal *m = &d->inside->modal;
    if (m->kind != MODAL_LINE) return false;
    m->u.line.completion = -1;
    while (*text) line_insert(m, (int)text_decode(&text));
    return true;
}

unsigned modal_key(struct desk *d, int key)
{
    struct modal *m = &d->inside->modal;
    switch (m->kind) {
    case MODAL_LINE:
        return line_key(d, m, key);
    case MODAL_CONFIRM:
        return confirm_key(d, m, key);
    case MODAL_MENU:
        return menu_key(d, m, key);
    case MODAL_PAGE:
        return page_key(d, m, key);
    default:
        return AFTER_NOTHING;
    }
}

/* Where both do not fit the question is cut, never the answers. */
static void confirm_draw(const struct modal *m, const struct area *line)
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

void modal_draw(struct desk *d, const struct area *screen, const struct area *line, int *cursor_y, int *cursor_x)
{
    struct modal *m = &d->inside->modal;
    if (m->kind == MODAL_LINE) line_draw(d, m, line, cursor_y, cursor_x);
    if (m->kind == MODAL_MENU) menu_draw(m, screen);
    if (m->kind == MODAL_PAGE) page_draw(m, screen);
    if (m->kind == MODAL_CONFIRM) confirm_draw(m, line);
}
