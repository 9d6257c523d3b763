/* Data sets of many rows: written and removed in slices, by someone who may be killed, beside someone who works. */
#include "tests/neighbour.h"

#include "store/dataset.h"

enum { MANY = 12000, MANY_CLASSES = 12 };

static struct store_contents many_rows(void)
{
    static struct store_image rows[MANY];
    static char paths[MANY][16];
    static const char *names[MANY_CLASSES] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l" };
    static int8_t values[MANY * MANY_CLASSES];
    for (int i = 0; i < MANY; i++) {
        snprintf(paths[i], sizeof paths[i], "%d.png", i);
        rows[i] = (struct store_image){ paths[i], "p", STORE_SPLIT_TRAIN, 8, 8, "00aa", NULL };
    }
    values[MANY * MANY_CLASSES - 1] = 1;
    struct store_contents c = { .dataset = { .kind = "folder", .size = 8, .channels = 1, .pack = (char[]){ "" } },
                                .images = rows,
                                .images_count = MANY,
                                .classes = names,
                                .classes_count = MANY_CLASSES,
                                .labels = values };
    snprintf(c.dataset.name, sizeof c.dataset.name, "many");
    return c;
}

static int64_t hidden(struct store *s)
{
    int64_t n;
    struct err e;
    if (!sql_integer(s, &e, &n, 0, "SELECT count(*) FROM dataset WHERE name GLOB '.*'", BIND_NONE))
        fail_msg("%s", e.msg);
    return n;
}

static const char *look(struct store *s, struct err *e)
{
    struct store_dataset row;
    struct store_contents c;
    const char *fault = NULL;
    if (!store_dataset_find(s, "many", &row, e)) return NULL;
    if (store_dataset_load(s, row.id, STORE_PART_LABELS, &c, e)) {
        if (c.labels[MANY * MANY_CLASSES - 1] != 1 || c.labels[0] != 0) fault = "half a set was seen";
        store_contents_clear(&c);
    } else if (e->code != ERR_NOT_FOUND) {
        fault = "a set was seen that cannot be loaded";
    }
    store_dataset_clear(&row);
    return fault;
}

static void a_large_set_keeps_nobody_waiting_and_is_never_seen_in_half(void **state)
{
    struct store *s = *state;
    struct store_contents in = many_rows();
    int committed[2] = { 0, 0 };
    /* the neighbour needs a turn of the processor too: on a busy machine once more */
    for (int tries = 0; tries < 20 && !(committed[0] && committed[1]); tries++) {
        int64_t id = 0;
        for (int removing = 0; removing < 2; removing++) {
            struct neighbour n = { .dir = store_dir(s), .hidden = hidden, .look = look };
            neighbour_begin(&n);
            if (removing)
                OK(store_dataset_remove(s, id, &error));
            else
                OK(store_dataset_insert(s, &in, &id, &error));
            committed[removing] += neighbour_end(&n);
        }
    }
    assert_true(committed[0] > 0 && committed[1] > 0);
}

struct change {
    const struct store_contents *in;
    int64_t id; /* 0: insert `in` */
};

static void change(struct store *own, void *ctx)
{
    const struct change *c = ctx;
    if (c->id)
        store_dataset_remove(own, c->id, NULL);
    else
        store_dataset_insert(own, c->in, NULL, NULL);
}

static void what_a_kill_leaves_of_a_set_is_not_seen_and_goes(void **state)
{
    struct store *s = *state;
    static const char *const tables[] = { "dataset", "image", "class", "label" };
    struct store_contents in = many_rows();
    for (int removing = 0; removing < 2; removing++) {
        int64_t id = 0;
        if (removing) OK(store_dataset_insert(s, &in, &id, &error));
        in_a_child_that_dies(s, change, &(struct change){ &in, removing ? id : 0 });
        struct store_datasets list;
        OK(store_dataset_list(s, &list, &error));
        assert_int_equal(list.count, 0);
        assert_int_equal(hidden(s), 1);
        OK(store_dataset_sweep(s, 3600, &error));
        assert_int_equal(hidden(s), !removing); /* it may be at work elsewhere */
        OK(store_dataset_sweep(s, 0, &error));
        for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
            char sql[64];
            struct text rows = { 0 };
            snprintf(sql, sizeof sql, "SELECT * FROM %s", tables[i]);
            dump_query(s->db, sql, &rows);
            assert_string_equal(text_str(&rows), "");
            text_clear(&rows);
        }
    }
}

static void a_pack_goes_with_its_last_set(void **state)
{
    struct store *s = *state;
    char path[STORE_PATH];
    struct store_contents in = many_rows();
    int64_t first, second;
    in.images_count = 3;
    in.dataset.pack = (char[]){ "n-00.pack" };
    OK(store_dataset_insert(s, &in, &first, &error));
    strcpy(in.dataset.name, "twin");
    OK(store_dataset_insert(s, &in, &second, &error));
    snprintf(path, sizeof path, "%.2000s/packs/%s", store_dir(s), in.dataset.pack);
    FILE *f = fopen(path, "w");
    assert_true(f && fclose(f) == 0);
    OK(store_dataset_drop_pack(s, in.dataset.pack, &error));
    OK(store_dataset_remove(s, first, &error));
    assert_int_equal(access(path, F_OK), 0);
    OK(store_dataset_remove(s, second, &error));
    assert_int_not_equal(access(path, F_OK), 0);
    OK(store_dataset_drop_pack(s, "nothing-there.pack", &error));
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_large_set_keeps_nobody_waiting_and_is_never_seen_in_half),
        STORE_TEST(what_a_kill_leaves_of_a_set_is_not_seen_and_goes),
        STORE_TEST(a_pack_goes_with_its_last_set),
    };
    return cmocka_run_group_tests_name("store_dataset", tests, NULL, NULL);
}
