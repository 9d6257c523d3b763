/* Names of terminals: what to take for one whose description is not installed here. */
#ifndef MLVICX_VIEWS_TERMINAL_NAMES_H
#define MLVICX_VIEWS_TERMINAL_NAMES_H

/** The i-th name to try for a terminal called `term` (NULL or empty: unknown), the nearest first; NULL: no more.
 *  `colours` is $COLORTERM, or NULL. */
const char *terminal_names_like(const char *terminal, const char *colours, int i);
/** The twin of a name that takes 24-bit colours, where `colours` says that the terminal does; NULL: none. */
const char *terminal_names_direct(const char *terminal, const char *colours);

#endif
