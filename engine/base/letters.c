#include "engine/base/letters.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/letters_table.h"
#include "engine/base/text.h"

/* Korean syllables: a first consonant, a vowel and perhaps a last consonant, in this order. */
enum { SYLLABLES = 0xAC00, LEADS = 0x1100, VOWELS = 0x1161, TAILS = 0x11A7, VOWEL_COUNT = 21, TAIL_COUNT = 28 };
enum { SYLLABLES_END = SYLLABLES + 19 * VOWEL_COUNT * TAIL_COUNT };

static int compare(const void *key, const void *row)
{
    uint32_t c = *(const uint32_t *)key;
    const struct letter_pair *p = row;
    return (c > p->composed) - (c < p->composed);
}

static void put(struct text *t, uint32_t c)
{
    char b[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6) b[i] = (char)(0x80 | (c & 0x3F));
    b[0] = (char)(n == 1 ? c : (n == 2 ? 0xC0 : n == 3 ? 0xE0 : 0xF0) | c);
    text_append(t, b, n);
}

static void put_apart(struct text *t, uint32_t c)
{
    uint32_t marks[8];
    size_t n = 0;
    const struct letter_pair *p;
    if (c >= SYLLABLES && c < SYLLABLES_END) {
        uint32_t i = c - SYLLABLES;
        put(t, LEADS + i / (VOWEL_COUNT * TAIL_COUNT));
        put(t, VOWELS + i / TAIL_COUNT % VOWEL_COUNT);
        if (i % TAIL_COUNT) put(t, TAILS + i % TAIL_COUNT);
        return;
    }
    while (n < 8 && (p = bsearch(&c, letter_pairs, sizeof letter_pairs / sizeof letter_pairs[0], sizeof letter_pairs[0],
                                 compare))) {
        marks[n++] = p->mark;
        c = p->base;
    }
    put(t, c);
    while (n) put(t, marks[--n]);
}

char *letters_apart(const char *s, size_t n)
{
    struct text t = { 0 };
    for (size_t i = 0; i < n;) {
        uint32_t c;
        size_t step = text_letter(s + i, n - i, &c);
        if (step > 1)
            put_apart(&t, c);
        else
            text_append(&t, s + i, 1);
        i += step ? step : 1;
    }
    if (!t.broken) text_append(&t, "", 0);
    if (t.broken) text_clear(&t);
    return t.data ? t.data : t.broken ? NULL : text_copy("");
}
