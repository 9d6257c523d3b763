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
#include "views/workbench/notice.h"
#include "views/workbench/signs.h"
#include "views/workbench/workbench.h"

static void clear_rows(struct runs_short *s)
{
    for (int i = 0; i < s->row_count * (1 + s->marks); i++) text_clear(&s->rows[i]);
    free(s->rows);
    s->rows = NULL;
    s->row_count = s->marks = 0;
}

void runs_short_clear(struct runs_short *s)
{
    text_clear(&s->differs);
    store_events_clear(&s->events);
    clear_rows(s);
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

/* One row for each setting that differs between the marked runs. */
static bool compare(struct runs_short *s, const struct settings *of, struct err *e)
{
    size_t n;
    const struct setting *rows = settings_table(&n);
    int width = 1 + s->marks;
    s->rows = calloc(n * (size_t)width, sizeof *s->rows);
    if (!s->rows) return err_set(e, ERR_MEMORY, "runs: memory ran out");
    for (size_t i = 0; i < n; i++) {
        bool same = true;
        for (int m = 1; m < s->marks && same; m++) same = differences_same(&of[0], &of[m], &rows[i]);
        if (same) continue;
        struct text *line = &s->rows[s->row_count++ * width];
        text_add(&line[0], rows[i].name);
        for (int m = 0; m < s->marks; m++) {
            char value[SETTINGS_TEXT];
            settings_get(&of[m], &rows[i], value);
            text_add(&line[1 + m], value);
        }
    }
    return true;
}

static bool read_marked(struct runs_short *s, struct workbench *wb, struct err *e)
{
    struct settings *of = calloc(SELECTION_MARKS, sizeof *of);
    bool ok = true;
    clear_rows(s);
    if (!of) return err_set(e, ERR_MEMORY, "runs: memory ran out");
    for (int i = 0; i < wb->selection.mark_count; i++) {
        struct store_run row;
        if (!store_run_get(wb->store, wb->selection.marks[i], &row, NULL)) continue; /* removed meanwhile */
        settings_init(&of[s->marks]);
        if (settings_read_ini(&of[s->marks], row.config ? row.config : "", "", NULL)) s->marked[s->marks++] = row.id;
        store_run_clear(&row);
    }
    if (s->marks > 1) ok = compare(s, of, e);
    free(of);
    return ok;
}

bool runs_short_read(struct runs_short *s, struct workbench *wb, struct err *e)
{
    store_events_clear(&s->events);
    if (wb->selection.run && !store_event_list(wb->store, wb->selection.run, 0, SHORT_EVENTS, &s->events, e))
        return false;
    read_differences(s, wb);
    return read_marked(s, wb, e);
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

/* Draws an event in at most `most` rows; if `y` is negative, it only returns the number of rows needed. */
static int draw_event(const struct store_event *v, const struct area *a, int y, int most)
{
    static const unsigned inks[STORE_SEVERITY_COUNT] = { INK_NORMAL, INK_WATCH, INK_BAD };
    char step[FORMAT_SIZE], line[NOTICE_SIZE];
    struct notice n;
    int x = a->w < 40 ? text_columns(format_count(v->step, step)) + 1 : 14;
    snprintf(line, sizeof line, "%s%s", v->severity == STORE_BAD ? "! " : "", v->text);
    int rows = notice_event(line, v->severity != STORE_INFO, a->w - x, most, &n);
    if (y < 0) return rows;
    area_printf(a, y, 0, INK_DIM, a->w < 40 ? "%s" : "step %-8s ", format_count(v->step, step));
    for (int i = 0; i < rows; i++) area_text(a, y + i, x, inks[v->severity], n.row[i]);
    return rows;
}

/* The newest ones that fit. */
static int draw_events(const struct runs_short *s, const struct area *a, int y, int room)
{
    int first = (int)s->events.count, taken = 0;
    while (first > 0 && taken < room) {
        int rows = draw_event(&s->events.rows[first - 1], a, -1, room - taken);
        if (taken + rows > room) break;
        taken += rows, first--;
    }
    for (int i = first; i < (int)s->events.count && room > 0; i++) {
        int rows = draw_event(&s->events.rows[i], a, y, room);
        y += rows, room -= rows;
    }
    return y;
}

static void draw_comparison(const struct runs_short *s, const struct workbench *wb, const struct area *a)
{
    int w = 10, key = 27, width = 1 + s->marks;
    if (a->w - key < s->marks * (w + 1)) key = a->w / 3;
    w = s->marks ? (a->w - key) / s->marks - 1 : w;
    if (w > 20) w = 20;
    area_printf(a, 0, 0, INK_STRONG, "%d %s", s->row_count,
                text_number(s->row_count, "setting differs", "settings differ"));
    for (int m = 0; m < s->marks; m++) {
        char id[32];
        snprintf(id, sizeof id, "%lld", (long long)s->marked[m]);
        int mark = 0;
        while (mark < wb->selection.mark_count - 1 && wb->selection.marks[mark] != s->marked[m]) mark++;
        area_field(a, 0, key + m * (w + 1), w, 1, INK_SERIES(mark + 1) | STYLE_BOLD, id);
    }
    for (int i = 0; i < s->row_count && i + 1 < a->h; i++) {
        bool last = i + 2 == a->h && i + 1 < s->row_count;
        if (last) {
            area_printf(a, i + 1, 0, INK_DIM, "and %d more", s->row_count - i);
            break;
        }
        const struct text *line = &s->rows[i * width];
        area_field(a, i + 1, 0, key - 1, -1, INK_DIM, text_str(&line[0]));
        for (int m = 0; m < s->marks; m++)
            area_field(a, i + 1, key + m * (w + 1), w, 1, INK_NORMAL, text_str(&line[1 + m]));
    }
}

void runs_short_draw(const struct runs_short *s, const struct workbench *wb, const struct area *a)
{
    char label[64], line[NOTICE_SIZE];
    bool note = wb->selection.summary.run.note && *wb->selection.summary.run.note;
    if (a->h < 1) return;
    if (s->marks > 1) {
        draw_comparison(s, wb, a);
        return;
    }
    if (!wb->selection.run) return;
    int y = draw_head(wb, a);
    if (a->h > 2 && wb->selection.settings_known) {
        snprintf(label, sizeof label, s->differs.length ? "differs from %s: " : "settings of %s",
                 *wb->selection.summary.run.preset ? wb->selection.summary.run.preset : "preset");
        int x = area_text(a, y, 0, INK_DIM, label), room = a->h > 7 ? 2 : 1;
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
