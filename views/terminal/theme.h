/* Colours by meaning: one table of inks, dark and light, and how many colours a terminal has. */
#ifndef MLVICX_VIEWS_THEME_H
#define MLVICX_VIEWS_THEME_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/text.h"

enum theme_depth { THEME_MONO, THEME_8, THEME_16, THEME_256, THEME_TRUE };

struct theme {
    enum theme_depth depth;
    bool light; /* a light background */
};

/** 0xRRGGBB of an ink (0 .. INK_MASK). */
uint32_t theme_rgb(const struct theme *t, int ink);
/** The colour's number on this terminal: 0..15, 0..255 or 0xRRGGBB by depth; -1: the terminal's own (INK_NORMAL, and
 *  everything without colours). `paper`: as a background. */
int theme_colour(const struct theme *t, int ink, bool paper);
/** Both colours of a style, so that what is written is read: where an ink has too little contrast with its paper, it is
 * black or white; with the terminal's own background, the terminal's own colour. */
void theme_pair(const struct theme *t, unsigned style, int *ink, int *paper);
/** The contrast of two 0xRRGGBB, 1 to 21 (WCAG 2). theme_pair has at least THEME_CONTRAST; on a paper of 8 or 16
 * colours, which terminals mix as they like, THEME_CONTRAST_FEW. */
#define THEME_CONTRAST     3.0
#define THEME_CONTRAST_FEW 4.4
double theme_contrast(uint32_t a, uint32_t b);

/** Attributes (STYLE_*) that replace the ink if there are too few colours for it. */
unsigned theme_attributes(const struct theme *t, unsigned style);

/** True if heatmaps can be drawn in colour; otherwise use the characters of theme_ramp. */
bool theme_has_map(const struct theme *t);
/** The character of a share 0..1 on a ramp from blank to full, for heatmaps without enough colours. */
uint32_t theme_ramp(bool ascii, double share);
/** The same for a cell among many: ordered dithering gives the levels between those of the ramp. ASCII has enough. */
uint32_t theme_ramp_raster(bool ascii, double share, int y, int x);
/** Ink of a share 0..1 (NaN: INK_DIM) of the sequential map; of -1..1 of the signed one; of a grey level 0..1. */
int theme_map(double share);
int theme_signed(double value);
int theme_grey(double level);
/** Ink of a coloured pixel of an image. */
int theme_pixel(const uint8_t rgb[3]);

/** SGR escape sequence of a style, for pictures of the screen (canvas_styled with ctx = theme). */
void theme_sgr(const void *theme, unsigned style, struct text *out);

#endif
