#include "views/screens/runs/welcome.h"

#include <jansson.h>

#include "views/screens/importing.h"
#include "views/terminal/keys.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/jobs.h"
#include "views/workbench/message.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

static void begun(struct workbench *wb, void *ctx, int status, const char *output)
{
    json_error_t why;
    json_t *o = status == 0 ? json_loads(output, 0, &why) : NULL;
    int64_t id = json_integer_value(json_object_get(o, "id"));
    (void)ctx;
    if (id) {
        show_run(wb, id);
        show_screen(wb, "loss");
        message_say(wb, "run %lld is being trained; it goes on without the workbench", (long long)id);
    }
    json_decref(o);
}

static unsigned demo_agreed(struct workbench *wb, void *ctx)
{
    static const char *const argv[] = { "demo", "--detach", "--json", "--quiet", NULL };
    (void)ctx;
    job_start(wb, "making pictures and a run", argv, begun, NULL);
    return AFTER_DRAW;
}

/* This key is a lower-case letter because it asks before it changes anything, as importing does. */
static unsigned begin_demo(struct welcome *w, struct workbench *wb)
{
    (void)w;
    if (wb->read_only)
        message_warn_read_only(wb, "demo");
    else
        dialog_confirm(wb, "draw chest X-rays and train on them for some minutes?", demo_agreed, NULL);
    return AFTER_DRAW;
}

static unsigned begin_import(struct welcome *w, struct workbench *wb)
{
    if (!wb->read_only) return importing_ask(wb, &w->importing);
    message_warn_read_only(wb, "import");
    return AFTER_DRAW;
}

static unsigned read_help(struct welcome *w, struct workbench *wb)
{
    (void)w;
    show_screen(wb, "help");
    return AFTER_DRAW;
}

static const struct {
    int key;
    const char *title, *about;
    unsigned (*act)(struct welcome *w, struct workbench *wb);
} choices[] = {
    { 'd', "demo run", "draws chest X-rays and trains on them for some minutes", begin_demo },
    { 'i', "import data", "a folder, a table or NIH ChestX-ray14; then N begins a run", begin_import },
    { 'h', "read help", "the keys, and what every number means", read_help },
};
enum { CHOICES = sizeof choices / sizeof choices[0] };

/* The first line of the choices, in an area of h rows. */
static int first_line(int h)
{
    return h >= 14 ? 6 : h >= 12 ? 5 : h >= 6 ? 2 : 0;
}

void welcome_draw(struct welcome *w, const struct workbench *wb, const struct area *a)
{
    int y = first_line(a->h);
    w->height = a->h;
    if (y >= 2 && w->trashed)
        area_printf(a, y - 2, 3, INK_STRONG,
                    "No runs but %lld in the trash: Z brings back what went last. Or begin with",
                    (long long)w->trashed);
    else if (y >= 2)
        area_text(a, y - 2, 3, INK_STRONG, "No runs yet. Begin with");
    if (y >= 5)
        area_wrap(
            a, 1, 3, 2, a->w - 4, INK_NORMAL,
            "mlvicx teaches an encoder to see chest X-rays without labels, and shows whether it learns or collapses.");
    for (int i = 0; i < CHOICES; i++) {
        unsigned paper = i == w->chosen ? STYLE_PAPER(INK_CHOSEN) : 0;
        area_fill(a, y + i, 2, 1, a->w - 4, ' ', paper);
        area_put(a, y + i, 3, (uint32_t)choices[i].key, INK_KEY | paper);
        area_field(a, y + i, 6, 12, -1, INK_STRONG | paper, choices[i].title);
        if (a->w > 40) area_field(a, y + i, 19, a->w - 22, -1, INK_NORMAL | paper, choices[i].about);
    }
    if (a->h > y + CHOICES + 2 && jobs_running(wb))
        area_text(a, y + CHOICES + 1, 3, INK_ACCENT, "Working; the line below tells for how long.");
}

unsigned welcome_key(struct welcome *w, struct workbench *wb, int key)
{
    for (int i = 0; i < CHOICES; i++)
        if (key == choices[i].key) return choices[w->chosen = i].act(w, wb);
    switch (key) {
    case KEYS_UP:
    case 'k':
        w->chosen = (w->chosen + CHOICES - 1) % CHOICES;
        return AFTER_DRAW;
    case KEYS_DOWN:
    case 'j':
        w->chosen = (w->chosen + 1) % CHOICES;
        return AFTER_DRAW;
    case KEYS_ENTER:
        return choices[w->chosen].act(w, wb);
    default:
        return AFTER_UNUSED;
    }
}

unsigned welcome_click(struct welcome *w, struct workbench *wb, int y)
{
    int row = y - first_line(w->height);
    if (row < 0 || row >= CHOICES) return AFTER_NOTHING;
    return choices[w->chosen = row].act(w, wb);
}

const struct key_bind *welcome_bar(const struct welcome *w)
{
    static const struct key_bind keys[] = {
        { 'Z', 0, "undo", "bring back", "the run that was deleted last", NULL, NEEDS_WRITE, 0 },
        { KEYS_ENTER, 0, "choose", "choose", "begin with what is chosen", NULL, 0, 0 },
        { 'd', 0, "demo", "demo run", "draw chest X-rays and train on them", NULL, NEEDS_WRITE, 0 },
        { 'i', 0, "import", "import data", "a folder, a table or a published data set", NULL, NEEDS_WRITE, 0 },
        { 0 },
    };
    return w->trashed ? keys : keys + 1;
}
