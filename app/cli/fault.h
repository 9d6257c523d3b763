/* Signals that are no request: of a mapped file that was cut, of a fault of our own, of a timer that nobody set. */
#ifndef MLVICX_APP_CLI_FAULT_H
#define MLVICX_APP_CLI_FAULT_H

/** From here on a page of a mapped file that is there no more reads as zeros, and mapping_check tells whoever used it.
 * In memory that is not ours the signal still ends the program, with a line on stderr. */
void fault_catch(void);

/** From here on a signal that ends the program at once, and can be caught, first writes the line "signal N" to the file
 * `note`, which is owned from now on (one noted before is closed), or -1 for none; the signal then ends it as before.
 * Signals that are ignored, or caught by somebody else, stay so. */
void fault_note(int note);

#endif
