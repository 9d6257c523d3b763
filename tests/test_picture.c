/* Pictures on cells: as fine as the canvas takes them, square in cells of any shape, each of a page drawn once, the
 * part of them that is seen; heatmaps in pixels. Pure: no terminal. */
#include "tests/picture_help.h"

#include "views/charts/album.h"
#include "views/charts/heat.h"
#include "views/charts/picture.h"
#include "views/charts/quadrants.h"
#include "views/screens/image_look.h"

static void quarters_follow_an_edge(void **state)
{
    (void)state;
    static const struct {
        uint8_t quarter[4]; /* upper left, upper right, lower left, lower right */
        uint32_t ch;
        uint8_t ink, paper;
    } rows[] = {
        { { 9, 9, 9, 9 }, 0x2588, 9, 9 },
        { { 0, 0, 200, 200 }, 0x2584, 200, 0 },
        { { 0, 200, 0, 200 }, 0x2590, 200, 0 },

        { { 0, 0, 0, 200 }, 0x2597, 200, 0 },
        { { 200, 10, 20, 0 }, 0x259f, 10, 200 },
        { { 100, 200, 200, 200 }, 0x259f, 200, 100 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t rgb[4 * 3];
        struct fine_cell cell;
        for (int q = 0; q < 4; q++) memset(rgb + 3 * q, rows[i].quarter[q], 3);
        quadrants_cells(rgb, &(struct fine_size){ 2, 2, 1, 1 }, &cell);
        if (cell.ch != rows[i].ch || cell.ink[0] != rows[i].ink || cell.paper[0] != rows[i].paper)
            fail_msg("row %zu: U+%04x, %d on %d", i, cell.ch, cell.ink[0], cell.paper[0]);
    }
}

/* The large picture in each way: the same image, by its overlay or by its cells. */
static void a_picture_is_as_fine_as_the_canvas(void **state)
{
    (void)state;
    uint8_t pixels[33 * 33];
    for (int i = 0; i < 33 * 33; i++) pixels[i] = i % 33 < 16 ? 0 : 255;
    const struct picture_source source = { pixels, 33, 1, PICTURE_WHOLE };
    for (enum canvas_pictures kind = PICTURES_HALVES; kind <= PICTURES_PIXELS; kind++) {
        struct show *s = show_open(12, 30);
        struct picture p = { 0 };
        struct area all = canvas_area(&s->canvas);
        s->canvas.pictures = kind;
        const struct picture_size size = picture_size(&s->canvas, &s->theme, 8, 33);
        assert_int_equal(size.columns, 16); /* cells of 12 x 6 pixels */
        assert_true(picture_scale(&p, &source, &size));
        assert_true((size.fine > 1) == (kind != PICTURES_HALVES));
        picture_draw(&p, &all, &s->theme);
        assert_int_equal(s->canvas.overlay_count, kind == PICTURES_PIXELS);
        for (int x = 0; x < 16; x++) {
            const struct cell *c = &s->canvas.cells[3 * 30 + x];
            int ink = STYLE_INK_OF(c->style), paper = STYLE_PAPER_OF(c->style);
            int seen = (int)theme_rgb(&s->theme, c->ch == ' ' ? paper : ink) & 255;
            if (x < 7 ? seen > 20 : x > 8 && seen < 235) fail_msg("kind %d, column %d is %d", (int)kind, x, seen);
        }
        picture_show(&p, &source, 4, &all, &s->theme);
        assert_int_equal(s->canvas.overlay_count, kind == PICTURES_PIXELS ? 2 : 0);
        if (kind == PICTURES_PIXELS) assert_int_equal(s->canvas.overlays[1].haste, OVERLAY_WAITS);
        picture_clear(&p);
        show_close(s);
    }
}

static void a_square_is_square_in_cells_of_any_shape(void **state)
{
    (void)state;
    static const struct {
        int cell_h, cell_w, rows, columns;
    } rows[] = { { 0, 0, 10, 20 },  { 20, 10, 10, 20 }, { 19, 8, 10, 24 }, { 15, 9, 9, 15 },
                 { 40, 8, 10, 20 }, { 8, 8, 10, 20 },   { 17, 0, 3, 6 },   { 16, 9, 1, 2 } };
    uint8_t pixels[64 * 64];
    for (int i = 0; i < 64 * 64; i++) pixels[i] = i % 64 < 32 ? 0 : 255;
    const struct picture_source source = { pixels, 64, 1, PICTURE_WHOLE };
    for (enum canvas_pictures kind = PICTURES_HALVES; kind <= PICTURES_PIXELS; kind++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct show *s = show_open(12, 30);
            struct picture p = { 0 };
            struct area all = canvas_area(&s->canvas);
            int y, x, n = rows[i].columns;
            s->canvas.pictures = kind;
            s->canvas.cell_h = rows[i].cell_h;
            s->canvas.cell_w = rows[i].cell_w;
            const struct picture_size size = picture_size(&s->canvas, &s->theme, rows[i].rows, 64);
            assert_int_equal(size.columns, n);
            assert_int_equal(picture_columns(&s->canvas, rows[i].rows), n);
            assert_int_equal(picture_rows(&s->canvas, 12, n), rows[i].rows);
            assert_true(picture_scale(&p, &source, &size));
            picture_draw(&p, &all, &s->theme);
            for (int k = 0; n > 4 && k < n; k++) { /* its left half is black, its right half white */
                const struct cell *c = &s->canvas.cells[k];
                int seen =
                    (int)theme_rgb(&s->theme, c->ch == ' ' ? STYLE_PAPER_OF(c->style) : STYLE_INK_OF(c->style)) & 255;
                if (2 * k + 2 < n - 1 ? seen > 20 : 2 * k > n + 1 && seen < 235)
                    fail_msg("column %d of %d is %d", k, n, seen);
            }
            assert_int_equal(s->canvas.cells[n].ch, ' '); /* nothing beside it */
            assert_true(picture_cell(&p, 0.999, 0.999, &y, &x));
            assert_int_equal(y, rows[i].rows - 1);
            assert_int_equal(x, n - 1);
            picture_clear(&p);
            show_close(s);
        }
}

/* The same cells and overlays, drawn or laid again; what is another picture, or has another look, is drawn. */
static void an_album_draws_each_picture_once(void **state)
{
    (void)state;
    enum { MANY = 2 * OVERLAYS_MOST + 50 };
    uint8_t pixels[16 * 16];
    for (enum canvas_pictures kind = PICTURES_HALVES; kind <= PICTURES_PIXELS; kind++) {
        struct show *drawn = show_open(12, 30), *laid = show_open(12, 30);
        struct area a = canvas_area(&drawn->canvas), b = canvas_area(&laid->canvas);
        struct album album = { 0 };
        struct picture_source source = { pixels, 16, 1, PICTURE_WHOLE };
        drawn->canvas.pictures = laid->canvas.pictures = kind;
        for (int i = 0; i < 256; i++) pixels[i] = (uint8_t)(i * 37 % 256);
        assert_true(album_show(&album, &source, 4, &a, &drawn->theme));
        assert_true(album_show(&album, &source, 4, &b, &laid->theme));
        assert_int_equal(album.drawn, 1);
        for (int i = 0; i < 12 * 30; i++) {
            assert_int_equal(laid->canvas.cells[i].ch, drawn->canvas.cells[i].ch);
            assert_int_equal(laid->canvas.cells[i].style, drawn->canvas.cells[i].style);
            assert_int_equal(laid->canvas.cells[i].overlay, drawn->canvas.cells[i].overlay);
        }
        assert_int_equal(laid->canvas.overlay_count, drawn->canvas.overlay_count);
        if (kind == PICTURES_PIXELS) assert_true(laid->canvas.overlays[0].key == drawn->canvas.overlays[0].key);
        struct area cut = area_sub(&b, 0, 0, 3, 8); /* what does not fit is not kept */
        assert_true(album_show(&album, &source, 4, &cut, &laid->theme));
        assert_true(album_show(&album, &source, 4, &cut, &laid->theme));
        assert_int_equal(album.drawn, 3);
        assert_true(album_show(&album, &source, 3, &b, &laid->theme));
        laid->theme.light = true;
        assert_true(album_show(&album, &source, 3, &b, &laid->theme));
        pixels[255] ^= 1;
        assert_true(album_show(&album, &source, 3, &b, &laid->theme));
        assert_int_equal(album.drawn, 6);
        for (int i = 0; i < MANY; i++) { /* that used least lately makes room */
            memcpy(pixels, &i, sizeof i);
            assert_true(album_show(&album, &source, 3, &b, &laid->theme));
        }
        assert_int_equal(album.drawn, 6 + MANY);
        assert_true(album_show(&album, &source, 3, &b, &laid->theme));
        assert_int_equal(album.drawn, 6 + MANY);
        memset(pixels, 0, sizeof(int));
        assert_true(album_show(&album, &source, 3, &b, &laid->theme));
        assert_int_equal(album.drawn, 7 + MANY);
        album_clear(&album);
        show_close(drawn);
        show_close(laid);
    }
}

/* Of large images a part of the bytes tells them apart: those of one pack by their place, those of another by bytes. */
static void an_album_tells_large_images_apart(void **state)
{
    (void)state;
    enum { SIDE = 300, BYTES = SIDE * SIDE };
    struct show *s = show_open(12, 30);
    struct area all = canvas_area(&s->canvas);
    struct album album = { 0 };
    uint8_t *pack = calloc(2, BYTES);
    const struct picture_source first = { pack, SIDE, 1, PICTURE_WHOLE },
                                second = { pack + BYTES, SIDE, 1, PICTURE_WHOLE };
    pack[BYTES + 46384] = 1; /* between two of the parts */
    assert_true(album_show(&album, &first, 4, &all, &s->theme));
    assert_true(album_show(&album, &second, 4, &all, &s->theme));
    assert_int_equal(album.drawn, 2);
    assert_true(album_show(&album, &first, 4, &all, &s->theme));
    assert_true(album_show(&album, &second, 4, &all, &s->theme));
    assert_int_equal(album.drawn, 2);
    memset(pack, 200, 2 * BYTES); /* another pack where the first one lay */
    assert_true(album_show(&album, &first, 4, &all, &s->theme));
    assert_int_equal(album.drawn, 3);
    free(pack);
    album_clear(&album);
    show_close(s);
}

static void a_part_of_a_picture_is_a_part_of_it(void **state)
{
    (void)state;
    uint8_t pixels[32 * 32];
    struct picture p = { 0 };
    int y, x;
    for (int i = 0; i < 32 * 32; i++) pixels[i] = (uint8_t)(i % 32 * 8);
    struct picture_source s = { pixels, 32, 1, { 0.5, 0.5, 0.25, 0.5, 1 } };
    assert_true(picture_scale(&p, &s, &(struct picture_size){ 4, 8, 1 })); /* columns 16 to 23, one a pixel */
    for (int k = 0; k < 8; k++) assert_in_range(p.rgb[3 * k], 8 * (16 + k) - 2, 8 * (16 + k) + 2);
    assert_true(picture_cell(&p, 0.5, 0.5, &y, &x));
    assert_int_equal(y, 0);
    assert_int_equal(x, 0);
    assert_true(picture_cell(&p, 0.74, 0.74, &y, &x));
    assert_int_equal(y, 3);
    assert_int_equal(x, 7);
    assert_false(picture_cell(&p, 0.4, 0.6, &y, &x));
    assert_false(picture_cell(&p, 0.6, 0.8, &y, &x));
    picture_box(&p, 0.5 + 1 / 32.0, 0.1, 0.9, 0.9, INK_BAD); /* only its left edge is in the part */
    for (int k = 0; k < 64; k++) assert_int_equal(p.marks[k], k % 8 == 1 ? INK_BAD : 0);
    s.look = (struct picture_look){ 0, 0, 1, 0.25, 0.25 }; /* 32 to 96 of 255 become black to white */
    assert_true(picture_scale(&p, &s, &(struct picture_size){ 16, 32, 1 }));
    assert_int_equal(p.rgb[0], 0);
    assert_int_equal(p.rgb[3 * 31], 255);
    assert_in_range(p.rgb[3 * 8], 120, 136); /* 64: the middle */
    picture_clear(&p);
}

static void looks_stay_on_the_image(void **state)
{
    (void)state;
    struct picture_look l = PICTURE_WHOLE;
    char text[80];
    assert_string_equal(image_look_text(&l, text, sizeof text), "");
    image_look_zoom(&l, -1);
    image_look_pan(&l, 1, 1);
    assert_true(!image_look_zoomed(&l) && l.y == 0 && l.x == 0 && l.side == 1);
    for (int i = 0; i < 30; i++) image_look_zoom(&l, 1);
    assert_true(l.side > 0.05 && l.side < 0.2);
    for (int i = 0; i < 100; i++) image_look_pan(&l, 1, -1);
    assert_true(l.x == 0 && l.y + l.side > 0.999 && l.y + l.side < 1.001);
    assert_non_null(strstr(image_look_text(&l, text, sizeof text), "ZOOM"));
    for (int i = 0; i < 30; i++) image_look_zoom(&l, -1);
    assert_true(l.side == 1 && l.y == 0 && l.x == 0);
    for (int i = 0; i < 100; i++) image_look_level(&l, 1), image_look_window(&l, 1);
    assert_true(l.level > 0 && l.window > 0);
    assert_non_null(strstr(image_look_text(&l, text, sizeof text), "grey"));
    for (int i = 0; i < 100; i++) image_look_level(&l, -1), image_look_window(&l, -1);
    assert_true(l.level < 1 && l.window < 5);
}

static void a_heatmap_has_a_pixel_for_every_value(void **state)
{
    (void)state;
    enum { N = 40 };
    float values[N * N];
    for (int i = 0; i < N * N; i++) values[i] = (float)(i / N == 20 && i % N == 30);
    struct show *s = show_open(12, 30);
    struct area all = canvas_area(&s->canvas), place = area_sub(&all, 0, 0, 10, 20);
    const struct heat h = { values, N, N, 0, 1, false, false, 3, 3, &s->theme };
    struct heat_place at = heat_draw(&place, &h);
    assert_int_equal(at.per, 2); /* in cells two values a side share one */
    assert_int_equal(at.fine, 1);
    assert_int_equal(s->canvas.overlay_count, 1);
    const struct overlay *o = &s->canvas.overlays[0];
    uint32_t hot = theme_rgb(&s->theme, theme_map(1));
    int bright = 0;
    for (int i = 0; i < o->height * o->width; i++) bright += o->rgb[3 * i] == (hot >> 16 & 255);
    assert_int_equal(bright, o->height / N * (o->width / N));
    bool above = false;
    for (int i = 0; i < 12 * 30; i++) above = above || (s->canvas.cells[i].above && s->canvas.cells[i].ch == '+');
    assert_true(above); /* the cursor */
    s->canvas.pictures = PICTURES_HALVES;
    assert_int_equal(heat_draw(&place, &h).fine, 0);
    show_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quarters_follow_an_edge),
        cmocka_unit_test(a_picture_is_as_fine_as_the_canvas),
        cmocka_unit_test(a_square_is_square_in_cells_of_any_shape),
        cmocka_unit_test(an_album_draws_each_picture_once),
        cmocka_unit_test(an_album_tells_large_images_apart),
        cmocka_unit_test(a_part_of_a_picture_is_a_part_of_it),
        cmocka_unit_test(looks_stay_on_the_image),
        cmocka_unit_test(a_heatmap_has_a_pixel_for_every_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
