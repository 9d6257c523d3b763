/* Events: what happened to a run, with its step and one line of text. */
#ifndef MLVICX_STORE_EVENT_H
#define MLVICX_STORE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/database/store.h"

enum store_severity { STORE_INFO, STORE_WATCH, STORE_BAD, STORE_SEVERITY_COUNT };
/** "info", "watch", "bad". */
const char *store_severity_name(enum store_severity severity);

struct store_event {
    int64_t id;
    int64_t step;
    double at; /* 0 on insert: now */
    enum store_severity severity;
    char kind[24]; /* "start", "resume", "pause", "stop", "set", "checkpoint", "verdict", "probe", "alarm", "error" ...
                      "alarm.NAME" is active until an event of severity information and the same kind ends it */
    const char *text; /* one line, "REASON. Try: ADVICE" if there is advice (text_advice splits it); borrowed on the way
                         in, owned by the list on the way out */
    bool derived;     /* computed from the training, so a rewind removes it: verdicts, alarms, probes */
};
struct store_events {
    struct store_event *rows;
    size_t count;
    size_t unreadable; /* rows that a page left out because they are damaged */
    struct err why;    /* of the first of them */
};

bool store_event_insert(struct store *s, int64_t run, const struct store_event *row, struct err *e);
/** The newest `most` events (0: all) with id above `after`, oldest first. */
bool store_event_list(struct store *s, int64_t run, int64_t after, size_t most, struct store_events *out,
                      struct err *e);
/** The next page of all events, oldest first. */
bool store_event_page(struct store *s, int64_t run, struct store_cursor *at, struct store_events *out, struct err *e);
/** Calls `each` for all events, oldest first, with one page in memory at a time; false if `each` returns false, or
 * if a row is damaged. */
bool store_event_each(struct store *s, int64_t run,
                      bool (*each)(void *ctx, const struct store_event *row, struct err *e), void *ctx, struct err *e);
/** The newest event of a kind: its step (-1: there is none) and severity. */
bool store_event_last(struct store *s, int64_t run, const char *kind, int64_t *step, enum store_severity *severity,
                      struct err *e);
/** The active problem of a run: a list of at most one event, the newest that is not information and that nothing
 * later ended. A start, a resume or an end of the run ends errors; a resume does not end alarms "alarm.NAME".
 * Verdicts are left out, because the numbers behind them say more; so are alarms of older versions, which nothing
 * ends. */
bool store_event_open(struct store *s, int64_t run, struct store_events *out, struct err *e);
/** True for "alarm" and every "alarm.NAME". */
bool store_event_is_alarm(const char *kind);
void store_events_clear(struct store_events *v);

#endif
