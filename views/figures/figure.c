/* A figure from its request to the file: gather, head, draw. The views stand in files of their own. */
#include "views/figures/figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/files.h"
#include "engine/base/target.h"
#include "engine/base/text.h"
#include "views/figures/figure_parts.h"
#include "views/analysis/group.h"
#include "views/analysis/seeds.h"
#include "views/analysis/series.h"

static const struct {
    const char *word;
    bool level;
} views[] = {
#define FIGURE_SCREEN_ROW(name, word, level, help) { word, level },
    FIGURE_SCREENS(FIGURE_SCREEN_ROW)
#undef FIGURE_SCREEN_ROW
};

static const struct figure_kind *const kinds[] = { &figure_loss, &figure_variance, &figure_covariance,
                                                   &figure_spectrum };

const char *figure_screen_name(enum figure_screen screen)
{
    return views[screen].word;
}

bool figure_screen_parse(const char *word, enum figure_screen *screen)
{
    for (int i = 0; i < FIGURE_SCREEN_COUNT; i++) {
        if (strcmp(views[i].word, word)) continue;
        *screen = (enum figure_screen)i;
        return true;
    }
    return false;
}

/* ---- gathering ---- */

static bool read_level(struct figure *f, struct figure_run *r, const struct figure_kind *k, struct err *e)
{
    struct store *s = f->q->store;
    if (!levels_steps(s, r->row.id, f->level, k->kind, &r->steps, &r->step_count, e)) return false;
    int at = levels_find(r->steps, r->step_count, f->q->step);
    if (at < 0)
        return err_set(e, ERR_NOT_FOUND,
                       "run %s: level %s was not looked at%s yet; diagnose.steps says how often it is", r->row.name,
                       f->level, r->step_count ? " by that step" : "");
    return levels_read(s, r->row.id, f->level, r->steps[at], k->parts, &r->level, e);
}

/* Where it is a fork its curves begin with those of the run that it goes on from. */
static bool find_past(const struct figure *f, struct figure_run *r, struct err *e)
{
    int64_t first, last;
    bool any;
    if (!past_find(f->q->store, &r->row, &r->past, e)) return false;
    for (int i = 0; i < r->past.count; i++) {
        if (!series_span(f->q->store, r->past.part[i].run, &first, &last, &any, e)) return false;
        if (any && first < r->first) r->first = first;
    }
    return true;
}

/* "dashed up to step 80: of run 3", where it has a past. */
static void add_past(struct text *t, const struct figure_run *r, const char *before)
{
    if (r->past.count)
        text_printf(t, "%sdashed up to step %lld: of run %lld", before, (long long)past_last(&r->past),
                    (long long)r->past.part[0].run);
}

static bool read_run(struct figure *f, int64_t id, const struct figure_kind *k, struct err *e)
{
    struct figure_run *r = &f->run[f->runs];
    bool any;
    if (!store_run_get(f->q->store, id, &r->row, e)) return false;
    f->runs++; /* from here on it is cleared with the others */
    text_cell(&r->cell, r->row.name);
    text_cell(&r->method, r->row.method);
    if (r->cell.broken || r->method.broken) return err_set(e, ERR_MEMORY, "figure: memory ran out");
    if (!series_span(f->q->store, id, &r->first, &r->last, &any, e)) return false;
    if (!any) return err_set(e, ERR_NOT_FOUND, "run %s: no metrics yet", r->row.name);
    if (!find_past(f, r, e)) return false;
    compared_run_fill(&r->as, &r->row, r->row.state, f->runs - 1, f->q->group ? f->q->group : "");
    r->as.past = r->past;
    return !k->parts || read_level(f, r, k, e);
}

/* What the x axis of the curves counts, of every run. */
static bool read_x(struct figure *f, struct err *e)
{
    struct x_scale scale[FIGURE_RUNS] = { 0 };
    bool changed = false, ok = true;
    for (int i = 0; ok && i < f->runs; i++) {
        struct figure_run *r = &f->run[i];
        ok = x_scale_read(&scale[i], f->q->store, f->q->x, &r->as, r->first, r->last, FIGURE_WIDTH, &changed, e);
    }
    x_scales_agree(scale, f->runs);
    for (int i = 0; i < f->runs; i++) f->run[i].scale = scale[i];
    const char *unit = x_scale_unit(&f->run[0].scale);
    snprintf(f->x_label, sizeof f->x_label, f->q->x == X_TIME ? "time (%s)" : "%s", unit);
    return ok;
}

static bool gather(struct figure *f, const struct figure_kind *k, struct err *e)
{
    const struct figure_request *q = f->q;
    if (k->parts && !levels_check(f->level, e)) return false;
    if (q->run_count < 1 || q->run_count > FIGURE_RUNS)
        return err_set(e, ERR_USAGE, "figure: %d runs; 1 to %d can be drawn together", q->run_count, FIGURE_RUNS);
    for (int i = 0; i < q->run_count; i++)
        if (!read_run(f, q->runs[i], k, e)) return false;
    f->first = f->run[0].first;
    for (int i = 0; i < f->runs; i++) {
        if (f->run[i].first < f->first) f->first = f->run[i].first;
        if (f->run[i].last > f->last) f->last = f->run[i].last;
    }
    if (q->last > 0) {
        f->first = q->first;
        f->last = q->last;
    }
    if (f->q->x < 0 || f->q->x >= X_KINDS) return err_set(e, ERR_USAGE, "figure: no such x axis");
    if (!group_check(f->q->group ? f->q->group : "", e) || !read_x(f, e)) return false;
    return f->first <= f->last || err_set(e, ERR_USAGE, "figure: the span ends before it begins");
}

static void clear(struct figure *f)
{
    for (int i = 0; i < f->runs; i++) {
        store_run_clear(&f->run[i].row);
        text_clear(&f->run[i].cell);
        text_clear(&f->run[i].method);
        levels_clear(&f->run[i].level);
        free(f->run[i].steps);
        x_scale_clear(&f->run[i].scale);
    }
    raster_clear(&f->raster);
}

/* ---- the sheet ---- */

static bool methods_differ(const struct figure *f)
{
    for (int i = 1; i < f->runs; i++)
        if (strcmp(f->run[i].row.method, f->run[0].row.method)) return true;
    return false;
}

/* Whether runs that are alike are one curve: only of Loss. */
static bool grouped(const struct figure *f, const struct figure_kind *k)
{
    return f->q->grouped && !k->parts;
}

/* Title, what was looked at, and the runs by colour where there are several. */
static void draw_heading(struct figure *f, const struct figure_kind *k)
{
    struct raster *r = &f->raster;
    struct text title = { 0 };
    int member[FIGURE_RUNS];
    double line = raster_letter_height(r), m = figure_margin(f), y = m;
    const struct figure_run *main_run = &f->run[0];
    if (f->runs == 1) text_printf(&title, "%s: ", main_run->row.name);
    text_printf(&title, "%s%s%s", k->what, k->parts ? " " : "", k->parts ? levels_title(f->level) : "");
    raster_text(r, m, y, ANCHOR_LEFT, true, text_str(&title), f->palette->text);
    text_clear(&title);
    if (k->parts)
        text_printf(&title, "step %lld of %lld", (long long)main_run->level.step, (long long)main_run->row.steps);
    else
        text_printf(&title, "steps %lld to %lld", (long long)f->first, (long long)f->last);
    if (f->q->x != X_STEP && !k->parts) text_printf(&title, ", over %s%s", f->x_label, f->q->x == X_EPOCH ? "s" : "");
    text_printf(&title, ", data %s, seed %lld", *main_run->row.dataset ? main_run->row.dataset : "-",
                (long long)main_run->row.seed);
    int images = levels_images(&main_run->level);
    if (k->parts && images)
        text_printf(&title, ", %d %s of the probe set", images, text_number(images, "image", "images"));
    if (!k->parts && methods_differ(f)) text_add(&title, ", \u2260: losses of different methods, not comparable");
    if (f->runs == 1) add_past(&title, main_run, ", ");
    raster_text(r, m, y + 1.2 * line, ANCHOR_LEFT, false, text_str(&title), f->palette->dim);
    text_clear(&title);
    y += 2.2 * line;
    int entries = 0;
    for (int i = 0; i < f->runs && f->runs > 1; i++) {
        char group[GROUP_TEXT];
        int alike = grouped(f, k) ? figure_group(f, NULL, i, member) : 1;
        if (!alike) continue; /* it is drawn with an earlier one */
        double x = m + (r->image.width - 2 * m) * (entries % 3) / 3, middle = y + line * (entries / 3 + 0.75);
        double sample = 2.5 * raster_letter_width(r);
        entries++;
        raster_line(r, x + 2, middle, x + sample, middle, 1.5 * plot_line_width(r), 0, figure_colour(f, i));
        text_printf(&title, "%.40s", alike > 1 ? seeds_name(&f->run[i].as, alike, group) : f->run[i].row.name);
        if (methods_differ(f)) text_printf(&title, " (%s)", f->run[i].row.method);
        if (k->parts) text_printf(&title, " @%lld", (long long)f->run[i].level.step);
        add_past(&title, &f->run[i], ", ");
        raster_text(r, x + sample + m / 2, middle - line / 2, ANCHOR_LEFT, false, text_str(&title), f->palette->text);
        text_clear(&title);
    }
    if (f->runs > 1) y += line * ((entries + 2) / 3 + 0.25);
    f->body = (struct raster_box){ m, y + m, r->image.width - m, r->image.height - m / 2 };
}

static bool write_csv(struct figure *f, const struct figure_kind *k, struct err *e)
{
    struct file_writer w;
    if (!f->q->path || target_is_stdout(f->q->path)) return k->csv(f, f->q->stream, e);
    if (!file_begin_as(&w, f->q->path, FILE_OF_USER, e)) return err_wrap(e, "figure");
    if (!k->csv(f, w.stream, e)) {
        file_abandon(&w);
        return false;
    }
    w.failed |= ferror(w.stream) != 0;
    return file_commit(&w, e);
}

bool figure_write(const struct figure_request *q, struct err *e)
{
    struct figure f = { .q = q, .level = q->level ? q->level : "z" };
    const struct figure_kind *k = kinds[q->screen];
    bool ok = gather(&f, k, e);
    if (ok && q->format == FIGURE_CSV) {
        ok = write_csv(&f, k, e);
    } else if (ok) {
        ok = figure_open_sheet(&f, e);
        if (ok) draw_heading(&f, k);
        ok = ok && k->draw(&f, e) && image_write_png(q->path, &f.raster.image, e);
    }
    clear(&f);
    return ok;
}
