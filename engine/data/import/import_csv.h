/* Parts of the importer of tables: the image of a row, its list of labels, and several rows for one image. */
#ifndef MLVICX_DATA_IMPORT_CSV_H
#define MLVICX_DATA_IMPORT_CSV_H

#include "engine/data/tables/file_names.h"
#include "engine/data/import/common/class_names.h"
#include "engine/data/import/common/import_common.h"

/* ---- table_files.c: the image of a row ---- */

/** The folders of a table's images. An image that is not where the table says is searched by the end of its path, in
 * a list of all files that is made when the first image is missing. Zero-initialise; table_files_clear frees. */
struct table_files {
    const struct import_config *c;
    struct dataset *d;
    bool listed;
    char **paths; /* below d->source, sorted */
    size_t count;
    struct file_names names;
};

/** The roots of the import, and d->source: the folder that contains all of them; the folder of the table if no
 * --images is given. */
bool table_files_init(struct table_files *f, const struct import_config *c, const char *table, struct dataset *d,
                      struct err *e);
void table_files_clear(struct table_files *f);

struct table_file {
    char path[PATH_MAX]; /* relative to d->source; "": missing or not readable, which was reported */
    size_t parts; /* path components that match the name in the table; SIZE_MAX: the file is where the table says */
};
bool table_files_find(struct table_files *f, const char *written, struct table_file *out, struct err *e);

/* ---- table_lists.c: labels as a list in one cell ---- */

enum { LIST_WORDS_MOST = 64 };

/** Words of lists that are no class, and the images that they stood for. */
struct list_words {
    size_t met;
    char last[64];
};

/** Zero-initialise but for the first three; table_lists_clear frees. */
struct table_lists {
    const struct import_config *c;
    struct dataset *d;
    struct class_names *names; /* borrowed                      */
    const char *separator;
    char *nothing[LIST_WORDS_MOST]; /* by --nothing: none of the classes */
    size_t nothing_count;
    struct list_words none, unknown;
};
/** Reads the whole table at c->path: all labels of the column become the classes of the set. A damaged list is an
 * error with its line. Remarks tell the separator; warnings tell a label that seems to be several, and a label 0. */
bool table_lists_find(struct table_lists *l, int column, struct err *e);
/** The labels of one image: `row` [classes], all of them missing before. A list names the classes that are present,
 * and all others are absent; where it says that something is unknown, as NA, the others stay unknown. */
void table_lists_read(struct table_lists *l, const char *cell, int8_t *row);
/** Adds remarks about words that were read as none of the classes, and as unknown. */
bool table_lists_tell(const struct table_lists *l, struct err *e);
void table_lists_clear(struct table_lists *l);

/* ---- table_rows.c: several rows of one image ---- */

enum import_repeated { REPEATED_REFUSE, REPEATED_FIRST, REPEATED_ANY, REPEATED_MAJORITY };
/** By --repeated. */
bool import_repeated_rule(const struct import_config *c, enum import_repeated *rule, struct err *e);

struct table_row {
    size_t line, parts;
    char *written; /* owned: the name in the table; NULL if the file is where it says */
};
struct table_rows {
    struct table_row *rows; /* of the set's images, in their order */
    size_t count, room;
};
/** The row of the next image. */
bool table_rows_note(struct table_rows *r, size_t line, const char *written, const struct table_file *found,
                     struct err *e);
void table_rows_clear(struct table_rows *r);
/** Leaves one row for each image: equal rows are merged, with a remark; others follow the rule, however they spell the
 * image: a00.png, A00.PNG, img/a00.png. Names with another folder than the file has mean another file: they count as
 * missing. Where only such names are there, or names of several folders above the file's, it belongs to the one that
 * shares most of its path, and to none if no single one is best. Remarks name what was found by the end of its path,
 * and what counts as missing. ERR_DATA if no row is left. */
bool table_rows_settle(struct table_rows *r, struct dataset *d, const char *table, enum import_repeated rule,
                       struct err *e);

#endif
