#include "views/terminal/keys.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"
#include "views/terminal/canvas.h"

static const struct {
    int key;
    const char *name, *also;
} names[] = {
    { KEYS_ENTER, "enter", "return" },
    { KEYS_ESCAPE, "esc", "escape" },
    { KEYS_TAB, "tab", NULL },
    { KEYS_SPACE, "space", NULL },
    { KEYS_BACKSPACE, "backspace", "bs" },
    { KEYS_UP, "up", NULL },
    { KEYS_DOWN, "down", NULL },
    { KEYS_LEFT, "left", NULL },
    { KEYS_RIGHT, "right", NULL },
    { KEYS_PAGE_UP, "page-up", "pgup" },
    { KEYS_PAGE_DOWN, "page-down", "pgdn" },
    { KEYS_HOME, "home", NULL },
    { KEYS_END, "end", NULL },
    { KEYS_INSERT, "insert", "ins" },
    { KEYS_DELETE, "delete", "del" },
    { KEYS_BACK_TAB, "shift-tab", "back-tab" },
    { '<', "lt", "less" },
};

const char *keys_name(int key, char out[KEYS_NAME])
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].key == key && key != '<') {
            snprintf(out, KEYS_NAME, "%s", names[i].name);
            return out;
        }
    if (key >= KEYS_F1 && key <= KEYS_F12)
        snprintf(out, KEYS_NAME, "F%d", key - KEYS_F1 + 1);
    else if (key > 0 && key < 32)
        snprintf(out, KEYS_NAME, "ctrl-%c", key + 'a' - 1);
    else if (key > 0 && key < KEYS_FIRST) {
        struct text t = { 0 };
        text_add_char(&t, (uint32_t)key);
        snprintf(out, KEYS_NAME, "%s", text_str(&t));
        text_clear(&t);
    } else
        snprintf(out, KEYS_NAME, "?");
    return out;
}

int keys_parse(const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_same(name, names[i].name) || (names[i].also && text_same(name, names[i].also))) return names[i].key;
    int64_t n;
    if ((name[0] == 'F' || name[0] == 'f') && name[1] && text_to_int(name + 1, &n) && n >= 1 && n <= 12)
        return KEYS_F1 + (int)n - 1;
    if ((!strncmp(name, "ctrl-", 5) || !strncmp(name, "Ctrl-", 5)) && isalpha((unsigned char)name[5]) && !name[6])
        return KEYS_CTRL(name[5]);
    const char *p = name;
    uint32_t ch = text_decode(&p);
    return ch > 32 && !*p ? (int)ch : KEYS_NONE;
}

int keys_next(const char **p)
{
    const char *close = **p == '<' ? strchr(*p, '>') : NULL;
    char name[32];
    if (!close || close == *p + 1) return (int)text_decode(p);
    snprintf(name, sizeof name, "%.*s", (int)(close - *p - 1), *p + 1);
    *p = close + 1;
    int key = keys_parse(name);
    return key == KEYS_NONE ? -1 : key;
}

int keys_walk(int key, int at, int page, int count)
{
    switch (key) {
    case KEYS_UP:
        return at - 1;
    case KEYS_DOWN:
        return at + 1;
    case KEYS_PAGE_UP:
        return at - page;
    case KEYS_PAGE_DOWN:
        return at + page;
    case KEYS_HOME:
        return 0;
    case KEYS_END:
        return count - 1;
    default:
        return at;
    }
}
