/* Spectrum: eigenvalues of the covariance against rank, doubly logarithmic and over the plain rank, with those of an
 * isotropic Gaussian of as many points; earlier steps of a single run pale behind; the numbers that sum it up. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/settings.h"
#include "engine/base/text.h"
#include "views/figures/figure_parts.h"

enum { EARLIER = 4 };

/* The spectra: earlier steps of the main run, then each run. */
struct spectra {
    struct level_state earlier[EARLIER];
    int earlier_count;
    double *isotropic; /* of the main run, [values] */
};

/* Steps at about 1/16, 1/8, 1/4, 1/2 of the shown one. */
static bool read_earlier(struct figure *f, struct spectra *s, struct err *e)
{
    const struct figure_run *r = &f->run[0];
    int64_t last = -1;
    for (int k = EARLIER; f->runs == 1 && k >= 1; k--) {
        int at = levels_find(r->steps, r->step_count, r->level.step >> k);
        if (at < 0 || r->steps[at] == last || r->steps[at] == r->level.step) continue;
        last = r->steps[at];
        if (!levels_read(f->q->store, r->row.id, f->level, last, LEVELS_SPECTRUM, &s->earlier[s->earlier_count], e))
            return false;
        s->earlier_count++;
    }
    return true;
}

static double trace(const struct level_state *v)
{
    double sum = 0;
    for (int i = 0; i < v->values; i++) sum += (double)v->eigenvalues[i];
    return sum;
}

static bool isotropic(const struct level_state *v, double **out, struct err *e)
{
    *out = malloc((size_t)(v->values + 1) * sizeof **out);
    if (!*out) return err_set(e, ERR_MEMORY, "figure: memory ran out");
    levels_isotropic(levels_images(v), v->dims, trace(v), v->values, *out);
    return true;
}

static void spectra_clear(struct spectra *s)
{
    for (int i = 0; i < s->earlier_count; i++) levels_clear(&s->earlier[i]);
    free(s->isotropic);
}

static struct colour paler(const struct figure *f, struct colour c, double share)
{
    struct colour b = f->palette->panel;
    return (struct colour){ (uint8_t)(b.r + (c.r - b.r) * share), (uint8_t)(b.g + (c.g - b.g) * share),
                            (uint8_t)(b.b + (c.b - b.b) * share) };
}

/* Draws one spectrum as a line, which ends at the first rounding error. */
static void draw_line(struct plot *p, const double *values, int n, bool dashed, struct colour c)
{
    double *rank = malloc((size_t)(n + 1) * sizeof *rank);
    int k = 0;
    for (; rank && k < n && values[k] > values[0] * levels_rounding; k++) rank[k] = k + 1;
    if (rank) (dashed ? plot_dashed : plot_curve)(p, rank, values, k, c);
    free(rank);
}

static void draw_level(struct plot *p, const struct level_state *v, struct colour c)
{
    double *values = malloc((size_t)(v->values + 1) * sizeof *values);
    for (int i = 0; values && i < v->values; i++) values[i] = (double)v->eigenvalues[i];
    if (values) draw_line(p, values, v->values, false, c);
    free(values);
}

static void set_axes(const struct figure *f, const struct spectra *s, struct plot *p, bool log_rank)
{
    p->x = axis_none(log_rank);
    p->y = axis_none(true);
    axis_hold(&p->x, 1);
    for (int i = 0; i < f->runs + s->earlier_count; i++) {
        const struct level_state *v = i < f->runs ? &f->run[i].level : &s->earlier[i - f->runs];
        for (int k = 0; k < v->values && (double)v->eigenvalues[k] > (double)v->eigenvalues[0] * levels_rounding; k++) {
            axis_hold(&p->y, (double)v->eigenvalues[k]);
            axis_hold(&p->x, k + 1);
        }
    }
    for (int k = 0; k < f->run[0].level.values; k++) axis_hold(&p->y, s->isotropic[k]);
    axis_finish(&p->x, 0);
    axis_finish(&p->y, 0.03);
}

static void draw_spectra(struct figure *f, const struct spectra *s, struct raster_box box, bool log_rank)
{
    struct plot p = figure_plot(f, box, log_rank ? "eigenvalues of the covariance" : "the same over the plain rank");
    struct plot_entry entries[EARLIER + 2];
    char names[EARLIER + 1][32];
    int n = 0;
    set_axes(f, s, &p, log_rank);
    p.x_label = log_rank ? "rank" : "rank (linear)";
    plot_begin(&p);
    for (int i = 0; i < s->earlier_count; i++) {
        struct colour c = paler(f, figure_colour(f, 0), 0.25 + 0.4 * i / EARLIER);
        draw_level(&p, &s->earlier[i], c);
        snprintf(names[n], sizeof names[n], "step %lld", (long long)s->earlier[i].step);
        entries[n] = (struct plot_entry){ names[n], c, false };
        n++;
    }
    draw_line(&p, s->isotropic, f->run[0].level.values, true, f->palette->dim);
    for (int i = f->runs - 1; i >= 0; i--) draw_level(&p, &f->run[i].level, figure_colour(f, i));
    if (f->runs == 1) {
        snprintf(names[n], sizeof names[n], "step %lld", (long long)f->run[0].level.step);
        entries[n] = (struct plot_entry){ names[n], figure_colour(f, 0), false };
        n++;
    }
    entries[n++] = (struct plot_entry){ "isotropic", f->palette->dim, true };
    if (log_rank) plot_legend(&p, entries, n);
    plot_end(&p);
}

/* Draws a table: one row per run with the summary of its spectrum. */
static void draw_table(struct figure *f, struct raster_box box)
{
    static const struct {
        enum levels_number number;
        const char *name;
    } columns[] = { { LEVELS_RANKME, "RankMe" },
                    { LEVELS_RANKME_ISOTROPIC, "isotropic" },
                    { LEVELS_RANKME_RATIO, "ratio" },
                    { LEVELS_PARTICIPATION, "particip." },
                    { LEVELS_STABLE_RANK, "stable" },
                    { LEVELS_ALPHA, "\u03b1" },
                    { LEVELS_ALPHA_R2, "R\u00b2 of \u03b1" },
                    { LEVELS_CONDITION, "condition" },
                    { LEVELS_UNIFORMITY, "uniformity" } };
    enum { COLUMNS = sizeof columns / sizeof columns[0] };
    struct raster *r = &f->raster;
    double line = raster_letter_height(r) * 1.2, name = 0;
    for (int i = 0; i < f->runs; i++) name = fmax(name, fmin(22, font_letters(f->run[i].row.name)));
    name *= raster_letter_width(r);
    double width = fmin((box.x1 - box.x0 - name) / COLUMNS, 13 * raster_letter_width(r));
    char text[40];
    for (int k = 0; k < COLUMNS; k++)
        raster_text(r, box.x0 + name + width * (k + 1), box.y0, ANCHOR_RIGHT, false, columns[k].name, f->palette->dim);
    for (int i = 0; i < f->runs; i++) {
        double y = box.y0 + line * (i + 1);
        snprintf(text, sizeof text, "%.21s", f->run[i].row.name);
        raster_text(r, box.x0, y, ANCHOR_LEFT, false, text, figure_colour(f, i));
        for (int k = 0; k < COLUMNS; k++) {
            double x = f->run[i].level.number[columns[k].number];
            snprintf(text, sizeof text, isnan(x) ? "-" : "%.3g", x);
            raster_text(r, box.x0 + name + width * (k + 1), y, ANCHOR_RIGHT, false, text, f->palette->text);
        }
    }
}

static bool draw_sheet(struct figure *f, const struct spectra *s, struct err *e)
{
    if (f->compact) {
        draw_spectra(f, s, f->body, true);
        return true;
    }
    char metric[2][64];
    snprintf(metric[0], sizeof metric[0], "%s.rankme_ratio", f->level);
    snprintf(metric[1], sizeof metric[1], "%s.alpha", f->level);
    struct figure_curve ratio = { .metric = metric[0], .title = "RankMe over isotropic", .from_zero = true };
    const struct figure_curve alpha = { .metric = metric[1], .title = "decay \u03b1", .x_label = "step" };
    double table = (f->runs + 2) * 1.2 * raster_letter_height(&f->raster), height = f->body.y1 - f->body.y0;
    struct raster_box charts = figure_part(f, f->body, 0, 0, 1, 1 - table / height),
                      side = figure_part(f, charts, 0.6, 0, 1, 1);
    draw_spectra(f, s, figure_part(f, charts, 0, 0, 0.6, 1), true);
    draw_spectra(f, s, figure_part(f, side, 0, 0, 1, 0.44), false);
    draw_table(f, figure_part(f, f->body, 0, 1 - table / height, 1, 1));
    return figure_curves(f, figure_part(f, side, 0, 0.44, 1, 0.71), &ratio, e) &&
           figure_curves(f, figure_part(f, side, 0, 0.71, 1, 1), &alpha, e);
}

static bool draw(struct figure *f, struct err *e)
{
    struct spectra s = { 0 };
    for (int i = 0; i < f->runs; i++)
        if (!f->run[i].level.values)
            return err_set(e, ERR_NOT_FOUND, "run %s: no spectrum at step %lld", f->run[i].row.name,
                           (long long)f->run[i].level.step);
    bool ok = read_earlier(f, &s, e) && isotropic(&f->run[0].level, &s.isotropic, e) && draw_sheet(f, &s, e);
    spectra_clear(&s);
    return ok;
}

static bool csv(struct figure *f, FILE *out, struct err *e)
{
    fputs("run,level,step,rank,eigenvalue,isotropic,method\n", out);
    for (int i = 0; i < f->runs; i++) {
        const struct figure_run *r = &f->run[i];
        double *reference;
        if (!isotropic(&r->level, &reference, e)) return false;
        for (int k = 0; k < r->level.values; k++) {
            fprintf(out, "%s,%s,%lld,%d,%.9g,", text_str(&r->cell), f->level, (long long)r->level.step, k + 1,
                    (double)r->level.eigenvalues[k]);
            if (isfinite(reference[k])) fprintf(out, "%.9g", reference[k]);
            fprintf(out, ",%s\n", text_str(&r->method));
        }
        free(reference);
    }
    return true;
}

const struct figure_kind figure_spectrum = {
    .what = "spectrum of", .parts = LEVELS_SPECTRUM | LEVELS_DEVIATION, .kind = "spectrum", .draw = draw, .csv = csv
};
