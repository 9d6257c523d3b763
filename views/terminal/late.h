/* Late: what comes behind a key Esc that may have been the beginning of a sequence.
 *
 * ESC alone is the key Esc after a moment, so that on a slow line the rest of a sequence comes behind it byte by byte,
 * as if it were typed. What terminals send of themselves is a narrow part of ECMA-48: keys, clicks, reports. What goes
 * on with such a sequence is no key; what does not was typed. Pure. */
#ifndef MLVICX_VIEWS_LATE_H
#define MLVICX_VIEWS_LATE_H

#include <stdbool.h>
#include <stddef.h>

/** Whether a byte can follow ESC as the introducer of a sequence. */
bool late_introducer(unsigned char byte);
bool late_goes_on(char introducer, unsigned char byte);

enum late_fit { LATE_OTHER, LATE_MORE, LATE_WHOLE };
/** Whether a byte continues with a control sequence or a shift that terminals send, or ends it. `sequence` begins with
 * ESC and its introducer, which is '[' or 'O'. */
enum late_fit late_fit(const char *sequence, size_t length, unsigned char byte);

#endif
