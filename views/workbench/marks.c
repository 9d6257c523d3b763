/* The marked runs, which charts show beside the shown run. */
#include "views/workbench/marks.h"

#include "store/run.h"
#include "views/workbench/message.h"
#include "views/workbench/news.h"
#include "views/workbench/preferences.h"
#include "views/workbench/workbench.h"

bool marks_has(const struct workbench *wb, int64_t run)
{
    for (int i = 0; i < wb->selection.mark_count; i++)
        if (wb->selection.marks[i] == run) return true;
    return false;
}

int64_t marks_first(const struct workbench *wb)
{
    for (int i = 0; i < wb->selection.mark_count; i++)
        if (wb->selection.marks[i] != wb->selection.run) return wb->selection.marks[i];
    return 0;
}

static void keep_baseline(struct workbench *wb, int64_t run)
{
    wb->selection.baseline = run;
    preference_set_int(wb, "baseline", run);
}

bool marks_set(struct workbench *wb, int64_t run, bool mark)
{
    int n = 0;
    if (mark && !marks_has(wb, run)) {
        if (wb->selection.mark_count == SELECTION_MARKS) {
            message_warn(wb, "%d runs are marked already; space unmarks one", SELECTION_MARKS);
            return false;
        }
        wb->selection.marks[wb->selection.mark_count++] = run;
    }
    for (int i = 0; !mark && i < wb->selection.mark_count; i++)
        if (wb->selection.marks[i] != run) wb->selection.marks[n++] = wb->selection.marks[i];
    if (!mark) wb->selection.mark_count = n;
    if (!mark && run == wb->selection.baseline) keep_baseline(wb, 0);
    news_tell(wb, NEWS_RUN);
    return true;
}

/* It comes first; one that is marked already moves there. False if there are too many marks. */
static bool put_first(struct workbench *wb, int64_t run)
{
    struct selection *s = &wb->selection;
    if (!marks_set(wb, run, true)) return false;
    int at = 0;
    while (s->marks[at] != run) at++;
    for (; at > 0; at--) s->marks[at] = s->marks[at - 1];
    s->marks[0] = run;
    return true;
}

void marks_pin(struct workbench *wb, int64_t run)
{
    int64_t before = wb->selection.baseline;
    if (before) marks_set(wb, before, false);
    if (run == before) {
        message_say(wb, "run %lld is no baseline any more", (long long)run);
    } else if (put_first(wb, run)) {
        keep_baseline(wb, run);
        message_say(wb, "run %lld is the baseline: marked first, on every chart", (long long)run);
    }
}

void marks_recall(struct workbench *wb)
{
    struct store_run row;
    int64_t run = preference_get_int(wb, "baseline", 0);
    if (!run || !store_run_get(wb->store, run, &row, NULL)) return;
    store_run_clear(&row);
    if (put_first(wb, run)) wb->selection.baseline = run;
}
