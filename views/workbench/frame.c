/* The frame around every screen: title, tabs, alarm line, key bar. */
#include "views/workbench/frame.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"
#include "store/run.h"
#include "views/analysis/format.h"
#include "views/analysis/runs_list.h"
#include "views/terminal/keys.h"
#include "views/workbench/advice.h"
#include "views/workbench/alarm_line.h"
#include "views/workbench/dialog_keys.h"
#include "views/workbench/film.h"
#include "views/workbench/freshness.h"
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

enum { FOLLOW = 9 };       /* columns of "! does it" */
enum { TITLE_LEAST = 36 }; /* columns from which the title names the program and the run */

/* ---- title --------------------------------------------------------------------------------------------- */

enum { PARTS = 8, PART = 48 };

/* How old the numbers are: of a live run since its last sign of life, of another since it ended. */
static bool age_part(const struct workbench *wb, char out[PART])
{
    const struct run_summary *f = &wb->selection.summary;
    char age[CLOCK_ISO_SIZE];
    bool ended = f->run.ended_at > 0;
    double at = ended ? f->run.ended_at : f->run.heartbeat_at;
    if (at <= 0 || wb->now < at) return false;
    double seconds = wb->now - at;
    if (seconds < 2 * 86400)
        snprintf(out, PART, "%s ago", clock_duration(seconds, age));
    else
        snprintf(out, PART, "%.0f days ago", floor(seconds / 86400));
    return true;
}

/* "1,200/5,000", "ETA 3h12", "ep 9/30", "2s ago", "41 img/s": the parts of the title after the run's name and health,
 * most important first. */
static int title_parts(const struct workbench *wb, char parts[PARTS][PART])
{
    const struct run_summary *f = &wb->selection.summary;
    const struct store_run *r = &f->run;
    char a[FORMAT_SIZE], b[FORMAT_SIZE];
    int n = 0;
    double best = f->value[SUMMARY_BEST_STEP];
    if (*wb->alarms->waits) snprintf(parts[n++], PART, "cannot write %s", clock_duration(wb->now - r->heartbeat_at, a));
    snprintf(parts[n++], PART, "%s/%s", format_count(r->step, a), format_count(r->steps, b));
    if (!isnan(f->value[SUMMARY_ETA])) snprintf(parts[n++], PART, "ETA %s", clock_duration(f->value[SUMMARY_ETA], a));
    if (r->epochs && f->value[SUMMARY_EPOCH] >= 0)
        snprintf(parts[n++], PART, "ep %.0f/%lld", floor(f->value[SUMMARY_EPOCH]), (long long)r->epochs);
    n += age_part(wb, parts[n]);
    if (!isnan(best))
        snprintf(parts[n++], PART, "best ep %lld: %.3f", (long long)run_summary_epoch(f, best), f->value[SUMMARY_AUC]);
    if (f->state == STORE_RUNNING && f->value[SUMMARY_SPEED] > 0)
        snprintf(parts[n++], PART, "%s img/s", format_number(f->value[SUMMARY_SPEED], 3, a));
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

/* The verdict on the shown run, by sign, word and colour, where one was given: the same as in the list of runs. False
 * if there is none, or no room for it. */
static bool health_text(const struct workbench *wb, char *out, size_t size, unsigned *ink)
{
    char level;
    enum verdict_word word = runs_verdict(&wb->selection.summary, &level);
    bool well = verdict_worry(word) <= verdict_worry(VERDICT_LEARNING) || !level;
    struct text t = { 0 };
    if (word == VERDICT_UNKNOWN) return false;
    text_add_char(&t, sign_of_verdict(word));
    text_printf(&t, " %s%s%c", verdict_words[word], well ? "" : " ", well ? '\0' : level);
    snprintf(out, size, "%s", text_str(&t));
    *ink = ink_of_verdict(word);
    text_clear(&t);
    return true;
}

static int health_columns(const struct workbench *wb)
{
    char text[48];
    unsigned ink;
    return health_text(wb, text, sizeof text, &ink) ? text_columns(text) : 0;
}

static int draw_health(const struct workbench *wb, const struct area *row, int x)
{
    char text[48];
    unsigned ink;
    if (!health_text(wb, text, sizeof text, &ink) || x + text_columns(text) + 1 > row->w) return x;
    return x + 1 + area_text(row, 0, x + 1, ink | STYLE_PAPER(INK_BAR), text) + 1;
}

/* Its sign, and the word where `behind` more columns fit. Returns the columns. */
static int draw_short_health(const struct workbench *wb, const struct area *row, int x, int behind)
{
    char text[48];
    unsigned ink;
    if (!health_text(wb, text, sizeof text, &ink)) return 0;
    bool whole = x + text_columns(text) + 1 + behind <= row->w;
    if (!whole) text[strcspn(text, " ")] = '\0';
    return area_text(row, 0, x, ink | STYLE_PAPER(INK_BAR), text) + 1;
}

/* Where there is no room for more than the run's number, its signs and how far it is. */
static void draw_short_title(const struct workbench *wb, const struct area *row, char parts[PARTS][PART])
{
    unsigned ink, paper = STYLE_PAPER(INK_BAR);
    const char *state = store_state_name(wb->selection.summary.state);
    int x = area_printf(row, 0, 0, INK_STRONG | paper, " %lld ", (long long)wb->selection.run);
    uint32_t sign = sign_of_state(wb->selection.summary.state, &ink);
    title_parts(wb, parts);
    area_put(row, 0, x, sign, ink | paper);
    x += draw_short_health(wb, row, x + 2, text_columns(parts[0]) + 1);
    x += 2 + area_part(row, 0, x + 2, (*wb->alarms->waits ? INK_WATCH : INK_NORMAL) | paper, "%s ", parts[0]);
    area_part(row, 0, x, ink | paper, "%s", state);
}

/* Whether the word of the state is told beside its sign, `room` columns being left after both signs and the health: it
 * gives way to how far the run is. */
static bool word_fits(int room, int word, int steps)
{
    return word <= room && (word + steps <= room || steps > room + 2);
}

static void draw_run_title(struct workbench *wb, const struct area *row, int x)
{
    unsigned paper = STYLE_PAPER(INK_BAR), ink;
    char parts[PARTS][PART], name[STORE_NAME + 32];
    snprintf(name, sizeof name, "%lld %s", (long long)wb->selection.run, wb->selection.summary.run.name);
    const char *state = store_state_name(wb->selection.summary.state);
    int n = title_parts(wb, parts), health = health_columns(wb), room = row->w - x - (health ? health + 5 : 14);
    int w = text_columns(name) < room ? text_columns(name) : room;
    area_field(row, 0, x, w, -1, INK_STRONG | paper, name);
    x += w > 0 ? w + 1 : 0;
    uint32_t sign = sign_of_state(wb->selection.summary.state, &ink);
    area_put(row, 0, x, sign, ink | paper);
    bool worded = !health || word_fits(row->w - x - health - 4, text_columns(state), text_columns(parts[0]) + 2);
    x += 2 + (worded ? area_text(row, 0, x + 2, ink | paper, state) + 1 : -1);
    x = draw_health(wb, row, x);
    for (int i = 0; i < n; i++) {
        int columns = text_columns(parts[i]);
        if (x + columns + 1 > row->w) break;
        area_text(row, 0, x + 1, (i > 0 ? INK_DIM : *wb->alarms->waits ? INK_WATCH : INK_NORMAL) | paper, parts[i]);
        x += columns + 2;
    }
}

/* The shown run on a screen that is about others, too: "17 ● ▲ LEARNING  ETA 3m12", right of `x` and left of `end`.
 * Returns where it begins. */
static int draw_shown_run(const struct workbench *wb, const struct area *row, int x, int end)
{
    unsigned paper = STYLE_PAPER(INK_BAR), ink, health_ink = INK_DIM;
    const struct run_summary *f = &wb->selection.summary;
    char health[48] = "", eta[CLOCK_ISO_SIZE + 8] = "", took[CLOCK_ISO_SIZE], id[24];
    if (!wb->selection.run) return end;
    if (runs_verdict(f, NULL) == VERDICT_UNKNOWN && isnan(f->value[SUMMARY_ETA])) return end; /* nothing to tell */
    uint32_t sign = sign_of_state(f->state, &ink);
    health_text(wb, health, sizeof health, &health_ink);
    if (!isnan(f->value[SUMMARY_ETA]))
        snprintf(eta, sizeof eta, " ETA %s", clock_duration(f->value[SUMMARY_ETA], took));
    snprintf(id, sizeof id, "%lld ", (long long)wb->selection.run);
    int w = text_columns(id) + 1 + (*health ? text_columns(health) + 1 : 0) + text_columns(eta);
    if (x + w + 2 > end) return end;
    int at = end - w - 1, begin = at;
    at += area_text(row, 0, at, INK_STRONG | paper, id);
    area_put(row, 0, at++, sign, ink | paper);
    if (*health) at += 1 + area_text(row, 0, at + 1, health_ink | paper, health);
    area_text(row, 0, at, INK_NORMAL | paper, eta);
    return begin;
}

/* What the screen is about, the store's folder, the shown run, the time. */
static void draw_place_title(struct workbench *wb, const struct area *row, int x)
{
    unsigned paper = STYLE_PAPER(INK_BAR);
    const struct screen *screen = wb->screens[wb->show->current];
    char what[160] = "", line[STORE_PATH + 192], clock[CLOCK_ISO_SIZE];
    if (screen->place && wb->show->states[wb->show->current])
        screen->place(wb, wb->show->states[wb->show->current], what, sizeof what);
    snprintf(line, sizeof line, "%s%s%s", what, *what ? "   " : "", store_dir(wb->store));
    format_time_of_day(wb->now, clock);
    int end = row->w - (int)strlen(clock) - 1;
    area_text(row, 0, end, INK_DIM | paper, clock);
    end = draw_shown_run(wb, row, x + text_columns(what) + (*what > 0), end);
    int room = end - x - 1;
    if (room > 8)
        area_field(row, 0, x, room, -1, INK_NORMAL | paper, text_columns(line) <= room || !*what ? line : what);
}

static void draw_title(struct workbench *wb, const struct area *row)
{
    unsigned paper = STYLE_PAPER(INK_BAR);
    char parts[PARTS][PART];
    area_fill(row, 0, 0, 1, row->w, ' ', INK_NORMAL | paper);
    bool of_run = wb->selection.run && wb->screens[wb->show->current]->needs_run;
    if (of_run && row->w < TITLE_LEAST) {
        draw_short_title(wb, row, parts);
        return;
    }
    int x = draw_read_only(wb, row, area_text(row, 0, 0, INK_STRONG | paper, " mlvicx  "));
    if (of_run)
        draw_run_title(wb, row, x);
    else
        draw_place_title(wb, row, x);
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
        unsigned style = current                 ? INK_ACCENT | STYLE_BOLD | STYLE_REVERSE
                         : i == panes_beside(wb) ? INK_ACCENT | STYLE_UNDERLINE
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
    bool named = wb->screens[wb->show->current]->needs_run; /* in the title, or by the alarm itself */
    int64_t run;
    *ink = INK_ACCENT;
    if (wb->message->text[0]) {
        snprintf(out, size, "%s", wb->message->text);
        if (wb->message->bad) *ink = INK_BAD;
    } else if (!requests_text(wb, out, size)) {
        const char *text = advice_alarm(wb, &run, ink);
        named |= text == wb->alarms->elsewhere || wb->selection.summary.state == STORE_LOST;
        if (named)
            snprintf(out, size, "%s", text);
        else
            snprintf(out, size, "%lld %s: %s", (long long)run, wb->selection.summary.run.name, text);
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

/* Whether the line has an alarm, and neither a message nor a request. */
static bool alarm_alone(const struct workbench *wb)
{
    char text[700];
    return !wb->message->text[0] && !requests_text(wb, text, sizeof text) && advice_run(wb);
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
    int count = notice_fit(text, room, rows->h, &n), end = 0;
    for (int i = 0; i < count; i++) end = (rows->w > 20) + area_text(rows, i, rows->w > 20, ink, n.row[i]);
    if (w) area_text(rows, rows->h - 1, rows->w - w, INK_ACCENT, jobs);
    struct advice advice;
    bool follows = alarm_alone(wb) && advice_parse(text, &advice);
    if (follows && end + FOLLOW + 2 <= rows->w - w) { /* the key that does it */
        int x = end + 2 + area_text(rows, count - 1, end + 2, INK_KEY, "!");
        area_text(rows, count - 1, x, INK_DIM, " does it");
    }
}

/* The action that a row of the key bar stands for: the user may have given it another key. */
static const struct key_bind *action_of(const struct workbench *wb, const struct key_bind *k)
{
    const struct key_bind *tables[2] = { wb->screens[wb->show->current]->keys, wb->keymap->everywhere };
    for (int t = 0; t < 2 && !k->act; t++)
        for (const struct key_bind *own = tables[t]; own && own->name; own++)
            if (!strcmp(own->name, k->name)) return own;
    return k;
}

static int draw_key(struct workbench *wb, const struct area *row, int x, int key, const char *label)
{
    struct frame *f = wb->frame;
    char name[KEYS_NAME];
    keys_name(key, name);
    int w = text_columns(name) + 1 + text_columns(label) + 2;
    if (x + w - 2 > row->w || f->bar_count == FRAME_KEYS) return 0;
    unsigned paper = STYLE_PAPER(INK_BAR);
    int at = x + area_text(row, 0, x, INK_KEY | paper, name);
    area_text(row, 0, at + 1, INK_NORMAL | paper, label);
    f->bar_x[f->bar_count] = x;
    f->bar_w[f->bar_count] = w - 2;
    f->bar_key[f->bar_count++] = key;
    return w;
}

int frame_key_at(const struct workbench *wb, int x)
{
    const struct frame *f = wb->frame;
    for (int i = 0; i < f->bar_count; i++)
        if (x >= f->bar_x[i] && x < f->bar_x[i] + f->bar_w[i]) return f->bar_key[i];
    return 0;
}

/* Whether a key does something now. */
static bool works(const struct workbench *wb, const struct key_bind *k)
{
    return k->label && !(k->needs & NEEDS_WRITE && wb->read_only) && !(k->needs & NEEDS_RUN && !wb->selection.run);
}

/* The keys of what lies over the screen and takes all keys; NULL: nothing does. */
static const struct key_bind *bar_over(struct workbench *wb)
{
    return wb->film->plays ? film_bar : dialog_bar(wb);
}

/* The keys of the screen in the state that it is in. */
static const struct key_bind *bar_of_screen(struct workbench *wb)
{
    static const struct key_bind no_run[] = { { .key = '1', .name = "runs", .label = "runs" },
                                              { .key = 'N', .name = "new", .label = "new run", .needs = NEEDS_WRITE },
                                              { 0 } };
    const struct screen *v = wb->screens[wb->show->current];
    void *state = wb->show->states[wb->show->current];
    if (v->needs_run && !wb->selection.run) return no_run;
    const struct key_bind *now = v->bar && state ? v->bar(wb, state) : NULL;
    return now ? now : v->keys;
}

/* Whether a row tells of a key that an earlier row tells of: of the screen, or of its state. */
static bool told(const struct frame *f, int key)
{
    for (int i = 0; i < f->bar_count; i++)
        if (f->bar_key[i] == key) return true;
    return false;
}

static void draw_bar(struct workbench *wb, const struct area *row)
{
    const struct key_bind *over = bar_over(wb),
                          *tables[2] = { over ? over : bar_of_screen(wb), wb->keymap->everywhere };
    int x = 1, twin;
    area_fill(row, 0, 0, 1, row->w, ' ', INK_NORMAL | STYLE_PAPER(INK_BAR));
    wb->frame->bar_count = 0;
    int keep = row->w > 40 && !over ? 27 : 0; /* help and back always fit */
    for (int t = 0; t < (over ? 1 : 2); t++)
        for (const struct key_bind *k = tables[t]; k && k->name; k++) {
            bool own;
            if (!works(wb, k)) continue;
            if (t == 1 && keymap_find(wb->keymap, wb->show->current, k->key, &own) != k)
                continue; /* the screen has its own */
            int key = over ? k->key : keymap_key(wb->keymap, wb->show->current, action_of(wb, k), &twin);
            if (told(wb->frame, key)) continue;
            struct area room = area_sub(row, 0, 0, 1, t == 0 ? row->w - keep : row->w);
            x += draw_key(wb, &room, x, key, k->label);
        }
}

/* ---- all of it ----------------------------------------------------------------------------------------- */

static const char *no_run_text(const struct workbench *wb, char *out, size_t size)
{
    if (!wb->freshness->any && !wb->show->lost)
        return "There is no run yet. N begins one; :demo makes a first one in minutes.";
    if (!wb->show->lost) return "No run is chosen. 1 shows the runs; N begins one.";
    snprintf(out, size, "Run %lld %s was removed. 1 shows the runs, where Z brings back what is in the trash.",
             (long long)wb->show->lost, wb->show->lost_name);
    return out;
}

static void draw_one(struct workbench *wb, int screen, const struct area *a)
{
    char text[STORE_NAME + 120];
    const struct screen *v = wb->screens[screen];
    if (a->h < 1 || a->w < 1) return;
    if (wb->show->failed[screen].code != ERR_OK) {
        area_wrap(a, 1, 2, a->h - 1, a->w - 4, INK_BAD, wb->show->failed[screen].msg);
    } else if (v->needs_run && !wb->selection.run) {
        area_wrap(a, 1, 2, a->h - 1, a->w - 4, INK_DIM, no_run_text(wb, text, sizeof text));
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
    wb->panes->other = draw_half(wb, panes_beside(wb), !wb->panes->right, all);
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
    wb->frame->bar = area_sub(&all, l.bar, 0, l.bar >= 0, all.w);
    if (l.bar >= 0) draw_bar(wb, &wb->frame->bar);
    struct area alarm = area_sub(&all, l.alarm >= 0 ? l.alarm : all.h - 1, 0, l.alarm_h, all.w);
    wb->frame->alarm = l.alarm >= 0 ? alarm : area_sub(&alarm, 0, 0, 0, 0);
    struct area line = area_sub(&alarm, l.alarm_h - 1, 0, 1, all.w);
    if (l.alarm >= 0 || wb->message->text[0]) draw_alarm(wb, &alarm);
    if (wb->dialogs->front.kind) dialog_draw(wb, &screen, &line, &wb->frame->cursor_y, &wb->frame->cursor_x);
}
