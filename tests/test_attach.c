/* Packs that lie elsewhere: which paths a row may name, what is read of them, and that their rows come back as they
 * were shared, or not at all. Files are made by the tests, beside their store. */
#include "tests/store_help.h"

#include <fcntl.h>

#include "app/commands/data/rows_file.h"
#include "app/session/set_pack.h"
#include "store/database/files.h"

enum { SIDE = 8, IMAGES = 3 };

static char dir[WORKSPACE], pack_path[STORE_PATH], rows_path[STORE_PATH];
static struct pack *pack;
static char digests[IMAGES][DIGEST_HEX_SIZE];

static int setup(void **state)
{
    struct pack_writer *w;
    char name[PACK_NAME_SIZE], digest[DIGEST_HEX_SIZE];
    uint8_t pixels[SIDE * SIDE];
    if (store_setup(state)) return 1;
    assert_non_null(workspace_name(dir));
    OK(pack_writer_create(&w, dir, "lab", SIDE, 1, &error));
    for (int i = 0; i < IMAGES; i++) {
        for (int p = 0; p < SIDE * SIDE; p++) pixels[p] = (uint8_t)(p * (i + 1));
        OK(pack_writer_add(w, pixels, digests[i], &error));
    }
    OK(pack_writer_finish(w, name, digest, &error));
    snprintf(pack_path, sizeof pack_path, "%s/%s", dir, name);
    snprintf(rows_path, sizeof rows_path, "%s/rows" ROWS_FILE_END, dir);
    OK(pack_open(pack_path, &pack, &error));
    return 0;
}

static int teardown(void **state)
{
    pack_close(pack);
    workspace_remove(dir);
    return store_teardown(state);
}

/* ---- rows ---- */

static const unsigned char runs[] = { 10, 0, 0, 0, 54, 0, 0, 0 };

/* A set with one of everything. Borrows from static tables. */
static struct store_contents everything(void)
{
    static struct store_image images[IMAGES];
    static const char *const classes[] = { "Mass", "No Finding" };
    static const bool nothing[] = { false, true };
    static const int8_t labels[] = { 1, 0, 0, 1, STORE_LABEL_MISSING, 0 };
    static const struct store_box boxes[] = { { 2, 0, 1, 2, 3, 4.5, "R9" }, { 0, 1, 0, 0, 8, 8, NULL } };
    static const struct store_mask masks[] = { { 1, 0, SIDE, SIDE, "runs", runs, sizeof runs } };
    static const struct store_attribute attributes[] = { { 0, "sex", "F" }, { 2, "age", "57" }, { 2, "view", "PA" } };
    static const struct store_unreadable unreadable[] = { { "x,\"y.png", "cut off" } };
    for (int i = 0; i < IMAGES; i++)
        images[i] = (struct store_image){
            i ? "b/2.png" : "a/1.png", i == 1 ? NULL : "p 1", STORE_SPLIT_TRAIN + i, 10 + i, 20, digests[i],
            i == 2 ? "note" : NULL
        };
    struct store_contents c = { .dataset = { .kind = "folder", .size = SIDE, .channels = 1 },
                                .images_count = IMAGES,
                                .classes_count = 2,
                                .boxes_count = 2,
                                .masks_count = 1,
                                .attributes_count = 3,
                                .unreadable_count = 1,
                                .images = images,
                                .classes = classes,
                                .nothing = nothing,
                                .labels = labels,
                                .boxes = boxes,
                                .masks = masks,
                                .attributes = attributes,
                                .unreadable = unreadable };
    snprintf(c.dataset.name, sizeof c.dataset.name, "lab");
    snprintf(c.dataset.digest, sizeof c.dataset.digest, "%s", pack_digest(pack));
    c.dataset.source = (char *)"somewhere";
    c.dataset.remarks = (char *)"first\nsecond";
    return c;
}

static void share(const struct store_contents *c)
{
    FILE *f = fopen(rows_path, "w");
    assert_non_null(f);
    OK(rows_file_write(f, c, &error));
    assert_int_equal(fclose(f), 0);
}

static bool same(const char *a, const char *b)
{
    return !strcmp(a ? a : "", b ? b : "");
}

static void rows_come_back_as_they_were_shared(void **state)
{
    struct store_contents in = everything(), c;
    (void)state;
    share(&in);
    OK(rows_file_read(rows_path, pack, &c, &error));
    assert_string_equal(c.dataset.name, "lab");
    assert_string_equal(c.dataset.kind, "folder");
    assert_string_equal(c.dataset.source, "somewhere");
    assert_string_equal(c.dataset.remarks, "first\nsecond");
    assert_string_equal(c.dataset.digest, in.dataset.digest);
    assert_true(c.images_count == IMAGES && c.classes_count == 2 && c.boxes_count == 2 && c.masks_count == 1 &&
                c.attributes_count == 3 && c.unreadable_count == 1);
    for (int i = 0; i < IMAGES; i++) {
        const struct store_image *a = &in.images[i], *b = &c.images[i];
        assert_true(same(a->path, b->path) && same(a->patient, b->patient) && same(a->note, b->note));
        assert_true(a->split == b->split && a->width == b->width && a->height == b->height);
        assert_string_equal(b->digest, digests[i]);
    }
    assert_true(same(c.classes[1], "No Finding") && !c.nothing[0] && c.nothing[1]);
    assert_memory_equal(c.labels, in.labels, 2 * IMAGES);
    /* boxes by image */
    assert_true(c.boxes[0].image == 0 && c.boxes[0].class == 1 && c.boxes[0].x1 == 8);
    assert_true(c.boxes[1].image == 2 && c.boxes[1].y1 == 4.5 && same(c.boxes[1].reader, "R9"));
    assert_int_equal(c.masks[0].bytes, sizeof runs);
    assert_memory_equal(c.masks[0].data, runs, sizeof runs);
    assert_true(c.attributes[2].image == 2 && same(c.attributes[2].name, "view") && same(c.attributes[2].value, "PA"));
    assert_true(same(c.unreadable[0].path, "x,\"y.png") && same(c.unreadable[0].reason, "cut off"));
    store_contents_clear(&c);
}

/* File names are bytes: what is no UTF-8 comes back, and two that look alike stay two. */
static void file_names_that_are_no_text_come_back(void **state)
{
    struct store_contents in = everything(), c;
    struct store_image *images = (struct store_image *)in.images;
    static const struct store_unreadable unreadable[] = { { "\xff.png", "cut off" } };
    (void)state;
    images[0].path = "caf\xe9.png";
    images[1].path = "caf\xe8.png";
    images[2].path = "a\x1b[31m\xe8";
    in.unreadable = unreadable;
    share(&in);
    OK(rows_file_read(rows_path, pack, &c, &error));
    assert_string_equal(c.images[0].path, "caf\xe9.png");
    assert_string_equal(c.images[1].path, "caf\xe8.png");
    assert_string_equal(c.images[2].path, "a?[31m\xe8");
    assert_string_equal(c.unreadable[0].path, "\xff.png");
    store_contents_clear(&c);
}

/* The file with the first FROM replaced by TO (NULL: cut there), and its last line as it would then be. */
static void change(const char *from, const char *to)
{
    char digest[DIGEST_HEX_SIZE], *text = file_read_text(rows_path, 1 << 20, &error), *at, *end;
    struct text t = { 0 };
    assert_non_null(text);
    assert_non_null(end = strstr(text, "{\"sha256\""));
    *end = '\0';
    assert_non_null(at = strstr(text, from));
    text_append(&t, text, (size_t)(at - text));
    if (to) text_printf(&t, "%s%s", to, at + strlen(from));
    digest_bytes(t.data, t.length, digest);
    if (to) text_printf(&t, "{\"sha256\":\"%s\"}\n", digest);
    OK(file_write_text(rows_path, &t, FILE_OF_USER, &error));
    text_clear(&t);
    free(text);
}

static void rows_of_a_stranger_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *from, *to, *said;
    } rows[] = {
        { "{\"mlvicx_rows\":1", "[1", "line 1: it is no JSON object" },
        { "\"mlvicx_rows\":1", "\"mlvicx_rows\":2", "rows of version 2" },
        { "\"mlvicx_rows\"", "\"rows\"", "line 1: a number is missing" },
        { "\"size\":8", "\"size\":9", "line 1: these are the rows of another pack" },
        { "\"images\":3", "\"images\":4", "line 1: these are the rows of another pack" },
        { "\"name\":\"lab\"", "\"name\":\"../lab\"", "line 1: its name is none" },
        { "\"name\":\"lab\"", "\"name\":7", "line 1: a text is something else" },
        { "\"kind\":\"folder\"", "\"kind\":\"0123456789012345678901234567890123456789\"", "line 1: its kind is none" },
        { "{\"name\":\"Mass\"", "{\"name\":\"No Finding\"", "line 1: two classes have one name" },
        { "\"exclusive\":false", "\"exclusive\":true", "line 4: classes exclude one another, but not here" },
        { "\"split\":\"train\"", "\"split\":\"trian\"", "line 2: its split is neither" },
        { "\"labels\":[1,0]", "\"labels\":[1]", "line 2: it has not a label" },
        { "\"labels\":[1,0]", "\"labels\":[1,2]", "line 2: a label is neither" },
        { "\"labels\":[1,0]", "\"labels\":[1,\"0\"]", "line 2: a label is neither" },
        { "\"path\":\"a/1.png\"", "\"path\":\"\"", "line 2: an image has no path" },
        { "\"path\":\"a/1.png\"", "\"path\":\"a/1.png\",\"path_bytes\":\"61\"", "line 2: the bytes of a path are not" },
        { "\"path\":\"a/1.png\"", "\"path\":\"a\",\"path_bytes\":\"6100\"", "line 2: the bytes of a path are not" },
        { "\"path\":\"a/1.png\"", "\"path\":\"a\",\"path_bytes\":\"61f\"", "line 2: the bytes of a path are not" },
        { "\"path\":\"a/1.png\"", "\"path\":\"\",\"path_bytes\":\"\"", "line 2: the bytes of a path are none" },
        { "\"width\":10", "\"width\":-1", "line 2: a number is missing" },
        { "\"x1\":8.0", "\"x1\":8e300", "line 2: a box is out of its range" },
        { "\"x1\":8.0", "\"x1\":-8.0", "line 2: a box is empty" },
        { "{\"class\":1,\"x0\"", "{\"class\":2,\"x0\"", "line 2: a number is missing or out of its range" },
        { "[10,54]", "[10,55]", "line 3: the runs of a mask reach beyond" },
        { "[10,54]", "[10,-54]", "line 3: the runs of a mask reach beyond" },
        { "[10,54]", "[10,53]", "line 3: the runs of a mask do not cover" },
        { "[10,54]", "7", "line 3: a mask has more runs" },
        { "{\"sex\":\"F\"}", "{\"sex\":\"\"}", "line 2: an attribute has no name or no value" },
        { "\"unreadable\"", "\"absent\"", "line 5: neither an image" },
        { "{\"path\":\"b/2.png\"", NULL, "line 3: the file ends here" },
        { "\"reason\"", NULL, "line 5: it is no JSON object" },
    };
    struct store_contents in = everything(), c;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        share(&in);
        change(rows[i].from, rows[i].to);
        error = (struct err){ 0 };
        assert_false(rows_file_read(rows_path, pack, &c, &error));
        if (!strstr(error.msg, rows[i].said) || !strstr(error.msg, "rows.jsonl"))
            fail_msg("%s -> %s: %s", rows[i].from, rows[i].to ? rows[i].to : "cut", error.msg);
        assert_null(c.images);
    }
}

static void a_changed_label_does_not_match_the_last_line(void **state)
{
    struct store_contents in = everything(), c;
    char *text, *at;
    (void)state;
    share(&in);
    assert_non_null(text = file_read_text(rows_path, 1 << 20, &error));
    assert_non_null(at = strstr(text, "\"labels\":[1,0]"));
    at[10] = '0';
    struct text t = { .data = text, .length = strlen(text), .room = strlen(text) + 1 };
    OK(file_write_text(rows_path, &t, FILE_OF_USER, &error));
    text_clear(&t);
    REFUSED(rows_file_read(rows_path, pack, &c, &error), ERR_FORMAT, "are not those that were written");
}

/* Bytes changed anywhere, under a last line that fits: nothing is read beyond its place, and nothing is left of what is
 * refused. */
static void rows_changed_at_random_are_read_or_refused(void **state)
{
    enum { TRIES = 3000 };
    static const char some[] = "0123456789-{}[]\",:.eE\\ntu\n\x1b\xff";
    struct store_contents in = everything(), c;
    char digest[DIGEST_HEX_SIZE], *whole, *end;
    uint32_t random = 1;
    int refused = 0;
    (void)state;
    share(&in);
    assert_non_null(whole = file_read_text(rows_path, 1 << 20, &error));
    assert_non_null(end = strstr(whole, "{\"sha256\""));
    *end = '\0';
    for (int i = 0; i < TRIES; i++) {
        struct text t = { 0 };
        text_add(&t, whole);
        for (int k = 0; k <= i % 3; k++) {
            random = random * 1664525u + 1013904223u;
            size_t at = (random >> 8) % t.length;
            random = random * 1664525u + 1013904223u;
            t.data[at] = some[(random >> 8) % (sizeof some - 1)];
        }
        digest_bytes(t.data, t.length, digest);
        text_printf(&t, "{\"sha256\":\"%s\"}\n", digest);
        FILE *f = fopen(rows_path, "w"); /* not synced, as there are many */
        assert_non_null(f);
        assert_int_equal(fwrite(t.data, 1, t.length, f), t.length);
        assert_int_equal(fclose(f), 0);
        text_clear(&t);
        error = (struct err){ 0 };
        if (rows_file_read(rows_path, pack, &c, &error)) {
            assert_int_equal(c.images_count, IMAGES);
            store_contents_clear(&c);
            continue;
        }
        refused++;
        if ((error.code != ERR_FORMAT && error.code != ERR_UNSUPPORTED) || !strstr(error.msg, "rows.jsonl"))
            fail_msg("%d: %s", i, error.msg);
        assert_null(c.images);
    }
    assert_in_range(refused, TRIES / 2, TRIES - 1);
    free(whole);
}

/* An image whose row tells of other pixels than the pack has in its place. */
static void rows_in_another_order_are_refused(void **state)
{
    struct store_contents in = everything(), c;
    struct store_image swapped[IMAGES];
    (void)state;
    memcpy(swapped, in.images, sizeof swapped);
    swapped[0].digest = digests[1];
    swapped[1].digest = digests[0];
    in.images = swapped;
    share(&in);
    REFUSED(rows_file_read(rows_path, pack, &c, &error), ERR_FORMAT, "line 2: it is not the image that the pack has");
}

/* ---- paths ---- */

static void only_whole_paths_of_packs_are_those_of_attached_ones(void **state)
{
    static const struct {
        const char *path;
        bool attached;
    } rows[] = {
        { "/lab/n-00.pack", true },
        { "/n.pack", true },
        { "/lab/.hidden/n.pack", true },
        { "n-00.pack", false },
        { "lab/n.pack", false },
        { "/lab/../etc/n.pack", false },
        { "/lab/./n.pack", false },
        { "//lab/n.pack", false },
        { "/lab//n.pack", false },
        { "/lab/n.pack/", false },
        { "/lab/.pack", false },
        { "/lab/.n.pack", false },
        { "/proc/self/environ", false },
        { "/lab/n.pack/..", false },
        { "/", false },
        { "", false },
        { "/lab/a\nb.pack", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (store_pack_is_attached(rows[i].path) != rows[i].attached) fail_msg("'%s'", rows[i].path);
}

/* The row of an attached set that nothing is known of but its path. */
static struct store_dataset row_of(const char *path)
{
    struct store_dataset d = { .count = IMAGES, .size = SIDE, .channels = 1, .pack = (char *)path };
    snprintf(d.name, sizeof d.name, "lab");
    snprintf(d.digest, sizeof d.digest, "%s", pack_digest(pack));
    return d;
}

static void nothing_but_the_pack_of_the_digest_is_opened(void **state)
{
    struct store *s = *state;
    struct pack *p;
    char path[STORE_PATH + 16];
    struct store_dataset d = row_of(pack_path);
    OK(set_pack_open(s, &d, &p, &error));
    pack_close(p);
    d.digest[0] ^= 1;
    REFUSED(set_pack_open(s, &d, &p, &error), ERR_FORMAT, "has changed");
    d = row_of(pack_path);
    d.count++;
    REFUSED(set_pack_open(s, &d, &p, &error), ERR_FORMAT, "has changed");

    snprintf(path, sizeof path, "%s/not.pack", dir);
    struct text secret = { 0 };
    text_add(&secret, "secret\n");
    OK(file_write_text(path, &secret, FILE_OF_USER, &error));
    text_clear(&secret);
    d = row_of(path);
    REFUSED(set_pack_open(s, &d, &p, &error), ERR_FORMAT, "not a whole pack");
    assert_null(strstr(error.msg, "secret"));
    assert_int_equal(unlink(path), 0);

    REFUSED(set_pack_open(s, &d, &p, &error), ERR_NOT_FOUND, "the attached pack is gone; put it back");
    assert_int_equal(symlink(pack_path, path), 0);
    REFUSED(set_pack_open(s, &d, &p, &error), ERR_IO, "no regular file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    REFUSED(set_pack_open(s, &d, &p, &error), ERR_IO, "no regular file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    REFUSED(set_pack_open(s, &d, &p, &error), ERR_IO, "no regular file");
}

static int64_t insert(struct store *s, const char *name, const char *path)
{
    struct store_contents c = everything();
    int64_t id;
    c.dataset.pack = (char *)path;
    snprintf(c.dataset.name, sizeof c.dataset.name, "%s", name);
    OK(store_dataset_insert(s, &c, &id, &error));
    return id;
}

static void removing_takes_away_only_what_is_the_stores_own(void **state)
{
    struct store *s = *state;
    char own[STORE_PATH + 32];
    struct text t = { 0 };
    int64_t a = insert(s, "a", pack_path), b = insert(s, "b", pack_path);
    OK(store_dataset_remove(s, a, &error));
    assert_int_equal(access(pack_path, F_OK), 0);
    OK(store_dataset_remove(s, b, &error));
    assert_int_equal(access(pack_path, F_OK), 0);

    /* of two sets that have one pack of the store, the last one takes it away */
    snprintf(own, sizeof own, "%s/packs", store_dir(s));
    OK(file_make_directories(own, &error));
    snprintf(own, sizeof own, "%s/packs/n-00.pack", store_dir(s));
    text_add(&t, "x");
    OK(file_write_text(own, &t, FILE_OF_STORE, &error));
    text_clear(&t);
    a = insert(s, "a", "n-00.pack");
    b = insert(s, "b", "n-00.pack");
    OK(store_dataset_remove(s, a, &error));
    assert_int_equal(access(own, F_OK), 0);
    OK(store_dataset_remove(s, b, &error));
    assert_int_equal(access(own, F_OK), -1);

    /* the path of a file of the store, as a crafted row may have it */
    OK(file_write_text(own, &(struct text){ .data = (char[]){ "x" }, .length = 1, .room = 2 }, FILE_OF_STORE, &error));
    a = insert(s, "a", own);
    OK(store_dataset_remove(s, a, &error));
    assert_int_equal(access(own, F_OK), 0);
}

/* What a kill left half written is swept away; the pack that it was to use is not. */
static void a_sweep_keeps_attached_packs(void **state)
{
    struct store *s = *state;
    insert(s, "a", pack_path);
    OK(sql_run(s, &error, "UPDATE dataset SET name = '.gone.1'", BIND_NONE));
    OK(store_dataset_sweep(s, 0, &error));
    assert_int_equal(access(pack_path, F_OK), 0);
    int64_t n;
    OK(sql_integer(s, &error, &n, 0, "SELECT count(*) FROM dataset", BIND_NONE));
    assert_int_equal(n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_come_back_as_they_were_shared, setup, teardown),
        cmocka_unit_test_setup_teardown(file_names_that_are_no_text_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(rows_of_a_stranger_are_refused_with_their_line, setup, teardown),
        cmocka_unit_test_setup_teardown(a_changed_label_does_not_match_the_last_line, setup, teardown),
        cmocka_unit_test_setup_teardown(rows_changed_at_random_are_read_or_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(rows_in_another_order_are_refused, setup, teardown),
        cmocka_unit_test(only_whole_paths_of_packs_are_those_of_attached_ones),
        cmocka_unit_test_setup_teardown(nothing_but_the_pack_of_the_digest_is_opened, setup, teardown),
        cmocka_unit_test_setup_teardown(removing_takes_away_only_what_is_the_stores_own, setup, teardown),
        cmocka_unit_test_setup_teardown(a_sweep_keeps_attached_packs, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
