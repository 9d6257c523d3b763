#include "views/screens/image_look.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double within(double v, double least, double most)
{
    return v < least ? least : v > most ? most : v;
}

static void stay_inside(struct picture_look *l)
{
    l->y = within(l->y, 0, 1 - l->side);
    l->x = within(l->x, 0, 1 - l->side);
}

void image_look_zoom(struct picture_look *l, int by)
{
    const double step = 1.5, closest = 1 / 11.0;
    double middle_y = l->y + l->side / 2, middle_x = l->x + l->side / 2;
    l->side = by > 0 ? l->side / step : l->side * step;
    if (l->side > 0.99) l->side = 1;
    if (l->side < closest) l->side = by > 0 ? l->side * step : closest;
    l->y = middle_y - l->side / 2;
    l->x = middle_x - l->side / 2;
    stay_inside(l);
}

void image_look_pan(struct picture_look *l, int down, int right)
{
    l->y += down * l->side / 4;
    l->x += right * l->side / 4;
    stay_inside(l);
}

void image_look_level(struct picture_look *l, int by)
{
    l->level = within(l->level - by * 0.05, 0.05, 0.95);
}

void image_look_window(struct picture_look *l, int by)
{
    l->window = within(by > 0 ? l->window / 1.25 : l->window * 1.25, 0.1, 4);
    if (fabs(l->window - 1) < 0.01) l->window = 1;
}

bool image_look_zoomed(const struct picture_look *l)
{
    return l->side < 1;
}

const char *image_look_text(const struct picture_look *l, char *out, size_t size)
{
    bool zoomed = image_look_zoomed(l), grey = l->window != 1 || fabs(l->level - 0.5) > 0.001;
    *out = '\0';
    if (zoomed) snprintf(out, size, "ZOOM %.1fx  ", 1 / l->side);
    if (grey)
        snprintf(out + strlen(out), size - strlen(out), "grey %.2f to %.2f  ", l->level - l->window / 2,
                 l->level + l->window / 2);
    if (zoomed || grey) snprintf(out + strlen(out), size - strlen(out), "r: as it is");
    return out;
}
