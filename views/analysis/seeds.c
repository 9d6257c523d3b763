#include "views/analysis/seeds.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

int seeds_group(const struct compared_run *runs, const bool *drawn, int count, int first,
                int member[1 + SELECTION_MARKS])
{
    int n = 0;
    for (int i = 0; i < count; i++) {
        if (runs[i].alike != runs[first].alike || (drawn && !drawn[i])) continue;
        if (i < first) return 0;
        member[n++] = i;
    }
    return n;
}

const char *seeds_name(const struct compared_run *first, int count, char name[GROUP_TEXT])
{
    if (count > 1 && *first->group)
        snprintf(name, GROUP_TEXT, "%.120s (%d)", first->group, count);
    else if (count > 1)
        snprintf(name, GROUP_TEXT, "%d seeds", count);
    else
        snprintf(name, GROUP_TEXT, "%s %s", first->label, first->name);
    return name;
}

/* The point of a curve that holds x, else the last one before it; NULL beyond its ends. */
static const struct series_point *point_at(const struct seeds_curve *c, double x)
{
    if (!c->count || x < c->points[0].x0 || x > c->points[c->count - 1].x1) return NULL;
    int low = 0, high = c->count - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (c->points[middle].x0 <= x)
            low = middle;
        else
            high = middle - 1;
    }
    return &c->points[low];
}

int seeds_combine(const struct seeds_curve *curves, int count, struct series_point *out)
{
    const struct seeds_curve *longest = &curves[0];
    for (int i = 1; i < count; i++) {
        bool further = curves[i].count && (!longest->count || curves[i].points[curves[i].count - 1].x1 >
                                                                  longest->points[longest->count - 1].x1);
        if (further) longest = &curves[i];
    }
    for (int k = 0; k < longest->count; k++) {
        const struct series_point *at = &longest->points[k];
        double sum = 0, least = NAN, most = NAN;
        int n = 0;
        for (int i = 0; i < count; i++) {
            const struct series_point *p = &curves[i] == longest ? at : point_at(&curves[i], (at->x0 + at->x1) / 2);
            if (!p || isnan(p->mean)) continue;
            sum += p->mean;
            least = fmin(least, p->mean), most = fmax(most, p->mean);
            n++;
        }
        out[k] = (struct series_point){ .x0 = at->x0, .x1 = at->x1, .min = least, .max = most, .weight = n };
        out[k].mean = n ? sum / n : (double)NAN;
    }
    return longest->count;
}
