/* Splits by patient: all images of one person stand on one side. */
#ifndef MLVICX_DATA_SPLIT_H
#define MLVICX_DATA_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/dataset.h"

/** Deal the images whose split is `from` to the splits by patient, in shares (by number of images; share[SPLIT_NONE]
 *  unused). The draw depends on the seed and on the patients' names alone, not on the order of images. Patients who
 *  also have images in another split than `from` keep what they have. With two patients or more, no split with a share
 *  stays empty as long as there are patients for it; SPLIT_TRAIN comes first. */
bool split_by_patient(struct dataset *d, enum dataset_split from, const double share[SPLIT_COUNT], uint64_t seed,
                      struct err *e);

/** How many of the training patients become validation images. Zero-initialised: as usual, SPLIT_VALIDATION_PERCENT. */
struct split_validation {
    bool given;     /* percent counts, 0 for none too */
    double percent; /* 0..100                         */
};
#define SPLIT_VALIDATION_PERCENT 12.5

/** For a source without any split: a fifth of the patients to test where there are labels, and `val` of the rest to
 * validation. Adds a remark that says so. */
bool split_all(struct dataset *d, struct split_validation val, uint64_t seed, struct err *e);

/** For a source with train but without val: take `val` of its training patients, with a remark that
 *  begins with `what`. Nothing happens where val is there, or train is not. */
bool split_take_validation(struct dataset *d, struct split_validation val, uint64_t seed, const char *what,
                           struct err *e);

/** Count patients and those with images in several splits into `d`. SPLIT_NONE is no split. */
bool split_count_patients(struct dataset *d, struct err *e);

/** Guess the patient from a path: folders patientNNNNN, pNNNNNNNN, sub-N, or from a file name: personN_*, IM-NNNN-*,
 * NORMAL2-IM-NNNN-* (three series of one publication, whose numbers do not mean the same person), BACTERIA-N-*,
 * VIRUS-N-*, NORMAL-N-*, N_left, N_right, NNNNNNNN_NNN. `out` filled with the part that names the patient, or "" where
 * no pattern fits. */
void split_patient_of_name(const char *path, char *out, size_t size);

#endif
