#include "views/figures/figure_class.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/files.h"
#include "engine/base/target.h"
#include "engine/base/text.h"
#include "views/figures/figure_parts.h"

enum { SIDE_X = 900, SIDE_Y = 960 }; /* pixels, where the request says 0 */

/* All that was read. */
struct curves {
    const struct figure_class_request *q;
    struct store_contents data;
    struct store_run row[FIGURE_RUNS];
    struct class_scores scores[FIGURE_RUNS];
    int runs;
};

static bool is_defined(const struct class_scores *s, enum class_curve which)
{
    const struct operating_curve *c = &s->curve;
    return c->count && (which == CLASS_RELIABILITY || c->positives) && (which != CLASS_ROC || c->negatives);
}

static bool gather(struct curves *c, struct err *e)
{
    const struct figure_request *sheet = c->q->sheet;
    int class;
    if (!predictions_task(sheet->store, c->q->wanted.task, &c->data, e) ||
        !predictions_class(&c->data, c->q->class, &class, e))
        return false;
    for (int i = 0; i < sheet->run_count; i++) {
        struct predictions_wanted w = c->q->wanted;
        if (i) w.step = -1;
        w.init = sheet->runs[i] ? NULL : c->q->init[i];
        if (w.init)
            snprintf(c->row[i].name, sizeof c->row[i].name, "%s", w.init);
        else if (!store_run_get(sheet->store, sheet->runs[i], &c->row[i], e))
            return false;
        c->runs = i + 1; /* from here on it is cleared with the others */
        if (!class_scores_read(&c->scores[i], sheet->store, &c->row[i], &w, &c->data, class, e)) return false;
        if (!is_defined(&c->scores[i], c->q->which))
            return err_set(e, ERR_DATA,
                           "%s: %s on %s has no such curve: of training or test labels one value is missing",
                           c->row[i].name, c->q->class, c->q->wanted.task);
        if (c->q->note) c->q->note(c->q->ctx, c->row[i].name, &c->scores[i].from);
    }
    return true;
}

static void clear(struct curves *c)
{
    for (int i = 0; i < c->runs; i++) {
        class_scores_clear(&c->scores[i]);
        store_run_clear(&c->row[i]);
    }
    store_contents_clear(&c->data);
}

/* ---- the picture ---- */

static void draw_heading(struct figure *f, const struct curves *c)
{
    struct raster *r = &f->raster;
    struct text line = { 0 };
    const struct class_scores *s = &c->scores[0];
    double height = raster_letter_height(r), m = figure_margin(f);
    if (c->runs == 1) text_printf(&line, "%s: ", c->row[0].name);
    text_printf(&line, "%s of %s", class_curve_titles[c->q->which], c->q->class);
    raster_text(r, m, m, ANCHOR_LEFT, true, text_str(&line), f->palette->text);
    text_clear(&line);
    text_printf(&line, "%s on %s, %g %% of the labels, draw %lld; test images: %d positive, %d negative",
                s->from.protocol, c->q->wanted.task, s->from.percent, (long long)s->from.draw, s->curve.positives,
                s->curve.negatives);
    raster_text(r, m, m + 1.2 * height, ANCHOR_LEFT, false, text_str(&line), f->palette->dim);
    text_clear(&line);
    f->body = (struct raster_box){ m, 2 * m + 2.2 * height, r->image.width - m, r->image.height - m / 2 };
}

static void draw_legend(struct plot *p, const struct figure *f, const struct curves *c)
{
    struct plot_entry entries[FIGURE_RUNS];
    struct text names[FIGURE_RUNS] = { 0 };
    const struct predictions *first = &c->scores[0].from;
    for (int i = 0; i < c->runs; i++) {
        const struct class_scores *s = &c->scores[i];
        const struct predictions_area *area = &s->from.areas[s->class];
        text_printf(&names[i], "%.40s  %s %.3f", c->row[i].name, class_curve_figures[c->q->which],
                    class_scores_figure(s, c->q->which));
        if (strcmp(s->from.protocol, first->protocol) != 0 || s->from.percent != first->percent)
            text_printf(&names[i], ", %s, %g %%", s->from.protocol, s->from.percent);
        if (c->q->which == CLASS_ROC && !isnan(area->lo)) text_printf(&names[i], " (%.3f to %.3f)", area->lo, area->hi);
        entries[i] = (struct plot_entry){ text_str(&names[i]), figure_colour(f, i), false };
    }
    plot_legend(p, entries, c->runs);
    for (int i = 0; i < c->runs; i++) text_clear(&names[i]);
}

/* What a curve that says nothing looks like: chance, the share of positives, perfect calibration. */
static void draw_reference(struct plot *p, const struct figure *f, const struct curves *c)
{
    const struct operating_curve *s = &c->scores[0].curve;
    double share = (double)s->positives / (s->positives + s->negatives);
    if (c->q->which == CLASS_PRECISION)
        plot_level(p, share, "share of positives", f->palette->dim);
    else
        plot_dashed(p, (double[]){ 0, 1 }, (double[]){ 0, 1 }, 2, f->palette->dim);
}

static bool draw_curves(struct figure *f, struct raster_box box, const struct curves *c, struct err *e)
{
    static const char *const labels[CLASS_CURVES][2] = { { "false positive rate (1 - specificity)",
                                                           "true positive rate (sensitivity)" },
                                                         { "recall (sensitivity)", "precision" },
                                                         { "mean probability in a bin", "share of positives" } };
    enum class_curve which = c->q->which;
    struct plot p = figure_plot(f, box, NULL);
    p.x = p.y = (struct axis){ 0, 1, false };
    p.x_label = labels[which][0];
    p.y_label = labels[which][1];
    p.legend_right = which != CLASS_PRECISION;
    plot_begin(&p);
    draw_reference(&p, f, c);
    for (int i = c->runs - 1; i >= 0; i--) {
        double *x, *y, at_x, at_y;
        int n;
        if (!class_scores_points(&c->scores[i], which, &n, &x, &y, e)) return false;
        plot_curve(&p, x, y, n, figure_colour(f, i));
        for (int k = 0; which == CLASS_RELIABILITY && k < n; k++) plot_point(&p, x[k], y[k], figure_colour(f, i));
        if (class_scores_chosen(&c->scores[i], which, &at_x, &at_y)) plot_point(&p, at_x, at_y, figure_colour(f, i));
        free(x);
        free(y);
    }
    draw_legend(&p, f, c);
    plot_end(&p);
    return true;
}

/* How many images each bin stands for. */
static void draw_counts(struct figure *f, struct raster_box box, const struct curves *c)
{
    double edge[OPERATING_BINS + 1], count[OPERATING_BINS];
    struct plot p = figure_plot(f, box, "test images by probability");
    p.x = (struct axis){ 0, 1, false };
    p.y = axis_none(false);
    axis_hold(&p.y, 0);
    for (int i = 0; i < c->runs; i++)
        for (int b = 0; b < OPERATING_BINS; b++) axis_hold(&p.y, c->scores[i].bins[b].count);
    axis_finish(&p.y, 0);
    plot_begin(&p);
    for (int b = 0; b <= OPERATING_BINS; b++) edge[b] = (double)b / OPERATING_BINS;
    for (int i = 0; i < c->runs; i++) {
        for (int b = 0; b < OPERATING_BINS; b++) count[b] = c->scores[i].bins[b].count;
        plot_bars(&p, edge, count, OPERATING_BINS, i, c->runs, figure_colour(f, i));
    }
    plot_end(&p);
}

static bool draw(struct figure *f, const struct curves *c, struct err *e)
{
    draw_heading(f, c);
    if (c->q->which != CLASS_RELIABILITY || f->compact) return draw_curves(f, f->body, c, e);
    draw_counts(f, figure_part(f, f->body, 0, 0.78, 1, 1), c);
    return draw_curves(f, figure_part(f, f->body, 0, 0, 1, 0.78), c, e);
}

/* ---- its numbers ---- */

static void add_number(struct text *t, double x)
{
    if (isnan(x))
        text_add(t, ",");
    else
        text_printf(t, ",%.17g", x);
}

static void add_names(struct text *t, const struct curves *c, int run)
{
    text_cell(t, c->row[run].name);
    text_add(t, ",");
    text_cell(t, c->q->class);
}

static void add_bins(struct text *t, const struct curves *c, int run)
{
    for (int b = 0; b < OPERATING_BINS; b++) {
        const struct operating_bin *bin = &c->scores[run].bins[b];
        add_names(t, c, run);
        add_number(t, (double)b / OPERATING_BINS);
        add_number(t, (double)(b + 1) / OPERATING_BINS);
        text_printf(t, ",%d", bin->count);
        add_number(t, bin->score);
        add_number(t, bin->positives);
        text_add(t, "\n");
    }
}

static bool add_steps(struct text *t, const struct curves *c, int run, struct err *e)
{
    const struct class_scores *s = &c->scores[run];
    double *x, *y;
    int n, chosen = isnan(s->threshold) ? -1 : operating_curve_at(&s->curve, s->threshold);
    if (!class_scores_points(s, c->q->which, &n, &x, &y, e)) return false;
    for (int i = 0; i < n; i++) {
        add_names(t, c, run);
        add_number(t, s->curve.steps[i].threshold);
        add_number(t, x[i]);
        add_number(t, y[i]);
        text_printf(t, ",%d\n", i == chosen);
    }
    free(x);
    free(y);
    return true;
}

static bool write_csv(const struct curves *c, struct err *e)
{
    static const char *const heads[CLASS_CURVES] = {
        "run,class,threshold,false_positive_rate,true_positive_rate,chosen\n",
        "run,class,threshold,recall,precision,chosen\n",
        "run,class,bin_from,bin_to,images,mean_score,share_positive\n",
    };
    const struct figure_request *sheet = c->q->sheet;
    struct text t = { 0 };
    bool ok = true;
    text_add(&t, heads[c->q->which]);
    for (int i = 0; ok && i < c->runs; i++) {
        if (c->q->which == CLASS_RELIABILITY)
            add_bins(&t, c, i);
        else
            ok = add_steps(&t, c, i, e);
    }
    ok = ok && (!t.broken || err_set(e, ERR_MEMORY, "curve: no memory"));
    if (ok && sheet->path && !target_is_stdout(sheet->path))
        ok = file_write_text(sheet->path, &t, FILE_OF_USER, e);
    else if (ok)
        fputs(text_str(&t), sheet->stream);
    text_clear(&t);
    return ok;
}

bool figure_class_write(const struct figure_class_request *q, struct err *e)
{
    struct curves c = { .q = q };
    struct figure_request sheet = *q->sheet;
    if (!sheet.width) sheet.width = SIDE_X, sheet.height = SIDE_Y;
    struct figure f = { .q = &sheet };
    bool ok = gather(&c, e);
    if (ok && sheet.format == FIGURE_CSV)
        ok = write_csv(&c, e);
    else if (ok)
        ok = figure_open_sheet(&f, e) && draw(&f, &c, e) && image_write_png(sheet.path, &f.raster.image, e);
    raster_clear(&f.raster);
    clear(&c);
    return ok;
}
