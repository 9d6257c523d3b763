/* The key with which patients of DICOM files are hashed: 32 random bytes in the file patient.key of the workspace,
 * mode 0600. Each store has one key: the same patient has the same name in all of its data sets, and another one in
 * another store. */
#ifndef MLVICX_STORE_PATIENT_KEY_H
#define MLVICX_STORE_PATIENT_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/database/store.h"

enum { STORE_KEY = 32 };

/** Fills the key; the first time it is generated and stored durably. ERR_IO, ERR_FORMAT (a file of another length). */
bool store_patient_key(const struct store *s, uint8_t key[STORE_KEY], struct err *e);

#endif
