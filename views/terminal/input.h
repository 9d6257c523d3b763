/* Keys from bytes: what a terminal sends, cut into keys, clicks and pasted text.
 *
 * A machine after ECMA-48. Bytes are either a key of their own or belong to a sequence, and what belongs to a sequence
 * is never a key: one that means nothing here is swallowed whole, at whatever pace its bytes come. Control sequences
 * (CSI), single shifts (SS3), strings (OSC, DCS, APC, PM, SOS), Alt with a key, mouse reports and pasted text are told
 * apart, in 7 and in 8 bits. What never ends is given up after a time, so that no lost byte locks the keyboard.
 *
 * Nothing here reads or waits: bytes are fed, and the time is told. */
#ifndef MLVICX_VIEWS_INPUT_H
#define MLVICX_VIEWS_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/text.h"
#include "views/terminal/sequence.h"

enum { INPUT_ROOM = 1024, INPUT_DEFINED = 64, INPUT_SEQUENCE = 64, INPUT_PASTED_MOST = 4096 };

/* How long an incomplete sequence or paste is waited for, in seconds. */
#define INPUT_ESCAPE_WAIT 0.04 /* ESC alone is the key Esc                                            */
#define INPUT_LATE_WAIT   0.6  /* a byte after a lone Esc that could still belong to it */
#define INPUT_DOUBT       2.5  /* the same, after such a byte was taken for a key: the rest of its sequence */
#define INPUT_QUIET       3.0  /* a sequence or paste whose rest does not come */
#define INPUT_BURST_QUIET 0.15 /* a paste without brackets is over                                    */

struct input {
    bool utf8;    /* else bytes are what the locale says (btowc) */
    bool listens; /* the terminal was asked about itself: its answers are events */
    unsigned state;
    char bytes[INPUT_ROOM + INPUT_SEQUENCE]; /* fed but not yet processed: at .. end */
    size_t at, end;
    double arrived;                /* when the newest bytes came                                   */
    double fast;                   /* when bytes last came too fast to be typed */
    double escaped;                /* when a lone ESC was taken for the key Esc; 0: something has come since */
    char held;                     /* the byte that came shortly after it */
    char sequence[INPUT_SEQUENCE]; /* the sequence so far, introducer first, in 7-bit form */
    size_t length;
    bool alt;        /* what is being read followed ESC: Alt is held */
    bool bell;       /* the string may end with BEL                                               */
    bool kept;       /* the string is an answer, kept in `sequence` */
    int need;        /* bytes that a character or a report lacks                                  */
    uint32_t code;   /* the character so far                                                      */
    uint32_t least;  /* least valid value: a smaller one was encoded with too many bytes */
    int matched;     /* of the bytes that end a paste                                             */
    uint32_t box[3]; /* of a mouse report: button, column, row                                    */
    int boxes;
    struct text pasted; /* owned */
    bool blank;         /* a newline or blank is pending until something follows */
    struct {
        char bytes[16];
        int key;
    } defined[INPUT_DEFINED];
    int defined_count;
};

/** Initialises it; `utf8`: characters are encoded in UTF-8. */
void input_init(struct input *in, bool utf8);
void input_clear(struct input *in);
/** Defines what this terminal sends for a key (from terminfo). Only sequences that begin with ESC; others are ignored.
 */
void input_define(struct input *in, const char *bytes, int key);

/** Feeds the bytes of one read, at most INPUT_ROOM, after input_next has returned false for the previous ones.
 * `typing`: a line of text is being typed, so a line that arrives together with its Enter is no paste. */
void input_feed(struct input *in, const char *bytes, size_t n, double now, bool typing);
/** The next event in the fed bytes; false if there is none yet. Its text is borrowed until the next call. */
bool input_next(struct input *in, struct input_event *out);
/** Call if nothing has come up to `now`: ends what has been waited for long enough. False: no event results. */
bool input_idle(struct input *in, double now, struct input_event *out);
/** Seconds from `now` until input_idle may return an event; negative: never. */
double input_due(const struct input *in, double now);

#endif
