/* `export RUN figure`: what a screen shows, as a picture or as its numbers. */
#include <stdio.h>
#include <string.h>

#include "app/commands/export/export_figure.h"
#include "app/commands/export/export_wanted.h"
#include "app/cli/scored_init.h"
#include "engine/base/text.h"
#include "views/analysis/group.h"
#include "views/analysis/x_axes.h"

static bool read_size(const char *text, struct figure_request *q, struct err *e)
{
    int used = 0;
    if (!text) return true;
    if (sscanf(text, "%5dx%5d%n", &q->width, &q->height, &used) == 2 && !text[used]) return true;
    return err_set(e, ERR_USAGE, "--size: '%s' is not WIDTHxHEIGHT, such as 1600x1000", text);
}

static bool read_span(const char *text, struct figure_request *q, struct err *e)
{
    long long first, last;
    int used = 0;
    if (!text) return true;
    if (sscanf(text, "%15lld:%15lld%n", &first, &last, &used) == 2 && !text[used] && first >= 0 && last > first) {
        q->first = first;
        q->last = last;
        return true;
    }
    return err_set(e, ERR_USAGE, "--span: '%s' is not FIRST:LAST, such as 1000:5000", text);
}

static bool read_x(const char *text, struct figure_request *q, struct err *e)
{
    if (!text) return true;
    for (int i = 0; i < X_KINDS; i++)
        if (!strcmp(text, x_kind_names[i])) return q->x = (enum x_kind)i, true;
    return err_set(e, ERR_USAGE, "--x: '%s' is none of step, epoch, images, time", text);
}

/* Groups are of Loss. */
static bool read_group(const char *text, struct figure_request *q, struct err *e)
{
    if (!text) return true;
    if (q->screen != FIGURE_LOSS) return err_set(e, ERR_USAGE, "--group: only the figure of loss has groups");
    q->grouped = true;
    q->group = strcmp(text, "seeds") != 0 ? text : "";
    return group_check(q->group, e) || err_wrap(e, "--group");
}

static bool read_screen(const struct export_request *r, enum figure_screen *screen, struct err *e)
{
    const char *word = arguments_text(r->arguments, "screen", arguments_text(r->arguments, "view", NULL));
    struct text list = { 0 };
    for (int i = 0; i < FIGURE_SCREEN_COUNT; i++)
        text_printf(&list, "%s%s", i ? ", " : "", figure_screen_name((enum figure_screen)i));
    bool ok = word && figure_screen_parse(word, screen);
    if (!ok && word) err_set(e, ERR_USAGE, "--screen: '%s' is none of %s", word, text_str(&list));
    if (!ok && !word) err_set(e, ERR_USAGE, "figure: which one? --screen %s", text_str(&list));
    text_clear(&list);
    return ok;
}

/* A run, or init:NAME. */
static bool find_other(const struct export_request *r, const char *word, struct export_shown *shown, int k,
                       struct err *e)
{
    static const char init[] = "init:";
    struct scored_init found;
    bool curve = !strcmp(r->what, "roc") || !strcmp(r->what, "pr") || !strcmp(r->what, "reliability");
    if (!curve || strncmp(word, init, strlen(init)) != 0) return store_run_find(r->app->store, word, &shown->ids[k], e);
    const char *task = arguments_text(r->arguments, "task", *r->run->dataset ? r->run->dataset : NULL);
    if (!scored_init_find(r->app, word + strlen(init), task, &found, e)) return false;
    shown->ids[k] = 0;
    snprintf(shown->init[k], STORE_NAME, "%s", found.name);
    return true;
}

/* Runs of --with, separated by commas, behind the main one. */
static bool read_others(const struct export_request *r, struct figure_request *q, struct export_shown *shown,
                        struct err *e)
{
    const char *list;
    for (int k = 0; (list = arguments_nth(r->arguments, "with", k)); k++) {
        for (const char *p = list; *p;) {
            char word[STORE_NAME];
            size_t n = strcspn(p, ",");
            snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word - 1), p);
            if (q->run_count == FIGURE_RUNS)
                return err_set(e, ERR_USAGE, "--with: %d runs can be drawn together", FIGURE_RUNS);
            if (!find_other(r, word, shown, q->run_count, e)) return err_wrap(e, "--with");
            q->run_count++;
            p += n + (p[n] == ',');
        }
    }
    return true;
}

bool export_figure_sheet(const struct export_request *r, struct figure_request *q, struct export_shown *shown,
                         struct err *e)
{
    const struct arguments *a = r->arguments;
    *shown = (struct export_shown){ .ids = { r->run->id } };
    if (!r->run->id) snprintf(shown->init[0], STORE_NAME, "%s", r->run->name);
    *q = (struct figure_request){
        .store = r->app->store,
        .runs = shown->ids,
        .run_count = 1,
        .dark = arguments_has(a, "dark"),
        .format = !strcmp(r->format, "csv") ? FIGURE_CSV : FIGURE_PNG,
        .path = r->out,
        .stream = stdout,
    };
    const char *size = arguments_text(a, "size", NULL);
    bool of_images = strcmp(r->what, "figure") != 0 && export_is_image_size(size);
    if (!read_size(of_images ? NULL : size, q, e) || !read_others(r, q, shown, e)) return false;
    if (q->dark && arguments_has(a, "light")) return err_set(e, ERR_USAGE, "%s: --light or --dark", r->what);
    if (q->format == FIGURE_PNG && !q->path)
        return err_set(e, ERR_USAGE, "%s: say where it goes: -o FILE.png, or --format csv for its numbers", r->what);
    return true;
}

bool export_figure(const struct export_request *r, struct err *e)
{
    const struct arguments *a = r->arguments;
    struct export_shown shown;
    struct figure_request q;
    enum figure_screen screen;
    if (!read_screen(r, &screen, e) || !export_figure_sheet(r, &q, &shown, e) ||
        !read_span(arguments_text(a, "span", NULL), &q, e))
        return false;
    q.screen = screen;
    if (!read_x(arguments_text(a, "x", NULL), &q, e) || !read_group(arguments_text(a, "group", NULL), &q, e))
        return false;
    q.level = arguments_text(a, "level", "z");
    q.step = arguments_int(a, "step", r->step);
    return figure_write(&q, e);
}
