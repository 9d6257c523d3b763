/* Columns of a row, checked as they are read: a store may come from someone else, or from a damaged disk, and a column
 * of SQLite holds whatever was put there. Only files of store/ include this.
 *
 * A row is begun, its columns are asked for with what they may hold, and column_end tells whether all of them did. The
 * first that does not is named: "store DIR: table run, row 3: steps is 'abc', not a whole number from 0 to ...". What
 * was asked for is then 0, NaN, "" or NULL; texts that were handed out are the caller's to free all the same. */
#ifndef MLVICX_STORE_COLUMN_H
#define MLVICX_STORE_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/database/sql.h"

/* Bounds that several tables share. */
#define COLUMN_TIME_MOST 253402300799.0 /* the end of the year 9999 */
enum {
    COLUMN_LINE = 4096,    /* bytes of a path, an argument, an answer */
    COLUMN_LONG = 1 << 22, /* bytes of a configuration, a note, remarks */
    COLUMN_BLOB = 1 << 28  /* bytes of an array or a mask */
};

struct columns {
    const struct store *s;
    sqlite3_stmt *q;
    const char *table; /* as it is named in errors */
    int64_t row;       /* likewise */
    struct err *e;
    bool ok;
};

/** Begin the current row of `q`. `row` is its key, as one would look it up. */
struct columns column_begin(const struct store *s, sqlite3_stmt *q, const char *table, int64_t row, struct err *e);
/** Whether every column held what it may. */
bool column_end(const struct columns *c);
/** Say of a column what it is not; what was wrong first counts. */
void column_refuse(struct columns *c, int column, const char *expected);

/** A whole number in least..most. */
int64_t column_integer(struct columns *c, int column, int64_t least, int64_t most);
/** The same, and `otherwise` where it is NULL. */
int64_t column_integer_or(struct columns *c, int column, int64_t least, int64_t most, int64_t otherwise);
/** A step: 0 to 2^53, so that it is exact as a double and sums of a few do not overflow. */
int64_t column_step(struct columns *c, int column);
bool column_bool(struct columns *c, int column);

/** A finite number in least..most. */
double column_real(struct columns *c, int column, double least, double most);
/** A number of a measurement; NULL and what is not finite: NaN. So is what no measurement comes near, beyond 1e100: the
 *  squares and sums of all others are finite. */
double column_number(struct columns *c, int column);
/** Seconds since 1970; NULL: 0. */
double column_time(struct columns *c, int column);

/** A name: one line of UTF-8 shorter than `size` bytes, copied; NULL: "". */
void column_name(struct columns *c, int column, char *out, size_t size);
/** Text shorter than `size` bytes, copied; NULL: "". Here and below any bytes but NUL are text: names of files are. */
void column_word(struct columns *c, int column, char *out, size_t size);
/** Text of at most `most` bytes, owned by the caller; NULL: "". NULL where it may not be (or memory ran out). */
char *column_text(struct columns *c, int column, size_t most);
/** The same, borrowed until the next row; NULL stays NULL. */
const char *column_peek(struct columns *c, int column, size_t most, size_t *bytes);
/** Bytes, borrowed until the next row; never NULL. */
const void *column_blob(struct columns *c, int column, size_t most, size_t *bytes);
/** Which of the n words it is; 0 and an error where it is none. */
int column_choice(struct columns *c, int column, const char *const *words, int n);

#endif
