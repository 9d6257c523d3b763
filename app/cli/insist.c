#include "app/cli/insist.h"

#include <time.h>

#include "app/cli/process.h"
#include "engine/base/clock.h"

enum { WAIT_MILLISECONDS = 250 };      /* for the lock, in each try                  */
static const double told_seconds = 30; /* between two lines about it                 */

/* A write that has failed, and is tried again. */
struct waiting {
    double began, said; /* clock_seconds; 0: it has not failed */
    const char *kept;   /* where, NULL: nowhere                */
};

static void nap(void)
{
    static const struct timespec tenth = { .tv_nsec = 100000000 };
    for (int i = 0; i < 10 && !process_asked(); i++) nanosleep(&tenth, NULL);
}

static void tell(const struct insist *i, struct waiting *w, const struct err *why)
{
    double now = clock_seconds();
    if (w->said > 0 && now - w->said < told_seconds) return;
    if (w->said > 0)
        app_note(i->app, "%s: not written for %.0f s, tried again each second: %s", i->what, now - w->began, why->msg);
    else
        app_note(i->app, "%s; %s are kept%s%s and tried again each second", why->msg, i->what, w->kept ? " in " : "",
                 w->kept ? w->kept : "");
    w->said = now;
}

/* Whether there is no point in trying again, or nobody wants to wait for it. */
static bool is_over(const struct insist *i, const struct waiting *w)
{
    if (process_asked()) return true;
    return (w->kept || store_outgrown(i->app->store)) && clock_seconds() - w->began >= i->seconds;
}

static bool give_up(const struct insist *i, const struct waiting *w, const struct err *why, struct err *e)
{
    const char *reason = why->msg;
    if (w->kept)
        return err_set(e, why->code,
                       "%.250s: %s are kept in %s, and go into the store with the next mlvicx eval or worker", reason,
                       i->what, w->kept);
    return err_set(e, why->code, "%.350s: %s are not in the store", reason, i->what);
}

static bool try_on(const struct insist *i, struct err *e)
{
    struct waiting w = { 0 };
    struct err why, unkept;
    for (;;) {
        if (i->write(i->ctx, &why)) break;
        if (why.code != ERR_LOCKED && why.code != ERR_IO) return err_set(e, why.code, "%s", why.msg);
        if (!(w.began > 0)) w.began = clock_seconds();
        if (!w.kept && i->keep) w.kept = i->keep(i->ctx, &unkept);
        tell(i, &w, &why);
        if (is_over(i, &w)) return give_up(i, &w, &why, e);
        nap();
    }
    if (w.began > 0) app_note(i->app, "%s: written after %.0f s; nothing is lost", i->what, clock_seconds() - w.began);
    return true;
}

bool insist(const struct insist *i, struct err *e)
{
    process_catch(PROCESS_WORKS);
    store_set_asked(i->app->store, NULL);
    store_set_lock_timeout(i->app->store, WAIT_MILLISECONDS);
    bool ok = try_on(i, e);
    store_set_lock_timeout(i->app->store, STORE_LOCK_TIMEOUT);
    return ok;
}
