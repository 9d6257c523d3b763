/* Opens and closes dialogs. What each kind does with keys is in dialog_keys.c, dialog_line.c and dialog_page.c. */
#include "views/workbench/dialogs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "views/workbench/frame.h"
#include "views/workbench/workbench.h"

static void free_parts(struct dialog *m)
{
    if (m->kind == DIALOG_LIST) {
        for (int i = 0; i < m->u.list.count; i++) free(m->u.list.rows[i]);
        free(m->u.list.rows);
    }
    if (m->kind == DIALOG_PAGE) {
        free(m->u.page.text);
        free(m->u.page.lines);
        free(m->u.page.whole);
    }
}

void dialog_close(struct workbench *wb)
{
    struct dialog *m = &wb->dialogs->front;
    free_parts(m);
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

void dialog_tend(struct workbench *wb)
{
    struct dialogs *d = wb->dialogs;
    if (d->front.kind || !d->waiting.kind) return;
    d->front = d->waiting;
    d->waiting = (struct dialog){ 0 };
    wb->frame->dirty = true;
}

void dialog_forget(struct workbench *wb)
{
    free_parts(&wb->dialogs->waiting);
    wb->dialogs->waiting = (struct dialog){ 0 };
}

struct dialog *dialog_behind(struct workbench *wb, const char *title, void *ctx)
{
    struct dialog *m = &wb->dialogs->waiting;
    free_parts(m);
    *m = (struct dialog){ .kind = DIALOG_PAGE, .ctx = ctx };
    snprintf(m->title, sizeof m->title, "%s", title);
    return m;
}

struct dialog *dialog_begin(struct workbench *wb, enum dialog_kind kind, const char *title, void *ctx)
{
    struct dialog *m = &wb->dialogs->front;
    if (m->kind) dialog_close_all(wb);
    m->kind = kind;
    m->ctx = ctx;
    snprintf(m->title, sizeof m->title, "%s", title);
    return m;
}

void dialog_ask(struct workbench *wb, const struct dialog_question *q)
{
    struct dialog *m = dialog_begin(wb, DIALOG_LINE, q->label, q->ctx);
    m->u.line.done = q->done;
    m->u.line.complete = q->complete;
    m->u.line.check = q->check;
    m->u.line.once = q->once;
    m->u.line.completion = -1;
    snprintf(m->u.line.history, sizeof m->u.line.history, "%s", q->history ? q->history : "");
    snprintf(m->u.line.text, sizeof m->u.line.text, "%s", q->initial ? q->initial : "");
    m->u.line.at = (int)strlen(m->u.line.text);
    m->u.line.selected = q->select && *m->u.line.text;
}

void dialog_confirm(struct workbench *wb, const char *question, unsigned (*yes)(struct workbench *wb, void *ctx),
                    void *ctx)
{
    dialog_begin(wb, DIALOG_CONFIRM, question, ctx)->u.yes = yes;
}

void dialog_choose(struct workbench *wb, const char *title, const char *const *rows, int chosen,
                   unsigned (*done)(struct workbench *wb, void *ctx, int row), void *ctx)
{
    struct dialog *m = dialog_begin(wb, DIALOG_LIST, title, ctx);
    int n = 0;
    while (rows[n]) n++;
    m->u.list.rows = calloc((size_t)n + 1, sizeof *m->u.list.rows);
    for (int i = 0; i < n && m->u.list.rows; i++)
        if ((m->u.list.rows[m->u.list.count] = text_copy(rows[i]))) m->u.list.count++;
    m->u.list.chosen = chosen >= 0 && chosen < m->u.list.count ? chosen : 0;
    m->u.list.done = done;
}

bool dialog_open(const struct workbench *wb)
{
    return wb->dialogs->front.kind != DIALOG_NONE;
}
