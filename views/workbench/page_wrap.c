#include "views/workbench/page_wrap.h"

#include <stdio.h>
#include <string.h>

#include "views/terminal/canvas.h"

enum { KEY = 12, NARROW = 2 }; /* columns before what is said; on a narrow page */

static int columns_of(const char *word, size_t n)
{
    char copy[512];
    if (n >= sizeof copy) return (int)n;
    memcpy(copy, word, n);
    copy[n] = '\0';
    return text_columns(copy);
}

void page_wrap(const char *text, int width, struct text *out)
{
    int indent = width > 4 * KEY ? KEY : NARROW;
    for (const char *p = text; *p; p += *p == '\n') {
        int column = 0;
        while (*p && *p != '\n') {
            size_t n = *p == ' ' ? strspn(p, " ") : strcspn(p, " \n");
            int wide = columns_of(p, n);
            if (*p != ' ' && column > indent && column + wide > width) {
                text_printf(out, "\n%*s", indent, "");
                column = indent;
            }
            if (*p != ' ' || column > 0) text_append(out, p, n);
            column += wide;
            p += n;
        }
        text_add(out, "\n");
    }
}
