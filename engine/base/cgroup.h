/* What the control groups of this process allow, its own and all above it, of version 1, version 2 or both at once.
 *
 * Which groups they are is in /proc/self/cgroup, where their files lie in /proc/self/mountinfo. A file that is
 * missing, and a group that a container hides, limit nothing that could be known. */
#ifndef MLVICX_BASE_CGROUP_H
#define MLVICX_BASE_CGROUP_H

enum { CGROUP_NAME = 128, CGROUP_FILE = 512 };

/** A limit and the group that sets it; INFINITY and "" where there is none. */
struct cgroup_limit {
    double value;
    char group[CGROUP_NAME]; /* "/job42" */
};

struct cgroup_limits {
    struct cgroup_limit memory;     /* bytes of all its processes together       */
    struct cgroup_limit processors; /* processor seconds a second                */
    struct cgroup_limit tasks;      /* processes and threads that may be started */
    double killed;                  /* processes that its own memory group has killed so far; -1: not known */
    char counter[CGROUP_FILE];      /* the file that says so, "" where there is none */
};

/** Fill `out`. `root` goes in front of every path: "" for this machine, a folder of made-up files in tests. */
void cgroup_read(const char *root, struct cgroup_limits *out);

#endif
