#include "app/cli/fault.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "engine/base/mapping.h"

static volatile sig_atomic_t noted = -1; /* a signal handler has no context */

/* Signals that end a program by default, are no requests (process.c has those), and can be caught. */
static const int fatal[] = { SIGSEGV, SIGFPE,    SIGILL,  SIGABRT, SIGSYS, SIGTRAP,
                             SIGALRM, SIGVTALRM, SIGPROF, SIGIO,   SIGPWR };

/* Makes only calls that are allowed in a signal handler. */
static void write_note(int number)
{
    char line[] = "signal 00\n";
    line[sizeof line - 4] = (char)('0' + number / 10);
    line[sizeof line - 3] = (char)('0' + number % 10);
    if (noted < 0) return;
    ssize_t written = write(noted, line, sizeof line - 1);
    (void)written; /* it only helps readers of the log */
}

static void end_by(int number)
{
    signal(number, SIG_DFL);
    raise(number);
}

static void on_fatal(int number)
{
    write_note(number);
    end_by(number);
}

static void on_bus(int number, siginfo_t *info, void *context)
{
    static const char line[] = "mlvicx: a file in use was cut, or its disk is full or broken (signal 7)\n";
    (void)context;
    if (info->si_code > 0 && mapping_mend(info->si_addr)) return;
    ssize_t written = write(STDERR_FILENO, line, sizeof line - 1);
    (void)written;
    on_fatal(number);
}

void fault_catch(void)
{
    struct sigaction action = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO };
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}

void fault_note(int note)
{
    struct sigaction action = { .sa_handler = on_fatal }, before;
    int old = noted;
    noted = note;
    if (old >= 0) close(old);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        if (!sigaction(fatal[i], NULL, &before) && !(before.sa_flags & SA_SIGINFO) && before.sa_handler == SIG_DFL)
            sigaction(fatal[i], &action, NULL);
}
