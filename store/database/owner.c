#include "store/database/owner.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "store/database/store.h"

/* The parts of the store itself, below its folder. */
static const char *const parts[] = {
    "mlvicx.db", "mlvicx.db-wal", "mlvicx.db-shm", "mlvicx.db-journal", "packs", "runs",
};

static void name_user(struct owner *o, uid_t uid)
{
    const struct passwd *p = getpwuid(uid);
    bool named = p && *p->pw_name;
    snprintf(o->name, sizeof o->name, "user %lld", (long long)uid);
    snprintf(o->login, sizeof o->login, "#%lld", (long long)uid);
    if (named) snprintf(o->name, sizeof o->name, "%s", p->pw_name);
    if (named) snprintf(o->login, sizeof o->login, "%s", p->pw_name);
    text_clean(o->name);
    text_clean(o->login);
}

static bool is_trusted(uid_t uid)
{
    return uid == geteuid() || uid == 0;
}

/* Checks one part of the workspace, `part` "" for its folder; recorded if it is another user's. A link's own mode
 * means nothing. */
static void judge(struct owner *o, const char *part, const struct stat *st)
{
    bool theirs = !is_trusted(st->st_uid), open = !S_ISLNK(st->st_mode) && st->st_mode & (S_IWGRP | S_IWOTH);
    if (o->foreign || (!theirs && !open)) return;
    o->foreign = true;
    o->writable = !theirs;
    name_user(o, st->st_uid);
    if (theirs)
        snprintf(o->why, sizeof o->why, "%s%sbelongs to %s", part, *part ? " " : "", o->name);
    else
        snprintf(o->why, sizeof o->why, "%s may be written by others", *part ? part : "its folder");
}

static void look_inside(struct owner *o, const char *dir)
{
    struct stat st;
    int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (fstatat(fd, parts[i], &st, AT_SYMLINK_NOFOLLOW)) continue;
        judge(o, parts[i], &st);
        if (S_ISLNK(st.st_mode) && fstatat(fd, parts[i], &st, 0) == 0) judge(o, parts[i], &st);
    }
    close(fd);
}

void owner_look(const char *dir, struct owner *o)
{
    char path[STORE_PATH];
    struct stat st;
    *o = (struct owner){ 0 };
    snprintf(path, sizeof path, "%s", dir);
    for (char *slash; stat(path, &st) && (slash = strrchr(path, '/')) && slash != path; o->missing = true)
        *slash = '\0';
    if (stat(path, &st) && stat("/", &st)) return;
    o->uid = st.st_uid;
    o->gid = st.st_gid;
    if (!o->missing) {
        judge(o, "", &st);
        look_inside(o, dir);
    } else if (geteuid() == 0 && st.st_uid != 0) {
        judge(o, "", &st);
        snprintf(o->why, sizeof o->why, "would lie in a folder of %s", o->name);
    }
}

bool owner_refuse(const struct owner *o, const char *dir, struct err *e)
{
    if (o->writable)
        return err_set(
            e, ERR_IO,
            "store %s: %s, so nothing is written there; chmod -R go-w it, or add --trust-store if all who may "
            "write it are trusted",
            dir, o->why);
    if (geteuid() == 0)
        return err_set(e, ERR_IO,
                       "store %s: %s, who could not use what root writes there; begin with sudo -u '%s', or add "
                       "--trust-store, which works as its owner",
                       dir, o->why, o->login);
    return err_set(e, ERR_IO,
                   "store %s: %s, so nothing is written there; a store has one user: choose another --store, or add "
                   "--trust-store if %s is trusted with all that you may do",
                   dir, o->why, o->name);
}
