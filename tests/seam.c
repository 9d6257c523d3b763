#include "tests/seam.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/files.h"
#include "engine/data/loader.h"
#include "engine/train/engine.h"
#include "store/outbox.h"

enum { PLANS_MOST = 16, CALL_SIZE = 16 };

static struct plan {
    char call[CALL_SIZE];
    long from, to;
    double value;
} plans[PLANS_MOST];
static int planned;
static _Atomic int64_t passed; /* nanoseconds of pauses that took no time */

void seam_plan(const char *text)
{
    struct plan *p = &plans[planned];
    if (planned == PLANS_MOST || sscanf(text, "%15s %ld %ld %lf", p->call, &p->from, &p->to, &p->value) != 4) {
        fprintf(stderr, "seam: %s: is no plan, or one too many\n", text);
        exit(99);
    }
    planned++;
}

/* The plan for call number `count` of a kind; NULL: it does what it always does. */
static const struct plan *plan_for(const char *call, long count)
{
    for (int i = 0; i < planned; i++)
        if (!strcmp(plans[i].call, call) && plans[i].from <= count && count <= plans[i].to) return &plans[i];
    return NULL;
}

/* The linker sends calls of NAME to __wrap_NAME, and calls of __real_NAME to NAME. */
#define WRAP(type, name, ...)                                                                                          \
    type __real_##name(__VA_ARGS__);                                                                                   \
    type __wrap_##name(__VA_ARGS__);                                                                                   \
    type __wrap_##name(__VA_ARGS__)

WRAP(double, file_free_bytes, const char *path)
{
    static long count;
    const struct plan *p = plan_for("room", ++count);
    return p ? p->value : __real_file_free_bytes(path);
}

WRAP(bool, file_commit, struct file_writer *w, struct err *e)
{
    static long count;
    if (!plan_for("commit", ++count)) return __real_file_commit(w, e);
    err_set(e, ERR_IO, "%s: cannot be written: No space left on device", w->path);
    file_abandon(w);
    return false;
}

WRAP(bool, outbox_send, struct outbox *o, struct store *s, int64_t run, struct err *e)
{
    static long count;
    const struct plan *p = plan_for("send", ++count);
    if (!p) return __real_outbox_send(o, s, run, e);
    return err_set(e, (enum err_code)p->value, "store: writing: planned; try again");
}

WRAP(bool, engine_step, struct engine *g, const struct batch *b, const struct step_settings *settings,
     struct step_report *report, struct err *e)
{
    static long count;
    count++;
    if (plan_for("step", count)) return err_set(e, ERR_NUMERIC, "gradient of planned.weight is not finite");
    const struct plan *p = plan_for("norm", count);
    bool ok = __real_engine_step(g, b, settings, report, e);
    if (p) report->grad_norm *= p->value;
    return ok;
}

WRAP(bool, loader_next, struct loader *l, const uint8_t *views[2], double *waited, struct err *e)
{
    static long count;
    if (!plan_for("batch", ++count)) return __real_loader_next(l, views, waited, e);
    return err_set(e, ERR_IO, "images.pack: planned: Input/output error");
}

WRAP(double, clock_seconds, void)
{
    return __real_clock_seconds() + 1e-9 * (double)passed;
}

WRAP(int, nanosleep, const struct timespec *time, struct timespec *left)
{
    (void)left;
    passed += (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
    usleep(1000); /* others must get on too */
    return 0;
}
