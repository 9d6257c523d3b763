/* What must be settled before the libraries start. This runs from .preinit_array: before every constructor, those of
 * shared libraries too, hence also before main and without stdio.
 *
 * OpenBLAS maps a large buffer for each thread as it is loaded. Where a limit refuses that, it asks again forever; so
 * the limit is asked first. Where buffers for all cores do not fit, with as much again for what is computed, it begins
 * with one; a computation then gets the threads that it uses when it begins, after these were compared with the limits
 * (fit.c).
 *
 * OpenMP's threads should sleep soon when they wait. By default they spin, and where something else needs the cores
 * (the loader, another program) each barrier then costs a time slice: a small run on two busy cores took 20 s instead
 * of 1 s. What the user set about that is respected.
 *
 * A stack that is too small ends a program silently, wherever it happens to be. So a soft limit is raised to what
 * is needed, and a hard one below that is told.
 *
 * Both libraries read the environment, and the C library the size of stacks, as they are loaded: hence this program
 * starts itself once more. */
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { VARIABLES_MOST = 4096 };

/* OpenBLAS's buffer for one thread (limits_blas_bytes), of which its caller needs one more; and what the heap and the
 * store need. */
static const size_t buffer = (size_t)128 << 20, rest = (size_t)24 << 20;

/* Bytes of a stack, the main one and each thread's. The deepest is that of an import of folders in folders, 64 times
 * three paths. */
static const rlim_t stack_least = (rlim_t)1 << 20;

/* ---- the limit ---- */

static bool can_map(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return false;
    munmap(p, bytes);
    return true;
}

static char *add_text(char *at, const char *text)
{
    size_t n = strlen(text);
    memcpy(at, text, n);
    return at + n;
}

static char *add_number(char *at, unsigned long n)
{
    char digits[24];
    int count = 0;
    do digits[count++] = (char)('0' + n % 10);
    while (n /= 10);
    while (count) *at++ = digits[--count];
    return at;
}

/* Prints one line and ends the process: any other way on hangs or crashes. */
static void refuse(const char *line, size_t length)
{
    ssize_t written = write(STDERR_FILENO, line, length);
    _exit(written < 0 ? 2 : 1);
}

static void refuse_memory(void)
{
    static const struct {
        int which;
        const char *name;
    } rows[] = { { RLIMIT_AS, "RLIMIT_AS, ulimit -v" }, { RLIMIT_DATA, "RLIMIT_DATA, ulimit -d" } };
    char line[400], *at = add_text(line, "mlvicx: the program cannot start: it maps ");
    at = add_number(at, (2 * buffer + rest) >> 20);
    at = add_text(at, " MiB besides its libraries, and the system does not give them");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rlimit r;
        if (getrlimit(rows[i].which, &r) || r.rlim_cur == RLIM_INFINITY) continue;
        at = add_text(at, ": this job may map ");
        at = add_number(at, (unsigned long)(r.rlim_cur >> 20));
        at = add_text(at, " MiB in all (");
        at = add_text(at, rows[i].name);
        at = add_text(at, "); raise that");
    }
    at = add_text(at, "\n");
    refuse(line, (size_t)(at - line));
}

static void refuse_stack(rlim_t most)
{
    char line[200], *at = add_text(line, "mlvicx: the program cannot start: it needs ");
    at = add_number(at, (unsigned long)(stack_least >> 10));
    at = add_text(at, " KiB of stack, and this job may have ");
    at = add_number(at, (unsigned long)(most >> 10));
    at = add_text(at, " (RLIMIT_STACK, ulimit -s); raise that\n");
    refuse(line, (size_t)(at - line));
}

/* Whether a limit was raised; it takes effect once the program has started again. */
static bool raise_stack(void)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_STACK, &r) || r.rlim_cur == RLIM_INFINITY || r.rlim_cur >= stack_least) return false;
    if (r.rlim_max != RLIM_INFINITY && r.rlim_max < stack_least) refuse_stack(r.rlim_max);
    r.rlim_cur = stack_least;
    return setrlimit(RLIMIT_STACK, &r) == 0;
}

/* ---- the environment ---- */

/* The value of a variable, NULL where it is not set. */
static const char *value_of(char *const *environment, const char *name)
{
    size_t n = strlen(name);
    for (; *environment; environment++)
        if (!strncmp(*environment, name, n) && (*environment)[n] == '=') return *environment + n + 1;
    return NULL;
}

static bool names(const char *variable, const char *assignment)
{
    size_t n = (size_t)(strchr(assignment, '=') - assignment) + 1;
    return !strncmp(variable, assignment, n);
}

/* Starts the program again with variables added or replaced. If that fails, the program is only slower. */
static void start_again(char **argv, char *const *environment, char *const *changed, int count)
{
    static char *all[VARIABLES_MOST];
    int n = 0;
    for (; *environment; environment++) {
        bool kept = true;
        for (int i = 0; i < count; i++) kept = kept && !names(*environment, changed[i]);
        if (!kept) continue;
        if (n + count + 1 >= VARIABLES_MOST) return;
        all[n++] = *environment;
    }
    for (int i = 0; i < count; i++) all[n++] = changed[i];
    all[n] = NULL;
    execve("/proc/self/exe", argv, all);
}

static bool is_one(const char *value)
{
    return value && !strcmp(value, "1");
}

static void early(int argc, char **argv, char **environment)
{
    static char blas[] = "OPENBLAS_NUM_THREADS=1", openmp[] = "OMP_NUM_THREADS=1", spin[] = "GOMP_SPINCOUNT=1000",
                block[] = "KMP_BLOCKTIME=0";
    char *changed[4];
    int count = 0;
    cpu_set_t set;
    size_t cores = sched_getaffinity(0, sizeof set, &set) ? 1 : (size_t)CPU_COUNT(&set);
    (void)argc;
    bool raised = raise_stack();
    if (!can_map(2 * buffer + rest)) refuse_memory();
    if (!is_one(value_of(environment, "OPENBLAS_NUM_THREADS"))) changed[count++] = blas; /* with threads of its own */
    if (!is_one(value_of(environment, "OMP_NUM_THREADS")) && !can_map((2 * cores + 1) * buffer + rest))
        changed[count++] = openmp;
    if (!value_of(environment, "OMP_WAIT_POLICY") && !value_of(environment, "GOMP_SPINCOUNT")) {
        changed[count++] = spin;
        if (!value_of(environment, "KMP_BLOCKTIME")) changed[count++] = block;
    }
    if (count || raised) start_again(argv, environment, changed, count);
}

__attribute__((section(".preinit_array"), used)) static void (*const before_all)(int, char **, char **) = early;
