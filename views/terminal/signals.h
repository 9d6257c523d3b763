/* Signals: what asks the workbench to leave, to give the terminal to the shell, or to measure it again; and how the
 * terminal is restored however the program ends. State of the process: there is one terminal. */
#ifndef MLVICX_VIEWS_SIGNALS_H
#define MLVICX_VIEWS_SIGNALS_H

#include <stdbool.h>

/* Mouse reports and bracketed paste: on and off. */
#define MOUSE_ON  "\033[?1000h\033[?1006h"
#define MOUSE_OFF "\033[?1000l\033[?1002l\033[?1006l"
#define PASTE_ON  "\033[?2004h"
#define PASTE_OFF "\033[?2004l"

enum signals_kind { SIGNALS_ASKED /* to leave */, SIGNALS_STOPPED, SIGNALS_GROWN, SIGNALS_COUNT };

/** Remember the modes of the terminal as the shell left them. */
void signals_remember(void);
/** From now on signals are noted, and a crash restores the terminal. */
void signals_catch(void);
/** Signals do again what they usually do; the terminal has been restored. */
void signals_release(void);
/** Whether such a signal has come, since it was taken last. */
bool signals_seen(enum signals_kind kind);
bool signals_pending(void); /* any of them */
void signals_take(enum signals_kind kind);
/** Stop as a job of the shell does, until it goes on. The terminal has been left. */
void signals_suspend(void);
/** Write a sequence to the terminal at once, past all buffers. May be called in a signal handler. */
void signals_put(const char *bytes);

#endif
