/* The store's place: where it was removed, renamed or replaced while it is open, that is said, nothing is written any
 * more, and the way out is offered; where it comes back, all goes on. */
#include "views/workbench/inside.h"

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
