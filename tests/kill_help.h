/* Workers that are killed (SIGKILL) at points chosen by what they do to their files, watched through inotify. */
#ifndef MLVICX_TESTS_KILL_HELP_H
#define MLVICX_TESTS_KILL_HELP_H

#include "tests/run_help.h"

#include <poll.h>
#include <sys/inotify.h>

/* A run with SETTINGS and `more` (NULL-terminated) that was begun and killed at once: wherever that was. Its id. */
static inline int64_t begun_and_killed(const char *const *more)
{
    struct store_run run;
    struct err e;
    const char *words[44] = { "train", "--detach", SETTINGS };
    int n = 2 + sizeof(const char *[]){ SETTINGS } / sizeof *words;
    while (*more) words[n++] = *more++;
    words[n] = NULL;
    assert_int_equal(finish(start(words)), 0);
    int64_t id = last_run();
    assert_true(store_run_get(store, id, &run, &e));
    if (run.pid > 0) kill((pid_t)run.pid, SIGKILL);
    store_run_clear(&run);
    for (int i = 0; i < 200; i++) { /* not our child: the lock tells when it is gone */
        assert_true(store_run_get(store, id, &run, &e));
        enum store_state state = store_run_state(store, &run);
        store_run_clear(&run);
        if (state == STORE_LOST || state == STORE_FINISHED) break;
        usleep(20000);
    }
    return id;
}

/* ---- killing ---- */

struct moment {
    const char *name;
    const char *file;  /* part of the file's name that is watched       */
    const char *other; /* part that it must not have, or NULL            */
    uint32_t events;   /* of inotify                                     */
    bool in_store;     /* in the workspace's folder; else in the run's   */
    int count;         /* kill at this many events                       */
};

/* Let a worker go on with `id` until the moment comes, then kill it. True when it was killed in time. */
static inline bool killed_at(int64_t id, const struct moment *m)
{
    char dir[512], buffer[8192] __attribute__((aligned(8)));
    if (m->in_store)
        snprintf(dir, sizeof dir, "%s", home);
    else
        snprintf(dir, sizeof dir, "%s/runs/%s", home, number(id));
    int watch = inotify_init1(IN_CLOEXEC), left = m->count;
    assert_true(watch >= 0 && inotify_add_watch(watch, dir, m->events) >= 0);
    pid_t pid = start((const char *const[]){ "worker", number(id), NULL });
    bool killed = false, ended = false;
    while (!killed && !ended) {
        struct pollfd p = { .fd = watch, .events = POLLIN };
        if (poll(&p, 1, 20) <= 0) {
            ended = waitpid(pid, NULL, WNOHANG) == pid;
            continue;
        }
        ssize_t n = read(watch, buffer, sizeof buffer);
        for (ssize_t at = 0; at < n && !killed;) {
            const struct inotify_event *event = (const struct inotify_event *)(buffer + at);
            at += (ssize_t)(sizeof *event + event->len);
            if (!event->len || !strstr(event->name, m->file) || (m->other && strstr(event->name, m->other))) continue;
            killed = --left == 0;
        }
    }
    if (killed) kill(pid, SIGKILL);
    close(watch);
    return ended ? false : finish(pid) == 256 + SIGKILL;
}

#endif
