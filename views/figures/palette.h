/* Colours of figures, by meaning: dark and light, curves, and maps for heatmaps. */
#ifndef MLVICX_VIEWS_PALETTE_H
#define MLVICX_VIEWS_PALETTE_H

#include <stdbool.h>

#include "views/figures/raster.h"

enum { PALETTE_CURVES = 8 };

struct palette {
    struct colour background, panel, grid, frame, text, dim; /* dim: less important text and lines */
    struct colour good, watch, bad;
    struct colour curve[PALETTE_CURVES]; /* told apart with any kind of sight (Okabe and Ito 2008) */
};
const struct palette *palette_get(bool dark);

/** The colour of a share x (clipped to 0..1) on the map from dark to light: viridis (Smith and van der Walt 2015, CC0),
 *  even in lightness. */
struct colour palette_map(double x);
/** The colour of x (clipped to -1..1): blue below, white at 0, red above (ColorBrewer's RdBu, after Brewer 2003). */
struct colour palette_signed(double x);

#endif
