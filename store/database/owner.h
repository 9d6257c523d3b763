/* Private to the store: who owns a workspace, and who else may write to it.
 *
 * The contents of a store are trusted: names of files, settings, weights. So only the user and root may have written
 * it: the folder of the workspace, packs/, runs/, and the files of the database must belong to one of them, and must
 * not be writable by group or others. Anything else is another user's store, which is only read. */
#ifndef MLVICX_STORE_OWNER_H
#define MLVICX_STORE_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

#include "engine/base/err.h"

struct owner {
    bool foreign;   /* another user's, by the rule above                                          */
    bool missing;   /* the workspace does not exist: `uid` is that of the folder in which it would be */
    bool writable;  /* foreign because others may write it */
    uid_t uid;      /* of the workspace's folder                                                   */
    gid_t gid;      /* of the same                                                                 */
    char name[64];  /* name of the user who owns the foreign part, "user 1000" if there is none */
    char login[64]; /* the same as sudo takes it: "alice", "#1000"                                 */
    char why[160];  /* "belongs to alice", "runs may be written by others"; "" where not foreign   */
};

/** Checks the workspace `dir`, an absolute path. Nothing is opened. One that does not exist is foreign only to root,
 * below a folder of another user, who could not use what root would create there. */
void owner_look(const char *dir, struct owner *out);

/** Why nothing is written there, and what to do. Returns false. */
bool owner_refuse(const struct owner *o, const char *dir, struct err *e);

#endif
