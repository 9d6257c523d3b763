/* Jobs: this program started again, for work that takes long or needs what a screen may not use. */
#include "views/workbench/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "views/workbench/loop.h"
#include "views/workbench/message.h"
#include "views/workbench/store_access.h"
#include "views/workbench/workbench.h"

enum { WORDS_MOST = 128, OUTPUT_MOST = 16 << 20 };

int jobs_running(const struct workbench *wb)
{
    int n = 0;
    for (int i = 0; i < JOBS_MOST; i++) n += wb->jobs->list[i].pid != 0;
    return n;
}

bool jobs_text(const struct workbench *wb, char *out, size_t size)
{
    for (int i = 0; i < JOBS_MOST; i++) {
        const struct job *job = &wb->jobs->list[i];
        if (!job->pid) continue;
        int more = jobs_running(wb) - 1;
        snprintf(out, size, " %s %.0f s", job->title, wb->now > job->begun ? wb->now - job->begun : 0);
        if (more) snprintf(out + strlen(out), size - strlen(out), " and %d more", more);
        return true;
    }
    return false;
}

void job_progress(const struct workbench *wb, const char *title, char *out, size_t size)
{
    *out = '\0';
    for (int i = 0; i < JOBS_MOST; i++) {
        const struct job *job = &wb->jobs->list[i];
        if (!job->pid || strcmp(job->title, title) || !job->errors.length) continue;
        const char *text = text_str(&job->errors), *end = text + job->errors.length;
        while (end > text && end[-1] == '\n') end--;
        const char *line = end;
        while (line > text && line[-1] != '\n') line--;
        snprintf(out, size, "%.*s", (int)(end - line), line);
        text_clean(out);
    }
}

/* In the child: runs the program in its own Unix session, so that neither Ctrl-C nor a lost connection reaches it.
 * Never returns. */
static void exec_detached(const char *program, char *const *argv, int out, int err)
{
    int null = open("/dev/null", O_RDONLY);
    sigset_t none;
    setsid();
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int s = 1; s < 32; s++)
        if (s != SIGKILL && s != SIGSTOP && s != SIGUSR1 && s != SIGUSR2) signal(s, SIG_DFL); /* which save */
    if (dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) _exit(127);
    execv(program, argv);
    _exit(127);
}

static bool start(struct workbench *wb, struct job *job, const char *const *argv)
{
    const char *words[WORDS_MOST + 4] = { wb->config->program };
    int n = 1, out[2], err[2];
    for (int i = 0; argv[i] && n < WORDS_MOST; i++) words[n++] = argv[i];
    words[n++] = "--store";
    words[n++] = store_dir(wb->store);
    if (store_is_trusted(wb->store)) words[n++] = "--trust-store";
    if (pipe2(out, O_CLOEXEC)) return false;
    if (pipe2(err, O_CLOEXEC)) {
        close(out[0]);
        close(out[1]);
        return false;
    }
    fflush(NULL);
    job->pid = fork();
    if (job->pid == 0) exec_detached(words[0], (char *const *)words, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    job->out = out[0];
    job->err = err[0];
    fcntl(job->out, F_SETFL, O_NONBLOCK);
    fcntl(job->err, F_SETFL, O_NONBLOCK);
    if (job->pid > 0) return true;
    close(job->out);
    close(job->err);
    job->pid = 0;
    return false;
}

bool job_start(struct workbench *wb, const char *title, const char *const *argv,
               void (*done)(struct workbench *wb, void *ctx, int status, const char *output), void *ctx)
{
    if (!store_access_check(wb)) return false; /* it would create another store, or change another one */
    for (int i = 0; i < JOBS_MOST; i++) {
        struct job *job = &wb->jobs->list[i];
        if (job->pid) continue;
        *job = (struct job){ .done = done, .ctx = ctx, .begun = wb->now };
        snprintf(job->title, sizeof job->title, "%s", title);
        text_clean(job->title);
        if (start(wb, job, argv)) return true; /* jobs_text tells */
        message_warn(wb, "%s: cannot start the program again: %s", title, strerror(errno));
        return false;
    }
    message_warn(wb, "%s: %d things are going on already; wait for one to end", title, JOBS_MOST);
    return false;
}

/* Reads what is available; true at the end of the pipe. */
static bool drain(int *fd, struct text *into)
{
    char block[4096];
    if (*fd < 0) return true;
    for (;;) {
        ssize_t n = read(*fd, block, sizeof block);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return false;
        if (n <= 0) {
            close(*fd);
            *fd = -1;
            return true;
        }
        if (into->length < OUTPUT_MOST) text_append(into, block, (size_t)n);
    }
}

/* The last line that is not empty, without "mlvicx: ". */
static const char *last_line(char *text)
{
    static const char prefix[] = "mlvicx: ";
    size_t n = strlen(text);
    while (n > 0 && text[n - 1] == '\n') text[--n] = '\0';
    char *line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    return strncmp(line, prefix, sizeof prefix - 1) ? line : line + sizeof prefix - 1;
}

static void finish(struct workbench *wb, struct job *job, int wait_status)
{
    struct job ended = *job;
    int status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
    *job = (struct job){ 0 };
    if (status != 0) {
        const char *why = ended.errors.data ? last_line(ended.errors.data) : "";
        if (WIFSIGNALED(wait_status))
            message_warn(wb, "%s: its process was killed by signal %d%s", ended.title, WTERMSIG(wait_status),
                         WTERMSIG(wait_status) == SIGKILL ? ", probably for lack of memory" : "");
        else if (!strncmp(why, ended.title, strlen(ended.title)) && why[strlen(ended.title)] == ':')
            message_warn(wb, "%s", why); /* it names itself */
        else
            message_warn(wb, "%s: %s", ended.title, *why ? why : "it failed without a word");
    } else if (!ended.done) {
        message_say(wb, "%s: done", ended.title);
    }
    snprintf(wb->jobs->ended, sizeof wb->jobs->ended, "%s", ended.title);
    snprintf(wb->jobs->said, sizeof wb->jobs->said, "%s",
             status == 0 && ended.errors.data ? last_line(ended.errors.data) : "");
    if (ended.done) ended.done(wb, ended.ctx, status, text_str(&ended.output));
    text_clear(&ended.output);
    text_clear(&ended.errors);
}

unsigned jobs_tend(struct workbench *wb)
{
    unsigned after = AFTER_NOTHING;
    for (int i = 0; i < JOBS_MOST; i++) {
        struct job *job = &wb->jobs->list[i];
        int status;
        if (!job->pid) continue;
        drain(&job->out, &job->output);
        drain(&job->err, &job->errors);
        if (waitpid(job->pid, &status, WNOHANG) != job->pid) continue;
        drain(&job->out, &job->output); /* the last output; a child of the job may keep the pipe open */
        drain(&job->err, &job->errors);
        if (job->out >= 0) close(job->out);
        if (job->err >= 0) close(job->err);
        finish(wb, job, status);
        after |= AFTER_DRAW | AFTER_READ;
    }
    return after;
}

void jobs_leave(struct workbench *wb)
{
    for (int i = 0; i < JOBS_MOST; i++) {
        struct job *job = &wb->jobs->list[i];
        if (!job->pid) continue;
        if (job->out >= 0) close(job->out);
        if (job->err >= 0) close(job->err);
        text_clear(&job->output);
        text_clear(&job->errors);
        *job = (struct job){ 0 };
    }
}
