/* Dialogs: what has the keyboard before the screen does: a line to type, a yes to give, a list, a page to read. */
#ifndef MLVICX_VIEWS_DIALOGS_H
#define MLVICX_VIEWS_DIALOGS_H

#include <stdbool.h>
#include <stddef.h>

#include "views/terminal/canvas.h"

struct workbench;

enum dialog_kind { DIALOG_NONE, DIALOG_LINE, DIALOG_CONFIRM, DIALOG_LIST, DIALOG_PAGE };
enum { DIALOG_TEXT = 512, DIALOG_HISTORY = 50 };

struct dialog {
    enum dialog_kind kind;
    char title[256];
    void *ctx;
    union {
        struct {
            char text[DIALOG_TEXT];
            int at; /* of the cursor, bytes */
            char history[32], kept[DIALOG_TEXT], typed[DIALOG_TEXT];
            int past, completion; /* how far back; which completion is shown, -1 none */
            unsigned (*done)(struct workbench *wb, void *ctx, const char *text);
            const char *(*complete)(struct workbench *wb, void *ctx, const char *text, int i);
            bool (*check)(struct workbench *wb, void *ctx, const char *text, char *remark, size_t size);
        } line;
        unsigned (*yes)(struct workbench *wb, void *ctx);
        struct {
            char **rows; /* owned */
            int count, chosen, top;
            unsigned (*done)(struct workbench *wb, void *ctx, int row);
        } list;
        struct {
            char *text, **lines; /* owned; lines point into text */
            int count, top, height;
            char find[64];
            unsigned (*go_on)(struct workbench *wb, void *ctx);
        } page;
    } u;
};
struct dialogs {
    struct dialog front, behind; /* behind: a page that is searched */
};

/* ---- for screens ---- */

/** Ask for a line of text, with the cursor in the last row but one. `done` gets it on Enter (returns enum after),
 *  nothing happens on Escape. `complete` (may be NULL) gives the i-th completion of the text, NULL beyond. `history`
 *  names a list that is remembered, NULL: none. Texts are copied, `ctx` is borrowed until the answer. */
struct dialog_question {
    const char *label, *initial, *history;
    unsigned (*done)(struct workbench *wb, void *ctx, const char *text);
    const char *(*complete)(struct workbench *wb, void *ctx, const char *text, int i);
    /** Called as it is typed: a remark on the right ("0 runs"), and false where it cannot stay so. May be NULL. */
    bool (*check)(struct workbench *wb, void *ctx, const char *text, char *remark, size_t size);
    void *ctx;
};
void dialog_ask(struct workbench *wb, const struct dialog_question *q);
/** Ask for an explicit y: whatever destroys. Any other key means no. */
void dialog_confirm(struct workbench *wb, const char *question, unsigned (*yes)(struct workbench *wb, void *ctx),
                    void *ctx);
/** Choose one of a list (arrows, Enter). `rows` ended by NULL, copied. */
void dialog_choose(struct workbench *wb, const char *title, const char *const *rows, int chosen,
                   unsigned (*done)(struct workbench *wb, void *ctx, int row), void *ctx);
/** Show text over the screen until q; scrolls, / searches. Copied. */
void dialog_page(struct workbench *wb, const char *title, const char *text);
/** The same as a step on the way: Enter leaves it and calls `go_on` (returns enum after), q leaves it alone. */
void dialog_page_then(struct workbench *wb, const char *title, const char *text,
                      unsigned (*go_on)(struct workbench *wb, void *ctx), void *ctx);
/** A dialog stands over the screen: what it is about must not become another thing beneath it. */
bool dialog_open(const struct workbench *wb);

/* ---- for the loop ---- */

/** A key of the keyboard's owner. Returns enum after bits. */
unsigned dialog_key(struct workbench *wb, int key);
/** Pasted text goes into the line that is typed; false: there is none, and it goes nowhere. */
bool dialog_paste(struct workbench *wb, const char *text);
void dialog_close(struct workbench *wb);
/** That, and what waits behind it. */
void dialog_close_all(struct workbench *wb);
/** Draw over the screen; fills the place of the cursor, or leaves it. */
void dialog_draw(struct workbench *wb, const struct area *screen, const struct area *line, int *cursor_y,
                 int *cursor_x);

#endif
