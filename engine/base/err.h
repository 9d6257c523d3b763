/* Errors travel as values: a code for the program, one line for the person.
 *
 * A function that can fail takes a `struct err *` last and returns false (or NULL) when it failed; the
 * message is then filled and names what was being done, to what, why it failed and what to try. Callers add
 * their own context in front with err_wrap. Engine and store never print; app and views show the line. */
#ifndef MLVICX_BASE_ERR_H
#define MLVICX_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

/* code, exit status, meaning */
#define ERR_LIST(X)                                                                                                    \
    X(ERR_OK, 0, "no error")                                                                                           \
    X(ERR_IO, 1, "reading or writing failed")                                                                          \
    X(ERR_FORMAT, 1, "a file does not hold what it should")                                                            \
    X(ERR_UNSUPPORTED, 1, "a valid file of a kind that is not read here")                                              \
    X(ERR_CONFIG, 2, "a setting is unknown or out of range")                                                           \
    X(ERR_USAGE, 2, "the command was used wrongly")                                                                    \
    X(ERR_MEMORY, 1, "memory ran out")                                                                                 \
    X(ERR_NOT_FOUND, 1, "a named thing does not exist")                                                                \
    X(ERR_CONFLICT, 1, "somebody else holds it, or the name is taken")                                                 \
    X(ERR_LOCKED, 1, "another process is writing and did not end in time: trying again may help")                      \
    X(ERR_NUMERIC, 1, "a number is not finite")                                                                        \
    X(ERR_DATA, 1, "the data cannot be used for this")                                                                 \
    X(ERR_INTERRUPTED, 130, "stopped by the user")                                                                     \
    X(ERR_INTERNAL, 1, "a mistake of this program")

enum err_code {
#define ERR_ENUM(code, status, meaning) code,
    ERR_LIST(ERR_ENUM)
#undef ERR_ENUM
};

struct err {
    enum err_code code;
    char msg[512]; /* one line, no newline, control characters already replaced */
};

/** Fill `e` (may be NULL) with a code and a formatted message. Always returns false, so that
 *  `return err_set(...)` leaves a failing function. Control characters in the result become '?'. */
bool err_set(struct err *e, enum err_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/** An errno in words, with the limit of the job where that is the reason (EFBIG). Returns `out`. */
enum { ERR_REASON = 160 };
const char *err_reason(int number, char *out, size_t size);

/** The same as err_set with the reason of errno appended after ": ". Saves errno first. */
bool err_errno(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Put formatted context and ": " in front of the message already in `e`. Returns false. */
bool err_wrap(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Exit status that belongs to a code. */
int err_status(enum err_code code);

#endif
