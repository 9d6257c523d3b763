#include "views/terminal/graphics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const graphics_names[] = {
    [GRAPHICS_AUTO] = "auto",   [GRAPHICS_NONE] = "none",   [GRAPHICS_SYMBOLS] = "symbols",
    [GRAPHICS_SIXEL] = "sixel", [GRAPHICS_KITTY] = "kitty", [GRAPHICS_COUNT] = NULL,
};

bool graphics_named(const char *name, enum graphics_mode *out, struct err *e)
{
    for (int i = 0; i < GRAPHICS_COUNT; i++)
        if (!name || !strcmp(name, graphics_names[i])) return *out = (enum graphics_mode)i, true;
    return err_set(e, ERR_USAGE, "graphics: '%s' is not known; there are auto, none, symbols, sixel and kitty", name);
}

bool graphics_multiplexed(void)
{
    static const char *const set[] = { "TMUX", "STY", "ZELLIJ" };
    const char *term = getenv("TERM");
    for (size_t i = 0; i < sizeof set / sizeof *set; i++)
        if (getenv(set[i])) return true;
    return term && (!strncmp(term, "tmux", 4) || !strncmp(term, "screen", 6));
}

/* It was asked, and has not said that it shows what the user wants. */
static bool refuses(const struct graphics *g)
{
    return (g->answered || g->silent) && !(g->wanted == GRAPHICS_KITTY ? g->kitty : g->sixel);
}

void graphics_decide(struct graphics *g)
{
    enum { VT340_H = 20, VT340_W = 10 };
    g->used = g->wanted;
    if (g->wanted == GRAPHICS_AUTO)
        g->used = g->multiplexed ? GRAPHICS_SYMBOLS
                  : g->kitty     ? GRAPHICS_KITTY
                                 : (g->sixel && g->cell_h > 0 ? GRAPHICS_SIXEL : GRAPHICS_SYMBOLS);
    if (g->wanted == GRAPHICS_KITTY && g->multiplexed) g->used = GRAPHICS_SYMBOLS;
    /* A multiplexer that knows no sixels swallows them, whatever the terminal around it knows. */
    if (g->wanted == GRAPHICS_SIXEL && g->multiplexed && refuses(g)) g->used = GRAPHICS_SYMBOLS;
    /* The user knows that it can; the size is that of the terminal which sixel was made for. */
    if (g->used == GRAPHICS_SIXEL && g->cell_h < 1) g->cell_h = VT340_H, g->cell_w = VT340_W;
}

bool graphics_worth_asking(const struct graphics *g)
{
    return (g->wanted == GRAPHICS_AUTO && !g->multiplexed) || g->used == GRAPHICS_SIXEL || g->used == GRAPHICS_KITTY;
}

void graphics_question(struct text *out)
{
    text_add(out, "\033_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\033\\\033[16t\033[c");
}

/* "\033[?62;4;22c": has attribute 4? */
static bool has_sixel(const char *sequence)
{
    for (const char *at = sequence + 3; *at;) {
        char *end;
        long n = strtol(at, &end, 10);
        if (n == 4 && at != sequence + 3) return true; /* the first number is the level of the terminal */
        at = *end ? end + 1 : end;
    }
    return false;
}

bool graphics_heard(struct graphics *g, const char *sequence)
{
    const struct graphics before = *g;
    size_t n = strlen(sequence);
    int h, w;
    if (!g->asked || n < 4) return false;
    if (!strncmp(sequence, "\033_Gi=31;OK", 11)) {
        g->kitty = true;
    } else if (sscanf(sequence, "\033[6;%d;%dt", &h, &w) == 2 && h > 3 && w > 1 && h < 400 && w < 400) {
        g->cell_h = h, g->cell_w = w;
    } else if (!strncmp(sequence, "\033[?", 3) && sequence[n - 1] == 'c') {
        g->answered = true;
        g->sixel = has_sixel(sequence);
    }
    graphics_decide(g);
    return g->used != before.used || g->cell_h != before.cell_h || g->cell_w != before.cell_w;
}

const char *graphics_remark(const struct graphics *g)
{
    if (g->wanted == GRAPHICS_KITTY && g->multiplexed)
        return "kitty graphics do not pass through tmux or screen: pictures are drawn with symbols";
    if (g->wanted == GRAPHICS_SIXEL && g->multiplexed && refuses(g))
        return "sixels do not pass through this tmux or screen: pictures are drawn with symbols";
    if (g->wanted == GRAPHICS_SIXEL && refuses(g))
        return "the terminal has not said it shows sixels; if blank: --graphics symbols";
    if (g->wanted == GRAPHICS_KITTY && refuses(g))
        return "the terminal has not said it shows kitty graphics; if blank: --graphics symbols";
    return "";
}

bool graphics_give_up(struct graphics *g)
{
    const enum graphics_mode before = g->used;
    g->silent = true;
    graphics_decide(g);
    return g->used != before || *graphics_remark(g);
}
