#include "app/cli/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/clock.h"

static const double ending_seconds = 15; /* a worker that is starting gets this long to end when it is asked to */
enum { LOOK_MILLISECONDS = 100 };

/* The answer: the code in one byte, then the message. A child that dies answers nothing. */
void process_answer(int ready, const struct err *e)
{
    if (ready < 0) return;
    unsigned char line[1 + sizeof e->msg] = { 0 };
    size_t n = 1;
    if (e) {
        line[0] = (unsigned char)e->code;
        n += strlen(e->msg);
        memcpy(line + 1, e->msg, n - 1);
    }
    ssize_t written = write(ready, line, n);
    (void)written; /* nobody listens any more; the process that started this one notices that itself */
    close(ready);
}

/* Where others work on the machine, a worker can be asked to yield to them. By default it does not: keys are answered
 * soon enough beside it (tests/bench_keys.py), and beside other programs that compute it would get less. Where the
 * kernel shares the processor between sessions (autogroup), `nice` counts only within one, so the session gets it as
 * well. A priority that is lower already stays. */
static void yield_to_others(void)
{
    enum { USUAL = 0, LOWEST = 19 };
    const char *given = getenv("MLVICX_NICE");
    char text[8], *end;
    long wanted = given && *given ? strtol(given, &end, 10) : USUAL;
    if (given && *given && (*end || wanted < 0 || wanted > LOWEST)) wanted = USUAL;
    if (wanted > getpriority(PRIO_PROCESS, 0)) setpriority(PRIO_PROCESS, 0, (int)wanted);
    int fd = wanted ? open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC) : -1;
    if (fd < 0) return;
    int n = snprintf(text, sizeof text, "%ld", wanted);
    ssize_t written = write(fd, text, (size_t)n);
    (void)written; /* it is a courtesy */
    close(fd);
}

/* In the child: no terminal, no inherited descriptors except the log and the answer. Never returns. */
static void exec_detached(const char *const *argv, int log, int ready)
{
    int null = open("/dev/null", O_RDONLY);
    if (setsid() < 0 || null < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0) _exit(127);
    fcntl(ready, F_SETFD, 0);
    yield_to_others();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGUSR1, SIG_IGN); /* a signal that this process catches would kill the new one until it catches it itself */
    signal(SIGUSR2, SIG_IGN);
    execv("/proc/self/exe", (char *const *)argv);
    struct err e;
    err_errno(&e, "worker: cannot start the program again");
    process_answer(ready, &e);
    _exit(127);
}

const char *process_status_text(int status, char *out, size_t size)
{
    if (WIFSIGNALED(status))
        snprintf(out, size, "was killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(out, size, "ended with status %d", WEXITSTATUS(status));
    return out;
}

/* Globals, because a signal handler has no context; importing threads read them too. */
static atomic_int asked, times, saves;

static void on_end(int number)
{
    asked = number;
    times++;
}

static void on_save(int number)
{
    (void)number;
    saves++;
}

/* How each role reacts to each signal. All other signals keep the action with which the process was started: the
 * default, which ends it, or, after nohup, none. Batch systems send SIGUSR1 and SIGUSR2 to every process of a job, so a
 * process that has nothing to save ignores them from the start. */
enum action { LEFT, END, SAVE, IGNORED };
static const struct {
    int number;
    enum action what[PROCESS_ROLES];
} signals[] = {
    /*              begins   works    trains   follows  stays */
    { SIGINT, { LEFT, END, END, END, END } },
    { SIGTERM, { LEFT, END, END, END, END } },
    { SIGQUIT, { LEFT, LEFT, END, END, LEFT } },
    { SIGXCPU, { LEFT, END, END, END, END } }, /* the limit of processor time is near: the hard one kills */
    { SIGHUP, { LEFT, LEFT, IGNORED, LEFT, IGNORED } },
    { SIGUSR1, { IGNORED, IGNORED, SAVE, SAVE, IGNORED } },
    { SIGUSR2, { IGNORED, IGNORED, SAVE, SAVE, IGNORED } },       /* what some batch systems send in its place */
    { SIGPIPE, { IGNORED, IGNORED, IGNORED, IGNORED, IGNORED } }, /* a closed pipe is a failed write, told at the end */
    { SIGXFSZ, { IGNORED, IGNORED, IGNORED, IGNORED, IGNORED } }, /* and so is a file that outgrows RLIMIT_FSIZE */
};

void process_catch(enum process_role role)
{
    static void (*const handlers[])(int) = { [END] = on_end, [SAVE] = on_save, [IGNORED] = SIG_IGN };
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        enum action what = signals[i].what[role];
        if (what == LEFT) continue;
        struct sigaction action = { .sa_handler = handlers[what] };
        sigemptyset(&action.sa_mask);
        sigaction(signals[i].number, &action, NULL);
    }
}

int process_asked(void)
{
    return asked;
}

int process_asked_times(void)
{
    return times;
}

void process_hold_hangup(bool hold)
{
    sigset_t hangup;
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &hangup, NULL);
}

bool process_save_asked(void)
{
    return atomic_exchange(&saves, 0) > 0;
}

/* If this process is asked to end, so is the child, which has nothing to lose yet: with a signal if it handles one
 * already, otherwise, or if the user asks again, by force. */
static void hand_on(pid_t pid, int *told, double *since)
{
    int asked_times = process_asked_times();
    if (asked_times == 0 || *told == SIGKILL) return;
    if (!*told) *since = clock_seconds();
    int number = asked_times > 1 || clock_seconds() - *since > ending_seconds ? SIGKILL : SIGTERM;
    if (number != *told) kill(pid, number);
    *told = number;
}

static bool read_ready(int ready, pid_t pid, const char *log, int *ended, struct err *e)
{
    unsigned char line[1 + sizeof e->msg];
    size_t n = 0;
    int told = 0;
    double since = 0;
    while (n < sizeof line - 1) {
        struct pollfd p = { .fd = ready, .events = POLLIN };
        hand_on(pid, &told, &since);
        if (poll(&p, 1, LOOK_MILLISECONDS) <= 0) continue;
        ssize_t got = read(ready, line + n, sizeof line - 1 - n);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        n += (size_t)got;
    }
    line[n] = '\0';
    if (n >= 1 && line[0] == ERR_OK) return true;
    int status = 0;
    char text[96];
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    if (n == 0 && told) return err_set(e, ERR_INTERRUPTED, "worker: asked to end while it started; it is gone");
    if (n == 0) {
        if (ended) *ended = status;
        return err_set(e, ERR_INTERNAL, "worker: it %s before it had begun; its log is %s",
                       process_status_text(status, text, sizeof text), log);
    }
    return err_set(e, (enum err_code)line[0], "%s", (const char *)line + 1);
}

bool process_start(const char *const *argv, int log, const char *name, pid_t *pid, int *ended, struct err *e)
{
    enum { MOST = 68 };
    const char *full[MOST];
    char number[16];
    int n = 0, ends[2];
    while (argv[n] && n < MOST - 3) {
        full[n] = argv[n];
        n++;
    }
    if (ended) *ended = -1;
    if (pipe2(ends, O_CLOEXEC)) {
        err_errno(e, "worker: no pipe");
        close(log);
        return false;
    }
    snprintf(number, sizeof number, "%d", ends[1]);
    full[n] = "--ready";
    full[n + 1] = number;
    full[n + 2] = NULL;
    fflush(NULL);
    *pid = fork();
    if (*pid == 0) exec_detached(full, log, ends[1]);
    bool ok = *pid > 0 || err_errno(e, "worker: cannot fork");
    close(log);
    close(ends[1]);
    if (ok) ok = read_ready(ends[0], *pid, name, ended, e);
    close(ends[0]);
    return ok;
}
