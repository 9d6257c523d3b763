#include "views/screens/board_charts.h"

#include "views/charts/chart_over.h"
#include "views/workbench/layout.h"

enum { LEAST = 30 }; /* columns of a chart */

/* One or two curves of a kind. */
struct drawn {
    const char *title;
    const struct board_trace *trace[BOARD_LEVELS];
    unsigned ink;
};

static void draw_one(const struct drawn *d, const struct x_axes *x, const char *note, double cursor,
                     const struct area *a)
{
    static const char *const names[BOARD_LEVELS] = { "g", "l" };
    struct chart_curve curves[BOARD_LEVELS];
    int count = 0;
    bool both = d->trace[1] && d->trace[1]->series.count > 0;
    for (int t = 0; t < 1 + both; t++) {
        const struct series *s = &d->trace[t]->series;
        curves[count++] =
            (struct chart_curve){ s->points, s->count, both ? names[t] : NULL, t ? INK_LOCAL : d->ink, 0, &s->at };
    }
    const struct chart c = { .title = d->title,
                             .note = note,
                             .title_ink = INK_STRONG,
                             .curves = curves,
                             .curve_count = count,
                             .letters = both ? "GL" : NULL,
                             .cursor = cursor };
    chart_draw_over(a, &c, x, NULL);
}

void board_charts_draw(const struct run_board *b, double cursor, const struct area *a)
{
    const struct drawn charts[] = { { "loss", { &b->loss, NULL }, INK_GLOBAL },
                                    { "AUC", { &b->auc, NULL }, INK_ACCENT },
                                    { "rank", { &b->rank[0], &b->rank[1] }, INK_GLOBAL } };
    enum { CHARTS = sizeof charts / sizeof charts[0] };
    int shown[CHARTS], n = 0;
    for (int i = 0; i < CHARTS && b->run; i++)
        if (charts[i].trace[0]->series.count > 1 && (n + 1) * LEAST <= a->w) shown[n++] = i;
    for (int k = 0; k < n; k++) {
        int x = layout_share(a->w, n, k);
        struct area part = area_sub(a, 0, x, a->h, layout_share(a->w, n, k + 1) - x - 1);
        draw_one(&charts[shown[k]], &b->x, shown[k] == 1 ? b->probe : NULL, cursor, &part);
    }
}
