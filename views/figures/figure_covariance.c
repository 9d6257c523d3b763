/* Covariance: the correlation matrix in blocks. One run shows the mean and the largest |r| of each block, so that a
 * single strong pair cannot vanish; several show their means side by side. Below: the mean over steps against its
 * floor, and the strongest pairs. */
#include <math.h>
#include <string.h>

#include "engine/base/text.h"
#include "views/figures/figure_parts.h"

/* One plane of one run, and its colours. */
struct matrix {
    const float *cell; /* [blocks, blocks] */
    int blocks;
    struct axis scale;
};

static struct colour matrix_colour(const void *ctx, int row, int column)
{
    const struct matrix *m = ctx;
    return palette_map(axis_place(&m->scale, (double)m->cell[row * m->blocks + column]));
}

static const float *plane(const struct figure_run *r, int which)
{
    return r->level.planes + (size_t)which * (size_t)r->level.blocks * (size_t)r->level.blocks;
}

/* From 0 to a round number that holds the plane. */
static struct axis plane_scale(const struct figure *f, int which)
{
    struct axis a = axis_none(false);
    axis_hold(&a, 0);
    for (int i = 0; i < (which ? 1 : f->runs); i++) {
        const struct figure_run *r = &f->run[i];
        for (int k = 0; k < r->level.blocks * r->level.blocks; k++) axis_hold(&a, (double)plane(r, which)[k]);
    }
    axis_finish(&a, 0);
    axis_round(&a);
    if (a.most > 1) a.most = 1;
    return a;
}

/* Draws a square matrix with its colour bar, as large as the box allows. Returns the y of its lower end. */
static double draw_matrix(struct figure *f, struct raster_box box, int run, int which, bool bar)
{
    const struct figure_run *r = &f->run[run];
    struct raster *raster = &f->raster;
    double letter = raster_letter_width(raster);
    struct matrix m = { plane(r, which), r->level.blocks, plane_scale(f, which) };
    char title[96];
    snprintf(title, sizeof title, "%s |r| of %s", which ? "largest" : "mean",
             r->level.block_size > 1 ? "blocks" : "pairs");
    if (r->level.block_size > 1)
        snprintf(title + strlen(title), sizeof title - strlen(title), " of %d x %d", r->level.block_size,
                 r->level.block_size);
    if (f->runs > 1) snprintf(title, sizeof title, "%.28s", r->row.name);
    struct plot p = figure_plot(f, box, title);
    p.x = (struct axis){ 0, r->level.dims, false };
    p.y = (struct axis){ r->level.dims, 0, false };
    p.x_label = "dimension";
    p.bare = true;
    p.right = 10 * letter;
    p.cells = m.blocks;
    plot_begin(&p);
    plot_heatmap(&p, m.blocks, m.blocks, NULL, matrix_colour, &m);
    plot_end(&p);
    double end = p.area.y1 + 2.4 * raster_letter_height(raster);
    if (!bar) return end;
    struct raster_box colours = { p.area.x1 + 1.5 * letter, p.area.y0, p.area.x1 + 3 * letter, p.area.y1 };
    plot_colours(&p, colours, &m.scale, false, NULL, which ? (double)NAN : r->level.number[LEVELS_CORR_FLOOR], "floor");
    return end;
}

static bool draw_mean(struct figure *f, struct raster_box box, struct err *e)
{
    char metric[64];
    double floor_r = f->run[0].level.number[LEVELS_CORR_FLOOR];
    snprintf(metric, sizeof metric, "%s.corr_abs", f->level);
    struct figure_curve c = { .metric = metric, .title = "mean |r|", .x_label = "step", .holds = true };
    if (isfinite(floor_r)) {
        c.level[0].at = floor_r;
        c.level[0].name = "floor: independent dimensions";
    }
    return figure_curves(f, box, &c, e);
}

/* The numbers, and the strongest pairs in columns. */
static void draw_numbers(struct figure *f, struct raster_box box)
{
    static const struct {
        enum levels_number number;
        const char *name;
    } rows[] = { { LEVELS_CORR_ABS, "mean |r|" },
                 { LEVELS_CORR_FLOOR, "floor" },
                 { LEVELS_CORR_RATIO, "ratio" },
                 { LEVELS_CORR_MAX, "largest |r|" } };
    struct raster *r = &f->raster;
    const struct level_state *v = &f->run[0].level;
    double line = raster_letter_height(r) * 1.15, letter = raster_letter_width(r), y = box.y0;
    char text[64];
    raster_text(r, box.x0, y, ANCHOR_LEFT, true, f->runs > 1 ? f->run[0].row.name : "numbers", f->palette->text);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        y += line;
        snprintf(text, sizeof text, "%.3g", v->number[rows[i].number]);
        raster_text(r, box.x0, y, ANCHOR_LEFT, false, rows[i].name, f->palette->dim);
        raster_text(r, box.x0 + 19 * letter, y, ANCHOR_RIGHT, false, text, f->palette->text);
    }
    double x = box.x0 + 24 * letter, top = box.y0;
    raster_text(r, x, top, ANCHOR_LEFT, true, "strongest pairs", f->palette->text);
    y = top;
    for (int i = 0; i < v->pairs; i++) {
        y += line;
        if (y + line > box.y1) {
            y = top + line;
            x += 21 * letter;
        }
        if (x + 18 * letter > box.x1) break;
        snprintf(text, sizeof text, "%5.0f %5.0f  %+.2f", (double)v->pair[3 * i], (double)v->pair[3 * i + 1],
                 (double)v->pair[3 * i + 2]);
        raster_text(r, x, y, ANCHOR_LEFT, false, text, f->palette->text);
    }
}

static bool draw(struct figure *f, struct err *e)
{
    for (int i = 0; i < f->runs; i++)
        if (!f->run[i].level.blocks)
            return err_set(e, ERR_NOT_FOUND, "run %s: no correlations at step %lld", f->run[i].row.name,
                           (long long)f->run[i].level.step);
    if (f->compact) {
        draw_matrix(f, f->body, 0, 0, true);
        return true;
    }
    struct raster_box top = figure_part(f, f->body, 0, 0, 1, 0.72), below = f->body;
    int shown = f->runs > 1 ? f->runs : 2, columns = shown > 3 ? (shown + 1) / 2 : shown, rows = shown > 3 ? 2 : 1;
    for (int i = 0; i < shown; i++) {
        struct raster_box box = figure_cell(f, top, rows, columns, i / columns, i % columns, 1);
        double end = draw_matrix(f, box, f->runs > 1 ? i : 0, f->runs > 1 ? 0 : i, f->runs == 1 || i == shown - 1);
        below.y0 = fmax(below.y0, end + raster_letter_height(&f->raster));
    }
    draw_numbers(f, figure_part(f, below, 0.5, 0, 1, 1));
    return draw_mean(f, figure_part(f, below, 0, 0, 0.5, 1), e);
}

static bool csv(struct figure *f, FILE *out, struct err *e)
{
    (void)e;
    fputs("run,level,step,row,column,size,mean_abs_r,max_abs_r,max_row,max_column,method\n", out);
    for (int i = 0; i < f->runs; i++) {
        const struct figure_run *r = &f->run[i];
        int b = r->level.blocks, size = r->level.block_size;
        for (int k = 0; k < b * b; k++)
            fprintf(out, "%s,%s,%lld,%d,%d,%d,%.9g,%.9g,%.0f,%.0f,%s\n", text_str(&r->cell), f->level,
                    (long long)r->level.step, k / b * size, k % b * size, size, (double)plane(r, 0)[k],
                    (double)plane(r, 1)[k], (double)plane(r, 2)[k], (double)plane(r, 3)[k], text_str(&r->method));
    }
    return true;
}

const struct figure_kind figure_covariance = {
    .what = "correlations of", .parts = LEVELS_CORRELATION, .kind = "correlation", .draw = draw, .csv = csv
};
