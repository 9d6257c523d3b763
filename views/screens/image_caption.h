/* What an image shows, in a line as wide as there is room: whole names, never a part of one where it can be told
 * otherwise. */
#ifndef MLVICX_VIEWS_IMAGE_CAPTION_H
#define MLVICX_VIEWS_IMAGE_CAPTION_H

#include "views/analysis/image_set.h"

/** "Effusion, Mass"; in less room "Effusion +1", then "2 labels"; a single name that is wider stays whole for its
 * reader to cut. Fills and returns out. */
const char *image_caption(const struct image_set *v, uint32_t image, int columns, char *out, size_t size);

#endif
