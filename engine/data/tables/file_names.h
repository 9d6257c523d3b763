/* Which file a table means.
 *
 * Tables come from other machines: their paths are absolute or of Windows, their names lack the ending or have another
 * one, their letters differ in case or in the form of Unicode. A name means the file that shares the longest end of
 * its path (whole parts, the last one without ending); among those the one whose path is no longer, then the one with
 * the same ending, then the one of the same bytes. Where two are left, the name is ambiguous, and nothing is guessed.
 * Where both paths go on in front of that end, the file is another one's, unless no other file has its name.
 */
#ifndef MLVICX_DATA_FILE_NAMES_H
#define MLVICX_DATA_FILE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"

struct file_name {
    char *key;    /* owned: the path folded, its ending cut off   */
    char *stem;   /* in key: the last part                        */
    char *ending; /* owned: of an image, folded, "" for none      */
    size_t file;  /* in the list that was given                   */
};

/** Zero-initialise; file_names_clear frees. */
struct file_names {
    const char *const *paths; /* borrowed */
    struct file_name *rows;   /* by stem  */
    size_t count;
};
/** `paths` [n] are relative, with '/'; borrowed until the clear. */
bool file_names_init(struct file_names *n, const char *const *paths, size_t count, struct err *e);
void file_names_clear(struct file_names *n);

/** What was found. */
struct file_match {
    size_t file;   /* the one, or the first of several */
    size_t files;  /* how many fit equally well; 0: none does */
    size_t second; /* where files > 1: another one */
    size_t parts;  /* of the path that are common, from the end */
    bool whole;    /* all parts of the name are common, ending and all (but for case and form of Unicode) */
    bool complete; /* nothing is left of the name or of the file's path: it is not by its last parts alone */
};
/** Find the file that `written` means. False when memory ran out. */
bool file_names_find(const struct file_names *n, const char *written, struct file_match *m, struct err *e);

/** The bytes of a name without the ending of an image ("a.b.png": 3). */
size_t file_stem_length(const char *name);

#endif
