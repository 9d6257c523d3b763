#include "app/worker/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/cli/process.h"
#include "store/database/files.h"

/* A log that is read while it grows, in whole lines. */
struct tail {
    struct app *app;
    int fd;
    char line[2048];
    size_t length;
};

static int open_log(struct app *app, int64_t run)
{
    return app->store ? store_file(app->store, STORE_RUN, run, "log", FOLDER_READ, NULL, NULL) : -1;
}

off_t follow_mark(struct app *app, int64_t run)
{
    struct stat st;
    int fd = open_log(app, run);
    off_t size = fd >= 0 && fstat(fd, &st) == 0 ? st.st_size : 0;
    if (fd >= 0) close(fd);
    return size;
}

/* Lines of progress are rewritten in place, all others remain. */
static void show(struct tail *t, const char *line)
{
    long long step, steps;
    if (sscanf(line, "step %lld/%lld ", &step, &steps) == 2)
        app_progress(t->app, step == steps, "%s", line);
    else
        app_say(t->app, "%s", line);
}

static void read_on(struct tail *t)
{
    char bytes[4096];
    ssize_t n;
    while (t->fd >= 0 && (n = read(t->fd, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (bytes[i] != '\n') {
                if (t->length < sizeof t->line - 1) t->line[t->length++] = bytes[i];
                continue;
            }
            t->line[t->length] = '\0';
            t->length = 0;
            show(t, t->line);
        }
    }
}

void follow_catch_up(struct app *app, int64_t run, off_t mark)
{
    struct tail t = { .app = app, .fd = open_log(app, run) };
    if (t.fd < 0) return;
    lseek(t.fd, mark, SEEK_SET);
    read_on(&t);
    close(t.fd);
}

/* Passes requests on to the worker: an end once, a checkpoint each time. True if the user does not want to wait any
 * longer. */
static bool hand_on(struct app *app, pid_t pid, int *told)
{
    if (process_save_asked()) kill(pid, SIGUSR1);
    if (process_asked() && !*told) {
        *told = process_asked();
        kill(pid, SIGTERM);
        app_say(app, "stopping after this step, with a checkpoint; once more leaves it alone");
    }
    return process_asked_times() > 1;
}

int follow_worker(struct app *app, int64_t run, pid_t pid, off_t mark, int *ended_with)
{
    static const struct timespec nap = { .tv_nsec = 100000000 };
    struct tail t = { .app = app, .fd = open_log(app, run) };
    int told = 0;
    *ended_with = 0;
    process_catch(PROCESS_FOLLOWS);
    if (t.fd >= 0) lseek(t.fd, mark, SEEK_SET);
    for (;;) {
        pid_t ended = waitpid(pid, ended_with, WNOHANG);
        read_on(&t);
        if (ended == pid || (ended < 0 && errno == ECHILD)) break;
        if (hand_on(app, pid, &told)) {
            app_say(app, "left: its worker is still stopping (process %lld); mlvicx log %lld -f watches it",
                    (long long)pid, (long long)run);
            break;
        }
        nanosleep(&nap, NULL);
    }
    if (t.fd >= 0) close(t.fd);
    if (app->rows) app_say(app, "%s", "");
    return told ? 128 + told : 0;
}

bool follow_beside(struct app *app, int64_t run, off_t mark, struct follower *f, struct err *e)
{
    static const struct timespec nap = { .tv_nsec = 100000000 };
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) return err_errno(e, "follow: no pipe");
    fflush(NULL);
    *f = (struct follower){ .pid = fork(), .end = ends[1] };
    if (f->pid < 0) {
        err_errno(e, "follow: cannot fork");
        close(ends[0]);
        close(ends[1]);
        return false;
    }
    if (f->pid > 0) {
        close(ends[0]);
        return true;
    }
    /* the child only reads a file and writes to a terminal; it ends when the other end of the pipe is closed */
    static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU, SIGUSR1, SIGUSR2, SIGALRM };
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) signal(ignored[i], SIG_IGN);
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    struct tail t = { .app = app, .fd = -1 };
    for (bool over = false; !over;) {
        char byte;
        over = read(ends[0], &byte, 1) == 0;
        if (t.fd < 0 && (t.fd = open_log(app, run)) >= 0) lseek(t.fd, mark, SEEK_SET); /* the worker creates the log */
        read_on(&t);
        if (!over) nanosleep(&nap, NULL);
    }
    if (app->rows) app_say(app, "%s", "");
    fflush(NULL);
    _exit(0);
}

void follow_end(struct follower *f)
{
    close(f->end);
    waitpid(f->pid, NULL, 0);
}
