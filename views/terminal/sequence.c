#include "views/terminal/sequence.h"

#include <ctype.h>
#include <stdlib.h>

#include "views/terminal/keys.h"

/* ---- parsing ---------------------------------------------------------------------------------------------- */

enum { GIVEN = 4, PARTS = 3, HUGE_NUMBER = 1 << 24 };

/* CSI, an optional private marker, numbers separated by ';' whose parts are separated by ':', a final byte. */
struct csi {
    char sign, last;
    int count;                /* of numbers */
    int number[GIVEN][PARTS]; /* 0 if it is not given */
};

static bool take_apart(const char *bytes, size_t n, struct csi *c)
{
    int part = 0;
    *c = (struct csi){ .count = 1, .last = bytes[n - 1] };
    size_t i = 2;
    if (i + 1 < n && bytes[i] >= '<' && bytes[i] <= '?') c->sign = bytes[i++];
    if (i + 1 == n) c->count = 0;
    for (; i + 1 < n; i++) {
        if (bytes[i] == ';') {
            if (c->count++ == GIVEN) return false;
            part = 0;
        } else if (bytes[i] == ':') {
            if (++part == PARTS) return false;
        } else if (bytes[i] >= '0' && bytes[i] <= '9') {
            int *number = &c->number[c->count - 1][part];
            if (*number < HUGE_NUMBER) *number = 10 * *number + bytes[i] - '0';
        } else {
            return false; /* an intermediate byte: some report, no key */
        }
    }
    return true;
}

/* ---- keys ------------------------------------------------------------------------------------------------- */

enum { SHIFT = 1, ALT = 2, CTRL = 4, LOCKS = 64 | 128, RELEASE = 3 };

/* Modifiers are sent as their sum plus one; the release of a key is no key. */
static int modifiers(const int number[PARTS])
{
    if (number[1] == RELEASE) return -1;
    return number[0] > 0 ? (number[0] - 1) & ~LOCKS : 0;
}

static bool key_event(int key, struct input_event *out)
{
    *out = (struct input_event){ .kind = INPUT_KEY, .key = key };
    return key != KEYS_NONE;
}

/* A key by its code point. */
static bool coded(int code, int shifted, int held, struct input_event *out)
{
    bool letter = code >= 'a' && code <= 'z';
    if (code == KEYS_TAB && held == SHIFT) return key_event(KEYS_BACK_TAB, out);
    if (held == CTRL && letter) return key_event(KEYS_CTRL(code), out);
    if (held & ~SHIFT) return false;
    if (held == SHIFT) {
        if (letter) return key_event(toupper(code), out);
        if (code >= 'A' && code <= 'Z') return key_event(code, out);
        return shifted > ' ' && shifted < 127 && key_event(shifted, out);
    }
    bool control = code == KEYS_TAB || code == KEYS_ENTER || code == KEYS_ESCAPE || code == KEYS_BACKSPACE;
    bool text = (code >= ' ' && code < 127) || (code >= 0xa0 && code < 0xd800) || (code > 0xf8ff && code < 0x110000);
    return (control || text) && key_event(code, out);
}

static const struct {
    char last;
    int key;
} letters[] = {
    { 'A', KEYS_UP },   { 'B', KEYS_DOWN }, { 'C', KEYS_RIGHT },  { 'D', KEYS_LEFT },   { 'F', KEYS_END },
    { 'H', KEYS_HOME }, { 'P', KEYS_F1 },   { 'Q', KEYS_F1 + 1 }, { 'S', KEYS_F1 + 3 },
};

static bool lettered(const struct csi *c, struct input_event *out)
{
    if (c->count > 2 || c->number[0][0] > 1 || modifiers(c->number[1]) != 0) return false;
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if (letters[i].last == c->last) return key_event(letters[i].key, out);
    return false;
}

static const struct {
    int number, key;
} numbered_keys[] = {
    { 1, KEYS_HOME },      { 2, KEYS_INSERT },  { 3, KEYS_DELETE },  { 4, KEYS_END },      { 5, KEYS_PAGE_UP },
    { 6, KEYS_PAGE_DOWN }, { 7, KEYS_HOME },    { 8, KEYS_END },     { 11, KEYS_F1 },      { 12, KEYS_F1 + 1 },
    { 13, KEYS_F1 + 2 },   { 14, KEYS_F1 + 3 }, { 15, KEYS_F1 + 4 }, { 17, KEYS_F1 + 5 },  { 18, KEYS_F1 + 6 },
    { 19, KEYS_F1 + 7 },   { 20, KEYS_F1 + 8 }, { 21, KEYS_F1 + 9 }, { 23, KEYS_F1 + 10 }, { 24, KEYS_F1 + 11 },
};

static bool numbered(const struct csi *c, struct input_event *out)
{
    int held = modifiers(c->number[1]);
    if (c->number[0][0] == 27 && c->count == 3)
        return held >= 0 && coded(c->number[2][0], 0, held, out); /* modifyOtherKeys */
    if (c->count > 2 || held != 0) return false;
    for (size_t i = 0; i < sizeof numbered_keys / sizeof numbered_keys[0]; i++)
        if (numbered_keys[i].number == c->number[0][0]) return key_event(numbered_keys[i].key, out);
    return false;
}

/* ---- the mouse -------------------------------------------------------------------------------------------- */

bool sequence_mouse(int button, int column, int row, struct input_event *out)
{
    enum { HELD = 4 | 8 | 16, LEFT = 0, WHEEL_UP = 64, WHEEL_DOWN = 65 };
    if (column < 1 || row < 1) return false;
    *out = (struct input_event){ .y = row - 1, .x = column - 1 };
    switch (button & ~HELD) {
    case LEFT:
        out->kind = INPUT_CLICK;
        return true;
    case WHEEL_UP:
    case WHEEL_DOWN:
        out->kind = INPUT_WHEEL;
        out->key = (button & ~HELD) == WHEEL_UP ? -1 : 1;
        return true;
    default:
        return false;
    }
}

static bool reported(const struct csi *c, struct input_event *out)
{
    if (c->count != 3 || c->last != 'M' || (c->sign && c->sign != '<')) return false;
    return sequence_mouse(c->number[0][0] - (c->sign ? 0 : ' '), c->number[1][0], c->number[2][0], out);
}

/* ---- all -------------------------------------------------------------------------------------------------- */

/* The numeric keypad, in the mode in which it sends what is printed on it. */
static bool keypad(char last, struct input_event *out)
{
    if (last == 'M') return key_event(KEYS_ENTER, out);
    if (last == 'X') return key_event('=', out);
    if (last >= 'j' && last <= 'y') return key_event(last - 'j' + '*', out);
    if (last == 'R') return key_event(KEYS_F1 + 2, out);
    return lettered(&(struct csi){ .last = last }, out);
}

bool sequence_answers(const char *bytes, size_t n)
{
    if (n < 4 || bytes[1] != '[') return false;
    return bytes[n - 1] == 't' || (bytes[n - 1] == 'c' && bytes[2] == '?');
}

bool sequence_meaning(const char *bytes, size_t n, struct input_event *out)
{
    struct csi c;
    *out = (struct input_event){ .kind = INPUT_NOTHING };
    if (n == 3 && bytes[1] == 'O') return keypad(bytes[2], out);
    if (n < 3 || bytes[1] != '[' || !take_apart(bytes, n, &c)) return false;
    if (c.last == 'M' || c.last == 'm') return reported(&c, out);
    if (c.sign) return false;
    if (c.last == '~') return numbered(&c, out);
    if (c.last == 'Z') return c.count == 0 && key_event(KEYS_BACK_TAB, out);
    if (c.last == 'u') {
        int held = modifiers(c.number[1]);
        return c.count > 0 && held >= 0 && coded(c.number[0][0], c.number[0][1], held, out);
    }
    return lettered(&c, out);
}
