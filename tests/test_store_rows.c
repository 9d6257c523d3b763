/* Data sets, checkpoints, events, commands, evaluations, settings: what goes in comes out, and has a stamp. */
#include "tests/store_help.h"

#include <math.h>

#include "engine/base/files.h"
#include "store/checkpoint.h"
#include "store/command.h"
#include "store/dataset.h"
#include "store/evaluation.h"
#include "store/event.h"
#include "store/metric.h"
#include "store/queue.h"
#include "store/setting.h"
#include "store/snapshot.h"
#include "store/stamp.h"

/* ---- data sets ---- */

static const struct store_image images[] = {
    { "a/1.png", "p1", STORE_SPLIT_TRAIN, 64, 48, "00aa", NULL },
    { "a/2.png", "p1", STORE_SPLIT_VAL, 32, 32, "00bb", "PA view" },
    { "b/\"odd\" name.png", NULL, STORE_SPLIT_TEST, 1, 1, NULL, "" },
    { "b/4.png", "p2", STORE_SPLIT_TRAIN, 9, 8, "00cc", NULL },
    { "b/5.png", "", STORE_SPLIT_NONE, 9, 8, "00dd", NULL },
};
static const char *const classes[] = { "effusion", "mass", "none" };
static const int8_t labels[] = { 1, 1, 0, 0, -1, 1, -1, -1, -1, 1, 0, 0, 0, 1, -1 };
static const struct store_box boxes[] = { { 0, 0, 1.5, 2, 30, 40, NULL }, { 3, 1, 0, 0, 1, 1, "R8" } };
static const struct store_mask masks[] = { { 0, 1, 32, 32, "runs", "ab\0cd", 5 } };
/* not in order, and of image 3 two ages */
static const struct store_attribute attributes[] = { { 3, "sex", "F" },  { 0, "view", "PA" }, { 0, "age", "9" },
                                                     { 3, "age", "10" }, { 3, "age", "11" },  { 1, "sex", "M" },
                                                     { 0, "sex", "F" } };
static const struct store_unreadable unreadable[] = { { "b/broken.png", "truncated" } };

static struct store_contents contents(const char *name)
{
    struct store_contents c = {
        .dataset = { .kind = "folder",
                     .source = "/x y",
                     .size = 32,
                     .channels = 1,
                     .pack = "n-00.pack",
                     .digest = "00ff",
                     .created_at = 1767225600,
                     .bytes = 4096,
                     .remarks = "one\ntwo" },
        .images = images,
        .images_count = 5,
        .classes = classes,
        .classes_count = 3,
        .labels = labels,
        .boxes = boxes,
        .boxes_count = 2,
        .masks = masks,
        .masks_count = 1,
        .attributes = attributes,
        .attributes_count = sizeof attributes / sizeof attributes[0],
        .unreadable = unreadable,
        .unreadable_count = 1,
    };
    snprintf(c.dataset.name, sizeof c.dataset.name, "%s", name);
    return c;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : (!a || !*a) && (!b || !*b);
}

static void a_data_set_comes_back_as_it_went_in(void **state)
{
    struct store *s = *state;
    struct store_contents in = contents("tiny"), out;
    int64_t id;
    OK(store_dataset_insert(s, &in, &id, &error));
    OK(store_dataset_load(s, id, STORE_PART_ALL, &out, &error));
    assert_string_equal(out.dataset.name, "tiny");
    assert_string_equal(out.dataset.source, "/x y");
    assert_string_equal(out.dataset.remarks, "one\ntwo");
    assert_true(out.dataset.count == 5 && out.dataset.classes == 3 && out.dataset.unreadable == 1 &&
                out.dataset.bytes == 4096);
    for (size_t i = 0; i < 5; i++) {
        const struct store_image *a = &images[i], *b = &out.images[i];
        assert_string_equal(a->path, b->path);
        assert_true(same_text(a->patient, b->patient) && same_text(a->digest, b->digest) &&
                    same_text(a->note, b->note));
        assert_true(a->split == b->split && a->width == b->width && a->height == b->height);
    }
    for (size_t i = 0; i < 3; i++) assert_string_equal(out.classes[i], classes[i]);
    assert_memory_equal(out.labels, labels, sizeof labels);
    assert_true(out.boxes[0].x0 == 1.5 && out.boxes[0].y1 == 40 && !out.boxes[0].reader);
    assert_string_equal(out.boxes[1].reader, "R8");
    assert_int_equal(out.masks[0].bytes, 5);
    assert_memory_equal(out.masks[0].data, "ab\0cd", 5);
    assert_string_equal(out.unreadable[0].reason, "truncated");
    store_contents_clear(&out);
    OK(store_dataset_load(s, id, 0, &out, &error));
    assert_true(!out.images && !out.labels && !out.boxes && out.images_count == 5 && out.classes_count == 3);
    store_contents_clear(&out);
}

static void a_data_set_is_counted_by_split_class_and_patient(void **state)
{
    struct store *s = *state;
    struct store_contents in = contents("tiny");
    struct store_counts c;
    int64_t id;
    OK(store_dataset_insert(s, &in, &id, &error));
    OK(store_dataset_counts(s, id, &c, &error));
    static const int64_t splits[] = { 1, 2, 1, 1 }, together[] = { 2, 1, 0, 1, 2, 0, 0, 0, 1 };
    assert_memory_equal(c.splits, splits, sizeof splits);
    assert_true(c.patients == 4 && c.shared_patients == 1 && c.labelled == 4 && c.classes == 3);
    assert_string_equal(c.names[2], "none");
    assert_true(c.positives[0][STORE_SPLIT_TRAIN] == 2 && c.negatives[0][STORE_SPLIT_VAL] == 1 &&
                c.negatives[0][STORE_SPLIT_NONE] == 1);
    assert_true(c.positives[1][STORE_SPLIT_NONE] == 1 && c.positives[2][STORE_SPLIT_VAL] == 1);
    assert_memory_equal(c.together, together, sizeof together);
    store_counts_clear(&c);
}

static void facts_of_persons_and_exposures_are_read_and_counted(void **state)
{
    struct store *s = *state;
    struct store_contents in = contents("tiny"), out;
    struct store_attribute_counts c;
    struct text lines = { 0 };
    int64_t id;
    OK(store_dataset_insert(s, &in, &id, &error));
    OK(store_dataset_load(s, id, STORE_PART_ATTRIBUTES, &out, &error));
    assert_int_equal(out.attributes_count, 6);
    assert_string_equal(store_contents_attribute(&out, 0, "view"), "PA");
    assert_string_equal(store_contents_attribute(&out, 0, "age"), "9");
    assert_string_equal(store_contents_attribute(&out, 1, "sex"), "M");
    assert_string_equal(store_contents_attribute(&out, 3, "age"), "10"); /* the first one counts */
    assert_null(store_contents_attribute(&out, 1, "age"));
    assert_null(store_contents_attribute(&out, 2, "sex"));
    store_contents_clear(&out);
    OK(store_dataset_load(s, id, STORE_PART_IMAGES, &out, &error));
    assert_null(store_contents_attribute(&out, 0, "view"));
    store_contents_clear(&out);
    static const struct {
        const char *name;
        int64_t class_idx;
        const char *lines;
    } rows[] = {
        { NULL, STORE_EVERY_CLASS, "age 9 0 1 0 0\nage 10 0 1 0 0\nsex F 0 2 0 0\nsex M 0 0 1 0\nview PA 0 1 0 0\n" },
        { "sex", STORE_EVERY_CLASS, "sex F 0 2 0 0\nsex M 0 0 1 0\n" },
        { "sex", 0, "sex F 0 2 0 0\n" }, /* the only positives are images 0 and 3 */
        { "sex", 2, "sex M 0 0 1 0\n" },
        { "scanner", STORE_EVERY_CLASS, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        OK(store_attribute_counts_read(s, id, rows[i].name, rows[i].class_idx, &c, &error));
        for (size_t k = 0; k < c.count; k++)
            text_printf(&lines, "%s %s %d %d %d %d\n", c.rows[k].name, c.rows[k].value, (int)c.rows[k].splits[0],
                        (int)c.rows[k].splits[1], (int)c.rows[k].splits[2], (int)c.rows[k].splits[3]);
        assert_string_equal(text_str(&lines), rows[i].lines);
        text_clear(&lines);
        store_attribute_counts_clear(&c);
    }
    OK(sqlite3_exec(s->db, "UPDATE image_attribute SET image_idx = 7 WHERE name = 'view'", NULL, NULL, NULL) ==
       SQLITE_OK);
    REFUSED(store_dataset_load(s, id, STORE_PART_ATTRIBUTES, &out, &error), ERR_FORMAT, "table image_attribute");
}

static void a_data_set_goes_in_whole_or_not_at_all(void **state)
{
    struct store *s = *state;
    struct store_contents in = contents("tiny");
    struct store_image bad[5];
    struct text before = { 0 }, after = { 0 };
    struct store_dataset row;
    OK(store_dataset_insert(s, &in, NULL, &error));
    dump_all(s->db, &before);
    REFUSED(store_dataset_insert(s, &in, NULL, &error), ERR_CONFLICT, "data set tiny: there is one of that name");
    memcpy(bad, images, sizeof bad);
    bad[4].path = NULL;
    in = contents("other");
    in.images = bad;
    REFUSED(store_dataset_insert(s, &in, NULL, &error), ERR_CONFLICT, "NOT NULL");
    dump_all(s->db, &after);
    assert_string_equal(text_str(&before), text_str(&after));
    REFUSED(store_dataset_find(s, "tinny", &row, &error), ERR_NOT_FOUND, "did you mean tiny");
    REFUSED(store_dataset_find(s, "completely-else", &row, &error), ERR_NOT_FOUND, "mlvicx data list");
    in = contents("a b");
    REFUSED(store_dataset_insert(s, &in, NULL, &error), ERR_USAGE, "letters, digits");
    text_clear(&before);
    text_clear(&after);
}

static void a_data_set_in_use_stays_and_a_removed_one_leaves_nothing(void **state)
{
    struct store *s = *state;
    struct text empty = { 0 }, after = { 0 };
    static const char *const tables[] = { "dataset", "image", "class",           "label",
                                          "box",     "mask",  "image_attribute", "unreadable" };
    struct store_contents in = contents("tiny");
    int64_t id, run;
    OK(store_dataset_insert(s, &in, &id, &error));
    struct store_run row = { .name = "r", .dataset_id = id, .dataset = "tiny" };
    OK(store_run_insert(s, &row, &run, &error));
    REFUSED(store_dataset_remove(s, id, &error), ERR_CONFLICT, "data set tiny: run r (queued) uses it");
    OK(store_run_claim(s, run, 1u << STORE_QUEUED, &error)); /* by no one who holds its lock */
    REFUSED(store_dataset_remove(s, id, &error), ERR_CONFLICT, "data set tiny: run r (lost) uses it");
    OK(store_run_set_state(s, run, STORE_FINISHED, &error));
    OK(store_dataset_remove(s, id, &error));
    OK(store_dataset_insert(s, &in, &id, &error));
    OK(store_run_set_state(s, run, STORE_PAUSED, &error)); /* resumed with the new one, by its name */
    REFUSED(store_dataset_remove(s, id, &error), ERR_CONFLICT, "data set tiny: run r (lost) uses it");
    OK(store_run_set_state(s, run, STORE_FINISHED, &error));
    OK(store_dataset_remove(s, id, &error));
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT * FROM %s", tables[i]);
        dump_query(s->db, sql, &after);
    }
    assert_string_equal(text_str(&empty), text_str(&after));
    OK(store_run_get(s, run, &row, &error));
    assert_true(row.dataset_id == 0 && !strcmp(row.dataset, "tiny"));
    store_run_clear(&row);
    text_clear(&after);
}

/* ---- checkpoints, events, commands ---- */

static void spare_checkpoints_are_neither_new_nor_best_nor_kept(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), best;
    struct store_batch b = { 0 };
    struct store_checkpoints list;
    struct store_checkpoint c;
    REFUSED(store_checkpoint_find(s, run, -1, &c, &error), ERR_NOT_FOUND, "no checkpoint yet");
    for (int64_t step = 10; step <= 100; step += 10) {
        struct store_checkpoint row = { .step = step, .bytes = step, .pinned = step == 30 };
        snprintf(row.path, sizeof row.path, "step-%03d.safetensors", (int)step);
        snprintf(row.reason, sizeof row.reason, step == 60 ? "epoch" : "time");
        OK(store_checkpoint_insert(s, run, &row, &error));
    }
    OK(store_checkpoint_best(s, run, &best, &error));
    assert_int_equal(best, -1);
    static const double area[] = { 0.7, 0.9, 0.8, 0.9 };
    for (int i = 0; i < 4; i++) store_batch_name(&b, s, "auc.ridge", 5 + 15 * i, area[i]); /* at 5, 20, 35, 50 */
    OK(store_points_append(s, run, &b, &error));
    OK(store_checkpoint_best(s, run, &best, &error));
    assert_int_equal(best, 20);
    OK(store_checkpoint_spare(s, run, 3, &list, &error));
    static const int64_t expected[] = { 10, 40, 50, 70 };
    assert_int_equal(list.count, 4);
    for (int i = 0; i < 4; i++) assert_int_equal(list.rows[i].step, expected[i]);
    store_checkpoints_clear(&list);
    OK(store_checkpoint_pin(s, run, 40, true, &error));
    OK(store_checkpoint_remove(s, run, 10, &error));
    OK(store_checkpoint_spare(s, run, 1, &list, &error));
    assert_int_equal(list.count, 4); /* 50 70 80 90 */
    store_checkpoints_clear(&list);
    OK(store_checkpoint_find(s, run, -1, &c, &error));
    assert_int_equal(c.step, 100);
    OK(store_checkpoint_find(s, run, 40, &c, &error));
    assert_true(c.pinned && c.bytes == 40 && !strcmp(c.path, "step-040.safetensors"));
    REFUSED(store_checkpoint_find(s, run, 41, &c, &error), ERR_NOT_FOUND, "no checkpoint at step 41; there are 20, 30");
    REFUSED(store_checkpoint_pin(s, run, 41, true, &error), ERR_NOT_FOUND, "step 41");
    struct store_checkpoint again = { .step = 40, .path = "step-new.safetensors", .reason = "command" };
    OK(store_checkpoint_insert(s, run, &again, &error));
    OK(store_checkpoint_find(s, run, 40, &c, &error));
    assert_true(c.pinned && !strcmp(c.path, "step-new.safetensors"));
    store_batch_clear(&b);
}

static void events_come_in_order_and_in_pages(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    struct store_events v;
    for (int64_t i = 0; i < 20; i++) {
        struct store_event row = {
            .step = i, .severity = (enum store_severity)(i % 3), .kind = "alarm", .text = "t", .derived = i % 2
        };
        OK(store_event_insert(s, run, &row, &error));
    }
    OK(store_event_list(s, run, 0, 5, &v, &error));
    assert_true(v.count == 5 && v.rows[0].step == 15 && v.rows[4].step == 19 && v.rows[4].derived &&
                v.rows[4].at > 1e9);
    assert_string_equal(store_severity_name(v.rows[2].severity), "bad");
    int64_t after = v.rows[3].id;
    store_events_clear(&v);
    OK(store_event_list(s, run, after, 0, &v, &error));
    assert_true(v.count == 1 && v.rows[0].step == 19);
    store_events_clear(&v);
}

/* What the alarm line shows: the worst that nothing took back. */
static void an_event_is_open_until_something_takes_it_back(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), step;
    enum store_severity severity;
    static const struct {
        const char *kind;
        enum store_severity severity;
        const char *open;
    } rows[] = {
        { "start", STORE_INFO, "" },
        { "verdict", STORE_BAD, "" },
        { "error", STORE_BAD, "error" },
        { "resume", STORE_INFO, "" },
        { "alarm.disk", STORE_WATCH, "alarm.disk" },
        { "probe", STORE_INFO, "alarm.disk" },
        { "resume", STORE_INFO, "alarm.disk" },
        { "alarm.loader", STORE_WATCH, "alarm.loader" },
        { "alarm", STORE_BAD, "alarm" },
        { "alarm.loader", STORE_INFO, "alarm" },
        { "resume", STORE_INFO, "alarm.disk" },
        { "alarm.disk", STORE_INFO, "" },
        { "alarm.disk", STORE_WATCH, "alarm.disk" },
        { "finish", STORE_INFO, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct store_events v;
        struct store_event row = { .step = (int64_t)i, .severity = rows[i].severity, .text = "t" };
        snprintf(row.kind, sizeof row.kind, "%s", rows[i].kind);
        OK(store_event_insert(s, run, &row, &error));
        OK(store_event_open(s, run, &v, &error));
        if (strcmp(v.count ? v.rows[0].kind : "", rows[i].open)) fail_msg("%zu: %s", i, rows[i].open);
        store_events_clear(&v);
    }
    OK(store_event_last(s, run, "alarm.disk", &step, &severity, &error));
    assert_true(step == 12 && severity == STORE_WATCH);
    OK(store_event_last(s, run, "alarm.gradient", &step, &severity, &error));
    assert_true(step == -1 && severity == STORE_INFO);
    assert_true(store_event_is_alarm("alarm") && store_event_is_alarm("alarm.disk") &&
                !store_event_is_alarm("alarmed"));
}

static void every_state_without_a_worker_says_what_resume_does(void **state)
{
    (void)state;
    for (int i = 0; i < STORE_STATE_COUNT; i++) {
        const struct store_unanswered *u = store_command_unanswered((enum store_state)i);
        bool answers = i == STORE_RUNNING || i == STORE_PAUSED;
        bool told = u && *u->why && u->options && (i == STORE_UNKNOWN ? !u->resumed : u->resumed && *u->resumed);
        if (answers != !u || (u && !told))
            fail_msg("%s: %s", store_state_name((enum store_state)i), u ? u->why : "no reason");
    }
}

static void commands_are_taken_in_order_and_answered(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), ids[4], count;
    struct store_command c;
    struct store_commands list;
    bool any;
    OK(store_command_take(s, run, 0, &c, &any, &error));
    assert_false(any);
    static const struct {
        const char *verb, *argument;
    } asked[] = { { "pause", NULL }, { "set", "optim.lr=1" }, { "set", "optim.lr=x" }, { "stop", NULL } };
    for (int i = 0; i < 4; i++) OK(store_command_insert(s, run, asked[i].verb, asked[i].argument, &ids[i], &error));
    for (int i = 0; i < 3; i++) {
        OK(store_command_take(s, run, 100 + i, &c, &any, &error));
        assert_true(any && c.id == ids[i] && c.step == 100 + i && c.taken_at > 0 && !c.result);
        OK(store_command_answer(s, c.id, i == 2 ? "failed: x is not a number" : "ok", &error));
        store_command_clear(&c);
    }
    OK(store_command_void(s, run, 1e12, &count, &error));
    assert_int_equal(count, 1);
    OK(store_command_get(s, ids[3], &c, &error));
    assert_true(c.done_at > 0 && !strncmp(c.result, "void: ", 6));
    store_command_clear(&c);
    OK(store_command_take(s, run, 200, &c, &any, &error));
    assert_false(any);
    OK(store_command_replay(s, run, 101, &list, &error));
    assert_int_equal(list.count, 1);
    assert_string_equal(list.rows[0].argument, "optim.lr=1");
    store_commands_clear(&list);
    OK(store_command_replay(s, run, 102, &list, &error));
    assert_int_equal(list.count, 0);
    OK(store_command_list(s, run, &list, &error));
    assert_int_equal(list.count, 4);
    store_commands_clear(&list);
    REFUSED(store_command_answer(s, 99, "ok", &error), ERR_NOT_FOUND, "command 99");
    REFUSED(store_command_get(s, 99, &c, &error), ERR_NOT_FOUND, "command 99");
}

/* ---- evaluations, settings ---- */

/* What is to be scored after training waits beside the requests between steps, for every worker, until it is answered.
 */
static void an_order_waits_until_it_is_answered(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), stop, count;
    struct store_command c;
    bool any, taken;
    OK(store_order_insert(s, run, "{\"task\":\"x\"}", &error));
    OK(store_order_insert(s, run, "{\"task\":\"x\"}", &error)); /* the same */
    OK(store_order_insert(s, run, "{\"task\":\"y\"}", &error));
    OK(store_command_insert(s, run, "stop", NULL, &stop, &error));
    OK(store_command_take(s, run, 5, &c, &any, &error));
    assert_true(any && c.id == stop);
    store_command_clear(&c);
    OK(store_command_take(s, run, 5, &c, &any, &error));
    assert_false(any);
    OK(store_order_taken(s, run, &taken, &error));
    assert_false(taken);
    OK(store_command_void(s, run, 1e12, &count, &error));
    assert_int_equal(count, 1);               /* the stop */
    for (int again = 0; again < 2; again++) { /* a worker that was killed over it leaves it to the next */
        OK(store_order_take(s, run, 9, 0, &c, &any, &error));
        assert_true(any && !strcmp(c.verb, "evaluate") && strstr(c.argument, "x") && c.step == 9);
        store_command_clear(&c);
        OK(store_order_taken(s, run, &taken, &error));
        assert_true(taken);
    }
    OK(store_order_take(s, run, 9, 0, &c, &any, &error));
    OK(store_command_answer(s, c.id, "ok", &error));
    int64_t first = c.id;
    store_command_clear(&c);
    OK(store_order_take(s, run, 9, first, &c, &any, &error));
    assert_true(any && strstr(c.argument, "y"));
    store_command_clear(&c);
    OK(store_order_insert(s, run, "{\"task\":\"x\"}", &error)); /* asked again after the answer */
    OK(store_order_take(s, run, 9, c.id, &c, &any, &error));
    store_command_clear(&c);
    OK(store_order_take(s, run, 9, 1e9, &c, &any, &error));
    assert_false(any);
}

static void an_evaluation_replaces_its_like(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), id;
    struct store_score scores[] = {
        { .name = "effusion", .auc = 0.9, .lo = 0.8, .hi = 0.95, .positives = 10, .negatives = 20 },
        { .class = 1, .name = "mass", .auc = NAN, .lo = NAN, .hi = NAN, .negatives = 30 }
    };
    struct store_prediction predictions[] = { { 5, 0, 0.25 }, { 5, 1, NAN }, { 2, 0, 1 } }, *back;
    struct store_evaluation v = { .run_id = run,
                                  .step = 9,
                                  .task = "nih",
                                  .protocol = "linear",
                                  .context = true,
                                  .fraction = 10,
                                  .seed = 2,
                                  .split = "test",
                                  .auc_macro = 0.9,
                                  .scores = scores,
                                  .scores_count = 2 };
    struct store_evaluations list;
    size_t n;
    OK(store_evaluation_insert(s, &v, predictions, 3, NULL, &error));
    v.auc_macro = 0.91;
    OK(store_evaluation_insert(s, &v, predictions, 3, &id, &error));
    v.context = false;
    OK(store_evaluation_insert(s, &v, NULL, 0, NULL, &error));
    v.run_id = 0;
    strcpy(v.init, "random");
    v.detail = "{\"c\": 1}";
    for (int i = 0; i < 2; i++) OK(store_evaluation_insert(s, &v, NULL, 0, NULL, &error));
    OK(store_evaluation_list(s, run, &list, &error));
    assert_int_equal(list.count, 2);
    assert_true(list.rows[0].auc_macro == 0.91 && list.rows[0].context && list.rows[0].scores_count == 2);
    assert_string_equal(list.rows[0].scores[1].name, "mass");
    assert_true(isnan(list.rows[0].scores[1].auc) && list.rows[0].scores[0].hi == 0.95);
    assert_null(list.rows[0].detail);
    store_evaluations_clear(&list);
    OK(store_evaluation_list(s, 0, &list, &error));
    assert_true(list.count == 1 && !strcmp(list.rows[0].init, "random") && !strcmp(list.rows[0].detail, "{\"c\": 1}"));
    store_evaluations_clear(&list);
    OK(store_evaluation_list(s, -1, &list, &error));
    assert_int_equal(list.count, 3);
    store_evaluations_clear(&list);
    OK(store_prediction_read(s, id, &back, &n, &error));
    assert_true(n == 3 && back[0].image == 2 && back[1].score == 0.25 && isnan(back[2].score));
    free(back);
}

static void settings_and_tunings_are_kept(void **state)
{
    struct store *s = *state;
    char *value;
    double figure;
    OK(store_setting_get(s, "runs.sort", &value, &error));
    assert_null(value);
    OK(store_setting_set(s, "runs.sort", "auc", &error));
    OK(store_setting_set(s, "runs.sort", "loss", &error));
    OK(store_setting_get(s, "runs.sort", &value, &error));
    assert_string_equal(value, "loss");
    free(value);
    OK(store_setting_set(s, "runs.sort", NULL, &error));
    OK(store_setting_get(s, "runs.sort", &value, &error));
    assert_null(value);
    OK(store_autotune_set(s, "cpu", "conv 3x3", "winograd", 512.5, &error));
    OK(store_autotune_get(s, "cpu", "conv 3x3", &value, &figure, &error));
    assert_true(!strcmp(value, "winograd") && figure == 512.5);
    free(value);
    OK(store_autotune_get(s, "cpu", "conv 1x1", &value, &figure, &error));
    assert_true(!value && isnan(figure));
}

/* ---- stamps ---- */

struct stamps {
    struct store *s;
    int64_t run;
    struct store_stamp was;
};

/* Which of both numbers differ since the call before: 1 past, 2 rows. */
static int differs(struct stamps *t)
{
    struct store_stamp is;
    OK(store_run_stamp(t->s, t->run, &is, &error));
    int out = (is.past != t->was.past) + 2 * (is.rows != t->was.rows);
    t->was = is;
    return out;
}

static void score_at(struct store *s, int64_t run, int64_t seed, double auc)
{
    struct store_evaluation v = { .run_id = run, .task = "t", .protocol = "knn", .split = "val", .seed = seed };
    v.auc_macro = auc;
    OK(store_evaluation_insert(s, &v, NULL, 0, NULL, &error));
}

static void put_event(struct store *s, int64_t run, const char *kind, bool derived)
{
    struct store_event v = { .step = 20, .text = "x", .derived = derived };
    snprintf(v.kind, sizeof v.kind, "%s", kind);
    OK(store_event_insert(s, run, &v, &error));
}

static void a_stamp_tells_what_growth_does_not(void **state)
{
    enum { NOTHING, PAST, ROWS, BOTH };
    struct store *s = *state;
    struct stamps t = { .s = s, .run = make_run(s, "one") };
    struct store_batch b = { 0 };
    struct store_checkpoint c = {
        .step = 20, .path = "step-c.safetensors", .sha256 = "ab", .reason = "time", .created_at = 5
    };
    float numbers[2] = { 1, 2 };
    int64_t other = make_run(s, "two");
    differs(&t);
    assert_int_equal(differs(&t), NOTHING);
    store_batch_name(&b, s, "loss", 20, 1);
    OK(store_points_append(s, t.run, &b, &error));
    store_batch_clear(&b);
    OK(store_snapshot_put(s, &(struct store_snapshot_key){ t.run, 20, "z", "deviation" }, 1, 2, numbers, &error));
    OK(store_run_beat(s, t.run, &error));
    score_at(s, other, 1, .5);
    assert_int_equal(differs(&t), NOTHING);
    OK(store_run_claim(s, t.run, ~0u, &error));
    assert_int_equal(differs(&t), BOTH);
    put_event(s, t.run, "probe", true);
    assert_int_equal(differs(&t), ROWS);
    put_event(s, t.run, "start", false);
    assert_int_equal(differs(&t), BOTH);
    OK(store_checkpoint_insert(s, t.run, &c, &error));
    assert_int_equal(differs(&t), ROWS);
    OK(store_checkpoint_pin(s, t.run, 20, true, &error));
    assert_int_equal(differs(&t), ROWS);
    c.created_at = 6; /* the same bytes, written again */
    OK(store_checkpoint_insert(s, t.run, &c, &error));
    assert_int_equal(differs(&t), ROWS);
    OK(store_run_rename(s, t.run, "three", &error));
    assert_int_equal(differs(&t), ROWS);
    OK(store_run_set_note(s, t.run, "n", &error));
    assert_int_equal(differs(&t), ROWS);
    OK(store_run_tag(s, t.run, "x", true, &error));
    assert_int_equal(differs(&t), ROWS);
    score_at(s, t.run, 1, .5);
    assert_int_equal(differs(&t), ROWS);
    usleep(50);
    score_at(s, t.run, 1, .6); /* replaced: the number of the row is given again */
    assert_int_equal(differs(&t), ROWS);
    OK(store_run_set_state(s, t.run, STORE_FINISHED, &error));
    assert_int_equal(differs(&t), BOTH);
    OK(store_run_rewind(s, t.run, 10, &error));
    assert_int_equal(differs(&t), BOTH);
    OK(store_run_remove(s, t.run, &error));
    assert_int_equal(differs(&t), BOTH);
    assert_true(t.was.past == 0 && t.was.rows == 0);
}

static void encoders_of_no_run_and_data_sets_have_stamps_too(void **state)
{
    struct store *s = *state;
    struct stamps t = { .s = s };
    struct store_contents in = contents("tiny");
    uint64_t was, is;
    int64_t id;
    differs(&t);
    score_at(s, make_run(s, "one"), 1, .5);
    assert_int_equal(differs(&t), 0);
    OK(store_runs_stamp(s, &was, &error));
    score_at(s, 0, 1, .5);
    assert_int_equal(differs(&t), 2);
    OK(store_runs_stamp(s, &is, &error));
    assert_true(is != was);
    was = is;
    OK(store_run_tag(s, 1, "x", true, &error));
    OK(store_runs_stamp(s, &is, &error));
    assert_true(is != was);
    OK(store_dataset_stamp(s, &was, &error));
    OK(store_dataset_insert(s, &in, &id, &error));
    OK(store_dataset_stamp(s, &is, &error));
    assert_true(is != was);
    OK(store_dataset_remove(s, id, &error));
    OK(store_dataset_stamp(s, &is, &error));
    assert_true(is == was);
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_data_set_comes_back_as_it_went_in),
        STORE_TEST(a_data_set_is_counted_by_split_class_and_patient),
        STORE_TEST(facts_of_persons_and_exposures_are_read_and_counted),
        STORE_TEST(a_data_set_goes_in_whole_or_not_at_all),
        STORE_TEST(a_data_set_in_use_stays_and_a_removed_one_leaves_nothing),
        STORE_TEST(spare_checkpoints_are_neither_new_nor_best_nor_kept),
        STORE_TEST(events_come_in_order_and_in_pages),
        STORE_TEST(an_event_is_open_until_something_takes_it_back),
        STORE_TEST(every_state_without_a_worker_says_what_resume_does),
        STORE_TEST(commands_are_taken_in_order_and_answered),
        STORE_TEST(an_order_waits_until_it_is_answered),
        STORE_TEST(an_evaluation_replaces_its_like),
        STORE_TEST(settings_and_tunings_are_kept),
        STORE_TEST(a_stamp_tells_what_growth_does_not),
        STORE_TEST(encoders_of_no_run_and_data_sets_have_stamps_too),
    };
    return cmocka_run_group_tests_name("store_rows", tests, NULL, NULL);
}
