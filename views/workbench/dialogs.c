/* Dialogs, which receive keys before the screen does: an input line, a yes/no question, a list, a page of text. */
#include "views/workbench/dialogs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "views/terminal/keys.h"
#include "views/workbench/frame.h"
#include "views/workbench/message.h"
#include "views/workbench/page_wrap.h"
#include "views/workbench/preferences.h"
#include "views/workbench/workbench.h"

void dialog_close(struct workbench *wb)
{
    struct dialog *m = &wb->dialogs->front;
    if (m->kind == DIALOG_LIST) {
        for (int i = 0; i < m->u.list.count; i++) free(m->u.list.rows[i]);
        free(m->u.list.rows);
    }
    if (m->kind == DIALOG_PAGE) {
        free(m->u.page.text);
        free(m->u.page.lines);
        free(m->u.page.whole);
    }
    bool back = m->kind == DIALOG_LINE && wb->dialogs->behind.kind;
    *m = back ? wb->dialogs->behind : (struct dialog){ 0 };
    if (back) wb->dialogs->behind = (struct dialog){ 0 };
    wb->frame->dirty = true;
}

void dialog_close_all(struct workbench *wb)
{
    do {
        dialog_close(wb);
    } while (wb->dialogs->front.kind);
}

static struct dialog *begin(struct workbench *wb, enum dialog_kind kind, const char *title, void *ctx)
{
    struct dialog *m = &wb->dialogs->front;
    if (m->kind) dialog_close_all(wb);
    m->kind = kind;
    m->ctx = ctx;
    snprintf(m->title, sizeof m->title, "%s", title);
    return m;
}

/* ---- a line --------------------------------------------------------------------------------------------- */

void dialog_ask(struct workbench *wb, const struct dialog_question *q)
{
    struct dialog *m = begin(wb, DIALOG_LINE, q->label, q->ctx);
    m->u.line.done = q->done;
    m->u.line.complete = q->complete;
    m->u.line.check = q->check;
    m->u.line.completion = -1;
    snprintf(m->u.line.history, sizeof m->u.line.history, "%s", q->history ? q->history : "");
    snprintf(m->u.line.text, sizeof m->u.line.text, "%s", q->initial ? q->initial : "");
    m->u.line.at = (int)strlen(m->u.line.text);
    m->u.line.selected = q->select && *m->u.line.text;
}

/* Line `past` (1: the newest) of a history, which is stored as the lines of one setting. */
static bool history_line(struct workbench *wb, const char *name, int past, char *out, size_t size)
{
    char key[64];
    snprintf(key, sizeof key, "history.%s", name);
    const char *all = preference_get(wb, key, ""), *end = all + strlen(all);
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

static void history_add(struct workbench *wb, const char *name, const char *text)
{
    char key[64], before[DIALOG_TEXT];
    if (!*name || !*text || (history_line(wb, name, 1, before, sizeof before) && !strcmp(before, text))) return;
    struct text all = { 0 };
    snprintf(key, sizeof key, "history.%s", name);
    text_printf(&all, "%s", preference_get(wb, key, ""));
    text_printf(&all, "%s%s", all.length ? "\n" : "", text);
    const char *from = text_str(&all);
    while (strlen(from) > 900 && strchr(from, '\n')) from = strchr(from, '\n') + 1; /* the oldest go */
    preference_set(wb, key, from);
    text_clear(&all);
}

static void line_set(struct dialog *m, const char *text)
{
    snprintf(m->u.line.text, sizeof m->u.line.text, "%s", text);
    m->u.line.at = (int)strlen(m->u.line.text);
}

static void line_past(struct workbench *wb, struct dialog *m, int by)
{
    char text[DIALOG_TEXT];
    int past = m->u.line.past + by;
    if (!*m->u.line.history || past < 0) return;
    if (m->u.line.past == 0) snprintf(m->u.line.kept, sizeof m->u.line.kept, "%s", m->u.line.text);
    if (past == 0)
        line_set(m, m->u.line.kept);
    else if (history_line(wb, m->u.line.history, past, text, sizeof text))
        line_set(m, text);
    else
        return;
    m->u.line.past = past;
}

/* Moves through the completions of the typed text; wraps around after the last. */
static void line_complete(struct workbench *wb, struct dialog *m)
{
    if (!m->u.line.complete) return;
    if (m->u.line.completion < 0) snprintf(m->u.line.typed, sizeof m->u.line.typed, "%s", m->u.line.text);
    const char *next = m->u.line.complete(wb, m->ctx, m->u.line.typed, ++m->u.line.completion);
    if (!next && m->u.line.completion > 0)
        next = m->u.line.complete(wb, m->ctx, m->u.line.typed, m->u.line.completion = 0);
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

static void line_cut(struct dialog *m, int from, int to)
{
    char *text = m->u.line.text;
    memmove(text + from, text + to, strlen(text + to) + 1);
    m->u.line.at = from;
}

static void line_insert(struct dialog *m, int key)
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

static unsigned line_done(struct workbench *wb, struct dialog *m)
{
    char text[DIALOG_TEXT];
    struct dialog copy = *m;
    snprintf(text, sizeof text, "%s", m->u.line.text);
    history_add(wb, m->u.line.history, text);
    dialog_close(wb);
    return copy.u.line.done(wb, copy.ctx, text) | AFTER_DRAW;
}

/* Where the word before the cursor begins; blanks after the word count as part of it. */
static int word_before(const char *text, int at)
{
    while (at > 0 && text[at - 1] == ' ') at--;
    while (at > 0 && text[at - 1] != ' ') at--;
    return at;
}

/* A selected text is replaced by what is typed, taken away as a whole, and kept by everything else. True if the key is
 * done with. */
static bool line_unselect(struct dialog *m, int key)
{
    bool was = m->u.line.selected, away = key == KEYS_BACKSPACE || key == KEYS_DELETE;
    m->u.line.selected = false;
    if (was && (away || (key >= ' ' && key < KEYS_FIRST))) line_set(m, "");
    return was && away;
}

static unsigned line_key(struct workbench *wb, struct dialog *m, int key)
{
    char *text = m->u.line.text;
    if (line_unselect(m, key)) return AFTER_DRAW;
    int at = m->u.line.at;
    if (key != KEYS_TAB) m->u.line.completion = -1;
    switch (key) {
    case KEYS_ESCAPE:
    case KEYS_CTRL('c'):
    case KEYS_CTRL('g'):
        dialog_close(wb);
        break;
    case KEYS_ENTER:
        return line_done(wb, m);
    case KEYS_TAB:
        line_complete(wb, m);
        break;
    case KEYS_UP:
        line_past(wb, m, 1);
        break;
    case KEYS_DOWN:
        line_past(wb, m, -1);
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
            dialog_close(wb);
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
    case KEYS_CTRL('w'):
        line_cut(m, word_before(text, at), at);
        break;
    default:
        if (key >= ' ' && key < KEYS_FIRST && key != KEYS_BACKSPACE) line_insert(m, key);
    }
    return AFTER_DRAW;
}

static void line_draw(struct workbench *wb, struct dialog *m, const struct area *row, int *cursor_y, int *cursor_x)
{
    char head[DIALOG_TEXT], remark[128] = "";
    area_fill(row, 0, 0, 1, row->w, ' ', INK_NORMAL);
    int x = area_text(row, 0, 0, INK_ACCENT, m->title);
    snprintf(head, sizeof head, "%.*s", m->u.line.at, m->u.line.text);
    bool fine = m->u.line.check ? m->u.line.check(wb, m->ctx, m->u.line.text, remark, sizeof remark) : true;
    int room = row->w - x - (*remark ? text_columns(remark) + 2 : 0);
    if (room < text_columns(m->u.line.text) + 2) room = row->w - x, remark[0] = '\0';
    int behind = text_columns(head) - (room - 1); /* scrolled out on the left */
    struct area field = area_sub(row, 0, x, 1, room);
    area_text(&field, 0, behind > 0 ? -behind : 0, INK_STRONG | (m->u.line.selected ? STYLE_REVERSE : 0),
              m->u.line.text);
    if (*remark) area_text(row, 0, row->w - text_columns(remark) - 1, fine ? INK_DIM : INK_BAD, remark);
    *cursor_y = row->y;
    *cursor_x = row->x + x + text_columns(head) - (behind > 0 ? behind : 0);
}

/* ---- a yes ---------------------------------------------------------------------------------------------- */

void dialog_confirm(struct workbench *wb, const char *question, unsigned (*yes)(struct workbench *wb, void *ctx),
                    void *ctx)
{
    begin(wb, DIALOG_CONFIRM, question, ctx)->u.yes = yes;
}

static unsigned confirm_key(struct workbench *wb, struct dialog *m, int key)
{
    struct dialog copy = *m;
    dialog_close(wb);
    if (key == 'y') return copy.u.yes(wb, copy.ctx) | AFTER_DRAW;
    message_say(wb, "nothing was done");
    return AFTER_DRAW;
}

/* ---- a list --------------------------------------------------------------------------------------------- */

enum { LIST_LEAST = 3 }; /* rows of a list that has a text below it */

void dialog_choose(struct workbench *wb, const char *title, const char *const *rows, int chosen,
                   unsigned (*done)(struct workbench *wb, void *ctx, int row), void *ctx)
{
    struct dialog *m = begin(wb, DIALOG_LIST, title, ctx);
    int n = 0;
    while (rows[n]) n++;
    m->u.list.rows = calloc((size_t)n + 1, sizeof *m->u.list.rows);
    for (int i = 0; i < n && m->u.list.rows; i++)
        if ((m->u.list.rows[m->u.list.count] = text_copy(rows[i]))) m->u.list.count++;
    m->u.list.chosen = chosen >= 0 && chosen < m->u.list.count ? chosen : 0;
    m->u.list.done = done;
}

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
    if (m->u.list.chosen < m->u.list.top) m->u.list.top = m->u.list.chosen;
    if (m->u.list.chosen >= m->u.list.top + in.h) m->u.list.top = m->u.list.chosen - in.h + 1;
    for (int i = 0; i < in.h && m->u.list.top + i < m->u.list.count; i++) {
        int row = m->u.list.top + i;
        bool chosen = row == m->u.list.chosen;
        area_fill(&in, i, 0, 1, in.w, ' ', chosen ? INK_STRONG | STYLE_PAPER(INK_CHOSEN) : INK_NORMAL);
        area_field(&in, i, 1, in.w - 2, -1, chosen ? INK_STRONG | STYLE_PAPER(INK_CHOSEN) : INK_NORMAL,
                   m->u.list.rows[row]);
    }
    const char *all = m->u.list.count ? m->u.list.rows[m->u.list.chosen] : "";
    in.h += foot;
    if (text_columns(all) > in.w - 2) area_wrap(&in, in.h - foot, 1, foot, in.w - 2, INK_DIM, all);
}

/* ---- a page --------------------------------------------------------------------------------------------- */

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

void dialog_page(struct workbench *wb, const char *title, const char *text)
{
    struct dialog *m = begin(wb, DIALOG_PAGE, title, NULL);
    if (!page_fill(m, text_copy(text))) dialog_close(wb);
}

void dialog_page_then(struct workbench *wb, const char *title, const char *text,
                      unsigned (*go_on)(struct workbench *wb, void *ctx), void *ctx)
{
    dialog_page(wb, title, text);
    struct dialog *m = &wb->dialogs->front;
    if (m->kind != DIALOG_PAGE) return;
    m->u.page.whole = text_copy(text); /* without it lines are cut */
    m->u.page.go_on = go_on;
    m->ctx = ctx;
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

static unsigned page_key(struct workbench *wb, struct dialog *m, int key)
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

static void page_draw(struct dialog *m, const struct area *screen)
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

bool dialog_open(const struct workbench *wb)
{
    return wb->dialogs->front.kind != DIALOG_NONE;
}

/* ---- all kinds ------------------------------------------------------------------------------------------ */

bool dialog_paste(struct workbench *wb, const char *text)
{
    struct dialog *m = &wb->dialogs->front;
    if (m->kind != DIALOG_LINE) return false;
    m->u.line.completion = -1;
    line_unselect(m, ' ');
    while (*text) line_insert(m, (int)text_decode(&text));
    return true;
}

unsigned dialog_key(struct workbench *wb, int key)
{
    struct dialog *m = &wb->dialogs->front;
    switch (m->kind) {
    case DIALOG_LINE:
        return line_key(wb, m, key);
    case DIALOG_CONFIRM:
        return confirm_key(wb, m, key);
    case DIALOG_LIST:
        return list_key(wb, m, key);
    case DIALOG_PAGE:
        return page_key(wb, m, key);
    default:
        return AFTER_NOTHING;
    }
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

void dialog_draw(struct workbench *wb, const struct area *screen, const struct area *line, int *cursor_y, int *cursor_x)
{
    struct dialog *m = &wb->dialogs->front;
    if (m->kind == DIALOG_LINE) line_draw(wb, m, line, cursor_y, cursor_x);
    if (m->kind == DIALOG_LIST) list_draw(m, screen);
    if (m->kind == DIALOG_PAGE) page_draw(m, screen);
    if (m->kind == DIALOG_CONFIRM) confirm_draw(m, line);
}
