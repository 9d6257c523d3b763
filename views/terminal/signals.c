#include "views/terminal/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static struct termios saved_modes;
static bool saved, restorable;
static volatile sig_atomic_t seen[SIGNALS_COUNT];

static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP };
static const int polite[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU };
/* SIGUSR1 and SIGUSR2, with which batch systems ask all of a job to save, stay ignored, as in every command; so do
 * SIGPIPE and SIGXFSZ. */

void signals_put(const char *bytes)
{
    for (size_t n = strlen(bytes); n > 0;) {
        ssize_t sent = write(STDOUT_FILENO, bytes, n);
        if (sent < 0 && errno != EINTR) return;
        if (sent > 0) bytes += sent, n -= (size_t)sent;
    }
}

/* Leaves the alternate screen, shows the cursor, resets attributes, mouse reports and bracketed paste: sequences that
 * every supported terminal obeys or ignores. Makes only calls that are allowed in a signal handler. */
static void crash(int signal_number)
{
    if (restorable) {
        signals_put(MOUSE_OFF PASTE_OFF "\033[?1l\033>\033[?1049l\033[?25h\033[0m\r\n");
        if (saved) tcsetattr(STDIN_FILENO, TCSANOW, &saved_modes);
    }
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void note(int signal_number)
{
    enum signals_kind kind = signal_number == SIGWINCH  ? SIGNALS_GROWN
                             : signal_number == SIGTSTP ? SIGNALS_STOPPED
                                                        : SIGNALS_ASKED;
    seen[kind] = 1;
}

void signals_remember(void)
{
    saved = tcgetattr(STDIN_FILENO, &saved_modes) == 0;
}

void signals_catch(void)
{
    struct sigaction a = { .sa_handler = crash, .sa_flags = (int)SA_RESETHAND };
    restorable = true;
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) sigaction(fatal[i], &a, NULL);
    a = (struct sigaction){ .sa_handler = note };
    for (size_t i = 0; i < sizeof polite / sizeof *polite; i++) sigaction(polite[i], &a, NULL);
    sigaction(SIGWINCH, &a, NULL);
    sigaction(SIGTSTP, &a, NULL);
}

void signals_release(void)
{
    restorable = false;
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) signal(fatal[i], SIG_DFL);
    for (size_t i = 0; i < sizeof polite / sizeof *polite; i++) signal(polite[i], SIG_DFL);
    signal(SIGWINCH, SIG_DFL);
    signal(SIGTSTP, SIG_DFL);
}

bool signals_seen(enum signals_kind kind)
{
    return seen[kind] != 0;
}

bool signals_pending(void)
{
    return seen[SIGNALS_ASKED] || seen[SIGNALS_STOPPED] || seen[SIGNALS_GROWN];
}

void signals_take(enum signals_kind kind)
{
    seen[kind] = 0;
}

void signals_suspend(void)
{
    struct sigaction a = { .sa_handler = SIG_DFL };
    sigaction(SIGTSTP, &a, NULL);
    raise(SIGTSTP);
    signals_take(SIGNALS_STOPPED);
    a.sa_handler = note;
    sigaction(SIGTSTP, &a, NULL);
}
