#include "views/workbench/requests.h"

#include <stdio.h>
#include <string.h>

#include "store/command.h"
#include "store/run.h"
#include "views/workbench/frame.h"
#include "views/workbench/message.h"
#include "views/workbench/store_access.h"
#include "views/workbench/workbench.h"

enum {
    ANSWER_SECONDS = 10, /* seconds after which a worker that does not answer is reported as busy or gone */
    WRITE_TIMEOUT = 5,   /* milliseconds that a write waits; it is tried again anyway */
};

static void forget(struct requests *l, int i)
{
    memmove(&l->rows[i], &l->rows[i + 1], (size_t)(--l->count - i) * sizeof *l->rows);
}

/* "set optim.lr=0.1" */
static const char *words(const struct request *a, char out[sizeof a->verb + sizeof a->argument])
{
    snprintf(out, sizeof a->verb + sizeof a->argument, "%s%s%s", a->verb, *a->argument ? " " : "", a->argument);
    return out;
}

static bool write_waiting(struct workbench *wb)
{
    struct requests *l = wb->requests;
    for (int i = 0; i < l->count; i++) {
        struct request *a = &l->rows[i];
        struct err e;
        if (a->command) continue;
        store_set_lock_timeout(wb->store, WRITE_TIMEOUT);
        bool ok = store_command_insert(wb->store, a->run, a->verb, *a->argument ? a->argument : NULL, &a->command, &e);
        store_set_lock_timeout(wb->store, STORE_LOCK_TIMEOUT);
        if (ok) continue;
        a->command = 0;
        wb->frame->dirty = true;
        if (e.code == ERR_LOCKED) return false;
        message_fail(wb, &e);
        forget(l, i--);
    }
    return true;
}

bool requests_send(struct workbench *wb, int64_t run, const char *verb, const char *argument)
{
    struct requests *l = wb->requests;
    struct request a = { .run = run, .at = wb->now };
    if (!store_access_check(wb)) return false;
    if (l->count == REQUESTS_MOST && !l->rows[0].command) {
        message_warn(wb, "run %lld: %s: not asked: %d requests wait already until another program leaves the store",
                     (long long)run, verb, REQUESTS_MOST);
        return false;
    }
    if (l->count == REQUESTS_MOST) forget(l, 0); /* not undone */
    snprintf(a.verb, sizeof a.verb, "%s", verb);
    snprintf(a.argument, sizeof a.argument, "%s", argument ? argument : "");
    l->rows[l->count++] = a;
    write_waiting(wb);
    return true;
}

static void report(struct workbench *wb, const struct request *a, const struct store_command *c)
{
    char what[sizeof a->verb + sizeof a->argument];
    const char *result = c->result ? c->result : "";
    const char *why = strchr(result, ':') ? strchr(result, ':') + 1 : result;
    if (!strncmp(result, "ok", 2))
        message_say(wb, "run %lld: %s: taken at step %lld", (long long)a->run, words(a, what), (long long)c->step);
    else
        message_warn(wb, "run %lld: %s: not done:%s%s", (long long)a->run, words(a, what), *why == ' ' ? "" : " ", why);
}

/* No answer: the worker is busy with something long, or gone (true: there will be no answer). */
static bool complain(struct workbench *wb, struct request *a)
{
    struct store_run row;
    char what[sizeof a->verb + sizeof a->argument];
    a->told = true;
    if (!store_run_get(wb->store, a->run, &row, NULL)) return false;
    enum store_state state = store_run_state(wb->store, &row);
    store_run_clear(&row);
    a->told = state != STORE_UNKNOWN; /* otherwise it is reported once that is known */
    if (!a->told) return false;
    message_warn(wb,
                 state == STORE_LOST
                     ? "run %lld: no answer to '%s': the worker is lost; R resumes the run from its newest checkpoint"
                     : "run %lld: no answer to '%s' yet: the worker is busy with a long step; it will still be done",
                 (long long)a->run, words(a, what));
    return state == STORE_LOST;
}

void requests_watch(struct workbench *wb)
{
    struct requests *l = wb->requests;
    write_waiting(wb);
    for (int i = 0; i < l->count; i++) {
        struct request *a = &l->rows[i];
        struct store_command c;
        bool over;
        wb->frame->dirty = true;
        if (!a->command) continue;
        if (!store_command_get(wb->store, a->command, &c, NULL)) {
            forget(l, i--); /* removed with its run */
            continue;
        }
        over = c.done_at > 0;
        if (over)
            report(wb, a, &c);
        else if (!a->told && wb->now - a->at > ANSWER_SECONDS)
            over = complain(wb, a);
        store_command_clear(&c);
        if (over) forget(l, i--);
    }
}

bool requests_text(const struct workbench *wb, char *out, size_t size)
{
    const struct request *a = wb->requests->rows;
    char what[sizeof a->verb + sizeof a->argument];
    if (!wb->requests->count) return false;
    snprintf(out, size,
             a->command ? "asked run %lld: %s (%.0f s)"
                        : "run %lld: %s waits until another program leaves the store (%.0f s)",
             (long long)a->run, words(a, what), wb->now > a->at ? wb->now - a->at : 0);
    return true;
}

bool requests_wait(const struct workbench *wb)
{
    return wb->requests->count > 0;
}

void requests_close(struct workbench *wb)
{
    const struct requests *l = wb->requests;
    if (wb->access->gone || write_waiting(wb)) return;
    for (int i = 0; i < l->count; i++) {
        const struct request *a = &l->rows[i];
        char what[sizeof a->verb + sizeof a->argument];
        if (!a->command)
            fprintf(stderr, "mlvicx: run %lld: %s: not asked: another program has the store\n", (long long)a->run,
                    words(a, what));
    }
}
