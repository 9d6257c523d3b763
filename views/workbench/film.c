#include "views/workbench/film.h"

#include <math.h>

#include "views/analysis/format.h"
#include "views/terminal/keys.h"
#include "views/workbench/message.h"
#include "views/workbench/refresh.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

const struct key_bind film_bar[] = { { .key = KEYS_ESCAPE, .name = "film", .label = "or any key: stop the film" },
                                     { 0 } };

enum { FORWARD = ']', FIRST = '{' };

/* What a key of the shown screen does, wherever the user has put it. */
static unsigned press(struct workbench *wb, int key)
{
    for (const struct key_bind *k = wb->screens[wb->show->current]->keys; k && k->name; k++)
        if (k->key == key) return k->act(wb, show_state(wb), k->argument);
    return AFTER_NOTHING;
}

static void say_end(struct workbench *wb, const char *how)
{
    char step[FORMAT_SIZE];
    wb->film->plays = false;
    if (wb->selection.step < 0)
        message_say(wb, "film: %s at the newest step; f plays it again", how);
    else
        message_say(wb, "film: %s at step %s; f goes on, } shows the newest", how,
                    format_count(wb->selection.step, step));
}

/* A step forward; beyond the newest one nothing is shown that was not shown before. */
static unsigned forward(struct workbench *wb)
{
    wb->film->beyond = false;
    unsigned after = press(wb, FORWARD);
    if (!wb->film->beyond) wb->film->moved = true;
    return after;
}

unsigned film_on_play(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    *wb->film = (struct film){ .plays = true, .screen = wb->show->current };
    unsigned after = wb->selection.step < 0 ? press(wb, FIRST) : forward(wb);
    if (wb->film->beyond) after |= press(wb, FIRST); /* the newest one was shown */
    if (wb->selection.step < 0) {
        if (wb->film->moved)
            say_end(wb, "ended");
        else
            message_say(wb, "film: no step of this is recorded yet; diagnose.steps says how often");
        wb->film->plays = false;
    } else {
        message_say(wb, "film: any key stops it");
    }
    return after | AFTER_DRAW;
}

unsigned film_frame(struct workbench *wb)
{
    int64_t before = wb->selection.step;
    if (!wb->film->plays) return AFTER_NOTHING;
    if (wb->film->screen != wb->show->current) return film_stop(wb), AFTER_DRAW;
    unsigned after = forward(wb);
    if (!wb->film->moved) {
        char step[FORMAT_SIZE];
        wb->film->plays = false;
        message_say(wb, "film: there is only one recorded step yet, %s; diagnose.steps says how often",
                    format_count(before, step));
    } else if (wb->selection.step < 0 || wb->selection.step == before) {
        say_end(wb, "ended");
    }
    return after | AFTER_DRAW;
}

void film_beyond(struct workbench *wb)
{
    wb->film->beyond = true;
}

double film_wait(const struct workbench *wb, double now)
{
    if (!wb->film->plays || wb->refresh->hurry) return -1;
    return wb->film->due > now ? wb->film->due - now : 0;
}

void film_sent(struct workbench *wb, size_t bytes, double now)
{
    wb->film->sent = bytes;
    wb->film->due = now + fmax(FILM_FRAME, (double)bytes / FILM_BYTES_PER_SECOND);
}

bool film_stop(struct workbench *wb)
{
    if (!wb->film->plays) return false;
    say_end(wb, "stopped");
    return true;
}
