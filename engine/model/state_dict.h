/* Weights of others: the tensors of a file, whoever wrote it, under the names that a network of ours has.
 *
 * A file is safetensors or of torch.save. Somewhere in its names stands a ResNet, as torchvision names it
 * ("conv1.weight", "layer1.0.conv1.weight") or as nn.Sequential(*children) does ("0.weight", "4.0.conv1.weight"),
 * behind a prefix such as "module.encoder_q." or "state_dict.backbone.". The prefix is found from these names. Of
 * several the one that learns is taken, not the copy that follows it (encoder_q, not encoder_k); of DINO's the teacher.
 */
#ifndef MLVICX_MODEL_STATE_DICT_H
#define MLVICX_MODEL_STATE_DICT_H

#include "engine/model/safetensors.h"
#include "engine/model/torch_file.h"

enum { STATE_NAME = 160 };

struct state_entry {
    const char *name;     /* in the file; borrowed */
    char own[STATE_NAME]; /* in a network of ours, "encoder.conv1.weight"; "": it has no place there */
    bool tensor;          /* false: an object of Python */
    bool ignored; /* what no network of ours has a place for, and nobody misses: fc.*, counters, numbers beside */
    enum tensors_type type;
    int dims;
    int64_t shape[TENSORS_MAX_DIMS];
    size_t count;
};

struct state_dict {
    struct tensors tensors;      /* of safetensors, or zeroed */
    struct torch_file *torch;    /* owned; NULL: safetensors */
    const char *path;            /* borrowed from `tensors` or `text` */
    char *text;                  /* owned */
    struct state_entry *entries; /* [count], owned, in the order of their data */
    size_t count;
    char prefix[512]; /* before the names of the encoder: "module.encoder_q." */
    bool sequential;  /* the form of nn.Sequential */
};

/** Open PATH and find the encoder in it; ERR_FORMAT where there is none, or several that cannot be told apart. */
bool state_dict_open(struct state_dict *s, const char *path, struct err *e);
/** The same of a file that is open, called `path`, which is theirs from here on, whatever comes of it. */
bool state_dict_open_fd(struct state_dict *s, int fd, const char *path, struct err *e);
/** And of safetensors that are open, which are theirs from here on, whatever comes of it. */
bool state_dict_take(struct state_dict *s, struct tensors *file, struct err *e);
void state_dict_close(struct state_dict *s); /* fine on a zeroed struct */

/** The entry of a name of ours, or NULL. */
const struct state_entry *state_dict_find(const struct state_dict *s, const char *own);
/** Fill out [count] as float32. ERR_UNSUPPORTED for what is no tensor of floats. */
bool state_dict_read(struct state_dict *s, const struct state_entry *entry, float *out, struct err *e);
/** False where the file was cut since it was opened. */
bool state_dict_check(const struct state_dict *s, struct err *e);

/** In state_names.c: fill prefix, sequential, and `own` and `ignored` of all entries. `same` tells whether two entries
 * are one tensor under two names. */
bool state_names_find(struct state_dict *s, bool (*same)(const struct state_dict *s, size_t a, size_t b),
                      struct err *e);

#endif
