#include "tests/fuzz_files.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/random.h"

enum { BYTES = 16384 };

struct change {
    struct random r;
    const char *dir, *victim;
    char *what;
    int size;
};

static uint32_t below(struct change *c, uint32_t n)
{
    return random_below(&c->r, n);
}

static void note(struct change *c, const char *name, const char *how)
{
    size_t n = strlen(c->what);
    snprintf(c->what + n, (size_t)c->size - n, "%s %s; ", name, how);
}

static void random_bytes(struct change *c, unsigned char *to, size_t n)
{
    for (size_t i = 0; i < n; i++) to[i] = (unsigned char)below(c, 256);
}

static void put32(unsigned char *to, uint32_t x)
{
    for (int i = 0; i < 4; i++) to[i] = (unsigned char)(x >> (24 - 8 * i));
}

static void leave(const char *path, const unsigned char *bytes, size_t n)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0) return;
    if (write(fd, bytes, n) < 0) perror(path);
    close(fd);
}

/* ---- journals ---- */

static const unsigned char journal_magic[8] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7 };

/* Of a transaction that was interrupted, by the words of SQLite's file format: a head with its number of pages, bytes,
 * and, mostly, the name of the journal above it with its sum, which SQLite would open and remove. */
static size_t make_journal(struct change *c, unsigned char *bytes)
{
    static const char *const names[] = { "/nonexistent/master", "", "mlvicx.db", "../victim", "mlvicx.db-mj00000000" };
    size_t n = 512 + below(c, 8192);
    random_bytes(c, bytes, n);
    memcpy(bytes, journal_magic, sizeof journal_magic);
    put32(bytes + 8, below(c, 2) ? 0xffffffff : below(c, 4));
    put32(bytes + 16, 1 + below(c, 100));
    put32(bytes + 20, 512);
    put32(bytes + 24, below(c, 4) ? 4096 : 512u << below(c, 9));
    uint32_t which = below(c, 8);
    if (which == 7) return n;
    char name[256];
    snprintf(name, sizeof name, "%s", which < 5 ? names[which] : c->victim);
    uint32_t length = (uint32_t)strlen(name), sum = 0;
    put32(bytes + n, 0x40000000 / 4096 + 1);
    memcpy(bytes + n + 4, name, length);
    for (uint32_t i = 0; i < length; i++) sum += (uint32_t)(int32_t)(signed char)name[i];
    n += 4 + length;
    put32(bytes + n, below(c, 8) ? length : below(c, 1 << 20));
    put32(bytes + n + 4, sum);
    memcpy(bytes + n + 8, journal_magic, sizeof journal_magic);
    return n + 16;
}

static void add_journal(struct change *c)
{
    char path[4200];
    unsigned char bytes[BYTES];
    snprintf(path, sizeof path, "%s/mlvicx.db-journal", c->dir);
    leave(path, bytes, make_journal(c, bytes));
    note(c, "mlvicx.db-journal", "made");
}

static void add_log(struct change *c)
{
    static const unsigned char head[12] = { 0x37, 0x7f, 0x06, 0x82, 0, 0x2d, 0xe2, 0x18, 0, 0, 0x10, 0 };
    char path[4200];
    unsigned char bytes[BYTES];
    size_t n = below(c, BYTES);
    random_bytes(c, bytes, n);
    if (below(c, 2) && n > sizeof head) memcpy(bytes, head, sizeof head);
    snprintf(path, sizeof path, "%s/mlvicx.db-%s", c->dir, below(c, 4) ? "wal" : "shm");
    leave(path, bytes, n);
    note(c, strrchr(path, '/') + 1, "of random bytes");
}

/* ---- files that are something else ---- */

static void replace(struct change *c)
{
    static const char *const names[] = {
        "mlvicx.db-shm",       "mlvicx.db-wal", "mlvicx.db-journal", "queue.log", "queue.lock",  "workbench.log",
        "runs/5/config.ini",   "runs/5/log",    "runs/5/life",       "runs/5",    "runs/5/lock", "packs",
        "runs/5/unwritten.db", "patient.key",
    };
    const char *name = names[below(c, sizeof names / sizeof names[0])];
    char path[4200], away[4300];
    snprintf(path, sizeof path, "%s/%s", c->dir, name);
    snprintf(away, sizeof away, "%s.away", path);
    rename(path, away);
    switch (below(c, 4)) {
    case 0:
        note(c, name, mkfifo(path, 0600) ? "is no pipe" : "is a pipe");
        break;
    case 1:
        note(c, name, mkdir(path, 0700) ? "is no folder" : "is a folder");
        break;
    default:
        note(c, name, symlink(c->victim, path) ? "is no link" : "is a link");
    }
}

/* ---- contents ---- */

static void change_file(struct change *c)
{
    static const char *const names[] = { "runs/5/config.ini", "runs/5/log", "runs/5/life", "queue.log" };
    static const char *const lines[] = {
        "x",        "\n[optim]\nlr = nan\n", "\033[2J\n", "pid 99999999999999999999\n",
        "%n%n%s\n", "signal 11\n",           "= = =\n[[", "a\0b\n",
    };
    const char *name = names[below(c, sizeof names / sizeof names[0])];
    char path[4200];
    unsigned char bytes[BYTES] = { 0 };
    snprintf(path, sizeof path, "%s/%s", c->dir, name);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    ssize_t got = fd < 0 ? 0 : read(fd, bytes, BYTES / 2);
    if (fd >= 0) close(fd);
    size_t n = got > 0 ? (size_t)got : 0;
    uint32_t kind = below(c, 4);
    if (kind == 0) { /* other bytes */
        n = below(c, BYTES);
        random_bytes(c, bytes, n);
    } else if (kind == 1) { /* cut off */
        n = n ? below(c, (uint32_t)n) : 0;
    } else if (kind == 2) { /* single bytes */
        for (uint32_t i = 1 + below(c, 16); n && i > 0; i--)
            bytes[below(c, (uint32_t)n)] = (unsigned char)below(c, 256);
    } else { /* lines that no one writes */
        for (uint32_t i = 1 + below(c, 32); i > 0; i--) {
            const char *line = lines[below(c, sizeof lines / sizeof lines[0])];
            size_t length = strlen(line) + (line[0] == 'a'); /* with its NUL */
            memcpy(bytes + n, line, length);
            n += length;
        }
    }
    leave(path, bytes, n);
    note(c, name, "changed");
}

void fuzz_files(const char *dir, const char *victim, uint64_t seed, char *what, int size)
{
    static void (*const changes[])(
        struct change *) = { add_journal, add_log, replace, replace, change_file, change_file };
    struct change c = { random_stream(seed, 2, 0, 0), dir, victim, what, size };
    for (uint32_t n = 1 + below(&c, 3); n > 0; n--) changes[below(&c, sizeof changes / sizeof changes[0])](&c);
}
