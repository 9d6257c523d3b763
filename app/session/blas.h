/* The threads of OpenBLAS, and the large buffer that it maps for each of them and for its caller.
 *
 * Where a limit refuses such a buffer, OpenBLAS asks for it again forever. So they are mapped as soon as they have been
 * compared with the limit, before something else takes the addresses. */
#ifndef MLVICX_SESSION_BLAS_H
#define MLVICX_SESSION_BLAS_H

/** How many threads it has, its caller among them. */
int blas_threads(void);

/** Give it `threads` threads, at least those that it has, and map their buffers and the caller's. */
void blas_map_buffers(int threads);

#endif
