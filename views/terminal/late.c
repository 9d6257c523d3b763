#include "views/terminal/late.h"

#include <string.h>

bool late_introducer(unsigned char byte)
{
    return byte && strchr("[O]P_^X", byte);
}

bool late_goes_on(char introducer, unsigned char byte)
{
    static const struct {
        char introducer;
        const char *next;
    } rows[] = {
        { '[', "0123456789;?<>=ABCDFHIMOPQRSZ" },
        { 'O', "ABCDFHMPQRS" },
        { ']', "0123456789" },
        { 'P', "0123456789$+>!|=" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].introducer == introducer) return byte && strchr(rows[i].next, byte);
    return true;
}

enum late_fit late_fit(const char *sequence, size_t length, unsigned char byte)
{
    static const char parameters[] = "0123456789:;<=>?", ends[] = "ABCDEFGHIMOPQRSTZ~^@cmntuxy";
    enum { LONGEST = 40 };
    char before = sequence[length - 1];
    bool begun = length > 2;
    if (!byte) return LATE_OTHER;
    if (sequence[1] == 'O') {
        if (!begun && byte >= '1' && byte <= '9') return LATE_MORE; /* its modifier */
        return late_goes_on('O', byte) ? LATE_WHOLE : LATE_OTHER;
    }
    if (length >= LONGEST) return LATE_WHOLE;
    if (before == '$') return byte == 'y' ? LATE_WHOLE : LATE_OTHER;
    if (strchr(parameters, byte) || (begun && byte == '$')) return LATE_MORE;
    return begun ? (strchr(ends, byte) ? LATE_WHOLE : LATE_OTHER) : (late_goes_on('[', byte) ? LATE_WHOLE : LATE_OTHER);
}
