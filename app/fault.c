#include "app/fault.h"

#include <signal.h>
#include <unistd.h>

#include "engine/base/mapping.h"

static void on_bus(int number, siginfo_t *info, void *context)
{
    static const char line[] = "mlvicx: a file in use was cut, or its disk is full or broken (signal 7)\n";
    (void)context;
    if (info->si_code > 0 && mapping_mend(info->si_addr)) return;
    ssize_t written = write(STDERR_FILENO, line, sizeof line - 1);
    (void)written;
    signal(number, SIG_DFL);
    raise(number);
}

void fault_catch(void)
{
    struct sigaction action = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO };
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}
