/* The parts of the importer of tables: where the image of a row lies, and rows that name one image. */
#ifndef MLVICX_DATA_IMPORT_CSV_H
#define MLVICX_DATA_IMPORT_CSV_H

#include "engine/data/tables/file_names.h"
#include "engine/data/import/common/import_common.h"

/* ---- table_files.c: the image of a row ---- */

/** Folders of a table's images. What does not lie where the table says is looked for by the end of its path, in a list
 *  of all files that is made when the first is missing. Zero-initialise; table_files_clear frees. */
struct table_files {
    const struct import_config *c;
    struct dataset *d;
    bool listed;
    char **paths; /* below d->source, sorted */
    size_t count;
    struct file_names names;
    size_t loose; /* images found by the end of their paths */
    char *example;
};

/** Roots of the import, and d->source: the folder that holds them all; the table's where no --images is given. */
bool table_files_init(struct table_files *f, const struct import_config *c, const char *table, struct dataset *d,
                      struct err *e);
void table_files_clear(struct table_files *f);

struct table_file {
    char path[PATH_MAX]; /* below d->source; "": it is not there or may not be read, which was noted */
    uint64_t name;       /* as in table_row */
    size_t parts;        /* of the path that the table's name shares; SIZE_MAX: it lies where the table says */
};
bool table_files_find(struct table_files *f, const char *written, struct table_file *out, struct err *e);
/** A remark on images that were found by the end of their paths. */
bool table_files_tell(const struct table_files *f, struct err *e);

/* ---- table_rows.c: several rows of one image ---- */

enum import_repeated { REPEATED_REFUSE, REPEATED_FIRST, REPEATED_ANY, REPEATED_MAJORITY };
/** By --repeated. */
bool import_repeated_rule(const struct import_config *c, enum import_repeated *rule, struct err *e);

struct table_row {
    size_t line, parts;
    uint64_t name; /* hash of what the table writes; 0 where the file lies there */
};
struct table_rows {
    struct table_row *rows; /* of the set's images */
    size_t room;
};
bool table_rows_note(struct table_rows *r, uint32_t image, size_t line, const struct table_file *found, struct err *e);
void table_rows_clear(struct table_rows *r);
/** One row for each image: equal rows are one, with a remark; others go by the rule. A file that several names of the
 *  table could mean is that of the name which shares most of its path; the other images count as absent, and so do all
 * where that is no one name. */
bool table_rows_settle(struct table_rows *r, struct dataset *d, const char *table, enum import_repeated rule,
                       struct err *e);

#endif
