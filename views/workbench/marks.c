/* The marked runs: charts show them beside the one that is looked at. */
#include "views/workbench/inside.h"

bool desk_marked(const struct desk *d, int64_t run)
{
    for (int i = 0; i < d->mark_count; i++)
        if (d->marks[i] == run) return true;
    return false;
}

bool desk_mark(struct desk *d, int64_t run, bool mark)
{
    int n = 0;
    if (mark && !desk_marked(d, run)) {
        if (d->mark_count == DESK_MARKS) {
            desk_warn(d, "%d runs are marked already; space unmarks one", DESK_MARKS);
            return false;
        }
        d->marks[d->mark_count++] = run;
    }
    for (int i = 0; !mark && i < d->mark_count; i++)
        if (d->marks[i] != run) d->marks[n++] = d->marks[i];
    if (!mark) d->mark_count = n;
    desk_tell(d, NEWS_RUN);
    return true;
}
