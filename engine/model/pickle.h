/* Python's pickles, read as data: a tree of plain values, in which a call is a node and nothing is called.
 *
 * A pickle is a program for a stack machine that may name any function of Python. Here a global is its name, a call its
 * callee and its arguments, a persistent id its value; what they mean is for whoever looks at the tree. Protocols 2
 * to 5. Memory is bounded by the bytes read: each instruction makes at most one node. Nodes may be shared and, in a
 * hostile pickle, contain themselves: whoever walks counts its steps. Format: Python's pickletools. */
#ifndef MLVICX_MODEL_PICKLE_H
#define MLVICX_MODEL_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"

enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOL,       /* whole                                              */
    PICKLE_INT,        /* whole                                              */
    PICKLE_FLOAT,      /* no value: nobody asks                              */
    PICKLE_TEXT,       /* text: UTF-8 or whatever stands there               */
    PICKLE_BYTES,      /* text                                               */
    PICKLE_TUPLE,      /* items                                              */
    PICKLE_LIST,       /* items; of a set too                                */
    PICKLE_DICT,       /* items: key, value, key, value, ...                 */
    PICKLE_GLOBAL,     /* text: module; name                                 */
    PICKLE_CALL,       /* callee, argument; items as of the dict that it became */
    PICKLE_PERSISTENT, /* argument                                           */
    PICKLE_OTHER,      /* a whole number beyond 64 bits                      */
};

struct pickle_node {
    enum pickle_kind kind;
    int64_t whole;
    const char *text; /* [length], borrowed from the bytes read, not terminated */
    size_t length;
    const char *name; /* [name_length], likewise */
    size_t name_length;
    uint32_t *items; /* [count], owned: nodes */
    uint32_t count, room;
    uint32_t callee, argument; /* nodes */
};

struct pickle {
    struct pickle_node *nodes; /* [count], owned */
    uint32_t count, room;
    uint32_t root;
};

enum { PICKLE_MOST_BYTES = 64 << 20, PICKLE_MOST_NODES = 4 << 20 };

/** Read `size` bytes at `data`, which are borrowed as long as the pickle lives. `path` begins the error: ERR_FORMAT for
 *  what is no whole pickle, ERR_UNSUPPORTED for another protocol or an instruction that only code needs. */
bool pickle_read(struct pickle *p, const unsigned char *data, size_t size, const char *path, struct err *e);
void pickle_clear(struct pickle *p); /* fine on a zeroed struct */

/** Whether a node is the global "module.name". */
bool pickle_is_global(const struct pickle *p, uint32_t node, const char *name);
/** Whether a node is this text. */
bool pickle_is_text(const struct pickle *p, uint32_t node, const char *text);
/** What a node is, in words: "a number", "module.name" of a global and of a call. Returns `out`. */
const char *pickle_describe(const struct pickle *p, uint32_t node, char *out, size_t size);

#endif
