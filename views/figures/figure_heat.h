/* A radiograph in grey under the colours of a heatmap, with boxes. */
#ifndef MLVICX_VIEWS_FIGURE_HEAT_H
#define MLVICX_VIEWS_FIGURE_HEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"

struct figure_heat_box {
    double x0, y0, x1, y1; /* in pixels of the image */
};
struct figure_heat {
    const uint8_t *pixels; /* [size, size, channels] */
    int size, channels;
    const double *heat; /* [size, size], 0 to 1 */
    const struct figure_heat_box *boxes;
    int box_count;
};
/** Write it as a PNG of whole multiples of its size, at least 512 pixels a side where that takes no more than 16. Where
 * the heat is 0 the radiograph is as it is; the hotter, the more colour. */
bool figure_heat_write(const struct figure_heat *f, const char *path, struct err *e);

#endif
