/* How the large image is looked at: its zoom, its part, its brightness. Pure functions. */
#ifndef MLVICX_VIEWS_IMAGE_LOOK_H
#define MLVICX_VIEWS_IMAGE_LOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "views/charts/picture.h"

/** Closer (by > 0) around the middle of what is seen, or back. */
void image_look_zoom(struct picture_look *l, int by);
/** Moves what is seen by quarters of it; it stays on the image. */
void image_look_pan(struct picture_look *l, int down, int right);
/** Brighter (by > 0) or darker: moves the window of grey levels. */
void image_look_level(struct picture_look *l, int by);
/** More contrast (by > 0) or less: narrows or widens the window. */
void image_look_window(struct picture_look *l, int by);
bool image_look_zoomed(const struct picture_look *l);
/** What differs from the image as it is: "ZOOM 2.3x  grey 0.2-0.6 of 1  (r: as it is)"; "" if nothing. Returns out. */
const char *image_look_text(const struct picture_look *l, char *out, size_t size);

#endif
