#include "views/analysis/runs_list.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/diagnose/verdict.h"
#include "store/metric.h"
#include "store/run.h"

static void clear_entries(struct runs_list *l)
{
    for (int i = 0; i < l->count; i++) {
        run_summary_clear(&l->entries[i].summary);
        free(l->entries[i].group);
    }
    free(l->entries);
}

void runs_list_clear(struct runs_list *l)
{
    clear_entries(l);
    free(l->lines);
    filter_destroy(l->filter);
    *l = (struct runs_list){ 0 };
}

/* ---- reading --------------------------------------------------------------------------------------------- */

static bool is_alive(enum store_state state)
{
    return state == STORE_RUNNING || state == STORE_PAUSED;
}

/* Take over what is known of the same run from before. Numbers are final once a row says that its worker has ended:
 * what was read of a worker's run is never more than a look at it, since the newest step may get more numbers than it
 * had. */
static void inherit(struct runs_entry *now, struct runs_entry *before)
{
    const struct store_run *a = &now->summary.run, *b = &before->summary.run;
    memcpy(now->summary.value, before->summary.value, sizeof now->summary.value);
    memcpy(now->trace, before->trace, sizeof now->trace);
    bool same = now->summary.state == before->summary.state && !is_alive(now->summary.state) && a->step == b->step &&
                a->steps == b->steps && a->rewound == b->rewound && a->started_at == b->started_at &&
                a->ended_at == b->ended_at && a->heartbeat_at == b->heartbeat_at;
    now->known = before->known && same;
    now->traced = before->traced && same;
    if (same) now->group = before->group, before->group = NULL;
}

bool runs_list_read(struct runs_list *l, struct store *s, struct err *e)
{
    struct store_runs rows;
    if (!store_run_list(s, &rows, e)) return false;
    struct runs_entry *entries = calloc(rows.count + 1, sizeof *entries);
    if (!entries) {
        store_runs_clear(&rows);
        return err_set(e, ERR_MEMORY, "runs: memory ran out");
    }
    int before = 0;
    memset(l->states, 0, sizeof l->states);
    for (size_t i = 0; i < rows.count; i++) {
        struct runs_entry *entry = &entries[i];
        entry->summary.run = rows.rows[i];
        rows.rows[i] = (struct store_run){ 0 };
        entry->summary.state = store_run_state(s, &entry->summary.run);
        l->states[entry->summary.state]++;
        for (int v = 0; v < SUMMARY_COUNT; v++) entry->summary.value[v] = NAN;
        for (int v = 0; v < RUNS_TRACE; v++) entry->trace[v] = (float)NAN;
        while (before < l->count && l->entries[before].summary.run.id > entry->summary.run.id) before++;
        if (before < l->count && l->entries[before].summary.run.id == entry->summary.run.id)
            inherit(entry, &l->entries[before]);
    }
    clear_entries(l);
    l->entries = entries;
    l->count = (int)rows.count;
    l->unreadable = rows.unreadable;
    l->why = rows.why;
    l->older = rows.older;
    l->next = 0;
    l->line_count = 0; /* they point to what is gone */
    store_runs_clear(&rows);
    return true;
}

bool runs_list_know(struct runs_list *l, struct store *s, int i, struct err *e)
{
    struct runs_entry *entry = &l->entries[i];
    if (entry->known) return true;
    struct err why = { 0 };
    entry->known = run_summary_refresh(s, &entry->summary, &why);
    if (entry->known) return true;
    entry->known = why.code == ERR_FORMAT; /* told once; it would be the same at the next look */
    return err_set(e, why.code, "%s", why.msg);
}

static bool trace(struct runs_list *l, struct store *s, int i, struct err *e)
{
    struct runs_entry *entry = &l->entries[i];
    struct store_column columns[RUNS_TRACE];
    int64_t loss;
    if (entry->traced) return true;
    for (int c = 0; c < RUNS_TRACE; c++) entry->trace[c] = (float)NAN;
    entry->traced = true;
    if (entry->summary.run.step < 1) return true;
    if (!store_metric_id(s, "loss", &loss, NULL)) return true; /* nothing was trained here yet */
    entry->traced =
        store_series_read(s, entry->summary.run.id, loss, 1, entry->summary.run.step, RUNS_TRACE, columns, e);
    if (!entry->traced) return false;
    for (int c = 0; c < RUNS_TRACE; c++)
        entry->trace[c] = columns[c].n ? (float)(columns[c].sum / (double)columns[c].n) : (float)NAN;
    return true;
}

bool runs_list_show(struct runs_list *l, struct store *s, int first, int last, struct err *e)
{
    for (int i = first < 0 ? 0 : first; i <= last && i < l->line_count; i++) {
        int entry = l->lines[i].entry;
        if (entry >= 0 && !(runs_list_know(l, s, entry, e) && trace(l, s, entry, e))) return false;
    }
    return true;
}

bool runs_list_fill(struct runs_list *l, struct store *s, double seconds, bool *more, struct err *e)
{
    double begun = clock_seconds();
    while (l->next < l->count && clock_seconds() - begun < seconds)
        if (!runs_list_know(l, s, l->next++, e)) return false;
    *more = l->next < l->count;
    return true;
}

/* ---- order ----------------------------------------------------------------------------------------------- */

enum verdict_word runs_verdict(const struct run_summary *f, char *level)
{
    double g = f->value[SUMMARY_VERDICT_GLOBAL], l = f->value[SUMMARY_VERDICT_LOCAL];
    enum verdict_word global = verdict_of_number(g), local = verdict_of_number(l);
    bool first = verdict_worry(global) > verdict_worry(local);
    if (level) *level = isnan(l) ? '\0' : global == local ? 'b' : first ? 'g' : 'l';
    return first ? global : local;
}

double runs_when(const struct run_summary *f)
{
    const struct store_run *r = &f->run;
    if (r->ended_at > 0) return r->ended_at;
    return r->heartbeat_at > r->created_at ? r->heartbeat_at : r->created_at;
}

static double number_of(const struct runs_entry *entry, int column)
{
    const struct run_summary *f = &entry->summary;
    switch (column) {
    case RUNS_STATE:
        return f->state;
    case RUNS_EPOCH:
        return f->run.steps > 0 ? (double)f->run.step / (double)f->run.steps : NAN;
    case RUNS_ETA:
        return f->value[SUMMARY_ETA];
    case RUNS_LOSS:
        return f->value[SUMMARY_LOSS];
    case RUNS_TREND: /* how far it fell */
        return f->value[SUMMARY_LOSS] - (double)entry->trace[0];
    case RUNS_AUC:
        return f->value[SUMMARY_AUC];
    case RUNS_RANK:
        return f->value[SUMMARY_RATIO_GLOBAL];
    case RUNS_VERDICT: {
        enum verdict_word verdict = runs_verdict(f, NULL);
        return verdict == VERDICT_UNKNOWN ? (double)NAN : (double)verdict_worry(verdict);
    }
    case RUNS_AGE:
        return -runs_when(f);
    case RUNS_SPEED:
        return f->value[SUMMARY_SPEED];
    case RUNS_STEP:
        return (double)f->run.step;
    case RUNS_SEED:
        return (double)f->run.seed;
    default:
        return (double)f->run.id;
    }
}

const char *runs_list_text(const struct run_summary *f, int column)
{
    switch (column) {
    case RUNS_NAME:
        return f->run.name;
    case RUNS_DATA:
        return f->run.dataset;
    case RUNS_METHOD:
        return f->run.method;
    case RUNS_TAGS:
        return f->run.tags;
    case RUNS_PRESET:
        return f->run.preset;
    case RUNS_NOTE:
        return f->run.note;
    default:
        return NULL;
    }
}

bool runs_list_falls(int column)
{
    return column == RUNS_ID || column == RUNS_AUC || column == RUNS_RANK || column == RUNS_VERDICT ||
           column == RUNS_EPOCH || column == RUNS_STEP || column == RUNS_SPEED;
}

struct key {
    const char *group, *text;
    double number;
    int64_t id;
    int entry;
    bool down;
};

static int compare_values(const struct key *a, const struct key *b)
{
    if (a->text && b->text) {
        if (!*a->text != !*b->text) return *a->text ? -1 : 1; /* what is empty comes last, up or down */
        int order = strcmp(a->text, b->text);
        return a->down ? -order : order;
    }
    if (isnan(a->number) || isnan(b->number)) return isnan(a->number) - isnan(b->number);
    int order = (a->number > b->number) - (a->number < b->number);
    return a->down ? -order : order;
}

static int compare(const void *x, const void *y)
{
    const struct key *a = x, *b = y;
    int order = strcmp(a->group, b->group);
    if (order) return !*a->group ? 1 : !*b->group ? -1 : order;
    order = compare_values(a, b);
    return order ? order : (a->id < b->id) - (a->id > b->id);
}

void runs_list_group_by(struct runs_list *l, const char *keys)
{
    if (!strcmp(l->keys, keys)) return;
    snprintf(l->keys, sizeof l->keys, "%s", keys);
    for (int i = 0; i < l->count; i++) {
        free(l->entries[i].group);
        l->entries[i].group = NULL;
    }
}

/* The settings of all runs that make groups. */
static bool read_groups(struct runs_list *l, struct store *s, struct err *e)
{
    for (int i = 0; i < l->count && l->group == RUNS_GROUP_SETTINGS; i++) {
        char text[GROUP_TEXT];
        struct err unreadable; /* it is of no group then */
        if (l->entries[i].group) continue;
        group_of_run(s, l->entries[i].summary.run.id, l->keys, text, &unreadable);
        l->entries[i].group = text_copy(text);
        if (!l->entries[i].group) return err_set(e, ERR_MEMORY, "runs: memory ran out");
    }
    return true;
}

static const char *group_of(const struct runs_list *l, const struct runs_entry *entry)
{
    const struct run_summary *f = &entry->summary;
    switch (l->group) {
    case RUNS_GROUP_DATA:
        return f->run.dataset;
    case RUNS_GROUP_METHOD:
        return f->run.method;
    case RUNS_GROUP_TAG:
        return f->run.tags;
    case RUNS_GROUP_SETTINGS:
        return entry->group;
    default:
        return "";
    }
}

/* Keys of those that fit. */
static bool gather(struct runs_list *l, struct store *s, struct key *keys, int *n, struct err *e)
{
    for (int i = 0; i < l->count; i++) {
        const struct runs_entry *entry = &l->entries[i];
        bool fits = true;
        if (l->filter && !(runs_list_know(l, s, i, e) && filter_match(l->filter, s, &entry->summary, &fits, e)))
            return false;
        if (!fits) continue;
        int column = l->sort < 0 ? RUNS_ID : l->sort;
        keys[(*n)++] = (struct key){ .group = group_of(l, entry),
                                     .text = runs_list_text(&entry->summary, column),
                                     .number = number_of(entry, column),
                                     .id = entry->summary.run.id,
                                     .entry = i,
                                     .down = l->sort < 0 || l->down };
    }
    return true;
}

bool runs_list_order(struct runs_list *l, struct store *s, struct err *e)
{
    int n = 0, heading = -1;
    struct key *keys = calloc((size_t)l->count + 1, sizeof *keys);
    struct runs_line *lines = calloc(2 * (size_t)l->count + 1, sizeof *lines);
    if (!keys || !lines || !read_groups(l, s, e) || !gather(l, s, keys, &n, e)) {
        bool memory = !keys || !lines;
        free(keys);
        free(lines);
        return memory ? err_set(e, ERR_MEMORY, "runs: memory ran out") : false;
    }
    qsort(keys, (size_t)n, sizeof *keys, compare);
    free(l->lines);
    l->lines = lines;
    l->line_count = 0;
    l->fits = n;
    for (int i = 0; i < n; i++) {
        if (l->group != RUNS_GROUP_NONE && (i == 0 || strcmp(keys[i].group, keys[i - 1].group))) {
            heading = l->line_count;
            l->lines[l->line_count++] = (struct runs_line){ .entry = -1, .group = keys[i].group };
        }
        if (heading >= 0) l->lines[heading].count++;
        l->lines[l->line_count++] = (struct runs_line){ .entry = keys[i].entry };
    }
    free(keys);
    return true;
}

bool runs_list_count(struct runs_list *l, struct store *s, const struct filter *f, int *count, struct err *e)
{
    *count = 0;
    for (int i = 0; i < l->count; i++) {
        bool fits;
        if (!runs_list_know(l, s, i, e) || !filter_match(f, s, &l->entries[i].summary, &fits, e)) return false;
        *count += fits;
    }
    return true;
}

int runs_list_line(const struct runs_list *l, int64_t run)
{
    for (int i = 0; i < l->line_count; i++)
        if (l->lines[i].entry >= 0 && l->entries[l->lines[i].entry].summary.run.id == run) return i;
    return -1;
}

const struct runs_entry *runs_list_at(const struct runs_list *l, int line)
{
    return line >= 0 && line < l->line_count && l->lines[line].entry >= 0 ? &l->entries[l->lines[line].entry] : NULL;
}
