/* The other side of a pool: the process that makes decoders, and the decoders. Private to this room. */
#ifndef MLVICX_DICOM_CHILD_H
#define MLVICX_DICOM_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "engine/data/dicom/dicom_pool.h"

/* What a decoder says first: that an answer follows, or that its time is over. Nothing at all: it is dead. */
enum { DICOM_SAYS_ANSWER = 'A', DICOM_SAYS_TIME = 'T' };

struct dicom_answer {
    bool ok;
    struct err e;
    struct dicom_facts facts;
    int channels; /* 0: no pixels follow; else facts.height * facts.width * channels bytes do */
};

/** Send and receive with one descriptor beside the bytes; -1: none. False when the other side is gone. */
bool dicom_send(int socket, const void *bytes, size_t n, int fd);
bool dicom_receive(int socket, void *bytes, size_t n, int *fd);

/** Make the process that makes decoders: for every byte that it is sent it answers with the number of a new process and
 *  its socket. It ends, with all of them, when `socket` is closed. Returns its number, -1 with errno. */
pid_t dicom_nursery(int socket, const struct dicom_limits *l);

#endif
