/* Bars and sparklines. */
#include <math.h>
#include <stdio.h>

#include "views/charts/chart_parts.h"

void chart_bar_range(const struct chart_place *p, int count, int column, int *first, int *end)
{
    int w = p->plot.w > 0 ? p->plot.w : 1;
    *first = (int)((long long)column * count / w);
    *end = (int)((long long)(column + 1) * count / w);
    if (*end <= *first) *end = *first + 1;
}

/* A character that is filled from below by a share 0..1 of the cell. */
static uint32_t filled(const struct canvas *canvas, double share)
{
    int eighths = (int)floor(share * 8 + 0.5);
    if (eighths <= 0) return ' ';
    if (canvas->ascii) return eighths >= 8 ? '#' : eighths >= 4 ? '=' : '_';
    if (canvas->plain) return eighths >= 6 ? 0x2588 : 0x2584;
    return 0x2580 + (uint32_t)eighths;
}

/* Mean and maximum of the bars in a column; NaN if there is no number. */
static void column_values(const struct chart_bars *b, int first, int end, double *mean, double *most)
{
    double sum = 0;
    int n = 0;
    *mean = *most = NAN;
    for (int i = first; i < end && i < b->count; i++) {
        if (!isfinite(b->values[i])) continue;
        sum += b->values[i];
        n++;
        *most = fmax(*most, b->values[i]);
    }
    if (n) *mean = sum / n;
}

static void draw_column(const struct chart_place *p, const struct chart_bars *b, int x)
{
    int first, end;
    double mean, most;
    chart_bar_range(p, b->count, x, &first, &end);
    column_values(b, first, end, &mean, &most);
    if (isnan(mean)) return;
    double place = axis_place(&p->y, mean), shade = axis_place(&p->y, most);
    double top = (isnan(place) ? 0 : place) * p->plot.h, behind = (isnan(shade) ? 0 : shade) * p->plot.h;
    unsigned ink = b->ink_of ? b->ink_of(b->ctx, mean) : b->ink;
    bool here = b->cursor >= first && b->cursor < end;
    for (int i = 0; i < p->plot.h; i++) {
        int y = p->plot.h - 1 - i;
        if (i < behind && behind - top > 0.5 && i >= (int)top) area_put(&p->plot, y, x, 0x2591, INK_SHADE);
        double share = fmin(1, top - i);
        uint32_t ch = share > 0 ? filled(p->plot.canvas, share) : ' ';
        if (i == 0 && ch == ' ' && mean > 0) ch = filled(p->plot.canvas, 0.125); /* a small value is still visible */
        if (ch != ' ') area_put(&p->plot, y, x, ch, here ? INK_ACCENT | STYLE_BOLD : ink);
    }
    if (here && top < p->plot.h - 1) area_put(&p->plot, p->plot.h - 2 - (int)top, x, 0x25bc, INK_ACCENT);
}

struct chart_place chart_bars(const struct area *a, const struct chart_bars *b)
{
    struct chart_place p = { .x = b->x, .y = b->y };
    struct chart_frame f = { .title = b->title,
                             .note = b->note,
                             .x_unit = b->x_unit,
                             .title_ink = b->title_ink,
                             .lines = b->lines,
                             .line_count = b->line_count };
    if (!(p.x.least < p.x.most)) p.x = (struct axis){ 0, b->count > 0 ? b->count : 1, false };
    if (!(p.y.least < p.y.most)) {
        p.y = axis_none(b->y.log);
        if (!b->y.log) axis_hold(&p.y, 0);
        for (int i = 0; i < b->count; i++) axis_hold(&p.y, b->values[i]);
        axis_finish(&p.y, 0);
    }
    if (a->h < 1 || a->w < 1) return p;
    int title = chart_frame(a, &f, &p);
    for (int x = 0; b->count && x < p.plot.w; x++) draw_column(&p, b, x);
    if (b->cursor >= 0 && b->cursor < b->count) {
        char value[CHART_NUMBER], text[64];
        snprintf(text, sizeof text, "%d: %s", b->cursor, chart_number(b->values[b->cursor], value));
        int w = text_columns(text);
        if (title + 1 + w <= a->w) area_text(a, 0, a->w - w, INK_ACCENT, text);
    }
    return p;
}

void chart_spark(const struct area *a, int y, int x, int w, const struct chart_spark *s)
{
    const float *values = s->values;
    int count = s->count;
    double least = s->least, most = s->most;
    struct area row = area_sub(a, y, x, 1, w);
    int first = count > w ? count - w : 0;
    if (isnan(least) || isnan(most)) {
        least = INFINITY, most = -INFINITY;
        for (int i = first; i < count; i++)
            if (isfinite(values[i])) least = fmin(least, values[i]), most = fmax(most, values[i]);
    }
    for (int i = first; i < count; i++) {
        int at = w - (count - i);
        if (!isfinite(values[i])) {
            if (isinf(values[i])) area_put(&row, 0, at, 0xd7, INK_BAD);
            continue;
        }
        double share = most > least ? (values[i] - least) / (most - least) : 0.5;
        share = share < 0 ? 0 : share > 1 ? 1 : share;
        uint32_t ch = a->canvas->plain ? (share > 0.5 ? 0x2588 : 0x2584) : 0x2581 + (uint32_t)(share * 7 + 0.5);
        area_put(&row, 0, at, ch, s->ink);
    }
}
