/* Symbols and colours of states: of runs, and of verdicts. */
#ifndef MLVICX_VIEWS_SIGNS_H
#define MLVICX_VIEWS_SIGNS_H

#include <stdint.h>

#include "engine/diagnose/verdict.h"
#include "store/run.h"

/** Symbol and colour of a state. */
uint32_t sign_of_state(enum store_state state, unsigned *ink);
/** Colour of a verdict by how much it asks for; INK_DIM for VERDICT_UNKNOWN. */
unsigned ink_of_verdict(enum verdict_word word);

/** Its sign, for where colours are not seen: upwards, level, an exclamation mark, downwards. */
uint32_t sign_of_verdict(enum verdict_word word);

#endif
