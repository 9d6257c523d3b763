/* A message that replaces the alarm line for a while: what was done, or why it failed. */
#include "views/workbench/message.h"

#include <stdarg.h>
#include <stdio.h>

#include "engine/base/text.h"
#include "views/workbench/frame.h"
#include "views/workbench/workbench.h"

enum { MESSAGE_SECONDS = 6 };

static void tell(struct workbench *wb, bool bad, const char *format, va_list args)
{
    vsnprintf(wb->message->text, sizeof wb->message->text, format, args);
    text_clean(wb->message->text);
    wb->message->bad = bad;
    wb->message->of_runs = false;
    wb->message->until = bad ? 0 : wb->now + MESSAGE_SECONDS;
    wb->frame->dirty = true;
}

void message_say(struct workbench *wb, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(wb, false, format, args);
    va_end(args);
}

void message_warn(struct workbench *wb, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(wb, true, format, args);
    va_end(args);
}

void message_warn_read_only(struct workbench *wb, const char *what)
{
    const char *why = store_remark(wb->store);
    message_warn(wb, "%s%sthis store can only be read%s%s%s", what, *what ? ": " : "", *why ? " (" : "", why,
                 *why ? ")" : "");
}

bool message_fail(struct workbench *wb, const struct err *e)
{
    message_warn(wb, "%s", e->msg);
    return false;
}

static void end(struct workbench *wb)
{
    wb->message->text[0] = '\0';
    wb->message->bad = false;
    wb->frame->dirty = true;
}

void message_of_runs(struct workbench *wb)
{
    wb->message->of_runs = true;
}

void message_runs_changed(struct workbench *wb)
{
    if (wb->message->of_runs) message_leave(wb);
}

void message_leave(struct workbench *wb)
{
    if (wb->message->text[0] && !wb->message->bad) end(wb);
}

void message_heed(struct workbench *wb)
{
    if (wb->message->bad) end(wb);
}

void message_tick(struct workbench *wb)
{
    if (wb->message->text[0] && !wb->message->bad && wb->now > wb->message->until) end(wb);
}
