/* One spelling for names that Unicode can write in several ways: an "ä" of one letter, or an "a" and a mark. */
#ifndef MLVICX_BASE_LETTERS_H
#define MLVICX_BASE_LETTERS_H

#include <stddef.h>

/** The first n bytes of s, of UTF-8, with composed letters taken apart (canonical decomposition, without sorting of
 *  several marks). What is no UTF-8 stays as it is. Owned by the caller; NULL when memory ran out. */
char *letters_apart(const char *s, size_t n);

#endif
