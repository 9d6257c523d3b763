/* `export RUN roc|pr|reliability`: a curve of one class from what an evaluation kept. */
#include <string.h>

#include "app/commands/export/export_figure.h"
#include "app/commands/export/export_wanted.h"
#include "views/figures/figure_class.h"

bool export_curve(const struct export_request *r, struct err *e)
{
    struct export_shown shown;
    char only[EXPORT_CLASS];
    struct figure_request sheet;
    struct figure_class_request q = { .sheet = &sheet, .init = shown.init };
    while (strcmp(class_curve_names[q.which], r->what)) q.which++;
    return export_figure_sheet(r, &sheet, &shown, e) && export_wanted(r, &q.wanted, e) &&
           export_class(r, &q.wanted, only, &q.class, e) && figure_class_write(&q, e);
}
