/* User-defined keys: a file of lines `runs.pause = p`, `everywhere.help = h F1`.
 *
 * The part before the dot is a screen, or `everywhere`; after it is the name of an action as help shows it. An
 * action that every screen has can be given another key on a single screen. A key has one meaning on a screen: a
 * line that would give it two is refused, and so is a line that cannot be understood; each error gives its line. Two
 * actions may exchange their keys. */
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
    int line; /* in the file that is being read; 0: in an earlier one */
};

/** Without rows: the keys of the tables. */
struct keymap {
    const struct screen *const *screens; /* ended by NULL, borrowed          */
    const struct key_bind *everywhere;   /* the table of all screens, borrowed */
    struct keymap_row rows[KEYMAP_MOST];
    int count;
};

/** Applies a file's text to the current keys. Refused lines are appended to `wrong`, one per line, beginning with
 * "WHERE: line N: "; the others take effect. */
void keymap_read(struct keymap *m, const char *text, const char *where, struct text *wrong);

/** Reads $XDG_CONFIG_HOME/mlvicx/keys, then `keys` in the workspace, if they exist. */
void keymap_open(struct keymap *m, const struct store *s, struct text *wrong);

/** The key of an action on a screen, and its twin (0: none). */
int keymap_key(const struct keymap *m, int screen, const struct key_bind *bind, int *twin);

/** The action of a key on a screen, its own table first; NULL: none. `*own`: it is the screen's. */
const struct key_bind *keymap_find(const struct keymap *m, int screen, int key, bool *own);

#endif
