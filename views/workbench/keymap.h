/* Keys as the user wants them: a file of lines `runs.pause = p`, `everywhere.help = h F1`.
 *
 * The part before the dot is a screen, or `everywhere`; behind it stands the name of an action as help shows it. An
 * action that is everyone's can be given another key on one screen only. A key means one thing on a screen: a line
 * that would give it two is refused, and so is what cannot be understood, each with its line. Two actions may exchange
 * their keys. */
#ifndef MLVICX_VIEWS_KEYMAP_H
#define MLVICX_VIEWS_KEYMAP_H

#include "engine/base/text.h"
#include "store/database/store.h"
#include "views/workbench/screen.h"

enum { KEYMAP_MOST = 200 };

struct keymap_row {
    int screen; /* -1: on every screen */
    const struct key_bind *bind;
    int key, twin;
    int line; /* of the file that is being read; 0: of one before */
};

/** Without rows: the keys of the tables. */
struct keymap {
    const struct screen *const *screens; /* ended by NULL, borrowed          */
    const struct key_bind *everywhere;   /* the table of all screens, borrowed */
    struct keymap_row rows[KEYMAP_MOST];
    int count;
};

/** Take a file's text over what is there. Lines that are refused are appended to `wrong`, a line each, beginning with
 *  "WHERE: line N: "; the others hold. */
void keymap_read(struct keymap *m, const char *text, const char *where, struct text *wrong);

/** Read $XDG_CONFIG_HOME/mlvicx/keys, then `keys` in the workspace, where they are. */
void keymap_open(struct keymap *m, const struct store *s, struct text *wrong);

/** The key of an action on a screen, and its twin (0: none). */
int keymap_key(const struct keymap *m, int screen, const struct key_bind *bind, int *twin);

/** What a key does on a screen, its own table first; NULL: nothing. `*own`: the screen's. */
const struct key_bind *keymap_find(const struct keymap *m, int screen, int key, bool *own);

#endif
