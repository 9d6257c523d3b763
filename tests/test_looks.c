/* What the screens on images, embeddings, evaluations and checkpoints stand on: pictures on cells, principal
 * components, figures over draws, filters, ends of logs. And these screens themselves, at many sizes, on a store made
 * here. */
#include <fcntl.h>
#include <math.h>

#include "engine/base/files.h"
#include "store/checkpoint.h"
#include "store/dataset.h"
#include "store/evaluation.h"
#include "store/metric.h"
#include "store/snapshot.h"
#include "tests/screen_help.h"
#include "views/analysis/format.h"
#include "views/analysis/image_set.h"
#include "views/analysis/pca.h"
#include "views/analysis/scores.h"
#include "views/charts/picture.h"
#include "views/charts/scroll.h"
#include "views/screens/image_caption.h"
#include "views/analysis/log_end.h"

/* ---- colours ---- */

/* Every ink on every paper is read, with any number of colours, on both backgrounds. */
static void every_ink_is_read_on_every_paper(void **state)
{
    (void)state;
    static const uint32_t xterm[16] = {
        0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
        0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff
    };
    int inks[INK_COUNT + INK_SERIES_COUNT], n = 0;
    for (int i = 0; i < INK_COUNT; i++) inks[n++] = i;
    for (int i = 0; i < INK_SERIES_COUNT; i++) inks[n++] = (int)INK_SERIES(i);
    for (int k = 0; k < 6; k++) {
        static const enum theme_depth depths[] = { THEME_8, THEME_16, THEME_TRUE };
        const struct theme t = { depths[k / 2], k % 2 };
        bool few = t.depth != THEME_TRUE;
        for (int i = 0; i < n * n; i++) {
            int ink, paper, fore = inks[i / n], behind = inks[i % n];
            bool meant = fore == behind || fore == INK_SHADE || (!few && !behind && fore == INK_DIM);
            theme_pair(&t, (unsigned)fore | STYLE_PAPER(behind), &ink, &paper);
            if (meant || (ink < 0 && paper < 0) || (!few && (fore == INK_BAR || fore == INK_CHOSEN) && paper < 0))
                continue; /* not to be read, or the terminal's own */
            assert_true(ink >= -1 && ink <= (few ? t.depth == THEME_8 ? 7 : 15 : 0xffffff));
            uint32_t front = ink < 0 ? t.light ? 0x262626 : 0xd0d0d0
                             : few   ? xterm[ink]
                                     : (uint32_t)ink,
                     back = paper < 0 ? t.light ? 0xffffff : 0x000000
                            : few     ? xterm[paper]
                                      : (uint32_t)paper;
            double least = few && paper >= 0 ? THEME_CONTRAST_FEW : THEME_CONTRAST;
            if (theme_contrast(front, back) < least)
                fail_msg("depth %d%s: ink %d on %d: %06x on %06x", (int)t.depth, t.light ? " light" : "", fore, behind,
                         front, back);
        }
    }
    assert_true(fabs(theme_contrast(0x000000, 0xffffff) - 21) < 1e-9);
    assert_true(fabs(theme_contrast(0x767676, 0xffffff) - 4.54) < 0.005); /* the grey that WCAG names */
}

/* ---- pictures ---------------------------------------------------------------------------------------------------- */

static void a_picture_keeps_its_halves(void **state)
{
    (void)state;
    uint8_t pixels[33 * 33];
    struct picture p = { 0 };
    for (int y = 0; y < 33; y++)
        for (int x = 0; x < 33; x++) pixels[y * 33 + x] = x < 16 ? 0 : 255;
    static const int rows[] = { 1, 2, 7, 16, 33, 40 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(picture_scale(&p, &(struct picture_source){ pixels, 33, 1, PICTURE_WHOLE },
                                  &(struct picture_size){ rows[i], 2 * rows[i], 1 }));
        int side = p.side;
        assert_int_equal(side, 2 * rows[i]);
        for (int y = 0; y < side; y++) {
            assert_in_range(p.rgb[(size_t)y * side * 3], 0, 16);
            assert_in_range(p.rgb[((size_t)y * side + side - 1) * 3 + 2], 239, 255);
        }
    }
    assert_false(
        picture_scale(&p, &(struct picture_source){ pixels, 33, 1, PICTURE_WHOLE }, &(struct picture_size){ 0, 0, 1 }));
    picture_clear(&p);
}

static void outlines_and_boxes_stay_inside(void **state)
{
    (void)state;
    static const uint8_t pixels[8 * 8 * 3];
    /* rows 2..5, columns 2..5 of 8 x 8 */
    static const uint32_t runs[] = { 18, 4, 4, 4, 4, 4, 4, 4, 18 };
    struct picture p = { 0 };
    int marked = 0;
    assert_true(
        picture_scale(&p, &(struct picture_source){ pixels, 8, 3, PICTURE_WHOLE }, &(struct picture_size){ 4, 8, 1 }));
    picture_mask(&p, runs, sizeof runs, 8, 8, INK_BAD);
    for (int i = 0; i < 64; i++) marked += p.marks[i] == INK_BAD;
    assert_int_equal(marked, 12); /* the edge of 4 x 4 */
    assert_int_equal(p.marks[3 * 8 + 3], 0);
    picture_box(&p, -0.5, 0.25, 1.5, 0.5, INK_GOOD);
    assert_int_equal(p.marks[2 * 8], INK_GOOD);
    picture_mask(&p, runs, 3, 8, 8, INK_BAD); /* cut off */
    picture_clear(&p);
}

static void coloured_pixels_have_inks(void **state)
{
    (void)state;
    static const struct theme t = { THEME_TRUE, false };
    static const uint8_t colours[][3] = {
        { 0, 0, 0 }, { 255, 255, 255 }, { 255, 0, 0 }, { 17, 34, 51 }, { 9, 8, 250 }
    };
    for (size_t i = 0; i < sizeof colours / sizeof *colours; i++) {
        uint32_t rgb = theme_rgb(&t, theme_pixel(colours[i]));
        for (int c = 0; c < 3; c++) assert_in_range((int)(rgb >> (16 - 8 * c) & 255) - colours[i][c] + 9, 0, 18);
    }
    unsigned style = INK_RGB0 + 4095u;
    style |= STYLE_PAPER(INK_RGB0 + 1) | STYLE_BOLD;
    assert_int_equal(STYLE_INK_OF(style), INK_RGB0 + 4095);
    assert_int_equal(STYLE_PAPER_OF(style), INK_RGB0 + 1);
}

/* ---- principal components ------------------------------------------------------------------------------------------
 */

static void components_are_found_in_order(void **state)
{
    (void)state;
    enum { N = 60, D = 7 };
    float rows[N * D];
    struct pca p;
    for (int i = 0; i < N; i++)
        for (int c = 0; c < D; c++) {
            double wave = c == 2 ? 9 * sin(i) : c == 5 ? 3 * cos(2.3 * i) : 0.1 * sin(i * (c + 3.7));
            rows[i * D + c] = (float)(wave + 100);
        }
    assert_true(pca_begin(&p, rows, N, D, &error));
    while (!p.done) pca_round(&p);
    assert_true(fabs(p.axes[2]) > 0.999);
    assert_true(fabs(p.axes[D + 5]) > 0.99);
    assert_true(p.axes[2] > 0);
    assert_true(p.share[0] > 0.8 && p.share[1] > 0.05 && p.share[0] + p.share[1] < 1);
    for (int a = 0; a < p.k; a++)
        for (int b = 0; b <= a; b++) {
            double sum = 0;
            for (int c = 0; c < D; c++) sum += p.axes[a * D + c] * p.axes[b * D + c];
            assert_true(fabs(sum - (a == b)) < 1e-6);
        }
    float *turned = malloc((size_t)p.k * N * sizeof *turned), first = p.score[1];
    for (int j = 0; j < p.k * N; j++) turned[j] = -p.score[j];
    int k = p.k;
    pca_clear(&p);
    assert_true(pca_begin(&p, rows, N, D, &error));
    pca_keep_direction(&p, turned, k, N); /* the same rows, which lay the other way round */
    while (!p.done) pca_round(&p);
    assert_true(fabsf(p.score[1] + first) < 1e-4f * (1 + fabsf(first)));
    pca_clear(&p);
}

static void odd_embeddings_do_no_harm(void **state)
{
    (void)state;
    float alike[4 * 3] = { 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3 }, wild[3 * 1] = { 1, NAN, 2 };
    struct pca p;
    assert_true(pca_begin(&p, alike, 4, 3, &error));
    while (!p.done) pca_round(&p);
    assert_true(p.share[0] == 0 && p.score[0] == 0);
    pca_clear(&p);
    REFUSED(pca_begin(&p, wild, 3, 1, &error), ERR_NUMERIC, "not finite");
    REFUSED(pca_begin(&p, alike, 2, 3, &error), ERR_DATA, "too few");
}

/* ---- figures --------------------------------------------------------------------------------------------------------
 */

static const struct store_score three[] = {
    { .class = 0, .name = "Mass", .auc = .75, .lo = NAN, .hi = NAN, .positives = 4, .negatives = 6 },
    { .class = 1, .name = "Hernia", .auc = NAN, .lo = NAN, .hi = NAN, .positives = 0, .negatives = 10 }
};

static struct store_evaluation evaluation(const char *protocol, double fraction, int64_t seed, int64_t step, double auc)
{
    struct store_evaluation v = { .run_id = 1,
                                  .step = step,
                                  .context = true,
                                  .fraction = fraction,
                                  .seed = seed,
                                  .auc_macro = auc,
                                  .scores = three,
                                  .scores_count = 2 };
    snprintf(v.task, sizeof v.task, "set");
    snprintf(v.protocol, sizeof v.protocol, "%s", protocol);
    snprintf(v.split, sizeof v.split, "%s", strcmp(protocol, "ridge") ? "test" : "val");
    return v;
}

static void draws_become_one_figure(void **state)
{
    (void)state;
    struct store_evaluation rows[] = { evaluation("ridge", 100, 1, 10, .9),  evaluation("knn", 100, 1, 20, .6),
                                       evaluation("linear", 10, 1, 20, .5),  evaluation("linear", 10, 2, 20, .7),
                                       evaluation("linear", 100, 1, 10, .4), evaluation("linear", 100, 1, 20, NAN) };
    struct store_evaluations list = { .rows = rows, .count = sizeof rows / sizeof *rows };
    struct score_figure f[SCORES_MOST], g[SCORES_MOST], other;
    assert_int_equal(scores_collect(&list, "set", -1, NULL, f), 4);
    assert_string_equal(f[0].protocol, "linear");
    assert_true(f[0].fraction == 10 && fabs(f[0].mean - .6) < 1e-12 && f[0].lo == .5 && f[0].hi == .7 &&
                f[0].draws == 2);
    assert_true(f[1].fraction == 100 && isnan(f[1].mean) && f[1].step == 20);
    struct store_evaluation sizes[] = { evaluation("linear", 10, 1, 20, .5), evaluation("linear", 10, 1, 20, .75) };
    const struct store_evaluations twice = { .rows = sizes, .count = 2 }; /* such as at two sizes of the images */
    sizes[1].size = 64;
    assert_int_equal(scores_collect(&twice, "set", -1, NULL, g), 1);
    assert_true(g[0].draws == 1 && g[0].mean == .75);
    assert_string_equal(f[2].protocol, "knn"); /* of the test split, and the ridge of the other */
    assert_string_equal(f[3].split, "val");
    for (int i = 0; i < 6; i++) snprintf(rows[i].split, sizeof rows[i].split, "val");
    snprintf(rows[1].protocol, sizeof rows[1].protocol, "apply"); /* a classifier of its own comes first */
    snprintf(rows[2].protocol, sizeof rows[2].protocol, "knn");
    assert_int_equal(scores_collect(&list, "set", -1, NULL, f), 5);
    assert_string_equal(f[0].protocol, "apply");
    assert_string_equal(f[2].protocol, "linear");
    assert_string_equal(f[3].protocol, "ridge");
    assert_string_equal(f[4].protocol, "knn");
    for (int i = 1; i < 6; i++) snprintf(rows[i].split, sizeof rows[i].split, "test");
    snprintf(rows[1].protocol, sizeof rows[1].protocol, "knn");
    snprintf(rows[2].protocol, sizeof rows[2].protocol, "linear");
    assert_int_equal(scores_collect(&list, "set", 15, NULL, f), 2);
    assert_true(f[0].mean == .4);
    assert_int_equal(scores_collect(&list, "other", -1, NULL, f), 0);
    assert_true(scores_like(&list, "set", -1, "Hernia", &f[0], &other));
    assert_true(isnan(other.mean) && other.positives == 0 && other.negatives == 10);
    struct text t = { 0 };
    scores_csv(&list, "r", true, &t);
    assert_non_null(strstr(text_str(&t), "r,20,set,linear,on,100,1,test,Hernia,,0,10\n"));
    text_clear(&t);
}

/* ---- ends of logs ---------------------------------------------------------------------------------------------------
 */

static void the_end_of_a_log_is_clean(void **state)
{
    (void)state;
    static struct log_end t;
    char path[] = "/tmp/mlvicx-log-XXXXXX";
    int fd = mkstemp(path);
    FILE *f = fdopen(fd, "w");
    for (int i = 0; i < 5000; i++) fprintf(f, "line %d\n", i);
    fprintf(f, "10 %%\r50 %%\r\x1b[31mdone\r\n\nlast without end");
    fclose(f);
    log_end_read(&t, open(path, O_RDONLY));
    assert_int_equal(t.count, TAIL_LINES);
    assert_string_equal(t.line[t.count - 1], "last without end");
    assert_string_equal(t.line[t.count - 2], "?[31mdone");
    assert_string_equal(t.line[t.count - 3], "line 4999");
    unlink(path);
    log_end_read(&t, open(path, O_RDONLY));
    assert_int_equal(t.count, 0);
}

/* ---- the screens
 * ------------------------------------------------------------------------------------------------------ */

enum { IMAGES = 9, SIDE = 24 };

static void fill_set(struct store *s)
{
    static const char *const classes[] = { "Mass", "Hernia" };
    static const struct store_box boxes[] = { { 1, 0, 3, 3, 12, 15, "reader" } };
    static const struct store_unreadable unreadable[] = { { "bad/\x1b[31m.png", "cut off" } };
    static const uint32_t runs[] = { 100, 5, 19, 5, 447 };
    const struct store_mask masks[] = { { 1, 1, SIDE, SIDE, "runs", runs, sizeof runs } };
    struct store_image images[IMAGES];
    int8_t labels[IMAGES * 2];
    uint8_t pixels[SIDE * SIDE];
    char paths[IMAGES][32], dir[STORE_PATH], pack[PACK_NAME_SIZE], digest[DIGEST_HEX_SIZE], one[DIGEST_HEX_SIZE];
    struct pack_writer *w;
    snprintf(dir, sizeof dir, "%.2000s/packs", store_dir(s));
    OK(pack_writer_create(&w, dir, "tiny", SIDE, 1, &error));
    for (int i = 0; i < IMAGES; i++) {
        snprintf(paths[i], sizeof paths[i], "film-%d.png", i);
        images[i] = (struct store_image){ paths[i], "7", (enum store_split)(1 + i % 3), 48, 48, NULL, NULL };
        labels[2 * i] = (int8_t)(i % 2);
        labels[2 * i + 1] = i == 4 ? STORE_LABEL_MISSING : 0;
        for (int p = 0; p < SIDE * SIDE; p++) pixels[p] = (uint8_t)(p * (i + 1));
        OK(pack_writer_add(w, pixels, one, &error));
    }
    OK(pack_writer_finish(w, pack, digest, &error));
    struct store_contents c = { .images_count = IMAGES,
                                .classes_count = 2,
                                .boxes_count = 1,
                                .masks_count = 1,
                                .unreadable_count = 1,
                                .images = images,
                                .classes = classes,
                                .labels = labels,
                                .boxes = boxes,
                                .masks = masks,
                                .unreadable = unreadable };
    snprintf(c.dataset.name, sizeof c.dataset.name, "tiny");
    snprintf(c.dataset.kind, sizeof c.dataset.kind, "folder");
    snprintf(c.dataset.digest, sizeof c.dataset.digest, "%s", digest);
    c.dataset.source = (char *)"here";
    c.dataset.remarks = (char *)"";
    c.dataset.pack = pack;
    c.dataset.size = SIDE;
    c.dataset.channels = 1;
    OK(store_dataset_insert(s, &c, NULL, &error));
}

static void filters_say_what_fits(void **state)
{
    static const struct {
        const char *expression;
        int count;
    } rows[] = { { "", 9 },
                 { "Mass", 4 },
                 { "mas", 4 },
                 { "-Mass", 5 },
                 { "Hernia", 0 },
                 { "split:test", 3 },
                 { "Mass split:val", 2 },
                 { "patient:7", 9 },
                 { "patient:8", 0 },
                 { "film-3", 1 },
                 { "  Mass   film-1 ", 1 } };
    struct image_set v;
    char labels[64];
    fill_set(*state);
    OK(image_set_open(&v, *state, "tiny", STORE_PART_ALL, &error));
    assert_non_null(v.pack);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        OK(image_set_filter(&v, rows[i].expression, &error));
        if (v.count != rows[i].count) fail_msg("'%s': %d", rows[i].expression, v.count);
    }
    assert_string_equal(image_set_labels(&v, 1, labels, sizeof labels), "Mass");
    assert_string_equal(image_set_labels(&v, 0, labels, sizeof labels), "no finding");
    image_set_close(&v);
}

static void captions_are_of_whole_names(void **state)
{
    (void)state;
    const char *const classes[] = { "Effusion", "Mass", "Pleural_Thickening" };
    int8_t labels[] = { 1, 1, 1, 0, 0, 1, 0, 0, 0, STORE_LABEL_MISSING, STORE_LABEL_MISSING, STORE_LABEL_MISSING };
    struct image_set v = { .data = { .classes = classes, .classes_count = 3, .labels = labels, .images_count = 4 } };
    static const struct {
        uint32_t image;
        int columns;
        const char *text;
    } rows[] = { { 0, 34, "Effusion, Mass, Pleural_Thickening" },
                 { 0, 33, "Effusion, Mass +1" },
                 { 0, 17, "Effusion, Mass +1" },
                 { 0, 16, "Effusion +2" },
                 { 0, 10, "3 labels" },
                 { 1, 18, "Pleural_Thickening" },
                 { 1, 9, "Pleural_Thickening" },
                 { 2, 30, "no finding" },
                 { 3, 30, "unlabelled" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[64];
        if (strcmp(image_caption(&v, rows[i].image, rows[i].columns, out, sizeof out), rows[i].text))
            fail_msg("image %u in %d columns: %s", rows[i].image, rows[i].columns, out);
    }
}

static void fill_run(struct store *s)
{
    struct settings k;
    struct text ini = { 0 };
    struct store_batch b = { 0 };
    int64_t run;
    settings_init(&k);
    OK(settings_set(&k, "data.name", "tiny", &error));
    OK(settings_set(&k, "data.size", "32", &error));
    settings_write_ini(&k, &ini);
    struct store_run row = {
        .name = "first", .dataset = "tiny", .config = ini.data, .preset = "small", .steps = 20, .epochs = 2
    };
    OK(store_run_insert(s, &row, &run, &error));
    text_clear(&ini);
    for (int i = 1; i <= 20; i++) {
        store_batch_name(&b, s, "loss", i, 50.0 / i);
        store_batch_name(&b, s, "time.step", i, 0.2);
        store_batch_name(&b, s, "time.forward", i, 0.05);
        store_batch_name(&b, s, "time.backward", i, 0.1);
        store_batch_name(&b, s, "time.backward.layer1", i, 0.04);
        store_batch_name(&b, s, "time.wait", i, 0.05);
        if (i % 10 == 0) store_batch_name(&b, s, "auc.ridge", i, i == 10 ? .8 : .7);
    }
    OK(store_points_append(s, run, &b, &error));
    store_batch_clear(&b);
    for (int i = 1; i <= 2; i++) {
        struct store_checkpoint c = { .step = 10 * i, .bytes = 1 << 20, .reason = "time", .created_at = 1700000000 };
        snprintf(c.path, sizeof c.path, "step-%d.safetensors", i);
        snprintf(c.sha256, sizeof c.sha256, "%064d", i);
        OK(store_checkpoint_insert(s, run, &c, &error));
    }
    struct store_evaluation v = evaluation("linear", 100, 1, 20, .75);
    v.run_id = run;
    snprintf(v.task, sizeof v.task, "tiny");
    OK(store_evaluation_insert(s, &v, NULL, 0, NULL, &error));
}

/* As they were recorded, not as the settings would choose them now: that comes to another number. */
static void an_embedding_knows_its_images(void **state)
{
    static const float rows[5][2] = { { 0, 1 }, { 1, 0 }, { 2, 1 }, { 3, 5 }, { 4, 4 } }, images[5] = { 1, 3, 5, 7, 8 };
    fill_set(*state);
    fill_run(*state);
    OK(store_snapshot_put(*state, &(struct store_snapshot_key){ 1, 10, "h", "embedding" }, 5, 2, rows[0], &error));
    screen_says(*state, "embedding", "first", "", 30, 110, (const char *const[]){ "5 probe images", "is not known" },
                2);
    OK(store_snapshot_put(*state, &(struct store_snapshot_key){ 1, 10, "all", "images" }, 1, 5, images, &error));
    char *text = screen_text(*state, "embedding", "first", "", 30, 110, false);
    if (strstr(text, "is not known") || !strstr(text, "Mass") || !strstr(text, "film-1.png"))
        fail_msg("the images are not those that were recorded:\n%s", text);
    free(text);
    OK(store_snapshot_put(*state, &(struct store_snapshot_key){ 1, 10, "all", "images" }, 1, 5,
                          (const float[]){ 1, 3, 5, 7, 9 }, &error));
    screen_says(*state, "embedding", "first", "", 30, 110, (const char *const[]){ "is not known" }, 1); /* 9 is none */
}

/* m shows the map where one is recorded, and what it lacks else; c colours by patient, score and error; Enter leads to
 * the image. */
static void an_embedding_is_shown_as_a_map(void **state)
{
    static const float rows[5][2] = { { 0, 1 }, { 1, 0 }, { 2, 1 }, { 3, 5 }, { 4, 4 } }, images[5] = { 1, 3, 5, 7, 8 };
    fill_set(*state);
    fill_run(*state);
    OK(store_snapshot_put(*state, &(struct store_snapshot_key){ 1, 10, "h", "embedding" }, 5, 2, rows[0], &error));
    OK(store_snapshot_put(*state, &(struct store_snapshot_key){ 1, 10, "all", "images" }, 1, 5, images, &error));
    screen_says(*state, "embedding", "first", "m", 30, 120, (const char *const[]){ "across: component 1", "map" }, 2);
    static const float map[5][2] = { { 0, 700 }, { 1, 0 }, { 2, 1 }, { 3, 5 }, { 4, 4 } };
    OK(store_snapshot_derive(*state, &(struct store_snapshot_key){ 1, 10, "h", "tsne" }, "embedding", 5, 2, map[0],
                             &error));
    screen_says(*state, "embedding", "first", "", 30, 120, (const char *const[]){ "t-SNE map: neighbours", "600" }, 2);
    screen_says(*state, "embedding", "first", "m", 30, 120, (const char *const[]){ "across: component 1" }, 1);
    screen_says(*state, "embedding", "first", "ma", 30, 120, (const char *const[]){ "no other axes" }, 1);
    screen_fits_any_size(*state, "embedding", "first", "");
    screen_says(*state, "embedding", "first", "c<end><up><up><enter>", 30, 120,
                (const char *const[]){ "by patient", ", chosen" }, 2);
    screen_says(*state, "embedding", "first", "c<end><up><enter>", 30, 120,
                (const char *const[]){ "by score of ", "no prediction" }, 2);
    screen_says(*state, "embedding", "first", "<up><enter>", 30, 120, (const char *const[]){ "8 Images", "film-" }, 2);
}

/* Run a script; `*out` what the screen showed at its end. */
static void screens_say_what_is_there(void **state)
{
    static const struct {
        const char *view, *keys, *says[4];
    } rows[] = {
        { "images", "", { "tiny  9 images, 24 px grey, 2 classes", "1 unreadable", "no finding" } },
        { "images", "<right><enter>", { "film-1.png", "a box Mass by reader", "outline Hernia", "view 2" } },
        { "images", "t", { "Mass", "1 patient, 1 in more than one split", "Found together" } },
        { "images", "u", { "bad/?[31m.png", "cut off" } },
        { "images", "/split:test<enter>", { "3 fit: split:test" } },
        { "checkpoints", "", { "2 checkpoints, 2.0 MiB", "unverified", ".800", "runs/1/step-2.safetensors" } },
        { "checkpoints", "a\n:wait 0.2", { "NO FILE" } },
        { "checkpoints", "E", { "Evaluate run 1 first", "step 20, the newest", "tiny" } },
        { "profile", "", { "step 200 ms", "waits for data 25.0 %", "backward", "50.0 %" } },
        { "downstream", "", { "tiny", "test  linear   on", ".750", "0+ 10-  -" } },
        { "embedding", "", { "No embedding yet" } },
    };
    fill_set(*state);
    fill_run(*state);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        screen_says(*state, rows[i].view, "first", rows[i].keys, 30, 110, rows[i].says, 4);
}

/* Steps of 1 s and of 3 s with batches of 60, and a probe of 10 s after every tenth: 30 img/s, not the mean of the
 * steps' rates, and 20 with the time between them. The newest 16 are 16, whatever the roll-ups begin with. */
static void speed_is_images_over_time(void **state)
{
    struct store *s = *state;
    struct store_batch b = { 0 };
    fill_set(s);
    int64_t run = make_run(s, "fast");
    for (int i = 1; i <= 600; i++) {
        double step = i % 2 ? 1 : 3;
        store_batch_name(&b, s, "time.step", i, step);
        store_batch_name(&b, s, "images_per_second", i, 60 / step);
        store_batch_name(&b, s, "time.record", i, i % 10 == 1 ? 10 : 0);
        if (i % 10 == 0) store_batch_name(&b, s, "time.probe", i, 10);
        store_batch_name(&b, s, "time.load", i, .5);
    }
    OK(store_points_append(s, run, &b, &error));
    store_batch_clear(&b);
    screen_says(s, "profile", "fast", "", 30, 110,
                (const char *const[]){ "step 2000 ms", "30.0 img/s  in all 20.0 img/s", "mean of 100 steps",
                                       "record              1000 ms between", "   probe             1000 ms between *",
                                       "500 ms  beside" },
                6);
    screen_says(s, "profile", "fast", "w", 30, 110, (const char *const[]){ "mean of 512 steps" }, 1);
    screen_says(s, "profile", "fast", "ww", 30, 110, (const char *const[]){ "mean of 16 steps" }, 1);
}

/* The quick probe before the first step is that of a random encoder, as the line about a run has it. */
static void a_quick_probe_is_compared_with_its_beginning(void **state)
{
    struct store *s = *state;
    struct store_batch b = { 0 };
    fill_set(s);
    fill_run(s);
    struct store_evaluation v = evaluation("ridge", 100, 1, 20, .75);
    v.run_id = 1;
    snprintf(v.task, sizeof v.task, "tiny");
    snprintf(v.split, sizeof v.split, "val");
    OK(store_evaluation_insert(s, &v, NULL, 0, NULL, &error));
    char *text = screen_text(s, "downstream", "first", "", 30, 110, false);
    assert_null(strstr(text, "+0.164")); /* nobody has probed it then */
    free(text);
    store_batch_name(&b, s, "auc.ridge", 0, .586);
    OK(store_points_append(s, 1, &b, &error));
    store_batch_clear(&b);
    screen_says(s, "downstream", "first", "", 30, 110, (const char *const[]){ "+0.164" }, 1);
}

/* A list that grew shows its beginning again; where rows are hidden, triangles say so. */
static void a_list_scrolls_no_further_than_it_must(void **state)
{
    (void)state;
    assert_int_equal(scroll_top(9, 4, 17, 26, 12), 0);
    assert_int_equal(scroll_top(0, 17, 4, 26, 12), 9);
    assert_int_equal(scroll_top(9, 4, 4, 26, 12), 9);
    assert_int_equal(scroll_top(9, 4, 4, 26, 3), 3);
    assert_int_equal(scroll_top(9, 4, 4, 10, -1), 6);
    assert_int_equal(scroll_top(9, 4, 40, 10, 9), 0);
    struct canvas c = { 0 };
    struct text shown = { 0 };
    assert_true(canvas_resize(&c, 3, 4));
    struct area a = canvas_area(&c);
    scroll_marks(&a, 2, 9);
    canvas_text(&c, &shown);
    assert_string_equal(text_str(&shown), "   \u25b2\n\n   \u25bc\n");
    text_clear(&shown);
    canvas_blank(&c);
    scroll_marks(&a, 0, 3);
    canvas_text(&c, &shown);
    assert_string_equal(text_str(&shown), "\n\n\n");
    text_clear(&shown);
    canvas_clear(&c);
}

/* What does not fit is not there, the least important first: no half number, and no number without its unit. */
static void narrow_screens_cut_no_number(void **state)
{
    static const struct {
        const char *view;
        int rows, columns;
        const char *says[4], *never[4];
    } rows[] = {
        { "downstream", 5, 20, { "AUC", "linear", "100 %", ".750" }, { NULL } },
        { "downstream", 10, 40, { "split", "labels", "AUC, macro", ".750" }, { "stroke: r" } },
        { "downstream", 24, 48, { "Mass", "AUC, macro", ".750" }, { "gates" } },
        { "profile", 5, 20, { "step 200 ms", " ms\n" }, { "im\n", "waits" } },
        { "profile", 10, 40, { "step 200 ms", "50.0 %" }, { "waits for data\n" } },
        { "checkpoints", 24, 60, { "sha256 0000", "000\u2026\n" }, { NULL } },
        { "profile", 24, 120, { "New run" }, { "Hel\n" } },
    };
    fill_set(*state);
    fill_run(*state);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        screen_says(*state, rows[i].view, "first", "", rows[i].rows, rows[i].columns, rows[i].says, 4);
        char *text = screen_text(*state, rows[i].view, "first", "", rows[i].rows, rows[i].columns, false);
        for (int k = 0; k < 4 && rows[i].never[k]; k++)
            if (strstr(text, rows[i].never[k])) fail_msg("%s has '%s':\n%s", rows[i].view, rows[i].never[k], text);
        free(text);
    }
}

/* A part stands whole or not at all, and what would follow it neither; a share stays with its sign. */
static void parts_and_shares_stay_whole(void **state)
{
    (void)state;
    struct canvas c = { 0 };
    struct text row = { 0 };
    assert_true(canvas_resize(&c, 3, 10));
    struct area a = canvas_area(&c);
    int x = area_part(&a, 0, 0, INK_NORMAL, "rank %d", 7);
    assert_int_equal(x, 6);
    x += area_part(&a, 0, x, INK_NORMAL, " of 32.0");
    assert_int_equal(x, 14);
    area_part(&a, 0, x, INK_NORMAL, "!");
    assert_int_equal(area_wrap(&a, 1, 0, 2, 10, INK_NORMAL, "dead 9 12 % now"), 2);
    canvas_text(&c, &row);
    assert_string_equal(text_str(&row), "rank 7\ndead 9\n12 % now\n");
    text_clear(&row);
    canvas_clear(&c);
}

static void screens_fit_any_size(void **state)
{
    static const char *const names[] = { "downstream", "embedding", "images", "checkpoints", "profile" };
    static const char *const keys[] = { "", "a", "t", "E", "<down><page-down><end>" };
    fill_set(*state);
    fill_run(*state);
    for (size_t v = 0; v < sizeof names / sizeof *names; v++)
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            screen_fits_any_size(*state, names[v], "first", keys[k]);
}

/* Tab walks through what a word can become: commands of the workbench, its screens, settings, runs. */
static void tab_completes_words(void **state)
{
    static const struct {
        const char *keys, *line;
    } cases[] = {
        { "<up>:save<tab>", ":save-display" },         { "<up>:sp<tab>", ":spectrum" },
        { "<up>:set optim.l<tab>", ":set optim.lr=" }, { "<up>:run f<tab>", ":run fourth" },
        { "<up>:run f<tab><tab>", ":run first" },      { "<up>:run none<tab>", ":run none" },
    };
    struct store *s = *state;
    fill_set(s);
    fill_run(s);
    make_run(s, "fourth");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        screen_says(s, "runs", "first", cases[i].keys, 24, 80, &cases[i].line, 1);
}

/* A number that is too wide for its column loses digits, never its end. */
static void a_number_fits_its_column_whole(void **state)
{
    (void)state;
    static const struct {
        double x;
        const char *text;
    } rows[] = { { 9.31e-5, "9e-05" },  { -9.31e-5, "-9e-05" }, { 17296.4, "17.3k" },
                 { -0.87153, "-0.87" }, { 37.41, "37.4" },      { NAN, "-" } };
    char text[FORMAT_SIZE];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(format_number_within(rows[i].x, 3, 6, text), rows[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_fits_its_column_whole),
        cmocka_unit_test(a_picture_keeps_its_halves),
        cmocka_unit_test(outlines_and_boxes_stay_inside),
        cmocka_unit_test(coloured_pixels_have_inks),
        cmocka_unit_test(every_ink_is_read_on_every_paper),
        cmocka_unit_test(components_are_found_in_order),
        cmocka_unit_test(odd_embeddings_do_no_harm),
        cmocka_unit_test(draws_become_one_figure),
        cmocka_unit_test(the_end_of_a_log_is_clean),
        cmocka_unit_test(captions_are_of_whole_names),
        cmocka_unit_test_setup_teardown(filters_say_what_fits, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(an_embedding_knows_its_images, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(an_embedding_is_shown_as_a_map, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(screens_say_what_is_there, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(tab_completes_words, store_setup, store_teardown),
        cmocka_unit_test(parts_and_shares_stay_whole),
        cmocka_unit_test_setup_teardown(speed_is_images_over_time, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(a_quick_probe_is_compared_with_its_beginning, store_setup, store_teardown),
        cmocka_unit_test(a_list_scrolls_no_further_than_it_must),
        cmocka_unit_test_setup_teardown(narrow_screens_cut_no_number, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(screens_fit_any_size, store_setup, store_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
