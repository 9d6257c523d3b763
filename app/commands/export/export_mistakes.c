/* `export RUN mistakes`: test images of a class on the wrong side of the threshold, the most confident first: they are
 * hard, or their label is wrong. */
#include <math.h>
#include <stdlib.h>

#include "app/cli/output_file.h"
#include "app/commands/export/export_wanted.h"
#include "engine/base/text.h"
#include "views/analysis/class_scores.h"

static bool write_list(const struct export_request *r, const struct class_scores *c, struct err *e)
{
    struct output_file o;
    struct class_mistake *list;
    struct text t = { 0 };
    int count;
    if (!class_scores_mistakes(c, &list, &count, e)) return false;
    text_add(&t, "image,patient,class,label,score,threshold\n");
    for (int i = 0; i < count; i++) {
        const struct store_image *m = &c->data->images[list[i].image];
        text_cell(&t, m->path);
        text_add(&t, ",");
        text_cell(&t, m->patient ? m->patient : "");
        text_add(&t, ",");
        text_cell(&t, c->data->classes[c->class]);
        text_printf(&t, ",%d,%.17g,%.17g\n", list[i].label, list[i].score, isnan(c->threshold) ? .5 : c->threshold);
    }
    free(list);
    bool ok = (!t.broken || err_set(e, ERR_MEMORY, "mistakes: no memory")) && output_file_open(&o, r->out, e);
    if (ok) {
        fputs(text_str(&t), o.stream);
        ok = output_file_close(&o, true, e);
    }
    text_clear(&t);
    return ok;
}

bool export_mistakes(const struct export_request *r, struct err *e)
{
    struct predictions_wanted w;
    struct store_contents data = { 0 };
    struct class_scores c = { 0 };
    const char *name;
    char only[EXPORT_CLASS];
    int class;
    bool ok = export_wanted(r, &w, e) && export_class(r, &w, only, &name, e) &&
              predictions_task(r->app->store, w.task, &data, e) && predictions_class(&data, name, &class, e) &&
              class_scores_read(&c, r->app->store, r->run, &w, &data, class, e);
    if (ok) export_note_predictions(r->app, w.task, &c.from);
    ok = ok && write_list(r, &c, e);
    class_scores_clear(&c);
    store_contents_clear(&data);
    return ok;
}
