/* Processes that decode DICOM files, so that a file that crashes or hangs its decoder costs only one image.
 *
 * A pool begins with one process that only forks decoders: it is created while the program has one thread and
 * nothing of a file in memory. Decoders are created on demand, keep no descriptor of the program, read the file that
 * is passed to them, and answer with facts and levels. Each image has limits on CPU time, elapsed time and memory;
 * exceeding one ends its decoder, and the next image gets a new one. Any thread may call. */
#ifndef MLVICX_DICOM_POOL_H
#define MLVICX_DICOM_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/dicom/dicom.h"

/** What a decoder does with a file of `n` bytes, in its own process: fills facts and, if requested, pixels ([height,
 * width, channels], allocated). */
typedef bool dicom_decoder(const uint8_t *bytes, size_t n, const struct dicom_request *q, struct dicom_facts *facts,
                           int *channels, uint8_t **pixels, struct err *e);

struct dicom_limits {
    double processor_seconds, seconds; /* for one image */
    size_t bytes;                      /* that a decoder may allocate         */
    dicom_decoder *decode;             /* NULL: that of this program          */
};
/** One minute of CPU time, ten minutes, 2 GiB. */
extern const struct dicom_limits dicom_limits;

struct dicom_pool;
/** Begins a pool. ERR_UNSUPPORTED if the program has no decoder, ERR_IO if no process can be created. */
bool dicom_pool_create(struct dicom_pool **out, const struct dicom_limits *l, struct err *e);
/** Ends it with all its processes; no call may be in progress. NULL is allowed. */
void dicom_pool_destroy(struct dicom_pool *p);

/** Passes the open file `fd` to a decoder and waits for its answer. `*pixels` belongs to the caller; NULL if only
 * facts were requested. On failure too, `facts` are filled as far as they are known. Error messages are reasons
 * without the file's name. */
bool dicom_pool_read(struct dicom_pool *p, int fd, const struct dicom_request *q, struct dicom_facts *facts,
                     int *channels, uint8_t **pixels, struct err *e);

#endif
