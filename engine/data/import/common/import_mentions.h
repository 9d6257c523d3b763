/* Labels that a program extracted from reports: present, absent, uncertain, not mentioned (CheXpert, NegBio). */
#ifndef MLVICX_DATA_IMPORT_MENTIONS_H
#define MLVICX_DATA_IMPORT_MENTIONS_H

#include "engine/data/import/common/import_common.h"

/** What an uncertain label and an unmentioned one become, by --uncertain and --unmentioned. */
enum { MENTIONS_MOST = 64 };
struct mentions {
    int8_t uncertain, unmentioned;
    uint32_t classes;
    int columns[MENTIONS_MOST]; /* of the table, by class */
    size_t uncertain_count;
};

bool mentions_init(struct mentions *m, const struct import_config *c, struct err *e);
/** The classes of a set: every column except those of `other` (ends with NULL) and unnamed ones; if the set already
 * has classes, the columns of these. */
bool mentions_columns(struct mentions *m, const struct csv *t, const char *const *other, struct dataset *d,
                      struct err *e);
/** Reads the labels of the current row into labels [classes]. */
bool mentions_read(struct mentions *m, const struct csv *t, int8_t *labels, struct err *e);
/** Adds a remark that says how uncertain labels are treated. */
bool mentions_tell(const struct mentions *m, struct dataset *d, struct err *e);

/** Does --views ask for a view of this name ("PA", "AP", "LL", "LATERAL", "L", "COSTAL", "" unknown ...)? */
bool import_wants_view(const struct import_config *c, const char *view);
/** Is it one from the side? */
bool import_is_lateral(const char *view);

#endif
