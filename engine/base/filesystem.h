/* What kind of file system a path lies on, as far as it matters who else may have it open. */
#ifndef MLVICX_BASE_FILESYSTEM_H
#define MLVICX_BASE_FILESYSTEM_H

#include <stdbool.h>

/** True where another machine may be at the other end: memory is not shared then, and a lock that is free may be held
 *  over there. False where that cannot be told. */
bool filesystem_is_network(const char *path);
/** The same for an open descriptor. */
bool filesystem_is_network_of(int fd);

#endif
