/* The question which images of a data set are shown. */
#ifndef MLVICX_VIEWS_IMAGE_FILTER_H
#define MLVICX_VIEWS_IMAGE_FILTER_H

#include "views/analysis/image_set.h"

struct workbench;

/** Zero-initialise; outlives the dialog that asks. */
struct image_filter {
    char text[256];
    const struct image_set *set;                      /* borrowed: counts what fits, and completes its classes */
    void (*changed)(struct workbench *wb, void *ctx); /* the text is another one */
    void *ctx;
};

/** Ask for the text; the dialog tells how many images fit, and Tab completes names of classes. */
void image_filter_ask(struct image_filter *f, struct workbench *wb);

#endif
