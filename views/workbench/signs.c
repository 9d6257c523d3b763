#include "views/workbench/signs.h"

#include "views/terminal/canvas.h"

uint32_t sign_of_state(enum store_state state, unsigned *ink)
{
    static const struct {
        uint32_t sign;
        unsigned ink;
    } states[STORE_STATE_COUNT] = {
        [STORE_QUEUED] = { 0x2026, INK_DIM },     [STORE_RUNNING] = { 0x25cf, INK_GOOD },
        [STORE_PAUSED] = { 0x2016, INK_WATCH },   [STORE_FINISHED] = { 0x2713, INK_GOOD },
        [STORE_STOPPED] = { 0x25a0, INK_NORMAL }, [STORE_FAILED] = { 0x2717, INK_BAD },
        [STORE_LOST] = { '?', INK_BAD },          [STORE_UNKNOWN] = { '-', INK_WATCH },
    };
    *ink = states[state].ink;
    return states[state].sign;
}

unsigned ink_of_verdict(enum verdict_word word)
{
    static const unsigned inks[] = { INK_DIM, INK_GOOD, INK_ACCENT, INK_WATCH, INK_BAD };
    return inks[verdict_worry(word)];
}

uint32_t sign_of_verdict(enum verdict_word word)
{
    static const uint32_t signs[] = { ' ', 0x25b2, 0x2500, '!', 0x25bc }; /* by worry */
    return signs[verdict_worry(word)];
}
