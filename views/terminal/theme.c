#include "views/terminal/theme.h"

#include <math.h>
#include <stdlib.h>

#include "views/terminal/canvas.h"

enum { CYAN = 6, BRIGHT_BLUE = 12 }; /* of the 16 */

/* How an ink looks: on dark, on light, the nearest of the 16 ANSI colours, and attributes for terminals without
 * colours. */
struct look {
    uint32_t dark, light;
    int ansi; /* -1: the default colour of the terminal */
    unsigned mono;
};

static const struct look looks[INK_COUNT] = {
    [INK_NORMAL] = { 0xd0d0d0, 0x262626, -1, 0 },
    [INK_DIM] = { 0x808080, 0x808080, 8, 0 },
    [INK_STRONG] = { 0xffffff, 0x000000, -1, STYLE_BOLD },
    [INK_ACCENT] = { 0x5fd7ff, 0x005faf, 14, STYLE_BOLD },
    [INK_KEY] = { 0x87d7ff, 0x005f87, 14, STYLE_BOLD },
    [INK_GOOD] = { 0x5fd787, 0x00875f, 10, 0 },
    [INK_WATCH] = { 0xffd75f, 0x875f00, 11, STYLE_BOLD },
    [INK_BAD] = { 0xff5f5f, 0xaf0000, 9, STYLE_BOLD | STYLE_REVERSE },
    [INK_GLOBAL] = { 0x5fafff, 0x005fd7, 12, 0 },
    [INK_LOCAL] = { 0xffaf5f, 0xaf5f00, 3, 0 },
    [INK_VIEW1] = { 0x87d7af, 0x008787, 6, 0 },
    [INK_VIEW2] = { 0xd787d7, 0x8700af, 5, 0 },
    [INK_BAR] = { 0x303030, 0xdadada, -1, 0 },
    [INK_CHOSEN] = { 0x005f87, 0xafd7ff, 4, STYLE_REVERSE },
    [INK_SHADE] = { 0x4e4e4e, 0xc6c6c6, 8, 0 },
};

/* Colours that can be told apart with colour blindness too (after Okabe and Ito). */
static const struct look series[INK_SERIES_COUNT] = {
    { 0x5fafff, 0x005fd7, 12, STYLE_BOLD }, { 0xffaf00, 0xaf5f00, 11, 0 }, { 0x5fd7af, 0x00875f, 10, 0 },
    { 0xff87af, 0xaf005f, 13, 0 },          { 0xd7d75f, 0x5f5f00, 3, 0 },  { 0xaf87ff, 0x5f00af, 5, 0 },
    { 0xff8758, 0xd75f00, 9, 0 },           { 0xbcbcbc, 0x585858, 7, 0 },
};

struct stop {
    double at;
    uint32_t rgb;
};

/* Dark to light, even in lightness (after viridis, whose colours are free to use). */
static const struct stop map_stops[] = { { 0, 0x440154 },     { 0.125, 0x472c7a }, { 0.25, 0x3b518b },
                                         { 0.375, 0x2c718e }, { 0.5, 0x21908d },   { 0.625, 0x27ad81 },
                                         { 0.75, 0x5cc863 },  { 0.875, 0xaadc32 }, { 1, 0xfde725 } };
static const struct stop signed_dark[] = {
    { 0, 0x4393ff }, { 0.25, 0x2a5fb0 }, { 0.5, 0x1c1c1c }, { 0.75, 0xb03a3a }, { 1, 0xff6b5f }
};
static const struct stop signed_light[] = {
    { 0, 0x2166ac }, { 0.25, 0x92c5de }, { 0.5, 0xf7f7f7 }, { 0.75, 0xf4a582 }, { 1, 0xb2182b }
};

static uint32_t between(const struct stop *stops, int n, double at)
{
    int i = 1;
    while (i < n - 1 && stops[i].at < at) i++;
    double part = (at - stops[i - 1].at) / (stops[i].at - stops[i - 1].at);
    uint32_t out = 0;
    part = part < 0 ? 0 : part > 1 ? 1 : part;
    for (int shift = 16; shift >= 0; shift -= 8) {
        double a = stops[i - 1].rgb >> shift & 255, b = stops[i].rgb >> shift & 255;
        out = out << 8 | (uint32_t)lround(a + (b - a) * part);
    }
    return out;
}

static const struct look *look_of(int ink)
{
    if (ink < INK_COUNT) return &looks[ink];
    if (ink >= INK_SERIES0 && ink < INK_SERIES0 + INK_SERIES_COUNT) return &series[ink - INK_SERIES0];
    return NULL;
}

#define STOPS(list, at) between(list, (int)(sizeof(list) / sizeof *(list)), at)

uint32_t theme_rgb(const struct theme *t, int ink)
{
    const struct look *look = look_of(ink);
    double at = (ink & 255) / 255.0;
    if (look) return t->light ? look->light : look->dark;
    if (ink >= INK_RGB0) return (uint32_t)((ink >> 8 & 15) << 16 | (ink >> 4 & 15) << 8 | (ink & 15)) * 17;
    if (ink >= INK_GREY0) return (uint32_t)(ink & 255) * 0x010101;
    if (ink >= INK_SIGNED0) return t->light ? STOPS(signed_light, at) : STOPS(signed_dark, at);
    return STOPS(map_stops, at);
}

/* The sequential map for 256 colours, from the colour cube: each step is lighter than the previous one by the same
 * amount. The nearest colours of a finer map would alternate between purple and grey. */
static const unsigned char map_256[] = { 17, 54, 90, 126, 161, 167, 203, 209, 215, 221, 227, 230 };

/* Nearest of the 6x6x6 cube and the 24 greys. */
static int nearest_256(uint32_t rgb)
{
    static const int levels[6] = { 0, 95, 135, 175, 215, 255 };
    int part[3] = { rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255 }, cube[3];
    for (int i = 0; i < 3; i++) {
        cube[i] = 0;
        for (int l = 1; l < 6; l++)
            if (abs(levels[l] - part[i]) < abs(levels[cube[i]] - part[i])) cube[i] = l;
    }
    int mean = (part[0] + part[1] + part[2]) / 3, grey = (mean - 3) / 10;
    grey = grey < 0 ? 0 : grey > 23 ? 23 : grey;
    int off_cube = 0, off_grey = 0;
    for (int i = 0; i < 3; i++) {
        int a = part[i] - levels[cube[i]], b = part[i] - (8 + 10 * grey);
        off_cube += a * a;
        off_grey += b * b;
    }
    return off_grey < off_cube ? 232 + grey : 16 + 36 * cube[0] + 6 * cube[1] + cube[2];
}

int theme_colour(const struct theme *t, int ink, bool paper)
{
    const struct look *look = look_of(ink);
    if (t->depth == THEME_MONO || ink == INK_NORMAL) return -1;
    if (t->depth == THEME_TRUE) return (int)theme_rgb(t, ink);
    if (t->depth == THEME_256 && ink >= INK_MAP0 && ink < INK_SIGNED0)
        return map_256[(ink & 255) * (int)sizeof map_256 / 256];
    if (t->depth == THEME_256) return nearest_256(theme_rgb(t, ink));
    if (!look) return -1; /* maps need more colours than this terminal has */
    if (paper && ink == INK_BAR) return -1;
    if (look->ansi < 0) return -1;
    if (t->depth == THEME_16) return look->ansi;
    if (look->ansi == BRIGHT_BLUE && !t->light) return CYAN; /* blue is too dark on black */
    return look->ansi == 8 ? -1 : look->ansi & 7;
}

/* ---- contrast ------------------------------------------------------------------------------------------- */

/* The colours of terminals with 16, which differ: those of xterm. */
static const uint32_t ansi_rgb[16] = { 0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
                                       0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff };

static uint32_t rgb_of(const struct theme *t, int colour)
{
    static const uint32_t levels[6] = { 0, 95, 135, 175, 215, 255 };
    if (t->depth == THEME_TRUE) return (uint32_t)colour;
    if (colour < 16) return ansi_rgb[colour];
    if (colour >= 232) return (uint32_t)(8 + 10 * (colour - 232)) * 0x010101;
    int cube = colour - 16;
    return levels[cube / 36] << 16 | levels[cube / 6 % 6] << 8 | levels[cube % 6];
}

static double luminance(uint32_t rgb)
{
    static const double weights[3] = { 0.0722, 0.7152, 0.2126 };
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        double x = (double)(rgb >> 8 * i & 255) / 255;
        sum += weights[i] * (x <= 0.03928 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4));
    }
    return sum;
}

double theme_contrast(uint32_t a, uint32_t b)
{
    double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
    return x > y ? x / y : y / x;
}

/* Black or white, whichever is read better. */
static int plain_on(const struct theme *t, uint32_t back)
{
    static const int black[] = { [THEME_8] = 0, [THEME_16] = 0, [THEME_256] = 16, [THEME_TRUE] = 0 },
                     white[] = { [THEME_8] = 7, [THEME_16] = 15, [THEME_256] = 231, [THEME_TRUE] = 0xffffff };
    return theme_contrast(rgb_of(t, black[t->depth]), back) > theme_contrast(rgb_of(t, white[t->depth]), back)
               ? black[t->depth]
               : white[t->depth];
}

void theme_pair(const struct theme *t, unsigned style, int *ink, int *paper)
{
    int fore = STYLE_INK_OF(style), behind = STYLE_PAPER_OF(style);
    bool few = t->depth <= THEME_16;
    *ink = theme_colour(t, fore, false);
    *paper = theme_colour(t, behind, true);
    if (t->depth == THEME_MONO || fore == behind || !look_of(fore) || (*paper >= 0 && !look_of(behind))) return;
    if (*paper < 0 && (!few || *ink < 0)) return; /* the table is made for it */
    uint32_t back = *paper >= 0 ? rgb_of(t, *paper)
                    : t->light  ? 0xffffff
                                : 0x000000,
             front = *ink >= 0 ? rgb_of(t, *ink) : theme_rgb(t, INK_NORMAL);
    if (theme_contrast(front, back) >= (few && *paper >= 0 ? THEME_CONTRAST_FEW : THEME_CONTRAST)) return;
    *ink = *paper >= 0 ? plain_on(t, back) : -1;
}

unsigned theme_attributes(const struct theme *t, unsigned style)
{
    int ink = STYLE_INK_OF(style), paper = STYLE_PAPER_OF(style);
    const struct look *look = look_of(ink), *behind = look_of(paper);
    unsigned out = style & (STYLE_BOLD | STYLE_REVERSE | STYLE_UNDERLINE);
    if (ink == INK_STRONG || ink == INK_ACCENT) out |= STYLE_BOLD;
    if (t->depth > THEME_MONO) return out;
    if (look) out |= look->mono;
    if (paper && behind) out |= behind->mono & STYLE_REVERSE;
    return out;
}

bool theme_has_map(const struct theme *t)
{
    return t->depth >= THEME_256;
}

uint32_t theme_ramp(bool ascii, double share)
{
    static const uint32_t blocks[] = { ' ', 0x2591, 0x2592, 0x2593, 0x2588 };
    static const char letters[] = " .:-=+*#%@";
    if (!(share > 0)) return ' ';
    if (share > 1) share = 1;
    return ascii ? (uint32_t)letters[(int)(share * 9 + 0.5)] : blocks[(int)(share * 4 + 0.5)];
}

uint32_t theme_ramp_raster(bool ascii, double share, int y, int x)
{
    static const double raster[2][2] = { { -0.375, 0.125 }, { 0.375, -0.125 } };
    enum { STEPS = 4 };
    return theme_ramp(ascii, ascii || !(share > 0) ? share : share + raster[y & 1][x & 1] / STEPS);
}

static int step_of(double share)
{
    return share <= 0 ? 0 : share >= 1 ? 255 : (int)lround(share * 255);
}

int theme_map(double share)
{
    return isnan(share) ? INK_DIM : INK_MAP0 + step_of(share);
}

int theme_signed(double value)
{
    return isnan(value) ? INK_DIM : INK_SIGNED0 + step_of(value / 2 + 0.5);
}

int theme_grey(double level)
{
    return isnan(level) ? INK_DIM : INK_GREY0 + step_of(level);
}

int theme_pixel(const uint8_t rgb[3])
{
    return INK_RGB0 + ((rgb[0] + 8) / 17 << 8 | (rgb[1] + 8) / 17 << 4 | (rgb[2] + 8) / 17);
}

void theme_sgr(const void *theme, unsigned style, struct text *out)
{
    const struct theme *t = theme;
    unsigned attributes = theme_attributes(t, style);
    text_add(out, "\033[0");
    if (attributes & STYLE_BOLD) text_add(out, ";1");
    if (attributes & STYLE_UNDERLINE) text_add(out, ";4");
    if (attributes & STYLE_REVERSE) text_add(out, ";7");
    int pair[2];
    theme_pair(t, style, &pair[0], &pair[1]);
    for (int paper = 0; paper < 2; paper++) {
        int colour = pair[paper];
        if (colour < 0) continue;
        if (t->depth == THEME_TRUE)
            text_printf(out, ";%d;2;%d;%d;%d", paper ? 48 : 38, colour >> 16 & 255, colour >> 8 & 255, colour & 255);
        else if (t->depth == THEME_256)
            text_printf(out, ";%d;5;%d", paper ? 48 : 38, colour);
        else
            text_printf(out, ";%d", (paper ? 40 : 30) + (colour & 7) + (colour > 7 ? 60 : 0));
    }
    text_add(out, "m");
}
