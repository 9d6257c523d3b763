#include "engine/data/import/common/run_lengths.h"

#include <stddef.h>

enum { PIXELS = RUN_LENGTHS_SIDE * RUN_LENGTHS_SIDE };

/* The next number; false if there is none. */
static bool take(const char **s, long *out)
{
    long v = 0;
    while (**s == ' ') ++*s;
    if (**s < '0' || **s > '9') return false;
    for (; **s >= '0' && **s <= '9'; ++*s)
        if ((v = 10 * v + (**s - '0')) > PIXELS) v = PIXELS + 1;
    *out = v;
    return true;
}

bool run_lengths_paint(const char *text, uint8_t *mask, struct err *e)
{
    long at = 0, skip, run;
    while (take(&text, &skip)) {
        if (!take(&text, &run)) return err_set(e, ERR_FORMAT, "an odd count of run lengths");
        if (skip + run > PIXELS - at)
            return err_set(e, ERR_FORMAT, "run lengths leave a picture of %d x %d pixels", RUN_LENGTHS_SIDE,
                           RUN_LENGTHS_SIDE);
        at += skip;
        for (; run > 0; run--, at++)
            mask[(size_t)(at % RUN_LENGTHS_SIDE) * RUN_LENGTHS_SIDE + (size_t)(at / RUN_LENGTHS_SIDE)] = 1;
    }
    while (*text == ' ') text++;
    return !*text || err_set(e, ERR_FORMAT, "'%.20s' is no run length", text);
}
