/* The line that stands in the place of the alarm line for a while: what was done, or why not. */
#include "views/workbench/inside.h"

#include <stdarg.h>
#include <stdio.h>

enum { MESSAGE_SECONDS = 6 };

static void tell(struct desk *d, bool bad, const char *format, va_list args)
{
    struct desk_inside *in = d->inside;
    vsnprintf(in->message, sizeof in->message, format, args);
    text_clean(in->message);
    in->message_bad = bad;
    in->message_until = bad ? 0 : d->now + MESSAGE_SECONDS;
    in->dirty = true;
}

void desk_say(struct desk *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(d, false, format, args);
    va_end(args);
}

void desk_warn(struct desk *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(d, true, format, args);
    va_end(args);
}

void desk_warn_read_only(struct desk *d, const char *what)
{
    const char *why = store_remark(d->store);
    desk_warn(d, "%s%sthis store can only be read%s%s%s", what, *what ? ": " : "", *why ? " (" : "", why,
              *why ? ")" : "");
}

bool desk_fail(struct desk *d, const struct err *e)
{
    desk_warn(d, "%s", e->msg);
    return false;
}
