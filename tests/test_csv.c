/* Tables: what RFC 4180 allows is read, what usually goes wrong is refused by name. */
#include "tests/import_help.h"

#include <zlib.h>

#include "engine/data/import/csv.h"

/* All rows as "a|b|c;d|e|f;", through the columns of the header. */
static void flatten(struct csv *t, char *out, size_t size, struct err *e)
{
    *out = '\0';
    while (csv_next(t, e)) {
        for (size_t i = 0; i < csv_columns(t); i++) {
            size_t n = strlen(out);
            snprintf(out + n, size - n, "%s%s", i ? "|" : "", csv_field(t, (int)i));
        }
        strncat(out, ";", size - strlen(out) - 1);
    }
}

static void tables_of_every_dialect_read_alike(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text, *rows;
    } rows[] = {
        { "plain", "a,b\n1,2\n3,4\n", "1|2;3|4;" },
        { "no newline at the end", "a,b\n1,2", "1|2;" },
        { "carriage returns", "a,b\r\n1,2\r\n3,4\r\n", "1|2;3|4;" },
        { "carriage return at the end", "a,b\r\n1,2\r", "1|2;" },
        { "mark of byte order",
          "\xEF\xBB\xBF"
          "a,b\n1,2\n",
          "1|2;" },
        { "quotes", "a,b\n\"1,5\",\"say \"\"hi\"\"\"\n", "1,5|say \"hi\";" },
        { "line break in quotes", "a,b\n\"x\ny\",2\n3,4\n", "x\ny|2;3|4;" },
        { "empty fields", "a,b\n,\n,2\n1,\n\"\",\"\"\n", "|;|2;1|;|;" },
        { "blank lines", "a,b\n\n1,2\n\r\n3,4\n\n", "1|2;3|4;" },
        { "blanks around", "a, b\n 1 ,\t2\n", "1|2;" },
        { "short row", "a,b,c\n1\n1,2\n", "1||;1|2|;" },
        { "long row", "a,b\n1,2,3\n", "1|2;" },
        { "quote inside a word", "a,b\n5\" tube,2\n", "5\" tube|2;" },
        { "one column", "a\n1\n2\n", "1;2;" },
        { "quoted header", "\"a\",\"b,c\"\n1,2\n", "1|2;" },
        { "header only", "a,b\n", "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int zipped = 0; zipped < 2; zipped++) {
            struct csv *t;
            struct err e = { 0 };
            char all[256];
            unlink(at("t.csv"));
            unlink(at("t.csv.gz"));
            if (zipped) {
                gzFile z = gzopen(at("t.csv.gz"), "wb");
                assert_int_equal(gzputs(z, rows[i].text), strlen(rows[i].text));
                gzclose(z);
            } else {
                write_text("t.csv", rows[i].text);
            }
            if (!csv_open(at("t.csv"), &t, &e)) fail_msg("%s: %s", rows[i].what, e.msg);
            flatten(t, all, sizeof all, &e);
            if (e.code != ERR_OK || strcmp(all, rows[i].rows))
                fail_msg("%s: got %s (%s)", rows[i].what, all, e.code ? e.msg : "");
            csv_close(t);
        }
}

static void bad_tables_get_one_clear_line(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text, *part;
        size_t n;
    } rows[] = {
        { "semicolons", "path;label\na.png;1\n", "separated by ';', expected ','", 0 },
        { "tabs", "path\tlabel\na.png\t1\n", "separated by tabs", 0 },
        { "empty", "", "the table is empty", 0 },
        { "no such column", "file,label\na.png,1\n", "no column 'path'; found: 'file', 'label'", 0 },
        { "open quote", "path\n\"a\nb\nc", "line 2: the quote that opens here is not closed", 0 },
        { "UTF-16", "p\0a\0t\0h\0\n\0", "zero byte", 10 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct csv *t;
        struct err e = { 0 };
        int column;
        write_bytes("t.csv", rows[i].text, rows[i].n ? rows[i].n : strlen(rows[i].text));
        bool ok = csv_open(at("t.csv"), &t, &e) && csv_need(t, "path", &column, &e);
        while (ok && csv_next(t, &e)) continue;
        if (ok && e.code == ERR_OK) fail_msg("%s: read", rows[i].what);
        if (!strstr(e.msg, rows[i].part) || !strstr(e.msg, "t.csv")) fail_msg("%s: %s", rows[i].what, e.msg);
        csv_close(t);
    }
}

static void the_plain_table_wins_over_its_gz(void **state)
{
    (void)state;
    struct csv *t;
    struct err e;
    gzFile z = gzopen(at("t.csv.gz"), "wb");
    gzputs(z, "zipped\n");
    gzclose(z);
    assert_true(csv_open(at("t.csv"), &t, &e));
    assert_string_equal(csv_column_name(t, 0), "zipped");
    csv_close(t);
    write_text("t.csv", "plain\n");
    assert_true(csv_open(at("t.csv"), &t, &e));
    assert_string_equal(csv_column_name(t, 0), "plain");
    csv_close(t);
    assert_false(csv_open(at("u.csv"), &t, &e));
    assert_non_null(strstr(e.msg, "no such file"));
    assert_false(csv_open(scratch, &t, &e));
    assert_non_null(strstr(e.msg, "is a directory"));
}

static void a_cut_gz_is_told(void **state)
{
    (void)state;
    gzFile z = gzopen(at("t.csv.gz"), "wb");
    gzputs(z, "path\n");
    for (int i = 0; i < 5000; i++) gzprintf(z, "image-%d.png\n", i * 7919 % 10007);
    gzclose(z);
    assert_int_equal(truncate(at("t.csv.gz"), 3000), 0);
    struct csv *t;
    struct err e = { 0 };
    if (csv_open(at("t.csv.gz"), &t, &e))
        while (csv_next(t, &e)) continue;
    assert_int_equal(e.code, ERR_FORMAT);
    assert_non_null(strstr(e.msg, "end early"));
    csv_close(t);
}

static void rows_know_their_line(void **state)
{
    (void)state;
    struct csv *t;
    struct err e;
    write_text("t.csv", "a,b\n\"x\ny\",1\n\nz,2\n");
    assert_true(csv_open(at("t.csv"), &t, &e));
    assert_true(csv_next(t, &e));
    assert_int_equal(csv_line(t), 2);
    assert_true(csv_next(t, &e));
    assert_int_equal(csv_line(t), 5);
    assert_string_equal(csv_field(t, csv_find(t, "B")), "2");
    assert_string_equal(csv_field(t, -1), "");
    csv_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tables_of_every_dialect_read_alike, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(bad_tables_get_one_clear_line, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(the_plain_table_wins_over_its_gz, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_cut_gz_is_told, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(rows_know_their_line, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
