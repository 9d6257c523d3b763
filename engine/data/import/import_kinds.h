/* The importers, for the table of import.c; private to this folder. */
#ifndef MLVICX_DATA_IMPORT_KINDS_H
#define MLVICX_DATA_IMPORT_KINDS_H

#include <stdbool.h>

#include "engine/base/err.h"
#include "engine/data/import/common/import_config.h"

bool import_folder_scan(const struct import_config *c, struct dataset *d, struct err *e);
bool import_nih_scan(const struct import_config *c, struct dataset *d, struct err *e);
bool import_vinbig_scan(const struct import_config *c, struct dataset *d, struct err *e);
bool import_rsna_scan(const struct import_config *c, struct dataset *d, struct err *e);
bool import_siim_scan(const struct import_config *c, struct dataset *d, struct err *e);
bool import_chexpert_scan(const struct import_config *c, struct dataset *d, struct err *e);
bool import_mimic_scan(const struct import_config *c, struct dataset *d, struct err *e);
bool import_padchest_scan(const struct import_config *c, struct dataset *d, struct err *e);
bool import_masks_scan(const struct import_config *c, struct dataset *d, struct err *e);
bool import_csv_scan(const struct import_config *c, struct dataset *d, struct err *e);
bool import_phantom_generate(const struct import_config *c, const char *packs, struct dataset *d, struct err *e);

#endif
