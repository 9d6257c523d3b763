/* The frame around every screen: title, tabs, alarm line, key bar. */
#include "views/workbench/frame.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"
#include "store/run.h"
#include "views/analysis/format.h"
#include "views/terminal/keys.h"
#include "views/workbench/alarm_line.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/jobs.h"
#include "views/workbench/keymap.h"
#include "views/workbench/layout.h"
#include "views/workbench/message.h"
#include "views/workbench/notice.h"
#include "views/workbench/panes.h"
#include "views/workbench/requests.h"
#include "views/workbench/show.h"
#include "views/workbench/signs.h"
#include "views/workbench/workbench.h"

enum { TITLE_LEAST = 36 }; /* columns from which the title names the program and the run */

/* ---- title --------------------------------------------------------------------------------------------- */

/* "ep 9/30", "ETA 3h12", "41 img/s", "2s ago": the parts of the title after the run's name, most important first. */
static int title_parts(const struct workbench *wb, char parts[7][48])
{
    const struct run_summary *f = &wb->selection.summary;
    const struct store_run *r = &f->run;
    char a[FORMAT_SIZE], b[FORMAT_SIZE];
    int n = 0;
    double speed = f->value[SUMMARY_SPEED];
    bool alive = f->state == STORE_RUNNING;
    if (*wb->alarms->waits) snprintf(parts[n++], 48, "cannot write %s", clock_duration(wb->now - r->heartbeat_at, a));
    snprintf(parts[n++], 48, "%s/%s", format_count(r->step, a), format_count(r->steps, b));
    if (r->epochs && f->value[SUMMARY_EPOCH] >= 0)
        snprintf(parts[n++], 48, "ep %.0f/%lld", floor(f->value[SUMMARY_EPOCH]), (long long)r->epochs);
    double best = f->value[SUMMARY_BEST_STEP];
    if (!isnan(best))
        snprintf(parts[n++], 48, "best ep %lld: %.3f", (long long)run_summary_epoch(f, best), f->value[SUMMARY_AUC]);
    if (alive && speed > 0 && wb->selection.settings_known && r->steps > r->step)
        snprintf(parts[n++], 48, "ETA %s",
                 clock_duration(
                     (double)(r->steps - r->step) *
                         (double)(wb->selection.settings.data.batch * wb->selection.settings.optim.accumulate) / speed,
                     a));
    if (alive && speed > 0) snprintf(parts[n++], 48, "%s img/s", format_number(speed, 3, a));
    if (alive || f->state == STORE_LOST || f->state == STORE_UNKNOWN)
        if (r->heartbeat_at > 0 && wb->now >= r->heartbeat_at)
            snprintf(parts[n++], 48, "%s ago", clock_duration(wb->now - r->heartbeat_at, a));
    return n;
}

/* Says that nothing can be changed, and why if there is room; returns the column after it. */
static int draw_read_only(const struct workbench *wb, const struct area *row, int x)
{
    unsigned style = INK_ACCENT | STYLE_PAPER(INK_BAR);
    if (!wb->read_only) return x;
    x += area_text(row, 0, x, style, "read-only");
    const char *why = store_remark(wb->store);
    int room = row->w - x - 30, w = text_columns(why);
    if (*why && !(wb->selection.run && wb->screens[wb->show->current]->needs_run) && room >= 12) {
        x += area_text(row, 0, x, style, ": ");
        area_field(row, 0, x, w < room ? w : room, -1, style, why);
        x += w < room ? w : room;
    }
    return x + 2;
}

/* Where there is no room for more than the run's number, its sign and how far it is. */
static void draw_short_title(const struct workbench *wb, const struct area *row, char parts[7][48])
{
    unsigned ink, paper = STYLE_PAPER(INK_BAR);
    const char *state = store_state_name(wb->selection.summary.state);
    int x = area_printf(row, 0, 0, INK_STRONG | paper, " %lld ", (long long)wb->selection.run);
    uint32_t sign = sign_of_state(wb->selection.summary.state, &ink);
    title_parts(wb, parts);
    area_put(row, 0, x, sign, ink | paper);
    x += 2 + area_part(row, 0, x + 2, (*wb->alarms->waits ? INK_WATCH : INK_NORMAL) | paper, "%s ", parts[0]);
    area_part(row, 0, x, ink | paper, "%s", state);
}

static void draw_title(struct workbench *wb, const struct area *row)
{
    unsigned paper = STYLE_PAPER(INK_BAR);
    char parts[7][48];
    area_fill(row, 0, 0, 1, row->w, ' ', INK_NORMAL | paper);
    bool of_run = wb->selection.run && wb->screens[wb->show->current]->needs_run;
    if (of_run && row->w < TITLE_LEAST) {
        draw_short_title(wb, row, parts);
        return;
    }
    int x = draw_read_only(wb, row, area_text(row, 0, 0, INK_STRONG | paper, " mlvicx  "));
    if (of_run) {
        char name[STORE_NAME + 32];
        snprintf(name, sizeof name, "%lld %s", (long long)wb->selection.run, wb->selection.summary.run.name);
        int room = row->w - x - 14;
        int w = text_columns(name) < room ? text_columns(name) : room;
        area_field(row, 0, x, w, -1, INK_STRONG | paper, name);
        x += w > 0 ? w + 1 : 0;
        unsigned ink;
        uint32_t sign = sign_of_state(wb->selection.summary.state, &ink);
        area_put(row, 0, x, sign, ink | paper);
        x += 2 + area_text(row, 0, x + 2, ink | paper, store_state_name(wb->selection.summary.state)) + 1;
        int n = title_parts(wb, parts);
        for (int i = 0; i < n; i++) {
            int w2 = text_columns(parts[i]);
            if (x + w2 + 1 > row->w) break;
            area_text(row, 0, x + 1, (i > 0 ? INK_DIM : *wb->alarms->waits ? INK_WATCH : INK_NORMAL) | paper, parts[i]);
            x += w2 + 2;
        }
        return;
    }
    char what[128] = "", line[STORE_PATH + 160];
    if (wb->screens[wb->show->current]->place && wb->show->states[wb->show->current])
        wb->screens[wb->show->current]->place(wb, wb->show->states[wb->show->current], what, sizeof what);
    snprintf(line, sizeof line, "%s%s%s", what, *what ? "   " : "", store_dir(wb->store));
    char clock[CLOCK_ISO_SIZE];
    format_time_of_day(wb->now, clock);
    int room = row->w - x - (int)strlen(clock) - 2;
    if (room > 8) area_field(row, 0, x, room, -1, INK_NORMAL | paper, line);
    area_text(row, 0, row->w - (int)strlen(clock) - 1, INK_DIM | paper, clock);
}

/* ---- tabs ---------------------------------------------------------------------------------------------- */

/* How a tab is written: its title, a short one, or its digit alone. */
enum tab_form { TAB_TITLE, TAB_BRIEF, TAB_DIGIT };

static const char *tab_word(const struct screen *v, enum tab_form form)
{
    return form == TAB_TITLE ? v->title : form == TAB_BRIEF ? v->brief : "";
}

/* The columns of the tab that is shown have a blank behind them, too. */
static int tab_width(const struct screen *v, enum tab_form form, bool current)
{
    int w = text_columns(tab_word(v, form));
    return (v->digit ? 2 : current) + (w ? w + 1 : 0) + current;
}

/* The longest titles get shorter first, as far as there is need, then the short ones go; a word of one column stays. */
static void shorten_tabs(const struct workbench *wb, int room, enum tab_form form[SCREENS_MOST])
{
    int current = wb->show->current, total = 0;
    for (int i = 0; wb->screens[i]; i++) {
        form[i] = TAB_TITLE;
        total += tab_width(wb->screens[i], form[i], i == current);
    }
    while (total > room) {
        int longest = -1, most = 1;
        for (int f = TAB_TITLE; f < TAB_DIGIT && longest < 0; f++)
            for (int i = 0; wb->screens[i]; i++) {
                int w = text_columns(tab_word(wb->screens[i], form[i]));
                if (i != current && (int)form[i] == f && w > most) longest = i, most = w;
            }
        if (longest < 0) return;
        total -= tab_width(wb->screens[longest], form[longest], false);
        form[longest]++;
        total += tab_width(wb->screens[longest], form[longest], false);
    }
}

static void draw_tabs(struct workbench *wb, const struct area *row)
{
    enum tab_form form[SCREENS_MOST];
    int x = 0;
    shorten_tabs(wb, row->w, form);
    for (int i = 0; wb->screens[i]; i++) {
        bool current = i == wb->show->current;
        const char *word = tab_word(wb->screens[i], form[i]);
        unsigned style = current                                   ? INK_ACCENT | STYLE_BOLD | STYLE_REVERSE
                         : i == wb->panes->beside && panes_two(wb) ? INK_ACCENT | STYLE_UNDERLINE
                                                                   : INK_NORMAL;
        int begin = x;
        if (wb->screens[i]->digit) {
            area_put(row, 0, x, ' ', style);
            area_put(row, 0, x + 1, (unsigned char)wb->screens[i]->digit, current ? style : INK_KEY);
            x += 2;
        } else if (current)
            area_put(row, 0, x++, ' ', style);
        if (*word) {
            area_put(row, 0, x, ' ', style);
            x += 1 + area_text(row, 0, x + 1, style, word);
        }
        if (current) area_put(row, 0, x++, ' ', style);
        wb->frame->tab_x[i] = begin;
        wb->frame->tab_w[i] = x - begin;
    }
}

int frame_tab_at(const struct workbench *wb, int x)
{
    for (int i = 0; wb->screens[i]; i++)
        if (x >= wb->frame->tab_x[i] && x < wb->frame->tab_x[i] + wb->frame->tab_w[i]) return i;
    return -1;
}

/* ---- alarm line and key bar ---------------------------------------------------------------------------- */

/* A message, a pending request, or a problem: of the shown run on screens about it, else of any live run. */
static void alarm_text(const struct workbench *wb, char *out, size_t size, unsigned *ink)
{
    bool own = wb->selection.run && wb->screens[wb->show->current]->needs_run && wb->alarms->text[0];
    *ink = INK_ACCENT;
    if (wb->message->text[0]) {
        snprintf(out, size, "%s", wb->message->text);
        if (wb->message->bad) *ink = INK_BAD;
    } else if (!requests_text(wb, out, size)) {
        snprintf(out, size, "%s", own ? wb->alarms->text : wb->alarms->elsewhere);
        *ink = own ? wb->alarms->ink : wb->alarms->elsewhere_ink;
    }
}

/* Columns that jobs take on the right of the alarm line; a problem is more important. */
static int jobs_columns(const struct workbench *wb, bool alone, char *out, size_t size)
{
    int w = wb->frame->canvas.w;
    if (!jobs_text(wb, out, size)) return 0;
    return alone || text_columns(out) <= w / 2 ? text_columns(out) : 0;
}

/* The area for the text of the alarm line; one column stays free on its left if there is room. */
static int alarm_columns(const struct workbench *wb, int jobs)
{
    int w = wb->frame->canvas.w;
    return w - jobs - (w > 20);
}

int frame_alarm_rows(const struct workbench *wb)
{
    char text[700], jobs[128];
    struct notice n;
    unsigned ink;
    if (wb->frame->canvas.h < LAYOUT_TALL) return 1;
    alarm_text(wb, text, sizeof text, &ink);
    return notice_fit(text, alarm_columns(wb, jobs_columns(wb, !*text, jobs, sizeof jobs)), NOTICE_ROWS, &n);
}

/* The running jobs, on the right of the last row. */
static void draw_alarm(struct workbench *wb, const struct area *rows)
{
    char text[700], jobs[128];
    struct notice n;
    unsigned ink;
    alarm_text(wb, text, sizeof text, &ink);
    int w = jobs_columns(wb, !*text, jobs, sizeof jobs), room = alarm_columns(wb, w);
    int count = notice_fit(text, room, rows->h, &n);
    for (int i = 0; i < count; i++) area_text(rows, i, rows->w > 20, ink, n.row[i]);
    if (w) area_text(rows, rows->h - 1, rows->w - w, INK_ACCENT, jobs);
}

static int draw_key(const struct workbench *wb, const struct area *row, int x, const struct key_bind *k)
{
    char name[KEYS_NAME];
    int twin;
    keys_name(keymap_key(wb->keymap, wb->show->current, k, &twin), name);
    int w = text_columns(name) + 1 + text_columns(k->label) + 2;
    if (x + w - 2 > row->w) return 0;
    unsigned paper = STYLE_PAPER(INK_BAR);
    int at = x + area_text(row, 0, x, INK_KEY | paper, name);
    area_text(row, 0, at + 1, INK_NORMAL | paper, k->label);
    return w;
}

static void draw_bar(struct workbench *wb, const struct area *row)
{
    const struct key_bind *tables[2] = { wb->screens[wb->show->current]->keys, wb->keymap->everywhere };
    int x = 1;
    area_fill(row, 0, 0, 1, row->w, ' ', INK_NORMAL | STYLE_PAPER(INK_BAR));
    int keep = row->w > 40 ? 26 : 0; /* help and back always fit */
    for (int t = 0; t < 2; t++)
        for (const struct key_bind *k = tables[t]; k && k->name; k++) {
            bool own;
            if (!k->label || (k->needs & NEEDS_WRITE && wb->read_only)) continue;
            if (t == 1 && keymap_find(wb->keymap, wb->show->current, k->key, &own) != k)
                continue; /* the screen has its own */
            struct area room = area_sub(row, 0, 0, 1, t == 0 ? row->w - keep : row->w);
            x += draw_key(wb, &room, x, k);
        }
}

/* ---- all of it ----------------------------------------------------------------------------------------- */

static void draw_one(struct workbench *wb, int screen, const struct area *a)
{
    const struct screen *v = wb->screens[screen];
    if (a->h < 1 || a->w < 1) return;
    if (wb->show->failed[screen].code != ERR_OK) {
        area_wrap(a, 1, 2, a->h - 1, a->w - 4, INK_BAD, wb->show->failed[screen].msg);
    } else if (v->needs_run && !wb->selection.run) {
        area_wrap(a, 1, 2, a->h - 1, a->w - 4, INK_DIM,
                  "No run is chosen. 1 shows the runs; N begins one; :demo makes a first one in minutes.");
    } else if (v->draw && wb->show->states[screen]) {
        v->draw(wb, wb->show->states[screen], a);
    }
}

/* Draws one of two screens, below its title; returns the area of the screen itself. */
static struct area draw_half(struct workbench *wb, int screen, bool right, const struct area *all)
{
    struct area half = panes_area(all, right), inside = area_sub(&half, 1, 0, half.h - 1, half.w);
    bool keys = screen == wb->show->current;
    area_fill(&half, 0, 0, 1, half.w, 0x2500, INK_DIM);
    area_printf(&half, 0, 2, keys ? INK_ACCENT | STYLE_BOLD | STYLE_REVERSE : INK_DIM, " %s ",
                wb->screens[screen]->title);
    draw_one(wb, screen, &inside);
    return inside;
}

static void draw_screens(struct workbench *wb, const struct area *all)
{
    wb->panes->screen = *all;
    if (!panes_two(wb)) {
        draw_one(wb, wb->show->current, all);
        return;
    }
    area_fill(all, 0, all->w / 2, all->h, 1, 0x2502, INK_DIM);
    wb->panes->other = draw_half(wb, wb->panes->beside, !wb->panes->right, all);
    wb->panes->screen = draw_half(wb, wb->show->current, wb->panes->right, all);
}

void frame_draw(struct workbench *wb)
{
    struct area all = canvas_area(&wb->frame->canvas), row;
    struct layout l = layout_frame(all.h, wb->frame->alarm_rows);
    struct area screen = area_sub(&all, l.screen, 0, l.screen_h, all.w);
    wb->frame->tabs = area_sub(&all, l.tabs, 0, l.tabs >= 0, all.w);
    wb->frame->cursor_y = wb->frame->cursor_x = -1;
    if (l.title >= 0) row = area_sub(&all, l.title, 0, 1, all.w), draw_title(wb, &row);
    if (l.tabs >= 0) draw_tabs(wb, &wb->frame->tabs);
    draw_screens(wb, &screen);
    if (l.bar >= 0) row = area_sub(&all, l.bar, 0, 1, all.w), draw_bar(wb, &row);
    struct area alarm = area_sub(&all, l.alarm >= 0 ? l.alarm : all.h - 1, 0, l.alarm_h, all.w);
    struct area line = area_sub(&alarm, l.alarm_h - 1, 0, 1, all.w);
    if (l.alarm >= 0 || wb->message->text[0]) draw_alarm(wb, &alarm);
    if (wb->dialogs->front.kind) dialog_draw(wb, &screen, &line, &wb->frame->cursor_y, &wb->frame->cursor_x);
}
