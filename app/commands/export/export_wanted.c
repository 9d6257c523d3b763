#include "app/commands/export/export_wanted.h"

#include <string.h>

#include "engine/base/text.h"

bool export_is_image_size(const char *word)
{
    return word && *word && strspn(word, "0123456789") == strlen(word);
}

bool export_wanted(const struct export_request *r, struct predictions_wanted *w, struct err *e)
{
    const struct arguments *a = r->arguments;
    const char *context = arguments_text(a, "context", NULL), *size = arguments_text(a, "size", NULL);
    bool curve = !strcmp(r->what, "roc") || !strcmp(r->what, "pr") || !strcmp(r->what, "reliability");
    int64_t side = 0;
    const char *known = r->run->id || *r->run->dataset ? r->run->dataset : NULL;
    *w = (struct predictions_wanted){ .task = arguments_text(a, "task", known),
                                      .protocol = arguments_text(a, "protocol", NULL),
                                      .percent = arguments_float(a, "labels", 0),
                                      .draw = arguments_int(a, "draw", -1),
                                      .step = r->step,
                                      .init = r->run->id ? NULL : r->run->name,
                                      .gates = context ? !strcmp(context, "on") : -1 };
    if (export_is_image_size(size) && text_to_int(size, &side) && side > 0)
        w->size = side;
    else if (size && !curve)
        return err_set(e, ERR_USAGE, "--size: '%s' is no side of the images in pixels, such as 64", size);
    if (context && strcmp(context, "on") && strcmp(context, "off"))
        return err_set(e, ERR_USAGE, "--context: '%s' is neither on nor off", context);
    if (!r->run->id && !w->task && strcmp(r->what, "scores") != 0)
        return err_set(e, ERR_USAGE, "--task: is missing: init:%s was scored on several data sets", r->run->name);
    return true;
}

bool export_class(const struct export_request *r, const struct predictions_wanted *w, char only[EXPORT_CLASS],
                  const char **class, struct err *e)
{
    struct store_contents data;
    struct text names = { 0 };
    *class = arguments_text(r->arguments, "class", NULL);
    if (*class) return true;
    if (!predictions_task(r->app->store, w->task, &data, e)) return false;
    bool alone = data.classes_count == 1 && strlen(data.classes[0]) < EXPORT_CLASS;
    if (alone) *class = strcpy(only, data.classes[0]);
    for (size_t c = 0; c < data.classes_count; c++) text_printf(&names, "%s%s", c ? ", " : "", data.classes[c]);
    if (!alone) err_set(e, ERR_USAGE, "%s: --class is missing: of %s there are %s", r->what, w->task, text_str(&names));
    text_clear(&names);
    store_contents_clear(&data);
    return alone;
}

void export_note_predictions(const struct app *app, const char *task, const struct predictions *p)
{
    struct text line = { 0 };
    text_printf(&line, "%s on %s, gates %s, %g %% of the labels, draw %lld, step %lld", p->protocol, task,
                p->gates ? "on" : "off", p->percent, (long long)p->draw, (long long)p->step);
    if (p->size) text_printf(&line, ", %lld px", (long long)p->size);
    if (*p->told) text_printf(&line, ", %s", p->told);
    if (p->others)
        text_printf(&line, "; the newest: %d %s in size or settings alone (--size N chooses a size)", p->others,
                    text_number(p->others, "older one differs", "older ones differ"));
    app_note(app, "%s", text_str(&line));
    text_clear(&line);
}
