/* A table of how often each class of a data set occurs, by split, and which classes occur together. */
#ifndef MLVICX_VIEWS_IMAGE_LABELS_H
#define MLVICX_VIEWS_IMAGE_LABELS_H

#include "store/dataset.h"
#include "views/terminal/canvas.h"
#include "views/terminal/theme.h"

/** Starts at class `top`. `n` NULL: the data set has no labels. */
void image_labels_draw(const struct area *a, const struct theme *theme, const struct store_counts *n, int top);

#endif
