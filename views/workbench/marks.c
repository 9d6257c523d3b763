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

static void take_away(struct selection *s, int64_t run)
{
    int n = 0;
    for (int i = 0; i < s->mark_count; i++)
        if (s->marks[i] != run) s->marks[n++] = s->marks[i];
    s->mark_count = n;
}

bool marks_set(struct workbench *wb, int64_t run, bool mark)
{
    if (mark && !marks_has(wb, run)) {
        if (wb->selection.mark_count == SELECTION_MARKS) {
            message_warn(wb, "%d runs are marked already; space unmarks one", SELECTION_MARKS);
            return false;
        }
        wb->selection.marks[wb->selection.mark_count++] = run;
    }
    if (!mark) take_away(&wb->selection, run);
    if (!mark && run == wb->selection.baseline) keep_baseline(wb, 0);
    news_tell(wb, NEWS_RUN);
    return true;
}

void marks_clear(struct workbench *wb, bool baseline_too)
{
    int kept = wb->selection.baseline && !baseline_too; /* it is the first */
    while (wb->selection.mark_count > kept) marks_set(wb, wb->selection.marks[kept], false);
    wb->marks->count = 0;
}

void marks_suspend(struct workbench *wb, int64_t run)
{
    struct marks *m = wb->marks;
    struct selection *s = &wb->selection;
    int place = 0;
    while (place < s->mark_count && s->marks[place] != run) place++;
    if (place == s->mark_count) return;
    if (m->count < SELECTION_MARKS) m->suspended[m->count++] = (struct suspended){ run, place, run == s->baseline };
    if (run == s->baseline) s->baseline = 0; /* the preference stays: in another session it may be back */
    take_away(s, run);
    news_tell(wb, NEWS_RUN);
}

static bool exists(struct workbench *wb, int64_t run)
{
    struct store_run row;
    if (!store_run_get(wb->store, run, &row, NULL)) return false;
    store_run_clear(&row);
    return true;
}

/* Those that were taken away last come first: so each place is as it was then. */
void marks_return(struct workbench *wb)
{
    struct marks *m = wb->marks;
    struct selection *s = &wb->selection;
    for (int i = m->count - 1; i >= 0; i--) {
        struct suspended back = m->suspended[i];
        if (!exists(wb, back.run)) continue;
        m->count--;
        for (int k = i; k < m->count; k++) m->suspended[k] = m->suspended[k + 1];
        if (marks_has(wb, back.run) || s->mark_count == SELECTION_MARKS) continue;
        int at = s->mark_count++, place = back.baseline && !s->baseline ? 0 : back.place;
        for (; at > place; at--) s->marks[at] = s->marks[at - 1];
        s->marks[at] = back.run;
        if (back.baseline && !s->baseline) keep_baseline(wb, back.run);
        news_tell(wb, NEWS_RUN);
    }
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
