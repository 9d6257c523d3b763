/* The alarm line: the worst active problem of a run, and what to try. A problem that is over is not shown. */
#include "views/workbench/alarm_line.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/death.h"
#include "store/event.h"
#include "store/run.h"
#include "views/analysis/judged.h"
#include "views/analysis/level_rules.h"
#include "views/terminal/canvas.h"

static bool say(char *out, size_t size, unsigned *ink, unsigned as, const char *text)
{
    snprintf(out, size, "%s", text);
    *ink = as;
    return true;
}

/* The newest event that reports a problem and that still holds. */
static bool open_event(struct store *s, const struct store_run *run, char *out, size_t size, unsigned *ink)
{
    struct store_events list;
    if (!store_event_open(s, run->id, &list, NULL)) return false;
    bool found = list.count > 0;
    if (found) say(out, size, ink, list.rows[0].severity == STORE_BAD ? INK_BAD : INK_WATCH, list.rows[0].text);
    store_events_clear(&list);
    return found;
}

/* The worse of the current verdicts of both levels. */
static bool open_verdict(struct store *s, const struct store_run *run, char *out, size_t size, unsigned *ink)
{
    int worst = verdict_worry(VERDICT_PLATEAU); /* which is news, and no alarm */
    bool found = false;
    struct settings settings;
    settings_init(&settings);
    if (!run->config || !settings_read_ini(&settings, run->config, "", NULL)) return false;
    if (!level_rules_of((enum method_kind)settings.method.name, settings.model.local, LEVEL_Z).judged) return false;
    for (int level = 0; level < LEVEL_JUDGED; level++) {
        struct verdict verdict;
        char line[400];
        if (!judged_read(s, run, &settings, (enum engine_level)level, -1, &verdict, NULL)) continue;
        if (verdict_worry(verdict.word) <= worst) continue;
        worst = verdict_worry(verdict.word);
        verdict_line(&verdict, line, sizeof line);
        snprintf(out, size, "%s %s", level_table[level].loss, line);
        *ink = verdict.word == VERDICT_COLLAPSING ? INK_BAD : INK_WATCH;
        found = true;
    }
    return found;
}

bool alarm_of(struct store *s, const struct store_run *run, enum store_state state, char *out, size_t size,
              unsigned *ink)
{
    if (state == STORE_LOST) {
        char text[DEATH_TEXT + 64], death[DEATH_TEXT];
        death_of(s, run, NULL, death);
        snprintf(text, sizeof text, "run %lld is lost: %s" TEXT_TRY "R, resume", (long long)run->id, death);
        return say(out, size, ink, INK_BAD, text);
    }
    char event[512];
    unsigned event_ink;
    bool verdict = open_verdict(s, run, out, size, ink);
    if (!open_event(s, run, event, sizeof event, &event_ink)) return verdict;
    if (verdict && (*ink == INK_BAD || event_ink != INK_BAD)) return true;
    snprintf(out, size, "%s", event);
    *ink = event_ink;
    return true;
}

bool alarm_of_any(struct store *s, const struct store_runs *live, char *out, size_t size, unsigned *ink, int64_t *id)
{
    bool found = false;
    *id = 0;
    for (size_t i = 0; i < live->count; i++) {
        const struct store_run *run = &live->rows[i];
        enum store_state state = store_run_state(s, run);
        char text[512];
        unsigned as;
        if (!alarm_of(s, run, state, text, sizeof text, &as)) continue;
        if (found && (as != INK_BAD || *ink == INK_BAD)) continue;
        if (state == STORE_LOST)
            snprintf(out, size, "%s", text);
        else
            snprintf(out, size, "%lld %s: %s", (long long)run->id, run->name, text);
        *ink = as;
        *id = run->id;
        found = true;
    }
    return found;
}
