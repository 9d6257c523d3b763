#include "views/terminal/base64.h"

void base64_add(struct text *out, const void *data, size_t n)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *from = data;
    for (size_t i = 0; i < n; i += 3) {
        unsigned char b[3] = { from[i], i + 1 < n ? from[i + 1] : 0, i + 2 < n ? from[i + 2] : 0 };
        char four[4] = { letters[b[0] >> 2], letters[(b[0] & 3) << 4 | b[1] >> 4],
                         i + 1 < n ? letters[(b[1] & 15) << 2 | b[2] >> 6] : '=',
                         i + 2 < n ? letters[b[2] & 63] : '=' };
        text_append(out, four, 4);
    }
}
