/* Inside of the store: whose a workspace is, and who else may write into it. Only files of store/ include this.
 *
 * What lies in a store is believed: names of files, settings, weights. So only the user and root may have written it:
 * the folder of the workspace, packs/, runs/, and the files of the database belong to one of both, and neither their
 * group nor others may write them. Anything else is another user's store, which is only read. */
#ifndef MLVICX_STORE_OWNER_H
#define MLVICX_STORE_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

#include "engine/base/err.h"

struct owner {
    bool foreign;   /* another user's, by the rule above                                          */
    bool missing;   /* the workspace does not exist: `uid` is of the folder that it would lie in   */
    bool writable;  /* foreign, because others may write it                                        */
    uid_t uid;      /* of the workspace's folder                                                   */
    gid_t gid;      /* of the same                                                                 */
    char name[64];  /* of the user whose the foreign thing is, "user 1000" where he has none       */
    char login[64]; /* the same as sudo takes it: "alice", "#1000"                                 */
    char why[160];  /* "belongs to alice", "runs may be written by others"; "" where not foreign   */
};

/** Look at the workspace `dir`, an absolute path. Nothing is opened. One that does not exist is foreign only to root,
 *  below a folder of another user, who could not use what root would make there. */
void owner_look(const char *dir, struct owner *out);

/** Why nothing is written there, and what to do. Returns false. */
bool owner_refuse(const struct owner *o, const char *dir, struct err *e);

#endif
