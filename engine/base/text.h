/* Growable text, and small helpers on strings. */
#ifndef MLVICX_BASE_TEXT_H
#define MLVICX_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A string that grows. Zero-initialise; `data` is NULL or NUL-terminated and owned. A failed allocation sets `broken`
 *  and later appends do nothing, so that a caller checks once, at the end. */
struct text {
    char *data;
    size_t length, room;
    bool broken;
};

void text_clear(struct text *t); /* frees, back to zero */
void text_append(struct text *t, const char *bytes, size_t n);
void text_add(struct text *t, const char *s);
void text_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** The string so far, "" when empty; borrowed until the next append. */
const char *text_str(const struct text *t);

/** Length of the letter of UTF-8 at s, of at most n bytes, and the letter; 0 where none is there (a byte that
 * begins none, one that is cut, an overlong form, a surrogate). NUL is a letter of one byte. */
size_t text_letter(const char *s, size_t n, uint32_t *letter);
/** May this letter steer whoever shows it? Controls (C0, DEL, C1), those that turn the direction of writing (a name
 * could then read as another), separators of lines and paragraphs. */
bool text_steers(uint32_t letter);
/** Replace each byte of letters that steer, and of what is no UTF-8, by '?', in place: for all that goes to a terminal.
 */
void text_clean(char *s);
/** The same for letters that steer alone: bytes that are no UTF-8 stay, as a file name may hold them. */
void text_tame(char *s);
/** Append s as a cell of a table with commas: cleaned, in quotes where it has to be. A spreadsheet takes what begins
 * with = + - or @ for a formula and computes it: such a text gets an apostrophe in front. Numbers are not for here. */
void text_cell(struct text *t, const char *s);
/** Append s, cleaned, as what a line of such a table says that begins with '#'. A spreadsheet cuts it at commas and
 * semicolons all the same: what would be a formula behind one, blanks and quotes passed over, gets an apostrophe. */
void text_comment(struct text *t, const char *s);

/* What stands between a reason and what to try in the text of an event or an alarm. */
#define TEXT_TRY ". Try: "

/** The advice of a line "REASON. Try: ADVICE", or NULL where it has none. `*reason` (may be NULL) filled with the bytes
 * of the reason, without the full stop; the whole line where there is no advice. */
const char *text_advice(const char *line, size_t *reason);

/** The candidate nearest to `word` (fewest edits, prefix wins ties), or NULL when none is near enough to suggest
 *  (more than half of the longer word's letters differ). `name(ctx, i)` gives candidate i of n. */
const char *text_nearest(const char *word, size_t n, const char *(*name)(const void *ctx, size_t i), const void *ctx);

/** strtol / strtod over the whole string: false for empty text, trailing letters or overflow. */
bool text_to_int(const char *s, int64_t *out);
bool text_to_double(const char *s, double *out);

/** strdup that is in C11. NULL when memory ran out or s is NULL. */
char *text_copy(const char *s);

/** ASCII case-insensitive equality and suffix test (the latter ignores case: ".PNG" ends with ".png"). */
bool text_same(const char *a, const char *b);
bool text_ends(const char *s, const char *suffix);

/** The first n bytes of s as names are compared that differ in case and blanks only: lower case (UTF-8 too), no outer
 *  blanks, one blank for a run of them. Owned by the caller; NULL when memory ran out. */
char *text_fold(const char *s, size_t n);
/** The same with its letters as they are: how a name is shown. */
char *text_squeeze(const char *s, size_t n);
/** Are the first n bytes of s alike `word` in this sense? */
bool text_alike(const char *s, size_t n, const char *word);

/** The bytes of `words`, which single blanks separate, that its first `most` words take; `*more` is filled with how
 * many follow. */
size_t text_first_words(const char *words, size_t most, size_t *more);

/** What follows a count in a sentence, verb and all: `one` where it is 1, else `many`. A macro, for counts of any type.
 */
#define text_number(n, one, many) ((n) == 1 ? (one) : (many))

/** Fill `out` (>= 16 bytes) with a size such as "812 B", "4.2 MiB". Returns out. */
const char *text_bytes(double bytes, char *out);

#endif
