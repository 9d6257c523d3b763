#include "views/screens/new_run/estimate.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "views/analysis/format.h"
#include "views/workbench/jobs.h"
#include "views/workbench/workbench.h"

static void read_figures(struct estimate *t, const json_t *o)
{
    const json_t *limit = json_object_get(o, "limit");
    const char *by = json_string_value(json_object_get(limit, "by"));
    t->memory = json_number_value(json_object_get(o, "peak_rss_bytes")); /* as the dry run says */
    t->room = json_number_value(json_object_get(limit, "bytes"));
    const char *refused = json_string_value(json_object_get(limit, "refused"));
    snprintf(t->refused, sizeof t->refused, "%s", refused ? refused : "");
    snprintf(t->by, sizeof t->by, "%s", by && strcmp(by, "machine") ? by : "");
    t->parameters = json_number_value(json_object_get(o, "parameters"));
    t->step = json_number_value(json_object_get(o, "step_seconds"));
    t->total = json_number_value(json_object_get(o, "total_seconds"));
    t->images = json_number_value(json_object_get(o, "images_per_second"));
    t->steps = json_integer_value(json_object_get(o, "steps"));
    t->per_epoch = json_integer_value(json_object_get(o, "steps_per_epoch"));
    t->train = json_integer_value(json_object_get(o, "train_images"));
    t->epoch = t->step * (double)t->per_epoch;
}

static void measured(struct workbench *wb, void *ctx, int status, const char *output)
{
    struct estimate *t = ctx;
    json_error_t why;
    json_t *o = status == 0 ? json_loads(output, 0, &why) : NULL;
    (void)wb;
    t->pending = false;
    t->known = o != NULL;
    t->changes = t->asked;
    if (o)
        read_figures(t, o);
    else
        snprintf(t->why, sizeof t->why, "such a run cannot be trained here; the line below says why");
    json_decref(o);
}

void estimate_ask(struct estimate *t, struct workbench *wb, const struct form *f)
{
    static const char *const first[] = { "train", "--dry-run", "--json", NULL };
    char *words[FORM_WORDS];
    struct err e;
    if (t->pending) return;
    t->asked = f->changes;
    t->why[0] = '\0';
    if (!form_check(f, &e)) {
        t->known = false;
        t->changes = f->changes;
        snprintf(t->why, sizeof t->why, "%s", e.msg);
        return;
    }
    if (!form_words(f, first, words)) return;
    t->pending = job_start(wb, "estimate", (const char *const *)words, measured, t);
    form_free_words(words);
}

void estimate_draw(const struct estimate *t, const struct form *f, const struct area *a)
{
    char x[FORMAT_SIZE], y[FORMAT_SIZE], time[CLOCK_ISO_SIZE];
    bool stale = t->changes != f->changes;
    unsigned ink = stale ? INK_DIM : INK_NORMAL;
    int n = area_text(a, 0, 0, INK_STRONG, "estimate ");
    area_text(a, 0, n, t->pending ? INK_ACCENT : INK_DIM,
              t->pending  ? "measuring ..."
              : *t->why   ? ""
              : !t->known ? "e measures"
              : stale     ? "of the form before; e measures anew"
                          : "as it is now");
    if (*t->why && !t->pending) {
        area_wrap(a, 1, 0, a->h - 1, a->w, INK_WATCH, t->why);
        return;
    }
    if (!t->known) return;
    area_printf(a, 1, 0, *t->refused ? INK_BAD : ink, "memory  %s of %s%s%s", text_bytes(t->memory, x),
                text_bytes(t->room, y), *t->by ? ", " : "", t->by);
    if (*t->refused) {
        area_wrap(a, 2, 0, a->h - 2, a->w, INK_BAD, t->refused);
        return;
    }
    area_printf(a, 2, 0, ink, "epoch   %s, %s %s in %s %s", clock_duration(t->epoch, time), format_count(t->train, x),
                text_number(t->train, "image", "images"), format_count(t->per_epoch, y),
                text_number(t->per_epoch, "step", "steps"));
    area_printf(a, 3, 0, ink, "total   %s, %s %s", clock_duration(t->total, time), format_count(t->steps, x),
                text_number(t->steps, "step", "steps"));
    area_printf(a, 4, 0, ink, "speed   %s images/s, %.3f s a step", format_number(t->images, 3, x), t->step);
    area_printf(a, 5, 0, ink, "size    %s parameters", format_number(t->parameters, 3, x));
}
