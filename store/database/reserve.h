/* Private to the store: room that is kept for the commands that make room.
 *
 * On a full disk SQLite cannot even open a database that nobody else has open: the index of its log takes 32 KiB, and
 * each write takes pages of the log. So the commands that would free space could not run. A workspace therefore holds a
 * file without meaning, which they give up first and make again when they have ended. Where files are compressed or
 * copied on write it may be of no use; it does no harm there. */
#ifndef MLVICX_STORE_RESERVE_H
#define MLVICX_STORE_RESERVE_H

#include "store/database/handle.h"

enum { RESERVE_BYTES = 512 << 10, RESERVE_ROOM = 16 /* times as much is to be free when it is made */ };
#define RESERVE_FILE "reserve"

/** Makes it where it is missing and the disk has plenty of room. That it cannot be made is no error. */
void reserve_keep(const struct store *s);
/** Removes it, until reserve_take_back. */
void reserve_give_up(struct store *s);
/** Makes it again if it was given up and there is any room for it; with store_close. */
void reserve_take_back(struct store *s);

#endif
