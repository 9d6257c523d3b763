/* The store's place: where it was removed, renamed or replaced while it is open, that is said, nothing is written any
 * more, and the way out is offered; where it comes back, all goes on. */
#include "views/workbench/inside.h"

enum { WRITE_PATIENCE = 200 }; /* milliseconds: workers commit faster, and nobody feels that a key waits */

static unsigned quit_agreed(struct desk *d, void *ctx)
{
    (void)ctx;
    desk_quit(d);
    return AFTER_NOTHING;
}

bool desk_in_place(struct desk *d)
{
    struct desk_inside *in = d->inside;
    struct err e;
    if (store_in_place(d->store, &e)) {
        if (in->gone) desk_say(d, "the store is back in its place");
        in->gone = in->gone_asked = false;
        return true;
    }
    desk_fail(d, &e); /* again and again: a key takes it off only for a moment */
    in->gone = true;
    if (in->gone_asked || in->modal.kind) return false; /* who is typing is asked afterwards */
    in->gone_asked = true;
    desk_confirm(d, "leave mlvicx? the store is gone, and nothing is written any more", quit_agreed, NULL);
    return false;
}

bool desk_write_begin(struct desk *d)
{
    if (!desk_in_place(d)) return false;
    store_set_patience(d->store, WRITE_PATIENCE);
    return true;
}

bool desk_write_end(struct desk *d, bool ok, const struct err *e)
{
    store_set_patience(d->store, STORE_PATIENCE);
    if (!ok && e->code == ERR_LOCKED)
        desk_warn(d, "not written: another program has the store; try again");
    else if (!ok)
        desk_fail(d, e);
    return ok;
}
