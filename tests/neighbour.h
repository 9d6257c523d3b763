/* Beside a change that is made in slices: another handle that writes and reads all the time, and a process that is
 * killed in the middle. */
#ifndef MLVICX_TESTS_NEIGHBOUR_H
#define MLVICX_TESTS_NEIGHBOUR_H

#include "tests/store_help.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "store/setting.h"

struct neighbour {
    const char *dir;
    int64_t (*hidden)(struct store *s);                  /* rows that are not whole, as in the middle of the change */
    const char *(*look)(struct store *s, struct err *e); /* what is wrong with what a reader finds; NULL: nothing */
    atomic_bool over;
    int committed;     /* its own writes in the middle of the change */
    const char *fault; /* NULL: none */
    pthread_t thread;
};

static inline void *neighbour_live(void *ctx)
{
    struct neighbour *n = ctx;
    struct store *s;
    struct err e;
    if (!store_open(n->dir, STORE_WRITE, &s, &e)) return NULL;
    while (!n->over && !n->fault) {
        bool before = n->hidden(s) > 0;
        if (!store_setting_set(s, "x", "y", &e)) n->fault = "cannot write";
        if (before && n->hidden(s) > 0) n->committed++;
        if (!n->fault) n->fault = n->look(s, &e);
    }
    store_close(s);
    return NULL;
}

static inline void neighbour_begin(struct neighbour *n)
{
    assert_int_equal(pthread_create(&n->thread, NULL, neighbour_live, n), 0);
}

/** Fails the test where the neighbour met a fault. Returns how often it wrote in the middle of the change. */
static inline int neighbour_end(struct neighbour *n)
{
    n->over = true;
    pthread_join(n->thread, NULL);
    if (n->fault) fail_msg("%s", n->fault);
    return n->committed;
}

static inline int die_at_third(void *ctx)
{
    int *n = ctx;
    if (++*n == 3) raise(SIGKILL);
    return 0;
}

/** A process of its own opens the store, does `work` and is killed at its third commit, which never comes. */
static inline void in_a_child_that_dies(struct store *s, void (*work)(struct store *own, void *ctx), void *ctx)
{
    pid_t child = fork();
    int status, commits = 0;
    if (!child) {
        struct store *own;
        if (!store_open(store_dir(s), STORE_WRITE, &own, NULL)) _exit(1);
        sqlite3_commit_hook(own->db, die_at_third, &commits);
        work(own, ctx);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

#endif
