/* The heatmap of a class over the image that Images shows large: computed in the background, for one image at a time.
 */
#ifndef MLVICX_VIEWS_IMAGE_HEAT_H
#define MLVICX_VIEWS_IMAGE_HEAT_H

#include "views/analysis/image_set.h"
#include "views/charts/picture.h"
#include "views/terminal/canvas.h"

struct workbench;

/** Zero-initialise. Owned, but for `set`, which is borrowed and outlives it. */
struct image_heat {
    const struct image_set *set;
    int64_t dataset; /* whose pictures they are */
    uint32_t image;  /* that the answer is about */
    char class[128], about[STORE_NAME + 64];
    bool asked;          /* the answer is not there yet */
    int size;            /* of the picture; 0: there is none */
    uint8_t *pixels;     /* [size, size, 3]: the radiograph under the colours of the heat */
    double hot_y, hot_x; /* the hottest place, as shares of the side */
    bool cold;           /* there is no heat at all */
};

/** A list of the classes, behind "none": `done` gets the row that is chosen, with `ctx`. */
void image_heat_choose(struct workbench *wb, const struct image_set *set,
                       unsigned (*done)(struct workbench *wb, void *ctx, int row), void *ctx);
/** Ask how the shown run scores a class of an image; an earlier heatmap is dropped. */
void image_heat_ask(struct image_heat *h, struct workbench *wb, const struct image_set *set, uint32_t image,
                    const char *class);
/** It is there, and of that image of the set that is open. */
bool image_heat_shown(const struct image_heat *h, uint32_t image);
/** What is to be said of an image: whose heat it is, or that it is being computed; "" for nothing. Returns out. */
const char *image_heat_text(const struct image_heat *h, uint32_t image, char *out, size_t size);
/** The hottest place as a sign on a picture: where colours are few it is all that is seen. */
void image_heat_mark(const struct image_heat *h, const struct area *a, const struct picture *p);
/** Without it; one that is being computed is not shown. */
void image_heat_drop(struct image_heat *h);

#endif
