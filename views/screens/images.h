/* The state of the screen Images, and its drawing. */
#ifndef MLVICX_VIEWS_IMAGES_H
#define MLVICX_VIEWS_IMAGES_H

#include "engine/data/images/augment.h"
#include "views/analysis/image_set.h"
#include "views/charts/album.h"
#include "views/screens/image_filter.h"
#include "views/screens/image_heat.h"
#include "views/workbench/workbench.h"

enum page { PAGE_GRID, PAGE_ONE, PAGE_LABELS, PAGE_UNREADABLE };

struct images {
    struct store_datasets sets;
    struct image_set set;
    char name[STORE_NAME];
    struct image_filter filter;
    struct store_counts counts;
    bool stale;           /* data sets came or went */
    bool counted, wanted; /* the label counts have been read; they should be read */
    enum page page;
    int chosen, top; /* indices among the shown images; first line of a list */
    int rows;        /* height of a thumbnail in cells; 0: automatic */
    int across, down;
    int cell_h, cell_w; /* of the grid: a picture with its caption, in cells */
    bool marks;
    int64_t epoch; /* epoch whose random views are shown */
    struct album thumbs;
    struct picture large, view[2];
    uint8_t *pixels[2]; /* the two views, owned */
    int side, view_channels;
    struct augment_choice choice[2];
    int64_t drawn, drawn_epoch; /* image and epoch of the views, -1: none */
    struct image_heat heat;
    struct picture_look look; /* of the large image */
    bool own;                 /* augmented with the shown run's settings, else the preset's */
};

/** The pixels of the chosen image, and its number; NULL if there is none. */
const uint8_t *images_chosen(const struct images *v, uint32_t *image);
void images_draw(struct workbench *wb, void *state, const struct area *a);

#endif
