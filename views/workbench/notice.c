#include "views/workbench/notice.h"

#include <stdio.h>
#include <string.h>

#include "views/terminal/canvas.h"

static const char try_this[] = ". Try: ", more[] = "\xe2\x80\xa6";

/* Separators between statements. */
static const char *const parts[] = { "; ", ". ", ": ", ", ", " (", " or ", "  ", " \xc2\xb7 " };
enum { PARTS = sizeof parts / sizeof *parts };

static int columns_of(const char *text, size_t n)
{
    char part[NOTICE_SIZE];
    snprintf(part, sizeof part, "%.*s", (int)(n < sizeof part ? n : sizeof part - 1), text);
    return text_columns(part);
}

static bool parted(const char *at)
{
    for (int i = 0; i < PARTS; i++)
        if (!strncmp(at, parts[i], strlen(parts[i]))) return true;
    return false;
}

/* Bytes of the longest prefix within `w` columns that ends with a part (or a word); 0: none. */
static size_t beginning(const char *text, int w, bool words)
{
    size_t best = 0;
    bool inside = false; /* parentheses: their content stays together */
    for (size_t i = 0; text[i]; i++) {
        bool ends = i > 0 && (parted(text + i) || (words && text[i] == ' '));
        if (ends && (words || !inside) && columns_of(text, i) <= w) best = i;
        if (text[i] == '(') inside = true;
        if (text[i] == ')') inside = false;
    }
    return best;
}

static const char *put(char *out, size_t size, const char *text, size_t n, const char *behind)
{
    snprintf(out, size, "%.*s%s", (int)n, text, behind);
    return out;
}

const char *notice_cut(const char *text, int w, char *out, size_t size)
{
    *out = '\0';
    if (w < 1) return out;
    if (text_columns(text) <= w) return put(out, size, text, strlen(text), "");
    size_t n = beginning(text, w - 1, false);
    if (columns_of(text, n) < w / 3) n = beginning(text, w - 1, true); /* one word says little */
    return put(out, size, text, n, more);
}

const char *notice_advice(const char *text, size_t *reason)
{
    const char *at = strstr(text, try_this), *last = NULL;
    *reason = strlen(text);
    if (at) {
        *reason = (size_t)(at - text);
        return at + 2;
    }
    for (at = strstr(text, "; "); at; at = strstr(at + 1, "; ")) last = at;
    if (!last) return NULL;
    *reason = (size_t)(last - text);
    return last + 2;
}

/* The advice without its explanation: "Try: raise loss.var" of "Try: raise loss.var: the dimensions are not held
 * open". */
static void without_why(const char *advice, char *out, size_t size)
{
    size_t label = strncmp(advice, "Try: ", 5) ? 0 : 5;
    const char *why = strstr(advice + label, ": ");
    put(out, size, advice, why ? (size_t)(why - advice) : strlen(advice), why ? more : "");
}

/* Puts both in one row; false if no part of the reason fits beside the advice. */
static bool join(const char *reason, const char *advice, int w, char *out, size_t size)
{
    bool labelled = !strncmp(advice, "Try: ", 5);
    const char *between = labelled ? ". " : "; ";
    int room = w - text_columns(advice) - 2;
    if (text_columns(reason) <= room) return snprintf(out, size, "%s%s%s", reason, between, advice), true;
    size_t n = room > 1 ? beginning(reason, room, false) : 0;
    if (!n) return false;
    return snprintf(out, size, "%.*s%s %s", (int)n, reason, more, advice), true;
}

static void fit_one(const char *reason, const char *advice, int w, char *out, size_t size)
{
    char bare[NOTICE_SIZE];
    without_why(advice, bare, sizeof bare);
    if (text_columns(reason) + 2 + text_columns(advice) <= w)
        join(reason, advice, w, out, size);
    else if (!join(reason, bare, w, out, size))
        notice_cut(advice, w, out, size);
}

/* Bytes of the words of a text that fit into `w` columns; 0: not one. */
static size_t words_in(const char *text, int w)
{
    size_t fits = 0;
    for (size_t n = strcspn(text, " "); n > 0 && columns_of(text, n) <= w; n += 1 + strcspn(text + n + 1, " ")) {
        fits = n;
        if (!text[n]) break;
    }
    return fits;
}

/* Breaks a text between words into at most `most` rows, and cuts the last one if the text is longer. */
static int wrap(const char *text, int w, int most, char row[][NOTICE_SIZE])
{
    int n = 0;
    for (; n < most - 1 && text_columns(text) > w; n++) {
        size_t first = words_in(text, w);
        if (!first) break;
        put(row[n], NOTICE_SIZE, text, first, "");
        text += first;
        text += strspn(text, " ");
    }
    notice_cut(text, w, row[n], NOTICE_SIZE);
    return n + 1;
}

/* Whether a text fits into `most` rows, broken between words. */
static bool fits(const char *text, int w, int most)
{
    for (; most > 1 && text_columns(text) > w; most--) {
        size_t first = words_in(text, w);
        if (!first) return false;
        text += first;
        text += strspn(text, " ");
    }
    return text_columns(text) <= w;
}

int notice_fit(const char *text, int w, int most, struct notice *out)
{
    char reason[NOTICE_SIZE];
    size_t n;
    const char *advice = notice_advice(text, &n);
    put(reason, sizeof reason, text, n, "");
    out->row[1][0] = '\0';
    if (text_columns(text) <= w || !advice) return wrap(text, w, most, out->row);
    if (most < 2) {
        fit_one(reason, advice, w, out->row[0], NOTICE_SIZE);
        return 1;
    }
    if (!fits(reason, w, most - 1) && fits(text, w, most)) return wrap(text, w, most, out->row);
    int below = wrap(advice, w, most - 1, out->row), rows = wrap(reason, w, most - below, out->row); /* first counted */
    return rows + wrap(advice, w, below, out->row + rows);
}

int notice_wrap(const char *text, int w, int most, struct notice *out)
{
    return wrap(text, w, most, out->row);
}

int notice_event(const char *text, bool warning, int w, int most, struct notice *out)
{
    if (warning) return notice_fit(text, w, most, out);
    notice_cut(text, w, out->row[0], NOTICE_SIZE);
    return 1;
}
