/* What a job may use: control groups in made-up trees, resource limits of processes of our own, files cut while they
 * are mapped. */
#include "tests/folder_help.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/cgroup.h"
#include "engine/base/files.h"
#include "engine/base/limits.h"
#include "engine/base/mapping.h"

static char root[WORKSPACE];

static int set_up(void **state)
{
    (void)state;
    return workspace_name(root) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return workspace_remove(root);
}

/* A file of the made-up machine, with its folders. */
static void put(const char *path, const char *text)
{
    char full[512];
    snprintf(full, sizeof full, "%s/%s", root, path);
    char *slash = strrchr(full, '/');
    *slash = '\0';
    assert_true(file_make_directories(full, NULL));
    *slash = '/';
    FILE *f = fopen(full, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

struct file {
    const char *path, *text;
};

enum { FILES = 10 };

/* Machines: files, and what they allow (0: no limit). */
static const struct {
    const char *what;
    struct file files[FILES];
    double memory, processors, tasks, killed;
    const char *group;
} machines[] = {
    { "no files at all", { { NULL, NULL } }, 0, 0, 0, -1, "" },
    { "version 2, own group",
      { { "proc/self/cgroup", "0::/job42\n" },
        { "proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n" },
        { "sys/fs/cgroup/job42/memory.max", "734003200\n" },
        { "sys/fs/cgroup/job42/cpu.max", "150000 100000\n" },
        { "sys/fs/cgroup/job42/pids.max", "50\n" },
        { "sys/fs/cgroup/job42/pids.current", "8\n" },
        { "sys/fs/cgroup/job42/memory.events", "low 0\nhigh 0\nmax 7\noom 3\noom_kill 2\noom_group_kill 0\n" } },
      734003200,
      1.5,
      42,
      2,
      "/job42" },
    { "version 2, a group two above limits more; memory.high counts",
      { { "proc/self/cgroup", "0::/a/b/c\n" },
        { "proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n" },
        { "sys/fs/cgroup/a/memory.max", "900000000\n" },
        { "sys/fs/cgroup/a/memory.high", "600000000\n" },
        { "sys/fs/cgroup/a/b/memory.max", "max\n" },
        { "sys/fs/cgroup/a/b/c/memory.max", "1000000000\n" },
        { "sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n" },
        { "sys/fs/cgroup/a/cpu.max", "50000 100000\n" } },
      600000000,
      0.5,
      0,
      -1,
      "/a" },
    { "version 2 in a namespace: the root has the limit, the path is outside",
      { { "proc/self/cgroup", "0::/../../elsewhere\n" },
        { "proc/self/mountinfo", "30 23 0:26 /../.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n" },
        { "sys/fs/cgroup/memory.max", "500000000\n" } },
      500000000,
      0,
      0,
      -1,
      "/" },
    { "version 1, each controller by itself",
      { { "proc/self/cgroup", "5:pids:/p\n4:memory:/m/n\n3:cpuset:/\n2:cpu,cpuacct:/c\n0::/\n" },
        { "proc/self/mountinfo", "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
                                 "35 31 0:32 / /sys/fs/cgroup/memory rw shared:4 master:1 - cgroup cgroup rw,memory\n"
                                 "40 31 0:37 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
                                 "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n" },
        { "sys/fs/cgroup/memory/m/memory.limit_in_bytes", "734003200\n" },
        { "sys/fs/cgroup/memory/m/n/memory.limit_in_bytes", "9223372036854771712\n" },
        { "sys/fs/cgroup/memory/m/n/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n" },
        { "sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us", "250000\n" },
        { "sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_period_us", "100000\n" },
        { "sys/fs/cgroup/pids/p/pids.max", "max\n" } },
      734003200,
      2.5,
      0,
      5,
      "/m" },
    { "version 1 in a container: its group is what is mounted",
      { { "proc/self/cgroup", "4:memory:/docker/0123abcd\n2:cpu:/docker/0123abcd\n" },
        { "proc/self/mountinfo",
          "35 31 0:32 /docker/0123abcd /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
          "36 31 0:33 /docker/0123abcd /sys/fs/cgroup/with\\040blank ro - cgroup cgroup rw,cpu\n" },
        { "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n" },
        { "sys/fs/cgroup/memory/memory.stat", "cache 1\nhierarchical_memory_limit 800000000\ntotal_cache 1\n" },
        { "sys/fs/cgroup/with blank/cpu.cfs_quota_us", "-1\n" },
        { "sys/fs/cgroup/with blank/cpu.cfs_period_us", "100000\n" } },
      800000000,
      0,
      0,
      -1,
      "/docker/0123abcd" },
    { "version 1, where the group's path is of another view than the mount",
      { { "proc/self/cgroup", "4:memory:/\n" },
        { "proc/self/mountinfo", "35 31 0:32 /kubepods/pod1 /mem ro - cgroup cgroup rw,memory\n" },
        { "mem/memory.limit_in_bytes", "300000000\n" } },
      300000000,
      0,
      0,
      -1,
      "/kubepods/pod1" },
    { "hybrid: memory in version 1, processors in version 2",
      { { "proc/self/cgroup", "4:memory:/m\n1:name=systemd:/x\n0::/u\n" },
        { "proc/self/mountinfo", "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                                 "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n" },
        { "sys/fs/cgroup/memory/m/memory.limit_in_bytes", "400000000\n" },
        { "sys/fs/cgroup/unified/u/cpu.max", "100000 100000\n" } },
      400000000,
      1,
      0,
      -1,
      "/m" },
    { "nonsense",
      { { "proc/self/cgroup", "\n::\n0::\nmemory\n4:memory\n" },
        { "proc/self/mountinfo", "\n - \n30 - cgroup2\n1 2 3 - cgroup2 x y\n30 23 0:26 / /c rw - cgroup2 c rw\n" },
        { "c/memory.max", "lots\n" },
        { "c/cpu.max", "100000\n" } },
      0,
      0,
      0,
      -1,
      "" },
};

static void control_groups_of_all_kinds_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        struct cgroup_limits l;
        assert_int_equal(set_up(NULL), 0);
        for (int k = 0; k < FILES && machines[i].files[k].path; k++)
            put(machines[i].files[k].path, machines[i].files[k].text);
        cgroup_read(root, &l);
        const double found[] = { l.memory.value, l.processors.value, l.tasks.value, l.killed },
                     wanted[] = { machines[i].memory, machines[i].processors, machines[i].tasks, machines[i].killed };
        for (int k = 0; k < 4; k++)
            if (found[k] != (wanted[k] == 0 ? INFINITY : wanted[k]))
                fail_msg("%s: number %d is %g, not %g", machines[i].what, k, found[k], wanted[k]);
        assert_string_equal(l.memory.group, machines[i].group);
        assert_int_equal(tear_down(NULL), 0);
    }
}

static void the_least_limit_is_named(void **state)
{
    (void)state;
    struct limits l;
    char line[LIMIT_LINE];
    put("proc/self/cgroup", "0::/job42\n");
    put("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    put("sys/fs/cgroup/job42/memory.max", "73400320\n");
    put("sys/fs/cgroup/job42/cpu.max", "20000 100000\n");
    put("sys/fs/cgroup/job42/memory.events", "oom 3\noom_kill 2\n");
    put("proc/vmstat", "pgfault 12\noom_kill 7\nallocstall 0\n");
    limits_read(root, &l);
    assert_true(l.memory.value == 73400320);
    assert_string_equal(l.memory.by, "memory cgroup /job42");
    assert_true(l.killed == 2);
    assert_true(l.processors.value == 1 && l.threads.value == 1); /* a fifth of one is one */
    assert_non_null(strstr(limits_text(&l, line), "memory 70 MiB (memory cgroup /job42)"));
    put("sys/fs/cgroup/job42/memory.max", "max\n");
    limits_read(root, &l);
    assert_string_equal(l.memory.by, "machine");
    assert_true(l.killed == 7);
    assert_true(l.memory.value > 73400320);
    l.tasks = (struct limit){ 1, "RLIMIT_NPROC" };
    assert_non_null(strstr(limits_text(&l, line), ", 1 more task (RLIMIT_NPROC)"));
    l.tasks.value = 2;
    assert_non_null(strstr(limits_text(&l, line), ", 2 more tasks (RLIMIT_NPROC)"));
}

/* Ran in a child, whose limits go with it: 0 where `check` holds. */
static int in_child(bool (*check)(void))
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) _exit(check() ? 0 : 1);
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

/* Leave this process `more` bytes beside what field `field` of statm says that it has, and read what it may map. */
static struct limits narrowed(__rlimit_resource_t which, int field, double more)
{
    long pages[6] = { 0 };
    struct limits l = { .address.value = INFINITY };
    FILE *f = fopen("/proc/self/statm", "r");
    for (int i = 0; f && i < 6; i++)
        if (fscanf(f, "%ld", &pages[i]) != 1) return l;
    if (!f) return l;
    fclose(f);
    rlim_t bytes = (rlim_t)((double)pages[field] * (double)sysconf(_SC_PAGESIZE) + more);
    setrlimit(which, &(struct rlimit){ bytes, bytes });
    limits_read(NULL, &l);
    return l;
}

static bool addresses(void)
{
    struct limits l = narrowed(RLIMIT_AS, 0, 0x1p31);
    return l.address.value <= 0x1p31 && l.address.value > 0x1.fp30 && !strcmp(l.address.by, "RLIMIT_AS") &&
           l.threads.value <= 7;
}

static bool data(void)
{
    struct limits l = narrowed(RLIMIT_DATA, 5, 0x1p28);
    return l.address.value <= 0x1p28 && !strcmp(l.address.by, "RLIMIT_DATA") && l.threads.value == 1;
}

static bool tasks(void)
{
    struct rlimit r = { 2, 2 };
    struct limits l;
    struct err e;
    if (getuid() == 0 && setuid(65534)) return true;
    setrlimit(RLIMIT_NPROC, &r);
    limits_read(NULL, &l);
    return l.tasks.value <= 1 && !strcmp(l.tasks.by, "RLIMIT_NPROC") && l.threads.value == 1 &&
           !limits_check_threads(&l, "train.threads", 4, 1, &e) && strstr(e.msg, "RLIMIT_NPROC") &&
           limits_check_threads(&l, "train.threads", 1, 0, &e);
}

static bool files(void)
{
    struct limits l;
    struct err e;
    char line[LIMIT_LINE];
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 400 << 10, 400 << 10 });
    limits_read(NULL, &l);
    if (l.file.value != 400 << 10 || strcmp(l.file.by, "RLIMIT_FSIZE") ||
        !strstr(limits_text(&l, line), "files up to 400 KiB (RLIMIT_FSIZE)"))
        return false;
    if (!limits_check_file(&l, "it takes", 400 << 10, &e) || limits_check_file(&l, "it takes", 1 << 20, &e))
        return false;
    return !strcmp(e.msg,
                   "it takes 1.0 MiB, and this job may write files up to 400 KiB (RLIMIT_FSIZE, ulimit -f); raise "
                   "that");
}

/* A write that goes beyond it is an error that names it, also where it is told later, by file_commit. */
static bool file_beyond(void)
{
    static const char bytes[64 << 10];
    struct file_writer w;
    struct err e;
    char path[160];
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 40 << 10, 40 << 10 });
    snprintf(path, sizeof path, "%s/large", root);
    if (!file_begin(&w, path, &e)) return false;
    file_put(&w, bytes, sizeof bytes);
    errno = 0;
    return !file_commit(&w, &e) && e.code == ERR_IO && strstr(e.msg, "File too large") &&
           strstr(e.msg, "this job may write files up to 40 KiB (RLIMIT_FSIZE, ulimit -f)") && !file_exists(path);
}

static bool affinity(void)
{
    cpu_set_t set, one;
    struct limits l;
    if (sched_getaffinity(0, sizeof set, &set)) return false;
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++)
        if (CPU_ISSET(i, &set)) CPU_SET(i, &one);
    sched_setaffinity(0, sizeof one, &one);
    limits_read(NULL, &l);
    return l.processors.value == 1 && l.threads.value == 1;
}

static void limits_of_the_process_are_read(void **state)
{
    (void)state;
    assert_int_equal(in_child(addresses), 0);
    assert_int_equal(in_child(data), 0);
    assert_int_equal(in_child(tasks), 0);
    assert_int_equal(in_child(affinity), 0);
    assert_int_equal(in_child(files), 0);
}

static void a_file_that_outgrows_its_limit_is_an_error_that_names_it(void **state)
{
    (void)state;
    assert_int_equal(in_child(file_beyond), 0);
}

/* ---- files that are cut ---- */

static void on_bus(int number, siginfo_t *info, void *context)
{
    (void)context;
    if (mapping_mend(info->si_addr)) return;
    signal(number, SIG_DFL);
}

static void a_file_that_is_cut_while_it_is_mapped_is_an_error(void **state)
{
    (void)state;
    enum { BYTES = 5 * 65536 };
    struct sigaction action = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO }, before;
    struct mapping m;
    struct err e;
    char path[128];
    static char text[BYTES + 1];
    memset(text, 'x', BYTES);
    put("file", text);
    snprintf(path, sizeof path, "%s/file", root);
    sigaction(SIGBUS, &action, &before);
    assert_true(mapping_open(&m, path, &e));
    assert_true(m.data[BYTES - 1] == 'x' && mapping_check(&m, path, &e));
    assert_int_equal(truncate(path, 65536), 0);
    assert_int_equal(m.data[BYTES - 1], 0); /* not a signal */
    assert_int_equal(m.data[0], 'x');
    assert_false(mapping_check(&m, path, &e));
    assert_non_null(strstr(e.msg, path));
    assert_int_equal(truncate(path, BYTES), 0); /* as long again: what was read stays in doubt */
    assert_false(mapping_check(&m, path, &e));
    mapping_close(&m);
    assert_true(mapping_open(&m, path, &e) && mapping_check(&m, path, &e)); /* another mapping is none the worse */
    assert_int_equal(truncate(path, BYTES - 10), 0); /* within its last page, which gives no signal */
    assert_false(mapping_check(&m, path, &e));
    mapping_close(&m);
    assert_false(mapping_mend(text));
    sigaction(SIGBUS, &before, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_groups_of_all_kinds_are_read),
        cmocka_unit_test_setup_teardown(the_least_limit_is_named, set_up, tear_down),
        cmocka_unit_test(limits_of_the_process_are_read),
        cmocka_unit_test_setup_teardown(a_file_that_outgrows_its_limit_is_an_error_that_names_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_cut_while_it_is_mapped_is_an_error, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
