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

int legend_draw(const struct comparison *o, const struct area *a, int y, int x)
{
    int at = x;
    for (int i = 0; i < o->count; i++) {
        char text[STORE_NAME + 40], note[PAST_NOTE];
        snprintf(text, sizeof text, "%c %s %s", 'a' + i, o->run[i].label, o->run[i].name);
        if (at + text_columns(text) > a->w) break;
        at += area_text(a, y, at, INK_SERIES(o->run[i].place) | (i ? 0 : STYLE_BOLD), text) + 2;
        past_note(&o->run[i].past, note);
        if (*note && at + text_columns(note) <= a->w) at += area_text(a, y, at, INK_DIM, note) + 2;
    }
    return at - x;
}
