/* What is sent to a terminal beside its cells: a notice that something ended, and text for its clipboard. Pure
 * functions. */
#ifndef MLVICX_VIEWS_ANNOUNCE_H
#define MLVICX_VIEWS_ANNOUNCE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/text.h"

enum {
    ANNOUNCE_CLIPBOARD = 74994
}; /* bytes before encoding that every terminal with OSC 52 takes: 100,000 in base64 */

/** Whether a terminal of this name ($TERM, may be NULL) drops operating system commands that it does not know. Where it
 * may print them, nothing but a bell is sent. */
bool announce_has_commands(const char *term);

/** Append a bell and, with `commands`, the notices of OSC 9 and OSC 777 with a text, cleaned of control characters. */
void announce_notice(const char *text, bool commands, struct text *out);

/** Append OSC 52, which puts n bytes into the clipboard; false (and nothing) for more than ANNOUNCE_CLIPBOARD. */
bool announce_clipboard(const char *data, size_t n, struct text *out);

#endif
