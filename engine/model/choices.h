/* Choices of a forward pass: which ReLUs let pass and where maxima were found.
 *
 * Two inputs within rounding of a tie may choose otherwise in float than in double, and then gradients differ by far
 * more than rounding. `verify` records the float run's choices, forces them upon the double run, and demands that every
 * choice that differs was such a tie. This struct has no scalars, so both precisions share it. */
#ifndef MLVICX_MODEL_CHOICES_H
#define MLVICX_MODEL_CHOICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum choice_kind {
    CHOICE_RELU,    /* bytes: 1 where it passes                      */
    CHOICE_TAP,     /* bytes: tap of the max-pool                    */
    CHOICE_TOP,     /* bytes: 1 where a position shares the maximum  */
    CHOICE_LARGEST, /* int32: first channel with the maximum         */
};

struct choice {
    char name[96];
    enum choice_kind kind;
    size_t count;
    uint8_t *bytes;   /* owned; or */
    int32_t *indices; /* owned     */
    /* what a forced run found, when it compared with its own choice */
    size_t flips; /* elements chosen otherwise                                         */
    double worst; /* greatest difference of the inputs of a flip, over the RMS of all  */
};

struct choices {
    struct choice *list; /* owned */
    int count, room;
};

/** Append a choice of `count` elements; its index, or -1 when memory ran out. */
int choices_add(struct choices *c, const char *name, enum choice_kind kind, size_t count);
void choices_clear(struct choices *c);
/** Copy the elements of `from` into `to` (same network, so same list). */
void choices_copy(struct choices *to, const struct choices *from);

#endif
