/* Watches the place of the store. If the store was removed, renamed or replaced while it is open, the user is told,
 * nothing is written any more, and leaving is offered; if it comes back, work continues. */
#include "views/workbench/store_access.h"

#include "views/workbench/dialogs.h"
#include "views/workbench/message.h"
#include "views/workbench/workbench.h"

enum { WRITE_TIMEOUT = 200 }; /* milliseconds: workers commit faster, and a user does not notice that a key waits */

static unsigned quit_agreed(struct workbench *wb, void *ctx)
{
    (void)ctx;
    wb->quit = true;
    return AFTER_NOTHING;
}

bool store_access_check(struct workbench *wb)
{
    struct err e;
    if (store_in_place(wb->store, &e)) {
        if (wb->access->gone) message_say(wb, "the store is back in its place");
        wb->access->gone = wb->access->asked = false;
        return true;
    }
    message_fail(wb, &e); /* repeated, because a key hides it only for a moment */
    wb->access->gone = true;
    if (wb->access->asked || wb->dialogs->front.kind) return false; /* a user who is typing is asked afterwards */
    wb->access->asked = true;
    dialog_confirm(wb, "leave mlvicx? the store is gone, and nothing is written any more", quit_agreed, NULL);
    return false;
}

bool store_access_begin_write(struct workbench *wb)
{
    if (!store_access_check(wb)) return false;
    store_set_lock_timeout(wb->store, WRITE_TIMEOUT);
    return true;
}

bool store_access_end_write(struct workbench *wb, bool ok, const struct err *e)
{
    store_set_lock_timeout(wb->store, STORE_LOCK_TIMEOUT);
    if (!ok && e->code == ERR_LOCKED)
        message_warn(wb, "not written: another program has the store; try again");
    else if (!ok)
        message_fail(wb, e);
    return ok;
}
