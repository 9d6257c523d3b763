/* A folder held open, and the files in it by their names alone.
 *
 * Whoever may write along a path decides what is found at its end: a link to another file, a pipe on which opening
 * waits forever, a device without an end. A folder is opened once; from then on its files are opened, made and removed
 * in it by a single name, with no '/' in it. No link is followed, only regular files are opened, and of those only the
 * user's own, root's and the folder's owner's, which no others may write. Nothing here waits. */
#ifndef MLVICX_BASE_FOLDER_H
#define MLVICX_BASE_FOLDER_H

#include <dirent.h>
#include <stdbool.h>
#include <sys/types.h>

#include "engine/base/err.h"

enum { FOLDER_PATH = 4096 };

struct folder {
    int fd;                 /* -1: none */
    uid_t owner;            /* whose files are taken for the folder's own, besides the user's and root's */
    bool anybody;           /* everybody's are: those who may write there are trusted, or it is only read */
    bool reached;           /* others may enter it, so that what they may write there is not opened either */
    char path[FOLDER_PATH]; /* for messages */
};

/** Whether a name can be one of a file in a folder: no '/', no control characters, not "", and no dot in front. */
bool folder_name_ok(const char *name);

/** Open the folder at `path`, through links (that path is the user's own word). Shown as `shown`; its owner is the one
 *  whose files count. ERR_NOT_FOUND where nothing is there. */
bool folder_open(struct folder *f, const char *path, const char *shown, struct err *e);
void folder_close(struct folder *f); /* -1 is fine; sets -1 */
/** mkdirat with mode 0700 whatever the umask, also for AT_FDCWD and a path. errno is set on false. */
bool folder_make(int dir, const char *name);
/** Open a folder in a folder; `make` makes it, mode 0700, durable, where there is none. Never through a link. */
bool folder_enter(const struct folder *f, const char *name, bool make, struct folder *out, struct err *e);

/* How a file is opened. Nothing is truncated. */
enum folder_use {
    FOLDER_READ,
    FOLDER_APPEND, /* made where there is none, mode 0600                                                     */
    FOLDER_LOCK    /* the same, to read and write: a lock and what is in its file. What is written to has */
                   /* one name only: a second one (a hard link) may be anybody's file                         */
};
/** Open a file of the folder; -1 with an error (ERR_NOT_FOUND where there is none) and errno as it was. The descriptor
 *  is the caller's. */
int folder_file(const struct folder *f, const char *name, enum folder_use use, struct err *e);

/** The entries of the folder, for readdir and closedir; NULL where it cannot be read. */
DIR *folder_list(const struct folder *f);
/** True when something of that name is there, whatever it is. */
bool folder_has(const struct folder *f, const char *name);
/** Whether a file may be opened by its path: one that is there is regular, of a fitting owner, and has one name only.
 *  For libraries that open by themselves. */
bool folder_check(const struct folder *f, const char *name, struct err *e);
/** Remove a file (of a link the link). None is fine. */
bool folder_unlink(const struct folder *f, const char *name, struct err *e);
/** Give a file another name in the folder, durably; what has that name is replaced. */
bool folder_rename(const struct folder *f, const char *from, const char *to, struct err *e);
/** Remove a folder of the folder with all that is in it, or a file. Links are removed, not followed; another file
 *  system that is mounted there, and nesting deeper than 16, are refused. None is fine. */
bool folder_remove(const struct folder *f, const char *name, struct err *e);

#endif
