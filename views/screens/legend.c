#include "views/screens/legend.h"

#include <stdio.h>

unsigned legend_ink(enum meaning meaning, int place)
{
    static const unsigned inks[] = {
        [MEANING_OTHER] = INK_NORMAL, [MEANING_TOTAL] = INK_STRONG, [MEANING_GLOBAL] = INK_GLOBAL,
        [MEANING_LOCAL] = INK_LOCAL,  [MEANING_SCORE] = INK_GOOD,   [MEANING_REFERENCE] = INK_DIM,
        [MEANING_HELD] = INK_WATCH
    };
    return meaning == MEANING_PLACE ? INK_SERIES(place) : inks[meaning];
}

static void entry(const struct comparison *o, int i, bool names, char *out, size_t size)
{
    snprintf(out, size, names ? "%c %s %s" : "%c %s", 'a' + i, o->run[i].label, o->run[i].name);
}

int legend_columns(const struct comparison *o, bool names)
{
    char text[STORE_NAME + 40];
    int w = 0;
    for (int i = 0; i < o->count; i++) {
        entry(o, i, names, text, sizeof text);
        w += text_columns(text) + (i ? 2 : 0);
    }
    return w;
}

int legend_draw(const struct comparison *o, const struct area *a, int y, int x)
{
    int at = x;
    bool names = o->count < 2 || x + legend_columns(o, true) <= a->w;
    for (int i = 0; i < o->count; i++) {
        char text[STORE_NAME + 40], note[PAST_NOTE];
        entry(o, i, names, text, sizeof text);
        if (at + text_columns(text) > a->w) break;
        at += area_text(a, y, at, INK_SERIES(o->run[i].place) | (i ? 0 : STYLE_BOLD), text) + 2;
        past_note(&o->run[i].past, note);
        if (*note && names && at + text_columns(note) <= a->w) at += area_text(a, y, at, INK_DIM, note) + 2;
    }
    return at - x;
}
