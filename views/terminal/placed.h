/* Which pictures a terminal shows: what must be taken away before the cells of the next frame are written, and what
 * must be sent behind them. A picture is sent once: again only if it, its place or the whole screen is another. Pure.
 */
#ifndef MLVICX_VIEWS_PLACED_H
#define MLVICX_VIEWS_PLACED_H

#include "views/terminal/canvas.h"
#include "views/terminal/graphics.h"
#include "views/terminal/theme.h"

struct placed {
    struct overlay shown[OVERLAYS_MOST]; /* without pixels; h 0: the number is free */
    uint8_t number[OVERLAYS_MOST];       /* of each overlay of the canvas: 1 up; 0: not shown, as something covers it */
    bool fresh[OVERLAYS_MOST];           /* that overlay must be sent */
    int most;                            /* numbers in use are below */
    bool hurried;                        /* keys are being pressed: what can wait is not shown yet. Set by the caller */
    bool waits;                          /* something is not shown therefore */
};

/** Compare the overlays of a canvas with what is shown. An overlay is shown if nothing covers it and it is not in the
 * last row, below which some terminals scroll. `out`: what takes away those of kitty that are gone, or are elsewhere.
 * `all`: nothing is left on the screen. */
void placed_compare(struct placed *p, const struct canvas *c, enum graphics_mode mode, bool all, struct text *out);
/** Whether a cell shows a picture, and not what is drawn in it: it must be blank, by a character that is no other's, so
 * that whatever comes after the picture is written over it. */
bool placed_hides(const struct placed *p, const struct cell *cell);
/** Append the pictures to be sent, each at its place, and again the cells above sixels, which overwrite them. One that
 * cannot be encoded is not shown. The cursor and its colours are left wherever they come to be. Returns the pictures.
 */
int placed_send(struct placed *p, const struct canvas *c, enum graphics_mode mode, const struct theme *t,
                struct text *out);
/** Append what takes all of them away. */
void placed_remove(struct placed *p, enum graphics_mode mode, struct text *out);

#endif
