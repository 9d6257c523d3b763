#include "views/screens/runs/runs_layout.h"

enum { BESIDE_LEAST = 44, BESIDE_MOST = 90, BESIDE_HEIGHT = 7, BESIDE_TALL = 28 };
enum { CHARTS_LEAST = 8 };
enum { BELOW_LEAST = 5, BELOW_WANTED = 8, BELOW_MOST = 12, BELOW_FREE = 24 };

/* Rows of the part below the table, 0 if there is no room: a third, and what a short table leaves. */
static int rows_below(int h, int lines)
{
    if (h < 11) return 0;
    int rows = h / 3 < BELOW_LEAST ? BELOW_LEAST : h / 3 < BELOW_MOST ? h / 3 : BELOW_MOST, left = h - lines - 3;
    if (rows < BELOW_WANTED && h >= 2 * BELOW_WANTED) rows = BELOW_WANTED;
    return left <= rows ? rows : left < BELOW_FREE ? left : BELOW_FREE;
}

/* The table, with what stands below it; one row between them is a rule. */
static void split(struct runs_layout *l, const struct area *a, int below, struct area *rest)
{
    int h = a->h - (below ? below + 1 : 0);
    l->table = area_sub(a, 0, 0, h, a->w);
    l->rule = area_sub(a, h, 0, below > 0, a->w);
    *rest = area_sub(a, h + 1, 1, below, a->w - 2);
}

struct runs_layout runs_layout(const struct area *a, int lines, bool compares)
{
    struct runs_layout l = { .beside = a->w >= RUNS_BESIDE && a->h >= BESIDE_HEIGHT };
    struct area nothing = area_sub(a, 0, 0, 0, 0);
    l.about = l.compare = l.charts = nothing;
    if (!l.beside) {
        split(&l, a, rows_below(a->h, lines), compares ? &l.compare : &l.about);
        return l;
    }
    int w = BESIDE_LEAST + (a->w - RUNS_BESIDE) / 2;
    if (w > BESIDE_MOST) w = BESIDE_MOST;
    struct area left = area_sub(a, 0, 0, a->h, a->w - w - 2);
    l.about = area_sub(a, 0, a->w - w, a->h, w - 1);
    if (compares && a->h >= BESIDE_TALL) { /* the charts stand below the selected run */
        l.charts = area_sub(&l.about, a->h - a->h / 2, 0, a->h / 2, l.about.w);
        l.about.h -= l.charts.h + 1;
    }
    int room = a->h - lines - 3; /* below the table, its head and a rule */
    split(&l, &left,
          compares               ? rows_below(a->h, lines)
          : room >= CHARTS_LEAST ? room
                                 : 0,
          compares ? &l.compare : &l.charts);
    return l;
}
