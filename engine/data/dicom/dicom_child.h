/* The process side of a pool: the process that forks decoders, and the decoders. Private to this room. */
#ifndef MLVICX_DICOM_CHILD_H
#define MLVICX_DICOM_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "engine/data/dicom/dicom_pool.h"

/* The first byte of an answer: an answer follows, or the time limit was exceeded. No byte at all: the decoder died. */
enum { DICOM_SAYS_ANSWER = 'A', DICOM_SAYS_TIME = 'T' };

struct dicom_answer {
    bool ok;
    struct err e;
    struct dicom_facts facts;
    int channels; /* 0: no pixels follow; else facts.height * facts.width * channels bytes do */
};

/** Sends and receives bytes with an optional descriptor; -1: none. False if the other side has closed. */
bool dicom_send(int socket, const void *bytes, size_t n, int fd);
bool dicom_receive(int socket, void *bytes, size_t n, int *fd);

/** Creates the process that forks decoders: for every byte that it receives it answers with the number of a new
 * process and its socket. It ends, with all decoders, when `socket` is closed. Returns its number, -1 with errno. */
pid_t dicom_nursery(int socket, const struct dicom_limits *l);

#endif
