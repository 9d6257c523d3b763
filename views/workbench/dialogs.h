/* Dialogs, which receive keys before the screen does: an input line, a yes/no question, a list, a page of text. */
#ifndef MLVICX_VIEWS_DIALOGS_H
#define MLVICX_VIEWS_DIALOGS_H

#include <stdbool.h>
#include <stddef.h>

#include "views/terminal/canvas.h"
#include "views/workbench/screen.h"

struct workbench;

enum dialog_kind { DIALOG_NONE, DIALOG_LINE, DIALOG_CONFIRM, DIALOG_LIST, DIALOG_PAGE };
enum { DIALOG_TEXT = 512, DIALOG_HISTORY = 50, DIALOG_KEYS = 8 };

struct dialog {
    enum dialog_kind kind;
    char title[256];
    void *ctx;
    union {
        struct {
            char text[DIALOG_TEXT];
            int at;            /* of the cursor, bytes */
            bool selected;     /* the whole text: what is typed replaces it */
            bool full;         /* what was typed or pasted last did not fit */
            bool once;         /* a refused text is not asked for again */
            char refused[512]; /* why the text was not taken; until a key changes it */
            char history[32], kept[DIALOG_TEXT], typed[DIALOG_TEXT];
            int past, completion; /* position in the history; index of the shown completion, -1 none */
            unsigned (*done)(struct workbench *wb, void *ctx, const char *text);
            const char *(*complete)(struct workbench *wb, void *ctx, const char *text, int i);
            bool (*check)(struct workbench *wb, void *ctx, const char *text, char *remark, size_t size);
        } line;
        unsigned (*yes)(struct workbench *wb, void *ctx);
        struct {
            char **rows; /* owned */
            int count, chosen, top;
            struct area shown; /* where its rows were drawn */
            unsigned (*done)(struct workbench *wb, void *ctx, int row);
        } list;
        struct {
            char *text, **lines; /* owned; lines point into text */
            char *whole;         /* owned: the text as it was given, broken anew for each width; NULL: lines are cut */
            int width;           /* that it is broken for */
            int count, top, height;
            char find[64];
            unsigned (*go_on)(struct workbench *wb, void *ctx);
        } page;
    } u;
};
struct dialogs {
    struct dialog front, behind;          /* behind: a page that is searched */
    struct dialog waiting;                /* a page that is shown once nothing else is open */
    struct key_bind bar[DIALOG_KEYS + 1]; /* the keys of the front one, as dialog_bar filled it in last */
};

/* ---- for screens ---- */

/** Asks for a line of text, with the cursor in the last row but one. `done` gets it on Enter (returns enum after);
 * if it warns (message_warn), the text was refused: the line opens again with the text and the reason, until another
 * one is taken. On Escape nothing happens. `complete` (may be NULL) gives the i-th completion of the text, NULL beyond.
 * `history` names a list that is remembered, NULL: none. Texts are copied, `ctx` is borrowed until the answer. */
struct dialog_question {
    const char *label, *initial, *history;
    unsigned (*done)(struct workbench *wb, void *ctx, const char *text);
    const char *(*complete)(struct workbench *wb, void *ctx, const char *text, int i);
    /** Called while the user types: gives a remark on the right ("0 runs"), and returns false if the text is not
     * acceptable. May be NULL. */
    bool (*check)(struct workbench *wb, void *ctx, const char *text, char *remark, size_t size);
    void *ctx;
    bool select; /* the initial text is selected: what is typed replaces it */
    bool once;   /* the line closes even if `done` refuses the text */
};
void dialog_ask(struct workbench *wb, const struct dialog_question *q);
/** Asks for an explicit y, for anything that destroys data. Any other key means no. */
void dialog_confirm(struct workbench *wb, const char *question, unsigned (*yes)(struct workbench *wb, void *ctx),
                    void *ctx);
/** Selects from a list (arrows, Enter). `rows` ended by NULL, copied. */
void dialog_choose(struct workbench *wb, const char *title, const char *const *rows, int chosen,
                   unsigned (*done)(struct workbench *wb, void *ctx, int row), void *ctx);
/** Shows text over the screen until q; scrolls, / searches. Copied. What comes while another dialog is open, since a
 * job has ended, is shown after it: nothing that is being typed or read goes away. */
void dialog_page(struct workbench *wb, const char *title, const char *text);
/** The same as one step of several: Enter closes it and calls `go_on` (returns enum after; NULL: it is no step of any),
 * q only closes it. Its lines are broken (page_wrap.h), not cut, also after the terminal changed its size. */
void dialog_page_then(struct workbench *wb, const char *title, const char *text,
                      unsigned (*go_on)(struct workbench *wb, void *ctx), void *ctx);
/** True while a dialog is open over the screen: what the dialog is about must not change below it. */
bool dialog_open(const struct workbench *wb);

/* ---- for the loop, and for the files of each kind ---- */

/** Opens a dialog instead of the ones that are open. */
struct dialog *dialog_begin(struct workbench *wb, enum dialog_kind kind, const char *title, void *ctx);
/** A page that is shown after the dialog that is open, instead of one that waits already. */
struct dialog *dialog_behind(struct workbench *wb, const char *title, void *ctx);
/** Forgets a page that waits. */
void dialog_forget(struct workbench *wb);
/** Shows a page that waits, if nothing is open any more. */
void dialog_tend(struct workbench *wb);
void dialog_close(struct workbench *wb);
/** Closes the dialog, and those behind it. */
void dialog_close_all(struct workbench *wb);

#endif
