/* Words with which tables say that something is not known, one list for all readers. */
#ifndef MLVICX_DATA_MISSING_H
#define MLVICX_DATA_MISSING_H

#include <stdbool.h>
#include <stddef.h>

enum missing {
    MISSING_NOT,     /* the text says something                                  */
    MISSING_EMPTY,   /* nothing was entered: blank, nan, NA, n/a, NULL            */
    MISSING_UNKNOWN, /* somebody entered that it is not known: unknown, unk, ?   */
};
/** What a text of `length` bytes says, whatever its case and outer blanks. */
enum missing missing_word(const char *s, size_t length);

/** Does the id of a patient name nobody? Also "none", "-", "anonymous": they would be one person otherwise. */
bool missing_person(const char *id);

#endif
