#include "store/death.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "store/event.h"
#include "store/database/files.h"

enum { FILE_MOST = 4096 };
#define LIFE "life"

/* Fractions of the memory limit: above the first, a kill was probably for lack of memory; below the second it was
 * not, even if the kernel has ended a process, since others share that memory. */
static const double much = 0.8, little = 0.1;

/* The contents of the file that a worker left, line by line. */
struct life {
    char boot[LIMIT_BOOT], counter[LIMIT_LINE], why[DEATH_TEXT];
    double inode, killed, needed, signal;
    struct limit memory;
};

/* ---- the worker's side ---- */

/* In one write, so that a kill leaves all of it or nothing. */
static void put(const struct store *s, int64_t run, bool anew, const char *line)
{
    int f = store_file(s, STORE_RUN, run, LIFE, anew ? FOLDER_LOCK : FOLDER_APPEND, NULL, NULL);
    if (f < 0) return;
    ssize_t written = !anew || ftruncate(f, 0) == 0 ? write(f, line, strlen(line)) : 0;
    (void)written; /* only a help for readers: the run does not depend on it */
    close(f);
}

int death_begin(const struct store *s, int64_t run, double needed, const char *root)
{
    struct limits l;
    char boot[LIMIT_BOOT], line[FILE_MOST];
    limits_read(root, &l);
    limits_boot(root, boot);
    snprintf(line, sizeof line, "boot %s\nneeded %.0f\nmemory %.0f\nby %s\nkilled %.0f\ninode %.0f\ncounter %s\n", boot,
             needed, l.memory.value, l.memory.by, l.killed, limits_counter_inode(l.counter), l.counter);
    put(s, run, true, line);
    return store_file(s, STORE_RUN, run, LIFE, FOLDER_APPEND, NULL, NULL);
}

void death_end(const struct store *s, int64_t run, const char *why)
{
    char line[DEATH_TEXT + 8];
    if (!why) {
        store_file_remove(s, STORE_RUN, run, LIFE, NULL);
        return;
    }
    snprintf(line, sizeof line, "why %.*s\n", DEATH_TEXT - 1, why);
    put(s, run, false, line);
}

/* ---- the reader's side ---- */

static void read_line(struct life *v, const char *line)
{
    const struct {
        const char *name;
        char *text;
        size_t size;
        double *number;
    } rows[] = {
        { "boot ", v->boot, sizeof v->boot, NULL },
        { "needed ", NULL, 0, &v->needed },
        { "memory ", NULL, 0, &v->memory.value },
        { "by ", v->memory.by, sizeof v->memory.by, NULL },
        { "killed ", NULL, 0, &v->killed },
        { "inode ", NULL, 0, &v->inode },
        { "counter ", v->counter, sizeof v->counter, NULL },
        { "signal ", NULL, 0, &v->signal },
        { "why ", v->why, sizeof v->why, NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = strlen(rows[i].name);
        if (strncmp(line, rows[i].name, n)) continue;
        if (rows[i].number && !text_to_double(line + n, rows[i].number)) *rows[i].number = NAN;
        if (rows[i].text) snprintf(rows[i].text, rows[i].size, "%s", line + n);
    }
}

/* False if nothing was left. The file is not trusted: anybody may have written it. */
static bool read_life(const struct store *s, int64_t run, struct life *out)
{
    char text[FILE_MOST], *rest = text;
    *out = (struct life){ .killed = -1 };
    int f = store_file(s, STORE_RUN, run, LIFE, FOLDER_READ, NULL, NULL);
    if (f < 0) return false;
    ssize_t n = read(f, text, sizeof text - 1);
    close(f);
    if (n <= 0) return false;
    text[n] = '\0';
    for (char *line; (line = strsep(&rest, "\n"));) read_line(out, line);
    text_clean(out->memory.by);
    text_clean(out->why);
    return *out->boot != '\0';
}

static bool is_likely(int counted, double needed, const struct limit *memory)
{
    bool known = needed > 0 && isfinite(needed);
    bool shared = !strcmp(memory->by, "machine");
    if (counted >= 0) return counted > 0 && !(shared && known && needed <= little * memory->value);
    return known && needed >= much * memory->value;
}

const char *death_reason(int counted, double needed, const struct limit *memory, char out[DEATH_TEXT])
{
    char a[16], b[16];
    bool known = needed > 0 && isfinite(needed);
    if (counted == 0) {
        snprintf(out, DEATH_TEXT, "; the kernel killed no process for lack of memory meanwhile");
        return out;
    }
    size_t n = (size_t)snprintf(out, DEATH_TEXT, "%s out of memory",
                                is_likely(counted, needed, memory) ? "; probably" : "; by somebody, or");
    if (known)
        snprintf(out + n, DEATH_TEXT - n, ": needed %s of %s (%s)", text_bytes(needed, a), text_bytes(memory->value, b),
                 memory->by);
    else
        snprintf(out + n, DEATH_TEXT - n, " (%s of %s)", text_bytes(memory->value, b), memory->by);
    return out;
}

/* The newest error since a worker last began; "" if there is none. */
static void read_told(struct store *s, int64_t run, char out[DEATH_TEXT])
{
    enum { NEWEST = 64 };
    struct store_events list;
    *out = '\0';
    if (!store_event_list(s, run, 0, NEWEST, &list, NULL)) return;
    for (size_t i = list.count; i-- > 0;) {
        const struct store_event *v = &list.rows[i];
        if (!strcmp(v->kind, "start") || !strcmp(v->kind, "resume")) break;
        if (v->severity != STORE_BAD || strcmp(v->kind, "error")) continue;
        snprintf(out, DEATH_TEXT, "%s", v->text);
        text_clean(out);
        break;
    }
    store_events_clear(&list);
}

bool death_of(struct store *s, const struct store_run *run, const char *root, char out[DEATH_TEXT])
{
    struct life life;
    char boot[LIMIT_BOOT], host[64] = "", reason[DEATH_TEXT];
    read_told(s, run->id, out);
    if (*out) return true;
    gethostname(host, sizeof host - 1);
    limits_boot(root, boot);
    if (!read_life(s, run->id, &life)) {
        snprintf(out, DEATH_TEXT, "its worker ended, and left nothing that says how");
    } else if (*life.why) {
        snprintf(out, DEATH_TEXT, "its worker ended: %.400s", life.why);
    } else if (life.signal >= 1 && life.signal <= SIGRTMAX) {
        snprintf(out, DEATH_TEXT, "its worker was killed by signal %.0f (%s)", life.signal,
                 strsignal((int)life.signal));
    } else if (!strcmp(life.boot, boot)) {
        double now = limits_killed(root, life.counter, life.inode);
        int counted = now < 0 || !(life.killed >= 0) ? -1 : now > life.killed;
        bool crash = counted >= 0 && !is_likely(counted, life.needed, &life.memory);
        snprintf(out, DEATH_TEXT, "its worker %s%.400s", crash ? "crashed or was killed" : "was killed",
                 death_reason(counted, life.needed, &life.memory, reason));
    } else if (!strcmp(host, run->host)) {
        snprintf(out, DEATH_TEXT, "its worker ended with its machine, which has been started anew since");
    } else {
        snprintf(out, DEATH_TEXT, "its worker on %s ended, and nobody saw how", run->host);
    }
    return false;
}
