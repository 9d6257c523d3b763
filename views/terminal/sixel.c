#include "views/terminal/sixel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BAND = 6, COLOURS = 256 };

/* The picture in the terminal's pixels. */
struct grid {
    int height, width;
    uint8_t *rgb;   /* [height, width, 3] */
    uint16_t *code; /* [height, width], a number of a colour */
    uint8_t colour[COLOURS][3];
    int colours;
};

/* Where a pixel of n lies between those of `size`: the one before it, the one behind it, and the share of the latter.
 */
struct between {
    int before, behind;
    float share;
};

static struct between place(int i, int n, int size)
{
    float at = ((float)i + 0.5f) * (float)size / (float)n - 0.5f;
    int before = (int)floorf(at);
    return (struct between){ before < 0 ? 0 : before, before + 1 < size ? before + 1 : size - 1, at - (float)before };
}

static bool is_grey(const struct overlay *o)
{
    for (size_t i = 0; i < (size_t)o->height * (size_t)o->width; i++)
        if (o->rgb[3 * i] != o->rgb[3 * i + 1] || o->rgb[3 * i] != o->rgb[3 * i + 2]) return false;
    return true;
}

/* Each pixel lies between four of the picture. */
static void scale(const struct overlay *o, struct grid *g)
{
    int channels = is_grey(o) ? 1 : 3;
    for (int y = 0; y < g->height; y++) {
        struct between down = place(y, g->height, o->height);
        const uint8_t *upper = o->rgb + (size_t)down.before * (size_t)o->width * 3;
        const uint8_t *lower = o->rgb + (size_t)down.behind * (size_t)o->width * 3;
        uint8_t *to = g->rgb + (size_t)y * (size_t)g->width * 3;
        for (int x = 0; x < g->width; x++, to += 3) {
            struct between along = place(x, g->width, o->width);
            int a = 3 * along.before, b = 3 * along.behind;
            for (int c = 0; c < channels; c++) {
                float above = (float)upper[a + c] + along.share * (float)(upper[b + c] - upper[a + c]);
                float below = (float)lower[a + c] + along.share * (float)(lower[b + c] - lower[a + c]);
                to[c] = (uint8_t)(above + down.share * (below - above) + 0.5f);
            }
            if (channels == 1) to[1] = to[2] = to[0];
        }
    }
}

static int level_of(uint8_t value, int levels)
{
    return (value * (levels - 1) + 127) / 255;
}

/* Numbers the colours of the picture at so many levels of each channel; false if they are more than COLOURS. */
static bool number_colours(struct grid *g, int levels)
{
    uint16_t *known = calloc((size_t)levels * (size_t)levels * (size_t)levels, sizeof *known); /* number + 1 */
    size_t n = (size_t)g->height * (size_t)g->width;
    g->colours = 0;
    for (size_t i = 0; known && i < n && g->colours <= COLOURS; i++) {
        int l[3], key = 0;
        for (int c = 0; c < 3; c++) key = key * levels + (l[c] = level_of(g->rgb[3 * i + (size_t)c], levels));
        if (!known[key]) {
            if (g->colours++ == COLOURS) break;
            for (int c = 0; c < 3; c++) g->colour[g->colours - 1][c] = (uint8_t)(l[c] * 255 / (levels - 1));
            known[key] = (uint16_t)g->colours;
        }
        g->code[i] = (uint16_t)(known[key] - 1);
    }
    bool fits = known && g->colours <= COLOURS;
    free(known);
    return fits;
}

/* So many times the same six pixels. */
static void add_run(struct text *out, int n, char sixel)
{
    if (n > 3)
        text_printf(out, "!%d%c", n, sixel);
    else
        for (int i = 0; i < n; i++) text_append(out, &sixel, 1);
}

/* One colour of a band; nothing if it is not in it. */
static void add_colour(const struct grid *g, int top, int colour, struct text *out)
{
    int run = 0;
    char last = '?';
    for (int x = 0; x < g->width; x++) {
        int bits = 0;
        for (int y = 0; y < BAND; y++)
            if (g->code[(size_t)(top + y) * (size_t)g->width + (size_t)x] == colour) bits |= 1 << y;
        char sixel = (char)('?' + bits);
        if (sixel == last) {
            run++;
            continue;
        }
        add_run(out, run, last);
        last = sixel;
        run = 1;
    }
    if (last != '?') add_run(out, run, last);
}

static void add_band(const struct grid *g, int top, struct text *out)
{
    bool there[COLOURS] = { false }, first = true;
    for (size_t i = 0; i < (size_t)BAND * (size_t)g->width; i++)
        there[g->code[(size_t)top * (size_t)g->width + i]] = true;
    for (int c = 0; c < g->colours; c++) {
        if (!there[c]) continue;
        text_printf(out, "%s#%d", first ? "" : "$", c);
        add_colour(g, top, c, out);
        first = false;
    }
    text_append(out, "-", 1);
}

bool sixel_show(const struct overlay *o, int cell_h, int cell_w, struct text *out)
{
    const int levels[] = { o->haste == OVERLAY_WAITS ? SIXEL_LEVELS_OF_MANY : SIXEL_LEVELS, 16, 8, 6 };
    struct grid g = { .height = o->h * cell_h / BAND * BAND, .width = o->w * cell_w };
    size_t n = g.height > 0 && g.width > 0 ? (size_t)g.height * (size_t)g.width : 0;
    g.rgb = n ? malloc(n * 3) : NULL;
    g.code = n ? malloc(n * sizeof *g.code) : NULL;
    bool ok = g.rgb && g.code, fits = false;
    if (ok) scale(o, &g);
    for (size_t i = 0; ok && !fits && i < sizeof levels / sizeof *levels; i++) fits = number_colours(&g, levels[i]);
    if (fits) {
        text_printf(out, "\033P0;1q\"1;1;%d;%d", g.width, g.height);
        for (int c = 0; c < g.colours; c++)
            text_printf(out, "#%d;2;%d;%d;%d", c, (g.colour[c][0] * 100 + 127) / 255,
                        (g.colour[c][1] * 100 + 127) / 255, (g.colour[c][2] * 100 + 127) / 255);
        for (int y = 0; y < g.height; y += BAND) add_band(&g, y, out);
        text_add(out, "\033\\");
    }
    free(g.rgb);
    free(g.code);
    return fits;
}
