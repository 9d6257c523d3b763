/* Finds the file that a table refers to.
 *
 * Tables come from other machines: their paths may be absolute or Windows paths, their names may lack the
 * extension or have another one, and letters may differ in case or Unicode form. A name refers to the file that
 * shares the longest end of its path (whole components, the last one without extension); among those, the one whose
 * path is not longer, then the one with the same extension, then the one with the same bytes. If two are left, the
 * name is ambiguous, and nothing is guessed. If both paths have components in front of that end, it is another file,
 * unless no other file has its name. */
#ifndef MLVICX_DATA_FILE_NAMES_H
#define MLVICX_DATA_FILE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"

struct file_name {
    char *key;    /* owned: the normalised path, without extension */
    char *stem;   /* in key: the last part                        */
    char *ending; /* in key: the last component */
    size_t file;  /* owned: image extension, normalised, "" for none */
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
    size_t file;   /* the match, or the first of several */
    size_t files;  /* number of files that match equally well; 0: none */
    size_t second; /* where files > 1: another one */
    size_t parts;  /* components of the path that match, from the end */
    bool whole;    /* all components match, extension included (except for case and Unicode form) */
    bool complete; /* all of the name, or all of the path, matches: not only their last components */
};
/** Finds the file that `written` refers to. False if memory ran out. */
bool file_names_find(const struct file_names *n, const char *written, struct file_match *m, struct err *e);

/** How two names of files stand to one another, in the form used for comparison, whatever their extensions. */
enum file_relation {
    FILE_OTHER,  /* both have components in front of their common end, or they have no common end */
    FILE_SAME,   /* all components of `name` are the end of `path`, which may have more           */
    FILE_LONGER, /* all components of `path` are the end of `name`, which has more                 */
};
/** Fills `*out`. False if memory ran out. */
bool file_name_relate(const char *name, const char *path, enum file_relation *out, struct err *e);

/** The number of bytes of a name without an image extension ("a.b.png": 3). */
size_t file_stem_length(const char *name);

#endif
