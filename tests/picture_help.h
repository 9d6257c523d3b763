/* Pictures as terminals get them, decoded again: sixels, and kitty's graphics. */
#ifndef MLVICX_TESTS_PICTURE_HELP_H
#define MLVICX_TESTS_PICTURE_HELP_H

#include "tests/check.h"

#include <zlib.h>

#include "engine/base/text.h"
#include "views/terminal/placed.h"

/** Free rgb. */
struct decoded {
    int height, width;
    uint8_t *rgb;
};

/** How often a text occurs; NULL-safe. */
static inline int occurrences(const char *in, const char *what)
{
    int n = 0;
    for (const char *at = in; at && (at = strstr(at, what)); at += strlen(what)) n++;
    return n;
}

/** The picture that begins at `from` (ESC P) by the rules of the VT340; fails the test at anything else. */
static inline struct decoded sixel_decode(const char *from)
{
    struct decoded d = { 0 };
    uint8_t palette[256][3] = { { 0 } };
    int colour = 0, y = 0, x = 0, used = 0;
    assert_int_equal(sscanf(from, "\033P0;1q\"1;1;%d;%d%n", &d.width, &d.height, &used), 2);
    assert_true(d.width > 0 && d.height > 0 && d.width < 4096 && d.height < 4096);
    d.rgb = calloc((size_t)d.width * (size_t)d.height, 3);
    uint8_t *touched = calloc((size_t)d.width * (size_t)d.height, 1);
    const char *at = from + used;
    while (*at != '\033') {
        int repeat = 1, n, r, g, b;
        if (*at == '#') {
            colour = (int)strtol(at + 1, (char **)&at, 10);
            assert_in_range(colour, 0, 255);
            if (*at != ';') continue;
            assert_int_equal(sscanf(at, ";2;%d;%d;%d%n", &r, &g, &b, &n), 3);
            palette[colour][0] = (uint8_t)((r * 255 + 50) / 100);
            palette[colour][1] = (uint8_t)((g * 255 + 50) / 100);
            palette[colour][2] = (uint8_t)((b * 255 + 50) / 100);
            at += n;
            continue;
        }
        if (*at == '$' || *at == '-') {
            if (*at++ == '-') y += 6;
            x = 0;
            continue;
        }
        if (*at == '!') repeat = (int)strtol(at + 1, (char **)&at, 10);
        assert_in_range(*at, '?', '~');
        int bits = *at++ - '?';
        for (; repeat > 0; repeat--, x++)
            for (int i = 0; i < 6; i++) {
                if (!(bits >> i & 1)) continue;
                assert_in_range(x, 0, d.width - 1);
                assert_in_range(y + i, 0, d.height - 1);
                size_t p = (size_t)(y + i) * (size_t)d.width + (size_t)x;
                memcpy(d.rgb + 3 * p, palette[colour], 3);
                touched[p]++;
            }
    }
    assert_int_equal(at[1], '\\');
    for (size_t i = 0; i < (size_t)d.width * (size_t)d.height; i++) assert_int_equal(touched[i], 1);
    free(touched);
    return d;
}

static inline int base64_value(char c)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(letters, c) : NULL;
    return at ? (int)(at - letters) : -1;
}

/** The picture that begins at `from` (ESC _ G a=T), with all its chunks. `columns` and `rows` filled: its cells. */
static inline struct decoded kitty_decode(const char *from, unsigned *number, int *columns, int *rows)
{
    struct decoded d = { 0 };
    struct text packed = { 0 };
    int more = 1, used = 0;
    assert_int_equal(sscanf(from, "\033_Ga=T,q=2,i=%u,p=1,f=24,o=z,s=%d,v=%d,c=%d,r=%d,C=1,z=-1,m=%d;%n", number,
                            &d.width, &d.height, columns, rows, &more, &used),
                     6);
    const char *at = from + used;
    for (;;) {
        size_t letters = 0;
        for (; *at != '\033'; at += 4, letters += 4) {
            int v[4] = { base64_value(at[0]), base64_value(at[1]), base64_value(at[2]), base64_value(at[3]) };
            assert_true(v[0] >= 0 && v[1] >= 0);
            char three[3] = { (char)(v[0] << 2 | v[1] >> 4), (char)(v[1] << 4 | v[2] >> 2), (char)(v[2] << 6 | v[3]) };
            text_append(&packed, three, v[2] < 0 ? 1 : v[3] < 0 ? 2 : 3);
        }
        assert_true(letters <= 4096);
        at += 2;
        if (!more) break;
        assert_int_equal(sscanf(at, "\033_Gm=%d,q=2;%n", &more, &used), 1);
        at += used;
    }
    uLongf n = (uLongf)d.width * (uLongf)d.height * 3;
    d.rgb = calloc(n + 1, 1);
    assert_int_equal(uncompress(d.rgb, &n, (const Bytef *)packed.data, packed.length), Z_OK);
    assert_int_equal(n, (size_t)d.width * (size_t)d.height * 3);
    text_clear(&packed);
    return d;
}

/** A screen: what is drawn on it, and what its terminal shows and is sent. */
struct show {
    struct canvas canvas;
    struct theme theme;
    struct placed placed;
    struct text before, behind;
};

/** An empty screen of pixels, whose cells are 12 x 6 of them. */
static inline struct show *show_open(int h, int w)
{
    struct show *s = calloc(1, sizeof *s);
    s->theme = (struct theme){ THEME_TRUE, false };
    assert_true(canvas_resize(&s->canvas, h, w));
    s->canvas.pictures = PICTURES_PIXELS;
    s->canvas.cell_h = 12;
    s->canvas.cell_w = 6;
    return s;
}

static inline void show_close(struct show *s)
{
    text_clear(&s->before);
    text_clear(&s->behind);
    canvas_clear(&s->canvas);
    free(s);
}

#endif
