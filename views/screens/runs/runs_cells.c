#include "views/screens/runs/runs_cells.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/diagnose/verdict.h"
#include "store/run.h"
#include "views/analysis/format.h"
#include "views/workbench/signs.h"
#include "views/workbench/workbench.h"

const struct table_column runs_columns[RUNS_COLUMNS] = {
    [RUNS_MARK] = { "mark", "", 1, 1, -1, 0 },
    [RUNS_ID] = { "id", "#", 4, 5, 1, 0 },
    [RUNS_NAME] = { "name", "name", 12, 12, -1, 0 },
    [RUNS_STATE] = { "state", "state", 1, 1, -1, 0 },
    [RUNS_DATA] = { "data", "data", 7, 7, -1, 8 },
    [RUNS_METHOD] = { "method", "method", 6, 6, -1, 10 },
    [RUNS_EPOCH] = { "epoch", "epoch", 7, 14, 1, 5 },
    [RUNS_ETA] = { "eta", "ETA", 6, 6, 1, 6 },
    [RUNS_LOSS] = { "loss", "loss", 6, 6, 1, 3 },
    [RUNS_TREND] = { "trend", "trend", 6, RUNS_TRACE, -1, 7 },
    [RUNS_AUC] = { "auc", "AUC", 5, 5, 1, 4 },
    [RUNS_RANK] = { "rank", "rank g/l", 8, 8, 1, 6 },
    [RUNS_VERDICT] = { "verdict", "verdict", 12, 12, -1, 2 },
    [RUNS_AGE] = { "age", "age", 4, 4, 1, 9 },
    [RUNS_TAGS] = { "tags", "tags", 5, 5, -1, 11 },
    [RUNS_SPEED] = { "speed", "img/s", 6, 6, 1, 12 },
    [RUNS_STEP] = { "step", "step", 7, 9, 1, 13 },
    [RUNS_PRESET] = { "preset", "preset", 6, 8, -1, 14 },
    [RUNS_SEED] = { "seed", "seed", 4, 6, 1, 15 },
    [RUNS_NOTE] = { "note", "note", 8, 40, -1, 16 },
};

static void draw_mark(const struct workbench *wb, const struct run_summary *f, const struct area *a, unsigned paper)
{
    for (int i = 0; i < wb->selection.mark_count; i++)
        if (wb->selection.marks[i] == f->run.id)
            area_put(a, 0, 0, f->run.id == wb->selection.baseline ? 0x2605 : 0x25c6, INK_SERIES(i + 1) | paper);
}

static void draw_state(const struct run_summary *f, const struct area *a, unsigned paper)
{
    unsigned ink;
    uint32_t sign = sign_of_state(f->state, &ink);
    area_put(a, 0, 0, sign, ink | paper);
    if (a->w > 3) area_text(a, 0, 2, ink | paper, store_state_name(f->state));
}

/* "9/30", and a bar that shows the progress. */
static void draw_epoch(const struct run_summary *f, const struct area *a, unsigned paper)
{
    char text[48];
    double done = f->run.steps > 0 ? (double)f->run.step / (double)f->run.steps : 0, epoch = f->value[SUMMARY_EPOCH];
    int bar = a->w >= 12 ? a->w - 8 : 0, w = bar ? 7 : a->w;
    if (isnan(epoch))
        snprintf(text, sizeof text, "-/%lld", (long long)f->run.epochs);
    else
        snprintf(text, sizeof text, "%.0f/%lld", floor(epoch), (long long)f->run.epochs);
    if (text_columns(text) > w && !isnan(epoch)) snprintf(text, sizeof text, "%.0f", floor(epoch));
    area_field(a, 0, 0, w, 1, paper, text);
    for (int i = 0; i < bar; i++) {
        bool full = (i + 0.5) / bar <= done;
        area_put(a, 0, 8 + i, full ? 0x2593 : 0x2591, (full ? INK_NORMAL : INK_DIM) | paper);
    }
}

/* The run's loss as blocks of eight heights, on a log scale if it spans decades. */
static void draw_trend(const struct runs_entry *entry, const struct area *a, unsigned paper)
{
    double low = INFINITY, high = -INFINITY, value[RUNS_TRACE];
    int n = a->w < RUNS_TRACE ? a->w : RUNS_TRACE;
    for (int i = 0; i < n; i++) {
        int from = i * RUNS_TRACE / n, to = (i + 1) * RUNS_TRACE / n, got = 0;
        value[i] = 0;
        for (int k = from; k < to; k++)
            if (!isnan(entry->trace[k])) value[i] += (double)entry->trace[k], got++;
        value[i] = got ? value[i] / got : NAN;
        if (!got) continue;
        low = value[i] < low ? value[i] : low;
        high = value[i] > high ? value[i] : high;
    }
    bool logs = low > 0 && high / low > 10;
    double bottom = logs ? log(low) : low, span = (logs ? log(high) : high) - bottom;
    for (int i = 0; i < n; i++) {
        if (isnan(value[i])) continue;
        double share = span > 0 ? ((logs ? log(value[i]) : value[i]) - bottom) / span : 0;
        area_put(a, 0, i, 0x2581 + (uint32_t)lrint(7 * share), INK_GLOBAL | paper);
    }
}

static void draw_verdict(const struct run_summary *f, const struct area *a, unsigned paper)
{
    char level, text[32];
    enum verdict_word verdict = runs_verdict(f, &level);
    if (verdict == VERDICT_UNKNOWN) {
        bool bad = f->state == STORE_FAILED || f->state == STORE_LOST;
        area_field(a, 0, 0, a->w, -1, (bad ? INK_BAD : INK_DIM) | paper, bad ? store_state_name(f->state) : "-");
        return;
    }
    const char *word = verdict_words[verdict];
    bool healthy = verdict_worry(verdict) <= verdict_worry(VERDICT_LEARNING) || !level;
    int room = healthy ? a->w : a->w > 3 ? a->w - 2 : 1;
    snprintf(text, sizeof text, "%.*s%s%c", room, word, healthy ? "" : " ", healthy ? '\0' : level);
    area_text(a, 0, 0, ink_of_verdict(verdict) | paper, text);
}

/* Of both levels, or of the only one. */
static const char *rank_text(const struct run_summary *f, char *out, size_t size)
{
    char g[FORMAT_SIZE], l[FORMAT_SIZE];
    if (isnan(f->value[SUMMARY_RATIO_LOCAL])) return format_share(f->value[SUMMARY_RATIO_GLOBAL], 2, out);
    snprintf(out, size, "%s/%s", format_share(f->value[SUMMARY_RATIO_GLOBAL], 2, g),
             format_share(f->value[SUMMARY_RATIO_LOCAL], 2, l));
    return out;
}

/* How long ago, in one unit. */
static const char *age_text(double seconds, char *out, size_t size)
{
    static const struct {
        double seconds;
        char unit;
    } units[] = { { 604800, 'w' }, { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' } };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (seconds >= 2 * units[i].seconds) {
            snprintf(out, size, "%.0f%c", floor(seconds / units[i].seconds), units[i].unit);
            return out;
        }
    snprintf(out, size, "%.0fs", seconds > 0 ? floor(seconds) : 0);
    return out;
}

static const char *plain_text(const struct workbench *wb, const struct run_summary *f, int column, char out[64])
{
    const struct store_run *r = &f->run;
    switch (column) {
    case RUNS_ID:
        return snprintf(out, 64, "%lld", (long long)r->id), out;
    case RUNS_NAME:
        return r->name;
    case RUNS_DATA:
        return r->dataset;
    case RUNS_METHOD:
        return *r->method ? r->method : "-";
    case RUNS_LOSS:
        return isnan(f->value[SUMMARY_LOSS]) && r->step > 0
                   ? "nan"
                   : format_number_within(f->value[SUMMARY_LOSS], 3, runs_columns[RUNS_LOSS].least, out);
    case RUNS_ETA:
        return isnan(f->value[SUMMARY_ETA]) ? "-" : clock_duration(f->value[SUMMARY_ETA], out);
    case RUNS_AUC:
        return format_share(f->value[SUMMARY_AUC], 3, out);
    case RUNS_RANK:
        return rank_text(f, out, 64);
    case RUNS_AGE:
        return age_text(wb->now - runs_when(f), out, 64);
    case RUNS_TAGS:
        return r->tags;
    case RUNS_SPEED:
        return format_number(f->value[SUMMARY_SPEED], 3, out);
    case RUNS_STEP:
        return format_count(r->step, out);
    case RUNS_PRESET:
        return r->preset;
    case RUNS_SEED:
        return snprintf(out, 64, "%lld", (long long)r->seed), out;
    default:
        return r->note;
    }
}

void runs_cell(const struct workbench *wb, const struct runs_entry *entry, int column, const struct area *a,
               unsigned style, bool chosen)
{
    const struct run_summary *f = &entry->summary;
    unsigned paper = style & ~(unsigned)INK_MASK;
    char text[64];
    switch (column) {
    case RUNS_MARK:
        draw_mark(wb, f, a, paper);
        break;
    case RUNS_STATE:
        draw_state(f, a, paper);
        break;
    case RUNS_EPOCH:
        draw_epoch(f, a, paper);
        break;
    case RUNS_TREND:
        draw_trend(entry, a, paper);
        break;
    case RUNS_VERDICT:
        draw_verdict(f, a, paper);
        break;
    default: {
        const char *words = plain_text(wb, f, column, text);
        unsigned ink = column == RUNS_NAME && chosen ? INK_STRONG
                       : !strcmp(words, "nan")       ? INK_BAD
                       : !strcmp(words, "-")         ? INK_DIM
                                                     : INK_NORMAL;
        area_field(a, 0, 0, a->w, runs_columns[column].align, ink | paper, words);
    }
    }
}
