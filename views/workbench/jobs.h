/* Jobs: this program started again in the background, for what takes long or needs what a screen may not touch. */
#ifndef MLVICX_VIEWS_JOBS_H
#define MLVICX_VIEWS_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "engine/base/text.h"

struct workbench;

enum { JOBS_MOST = 8 };
struct job {
    pid_t pid; /* 0: free */
    char title[96];
    double begun;
    int out, err; /* pipes; -1: ended */
    struct text output, errors;
    void (*done)(struct workbench *wb, void *ctx, int status, const char *output);
    void *ctx;
};
struct jobs {
    struct job list[JOBS_MOST];
    char ended[96]; /* title of the one that ended last */
};

/** Start this program with `argv` (NULL-ended, without its own name; the store is added) in the background. When it
 * ends, `done` (may be NULL) gets its exit status and what it printed on stdout; where it is NULL or the status is not
 * 0, the last line of stderr is shown as a message. `title` says what is continuing ("resume 17"). Texts are copied. */
bool job_start(struct workbench *wb, const char *title, const char *const *argv,
               void (*done)(struct workbench *wb, void *ctx, int status, const char *output), void *ctx);
/** How many still run. */
int jobs_running(const struct workbench *wb);
/** What the running job of a title said last of how far it is; "" when nothing. */
void job_progress(const struct workbench *wb, const char *title, char *out, size_t size);

/** Take what jobs have said and end those that ended. Returns enum after bits. */
unsigned jobs_tend(struct workbench *wb);
/** What is continuing and for how long; false when nothing is. */
bool jobs_text(const struct workbench *wb, char *out, size_t size);
/** Forget them: they continue by themselves. */
void jobs_leave(struct workbench *wb);

#endif
