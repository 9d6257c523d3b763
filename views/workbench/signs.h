/* Symbols and colours of states: of runs, and of verdicts. */
#ifndef MLVICX_VIEWS_SIGNS_H
#define MLVICX_VIEWS_SIGNS_H

#include <stdint.h>

#include "store/run.h"

/** Symbol and colour of a state. */
uint32_t sign_of_state(enum store_state state, unsigned *ink);
/** Colour of a verdict; INK_DIM for NULL. */
unsigned ink_of_verdict(const char *word);

#endif
