/* Redirects what libraries print to stderr to a file, so that it does not appear on the screen. */
#include "views/workbench/error_log.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/database/files.h"
#include "views/workbench/workbench.h"

enum { LOG_MOST = 1 << 20 }; /* greatest size of workbench.log in bytes; beyond it the file is started again */

void error_log_divert(struct workbench *wb)
{
    struct stat st;
    wb->error_log->before = -1;
    int fd = wb->read_only ? -1 : store_file(wb->store, STORE_WORKSPACE, 0, WORKBENCH_LOG, FOLDER_APPEND, NULL, NULL);
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > LOG_MOST && ftruncate(fd, 0)) {
        close(fd);
        fd = -1;
    }
    if (fd < 0) fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    fflush(stderr);
    wb->error_log->before = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
}

void error_log_restore(struct workbench *wb)
{
    if (wb->error_log->before < 0) return;
    fflush(stderr);
    dup2(wb->error_log->before, STDERR_FILENO);
    close(wb->error_log->before);
}
