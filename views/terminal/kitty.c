#include "views/terminal/kitty.h"

#include <stdlib.h>

#include <zlib.h>

#include "views/terminal/base64.h"

enum { FIRST = 0x6d6c7600 }; /* numbers that no other program is likely to use */
enum { CHUNK = 3 * 1024 };   /* bytes before base64: a chunk has at most 4096 letters */

bool kitty_show(const struct overlay *o, unsigned number, struct text *out)
{
    uLong n = (uLong)o->height * (uLong)o->width * 3;
    uLongf packed = compressBound(n);
    unsigned char *bytes = malloc(packed);
    if (!bytes || compress2(bytes, &packed, o->rgb, n, 6) != Z_OK) {
        free(bytes);
        return false;
    }
    for (uLongf at = 0; at < packed; at += CHUNK) {
        size_t size = packed - at < CHUNK ? packed - at : CHUNK;
        int more = at + size < packed;
        if (at == 0)
            text_printf(out, "\033_Ga=T,q=2,i=%u,p=1,f=24,o=z,s=%d,v=%d,c=%d,r=%d,C=1,z=-1,m=%d;", FIRST + number,
                        o->width, o->height, o->w, o->h, more);
        else
            text_printf(out, "\033_Gm=%d,q=2;", more);
        base64_add(out, bytes + at, size);
        text_add(out, "\033\\");
    }
    free(bytes);
    return true;
}

void kitty_hide(unsigned number, struct text *out)
{
    text_printf(out, "\033_Ga=d,d=I,i=%u,q=2\033\\", FIRST + number);
}
