/* Profile: where the time of a step goes, what the memory is used for, and the log of the process. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <jansson.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "store/database/files.h"
#include "views/analysis/format.h"
#include "views/charts/chart_over.h"
#include "views/charts/scroll.h"
#include "views/analysis/log_end.h"
#include "views/screens/chart_keys.h"
#include "views/screens/profile_rows.h"
#include "views/terminal/keys.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/error_log.h"
#include "views/workbench/jobs.h"
#include "views/workbench/message.h"
#include "views/workbench/notice.h"
#include "views/workbench/preferences.h"
#include "views/workbench/workbench.h"

/* ---- reading -------------------------------------------------------------------------------------------------- */

static void planned(struct workbench *wb, void *ctx, int status, const char *output)
{
    struct profile *p = ctx;
    json_t *o = status == 0 ? json_loads(output, 0, NULL) : NULL;
    const char *kernels = json_string_value(json_object_get(o, "kernels"));
    p->known = o && p->planned == wb->selection.run;
    if (p->known) {
        p->flops = json_number_value(json_object_get(o, "step_flops"));
        p->parameters = json_number_value(json_object_get(o, "parameter_bytes"));
        p->activations = json_number_value(json_object_get(o, "activation_bytes"));
        p->scratch = json_number_value(json_object_get(o, "scratch_bytes"));
        p->tables = json_number_value(json_object_get(o, "table_bytes"));
        p->total = json_number_value(json_object_get(o, "total_bytes"));
        p->threads = (int)json_integer_value(json_object_get(o, "threads"));
        p->moved = 2 * p->parameters;
        size_t i;
        json_t *layer;
        json_array_foreach(json_object_get(o, "layers"), i, layer) p->moved +=
            4 * json_number_value(json_object_get(layer, "bytes"));
        snprintf(p->kernels, sizeof p->kernels, "%s", kernels ? kernels : "");
    }
    json_decref(o);
}

/* Starts a dry run with this run's settings once: the arithmetic of a step and its memory are not recorded. */
static void plan(struct workbench *wb, struct profile *p)
{
    char path[STORE_PATH], title[96];
    int fd = p->planned == wb->selection.run
                 ? -1
                 : store_file(wb->store, STORE_RUN, wb->selection.run, "config.ini", FOLDER_READ, path, NULL);
    if (fd < 0) return;
    close(fd); /* it must exist and be a file: the job reads it by path */
    p->planned = wb->selection.run;
    p->known = false;
    snprintf(title, sizeof title, "plan of run %lld", (long long)wb->selection.run);
    job_start(wb, title, (const char *[]){ "train", "--config", path, "--dry-run", "--json", NULL }, planned, p);
}

static void measured(struct workbench *wb, void *ctx, int status, const char *output)
{
    struct profile *p = ctx;
    json_t *o = status == 0 ? json_loads(output, 0, NULL) : NULL;
    if (o) {
        p->fma_gflops = json_number_value(json_object_get(o, "fma_peak_gflops"));
        p->memory_gbps = json_number_value(json_object_get(o, "memory_gbps"));
        preference_set_int(wb, "profile.fma_mflops", (int64_t)(1e3 * p->fma_gflops));
        preference_set_int(wb, "profile.memory_mbps", (int64_t)(1e3 * p->memory_gbps));
        message_say(wb, "this machine: %.0f GFLOP/s, %.0f GB/s", p->fma_gflops, p->memory_gbps);
    }
    json_decref(o);
}

static bool profile_open(struct workbench *wb, void *state, struct err *e)
{
    struct profile *p = state;
    (void)e;
    int64_t window = preference_get_int(wb, "profile.window", 1);
    p->window = window >= 0 && window < PROFILE_WINDOWS ? (int)window : 1;
    p->by_time = preference_get_int(wb, "profile.by_time", 0) != 0;
    p->since = -1;
    p->fma_gflops = 1e-3 * (double)preference_get_int(wb, "profile.fma_mflops", 0);
    p->memory_gbps = 1e-3 * (double)preference_get_int(wb, "profile.memory_mbps", 0);
    return true;
}

static void profile_close(struct workbench *wb, void *state)
{
    (void)wb;
    struct profile *p = state;
    series_clear(&p->history);
    x_axes_clear(&p->x);
}

static bool profile_read(struct workbench *wb, void *state, unsigned news)
{
    struct profile *p = state;
    struct err e;
    if (news & NEWS_RUN) p->since = p->chosen = -1, p->known = false;
    if (p->since > wb->selection.summary.run.step) p->since = -1; /* it was taken back */
    if (news & (NEWS_OPEN | NEWS_RUN) && wb->selection.summary.state != STORE_RUNNING) plan(wb, p);
    if (news & (NEWS_OPEN | NEWS_RUN | NEWS_STORE | NEWS_STEP | NEWS_X)) {
        if (!profile_read_rows(wb, p, &e)) message_fail(wb, &e);
    }
    if (news & ~(unsigned)NEWS_MORE) { /* logs grow without a commit */
        log_end_read(&p->log, store_file(wb->store, STORE_RUN, wb->selection.run, "log", FOLDER_READ, NULL, NULL));
        log_end_read(&p->library, store_file(wb->store, STORE_WORKSPACE, 0, WORKBENCH_LOG, FOLDER_READ, NULL, NULL));
    }
    return true;
}

/* ---- drawing --------------------------------------------------------------------------------------------------- */

static const char *milliseconds(double seconds, char *out)
{
    if (isnan(seconds)) return snprintf(out, FORMAT_SIZE, "-"), out;
    if (seconds >= 10) return snprintf(out, FORMAT_SIZE, "%.1f s", seconds), out;
    snprintf(out, FORMAT_SIZE, seconds >= 0.1 ? "%.0f ms" : seconds >= 0.01 ? "%.1f ms" : "%.2f ms", 1e3 * seconds);
    return out;
}

static void draw_head(const struct profile *p, const struct area *a)
{
    char step[FORMAT_SIZE], speed[FORMAT_SIZE], rate[FORMAT_SIZE];
    double wait = 0;
    int x = 1;
    for (int i = 0; i < p->count; i++)
        if (!strcmp(p->phase[i].name, "wait")) wait = p->phase[i].per_step;
    x += area_part(a, 0, x, INK_STRONG, "step %s", milliseconds(p->step_seconds, step));
    if (!isnan(p->speed)) x += area_part(a, 0, x + 2, INK_STRONG, "%s img/s", format_number(p->speed, 3, speed)) + 2;
    if (!isnan(p->speed) && p->between > 0)
        x += area_part(a, 0, x + 2, INK_NORMAL, "in all %s img/s", format_number(p->whole_speed, 3, speed)) + 2;
    if (p->known && p->step_seconds > 0)
        x += 2 +
             area_part(a, 0, x + 2, INK_STRONG, "%s GFLOP/s", format_number(p->flops / p->step_seconds / 1e9, 3, rate));
    double share = p->step_seconds > 0 ? wait / p->step_seconds : 0;
    x += area_part(a, 0, x + 2, share > 0.1 ? INK_WATCH | STYLE_BOLD : INK_NORMAL, "waits for data %.1f %%",
                   100 * share) +
         2;
    for (int words = 1; words >= 0; words--)
        if (area_part(a, 0, x + 2, INK_DIM, "%s%lld %s%s", words ? "mean of " : "", (long long)p->steps,
                      text_number(p->steps, "step", "steps"), p->since >= 0 ? " since reset" : ""))
            break;
}

static void draw_phases(struct profile *p, const struct area *a, bool mono)
{
    p->top = scroll_top(p->top, p->height, a->h, p->count, p->chosen);
    p->height = a->h;
    for (int i = 0; i < a->h && p->top + i < p->count; i++) {
        const struct phase *f = &p->phase[p->top + i];
        bool here = p->top + i == p->chosen;
        unsigned paper = here ? STYLE_PAPER(INK_CHOSEN) | (mono ? STYLE_REVERSE : 0) : 0;
        char ms[FORMAT_SIZE];
        double share = p->step_seconds > 0 && f->when == PHASE_WITHIN ? f->per_step / p->step_seconds : 0;
        area_fill(a, i, 0, 1, a->w < 40 ? a->w : 40, ' ', paper);
        int left = f->part ? 3 : 1, number = a->w < 28 ? a->w - 9 : 19; /* shorten the name, not the number */
        area_field(a, i, left, number - left, -1, (here ? INK_STRONG : INK_NORMAL) | paper, f->name);
        area_field(a, i, number, 9, 1, INK_NORMAL | paper, milliseconds(f->per_step, ms));
        if (f->when == PHASE_WITHIN)
            area_part(a, i, 29, INK_STRONG | paper, "%5.1f %%", 100 * share);
        else
            area_part(a, i, 29, INK_DIM | paper, "%7s", f->when == PHASE_BETWEEN ? "between" : "beside");
        if (f->times && f->times < p->steps / 2) area_text(a, i, 37, INK_DIM | paper, "*");
        int room = a->w - 42, eighths = (int)(share * room * 8 + 0.5);
        unsigned ink = f->part                    ? INK_DIM
                       : !strcmp(f->name, "wait") ? INK_WATCH
                                                  : INK_SERIES(f->place % INK_SERIES_COUNT);
        if (room < 4 || f->when != PHASE_WITHIN) continue;
        area_fill(a, i, 40, 1, eighths / 8, 0x2588, ink);
        if (eighths % 8) area_put(a, i, 40 + eighths / 8, (uint32_t)(0x2590 - eighths % 8), ink);
    }
    scroll_marks(a, p->top, p->count);
}

static void draw_plan(struct workbench *wb, const struct profile *p, const struct area *a)
{
    const char *resolved = wb->selection.summary.run.resolved ? wb->selection.summary.run.resolved : "";
    char bytes[16];
    const struct {
        const char *what;
        double bytes;
    } kinds[] = { { "parameters, optimizer", p->parameters },
                  { "activations", p->activations },
                  { "scratch", p->scratch },
                  { "tables", p->tables },
                  { "total", p->total } };
    int y = 0;
    area_text(a, y++, 0, INK_STRONG, "memory (planned)");
    for (size_t i = 0; p->known && i < sizeof kinds / sizeof *kinds; i++, y++) {
        area_text(a, y, 1, INK_DIM, kinds[i].what);
        area_field(a, y, 23, 10, 1, INK_NORMAL, text_bytes(kinds[i].bytes, bytes));
    }
    if (!p->known) area_text(a, y++, 1, INK_DIM, "not planned yet; m asks a dry run");
    area_text(a, y++, 0, INK_STRONG, "machine");
    if (p->known && p->step_seconds > 0) {
        double flops = 1e-9 * p->flops / p->step_seconds, bytes_rate = 1e-9 * p->moved / p->step_seconds;
        int x = 1 + area_printf(a, y, 1, INK_NORMAL, "%.3g GFLOP/s", flops);
        if (p->fma_gflops > 0)
            area_printf(a, y, x, INK_DIM, " of %.0f, %.0f %%", p->fma_gflops, 100 * flops / p->fma_gflops);
        y++;
        x = 1 + area_printf(a, y, 1, INK_NORMAL, "%.3g GB/s at least", bytes_rate);
        if (p->memory_gbps > 0)
            area_printf(a, y, x, INK_DIM, " of %.0f, %.0f %%", p->memory_gbps, 100 * bytes_rate / p->memory_gbps);
        y++;
        if (!(p->fma_gflops > 0)) area_text(a, y++, 1, INK_DIM, "p measures the machine's peaks");
    }
    int tuned = 0; /* what autotune chose: a line for each convolution, wider than this panel */
    for (const char *line = resolved; *line && y < a->h; line += strcspn(line, "\n"), line += *line == '\n') {
        char text[160];
        tuned += !strncmp(line, "# autotune ", 11);
        if (*line == '#') continue;
        snprintf(text, sizeof text, "%.*s", (int)strcspn(line, "\n"), line);
        if (*text) area_field(a, y++, 1, a->w - 1, -1, *text == '[' ? INK_DIM : INK_NORMAL, text);
    }
    if (tuned && y < a->h) area_printf(a, y, 1, INK_DIM, "%d kernels chosen by timing them", tuned);
}

static void draw_tail(const struct log_end *t, const struct area *a, const char *title)
{
    area_rule(a, 0, INK_DIM);
    area_printf(a, 0, 2, INK_DIM, " %s ", title);
    int from = t->count > a->h - 1 ? t->count - (a->h - 1) : 0;
    for (int i = from; i < t->count; i++) {
        char line[NOTICE_SIZE];
        area_text(a, 1 + i - from, 1, INK_NORMAL, notice_cut(t->line[i], a->w - 1, line, sizeof line));
    }
    if (t->count == 0) area_text(a, 1, 1, INK_DIM, "nothing was said");
}

static void draw_history(const struct profile *p, const struct area *a)
{
    char title[96];
    snprintf(title, sizeof title, "%s, ms", p->phase[p->chosen].name);
    struct chart_curve curve = { .points = p->points, .count = p->point_count, .ink = INK_SERIES(0) };
    struct chart c = {
        .title = title, .title_ink = INK_STRONG, .curves = &curve, .curve_count = 1, .from_zero = true, .cursor = NAN
    };
    chart_draw_over(a, &c, &p->x, NULL);
}

static void profile_draw(struct workbench *wb, void *state, const struct area *a)
{
    struct profile *p = state;
    if (p->steps == 0) {
        area_text(a, 1, 2, INK_DIM, "No step has been timed yet.");
        return;
    }
    draw_head(p, a);
    int log = a->h >= 40 ? 9 : a->h >= 16 ? 5 : 0, libraries = p->library.count && a->h >= 30 ? 4 : 0;
    int chart = a->h - 1 - p->count - log - libraries - 1, phases = p->count;
    if (chart < 5) chart = 0;
    if (phases > a->h - 1 - log - libraries) phases = a->h - 1 - log - libraries;
    int right = a->w >= 100 ? 38 : 0;
    struct area bars = area_sub(a, 1, 0, phases, a->w - right);
    draw_phases(p, &bars, wb->theme.depth == THEME_MONO);
    if (right) {
        struct area panel = area_sub(a, 1, a->w - right + 2, a->h - 1 - log - libraries, right - 2);
        draw_plan(wb, p, &panel);
    }
    if (chart && p->count) {
        struct area room = area_sub(a, 2 + phases, 0, chart, a->w - right);
        draw_history(p, &room);
    } else if (p->known && !right && a->h - log - libraries > phases + 1) {
        char b[3][16];
        area_printf(a, 1 + phases, 1, INK_DIM, "memory %s: parameters %s, activations %s; %s, %d %s",
                    text_bytes(p->total, b[0]), text_bytes(p->parameters, b[1]), text_bytes(p->activations, b[2]),
                    p->kernels, p->threads, text_number(p->threads, "thread", "threads"));
    }
    struct area log_end = area_sub(a, a->h - log - libraries, 0, log, a->w);
    if (log) draw_tail(&p->log, &log_end, "log of the run");
    log_end = area_sub(a, a->h - libraries, 0, libraries, a->w);
    if (libraries) draw_tail(&p->library, &log_end, "what libraries wrote to stderr");
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

static unsigned on_move(struct workbench *wb, void *state, int by)
{
    struct profile *p = state;
    (void)wb;
    p->chosen += by;
    if (p->chosen >= p->count) p->chosen = p->count - 1;
    if (p->chosen < 0) p->chosen = 0;
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_sort(struct workbench *wb, void *state, int argument)
{
    struct profile *p = state;
    (void)argument;
    p->by_time = !p->by_time;
    preference_set_int(wb, "profile.by_time", p->by_time);
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_window(struct workbench *wb, void *state, int argument)
{
    struct profile *p = state;
    (void)argument;
    p->window = (p->window + 1) % PROFILE_WINDOWS;
    p->since = -1;
    preference_set_int(wb, "profile.window", p->window);
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_reset(struct workbench *wb, void *state, int argument)
{
    struct profile *p = state;
    (void)argument;
    p->since = wb->selection.summary.run.step;
    message_say(wb, "means begin after step %lld, as soon as one more is there", (long long)p->since);
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_measure(struct workbench *wb, void *state, int argument)
{
    struct profile *p = state;
    (void)argument;
    p->planned = 0;
    plan(wb, p);
    return AFTER_DRAW;
}

static unsigned write_table(struct workbench *wb, void *ctx, const char *path)
{
    const struct profile *p = ctx;
    struct text t = { 0 };
    struct err e;
    text_add(&t, "phase,seconds_per_step,share_of_step,times,seconds_each\n");
    for (int i = 0; i < p->count; i++) {
        const struct phase *f = &p->phase[i];
        text_printf(&t, "%s,%.9g,", f->name, f->per_step);
        if (f->when == PHASE_WITHIN && p->step_seconds > 0) text_printf(&t, "%.6g", f->per_step / p->step_seconds);
        text_printf(&t, ",%lld,", (long long)f->times);
        if (f->times) text_printf(&t, "%.9g", f->mean);
        text_add(&t, "\n");
    }
    if (file_write_text(path, &t, FILE_OF_USER, &e))
        message_say(wb, "%s: %d %s, mean of %lld %s", path, p->count, text_number(p->count, "phase", "phases"),
                    (long long)p->steps, text_number(p->steps, "step", "steps"));
    else
        message_fail(wb, &e);
    text_clear(&t);
    return AFTER_DRAW;
}

static unsigned on_export(struct workbench *wb, void *state, int argument)
{
    char name[STORE_NAME + 16], stem[STORE_NAME];
    (void)argument;
    snprintf(name, sizeof name, "%s-profile.csv", store_run_stem(&wb->selection.summary.run, stem));
    dialog_ask(wb,
               &(struct dialog_question){
                   .label = "to file: ", .initial = name, .history = "profile", .done = write_table, .ctx = state });
    return AFTER_DRAW;
}

/* The log of the run, or of the workbench. */
static unsigned on_log(struct workbench *wb, void *state, int own)
{
    const struct profile *p = state;
    const struct log_end *t = own ? &p->log : &p->library;
    struct text all = { 0 };
    for (int i = 0; i < t->count; i++) text_printf(&all, "%s\n", t->line[i]);
    dialog_page(wb, own ? "the end of the run's log" : "the end of workbench.log",
                t->count ? text_str(&all) : "nothing was said\n");
    text_clear(&all);
    return AFTER_DRAW;
}

static unsigned profile_click(struct workbench *wb, void *state, int y, int x)
{
    struct profile *p = state;
    (void)wb;
    (void)x;
    if (y >= 1 && y <= p->height && p->top + y - 1 < p->count) p->chosen = p->top + y - 1;
    return AFTER_DRAW | AFTER_READ;
}

static unsigned profile_wheel(struct workbench *wb, void *state, int by)
{
    (void)wb;
    return on_move(wb, state, by);
}

static unsigned on_peaks(struct workbench *wb, void *state, int argument)
{
    (void)argument;
    if (wb->selection.summary.state == STORE_RUNNING)
        message_say(wb, "a run is using the cores: measured now, the peaks would be too low");
    else
        job_start(wb, "peaks of this machine",
                  (const char *[]){ "bench", "step", "--size", "32", "--batch", "2", "--dim", "64", "--width", "8",
                                    "--repetitions", "1", "--json", NULL },
                  measured, state);
    return AFTER_DRAW;
}

static const struct key_bind keys[] = {
    { 's', 0, "sort", "sort", "by time, or in the order of a step", on_sort, 0, 0 },
    { 'w', 0, "window", "steps", "means of the newest 16, 100, 512 or all steps", on_window, 0, 0 },
    { 'r', 0, "reset", "reset", "means begin now", on_reset, 0, 0 },
    { 'm', 0, "measure", "plan", "plan these settings again: arithmetic and memory of a step", on_measure, 0, 0 },
    { 'p', 0, "peaks", "peaks", "measure what this machine can do: multiply-adds and memory", on_peaks, 0, 0 },
    { 'l', KEYS_ENTER, "log", "log", "the end of the run's log", on_log, 0, true },
    { 'o', 0, "stderr", NULL, "what libraries wrote to stderr while this workbench was open", on_log, 0, false },
    { 'e', 0, "export", "export", "write the table as CSV", on_export, 0, 0 },
    CHART_KEY_X(NULL),
    { KEYS_UP, 'k', "up", NULL, "the phase above", on_move, 0, -1 },
    { KEYS_DOWN, 'j', "down", NULL, "the phase below: its history is drawn", on_move, 0, 1 },
    { 0 },
};

const struct screen screen_profile = {
    .name = "profile",
    .title = "Profile",
    .brief = "Prof",
    .digit = '0',
    .about =
        "The time of a step by phase: shares of the step add up to 100 %, rest is what no phase is told of. Between "
        "steps the run waits for record: writing, with diagnose, probe, validation and checkpoint as its parts, spread "
        "over all steps (a star: only now and then). load and augment work in other threads, beside the step. img/s is "
        "the batch over the time of a step; in all: over that and the time between, as the time left counts. wait is "
        "time that the step stood still because images "
        "were not ready: above a tenth, give "
        "data.threads more. GFLOP/s counts the arithmetic of the plan over the time of a step (3x3 convolutions as "
        "direct sums, which "
        "Winograd undercuts); GB/s what a step must move at least.",
    .keys = keys,
    .size = sizeof(struct profile),
    .needs_run = true,
    .open = profile_open,
    .close = profile_close,
    .read = profile_read,
    .draw = profile_draw,
    .click = profile_click,
    .wheel = profile_wheel,
};
