/* Jobs: this program started again in the background, for work that takes long or needs what a screen may not use. */
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
    char ended[96];  /* title of the job that ended last */
    char said[256];  /* the last line that it wrote to stderr */
    char asked[512]; /* a command that awaits an answer */
};

/** Starts this program with `argv` (NULL-ended, without its own name; the store is added) in the background. When it
 * ends, `done` (may be NULL) gets its exit status and its stdout; if `done` is NULL or the status is not 0, the last
 * line of stderr is shown as a message. `title` describes the job ("resume 17"). Texts are copied. */
bool job_start(struct workbench *wb, const char *title, const char *const *argv,
               void (*done)(struct workbench *wb, void *ctx, int status, const char *output), void *ctx);
/** How many still run. */
int jobs_running(const struct workbench *wb);
/** The latest progress that the running job of a title has reported; "" if none. */
void job_progress(const struct workbench *wb, const char *title, char *out, size_t size);

/** Reads the output of jobs, and finishes those that have ended. Returns enum after bits. */
unsigned jobs_tend(struct workbench *wb);
/** The running jobs and for how long they have been running; false if there are none. */
bool jobs_text(const struct workbench *wb, char *out, size_t size);
/** Forgets the jobs; they continue by themselves. */
void jobs_leave(struct workbench *wb);

#endif
