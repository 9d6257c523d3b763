/* Class activation maps by gradients (Grad-CAM, Selvaraju 2017): where in an image a score comes from; and whether that
 * is where the boxes are. */
#ifndef MLVICX_EVALUATE_CAM_H
#define MLVICX_EVALUATE_CAM_H

#include <stdbool.h>

#include "engine/base/err.h"

/** A map of one image and the gradient of a score to it, [h, w, c] each. Borrowed. */
struct cam_map {
    int h, w, c;
    const double *values, *gradient;
};
/** heat [h, w], filled: relu of the sum over channels of mean gradient x value, divided by its maximum; 0 everywhere
 * where nothing is above 0. */
void cam_heat(const struct cam_map *m, double *heat);
/** Bilinear, with half-pixel centres: heat [h, w] to out [side, side], filled. */
void cam_resize(const double *heat, int h, int w, int side, double *out);

/** In pixels of the image, x0 < x1, y0 < y1; a pixel lies in it if its centre does. */
struct cam_box {
    double x0, y0, x1, y1;
};
enum { CAM_THRESHOLDS = 19 }; /* .05, .10 .. .95 */

/** How heat [side, side] and the union of boxes agree. */
struct cam_agreement {
    bool hit;                   /* the hottest pixel (the first of equals) lies in it: the pointing game */
    double energy;              /* share of the heat that lies in it; NaN where there is none */
    double area;                /* share of the image that it takes: what energy an even heat would have */
    double iou[CAM_THRESHOLDS]; /* of it with the pixels at or above each threshold */
};
double cam_threshold(int i);
void cam_compare(const double *heat, int side, const struct cam_box *boxes, int count, struct cam_agreement *out);

#endif
