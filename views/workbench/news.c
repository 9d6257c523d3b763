/* What screens are told, and what the loop is asked. */
#include "views/workbench/inside.h"

void desk_tell(struct desk *d, unsigned news)
{
    for (int i = 0; d->inside->screens[i]; i++) d->inside->news[i] |= news;
}

void desk_hurry(struct desk *d)
{
    d->inside->hurry = true;
    d->inside->news[d->inside->reading] |= NEWS_MORE;
}

void desk_quit(struct desk *d)
{
    d->inside->quit = true;
}

bool desk_asking(const struct desk *d)
{
    return d->inside->modal.kind != MODAL_NONE;
}
