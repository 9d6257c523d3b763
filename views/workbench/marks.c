/* The marked runs, which charts show beside the shown run. */
#include "views/workbench/marks.h"

#include "views/workbench/message.h"
#include "views/workbench/news.h"
#include "views/workbench/workbench.h"

bool marks_has(const struct workbench *wb, int64_t run)
{
    for (int i = 0; i < wb->selection.mark_count; i++)
        if (wb->selection.marks[i] == run) return true;
    return false;
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
    news_tell(wb, NEWS_RUN);
    return true;
}
