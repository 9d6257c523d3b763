/* Why a worker died when no one saw it die: from what it left, on made-up machines. */
#include "tests/store_help.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "app/cli/fault.h"
#include "store/death.h"
#include "store/event.h"
#include "store/database/files.h"

static const char boot_file[] = "proc/sys/kernel/random/boot_id", events_file[] = "sys/fs/cgroup/job42/memory.events";

/* A file of the made-up machine, which lies in the workspace, with its folders. */
static void put(struct store *s, const char *path, const char *text)
{
    char full[STORE_PATH + 128];
    snprintf(full, sizeof full, "%s/machine/%s", store_dir(s), path);
    char *slash = strrchr(full, '/');
    *slash = '\0';
    assert_true(file_make_directories(full, NULL));
    *slash = '/';
    FILE *f = fopen(full, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static const char *machine(const struct store *s)
{
    static char root[STORE_PATH + 16];
    snprintf(root, sizeof root, "%s/machine", store_dir(s));
    return root;
}

/* A job of 300 MiB, in which two processes were killed before. */
static void make_machine(struct store *s)
{
    put(s, "proc/self/cgroup", "0::/job42\n");
    put(s, "proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    put(s, "sys/fs/cgroup/job42/memory.max", "314572800\n");
    put(s, events_file, "oom 3\noom_kill 2\n");
    put(s, boot_file, "11111111-2222\n");
}

static int64_t begin_run(struct store *s)
{
    struct store_run row = { .name = "one" };
    int64_t run;
    OK(store_run_insert(s, &row, &run, &error));
    OK(store_run_claim(s, run, 1u << STORE_QUEUED, &error));
    return run;
}

/* Says it; returns whether an event does. `host` NULL: this machine. */
static bool says(struct store *s, int64_t run, const char *host, const char *wanted)
{
    struct store_run row;
    char out[DEATH_TEXT];
    OK(store_run_get(s, run, &row, &error));
    if (host) snprintf(row.host, sizeof row.host, "%s", host);
    bool told = death_of(s, &row, machine(s), out);
    store_run_clear(&row);
    if (strcmp(out, wanted)) fail_msg("\"%s\" is not \"%s\"", out, wanted);
    return told;
}

static void event(struct store *s, int64_t run, enum store_severity severity, const char *kind, const char *text)
{
    struct store_event v = { .severity = severity, .text = text };
    snprintf(v.kind, sizeof v.kind, "%s", kind);
    OK(store_event_insert(s, run, &v, &error));
}

static void what_a_worker_left_tells_what_it_died_of(void **state)
{
    static const double mib = 1 << 20;
    struct store *s = *state;
    int64_t run = begin_run(s);
    make_machine(s);
    says(s, run, NULL, "its worker ended, and left nothing that says how");
    close(death_begin(s, run, 243 * mib, machine(s)));
    says(s, run, NULL, "its worker crashed or was killed; the kernel killed no process for lack of memory meanwhile");
    put(s, events_file, "oom 4\noom_kill 3\n");
    assert_false(
        says(s, run, NULL,
             "its worker was killed; probably out of memory: needed 243 MiB of 300 MiB (memory cgroup /job42)"));
    close(death_begin(s, run, 0, machine(s))); /* another life: what was counted before is not its death */
    says(s, run, NULL, "its worker crashed or was killed; the kernel killed no process for lack of memory meanwhile");
}

/* The machine is everybody's: what its kernel ends may be another's, above all where this one had little. */
static void a_worker_with_little_of_the_machine_is_not_said_to_have_lacked_memory(void **state)
{
    (void)state;
    static const double mib = 1 << 20;
    const struct limit all = { .value = 24576 * mib, .by = "machine" },
                       group = { .value = 24576 * mib, .by = "memory cgroup /a" };
    char out[DEATH_TEXT];
    assert_string_equal(death_reason(1, 28 * mib, &all, out),
                        "; by somebody, or out of memory: needed 28 MiB of 24 GiB (machine)");
    assert_string_equal(death_reason(1, 9000 * mib, &all, out),
                        "; probably out of memory: needed 8.8 GiB of 24 GiB (machine)");
    assert_string_equal(death_reason(1, 28 * mib, &group, out),
                        "; probably out of memory: needed 28 MiB of 24 GiB (memory cgroup /a)");
}

static void a_group_or_a_boot_that_is_gone_tells_less(void **state)
{
    static const double mib = 1 << 20;
    struct store *s = *state;
    int64_t run = begin_run(s);
    char path[STORE_PATH + 128];
    make_machine(s);
    close(death_begin(s, run, 100 * mib, machine(s)));
    snprintf(path, sizeof path, "%s/machine/%s", store_dir(s), events_file);
    assert_int_equal(unlink(path), 0);
    says(s, run, NULL,
         "its worker was killed; by somebody, or out of memory: needed 100 MiB of 300 MiB (memory cgroup /job42)");
    put(s, boot_file, "33333333-4444\n");
    says(s, run, NULL, "its worker ended with its machine, which has been started anew since");
    says(s, run, "far", "its worker on far ended, and nobody saw how");
}

static void a_death_that_was_seen_is_told_in_the_words_of_its_event(void **state)
{
    struct store *s = *state;
    int64_t run = begin_run(s);
    make_machine(s);
    event(s, run, STORE_INFO, "start", "begins");
    close(death_begin(s, run, 0, machine(s)));
    event(s, run, STORE_BAD, "error", "its worker was killed by signal 11");
    event(s, run, STORE_BAD, "error", "its worker was killed by signal 9");
    assert_true(says(s, run, NULL, "its worker was killed by signal 9"));
    event(s, run, STORE_INFO, "resume", "goes on");
    close(death_begin(s, run, 0, machine(s)));
    assert_false(says(s, run, NULL,
                      "its worker crashed or was killed; the kernel killed no process for lack of memory meanwhile"));
    death_end(s, run, "the store took nothing for 60 s");
    assert_false(says(s, run, NULL, "its worker ended: the store took nothing for 60 s"));
    death_end(s, run, NULL);
    says(s, run, NULL, "its worker ended, and left nothing that says how");
}

/* Each ends the process, as before, and is told by number and name; one that was ignored stays so. */
static void a_signal_that_can_be_caught_is_told(void **state)
{
    static const int fatal[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM, SIGSYS, SIGVTALRM };
    struct store *s = *state;
    int64_t run = begin_run(s);
    make_machine(s);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) {
        char wanted[128];
        int status, life = death_begin(s, run, 0, machine(s));
        assert_true(life >= 0);
        pid_t pid = fork();
        if (pid == 0) {
            for (size_t k = 0; k < sizeof fatal / sizeof *fatal; k++) signal(fatal[k], SIG_DFL);
            signal(SIGPROF, SIG_IGN);
            fault_catch();
            fault_note(life);
            raise(SIGPROF);
            raise(fatal[i]);
            _exit(0);
        }
        close(life);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == fatal[i]);
        snprintf(wanted, sizeof wanted, "its worker was killed by signal %d (%s)", fatal[i], strsignal(fatal[i]));
        assert_false(says(s, run, NULL, wanted));
    }
}

/* Any file may stand where a worker leaves its own; what it names is opened only where it is a counter. */
static void what_a_stranger_left_does_no_harm(void **state)
{
    static const char *const texts[] = { "",
                                         "\n\n",
                                         "boot",
                                         "boot 1\nkilled x\nmemory y\nneeded -1\ninode 0\n",
                                         "boot 11111111-2222\nkilled 0\ninode 1\ncounter /etc/passwd\n",
                                         "boot 11111111-2222\nwhy \033[31mred\n",
                                         "boot 11111111-2222\nsignal x\n",
                                         "boot 11111111-2222\nsignal 1e300\n",
                                         "boot 11111111-2222\nsignal -1\n" };
    struct store *s = *state;
    int64_t run = begin_run(s);
    struct store_run row;
    char path[STORE_PATH + 64], out[DEATH_TEXT];
    make_machine(s);
    snprintf(path, sizeof path, "%s/runs/%lld/life", store_dir(s), (long long)run);
    OK(store_run_get(s, run, &row, &error));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fputs(texts[i], f);
        fclose(f);
        assert_false(death_of(s, &row, machine(s), out));
        if (strncmp(out, "its worker ", 11) || strchr(out, '\033')) fail_msg("%zu: %s", i, out);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(death_of(s, &row, NULL, out));
    assert_string_equal(out, "its worker ended, and left nothing that says how");
    assert_true(limits_killed(NULL, "/etc/passwd", limits_counter_inode("/etc/passwd")) < 0);
    store_run_clear(&row);
}

int main(void)
{
#define IN_STORE(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        IN_STORE(what_a_worker_left_tells_what_it_died_of),
        cmocka_unit_test(a_worker_with_little_of_the_machine_is_not_said_to_have_lacked_memory),
        IN_STORE(a_group_or_a_boot_that_is_gone_tells_less),
        IN_STORE(a_death_that_was_seen_is_told_in_the_words_of_its_event),
        IN_STORE(a_signal_that_can_be_caught_is_told),
        IN_STORE(what_a_stranger_left_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
