/* The input line: editing, history, completion. */
#include "views/workbench/dialog_line.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"
#include "views/terminal/keys.h"
#include "views/workbench/message.h"
#include "views/workbench/preferences.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

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
    m->u.line.full = length + t.length >= sizeof m->u.line.text;
    if (!t.broken && !m->u.line.full) {
        char *at = m->u.line.text + m->u.line.at;
        memmove(at + t.length, at, length - (size_t)m->u.line.at + 1);
        memcpy(at, t.data, t.length);
        m->u.line.at += (int)t.length;
    }
    text_clear(&t);
}

/* Opens it again with its text: nothing that was typed is lost, and no key that follows is taken for a command. */
static void line_refused(struct workbench *wb, const struct dialog *was)
{
    struct dialog *m = dialog_begin(wb, DIALOG_LINE, was->title, was->ctx);
    m->u.line = was->u.line;
    snprintf(m->u.line.refused, sizeof m->u.line.refused, "%s", wb->message->text);
    message_heed(wb); /* it is told in the line itself */
}

static unsigned line_done(struct workbench *wb, struct dialog *m)
{
    char text[DIALOG_TEXT];
    struct dialog copy = *m;
    snprintf(text, sizeof text, "%s", m->u.line.text);
    history_add(wb, m->u.line.history, text);
    dialog_close(wb);
    int screen = wb->show->current;
    unsigned after = copy.u.line.done(wb, copy.ctx, text) | AFTER_DRAW;
    bool refused = wb->message->bad && !wb->dialogs->front.kind && wb->show->current == screen;
    if (refused && !copy.u.line.once) line_refused(wb, &copy);
    return after;
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

unsigned dialog_line_key(struct workbench *wb, struct dialog *m, int key)
{
    char *text = m->u.line.text;
    m->u.line.full = false;
    m->u.line.refused[0] = '\0';
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

enum { LEAST = 4 }; /* columns of the text that are seen beside a remark */

void dialog_line_draw(struct workbench *wb, struct dialog *m, const struct area *row, int *cursor_y, int *cursor_x)
{
    char head[DIALOG_TEXT], remark[128] = "";
    area_fill(row, 0, 0, 1, row->w, ' ', INK_NORMAL);
    int x = area_text(row, 0, 0, INK_ACCENT, m->title);
    snprintf(head, sizeof head, "%.*s", m->u.line.at, m->u.line.text);
    bool fine = m->u.line.check ? m->u.line.check(wb, m->ctx, m->u.line.text, remark, sizeof remark) : true;
    if (m->u.line.full) { /* whatever else there is to say */
        snprintf(remark, sizeof remark, "full: the rest was left out");
        fine = false;
    }
    int room = row->w - x - (*remark ? text_columns(remark) + 2 : 0);
    bool tight = room < text_columns(m->u.line.text) + 2;
    if ((tight && !m->u.line.full) || room < LEAST) room = row->w - x, remark[0] = '\0';
    int behind = text_columns(head) - (room - 1); /* scrolled out on the left */
    struct area field = area_sub(row, 0, x, 1, room);
    area_text(&field, 0, behind > 0 ? -behind : 0, INK_STRONG | (m->u.line.selected ? STYLE_REVERSE : 0),
              m->u.line.text);
    if (*remark) area_text(row, 0, row->w - text_columns(remark) - 1, fine ? INK_DIM : INK_BAD, remark);
    *cursor_y = row->y;
    *cursor_x = row->x + x + text_columns(head) - (behind > 0 ? behind : 0);
}

void dialog_line_paste(struct dialog *m, const char *text)
{
    m->u.line.completion = -1;
    line_unselect(m, ' ');
    m->u.line.full = false;
    m->u.line.refused[0] = '\0';
    while (*text && !m->u.line.full) line_insert(m, (int)text_decode(&text));
}
