/* Keys: characters are their code points, other keys are numbers beyond them; both have names. */
#ifndef MLVICX_VIEWS_KEYS_H
#define MLVICX_VIEWS_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum key {
    KEYS_NONE = 0,
    KEYS_TAB = 9,
    KEYS_ENTER = 13,
    KEYS_ESCAPE = 27,
    KEYS_SPACE = 32,
    KEYS_BACKSPACE = 127,
    KEYS_FIRST = 0x110000, /* beyond Unicode */
    KEYS_UP,
    KEYS_DOWN,
    KEYS_LEFT,
    KEYS_RIGHT,
    KEYS_PAGE_UP,
    KEYS_PAGE_DOWN,
    KEYS_HOME,
    KEYS_END,
    KEYS_INSERT,
    KEYS_DELETE,
    KEYS_BACK_TAB,
    KEYS_F1, /* .. + 11 */
    KEYS_F12 = KEYS_F1 + 11,
    KEYS_LAST
};
#define KEYS_CTRL(letter) ((letter)&31)

enum { KEYS_NAME = 16 }; /* bytes of a name, with NUL */

/** Name of a key as help shows it: "enter", "page up", "F1", "ctrl-l", "space", "a". Fills and returns `out`. */
const char *keys_name(int key, char out[KEYS_NAME]);
/** The key of a name (of any case; "page-up" and "pgup" too); KEYS_NONE when there is none. */
int keys_parse(const char *name);

/** Takes the next key from the text of a script: characters stand for themselves, <enter>, <ctrl-l> ... for other keys,
 * <lt> for '<'. Advances *p; KEYS_NONE at the end; -1 for an unknown name. */
int keys_next(const char **p);

/** The position that a navigation key leads to from position `at` in a list of `count`: one forward or back, a page,
 * the first, the last. The result may lie outside the list; other keys return `at`. */
int keys_walk(int key, int at, int page, int count);

#endif
