/* When two ids name one patient: the rule of imports and merges. */
#ifndef MLVICX_DATA_PATIENT_H
#define MLVICX_DATA_PATIENT_H

#include <stdbool.h>

enum {
    PATIENT_MOST = 256,
    PATIENT_HEX = 16, /* letters of a hashed id */
};

/** The number that an id is: without leading zeros, and without the ".0" that a column with gaps gets. Ids of one
 * number are one patient. False if the id is not a number; `out` is then undefined. */
bool patient_number(const char *id, char out[PATIENT_MOST]);

/** Are they one patient? "" is nobody's id, and the same as "". */
bool patient_same(const char *a, const char *b);

/** Is spelling `a` of a number to be kept rather than `b`? Digits alone, and the longer one, so that the result does
 * not depend on the order of rows. */
bool patient_better(const char *a, const char *b);

/** Does an id look hashed, as those of sets with DICOM files are? Hashes of digits alone are not recognised. */
bool patient_hashed(const char *id);

#endif
