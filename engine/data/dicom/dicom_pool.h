/* Processes that decode DICOM files, so that a file which crashes its decoder, or keeps it for ever, costs one picture.
 *
 * A pool begins with one process that does nothing but make decoders: it is forked while the program has one thread and
 * nothing of a file in memory. Decoders are made as they are needed, keep no descriptor of the program, read the file
 * that is handed to them, and answer with facts and levels. Each picture has a limit of processor time, of time, and of
 * memory; what crosses one ends its decoder, and the next picture gets another one. Whatever thread may ask. */
#ifndef MLVICX_DICOM_POOL_H
#define MLVICX_DICOM_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/dicom/dicom.h"

/** What a decoder does with a file of `n` bytes, in its own process: fill facts and, where asked for, pixels
 *  ([height, width, channels], allocated). */
typedef bool dicom_decoder(const uint8_t *bytes, size_t n, const struct dicom_request *q, struct dicom_facts *facts,
                           int *channels, uint8_t **pixels, struct err *e);

struct dicom_limits {
    double processor_seconds, seconds; /* for one picture                     */
    size_t bytes;                      /* that a decoder may allocate         */
    dicom_decoder *decode;             /* NULL: that of this program          */
};
/** A minute of processor time, ten minutes, 2 GiB. */
extern const struct dicom_limits dicom_limits;

struct dicom_pool;
/** Begin a pool. ERR_UNSUPPORTED where the program has no decoder, ERR_IO where no process can be made. */
bool dicom_pool_create(struct dicom_pool **out, const struct dicom_limits *l, struct err *e);
/** End it with all of its processes; nobody may be asking. NULL is fine. */
void dicom_pool_destroy(struct dicom_pool *p);

/** Hand the open file `fd` to a decoder and wait for its answer. `*pixels` is the caller's; NULL where only facts were
 *  wanted. `facts` are filled as far as they are known on failure, too. Errors are reasons without the file's name. */
bool dicom_pool_read(struct dicom_pool *p, int fd, const struct dicom_request *q, struct dicom_facts *facts,
                     int *channels, uint8_t **pixels, struct err *e);

#endif
