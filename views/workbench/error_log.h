/* Redirects what libraries and crashing code print to stderr to a file of the workspace, so that it does not appear
 * on the screen. */
#ifndef MLVICX_VIEWS_ERROR_LOG_H
#define MLVICX_VIEWS_ERROR_LOG_H

struct workbench;

#define WORKBENCH_LOG "workbench.log"

struct error_log {
    int before; /* the real stderr; -1: not redirected */
};

/** Redirects stderr to the log, and back. */
void error_log_divert(struct workbench *wb);
void error_log_restore(struct workbench *wb);

#endif
