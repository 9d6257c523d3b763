/* Processes of a pool. They never return into the program that made them. */
#include "config.h"

#include "engine/data/dicom/dicom_child.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum { SOCKET = 3 }; /* number of a process's own socket: a handler of signals knows it without asking */

bool dicom_send(int socket, const void *bytes, size_t n, int fd)
{
    const char *from = bytes;
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    while (n) {
        struct iovec part = { (void *)(uintptr_t)from, n };
        struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };
        if (fd >= 0) {
            memset(&control, 0, sizeof control);
            m.msg_control = control.room;
            m.msg_controllen = sizeof control.room;
            struct cmsghdr *c = CMSG_FIRSTHDR(&m);
            c->cmsg_level = SOL_SOCKET;
            c->cmsg_type = SCM_RIGHTS;
            c->cmsg_len = CMSG_LEN(sizeof(int));
            memcpy(CMSG_DATA(c), &fd, sizeof fd);
        }
        ssize_t sent = sendmsg(socket, &m, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        fd = -1;
        from += sent;
        n -= (size_t)sent;
    }
    return true;
}

bool dicom_receive(int socket, void *bytes, size_t n, int *fd)
{
    char *to = bytes;
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    if (fd) *fd = -1;
    while (n) {
        struct iovec part = { to, n };
        struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };
        if (fd && *fd < 0) {
            m.msg_control = control.room;
            m.msg_controllen = sizeof control.room;
        }
        ssize_t got = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        struct cmsghdr *c = m.msg_controllen ? CMSG_FIRSTHDR(&m) : NULL;
        if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) memcpy(fd, CMSG_DATA(c), sizeof *fd);
        to += got;
        n -= (size_t)got;
    }
    return true;
}

/* ---- a decoder ---- */

static void out_of_time(int signal)
{
    char what = DICOM_SAYS_TIME;
    (void)signal;
    (void)!send(SOCKET, &what, 1, MSG_NOSIGNAL);
    _exit(0);
}

/* The limit on CPU time raises SIGPROF, that on elapsed time SIGALRM; 0 removes the limits. */
static void set_timers(double processor, double wall)
{
    const struct itimerval p = { .it_value = { (time_t)processor, (suseconds_t)(fmod(processor, 1) * 1e6) } };
    const struct itimerval w = { .it_value = { (time_t)wall, (suseconds_t)(fmod(wall, 1) * 1e6) } };
    setitimer(ITIMER_PROF, &p, NULL);
    setitimer(ITIMER_REAL, &w, NULL);
}

/* Limits the address space to this much more than the process already has. */
static void limit_memory(size_t bytes)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f && fscanf(f, "%lu", &pages) != 1) pages = 0;
    if (f) fclose(f);
    rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + bytes;
    const struct rlimit limit = { most, most };
    if (pages) setrlimit(RLIMIT_AS, &limit);
}

/* The file is mapped: if it shrinks meanwhile, only this process ends. */
static void decode(const struct dicom_limits *l, int fd, const struct dicom_request *q, struct dicom_answer *a,
                   uint8_t **pixels)
{
    struct stat st;
    *a = (struct dicom_answer){ 0 };
    *pixels = NULL;
    if (fd < 0 || fstat(fd, &st) || st.st_size <= 0) {
        err_set(&a->e, ERR_FORMAT, "an empty file; copy it again");
        return;
    }
    size_t n = (size_t)st.st_size;
    uint8_t *bytes = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED) {
        err_set(&a->e, ERR_MEMORY, "no memory to read it");
        return;
    }
    a->ok = l->decode(bytes, n, q, &a->facts, &a->channels, pixels, &a->e);
    munmap(bytes, n);
}

static void decoder(const struct dicom_limits *l)
{
    struct dicom_request q;
    struct dicom_answer a;
    char says = DICOM_SAYS_ANSWER;
    int fd;
    limit_memory(l->bytes);
    signal(SIGPROF, out_of_time);
    signal(SIGALRM, out_of_time);
    while (dicom_receive(SOCKET, &q, sizeof q, &fd)) {
        uint8_t *pixels = NULL;
        set_timers(l->processor_seconds, l->seconds);
        decode(l, fd, &q, &a, &pixels);
        set_timers(0, 0);
        if (!a.ok || !pixels) a.channels = 0;
        size_t n = (size_t)a.facts.width * (size_t)a.facts.height * (size_t)a.channels;
        bool sent = dicom_send(SOCKET, &says, 1, -1) && dicom_send(SOCKET, &a, sizeof a, -1) &&
                    dicom_send(SOCKET, pixels, n, -1);
        free(pixels);
        if (fd >= 0) close(fd);
        if (!sent) return;
    }
}

/* ---- the process that makes them ---- */

/* Closes everything that belongs to the program: its signals, files, locks and terminal. No core dump either: it
 * might contain names. */
static void leave_program(int socket)
{
    for (int i = 1; i < NSIG; i++) signal(i, SIG_DFL);
    const int unheard[] = { SIGINT, SIGQUIT, SIGHUP, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE, SIGCHLD };
    for (size_t i = 0; i < sizeof unheard / sizeof unheard[0]; i++) signal(unheard[i], SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int nothing = open("/dev/null", O_RDWR);
    for (int i = 0; i < SOCKET; i++) dup2(nothing, i);
    if (socket != SOCKET) dup2(socket, SOCKET);
    close_range(SOCKET + 1, ~0U, 0);
    const struct rlimit zero = { 0, 0 };
    setrlimit(RLIMIT_CORE, &zero);
    prctl(PR_SET_DUMPABLE, 0);
}

static void make_decoders(const struct dicom_limits *l)
{
    char asked;
    while (dicom_receive(SOCKET, &asked, 1, NULL)) {
        int ends[2];
        pid_t pid = -1;
        if (!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) && !(pid = fork())) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            dup2(ends[1], SOCKET);
            close_range(SOCKET + 1, ~0U, 0);
            decoder(l);
            _exit(0);
        }
        bool sent = dicom_send(SOCKET, &pid, sizeof pid, pid > 0 ? ends[0] : -1);
        close_range(SOCKET + 1, ~0U, 0);
        if (!sent) return;
    }
}

pid_t dicom_nursery(int socket, const struct dicom_limits *l)
{
    const struct dicom_limits own = *l;
    pid_t pid = fork();
    if (pid) return pid;
    leave_program(socket);
    make_decoders(&own);
    _exit(0);
}
