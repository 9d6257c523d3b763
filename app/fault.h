/* The signal of a mapped file that was cut. */
#ifndef MLVICX_APP_FAULT_H
#define MLVICX_APP_FAULT_H

/** From here on a page of a mapped file that is there no more reads as zeros, and mapping_check tells whoever used it.
 * In memory that is not ours the signal still ends the program, with a line on stderr. */
void fault_catch(void);

#endif
