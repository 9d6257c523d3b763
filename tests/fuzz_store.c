/* Databases of strangers under every command: `fuzz_store [SECONDS [SEED]]` changes a store (fuzz_mutate.h) or files
 * beside it (fuzz_files.h), runs commands and screens of $MLVICX on it, and tells which crashed, hung or were ended by
 * a sanitizer, with the seed that does it again. Without SECONDS it runs for a minute where MLVICX_LONG is set, and
 * otherwise not at all. $FUZZ_KEEP names a folder that the databases of faults are copied to. Prints TAP.
 *
 * Meant for a program made with --enable-sanitizers=address,undefined (tests/README.md says how). */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/random.h"
#include "tests/fuzz_files.h"
#include "tests/fuzz_mutate.h"

enum { WORDS = 20, PATIENCE = 60, A_STORE = 8 }; /* words of a command; seconds; commands on each changed store */

/* What is run: reading commands first, then those that change what they find. OUT is a file or folder of its own. */
static const char *const commands[][WORDS] = {
    { "runs" },
    { "runs", "--json" },
    { "runs", "--filter", "auc>0.1 data:made loss<1e9" },
    { "show", "5" },
    { "show", "real", "--json" },
    { "show", "@last" },
    { "show", "@best", "--json" },
    { "show", "1" },
    { "inspect", "1" },
    { "inspect", "5", "--json" },
    { "inspect", "2@100" },
    { "log", "5" },
    { "tag", "5" },
    { "queue" },
    { "queue", "--json" },
    { "data", "list" },
    { "data", "list", "--json" },
    { "data", "show", "ghosts" },
    { "data", "show", "ghosts", "--json" },
    { "data", "verify", "ghosts" },
    { "export", "1", "metrics" },
    { "export", "5", "metrics", "--header", "--long" },
    { "export", "metrics", "--all", "-o", "OUT" },
    { "export", "5", "metrics", "--json" },
    { "export", "metrics", "--all", "--format", "jsonl", "--header" },
    { "export", "1", "metrics", "--format", "tensorboard", "-o", "OUT" },
    { "export", "metrics", "--all", "--format", "tensorboard", "-o", "OUT" },
    { "export", "metrics", "--all", "--long", "--header", "-o", "OUT" },
    { "export", "5", "figure", "--screen", "loss", "-o", "OUT.png" },
    { "export", "1", "figure", "--screen", "loss", "--with", "2,5", "-o", "OUT.csv" },
    { "export", "1", "figure", "--screen", "variance", "-o", "OUT.png" },
    { "export", "1", "figure", "--screen", "covariance", "-o", "OUT.png" },
    { "export", "1", "figure", "--screen", "spectrum", "-o", "OUT.png" },
    { "export", "2", "figure", "--screen", "spectrum", "--level", "h", "-o", "OUT.csv" },
    { "export", "5", "encoder", "-o", "OUT" },
    { "train", "--preset", "demo", "--data", "ghosts", "--dry-run" },
    { "eval", "5", "--task", "ghosts", "--protocol", "knn" },
    { "--script", "SCREENS" },
    { "--script", "SCREENS" },
    { "--script", "SCREENS" },
    { "attach", "5", "--script", "SCREENS" },
    { "attach", "1", "--screen", "checkpoints", "--script", "SCREENS" },
    { "tag", "5", "+new" },
    { "note", "1", "a line" },
    { "rename", "5", "other" },
    { "set", "5", "optim.lr=1" },
    { "stop", "1" },
    { "fork", "5@2", "--name", "branch", "--detach" },
    { "eval", "5@2", "--task", "ghosts", "--protocol", "linear", "--json" },
    { "queue", "up", "5" },
    { "queue", "drop", "5" },
    { "rm", "2", "--yes" },
    { "rm", "5", "1", "--yes" },
    { "data", "rm", "ghosts" },
    { "data", "import", "phantom", "--name", "more", "--patients", "4", "--size", "32", "--threads", "1" },
    { "resume", "5", "--set", "optim.epochs=3" },
    { "resume", "5", "--from", "2", "--set", "optim.epochs=3" },
    { "worker", "5" },
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static const char screens[] =
    ":clock 2026-03-01T12:00:00\n:size %d %d\n:mark 2\n:runs\n:save-display %s\n:run 5\n:loss\n"
    ":save-display %s\n:variance\n:save-display %s\n:covariance\n:save-display %s\n:spectrum\n"
    ":save-display %s\n:downstream\n:save-display %s\n:embedding\n:save-display %s\n:images\n"
    ":save-display %s\n:checkpoints\n:save-display %s\n:new\n:save-display %s\n:run 1\n"
    ":loss\n:save-display %s\n:variance\n:covariance\n:save-display %s\n:spectrum\n"
    ":profile\n:save-display %s\n:help\n:save-display %s\n:embedding\n:save-display "
    "%s\n:downstream\n:images\n:save-display %s\n";

struct fuzz {
    const char *program;
    char dir[64];    /* seed/, store/, keys, out, result below it */
    char victim[80]; /* what links lead to                        */
    long executions, stores, faults;
};

static bool shell(const char *format, const char *a, const char *b)
{
    char line[9000];
    snprintf(line, sizeof line, format, a, b);
    return system(line) == 0;
}

static void write_keys(const struct fuzz *z, const char *name, int rows, int columns)
{
    char path[128], shown[128];
    snprintf(path, sizeof path, "%s/%s", z->dir, name);
    snprintf(shown, sizeof shown, "%s/shown", z->dir);
    FILE *f = fopen(path, "w");
    if (!f) return;
    fprintf(f, screens, rows, columns, shown, shown, shown, shown, shown, shown, shown, shown, shown, shown, shown,
            shown, shown, shown, shown, shown);
    fclose(f);
}

/* A sound store with a bit of everything: runs that never ran, a trained one, a data set, evaluations, a command, a
 * queue. */
static bool make_seed(const struct fuzz *z)
{
    write_keys(z, "keys0", 24, 80);
    write_keys(z, "keys1", 50, 200);
    return shell("MLVICX=%s; export MLVICX_HOME=%s/seed OMP_NUM_THREADS=1; exec >/dev/null 2>&1; set -e\n"
                 "${MLVICX%%/*}/tests/make_store $MLVICX_HOME 4\n"
                 "$MLVICX data import phantom --name ghosts --patients 12 --size 32 --threads 1\n"
                 "$MLVICX train --preset demo --data ghosts --name real --set data.size=32 --set model.width=4"
                 " --set model.dim=16 --set model.fuse=8 --set data.batch=8 --set train.threads=1 --set data.threads=1"
                 " --set optim.epochs=2 --set optim.warmup_epochs=0 --set diagnose.steps=1 --set diagnose.images=16"
                 " --set autotune=off\n"
                 "$MLVICX eval real --task ghosts --protocol knn\n"
                 "$MLVICX tag real one two\n$MLVICX note real 'a line'\n",
                 z->program, z->dir);
}

/* ---- one command ---- */

/* Words of a command as they are run; those with a place of their own are written into `places`. */
static void words_of(const struct fuzz *z, const char *const *command, bool wide, const char **argv,
                     char places[WORDS][128])
{
    int n = 0;
    argv[n++] = z->program;
    for (int i = 0; command[i]; i++) {
        argv[n] = command[i];
        if (!strncmp(command[i], "OUT", 3))
            argv[n] = (snprintf(places[i], 128, "%s/out%s", z->dir, command[i] + 3), places[i]);
        else if (!strcmp(command[i], "SCREENS"))
            argv[n] = (snprintf(places[i], 128, "%s/keys%d", z->dir, wide), places[i]);
        n++;
    }
    argv[n] = NULL;
}

static pid_t start(const struct fuzz *z, const char **argv)
{
    char path[128], home[128];
    snprintf(path, sizeof path, "%s/result", z->dir);
    snprintf(home, sizeof home, "%s/store", z->dir);
    pid_t child = fork();
    if (child != 0) return child;
    setpgid(0, 0);
    int in = open("/dev/null", O_RDONLY), out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    setenv("MLVICX_HOME", home, 1);
    execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* Its status; -1 when it hangs, also after it was asked to stop. */
static int wait_for(pid_t child)
{
    int status;
    double begun = clock_seconds();
    for (long pause = 1000 * 1000; clock_seconds() - begun < PATIENCE; pause += pause < 20000000 ? pause / 4 : 0) {
        if (waitpid(child, &status, WNOHANG) == child) return status;
        nanosleep(&(struct timespec){ .tv_nsec = pause }, NULL);
    }
    kill(-child, SIGKILL);
    waitpid(child, &status, 0);
    return -1;
}

/* What a command did that none may do; NULL: nothing. A worker that it started ends with its group. */
static const char *fault_of(const struct fuzz *z, int status, pid_t child)
{
    char path[128], line[4096];
    const char *fault = NULL;
    if (status == -1)
        fault = "hangs";
    else if (WIFSIGNALED(status))
        fault = "killed by a signal";
    else if (WEXITSTATUS(status) > 2 && WEXITSTATUS(status) != 130)
        fault = "ended with a strange status";
    kill(-child, SIGKILL);
    snprintf(path, sizeof path, "%s/result", z->dir);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        if (strstr(line, "Sanitizer") || strstr(line, "runtime error:")) fault = "a sanitizer speaks";
        if (strstr(line, "bad parameter or other API misuse")) fault = "SQLite is misused";
    }
    if (f) fclose(f);
    return fault;
}

static void tell(struct fuzz *z, uint64_t seed, const char *const *argv, const char *fault, const char *what)
{
    const char *keep = getenv("FUZZ_KEEP");
    z->faults++;
    printf("# seed %llu: %s:", (unsigned long long)seed, fault);
    for (int i = 1; argv[i]; i++) printf(" %s", argv[i]);
    printf("\n#   after %.600s\n", what);
    fflush(stdout);
    shell("grep -aE -A 12 'runtime error|ERROR: ' %s/result | head -n 16 | sed 's/^/#   /'; true%s", z->dir, "");
    if (!keep) return;
    char to[4200];
    snprintf(to, sizeof to, "%s/%llu.db", keep, (unsigned long long)seed);
    shell("mkdir -p $FUZZ_KEEP; cp %s/changed.db '%s'", z->dir, to);
}

/* ---- one store ---- */

static const char innocent[] = "# a file outside the store\n";

static bool victim_make(const struct fuzz *z)
{
    FILE *f = fopen(z->victim, "w");
    return f && fputs(innocent, f) >= 0 && fclose(f) == 0;
}

/* It is made anew where it was not, so that each fault is told once. */
static bool victim_whole(const struct fuzz *z)
{
    char text[sizeof innocent + 1] = "";
    FILE *f = fopen(z->victim, "r");
    bool whole = f && fread(text, 1, sizeof text - 1, f) == sizeof innocent - 1 && !strcmp(text, innocent);
    if (f) fclose(f);
    if (!whole) victim_make(z);
    return whole;
}

static void one_store(struct fuzz *z, uint64_t seed)
{
    char path[128], what[4096];
    struct random r = random_stream(seed, 1, 0, 0);
    snprintf(path, sizeof path, "%s/store/mlvicx.db", z->dir);
    shell("cd %s && rm -rf store && cp -R seed store%s", z->dir, "");
    if (random_below(&r, 4))
        fuzz_mutate(path, seed, what, sizeof what);
    else
        *what = '\0';
    shell("cp %s %s/changed.db", path, z->dir);
    if (random_below(&r, 8) == 0) /* as what a worker could not write */
        shell("cp %s %s/store/runs/5/", path, z->dir), shell("cd %s/store/runs/5 && mv mlvicx.db %s", z->dir,
                                                             random_below(&r, 2) ? "unwritten.db" : "given-up.db");
    if (!*what || random_below(&r, 4) == 0) {
        snprintf(path, sizeof path, "%s/store", z->dir);
        fuzz_files(path, z->victim, seed, what, sizeof what);
    }
    z->stores++;
    uint32_t first = random_below(&r, COMMANDS);
    for (uint32_t i = 0; i < A_STORE; i++) {
        const char *argv[WORDS + 2];
        char places[WORDS][128];
        words_of(z, commands[(first + i * 7) % COMMANDS], random_below(&r, 2), argv, places);
        pid_t child = start(z, argv);
        if (child < 0) return;
        const char *fault = fault_of(z, wait_for(child), child);
        z->executions++;
        if (!fault && !victim_whole(z)) fault = "a file outside the store was changed";
        if (fault) tell(z, seed, argv, fault, what);
        shell("rm -rf %s/out* %s/shown", z->dir, z->dir);
    }
}

int main(int argc, char **argv)
{
    const char *program = getenv("MLVICX");
    const char *set = getenv("MLVICX_LONG");
    double seconds = argc > 1 ? strtod(argv[1], NULL) : set && *set ? 60 : 0;
    uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1, seed = first;
    if (!(seconds > 0)) return puts("ok 1 - databases of strangers # SKIP takes long\n1..1"), 0;
    struct fuzz z = { .program = realpath(program ? program : "./mlvicx", NULL), .dir = "/tmp/mlvicx-fuzz.XXXXXX" };
    if (!z.program || !mkdtemp(z.dir)) return 99;
    setenv("OMP_NUM_THREADS", "1", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=0", 0);
    snprintf(z.victim, sizeof z.victim, "%s/victim", z.dir);
    bool made = victim_make(&z) && make_seed(&z);
    double end = clock_seconds() + seconds;
    for (; made && clock_seconds() < end; seed++) one_store(&z, seed);
    printf("# seeds %llu to %llu: %ld stores, %ld executions, %ld faults\n", (unsigned long long)first,
           (unsigned long long)seed - 1, z.stores, z.executions, z.faults);
    printf("%s 1 - databases of strangers under every command\n1..1\n", made && !z.faults ? "ok" : "not ok");
    shell("rm -rf %s%s", z.dir, "");
    return !made || z.faults;
}
