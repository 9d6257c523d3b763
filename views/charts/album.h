/* An album: pictures of a page, each drawn once. A page is drawn again every second and with every key, and characters
 * that follow edges take a millisecond a picture: what was drawn for the same pixels, at the same size, in the same
 * colours, is laid again. */
#ifndef MLVICX_VIEWS_ALBUM_H
#define MLVICX_VIEWS_ALBUM_H

#include "views/charts/picture.h"

struct album_page; /* a picture as it was drawn */

/** Zero-initialise before the first call. */
struct album {
    struct album_page *pages; /* [count], owned */
    int count;
    uint64_t now;           /* pictures shown so far, which tells the page that was used least lately */
    uint64_t drawn;         /* of them not found in the album */
    struct picture picture; /* what is drawn with */
};

/** One of many, as picture_show draws it: at the top left of the area, in `rows` rows. False if memory ran out. */
bool album_show(struct album *album, const struct picture_source *s, int rows, const struct area *a,
                const struct theme *t);
void album_clear(struct album *album);

#endif
