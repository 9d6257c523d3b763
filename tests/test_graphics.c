/* Pictures in pixels: what is used after which answers, what is sent and when, and that it decodes
 * to what was drawn. Pure: no terminal. */
#include "tests/picture_help.h"

#include "views/charts/picture.h"
#include "views/terminal/backdrop.h"
#include "views/terminal/graphics.h"
#include "views/terminal/input.h"
#include "views/terminal/kitty.h"
#include "views/terminal/placed.h"
#include "views/terminal/sixel.h"

static struct err error;

/* ---- what is used ------------------------------------------------------------------------------------------------ */

#define BACKDROP "\033]11;rgb:ffff/ffff/ffff"
#define KITTY    "\033_Gi=31;OK"
#define NO_GOOD  "\033_Gi=31;ENOTSUPPORTED:no"
#define CELL     "\033[6;20;10t"
#define SIXEL    "\033[?62;4;22c"
#define PLAIN    "\033[?64;1;2;14;24;44c" /* its attributes hold a 4 only in other numbers */
#define LEVEL_4  "\033[?4c"               /* a 4, but as the level of the terminal */

static void the_answers_decide_what_is_used(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum graphics_mode wanted;
        bool multiplexed;
        const char *answers[4];
        enum graphics_mode used;
        bool asks;
    } rows[] = {
        { "silence", GRAPHICS_AUTO, false, { NULL }, GRAPHICS_SYMBOLS, true },
        { "sixel", GRAPHICS_AUTO, false, { CELL, SIXEL }, GRAPHICS_SIXEL, true },
        { "sixel of cells of no known size", GRAPHICS_AUTO, false, { SIXEL }, GRAPHICS_SYMBOLS, true },
        { "another kind", GRAPHICS_AUTO, false, { CELL, PLAIN }, GRAPHICS_SYMBOLS, true },
        { "level 4", GRAPHICS_AUTO, false, { CELL, LEVEL_4 }, GRAPHICS_SYMBOLS, true },
        { "kitty", GRAPHICS_AUTO, false, { KITTY, "\033[?62;c" }, GRAPHICS_KITTY, true },
        { "kitty and sixel", GRAPHICS_AUTO, false, { KITTY, CELL, SIXEL }, GRAPHICS_KITTY, true },
        { "kitty's error", GRAPHICS_AUTO, false, { NO_GOOD, CELL, PLAIN }, GRAPHICS_SYMBOLS, true },
        { "nonsense", GRAPHICS_AUTO, false, { "\033[6;0;0t", "\033[6;99999;9t", "\033[?c" }, GRAPHICS_SYMBOLS, true },
        { "in tmux", GRAPHICS_AUTO, true, { CELL, SIXEL }, GRAPHICS_SYMBOLS, false },
        { "sixel in tmux, as told", GRAPHICS_SIXEL, true, { CELL }, GRAPHICS_SIXEL, true },
        { "sixel in a tmux that knows none", GRAPHICS_SIXEL, true, { CELL, PLAIN }, GRAPHICS_SYMBOLS, true },
        { "sixel in a tmux that knows it", GRAPHICS_SIXEL, true, { CELL, SIXEL }, GRAPHICS_SIXEL, true },
        { "kitty in tmux, as told", GRAPHICS_KITTY, true, { NULL }, GRAPHICS_SYMBOLS, false },
        { "kitty, as told", GRAPHICS_KITTY, false, { PLAIN }, GRAPHICS_KITTY, true },
        { "sixel, as told", GRAPHICS_SIXEL, false, { PLAIN }, GRAPHICS_SIXEL, true },
        { "symbols, as told", GRAPHICS_SYMBOLS, false, { KITTY, SIXEL }, GRAPHICS_SYMBOLS, false },
        { "none, as told", GRAPHICS_NONE, false, { KITTY, SIXEL }, GRAPHICS_NONE, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct graphics g = { .wanted = rows[i].wanted, .multiplexed = rows[i].multiplexed };
        graphics_decide(&g);
        bool asks = graphics_worth_asking(&g);
        assert_false(graphics_heard(&g, SIXEL)); /* nobody has asked */
        g.asked = true;
        for (int k = 0; k < 4 && rows[i].answers[k]; k++) graphics_heard(&g, rows[i].answers[k]);
        if (g.used != rows[i].used || asks != rows[i].asks)
            fail_msg("%s: %s is used, and it %s", rows[i].name, graphics_names[g.used], asks ? "asks" : "does not ask");
        if (g.used == GRAPHICS_SIXEL) assert_true(g.cell_h > 0 && g.cell_w > 0);
    }
}

/* Where the user insists on pixels that may stay blank, a line says so once the terminal has answered, or will not. */
static void pixels_that_may_be_blank_are_remarked(void **state)
{
    (void)state;
    static const struct {
        enum graphics_mode wanted;
        bool multiplexed;
        const char *answer; /* NULL: none for long */
        const char *remark;
    } rows[] = {
        { GRAPHICS_SIXEL, true, PLAIN, "sixels do not pass through" },
        { GRAPHICS_SIXEL, true, NULL, "sixels do not pass through" },
        { GRAPHICS_SIXEL, true, SIXEL, "" },
        { GRAPHICS_SIXEL, false, PLAIN, "has not said it shows sixels" },
        { GRAPHICS_SIXEL, false, NULL, "has not said it shows sixels" },
        { GRAPHICS_SIXEL, false, SIXEL, "" },
        { GRAPHICS_KITTY, true, PLAIN, "kitty graphics do not pass through" },
        { GRAPHICS_KITTY, false, PLAIN, "has not said it shows kitty graphics" },
        { GRAPHICS_KITTY, false, KITTY, "" },
        { GRAPHICS_AUTO, false, PLAIN, "" },
        { GRAPHICS_AUTO, true, NULL, "" },
        { GRAPHICS_SYMBOLS, true, NULL, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct graphics g = { .wanted = rows[i].wanted, .multiplexed = rows[i].multiplexed, .asked = true };
        graphics_decide(&g);
        if (!g.multiplexed || g.wanted != GRAPHICS_KITTY) assert_string_equal(graphics_remark(&g), ""); /* not yet */
        if (rows[i].answer)
            graphics_heard(&g, rows[i].answer);
        else
            graphics_give_up(&g);
        const char *remark = graphics_remark(&g);
        if (*rows[i].remark ? !strstr(remark, rows[i].remark) : *remark) fail_msg("row %zu: '%s'", i, remark);
    }
}

static void names_of_modes_are_read(void **state)
{
    (void)state;
    enum graphics_mode mode;
    for (int i = 0; i < GRAPHICS_COUNT; i++) {
        assert_true(graphics_named(graphics_names[i], &mode, &error));
        assert_int_equal(mode, i);
    }
    assert_true(graphics_named(NULL, &mode, &error));
    assert_int_equal(mode, GRAPHICS_AUTO);
    assert_false(graphics_named("sixels", &mode, &error));
    assert_non_null(strstr(error.msg, "sixel and kitty"));
}

static void heard(const char *bytes, bool listens, size_t piece, struct text *out)
{
    struct input in;
    struct input_event v;
    double now = 1;
    input_init(&in, true);
    in.listens = listens;
    for (size_t at = 0, n = strlen(bytes); at < n; at += piece, now += 0.01) {
        input_feed(&in, bytes + at, n - at < piece ? n - at : piece, now, false);
        while (input_next(&in, &v)) {
            if (v.kind == INPUT_ANSWER) text_printf(out, "{%s}", v.text + 1);
            if (v.kind == INPUT_KEY) text_printf(out, "%c", (char)v.key);
        }
    }
    input_clear(&in);
}

static void answers_are_never_keys(void **state)
{
    (void)state;
    static const char bytes[] =
        "a" KITTY "\033\\" CELL "b" SIXEL "\033_Gi=31;error\2334;5;6;1\234c" BACKDROP "\033\\d" BACKDROP "\007e";
    for (size_t piece = 1; piece < sizeof bytes; piece++) {
        struct text out = { 0 };
        heard(bytes, false, piece, &out);
        assert_string_equal(text_str(&out), "abcde");
        text_clear(&out);
        heard(bytes, true, piece, &out);
        assert_string_equal(text_str(&out), "a{_Gi=31;OK}{[6;20;10t}b{[?62;4;22c}{_Gi=31;error4;5;6;1}c{]11;rgb:ffff/"
                                            "ffff/ffff}d{]11;rgb:ffff/ffff/ffff}e");
        text_clear(&out);
    }
}

static void backgrounds_are_told_by_luminance(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        int light; /* -1: it is no answer */
    } rows[] = {
        { "\033]11;rgb:ffff/ffff/ffff", 1 },
        { "\033]11;rgb:0000/0000/0000", 0 },
        { "\033]11;rgb:ff/ff/ff", 1 },
        { "\033]11;rgb:0/0/0", 0 },
        { "\033]11;rgb:f/f/f", 1 },
        { "\033]11;rgba:fdfd/f6f6/e3e3/ffff", 1 },
        { "\033]11;rgb:0000/2b2b/3636", 0 },
        { "\033]11;rgb:00/00/ff", 0 },
        { "\033]11;rgb:00/ff/00", 1 },
        { "\033]11;rgb:ffff/0000/0000", 0 },
        { "\033]10;rgb:ffff/ffff/ffff", -1 },
        { "\033]11;?", -1 },
        { "\033]11;rgb:", -1 },
        { "\033]11;rgb:ffff/ffff", -1 },
        { "\033]11;rgb:-1/0/0", -1 },
        { "\033]11;rgb:fffff/0/0", -1 },
        { "\033]11;rgb:ff ff ff", -1 },
        { "\033[?62;4c", -1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool light = false, opposite = true, is_answer = backdrop_heard(rows[i].answer, &light);
        assert_int_equal(is_answer, backdrop_heard(rows[i].answer, &opposite));
        if (is_answer != (rows[i].light >= 0)) fail_msg("%s is an answer: %d", rows[i].answer + 1, is_answer);
        if (is_answer && (light != rows[i].light || opposite != light))
            fail_msg("%s is light: %d", rows[i].answer + 1, light);
    }
}

/* ---- pictures in pixels ------------------------------------------------------------------------------------------ */

/* A gradient from black to white, or of many colours. */
static uint8_t *gradient(int height, int width, bool colour)
{
    uint8_t *rgb = malloc((size_t)height * (size_t)width * 3);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint8_t *p = rgb + ((size_t)y * (size_t)width + (size_t)x) * 3;
            p[0] = p[1] = p[2] = (uint8_t)((x + y) * 255 / (height + width - 2));
            if (colour) p[0] = (uint8_t)(y * 255 / (height - 1)), p[2] = (uint8_t)(x * 255 / (width - 1));
        }
    return rgb;
}

static void sixels_are_the_picture(void **state)
{
    (void)state;
    static const struct {
        int height, width, rows, columns, cell_h, cell_w;
        bool colour;
        int tolerance;
    } rows[] = { { 33, 33, 7, 14, 20, 10, false, 10 },
                 { 33, 33, 7, 14, 17, 9, false, 10 },
                 { 80, 80, 2, 4, 20, 10, false, 12 },
                 { 7, 33, 4, 9, 12, 6, true, 40 },
                 { 1, 1, 3, 3, 6, 3, false, 7 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text out = { 0 };
        int h = rows[i].height, w = rows[i].width;
        struct overlay o = { .h = rows[i].rows, .w = rows[i].columns, .height = h, .width = w };
        o.rgb = h > 1 ? gradient(h, w, rows[i].colour) : calloc(3, 1);
        assert_true(sixel_show(&o, rows[i].cell_h, rows[i].cell_w, &out));
        struct decoded d = sixel_decode(text_str(&out));
        assert_int_equal(text_str(&out)[out.length - 1], '\\');
        assert_int_equal(d.width, rows[i].columns * rows[i].cell_w);
        assert_in_range(d.height, rows[i].rows * rows[i].cell_h - 5, rows[i].rows * rows[i].cell_h);
        for (int y = 0; y < d.height; y++)
            for (int x = 0; x < d.width; x++)
                for (int c = 0; c < 3; c++) {
                    int from = ((y * h / d.height) * w + x * w / d.width) * 3 + c;
                    int off = abs(d.rgb[(y * d.width + x) * 3 + c] - o.rgb[from]);
                    if (off > rows[i].tolerance) fail_msg("row %zu: pixel %d, %d is off by %d", i, y, x, off);
                }
        free(d.rgb);
        free(o.rgb);
        text_clear(&out);
    }
    struct overlay flat = { .h = 1, .w = 1, .height = 1, .width = 1, .rgb = (uint8_t[3]){ 0 } };
    struct text none = { 0 };
    assert_false(sixel_show(&flat, 5, 3, &none)); /* lower than a row of sixels */
    assert_int_equal(none.length, 0);
}

static void kitty_gets_the_picture(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 1, 1 }, { 7, 33 }, { 120, 120 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct text out = { 0 };
        int h = sizes[i][0], w = sizes[i][1], columns, rows;
        unsigned number, other;
        struct overlay o = { .h = 3, .w = 8, .height = h, .width = w };
        o.rgb = h > 1 ? gradient(h, w, true) : calloc(3, 1);
        for (int k = 0; h == 120 && k < h * w * 3; k++)
            o.rgb[k] = (uint8_t)((unsigned)k * 2654435761u >> 13 ^ (unsigned)k * 40503u >> 5); /* in several chunks */
        assert_true(kitty_show(&o, 5, &out));
        struct decoded d = kitty_decode(text_str(&out), &number, &columns, &rows);
        assert_int_equal(columns, 8);
        assert_int_equal(rows, 3);
        assert_int_equal(d.height, h);
        assert_int_equal(d.width, w);
        assert_memory_equal(d.rgb, o.rgb, (size_t)h * (size_t)w * 3);
        assert_true(h < 120 || occurrences(text_str(&out), "m=1") > 1);
        free(d.rgb);
        free(o.rgb);
        text_clear(&out);
        kitty_hide(5, &out);
        assert_int_equal(sscanf(text_str(&out), "\033_Ga=d,d=I,i=%u,q=2\033\\", &other), 1);
        assert_int_equal(other, number);
        text_clear(&out);
    }
}

/* ---- what is sent ------------------------------------------------------------------------------------------------ */

/* A flat picture of a colour at y, x. */
static void put_hasty(struct show *s, int y, int x, uint8_t grey, enum overlay_haste haste)
{
    uint8_t rgb[3 * 4 * 4];
    memset(rgb, grey, sizeof rgb);
    struct area all = canvas_area(&s->canvas), place = area_sub(&all, y, x, 2, 4);
    area_fill(&place, 0, 0, 2, 4, '#', INK_NORMAL);
    assert_true(area_overlay(&place, rgb, 4, 4, haste));
}

static void put_picture(struct show *s, int y, int x, uint8_t grey)
{
    put_hasty(s, y, x, grey, OVERLAY_NOW);
}

/* The pictures that are sent now. */
static int flush(struct show *s, enum graphics_mode mode, bool all)
{
    text_clear(&s->before);
    text_clear(&s->behind);
    placed_compare(&s->placed, &s->canvas, mode, all, &s->before);
    return placed_send(&s->placed, &s->canvas, mode, &s->theme, &s->behind);
}

static void a_picture_is_sent_once(void **state)
{
    (void)state;
    static const enum graphics_mode modes[] = { GRAPHICS_SIXEL, GRAPHICS_KITTY };
    for (int m = 0; m < 2; m++) {
        struct show *s = show_open(8, 20);
        struct area all = canvas_area(&s->canvas);
        bool kitty = modes[m] == GRAPHICS_KITTY;
        put_picture(s, 1, 2, 90);
        put_picture(s, 4, 2, 90);
        assert_int_equal(flush(s, modes[m], false), 2);
        assert_non_null(strstr(text_str(&s->behind), "\033[2;3H"));
        assert_true(placed_hides(&s->placed, &s->canvas.cells[1 * 20 + 2]));
        assert_false(placed_hides(&s->placed, &s->canvas.cells[0]));
        assert_int_equal(flush(s, modes[m], false), 0); /* nothing has changed */
        assert_int_equal(s->before.length + s->behind.length, 0);

        canvas_blank(&s->canvas); /* the same again: the next frame */
        put_picture(s, 1, 2, 90);
        put_picture(s, 4, 2, 90);
        assert_int_equal(flush(s, modes[m], false), 0);

        canvas_blank(&s->canvas); /* another picture at one place */
        put_picture(s, 1, 2, 91);
        put_picture(s, 4, 2, 90);
        assert_int_equal(flush(s, modes[m], false), 1);
        assert_int_equal(s->before.length, 0);

        canvas_blank(&s->canvas); /* a letter over one of them */
        put_picture(s, 1, 2, 91);
        put_picture(s, 4, 2, 90);
        area_put(&all, 2, 3, 'x', INK_NORMAL);
        assert_int_equal(flush(s, modes[m], false), 0);
        assert_int_equal(s->before.length > 0, kitty);
        assert_false(placed_hides(&s->placed, &s->canvas.cells[1 * 20 + 2])); /* what is drawn below is shown */
        assert_true(placed_hides(&s->placed, &s->canvas.cells[4 * 20 + 2]));

        canvas_blank(&s->canvas); /* and away again */
        put_picture(s, 1, 2, 91);
        put_picture(s, 4, 2, 90);
        assert_int_equal(flush(s, modes[m], false), 1);
        assert_int_equal(flush(s, modes[m], true), 2); /* the whole screen anew */
        canvas_blank(&s->canvas);
        assert_int_equal(flush(s, modes[m], false), 0);
        assert_int_equal(occurrences(text_str(&s->before), "a=d,d=I"), kitty ? 2 : 0);
        show_close(s);
    }
}

static void one_of_many_waits_until_no_key_comes(void **state)
{
    (void)state;
    static const enum graphics_mode modes[] = { GRAPHICS_SIXEL, GRAPHICS_KITTY };
    for (int m = 0; m < 2; m++) {
        struct show *s = show_open(8, 20);
        const struct cell *many = &s->canvas.cells[1 * 20 + 2], *large = &s->canvas.cells[4 * 20 + 2];
        s->placed.hurried = true;
        put_hasty(s, 1, 2, 90, OVERLAY_WAITS);
        put_picture(s, 4, 2, 90);
        assert_int_equal(flush(s, modes[m], false), 1); /* the other one */
        assert_true(s->placed.waits);
        assert_false(placed_hides(&s->placed, many)); /* its characters are seen */
        assert_true(placed_hides(&s->placed, large));
        s->placed.hurried = false;
        assert_int_equal(flush(s, modes[m], false), 1);
        assert_false(s->placed.waits);
        assert_true(placed_hides(&s->placed, many));
        s->placed.hurried = true;
        assert_int_equal(flush(s, modes[m], false), 0); /* what is shown stays */
        assert_false(s->placed.waits);
        assert_true(placed_hides(&s->placed, many));
        canvas_blank(&s->canvas);
        put_hasty(s, 1, 2, 91, OVERLAY_WAITS); /* another picture: that of before goes */
        assert_int_equal(flush(s, modes[m], false), 0);
        assert_true(s->placed.waits);
        assert_false(placed_hides(&s->placed, many));
        assert_true((s->before.length > 0) == (modes[m] == GRAPHICS_KITTY));
        show_close(s);
    }
}

static void letters_above_a_picture_stay(void **state)
{
    (void)state;
    struct show *s = show_open(8, 20);
    struct area all = canvas_area(&s->canvas);
    put_picture(s, 1, 2, 90);
    area_above(&all, 2, 3, 'a', INK_BAD);
    area_above(&all, 0, 0, 'b', INK_BAD); /* where there is none it is any cell */
    assert_int_equal(flush(s, GRAPHICS_SIXEL, false), 1);
    assert_false(placed_hides(&s->placed, &s->canvas.cells[2 * 20 + 3]));
    const char *letter = strstr(text_str(&s->behind), "\033[3;4H"), *sixel = strstr(text_str(&s->behind), "\033P");
    assert_true(letter && sixel && sixel < letter); /* sixels overwrite it: it comes again */
    assert_null(strstr(text_str(&s->behind), "b"));
    show_close(s);
}

static void no_picture_reaches_the_last_row(void **state)
{
    (void)state;
    struct show *s = show_open(4, 20);
    put_picture(s, 2, 2, 90);
    assert_int_equal(flush(s, GRAPHICS_SIXEL, false), 0);
    assert_false(placed_hides(&s->placed, &s->canvas.cells[2 * 20 + 2]));
    canvas_blank(&s->canvas);
    put_picture(s, 1, 2, 90);
    assert_int_equal(flush(s, GRAPHICS_SIXEL, false), 1);
    show_close(s);
}

static void canvases_take_overlays_only_where_they_can(void **state)
{
    (void)state;
    struct show *s = show_open(8, 20);
    struct area all = canvas_area(&s->canvas), none = area_sub(&all, 0, 0, 0, 4);
    static const uint8_t rgb[3];
    assert_false(area_overlay(&none, rgb, 1, 1, OVERLAY_NOW));
    s->canvas.pictures = PICTURES_FINE;
    assert_false(area_overlay(&all, rgb, 1, 1, OVERLAY_NOW));
    s->canvas.pictures = PICTURES_PIXELS;
    for (int i = 0; i < OVERLAYS_MOST; i++) assert_true(area_overlay(&all, rgb, 1, 1, OVERLAY_NOW));
    assert_false(area_overlay(&all, rgb, 1, 1, OVERLAY_NOW));
    show_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answers_decide_what_is_used),
        cmocka_unit_test(pixels_that_may_be_blank_are_remarked),
        cmocka_unit_test(names_of_modes_are_read),
        cmocka_unit_test(answers_are_never_keys),
        cmocka_unit_test(backgrounds_are_told_by_luminance),
        cmocka_unit_test(sixels_are_the_picture),
        cmocka_unit_test(kitty_gets_the_picture),
        cmocka_unit_test(a_picture_is_sent_once),
        cmocka_unit_test(one_of_many_waits_until_no_key_comes),
        cmocka_unit_test(letters_above_a_picture_stay),
        cmocka_unit_test(no_picture_reaches_the_last_row),
        cmocka_unit_test(canvases_take_overlays_only_where_they_can),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
