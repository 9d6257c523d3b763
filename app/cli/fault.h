/* Signals that are not requests: caused by a truncated mapped file, a bug of our own, or a timer that nobody set. */
#ifndef MLVICX_APP_CLI_FAULT_H
#define MLVICX_APP_CLI_FAULT_H

/** From here on a missing page of a mapped file reads as zeros, and mapping_check reports it to the user of the
 * mapping. In other memory the signal still ends the program, with a line on stderr. */
void fault_catch(void);

/** From here on a fatal signal that can be caught first writes the line "signal N" to the file `note`, which is
 * owned from now on (an earlier one is closed), or -1 for none; the signal then ends the program as before. Signals
 * that are ignored, or caught elsewhere, are unchanged. */
void fault_note(int note);

#endif
