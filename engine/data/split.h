/* Splits by patient: all images of one person are in the same split. */
#ifndef MLVICX_DATA_SPLIT_H
#define MLVICX_DATA_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/dataset.h"

/** Distributes the images whose split is `from` to the splits by patient, in shares (by number of images;
 * share[SPLIT_NONE] unused). The draw depends only on the seed and the patients' names, not on the order of images.
 * Patients who also have images in another split than `from` are left as they are. With two patients or more, no
 * split with a share is empty as long as there are enough patients; SPLIT_TRAIN comes first. */
bool split_by_patient(struct dataset *d, enum dataset_split from, const double share[SPLIT_COUNT], uint64_t seed,
                      struct err *e);

/** How many of the training patients become validation patients. Zero-initialised: the default,
 * SPLIT_VALIDATION_PERCENT. */
struct split_validation {
    bool given;     /* percent counts, 0 for none too */
    double percent; /* 0..100                         */
};
#define SPLIT_VALIDATION_PERCENT 12.5

/** For a source without splits: a fifth of the patients becomes test if there are labels, and `val` of the others
 * becomes validation. Adds a remark that says so. */
bool split_all(struct dataset *d, struct split_validation val, uint64_t seed, struct err *e);

/** For a source with train but without val: takes `val` of its training patients, with a remark that begins with
 * `what`. Does nothing if there is a validation split, or no training split. */
bool split_take_validation(struct dataset *d, struct split_validation val, uint64_t seed, const char *what,
                           struct err *e);

/** Counts the patients, and those with images in several splits, into `d`. SPLIT_NONE does not count as a split. */
bool split_count_patients(struct dataset *d, struct err *e);

/** Guesses the patient from a path: folders patientNNNNN, pNNNNNNNN, sub-N, or from a file name: personN_*,
 * IM-NNNN-*, NORMAL2-IM-NNNN-* (three series of one publication, in which the same number means different persons),
 * BACTERIA-N-*, VIRUS-N-*, NORMAL-N-*, N_left, N_right, NNNNNNNN_NNN. `out` is filled with the part that names the
 * patient, or "" if no pattern matches. */
void split_patient_of_name(const char *path, char *out, size_t size);

#endif
