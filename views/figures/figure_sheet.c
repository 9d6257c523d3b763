/* The sheet of a figure: how it is divided, what panels and colours begin with. */
#include "views/figures/figure_parts.h"

#include <math.h>

bool figure_open_sheet(struct figure *f, struct err *e)
{
    const struct figure_request *q = f->q;
    int width = q->width ? q->width : FIGURE_WIDTH, height = q->height ? q->height : FIGURE_HEIGHT;
    if (width < FIGURE_SIDE_LEAST || height < FIGURE_SIDE_LEAST || width > FIGURE_SIDE_MOST ||
        height > FIGURE_SIDE_MOST)
        return err_set(e, ERR_USAGE, "figure: %d x %d pixels; sides of %d to %d can be drawn", width, height,
                       FIGURE_SIDE_LEAST, FIGURE_SIDE_MOST);
    f->palette = palette_get(q->dark);
    if (!raster_init(&f->raster, width, height, f->palette->background, e)) return false;
    double side = fmin(width, height * 1.4);
    f->raster.font = side < 1500 ? FONT_SMALL : FONT_LARGE;
    f->raster.scale = side < 2400 ? 1 : (int)(side / 1200);
    f->compact = width < 108 * raster_letter_width(&f->raster) || height < 36 * raster_letter_height(&f->raster);
    return true;
}

double figure_margin(const struct figure *f)
{
    return 1.4 * raster_letter_width(&f->raster);
}

struct raster_box figure_part(const struct figure *f, struct raster_box b, double x0, double y0, double x1, double y1)
{
    double w = b.x1 - b.x0, h = b.y1 - b.y0, m = figure_margin(f) / 2;
    return (struct raster_box){ b.x0 + w * x0 + (x0 > 0 ? m : 0), b.y0 + h * y0 + (y0 > 0 ? m : 0),
                                b.x0 + w * x1 - (x1 < 1 ? m : 0), b.y0 + h * y1 - (y1 < 1 ? m : 0) };
}

struct raster_box figure_cell(const struct figure *f, struct raster_box box, int rows, int columns, int row, int column,
                              int span)
{
    return figure_part(f, box, (double)column / columns, (double)row / rows, (double)(column + span) / columns,
                       (double)(row + 1) / rows);
}

struct plot figure_plot(struct figure *f, struct raster_box box, const char *title)
{
    return (struct plot){ .raster = &f->raster, .palette = f->palette, .outer = box, .title = title };
}

double figure_x(const struct figure *f, int run, double step)
{
    return f->q->x == X_STEP ? step : x_scale_at(&f->run[run].scale, step);
}

struct axis figure_x_axis(const struct figure *f)
{
    bool whole = f->q->last <= 0;
    struct axis a = { figure_x(f, 0, (double)f->first), figure_x(f, 0, (double)f->last), false };
    if (f->q->x != X_STEP && whole) a = axis_none(false);
    for (int i = 0; f->q->x != X_STEP && whole && i < f->runs; i++) {
        axis_hold(&a, 0);
        axis_hold(&a, figure_x(f, i, (double)f->run[i].last));
    }
    axis_finish(&a, 0);
    return a;
}

struct colour figure_colour(const struct figure *f, int run)
{
    return f->palette->curve[run % PALETTE_CURVES];
}

struct colour figure_past_colour(const struct figure *f, int run)
{
    struct colour c = figure_colour(f, run), under = f->palette->background;
    return (struct colour){ (uint8_t)((c.r + under.r) / 2), (uint8_t)((c.g + under.g) / 2),
                            (uint8_t)((c.b + under.b) / 2) };
}
