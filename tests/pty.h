/* The real program in a pseudo-terminal, and what a terminal would show of it (libvterm). */
#ifndef MLVICX_TESTS_PTY_H
#define MLVICX_TESTS_PTY_H

#include <stdbool.h>
#include <sys/types.h>

#include <vterm.h>

#include "engine/base/text.h"

struct pty {
    pid_t pid;
    int fd; /* -1: closed */
    int rows, columns;
    VTerm *term;
    VTermScreen *screen;
    bool alternate, cursor; /* the program has the alternate screen; the cursor is seen */
    bool brackets;          /* pasted text is put into brackets */
    size_t asked;           /* of the sequence that asks for it, bytes so far */
    bool mute;              /* the terminal answers no question; set after pty_open, before anything is taken */
    bool keeps;             /* what the program writes is kept in `written`; libvterm gets it without pictures */
    int string;             /* within one of these: 1 after ESC, 2 within, 3 after ESC within */
    struct text written;
    bool ended;
    int status; /* of waitpid, once ended */
};

/** Start `argv` (argv[0] is the program's path) with TERM=`term` and the words of `environment` ("NAME=VALUE",
 * NULL-ended; NULL: none) set. The locale is C.UTF-8 unless they say otherwise. */
void pty_open(struct pty *p, const char *const *argv, const char *term, const char *const *environment, int rows,
              int columns);
/** The same below a shell: Ctrl-Z gives the terminal back to it, and then it says "[stopped]" and waits for the word
 * fg. */
void pty_open_shell(struct pty *p, const char *const *argv, const char *term, int rows, int columns);
/** Type, once what was typed before has been read. */
void pty_send(struct pty *p, const char *bytes);
void pty_send_bytes(struct pty *p, const char *bytes, size_t n);
/** Take what the program writes until nothing comes for `quiet` milliseconds. */
void pty_settle(struct pty *p, int quiet);
/** Wait until the screen holds `text` (a minute at most: machines may be busy); false when it never does. */
bool pty_wait(struct pty *p, const char *text);
/** Wait until the program has ended (a minute at most). */
bool pty_wait_end(struct pty *p);
void pty_resize(struct pty *p, int rows, int columns);
/** Row y as UTF-8, trailing blanks cut; appended. */
void pty_row(const struct pty *p, int y, struct text *out);
/** All rows, a line each; appended. */
void pty_text(const struct pty *p, struct text *out);
/** Kill it if it still runs, and free everything. */
void pty_close(struct pty *p);

#endif
