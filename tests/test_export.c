/* Exports read back: event files by a reader that knows only the format's description, tables against the store. */
#include "tests/store_help.h"

#include <math.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "app/commands/export/export_steps.h"
#include "engine/base/files.h"
#include "engine/base/mapping.h"
#include "engine/base/text.h"
#include "engine/train/engine.h"
#include "engine/train/methods/reported.h"
#include "store/metric.h"
#include "store/snapshot.h"

enum { STEPS = 5000, DIMS = 33, EVERY = 1000 }; /* more steps than are held at once */

/* ---- a run with known numbers ---- */

static double loss_at(int64_t step)
{
    return step == 7 ? (double)NAN : 50.0 / (double)step + 1e-3 * (double)(step % 13);
}

static float deviation_at(int64_t step, int i)
{
    return (float)i / DIMS + (float)step / (4 * STEPS);
}

static int64_t known_run(struct store *s, const char *name)
{
    struct store_batch b = { 0 };
    float deviation[DIMS];
    int64_t id = make_run(s, name);
    OK(store_run_claim(s, id, 1u << STORE_QUEUED, &error));
    for (int64_t step = 1; step <= STEPS; step++) {
        store_batch_name(&b, s, "loss", step, loss_at(step));
        store_batch_name(&b, s, "time.wall", step, (double)step * 0.25);
        if (step % EVERY) continue;
        store_batch_name(&b, s, "z.rankme", step, (double)step / 100);
        for (int i = 0; i < DIMS; i++) deviation[i] = deviation_at(step, i);
        OK(store_snapshot_put(s, &(struct store_snapshot_key){ id, step, "z", "deviation" }, 1, DIMS, deviation,
                              &error));
    }
    OK(store_points_append(s, id, &b, &error));
    store_batch_clear(&b);
    OK(store_run_set_state(s, id, STORE_FINISHED, &error));
    return id;
}

/* Run the program on the store of `s`; its exit status. */
static int program(struct store *s, const char *arguments)
{
    char line[2 * STORE_PATH];
    const char *mlvicx = getenv("MLVICX") ? getenv("MLVICX") : "build/mlvicx";
    snprintf(line, sizeof line, "'%s' -q --store '%s' %s", mlvicx, store_dir(s), arguments);
    int status = system(line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
}

/* ---- a reader of event files ---- */

/* crc32c bit by bit, masked. */
static uint32_t masked_crc(const uint8_t *bytes, size_t n)
{
    uint32_t c = ~0u;
    for (size_t i = 0; i < n; i++) {
        c ^= bytes[i];
        for (int k = 0; k < 8; k++) c = c & 1 ? (c >> 1) ^ 0x82f63b78u : c >> 1;
    }
    c = ~c;
    return ((c >> 15) | (c << 17)) + 0xa282ead8u;
}

static uint64_t little(const uint8_t *p, int n)
{
    uint64_t x = 0;
    for (int i = 0; i < n; i++) x |= (uint64_t)p[i] << (8 * i);
    return x;
}

static double real_of(const uint8_t *p)
{
    uint64_t bits = little(p, 8);
    double x;
    memcpy(&x, &bits, 8);
    return x;
}

/* One field of a message: number or bytes. */
struct field {
    int number;
    uint64_t value;      /* varint or fixed */
    const uint8_t *data; /* of bytes        */
    size_t length;
};

struct cursor {
    const uint8_t *at, *end;
};

static uint64_t varint(struct cursor *c)
{
    uint64_t x = 0;
    for (int shift = 0;; shift += 7) {
        assert_true(c->at < c->end && shift < 64);
        x |= (uint64_t)(*c->at & 0x7f) << shift;
        if (*c->at++ < 0x80) return x;
    }
}

static bool next_field(struct cursor *c, struct field *f)
{
    if (c->at == c->end) return false;
    uint64_t key = varint(c);
    *f = (struct field){ .number = (int)(key >> 3) };
    size_t n = 0;
    switch (key & 7) {
    case 0:
        f->value = varint(c);
        return true;
    case 1:
        n = 8;
        break;
    case 5:
        n = 4;
        break;
    case 2:
        f->length = varint(c);
        break;
    default:
        fail_msg("wire type %d", (int)(key & 7));
    }
    f->data = c->at;
    assert_true((size_t)(c->end - c->at) >= (n ? n : f->length));
    if (n) f->value = little(c->at, (int)n);
    c->at += n ? n : f->length;
    return true;
}

/* What a file said about the run. */
struct seen {
    int64_t loss, rankme, histograms, nan;
    double first_wall;
    char tags[4096]; /* each with a blank before and behind */
};

static void check_histogram(struct cursor c, int64_t step)
{
    double number[6] = { 0 }, total = 0, least = INFINITY, most = -INFINITY, sum = 0;
    const uint8_t *limit = NULL;
    size_t limits = 0;
    for (struct field f; next_field(&c, &f);) {
        if (f.number < 6) number[f.number] = real_of(f.data);
        if (f.number == 6) limit = f.data, limits = f.length / 8;
        if (f.number == 7) {
            assert_int_equal(f.length / 8, limits);
            for (size_t i = 0; i < limits; i++) total += real_of(f.data + 8 * i);
        }
    }
    for (int i = 0; i < DIMS; i++) {
        double x = (double)deviation_at(step, i);
        least = fmin(least, x), most = fmax(most, x), sum += x;
    }
    assert_true(number[1] == least && number[2] == most && number[3] == DIMS && total == DIMS);
    assert_true(fabs(number[4] - sum) < 1e-9);
    for (size_t i = 1; i < limits; i++) assert_true(real_of(limit + 8 * i) > real_of(limit + 8 * (i - 1)));
    assert_true(real_of(limit + 8 * (limits - 1)) >= most);
}

static bool has_tag(const struct seen *seen, const char *tag)
{
    char word[80];
    snprintf(word, sizeof word, " %s ", tag);
    return strstr(seen->tags, word) != NULL;
}

static void note_tag(struct seen *seen, const char *tag)
{
    size_t n = strlen(seen->tags);
    if (!has_tag(seen, tag)) snprintf(seen->tags + n, sizeof seen->tags - n, "%s%s ", n ? "" : " ", tag);
}

static void take_value(struct cursor c, int64_t step, struct seen *seen)
{
    char tag[64] = "";
    for (struct field f; next_field(&c, &f);) {
        float x = 0;
        uint32_t bits = (uint32_t)f.value;
        memcpy(&x, &bits, 4);
        if (f.number == 1) snprintf(tag, sizeof tag, "%.*s", (int)f.length, (const char *)f.data);
        if (f.number == 2) note_tag(seen, tag);
        if (f.number == 2 && !strcmp(tag, "loss")) {
            seen->loss++;
            seen->nan += isnan(x);
            assert_true(isnan(x) ? step == 7 : x == (float)loss_at(step));
        }
        if (f.number == 2 && !strcmp(tag, "z/rankme")) {
            seen->rankme++;
            assert_true(x == (float)step / 100);
        }
        if (f.number == 5) {
            assert_string_equal(tag, "z/deviation");
            seen->histograms++;
            check_histogram((struct cursor){ f.data, f.data + f.length }, step);
        }
    }
}

static void take_event(struct cursor c, bool head, double started, struct seen *seen)
{
    double wall = 0;
    int64_t step = 0;
    for (struct field f; next_field(&c, &f);) {
        if (f.number == 1) wall = real_of(f.data);
        if (f.number == 2) step = (int64_t)f.value;
        if (f.number == 3) {
            assert_true(head && f.length == 13);
            assert_memory_equal(f.data, "brain.Event:2", 13);
        }
        if (f.number != 5) continue;
        assert_true(fabs(wall - started - 0.25 * (double)step) < 1e-4);
        struct cursor summary = { f.data, f.data + f.length };
        for (struct field v; next_field(&summary, &v);)
            if (v.number == 1) take_value((struct cursor){ v.data, v.data + v.length }, step, seen);
    }
}

static void read_events(const char *path, double started, struct seen *seen)
{
    struct mapping m;
    OK(mapping_open(&m, path, &error));
    *seen = (struct seen){ 0 };
    for (size_t at = 0; at < m.size;) {
        const uint8_t *p = m.data + at;
        assert_true(m.size - at >= 16);
        size_t n = little(p, 8);
        assert_int_equal(little(p + 8, 4), masked_crc(p, 8));
        assert_true(m.size - at >= n + 16);
        assert_int_equal(little(p + 12 + n, 4), masked_crc(p + 12, n));
        take_event((struct cursor){ p + 12, p + 12 + n }, at == 0, started, seen);
        at += n + 16;
    }
    mapping_close(&m);
}

/* ---- tests ---- */

static void the_checksum_is_the_published_one(void **state)
{
    (void)state;
    uint32_t c = 0xe3069283u; /* of "123456789", RFC 3720's polynomial */
    assert_int_equal(masked_crc((const uint8_t *)"123456789", 9), ((c >> 15) | (c << 17)) + 0xa282ead8u);
}

static void event_files_hold_scalars_and_histograms(void **state)
{
    struct store *s = *state;
    char arguments[STORE_PATH], path[STORE_PATH], digest[2][DIGEST_HEX_SIZE];
    struct store_run run;
    struct seen seen;
    int64_t id = known_run(s, "known");
    OK(store_run_get(s, id, &run, &error));
    snprintf(arguments, sizeof arguments, "export known metrics --format tensorboard -o '%s/board'", store_dir(s));
    snprintf(path, sizeof path, "%s/board/known/events.out.tfevents.%lld.mlvicx", store_dir(s),
             (long long)run.started_at);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(program(s, arguments), 0);
        OK(digest_file(path, digest[round], &error));
    }
    assert_string_equal(digest[0], digest[1]);
    read_events(path, run.started_at, &seen);
    assert_int_equal(seen.loss, STEPS);
    assert_int_equal(seen.nan, 1);
    assert_int_equal(seen.rankme, STEPS / EVERY);
    assert_int_equal(seen.histograms, STEPS / EVERY);
    store_run_clear(&run);
}

/* The tags of a run are what its method reports: all of it, and nothing of another method. */
static void tags_are_those_of_the_method(void **state)
{
    struct store *s = *state;
    struct seen seen[METHOD_COUNT];
    struct reported list[METHOD_COUNT][REPORTED_MOST];
    int count[METHOD_COUNT];
    char path[STORE_PATH], arguments[STORE_PATH];
    for (int m = 0; m < METHOD_COUNT; m++) {
        const struct method_info *info = engine_method((enum method_kind)m);
        struct store_batch b = { 0 };
        struct store_run run;
        int64_t id = make_run(s, info->name);
        OK(store_run_claim(s, id, 1u << STORE_QUEUED, &error));
        count[m] = reported_list(info, info->levels, list[m]);
        for (int i = 0; i < count[m]; i++) store_batch_name(&b, s, list[m][i].name, 1, i);
        store_batch_name(&b, s, "time.wall", 1, 0.25);
        OK(store_points_append(s, id, &b, &error));
        store_batch_clear(&b);
        snprintf(arguments, sizeof arguments, "export %s metrics --format tensorboard -o '%s/board'", info->name,
                 store_dir(s));
        assert_int_equal(program(s, arguments), 0);
        OK(store_run_get(s, id, &run, &error));
        snprintf(path, sizeof path, "%s/board/%s/events.out.tfevents.%lld.mlvicx", store_dir(s), info->name,
                 (long long)run.started_at);
        read_events(path, run.started_at, &seen[m]);
        store_run_clear(&run);
    }
    for (int m = 0; m < METHOD_COUNT; m++)
        for (int of = 0; of < METHOD_COUNT; of++)
            for (int i = 0; i < count[of]; i++) {
                char tag[64];
                bool own = false;
                for (int k = 0; k < count[m]; k++) own |= !strcmp(list[m][k].name, list[of][i].name);
                snprintf(tag, sizeof tag, "%.63s", list[of][i].name);
                *strchr(tag, '.') = '/';
                if (has_tag(&seen[m], tag) != own)
                    fail_msg("%s %s the tag %s", engine_method((enum method_kind)m)->name, own ? "lacks" : "has", tag);
            }
}

static void all_runs_go_into_folders_of_their_own(void **state)
{
    struct store *s = *state;
    char arguments[STORE_PATH], dir[STORE_PATH];
    known_run(s, "one");
    known_run(s, "two");
    make_run(s, "waits");
    snprintf(arguments, sizeof arguments, "export metrics --all --format tensorboard -o '%s/board'", store_dir(s));
    assert_int_equal(program(s, arguments), 0);
    for (int i = 0; i < 3; i++) {
        snprintf(dir, sizeof dir, "%s/board/%s", store_dir(s), (const char *[]){ "one", "two", "waits" }[i]);
        assert_int_equal(file_is_directory(dir), i < 2);
    }
}

/* Lines of a table that the program wrote. */
static char *table(struct store *s, const char *arguments)
{
    char line[2 * STORE_PATH], path[STORE_PATH];
    snprintf(path, sizeof path, "%s/table", store_dir(s));
    snprintf(line, sizeof line, "%s -o '%s'", arguments, path);
    assert_int_equal(program(s, line), 0);
    char *text = file_read_text(path, 1 << 24, &error);
    OK(text != NULL);
    return text;
}

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; (text = strchr(text, '\n')); text++) n++;
    return n;
}

static void tables_hold_what_the_store_holds(void **state)
{
    static const struct {
        const char *arguments, *begins, *has;
        size_t lines;
    } rows[] = {
        { "export one metrics", "step,loss,time.wall,z.rankme\n1,50.001,0.25,\n", "\n7,nan,1.75,\n", STEPS + 1 },
        { "export one metrics --format jsonl",
          "{\"run_id\":1,\"run\":\"one\",\"step\":1,\"loss\":50.001,\"time.wall\":0.25}\n",
          "\"step\":7,\"loss\":null,\"time.wall\":1.75}\n", STEPS },
        { "export one metrics --long",
          "run_id,run,metric,unit,step,value\n1,one,loss,,1,50.001\n1,one,time.wall,s,1,0.25\n",
          "\n1,one,z.rankme,dimensions,1000,10\n", 2 * STEPS + STEPS / EVERY + 1 },
        { "export one metrics --long --format jsonl",
          "{\"run_id\":1,\"run\":\"one\",\"metric\":\"loss\",\"unit\":\"\",\"step\":1,\"value\":50.001}\n",
          "\"metric\":\"loss\",\"unit\":\"\",\"step\":7,\"value\":null}\n", 2 * STEPS + STEPS / EVERY },
        { "export metrics --all", "run_id,run,step,loss,time.wall,z.rankme\n1,one,1,50.001,0.25,\n",
          "\n2,two,1,50.001,", 2 * STEPS + 1 },
        { "export one metrics --header", "# mlvicx ", "\n# time.wall [s]: ", 0 },
        { "export metrics --all --header --format jsonl",
          "{\"mlvicx\":", "\"conventions\":[\"loss.LEVEL.TERM is unweighted", 0 },
    };
    struct store *s = *state;
    known_run(s, "one");
    known_run(s, "two");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text = table(s, rows[i].arguments);
        if (strncmp(text, rows[i].begins, strlen(rows[i].begins)) || !strstr(text, rows[i].has))
            fail_msg("%s: %.200s", rows[i].arguments, text);
        if (rows[i].lines) assert_int_equal(count_lines(text), rows[i].lines);
        free(text);
    }
}

static int count_look(void *ctx)
{
    ++*(int *)ctx;
    return 0;
}

/* Of two metrics, one has every third step of the other; the steps lie far apart, or one behind the other. */
static int walk(struct store *s, int64_t apart)
{
    enum { POINTS = 3000 };
    char name[32];
    struct store_batch b = { 0 };
    struct store_metrics metrics;
    struct export_steps x;
    int looks = 0, n = 0;
    snprintf(name, sizeof name, "apart%lld", (long long)apart);
    int64_t id = make_run(s, name);
    for (int64_t i = 1; i <= POINTS; i++) {
        store_batch_name(&b, s, "loss", i * apart, (double)i);
        if (i % 3 == 0) store_batch_name(&b, s, "time.wall", i * apart, (double)-i);
    }
    OK(store_points_append(s, id, &b, &error));
    store_batch_clear(&b);
    OK(store_metric_list(s, id, &metrics, &error));
    assert_int_equal(metrics.count, 2);
    sqlite3_progress_handler(s->db, 10, count_look, &looks);
    OK(export_steps_begin(&x, s, id, &metrics, &error) && export_steps_next(&x, &error));
    for (; x.step >= 0; n++) {
        assert_true(x.step == (n + 1) * apart && x.has[0] && x.value[0] == n + 1);
        assert_true(x.has[1] == ((n + 1) % 3 == 0) && (!x.has[1] || x.value[1] == -(n + 1)));
        OK(export_steps_next(&x, &error));
    }
    sqlite3_progress_handler(s->db, 0, NULL, NULL);
    assert_int_equal(n, POINTS);
    export_steps_clear(&x);
    store_metrics_clear(&metrics);
    return looks;
}

static void steps_far_apart_are_read_like_others(void **state)
{
    int near = walk(*state, 1), far = walk(*state, 1000000007);
    if (far > near + near / 4) fail_msg("%d looks instead of %d", far, near);
}

/* Names that no command gives: the store is another user's. */
static void craft(const struct store *s, const char *run, const char *metric)
{
    char path[STORE_PATH], *sql = sqlite3_mprintf("UPDATE run SET name = %Q; UPDATE metric SET name = %Q, unit = %Q, "
                                                  "help = %Q WHERE name = 'loss'",
                                                  run, metric, metric, metric);
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/mlvicx.db", store_dir(s));
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_free(sql);
    sqlite3_close(db);
}

static void check_harmless(const char *arguments, const char *text)
{
    uint32_t letter = 0;
    for (const char *p = text; *p;) {
        size_t n = text_letter(p, strlen(p), &letter);
        if (!n || (letter != '\n' && text_steers(letter))) fail_msg("%s: %.200s", arguments, p);
        p += n;
    }
}

static void crafted_names_steer_nothing(void **state)
{
    static const struct {
        const char *arguments, *has;
    } rows[] = {
        { "export 1 metrics", "step,\"'=A1+\"\"1\"\",??[2J\",time.wall" },
        { "export 1 metrics --long", "\n1,one,\"'=A1+\"\"1\"\",??[2J\"," },
        { "export 1 metrics --header", "# run 1 one: method" },
        { "export 1 metrics --format jsonl", "\"run\":\"one\",\"step\":1,\"=A1+\\\"1\\\",\\u009b[2J\":50.001" },
        { "export 1 metrics --long --format jsonl", "\"unit\":\"=A1+\\\"1\\\",\\u009b[2J\"," },
        { "export metrics --all --header --format jsonl", "\"name\":\"one\"" },
        { "export 1 metrics --format json", "\"run\":\"one\"" },
        { "export 1 figure --screen variance --format csv", "\none," },
    };
    struct store *s = *state;
    known_run(s, "one");
    for (int controls = 0; controls < 2; controls++) {
        craft(s, "one", controls ? "y\033[2J\n" : "=A1+\"1\",\xc2\x9b[2J");
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            char line[2 * STORE_PATH], path[STORE_PATH];
            snprintf(path, sizeof path, "%s/crafted", store_dir(s));
            snprintf(line, sizeof line, "%s -o '%s' 2>&1", rows[i].arguments, path);
            int status = program(s, line);
            char *text = status == 0 ? file_read_text(path, 1 << 24, &error) : NULL;
            if (!text && !controls) fail_msg("%s: status %d", rows[i].arguments, status);
            if (text) check_harmless(rows[i].arguments, text);
            if (text && !controls && !strstr(text, rows[i].has)) fail_msg("%s: %.300s", rows[i].arguments, text);
            free(text);
            unlink(path);
        }
    }
}

/* Such a row is not read at all. */
static void no_name_leads_out_of_a_folder(void **state)
{
    static const char *const names[] = { "../../out", "..", ".", "a/b", "/tmp/mlvicx-out", "", "x\033]0;y\a" };
    static const char *const commands[] = { "metrics --all --format tensorboard", "metrics --all", "1 metrics" };
    struct store *s = *state;
    char arguments[2 * STORE_PATH], path[STORE_PATH];
    known_run(s, "one");
    for (size_t i = 0; i < sizeof names / sizeof names[0] * 3; i++) {
        craft(s, names[i / 3], "loss");
        snprintf(path, sizeof path, "%.2000s/a/b/%zu", store_dir(s), i);
        snprintf(arguments, sizeof arguments, "export %s -o '%s' 2>/dev/null", commands[i % 3], path);
        assert_int_equal(program(s, arguments), 1);
        if (file_exists(path)) fail_msg("%s", path);
    }
    snprintf(path, sizeof path, "%.2000s/a/out", store_dir(s));
    assert_false(file_is_directory(path));
    assert_false(file_is_directory("/tmp/mlvicx-out"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checksum_is_the_published_one),
        cmocka_unit_test_setup_teardown(event_files_hold_scalars_and_histograms, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(tags_are_those_of_the_method, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(all_runs_go_into_folders_of_their_own, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(tables_hold_what_the_store_holds, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(steps_far_apart_are_read_like_others, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(crafted_names_steer_nothing, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(no_name_leads_out_of_a_folder, store_setup, store_teardown),
    };
    return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}
