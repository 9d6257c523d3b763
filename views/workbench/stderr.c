/* Whatever libraries print to stderr goes to a file, and never over the screen. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/files.h"
#include "views/workbench/inside.h"

enum { LOG_MOST = 1 << 20 }; /* bytes of workbench.log: more, and it begins anew */

void stderr_divert(struct desk *d)
{
    struct desk_inside *in = d->inside;
    struct stat st;
    in->stderr_before = -1;
    int fd = d->read_only ? -1 : store_file(d->store, STORE_WORKSPACE, 0, WORKBENCH_LOG, FOLDER_APPEND, NULL, NULL);
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > LOG_MOST && ftruncate(fd, 0)) {
        close(fd);
        fd = -1;
    }
    if (fd < 0) fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    fflush(stderr);
    in->stderr_before = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
}

void stderr_restore(struct desk *d)
{
    if (d->inside->stderr_before < 0) return;
    fflush(stderr);
    dup2(d->inside->stderr_before, STDERR_FILENO);
    close(d->inside->stderr_before);
}
