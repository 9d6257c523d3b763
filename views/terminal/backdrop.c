#include "views/terminal/backdrop.h"

#include <stdlib.h>
#include <string.h>

bool backdrop_guess(void)
{
    const char *colours = getenv("COLORFGBG"), *last = colours ? strrchr(colours, ';') : NULL;
    if (!last) return false;
    int n = atoi(last + 1);
    return n == 7 || n == 15;
}

bool backdrop_worth_asking(void)
{
    const char *term = getenv("TERM");
    bool screen = term && !strncmp(term, "screen", 6) && !getenv("TMUX");
    return !screen && !getenv("STY") && !getenv("ZELLIJ");
}

void backdrop_question(struct text *out)
{
    text_add(out, "\033]11;?\033\\");
}

/* The next channel, one to four hexadecimal digits, as a share of the most that these can say; negative: it is none.
 * `at` moves behind it. */
static double channel(const char **at)
{
    enum { DIGITS = 4 };
    char *end;
    unsigned long value = strtoul(*at, &end, 16);
    long n = end - *at;
    if (n < 1 || n > DIGITS || **at == '-' || **at == '+' || **at == ' ') return -1;
    *at = end;
    return (double)value / (double)((1UL << 4 * n) - 1);
}

bool backdrop_heard(const char *sequence, bool *light)
{
    static const double weights[] = { .2126, .7152, .0722 }; /* of the luminance, ITU-R BT.709 */
    const char *at = sequence;
    double luminance = 0;
    if (strncmp(at, "\033]11;rgb", 8)) return false;
    at += 8;
    at += *at == 'a'; /* rgba: what is behind the third channel does not matter */
    for (int i = 0; i < 3; i++) {
        if (*at++ != (i ? '/' : ':')) return false;
        double share = channel(&at);
        if (share < 0) return false;
        luminance += weights[i] * share;
    }
    *light = luminance > .5;
    return true;
}
