/* What this process may use, asked in one place: processors, memory, address space, files,
 * threads.
 *
 * A batch job, a container or a shell may leave a process less than the machine has. Whoever starts threads or plans
 * memory asks here, and says in its errors which limit it was. */
#ifndef MLVICX_BASE_LIMITS_H
#define MLVICX_BASE_LIMITS_H

#include <stdbool.h>

#include "engine/base/err.h"

enum { LIMIT_NAME = 160, LIMIT_LINE = 512, LIMIT_BOOT = 64 };

/** The least of several limits and which it is: "machine", "affinity", "cpu cgroup /job42", "RLIMIT_AS". INFINITY and
 * "" where nothing limits. */
struct limit {
    double value;
    char by[LIMIT_NAME];
};

struct limits {
    struct limit processors;  /* whole ones, 1 up                                                     */
    struct limit memory;      /* bytes that may be in use at once: physical, or of a control group    */
    struct limit address;     /* bytes that may be mapped on top of what is                           */
    struct limit file;        /* bytes of a file that is written                                      */
    struct limit tasks;       /* threads and processes that may be started on top of those that there are */
    struct limit threads;     /* what `auto` means: processors, fewer where address or tasks leave fewer  */
    double killed;            /* processes that the kernel has ended so far for lack of memory, -1: not known */
    char counter[LIMIT_LINE]; /* the file that counts them, "" where there is none                      */
};

/** What OpenBLAS maps for each of its threads, and once more for the thread that calls it. Little of it is touched. */
extern const double limits_blas_bytes;

/** Addresses of the stack of a thread that is started now. Little of it is touched. */
double limits_stack_bytes(void);

/** Ask. `root` NULL, or a folder of made-up /proc and /sys for tests. */
void limits_read(const char *root, struct limits *out);

/** What such a counter says now, where it is still the same one (`inode`, as limits_counter_inode said); -1 where that
 * is not known. Its name may be anybody's: only files of the kernel's that count are opened. */
double limits_killed(const char *root, const char *counter, double inode);
/** The number of a counter's file, which another group of the same name does not have; 0 where there is none. */
double limits_counter_inode(const char *counter);

/** What this boot of the machine is called, "" where it has no name. Another one has another. */
void limits_boot(const char *root, char out[LIMIT_BOOT]);

/** The same in words, one line: "threads 2 (affinity), memory 700 MiB (memory cgroup /job42)". Returns `out`. */
const char *limits_text(const struct limits *l, char out[LIMIT_LINE]);

/** Whether a file of `bytes` may be written. `what` begins the error: "a checkpoint takes about". ERR_IO. */
bool limits_check_file(const struct limits *l, const char *what, double bytes, struct err *e);

/** Whether `threads` of the engine and `others` beside them can be started. `what` begins the error: the setting. */
bool limits_check_threads(const struct limits *l, const char *what, int threads, int others, struct err *e);

#endif
