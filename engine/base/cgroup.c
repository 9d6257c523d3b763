#include "engine/base/cgroup.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 4096, LINE = 8192 };

/* Version 1 writes "no limit" as the largest multiple of a page. */
static const double unlimited = 0x1p62;

/* A hierarchy as this process sees it: where it is mounted, and its own group below that. */
struct place {
    bool known;
    int version;
    char mount[PATH]; /* with the root in front */
    char group[PATH]; /* below the mount: "" or "/a/b" */
    char shown[PATH]; /* the mounted part of the tree, which stands before the group where it is named */
};

/* ---- where ---- */

/* "\040" and the like, as mountinfo writes blanks in paths; in place. */
static void unescape(char *s)
{
    char *to = s;
    for (; *s; s++) {
        int code;
        if (*s == '\\' && sscanf(s + 1, "%3o", (unsigned *)&code) == 1) {
            *to++ = (char)code;
            s += 3;
        } else {
            *to++ = *s;
        }
    }
    *to = '\0';
}

/* Whether `list`, separated by commas, has `word`. */
static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (; *list; list += strcspn(list, ","), list += *list == ',')
        if (strcspn(list, ",") == n && !strncmp(list, word, n)) return true;
    return false;
}

static FILE *open_below(const char *root, const char *path)
{
    char full[PATH];
    int n = snprintf(full, sizeof full, "%s%s", root, path);
    return n < (int)sizeof full ? fopen(full, "re") : NULL;
}

/* The group of this process in the hierarchy of `controller` (NULL: of version 2). */
static bool find_group(const char *root, const char *controller, char group[PATH])
{
    char line[LINE];
    bool found = false;
    FILE *f = open_below(root, "/proc/self/cgroup");
    while (f && !found && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
        if (!path) continue;
        *path++ = '\0';
        found = controller ? has_word(list + 1, controller) : !list[1] && !strncmp(line, "0:", 2);
        if (found) snprintf(group, PATH, "%.*s", PATH - 1, path);
    }
    if (f) fclose(f);
    return found;
}

/* What a line of mountinfo tells; false for mounts of other kinds. */
static bool read_mount(char *line, const char *controller, char **top, char **mount)
{
    char *dash = strstr(line, " - "), *save = NULL;
    if (!dash) return false;
    *dash = '\0';
    char *kind = strtok_r(dash + 3, " \n", &save), *source = strtok_r(NULL, " \n", &save),
         *options = strtok_r(NULL, " \n", &save);
    if (!kind || !source || strcmp(kind, controller ? "cgroup" : "cgroup2")) return false;
    if (controller && (!options || !has_word(options, controller))) return false;
    char *field = strtok_r(line, " ", &save);
    for (int i = 0; field && i < 3; i++) field = strtok_r(NULL, " ", &save);
    *top = field;
    *mount = field ? strtok_r(NULL, " ", &save) : NULL;
    if (!*mount) return false;
    unescape(*top);
    unescape(*mount);
    return true;
}

/* `group` as a path below a mount that shows the tree from `top` on. */
static const char *below(const char *group, const char *top)
{
    size_t n = strcmp(top, "/") ? strlen(top) : 0;
    if (strncmp(group, top, n) || (group[n] && group[n] != '/')) return ""; /* elsewhere: a container's view */
    group += n;
    return strcmp(group, "/") && strncmp(group, "/..", 3) ? group : "";
}

static struct place find_place(const char *root, const char *controller, int version)
{
    struct place p = { .version = version };
    char line[LINE], group[PATH], *top, *mount;
    if (version == 2) controller = NULL;
    if (!find_group(root, controller, group)) return p;
    FILE *f = open_below(root, "/proc/self/mountinfo");
    while (f && !p.known && fgets(line, sizeof line, f)) {
        if (!read_mount(line, controller, &top, &mount)) continue;
        const char *own = below(group, top);
        int a = snprintf(p.mount, sizeof p.mount, "%s%s", root, mount), b = snprintf(p.group, PATH, "%s", own);
        snprintf(p.shown, PATH, "%s", strcmp(top, "/") && strncmp(top, "/..", 3) ? top : "");
        p.known = a < PATH && b < PATH;
    }
    if (f) fclose(f);
    return p;
}

/* ---- what ---- */

static bool read_file(const struct place *p, const char *group, const char *name, char *out, int size)
{
    char path[2 * PATH + 64];
    snprintf(path, sizeof path, "%s%s/%s", p->mount, group, name);
    FILE *f = fopen(path, "re");
    if (!f) return false;
    size_t n = fread(out, 1, (size_t)size - 1, f);
    out[n] = '\0';
    fclose(f);
    return n > 0;
}

/* The number that a file holds; INFINITY for "max", no file, and what version 1 means by no limit. */
static double read_number(const struct place *p, const char *group, const char *name)
{
    char text[64], *end;
    if (!read_file(p, group, name, text, sizeof text)) return INFINITY;
    double v = strtod(text, &end);
    return end == text || v < 0 || v >= unlimited ? INFINITY : v;
}

/* The number behind `key` in a file of lines "key number"; `otherwise` where there is none. */
static double read_key(const struct place *p, const char *group, const char *name, const char *key, double otherwise)
{
    char text[LINE];
    size_t n = strlen(key);
    if (!read_file(p, group, name, text, sizeof text)) return otherwise;
    for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n')
        if (!strncmp(at, key, n) && at[n] == ' ') return strtod(at + n, NULL);
    return otherwise;
}

static double memory_of(const struct place *p, const char *group)
{
    if (p->version == 2) return fmin(read_number(p, group, "memory.max"), read_number(p, group, "memory.high"));
    /* the hierarchical one counts groups, too, that lie above what is mounted here */
    double all = read_key(p, group, "memory.stat", "hierarchical_memory_limit", INFINITY);
    return fmin(read_number(p, group, "memory.limit_in_bytes"), all >= unlimited ? INFINITY : all);
}

static double processors_of(const struct place *p, const char *group)
{
    char text[64];
    double quota, period;
    if (p->version == 2)
        return read_file(p, group, "cpu.max", text, sizeof text) && sscanf(text, "%lf %lf", &quota, &period) == 2 &&
                       quota > 0 && period > 0
                   ? quota / period
                   : INFINITY;
    quota = read_number(p, group, "cpu.cfs_quota_us");
    period = read_number(p, group, "cpu.cfs_period_us");
    return isfinite(quota) && quota > 0 && isfinite(period) && period > 0 ? quota / period : INFINITY;
}

static double tasks_of(const struct place *p, const char *group)
{
    double most = read_number(p, group, "pids.max"), now = read_number(p, group, "pids.current");
    return isfinite(most) ? fmax(most - (isfinite(now) ? now : 0), 0) : INFINITY;
}

/* The least of a group and all above it. */
static void take_least(const struct place *p, double (*value)(const struct place *, const char *),
                       struct cgroup_limit *out)
{
    char group[PATH];
    if (!p->known) return;
    snprintf(group, sizeof group, "%s", p->group);
    for (;;) {
        double v = value(p, group);
        /* of equal ones the upper: a limit that is handed down is told where it was set */
        if (v < INFINITY && v <= out->value) {
            out->value = v;
            snprintf(out->group, sizeof out->group, "%.60s%.60s", p->shown, group);
            if (!*out->group) snprintf(out->group, sizeof out->group, "/");
        }
        char *slash = strrchr(group, '/');
        if (!slash) break;
        *slash = '\0';
    }
}

void cgroup_read(const char *root, struct cgroup_limits *out)
{
    static const struct {
        const char *controller;
        double (*value)(const struct place *, const char *);
        size_t limit;
    } rows[] = {
        { "memory", memory_of, offsetof(struct cgroup_limits, memory) },
        { "cpu", processors_of, offsetof(struct cgroup_limits, processors) },
        { "pids", tasks_of, offsetof(struct cgroup_limits, tasks) },
    };
    *out = (struct cgroup_limits){ { INFINITY, "" }, { INFINITY, "" }, { INFINITY, "" }, -1, "" };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int version = 1; version <= 2; version++) {
            struct place p = find_place(root, rows[i].controller, version);
            take_least(&p, rows[i].value, (struct cgroup_limit *)(void *)((char *)out + rows[i].limit));
            if (i > 0 || !p.known || out->killed >= 0) continue;
            const char *name = version == 2 ? "memory.events" : "memory.oom_control";
            out->killed = read_key(&p, p.group, name, "oom_kill", -1);
            if (out->killed >= 0 &&
                snprintf(out->counter, CGROUP_FILE, "%.250s%.240s/%s", p.mount, p.group, name) >= CGROUP_FILE)
                *out->counter = '\0';
        }
}
