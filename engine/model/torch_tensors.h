/* The tensors that a pickle of PyTorch names: what torch.save wrote of dicts of tensors, however nested. */
#ifndef MLVICX_MODEL_TORCH_TENSORS_H
#define MLVICX_MODEL_TORCH_TENSORS_H

#include "engine/model/pickle.h"
#include "engine/model/safetensors.h"

enum { TORCH_KEY = 64, TORCH_NAME = 400, TORCH_MOST_TENSORS = 1 << 16 };

/** A view of a storage: element [i, j, ...] stands at offset + i * stride[0] + j * stride[1] + ..., inside it. */
struct torch_tensor {
    char *name;             /* keys of the dicts, with dots between them; owned */
    char *what;             /* of what is no tensor: its class; owned. NULL: a tensor */
    enum tensors_type type; /* TENSORS_OTHER: no floats */
    int dims;
    int64_t shape[TENSORS_MAX_DIMS], stride[TENSORS_MAX_DIMS], offset;
    size_t count;        /* numbers */
    char key[TORCH_KEY]; /* of the storage */
    size_t numbers;      /* of the storage */
    size_t width;        /* bytes of a number */
};

struct torch_tensors {
    struct torch_tensor *list; /* [count], owned, in the order of storages and offsets */
    size_t count, room;
};

/** Collect them. ERR_FORMAT where a view lies outside its storage, ERR_UNSUPPORTED for what is no dict or too deep. */
bool torch_tensors_find(struct torch_tensors *t, const struct pickle *p, const char *path, struct err *e);
void torch_tensors_clear(struct torch_tensors *t); /* fine on a zeroed struct */

#endif
