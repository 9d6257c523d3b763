#include "engine/base/limits.h"

#include <dirent.h>
#include <linux/magic.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "engine/base/cgroup.h"
#include "engine/base/text.h"

const double limits_blas_bytes = 128 << 20; /* BUFFER_SIZE of OpenBLAS 0.3.21 on x86-64 and arm64 */

enum { SPARE_TASKS = 3 }; /* SPARE_TASKS: the worker, the loader's thread, one for a command beside */

double limits_stack_bytes(void)
{
    pthread_attr_t attributes;
    size_t bytes = 8 << 20;
    if (pthread_attr_init(&attributes)) return (double)bytes;
    pthread_attr_getstacksize(&attributes, &bytes);
    pthread_attr_destroy(&attributes);
    return (double)bytes;
}

static void lower(struct limit *l, double value, const char *format, const char *name)
{
    if (!(value < l->value)) return;
    l->value = value;
    snprintf(l->by, sizeof l->by, format, name);
}

/* Threads and processes of this user, as the kernel counts them for RLIMIT_NPROC. */
static double tasks_of_user(const char *root)
{
    char path[4096];
    double n = 0;
    snprintf(path, sizeof path, "%s/proc", root);
    DIR *d = opendir(path);
    if (!d) return 0;
    for (struct dirent *entry; (entry = readdir(d));) {
        struct stat st;
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
        snprintf(path, sizeof path, "%.200s/task", entry->d_name);
        if (fstatat(dirfd(d), path, &st, 0) || st.st_uid != getuid()) continue;
        n += st.st_nlink > 2 ? (double)st.st_nlink - 2 : 1;
    }
    closedir(d);
    return n;
}

/* The current one of two or three; INFINITY where there is none. */
static double resource(__rlimit_resource_t which)
{
    struct rlimit r;
    return getrlimit(which, &r) || r.rlim_cur == RLIM_INFINITY ? INFINITY : (double)r.rlim_cur;
}

/* Bytes that are mapped now, and those of them that are private and writable. */
static void mapped(double *all, double *data)
{
    long pages[6] = { 0 };
    FILE *f = fopen("/proc/self/statm", "re");
    if (f && fscanf(f, "%ld %ld %ld %ld %ld %ld", &pages[0], &pages[1], &pages[2], &pages[3], &pages[4], &pages[5]) < 6)
        memset(pages, 0, sizeof pages);
    if (f) fclose(f);
    double page = (double)sysconf(_SC_PAGESIZE);
    *all = (double)pages[0] * page;
    *data = (double)pages[5] * page;
}

static void read_processors(struct limit *out, const struct cgroup_limits *groups)
{
    cpu_set_t set;
    long machine = sysconf(_SC_NPROCESSORS_ONLN);
    *out = (struct limit){ machine > 0 ? (double)machine : 1, "machine" };
    if (!sched_getaffinity(0, sizeof set, &set) && CPU_COUNT(&set) > 0) lower(out, CPU_COUNT(&set), "%s", "affinity");
    lower(out, fmax(ceil(groups->processors.value), 1), "cpu cgroup %s", groups->processors.group);
}

static void read_address(struct limit *out)
{
    double all, data;
    *out = (struct limit){ INFINITY, "" };
    mapped(&all, &data);
    lower(out, fmax(resource(RLIMIT_AS) - all, 0), "%s", "RLIMIT_AS");
    lower(out, fmax(resource(RLIMIT_DATA) - data, 0), "%s", "RLIMIT_DATA");
}

static void read_tasks(struct limit *out, const char *root, const struct cgroup_limits *groups)
{
    *out = (struct limit){ INFINITY, "" };
    double most = resource(RLIMIT_NPROC);
    /* root is exempt */
    if (isfinite(most) && getuid() != 0 && geteuid() != 0)
        lower(out, fmax(most - tasks_of_user(root), 0), "%s", "RLIMIT_NPROC");
    lower(out, groups->tasks.value, "pids cgroup %s", groups->tasks.group);
}

/* Processes that a file says the kernel has ended for lack of memory; -1 where it does not count them. */
static double read_counter(const char *path)
{
    char line[128];
    double n = -1;
    FILE *f = fopen(path, "re");
    while (f && n < 0 && fgets(line, sizeof line, f)) sscanf(line, "oom_kill %lf", &n);
    if (f) fclose(f);
    return n;
}

double limits_counter_inode(const char *counter)
{
    struct stat st;
    return *counter && !stat(counter, &st) && S_ISREG(st.st_mode) ? (double)st.st_ino : 0;
}

/* Of the machine, or of a control group: what else a line of a file may name is left alone. */
static bool is_counter(const char *root, const char *path)
{
    struct statfs fs;
    size_t n = root ? strlen(root) : 0;
    if (n) return !strncmp(path, root, n);
    if (!strcmp(path, "/proc/vmstat")) return true;
    return !statfs(path, &fs) && (fs.f_type == CGROUP2_SUPER_MAGIC || fs.f_type == CGROUP_SUPER_MAGIC);
}

double limits_killed(const char *root, const char *counter, double inode)
{
    if (*counter != '/' || !is_counter(root, counter) || limits_counter_inode(counter) != inode) return -1;
    return read_counter(counter);
}

void limits_read(const char *root, struct limits *out)
{
    struct cgroup_limits groups;
    if (!root) root = "";
    cgroup_read(root, &groups);
    *out = (struct limits){ .memory = { (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE), "machine" },
                            .killed = groups.killed };
    snprintf(out->counter, sizeof out->counter, "%s", groups.counter);
    lower(&out->memory, groups.memory.value, "memory cgroup %s", groups.memory.group);
    if (!strcmp(out->memory.by, "machine")) {
        snprintf(out->counter, sizeof out->counter, "%.500s/proc/vmstat", root);
        out->killed = read_counter(out->counter);
    }
    read_processors(&out->processors, &groups);
    read_address(&out->address);
    out->file = (struct limit){ INFINITY, "" };
    lower(&out->file, resource(RLIMIT_FSIZE), "%s", "RLIMIT_FSIZE");
    read_tasks(&out->tasks, root, &groups);
    out->threads = out->processors;
    lower(&out->threads, fmax(out->tasks.value - SPARE_TASKS, 1), "%s", out->tasks.by);
    /* besides this one, as many as half of the addresses has room for: the other half is for what they compute on */
    lower(&out->threads, 1 + floor(out->address.value / 2 / (limits_blas_bytes + limits_stack_bytes())), "%s",
          out->address.by);
}

void limits_boot(const char *root, char out[LIMIT_BOOT])
{
    char path[4096];
    snprintf(path, sizeof path, "%.500s/proc/sys/kernel/random/boot_id", root ? root : "");
    FILE *f = fopen(path, "re");
    if (!f || !fgets(out, LIMIT_BOOT, f)) *out = '\0';
    if (f) fclose(f);
    out[strcspn(out, "\n")] = '\0';
}

const char *limits_text(const struct limits *l, char out[LIMIT_LINE])
{
    char bytes[16];
    int n = snprintf(out, LIMIT_LINE, "threads %.0f (%s), memory %s (%s)", l->threads.value, l->threads.by,
                     text_bytes(l->memory.value, bytes), l->memory.by);
    if (isfinite(l->address.value) && n < LIMIT_LINE)
        n += snprintf(out + n, (size_t)(LIMIT_LINE - n), ", %s more to map (%s)", text_bytes(l->address.value, bytes),
                      l->address.by);
    if (isfinite(l->file.value) && n < LIMIT_LINE)
        n += snprintf(out + n, (size_t)(LIMIT_LINE - n), ", files up to %s (%s)", text_bytes(l->file.value, bytes),
                      l->file.by);
    if (isfinite(l->tasks.value) && n < LIMIT_LINE)
        snprintf(out + n, (size_t)(LIMIT_LINE - n), ", %.0f more %s (%s)", l->tasks.value,
                 text_number((int64_t)l->tasks.value, "task", "tasks"), l->tasks.by);
    return out;
}

bool limits_check_file(const struct limits *l, const char *what, double bytes, struct err *e)
{
    char need[16], have[16];
    return bytes <= l->file.value ||
           err_set(e, ERR_IO, "%s %s, and this job may write files up to %s (%s, ulimit -f); raise that", what,
                   text_bytes(bytes, need), text_bytes(l->file.value, have), l->file.by);
}

bool limits_check_threads(const struct limits *l, const char *what, int threads, int others, struct err *e)
{
    if (threads - 1 + others <= l->tasks.value) return true;
    return err_set(
        e, ERR_CONFIG,
        "%s: %d thread%s and %d beside, but this job may start only %.0f more (%s); take fewer, or raise the "
        "limit",
        what, threads, threads == 1 ? "" : "s", others, l->tasks.value, l->tasks.by);
}
