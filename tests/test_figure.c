/* Figures: round numbers on axes, letters, colours of a known block, pictures decoded again, numbers against the store.
 */
#include "tests/store_help.h"

#include <math.h>

#include "engine/base/files.h"
#include "engine/data/images/image.h"
#include "store/event.h"
#include "store/metric.h"
#include "store/snapshot.h"
#include "views/analysis/axis.h"
#include "views/figures/figure.h"
#include "views/figures/font.h"
#include "views/analysis/levels.h"
#include "views/figures/palette.h"
#include "views/figures/plot.h"
#include "views/analysis/series.h"

/* ---- axes ---- */

static void ticks_are_round_numbers(void **state)
{
    (void)state;
    static const struct {
        double least, most;
        bool log;
        int wanted;
        const char *texts;
    } rows[] = {
        { 0, 1, false, 5, "0 0.2 0.4 0.6 0.8 1.0" },
        { 0, 10, false, 5, "0 2 4 6 8 10" },
        { -1, 1, false, 4, "-1.0 -0.5 0 0.5 1.0" },
        { 0, 52300, false, 6, "0 10k 20k 30k 40k 50k" },
        { 0, 1e6, false, 4, "0 500k 1.0M" },
        { 12000, 12700, false, 4, "12.0k 12.2k 12.4k 12.6k" },
        { 0.61, 0.66, false, 3, "0.62 0.64 0.66" },
        { 0.618, 0.762, false, 2, "0.65 0.70 0.75" }, /* one number alone tells no scale */
        { 0, 2e-3, false, 2, "0 0.001 0.002" },
        { 10, 0, false, 5, "0 2 4 6 8 10" }, /* backwards */
        { 1, 1000, true, 9, "1 2 5 10 20 50 100 200 500 1000" },
        { 1e-6, 1e2, true, 9, "1e-6 1e-5 1e-4 1e-3 0.01 0.1 1 10 100" },
        { 1e-9, 1e9, true, 6, "1e-9 1e-6 1e-3 1 1000 1e6 1e9" },
        { 2, 30, true, 3, "2 5 10 20" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct axis a = { rows[i].least, rows[i].most, rows[i].log };
        struct tick t[AXIS_TICKS];
        int n = axis_ticks(&a, rows[i].wanted, true, t), texts = 0;
        struct text line = { 0 };
        for (int k = 0; k < n; k++) {
            if (k) assert_true(t[k].value > t[k - 1].value);
            assert_true(axis_place(&a, t[k].value) > -1e-6 && axis_place(&a, t[k].value) < 1 + 1e-6);
            if (t[k].small) continue;
            text_printf(&line, "%s%s", texts++ ? " " : "", t[k].text);
            double power = pow(10, floor(log10(fabs(t[k].value)) + 1e-9)), lead = t[k].value / power;
            if (rows[i].log) assert_true(fabs(lead - round(lead)) < 1e-6);
        }
        if (strcmp(text_str(&line), rows[i].texts))
            fail_msg("%g to %g: %s", rows[i].least, rows[i].most, text_str(&line));
        text_clear(&line);
    }
}

static void spans_hold_what_they_were_shown(void **state)
{
    (void)state;
    static const struct {
        double a, b;
        bool log;
        double least, most;
    } rows[] = {
        { 0, 0.83, false, 0, 0.9 },    { -3, 4, false, -3, 4 },    { 0, 0, false, 0, 1 },
        { 0.02, 70, true, 0.01, 100 }, { -1, 50, true, NAN, NAN }, /* what a logarithm cannot show is skipped */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct axis a = axis_none(rows[i].log);
        axis_hold(&a, rows[i].a);
        axis_hold(&a, NAN);
        axis_hold(&a, rows[i].b);
        axis_finish(&a, 0);
        axis_round(&a);
        assert_true(a.least < a.most);
        if (isnan(rows[i].least)) continue;
        assert_true(fabs(a.least - rows[i].least) < 1e-9 && fabs(a.most - rows[i].most) < 1e-9);
        for (double p = 0; p <= 1; p += 0.25) assert_true(fabs(axis_place(&a, axis_value(&a, p)) - p) < 1e-9);
    }
    struct axis none = axis_none(true);
    axis_finish(&none, 0.1);
    assert_true(none.least > 0 && none.least < none.most);
}

/* ---- letters ---- */

/* The rows of '?' stand for what a font lacks. */
static bool has(const struct font *f, uint32_t code)
{
    return code == '?' || font_rows(f, code) != font_rows(f, '?');
}

static void fonts_cover_ascii_and_the_signs_of_figures(void **state)
{
    (void)state;
    const char *text = "\u00e4\u00b2\u00b7\u00d7\u03b1\u03bb\u03c1\u2070\u2074\u2079\u207b\u2212\u2264\u2265";
    for (int size = 0; size < FONT_COUNT; size++) {
        const struct font *f = font_get((enum font_size)size);
        for (uint32_t code = ' '; code < 0x7f; code++) {
            assert_true(has(f, code));
            int dots = 0;
            for (int y = 0; y < f->height; y++) {
                assert_true(font_rows(f, code)[y] < 1u << f->width);
                dots += __builtin_popcount(font_rows(f, code)[y]);
            }
            assert_true(code == ' ' ? dots == 0 : dots > 1);
            for (uint32_t other = code + 1; other < 0x7f; other++)
                assert_true(memcmp(font_rows(f, code), font_rows(f, other), (size_t)f->height * 2) != 0);
        }
        uint32_t code;
        for (const char *p = text; (code = font_next(&p));) assert_true(has(f, code));
        assert_ptr_equal(font_rows(f, 0x4e2d), font_rows(f, '?'));
    }
    assert_int_equal(font_letters(text), 14);
    assert_int_equal(font_letters("a\xff\xc3"), 3); /* bytes that are no letters count as one each */
}

/* ---- colours ---- */

static void maps_go_from_dark_to_light_and_through_white(void **state)
{
    (void)state;
    double before = 0;
    for (double x = 0; x <= 1; x += 1.0 / 64) {
        struct colour c = palette_map(x);
        double light = 0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b;
        assert_true(light > before);
        before = light;
    }
    struct colour low = palette_signed(-1), middle = palette_signed(0), high = palette_signed(1);
    assert_true(low.b > low.r && high.r > high.b);
    assert_true(middle.r == 0xf7 && middle.g == 0xf7 && middle.b == 0xf7);
    assert_int_equal(palette_map(NAN).r, palette_map(0).r);
}

static bool same(const struct image *m, int x, int y, struct colour c)
{
    const uint8_t *p = m->pixels + 3 * (y * m->width + x);
    return p[0] == c.r && p[1] == c.g && p[2] == c.b;
}

static struct colour checked_cell(const void *ctx, int row, int column)
{
    (void)ctx;
    return palette_map((row * 7 + column) / 34.0);
}

static void heatmap_cells_have_exactly_their_colour(void **state)
{
    (void)state;
    struct raster r;
    OK(raster_init(&r, 300, 200, COLOUR(0xffffff), &error));
    struct plot p = {
        .raster = &r, .palette = palette_get(false), .outer = { 0, 0, 300, 200 }, .bare = true, .cells = 7
    };
    p.x = (struct axis){ 0, 7, false };
    p.y = (struct axis){ 5, 0, false };
    plot_begin(&p);
    plot_heatmap(&p, 5, 7, NULL, checked_cell, NULL);
    double width = (p.area.x1 - p.area.x0) / 7, height = (p.area.y1 - p.area.y0) / 5;
    assert_true(width == floor(width) && p.area.x1 - p.area.x0 == p.area.y1 - p.area.y0);
    for (int row = 0; row < 5; row++)
        for (int column = 0; column < 7; column++)
            for (int dx = 1; dx < (int)width - 1; dx++)
                assert_true(same(&r.image, (int)(p.area.x0 + column * width) + dx,
                                 (int)(p.area.y0 + (row + 0.5) * height), checked_cell(NULL, row, column)));
    plot_end(&p);
    raster_clear(&r);
}

static void drawing_outside_is_cut_off(void **state)
{
    (void)state;
    struct raster r;
    const double x[] = { -1e9, 5, NAN, 40, 1e9 }, y[] = { 5, -1e9, 3, 1e9, 7 };
    OK(raster_init(&r, 33, 7, COLOUR(0x102030), &error));
    struct raster_box inside = { 10, 2, 20, 5 };
    raster_clip(&r, &inside);
    raster_polyline(&r, x, y, 5, 3, COLOUR(0xffffff));
    raster_line(&r, -5, -5, 100, 100, 50, 0, COLOUR(0xffffff));
    raster_fill(&r, (struct raster_box){ -100, -100, 1000, 1000 }, COLOUR(0xffffff), 1);
    raster_triangle(&r, 33, 7, 9, COLOUR(0xffffff));
    raster_text(&r, -30, -3, ANCHOR_LEFT, true, "beyond both ends of the picture", COLOUR(0xffffff));
    raster_text_up(&r, 30, 50, ANCHOR_RIGHT, "upwards", COLOUR(0xffffff));
    for (int j = 0; j < 7; j++)
        for (int i = 0; i < 33; i++)
            assert_int_equal(same(&r.image, i, j, COLOUR(0x102030)), !(i >= 10 && i < 20 && j >= 2 && j < 5));
    raster_clear(&r);
}

/* ---- a run with known numbers ---- */

enum { STEPS = 700, DIMS = 64, BLOCKS = 4, IMAGES = 166 };

static float deviation_at(int64_t step, int i)
{
    return 0.2f + (float)((i * 37) % DIMS) / DIMS * (float)step / STEPS;
}

static float eigenvalue_at(int i)
{
    return 5.0f / (float)(i + 1);
}

static void put_level(struct store *s, int64_t id, const char *level, int64_t step)
{
    float deviation[DIMS], spectrum[DIMS], planes[4 * BLOCKS * BLOCKS] = { 0 }, pairs[6] = { 1, 2, 0.9f, 3, 40, -0.5f };
    for (int i = 0; i < DIMS; i++) {
        deviation[i] = deviation_at(step, i);
        spectrum[i] = eigenvalue_at(i);
    }
    for (int i = 0; i < BLOCKS * BLOCKS; i++) {
        planes[i] = i == 6 ? 0.4f : 0.8f;
        planes[BLOCKS * BLOCKS + i] = 0.9f;
    }
    OK(store_snapshot_put(s, &(struct store_snapshot_key){ id, step, level, "deviation" }, 1, DIMS, deviation, &error));
    OK(store_snapshot_put(s, &(struct store_snapshot_key){ id, step, level, "spectrum" }, 1, DIMS, spectrum, &error));
    OK(store_snapshot_put(s, &(struct store_snapshot_key){ id, step, level, "correlation" }, 4 * BLOCKS, BLOCKS, planes,
                          &error));
    OK(store_snapshot_put(s, &(struct store_snapshot_key){ id, step, level, "pairs" }, 2, 3, pairs, &error));
}

static double loss_at(int64_t step)
{
    return step == 5 ? (double)NAN : 100.0 / (double)step;
}

static int64_t known_run(struct store *s, const char *name)
{
    static const struct store_event event = {
        .step = 350, .severity = STORE_BAD, .kind = "verdict", .text = "COLLAPSING"
    };
    struct store_batch b = { 0 };
    int64_t id = make_run(s, name);
    for (int64_t step = 1; step <= STEPS; step++) {
        store_batch_name(&b, s, "loss", step, loss_at(step));
        store_batch_name(&b, s, "loss.local.cov", step, 0);
        if (step % 100) continue;
        store_batch_name(&b, s, "z.corr_floor", step, sqrt(2 / (acos(-1) * IMAGES)));
        store_batch_name(&b, s, "z.corr_abs", step, 0.3);
        put_level(s, id, "z", step);
        put_level(s, id, "map3", step);
    }
    OK(store_points_append(s, id, &b, &error));
    OK(store_event_insert(s, id, &event, &error));
    store_batch_clear(&b);
    return id;
}

static const char *place(struct store *s, const char *name)
{
    static char path[STORE_PATH];
    assert_true(file_join(path, sizeof path, store_dir(s), name));
    return path;
}

static void curves_hold_what_was_recorded(void **state)
{
    struct store *s = *state;
    int64_t id = known_run(s, "known");
    struct series v;
    OK(series_read(s, id, "loss", 0, STEPS, 2 * STEPS, &v, &error));
    assert_int_equal(v.count, STEPS);
    for (int i = 0; i < v.count; i++) {
        const struct series_point *p = &v.points[i];
        assert_true(p->x0 <= i + 1 && p->x1 >= i + 1 && fabs(series_step(p) - (i + 1)) < 1);
        if (i + 1 == 5)
            assert_true(isnan(p->mean) && p->missing == 1 && p->weight == 0);
        else
            assert_true(p->min == loss_at(i + 1) && p->mean == loss_at(i + 1) && p->max == loss_at(i + 1));
    }
    assert_true(v.least == loss_at(STEPS) && v.most == loss_at(1));
    series_clear(&v);
    OK(series_read(s, id, "loss", 0, STEPS, 10, &v, &error));
    assert_in_range(v.count, 5, 10);
    assert_true(v.points[0].max == 100 && v.points[0].min < 3);
    series_clear(&v);
    OK(series_read(s, id, "never.recorded", 0, STEPS, 10, &v, &error));
    assert_int_equal(v.count, 0);
    series_clear(&v);
}

static void the_isotropic_spectrum_keeps_the_variance(void **state)
{
    (void)state;
    static const struct {
        int images, dims;
    } rows[] = { { 166, 256 }, { 1024, 64 }, { 65, 64 }, { 64, 512 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double x[512], sum = 0;
        int values = rows[i].images < rows[i].dims ? rows[i].images : rows[i].dims;
        levels_isotropic(rows[i].images, rows[i].dims, 100, values, x);
        for (int k = 0; k < values; k++) {
            if (k >= rows[i].images - 1) { /* the mean was taken off: one is 0 */
                assert_true(isnan(x[k]));
                continue;
            }
            if (k) assert_true(x[k] < x[k - 1]);
            sum += x[k];
        }
        if (fabs(sum - 100) > 2) fail_msg("%d x %d: %g", rows[i].images, rows[i].dims, sum);
    }
}

/* ---- files ---- */

static void every_figure_is_a_picture_of_its_size(void **state)
{
    static const struct {
        int width, height, runs;
        bool dark;
        const char *level;
        int64_t step;
    } rows[] = {
        { 0, 0, 1, false, "z", -1 },     { 640, 480, 2, true, "z", 350 },   { 240, 240, 1, false, "map3", -1 },
        { 900, 500, 1, false, "z", -1 }, { 2600, 1700, 3, false, "z", -1 }, { 800, 241, 9, true, "map3", 100 }
    };
    struct store *s = *state;
    int64_t ids[FIGURE_RUNS];
    for (int i = 0; i < FIGURE_RUNS; i++) {
        char name[16];
        snprintf(name, sizeof name, "run-%c", 'a' + i);
        ids[i] = known_run(s, name);
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int screen = 0; screen < FIGURE_SCREEN_COUNT; screen++) {
            const char *path = place(s, "figure.png");
            struct figure_request q = { .store = s,
                                        .runs = ids,
                                        .run_count = rows[i].runs,
                                        .screen = (enum figure_screen)screen,
                                        .level = rows[i].level,
                                        .step = rows[i].step,
                                        .width = rows[i].width,
                                        .height = rows[i].height,
                                        .dark = rows[i].dark,
                                        .path = path };
            struct image m;
            OK(figure_write(&q, &error));
            OK(image_read(path, &m, &error));
            assert_int_equal(m.width, rows[i].width ? rows[i].width : FIGURE_WIDTH);
            assert_int_equal(m.height, rows[i].height ? rows[i].height : FIGURE_HEIGHT);
            assert_true(same(&m, 0, 0, palette_get(rows[i].dark)->background));
            image_clear(&m);
        }
    }
}

/* Columns up to the last that is not of the background, in some rows. */
static int written(const struct image *m, int y0, int y1)
{
    const struct colour ground = palette_get(false)->background;
    int last = 0;
    for (int y = y0; y < y1; y++)
        for (int x = 0; x < m->width; x++)
            if (!same(m, x, y, ground) && x > last) last = x;
    return last;
}

/* Of runs that learn from other losses the second line of the head says that these cannot be compared. */
static void losses_of_other_methods_are_marked(void **state)
{
    struct store *s = *state;
    struct store_run other = { .seed = 7, .steps = 1000, .config = (char *)"[method]\nname = byol\n" };
    struct store_batch b = { 0 };
    int64_t ids[3] = { known_run(s, "first"), 0, known_run(s, "third") };
    int end[3][2];
    snprintf(other.name, sizeof other.name, "other");
    snprintf(other.method, sizeof other.method, "byol");
    OK(store_run_insert(s, &other, &ids[1], &error));
    for (int64_t step = 1; step <= STEPS; step++) {
        store_batch_name(&b, s, "loss", step, loss_at(step + 5));
        store_batch_name(&b, s, "loss.global.cosine", step, 1);
    }
    OK(store_points_append(s, ids[1], &b, &error));
    store_batch_clear(&b);
    const int64_t pairs[3][2] = { { ids[0], ids[2] }, { ids[0], ids[1] }, { ids[1], ids[0] } };
    for (int i = 0; i < 3; i++) {
        const char *path = place(s, "figure.png");
        struct image m;
        OK(figure_write(&(struct figure_request){ .store = s, .runs = pairs[i], .run_count = 2, .path = path },
                        &error));
        OK(image_read(path, &m, &error));
        end[i][0] = written(&m, 26, 40);
        end[i][1] = written(&m, 0, 20);
        image_clear(&m);
    }
    assert_int_equal(end[0][1], end[1][1]);
    assert_true(end[1][0] > end[0][0] + 200 && end[2][0] > end[0][0] + 200);
}

/* The block whose mean |r| is 0.4 on a scale of 0 to 0.8 is a square of the middle of the map. */
static void a_known_block_is_drawn_in_its_colour(void **state)
{
    struct store *s = *state;
    int64_t id = known_run(s, "known");
    struct figure_request q = { .store = s, .runs = &id, .run_count = 1, .screen = FIGURE_COVARIANCE, .step = -1 };
    struct image m;
    char path[STORE_PATH];
    snprintf(path, sizeof path, "%s", place(s, "figure.png"));
    q.path = path;
    OK(figure_write(&q, &error));
    OK(image_read(path, &m, &error));
    int left = m.width, right = 0, top = m.height, bottom = 0, count = 0;
    for (int y = 0; y < m.height; y++)
        for (int x = 0; x + 40 < m.width; x++) {
            if (!same(&m, x, y, palette_map(0.5)) || !same(&m, x + 40, y, palette_map(0.5))) continue;
            count++;
            left = x < left ? x : left, right = x > right ? x : right;
            top = y < top ? y : top, bottom = y > bottom ? y : bottom;
        }
    int width = right + 40 - left + 1, height = bottom - top + 1;
    if (width != height) fail_msg("%d x %d, %d pixels", width, height, count);
    assert_true(width > 80 && count == (width - 40) * height);
    assert_true(same(&m, left - 3, top + 5, palette_map(1)) && same(&m, left + 5, bottom + 3, palette_map(1)));
    image_clear(&m);
}

static void numbers_are_those_of_the_store(void **state)
{
    struct store *s = *state;
    int64_t id = known_run(s, "known");
    struct figure_request q = { .store = s, .runs = &id, .run_count = 1, .format = FIGURE_CSV };
    char path[STORE_PATH], line[256];
    snprintf(path, sizeof path, "%s", place(s, "figure.csv"));
    q.path = path;
    for (int screen = 0; screen < FIGURE_SCREEN_COUNT; screen++) {
        q.screen = (enum figure_screen)screen;
        q.step = 350; /* the one at 300 is the newest until then */
        q.width = 2 * STEPS;
        OK(figure_write(&q, &error));
        FILE *f = fopen(path, "r");
        int rows = -1;
        while (fgets(line, sizeof line, f)) {
            double a, b;
            int i, j;
            rows++;
            if (screen == FIGURE_VARIANCE && sscanf(line, "known,z,300,%d,%lf", &i, &a) == 2)
                assert_true((float)a == deviation_at(300, i) && i == rows - 1);
            else if (screen == FIGURE_SPECTRUM && sscanf(line, "known,z,300,%d,%lf,%lf", &i, &a, &b) == 3)
                assert_true((float)a == eigenvalue_at(i - 1) && b > 0);
            else if (screen == FIGURE_COVARIANCE && sscanf(line, "known,z,300,%d,%d,16,%lf,%lf,", &i, &j, &a, &b) == 4)
                assert_true((float)a == (i == 16 && j == 32 ? 0.4f : 0.8f) && (float)b == 0.9f);
            else if (screen == FIGURE_LOSS && sscanf(line, "known,loss,%d,%*d,1,0,%lf,", &i, &a) == 2)
                assert_true(fabs(a - loss_at(rows)) < 1e-6);
            else if (rows && screen != FIGURE_LOSS)
                fail_msg("%s", line);
        }
        fclose(f);
        assert_int_equal(rows, screen == FIGURE_LOSS         ? 2 * STEPS
                               : screen == FIGURE_COVARIANCE ? BLOCKS * BLOCKS
                                                             : DIMS);
    }
}

/* Of a fork the table begins with its parent's numbers, and says so in the last column. */
/* The rows of a metric in a CSV; `first` is filled with the first of them. */
static int rows_of(const char *path, const char *begin, char first[256])
{
    char line[256];
    FILE *f = fopen(path, "r");
    int rows = 0;
    assert_non_null(f);
    *first = '\0';
    while (fgets(line, sizeof line, f))
        if (!strncmp(line, begin, strlen(begin)) && rows++ == 0) snprintf(first, 256, "%s", line);
    fclose(f);
    return rows;
}

/* A second a step: 400 of them are minutes. */
static void a_figure_is_over_what_it_was_asked_for(void **state)
{
    struct store *s = *state;
    int64_t id = known_run(s, "known");
    struct figure_request q = { .store = s, .runs = &id, .run_count = 1, .format = FIGURE_CSV, .width = 2 * STEPS };
    static const struct {
        enum x_kind x;
        const char *header, *row; /* of step 120 */
    } rows[] = { { X_STEP, ",method\n", ",1,\n" },
                 { X_EPOCH, ",method,first_x,last_x,x_unit\n", ",1.2,1.2,epoch\n" },
                 { X_TIME, ",method,first_x,last_x,x_unit\n", ",2,2,min\n" } };
    char path[STORE_PATH], line[256];
    snprintf(path, sizeof path, "%s", place(s, "figure.csv"));
    q.path = path;
    for (int64_t step = 1; step <= STEPS; step++) {
        struct store_batch b = { 0 };
        store_batch_name(&b, s, "epoch", step, (double)step / 100);
        store_batch_name(&b, s, "time.wall", step, (double)step);
        OK(store_points_append(s, id, &b, &error));
        store_batch_clear(&b);
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        q.x = rows[i].x;
        OK(figure_write(&q, &error));
        assert_int_equal(rows_of(path, "run,", line), 1);
        assert_non_null(strstr(line, rows[i].header));
        assert_int_equal(rows_of(path, "known,loss,120,120,", line), 1);
        if (!strstr(line, rows[i].row)) fail_msg("over %d: %s", (int)rows[i].x, line);
    }
}

static void runs_of_a_group_are_one_curve(void **state)
{
    struct store *s = *state;
    int64_t ids[2] = { known_run(s, "one"), known_run(s, "two") };
    struct figure_request q = { .store = s, .runs = ids, .run_count = 2, .format = FIGURE_CSV, .width = 2 * STEPS };
    char path[STORE_PATH], line[256];
    snprintf(path, sizeof path, "%s", place(s, "figure.csv"));
    q.path = path;
    OK(figure_write(&q, &error));
    assert_int_equal(rows_of(path, "one,loss,", line), STEPS);
    assert_int_equal(rows_of(path, "two,loss,", line), STEPS);
    q.grouped = true;
    OK(figure_write(&q, &error));
    assert_int_equal(rows_of(path, "one,", line) + rows_of(path, "two,", line), 0);
    assert_int_equal(rows_of(path, "2 seeds,loss,", line), STEPS);
    assert_non_null(strstr(line, "2 seeds,loss,1,1,2,0,")); /* of two runs */
    q.group = "optim.nothing";
    assert_false(figure_write(&q, &error));
    assert_non_null(strstr(error.msg, "optim.nothing"));
}

static void a_forks_past_is_its_parents(void **state)
{
    struct store *s = *state;
    const struct store_event event = { .step = 40, .severity = STORE_INFO, .kind = "fork", .text = "goes on" };
    struct store_run row = {
        .name = "fork", .seed = 7, .steps = STEPS, .epochs = 10, .parent_id = known_run(s, "known")
    };
    struct store_batch b = { 0 };
    char path[STORE_PATH], line[256];
    int64_t id;
    int rows = 0;
    OK(store_run_insert(s, &row, &id, &error));
    OK(store_event_insert(s, id, &event, &error));
    for (int64_t step = 41; step <= 60; step++) store_batch_name(&b, s, "loss", step, 7);
    OK(store_points_append(s, id, &b, &error));
    store_batch_clear(&b);
    snprintf(path, sizeof path, "%s", place(s, "fork.csv"));
    struct figure_request q = {
        .store = s, .runs = &id, .run_count = 1, .format = FIGURE_CSV, .path = path, .width = 2 * STEPS
    };
    OK(figure_write(&q, &error));
    FILE *f = fopen(path, "r");
    while (fgets(line, sizeof line, f)) {
        int step, owner;
        double value;
        if (sscanf(line, "fork,loss,%d,%*d,1,0,%lf,%*f,%*f,%d", &step, &value, &owner) != 3) continue;
        rows++;
        assert_int_equal(owner, step <= 40 ? row.parent_id : id);
        assert_true(fabs(value - (step <= 40 ? loss_at(step) : 7)) < 1e-6);
    }
    fclose(f);
    assert_int_equal(rows, 59); /* one is no number */
    q.format = FIGURE_PNG;
    q.width = 0;
    snprintf(path, sizeof path, "%s", place(s, "fork.png"));
    OK(figure_write(&q, &error));
}

static void what_cannot_be_drawn_is_told(void **state)
{
    struct store *s = *state;
    int64_t id = known_run(s, "known"), empty = make_run(s, "empty");
    struct figure_request q = { .store = s, .runs = &id, .run_count = 1, .screen = FIGURE_SPECTRUM, .step = -1 };
    q.path = place(s, "none.png");
    struct figure_request bad = q;
    bad.level = "map9";
    REFUSED(figure_write(&bad, &error), ERR_USAGE, "map1 to map5");
    bad = q;
    bad.level = "d";
    REFUSED(figure_write(&bad, &error), ERR_NOT_FOUND, "was not looked at");
    bad = q;
    bad.step = 50;
    REFUSED(figure_write(&bad, &error), ERR_NOT_FOUND, "by that step");
    bad = q;
    bad.width = 100;
    REFUSED(figure_write(&bad, &error), ERR_USAGE, "240 to 8192");
    bad = q;
    bad.runs = &empty;
    REFUSED(figure_write(&bad, &error), ERR_NOT_FOUND, "no metrics yet");
    bad = q;
    bad.run_count = 10;
    REFUSED(figure_write(&bad, &error), ERR_USAGE, "1 to 9");
    assert_false(file_exists(q.path));
}

int main(void)
{
#define FIGURE_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_are_round_numbers),
        cmocka_unit_test(spans_hold_what_they_were_shown),
        cmocka_unit_test(fonts_cover_ascii_and_the_signs_of_figures),
        cmocka_unit_test(maps_go_from_dark_to_light_and_through_white),
        cmocka_unit_test(heatmap_cells_have_exactly_their_colour),
        cmocka_unit_test(drawing_outside_is_cut_off),
        cmocka_unit_test(the_isotropic_spectrum_keeps_the_variance),
        FIGURE_TEST(curves_hold_what_was_recorded),
        FIGURE_TEST(every_figure_is_a_picture_of_its_size),
        FIGURE_TEST(losses_of_other_methods_are_marked),
        FIGURE_TEST(a_known_block_is_drawn_in_its_colour),
        FIGURE_TEST(numbers_are_those_of_the_store),
        FIGURE_TEST(what_cannot_be_drawn_is_told),
        FIGURE_TEST(a_figure_is_over_what_it_was_asked_for),
        FIGURE_TEST(runs_of_a_group_are_one_curve),
        FIGURE_TEST(a_forks_past_is_its_parents),
    };
    return cmocka_run_group_tests_name("figure", tests, NULL, NULL);
}
