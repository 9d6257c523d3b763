#include "views/screens/runs/runs_short.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "store/event.h"
#include "store/run.h"
#include "views/analysis/differences.h"
#include "views/analysis/format.h"
#include "views/screens/runs/runs_board.h"
#include "views/workbench/notice.h"
#include "views/workbench/signs.h"
#include "views/workbench/workbench.h"

enum { NARROW = 40 }; /* columns of an area that has no room for the word "step" */

void runs_short_clear(struct runs_short *s)
{
    text_clear(&s->differs);
    store_events_clear(&s->events);
    run_board_clear(&s->board);
}

/* ---- reading --------------------------------------------------------------------------------------------- */

static void add_difference(void *ctx, const struct setting *row, const char *value)
{
    struct text *t = ctx;
    if (strcmp(row->name, "data.name"))
        text_printf(t, "%s%s %s", t->length ? " \xc2\xb7 " : "", row->name, *value ? value : "\"\"");
}

static void read_differences(struct runs_short *s, struct workbench *wb)
{
    text_clear(&s->differs);
    if (wb->selection.settings_known)
        differences_from_preset(wb->selection.summary.run.preset, &wb->selection.settings, add_difference, &s->differs);
}

bool runs_short_read(struct runs_short *s, struct workbench *wb, struct err *e)
{
    store_events_clear(&s->events);
    if (wb->selection.run && !store_event_list(wb->store, wb->selection.run, 0, SHORT_EVENTS, &s->events, e))
        return false;
    read_differences(s, wb);
    return !wb->selection.run || run_board_read(&s->board, &wb->selection, e);
}

/* ---- drawing --------------------------------------------------------------------------------------------- */

/* "12:41:07", or on another day "28 Feb 12:41". */
static const char *format_when(double at, double now, char out[CLOCK_ISO_SIZE])
{
    time_t then = (time_t)at;
    struct tm local;
    if (now - at < 43200) return format_time_of_day(at, out);
    localtime_r(&then, &local);
    strftime(out, CLOCK_ISO_SIZE, "%e %b %H:%M", &local);
    return out;
}

static int draw_head(const struct workbench *wb, const struct area *a)
{
    const struct store_run *r = &wb->selection.summary.run;
    char line[512], took[CLOCK_ISO_SIZE], steps[FORMAT_SIZE], clock[CLOCK_ISO_SIZE];
    bool heard = wb->selection.summary.state != STORE_LOST && wb->selection.summary.state != STORE_UNKNOWN;
    double until = r->ended_at > 0 ? r->ended_at : heard ? wb->now : r->heartbeat_at;
    unsigned ink;
    struct text t = { 0 };
    sign_of_state(wb->selection.summary.state, &ink);
    int x = area_printf(a, 0, 0, INK_STRONG, "%lld %s  ", (long long)r->id, r->name);
    x += area_text(a, 0, x, ink, store_state_name(wb->selection.summary.state));
    if (r->ended_at > 0) text_printf(&t, " %s", format_when(r->ended_at, wb->now, clock));
    if (r->started_at > 0)
        text_printf(&t, ", %s %s in %s", format_count(r->step, steps), text_number(r->step, "step", "steps"),
                    clock_duration(until - r->started_at, took));
    if (r->pid > 0 && heard) text_printf(&t, ", process %lld on %s", (long long)r->pid, r->host);
    text_printf(&t, "  seed %lld", (long long)r->seed);
    if (r->parent_id) text_printf(&t, "  branched from %lld", (long long)r->parent_id);
    if (r->tags && *r->tags) text_printf(&t, "  tags: %s", r->tags);
    area_text(a, 0, x, INK_NORMAL, notice_cut(text_str(&t), a->w - x, line, sizeof line));
    text_clear(&t);
    return 1;
}

static bool is_probe(const struct store_event *v)
{
    return !strcmp(v->kind, "probe");
}

/* Of a probe the first number is told, where not all fit. */
static int lay_out(const struct store_event *v, const char *line, int w, int most, struct notice *n)
{
    if (is_probe(v) && text_columns(line) > w && strstr(line, ", ")) {
        snprintf(n->row[0], sizeof n->row[0], "%.*s", (int)(strstr(line, ", ") - line), line);
        return 1;
    }
    return v->severity == STORE_INFO ? notice_wrap(line, w, most, n) : notice_fit(line, w, most, n);
}

/* Draws an event, its text from column `x` on, in at most `most` rows; if `y` is negative, it only returns the number
 * of rows needed. */
static int draw_event(const struct store_event *v, const struct area *a, int x, int y, int most)
{
    static const unsigned inks[STORE_SEVERITY_COUNT] = { INK_NORMAL, INK_WATCH, INK_BAD };
    char step[FORMAT_SIZE], line[NOTICE_SIZE];
    struct notice n;
    if (a->w < NARROW) x = text_columns(format_count(v->step, step)) + 1;
    snprintf(line, sizeof line, "%s%s", v->severity == STORE_BAD ? "! " : "", v->text);
    int rows = lay_out(v, line, a->w - x, most < NOTICE_MOST ? most : NOTICE_MOST, &n);
    if (y < 0) return rows;
    area_printf(a, y, 0, INK_DIM, a->w < NARROW ? "%s" : "step %s", format_count(v->step, step));
    for (int i = 0; i < rows; i++) area_text(a, y + i, x, inks[v->severity], n.row[i]);
    return rows;
}

/* Rows that an event takes before older ones get theirs: where there are many, as many as it needs, of a warning
 * earlier than of news; where few, one, and of a warning two. */
static int rows_first(const struct store_event *v, int all, int left)
{
    enum { MANY = 12, SOME = 6 };
    bool news = v->severity == STORE_INFO;
    int most = all >= (news ? MANY : SOME) && !is_probe(v) ? NOTICE_MOST : news ? 1 : NOTICE_ROWS;
    return most < left ? most : left;
}

/* The newest ones that fit; in the rows that remain the newest go on. */
static int draw_events(const struct runs_short *s, const struct area *a, int y, int room)
{
    int first = (int)s->events.count, count = first, left = room, x = 0, rows[SHORT_EVENTS] = { 0 };
    char step[FORMAT_SIZE];
    if (count > 0) x = (int)strlen("step ") + text_columns(format_count(s->events.rows[count - 1].step, step)) + 2;
    while (first > 0 && left > 0) {
        const struct store_event *v = &s->events.rows[first - 1];
        rows[first - 1] = draw_event(v, a, x, -1, rows_first(v, room, left));
        left -= rows[--first];
    }
    for (int i = count - 1; i >= first && left > 0; i--) {
        int more = draw_event(&s->events.rows[i], a, x, -1, rows[i] + left);
        left -= more - rows[i];
        rows[i] = more;
    }
    for (int i = first; i < count; i++) y += draw_event(&s->events.rows[i], a, x, y, rows[i]);
    return y;
}

void runs_short_draw(const struct runs_short *s, const struct workbench *wb, const struct area *a)
{
    char label[64], line[NOTICE_SIZE];
    bool note = wb->selection.summary.run.note && *wb->selection.summary.run.note;
    if (a->h < 1 || !wb->selection.run) return;
    int y = draw_head(wb, a);
    struct area board = area_sub(a, y, 0, a->h - y - note - (a->h > 4), a->w);
    y += runs_board_draw(&s->board, wb, &board);
    if (a->h - y > 1 && wb->selection.settings_known) {
        snprintf(label, sizeof label, s->differs.length ? "differs from %s: " : "settings of %s",
                 *wb->selection.summary.run.preset ? wb->selection.summary.run.preset : "preset");
        int x = area_text(a, y, 0, INK_DIM, label), room = a->h - y > 5 ? 2 : 1;
        if (room == 1 || x + text_columns(text_str(&s->differs)) <= a->w)
            area_text(a, y++, x, INK_NORMAL, notice_cut(text_str(&s->differs), a->w - x, line, sizeof line));
        else
            y++, y += area_wrap(a, y, 2, room, a->w - 2, INK_NORMAL, text_str(&s->differs)) > 1 ? 2 : 1;
    }
    y = draw_events(s, a, y, a->h - y - note);
    if (note) {
        int x = area_text(a, a->h - 1, 0, INK_DIM, "note: ");
        area_field(a, a->h - 1, x, a->w - x, -1, INK_NORMAL, wb->selection.summary.run.note);
    }
}
