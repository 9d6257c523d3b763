/* `export RUN roc|pr|reliability`: a curve of one class from what an evaluation kept. */
#include <string.h>

#include "app/commands/export/export_figure.h"
#include "app/commands/export/export_wanted.h"
#include "views/figures/figure_class.h"

struct noting {
    const struct app *app;
    const char *task;
};

static void note(void *ctx, const char *name, const struct predictions *from)
{
    const struct noting *n = ctx;
    (void)name;
    export_note_predictions(n->app, n->task, from);
}

bool export_curve(const struct export_request *r, struct err *e)
{
    struct export_shown shown;
    char only[EXPORT_CLASS];
    struct figure_request sheet;
    struct noting noting = { .app = r->app };
    struct figure_class_request q = { .sheet = &sheet, .init = shown.init, .note = note, .ctx = &noting };
    while (strcmp(class_curve_names[q.which], r->what)) q.which++;
    if (!export_figure_sheet(r, &sheet, &shown, e) || !export_wanted(r, &q.wanted, e)) return false;
    noting.task = q.wanted.task;
    return export_class(r, &q.wanted, only, &q.class, e) && figure_class_write(&q, e);
}
