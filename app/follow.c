#include "app/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/process.h"

/* A log that is read as it grows: whole lines only. */
struct tail {
    struct app *app;
    int fd;
    char line[2048];
    size_t length;
};

static int open_log(struct app *app, int64_t run)
{
    char path[STORE_PATH];
    return app->store && store_run_path(app->store, run, "log", path, NULL) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
}

off_t follow_mark(struct app *app, int64_t run)
{
    struct stat st;
    int fd = open_log(app, run);
    off_t size = fd >= 0 && fstat(fd, &st) == 0 ? st.st_size : 0;
    if (fd >= 0) close(fd);
    return size;
}

/* Progress is rewritten in place; all else stays. */
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

int follow_worker(struct app *app, int64_t run, pid_t pid, off_t mark, int *ended_with)
{
    static const struct timespec nap = { .tv_nsec = 100000000 };
    struct tail t = { .app = app, .fd = open_log(app, run) };
    int told = 0;
    *ended_with = 0;
    process_catch(false);
    if (t.fd >= 0) lseek(t.fd, mark, SEEK_SET);
    for (;;) {
        pid_t ended = waitpid(pid, ended_with, WNOHANG);
        read_on(&t);
        if (ended == pid || (ended < 0 && errno == ECHILD)) break;
        if (process_asked() && !told) {
            told = process_asked();
            kill(pid, SIGTERM);
            app_say(app, "stopping after this step, with a checkpoint");
        }
        nanosleep(&nap, NULL);
    }
    if (t.fd >= 0) close(t.fd);
    if (app->rows) app_say(app, "%s", "");
    return told ? 128 + told : 0;
}
