/* Tables: what RFC 4180 allows is read, what usually goes wrong is refused by name. */
#include "tests/import_help.h"

#include <zlib.h>

#include "engine/base/text.h"
#include "engine/data/tables/csv.h"

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
        { "empty fields", "a,b\n,\n,2\n1,\n\"\",\"\"\n", "|2;1|;" },
        { "blank lines", "a,b\n\n1,2\n\r\n3,4\n\n", "1|2;3|4;" },
        { "blanks around", "a, b\n 1 ,\t2\n", "1|2;" },
        { "nothing beyond the header", "a,b\n1,2,,\n", "1|2;" },
        { "columns without a name", "a,b,,\n1,2\n3,4,,\n", "1|2||;3|4||;" },
        { "semicolons", "a;b\n1,5;2\n3;4\n", "1,5|2;3|4;" },
        { "tabs", "a\tb\n1,5\t\n\t4\n", "1,5|;|4;" },
        { "bars", "a|b\n1|2;3\n", "1|2;3;" },
        { "one column of lists", "a\n1;2\n3;4\n", "1;2;3;4;" },
        { "another sign in the header", "a;b, c;d, e\n1;2;3\n", "1|2|3;" },
        { "another sign in quotes", "\"a;b;c\",d\n1,2\n", "1|2;" },
        { "as Excel says it", "sep=;\r\na;b,c,d\r\n1;2\r\n", "1|2;" },
        { "rows of nothing at the end", "a;b;c\r\n1;2;3\r\n;;\r\n;;;;\r\n", "1|2|3;" },
        { "carriage returns alone", "a,b\r1,2\r3,4\r", "1|2;3|4;" },
        { "Latin-1", "a,b\nM\xE4rz,\x80\n", "M\xC3\xA4rz|\xE2\x82\xAC;" },
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
        { "decimal comma", "path,x,y\na.png,1,2\nb.png,1,5,2\n", "line 3: has 4 fields, its header 3", 0 },
        { "short row", "path,x,y\na.png,1\n", "line 2: has 2 fields, its header 3", 0 },
        { "two columns of a name", "path,x,path\na.png,1,2\n", "columns 1 and 3 are both named 'path'", 0 },
        { "two encodings", "path\n\xC3\xA4\n\xE4\n", "line 2: is UTF-8 and line 3 is not", 0 },
        { "workbook", "PK\3\4xxxx", "save it as CSV", 0 },
        { "UTF-32", "\xFF\xFE\0\0p\0\0\0", "UTF-32", 8 },
        { "half a letter", "\xFF\xFEp\0a\0t\0h\0\n\0x", "line 2: no UTF-16", 13 },
        { "zero byte", "path\na\0b\n", "line 2: a zero byte", 9 },
        { "empty", "", "the table is empty", 0 },
        { "no such column", "file,label\na.png,1\n", "no column 'path'; found: 'file', 'label'", 0 },
        { "open quote", "path\n\"a\nb\nc", "line 2: the quote that opens here is not closed", 0 },
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

/* A text of UTF-8 as UTF-16, with or without its mark. */
static size_t as_utf16(const char *text, bool big, bool mark, unsigned char *out)
{
    size_t n = 0, bytes = strlen(text);
    uint32_t units[2], c = 0xFEFF;
    for (size_t i = 0, step = 0;; i += step) {
        if (step || !mark) {
            if (i >= bytes) return n;
            step = text_letter(text + i, bytes - i, &c);
        }
        bool pair = c >= 0x10000;
        units[0] = pair ? 0xD800 + ((c - 0x10000) >> 10) : c;
        units[1] = 0xDC00 + (c & 0x3FF);
        for (int k = 0; k <= pair; k++) {
            out[n + big] = (unsigned char)units[k];
            out[n + !big] = (unsigned char)(units[k] >> 8);
            n += 2;
        }
        mark = false;
    }
}

static void utf16_reads_as_utf8(void **state)
{
    (void)state;
    static const char text[] = "path\tM\xC3\xA4rz\na\t\xF0\x9F\xAB\x81\nb\t\xE2\x82\xAC\n";
    unsigned char bytes[256];
    for (int way = 0; way < 4; way++) {
        struct csv *t;
        struct err e = { 0 };
        char all[256];
        write_bytes("t.csv", bytes, as_utf16(text, way & 1, way & 2, bytes));
        if (!csv_open(at("t.csv"), &t, &e)) fail_msg("%s", e.msg);
        assert_string_equal(csv_encoding(t), "UTF-16");
        assert_string_equal(csv_column_name(t, 1), "M\xC3\xA4rz");
        flatten(t, all, sizeof all, &e);
        assert_string_equal(all, "a|\xF0\x9F\xAB\x81;b|\xE2\x82\xAC;");
        csv_close(t);
    }
}

/* Letters of several bytes stand across every border between two pieces that are read. */
static void long_texts_are_read_in_pieces(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        FILE *f = fopen(at("t.csv"), "wb");
        for (int i = 0; i < 60000; i++) {
            char line[64];
            unsigned char wide[160];
            snprintf(line, sizeof line, i ? "%d,%s\n" : "n,x\n", i,
                     kind == 1 ? "\xE4\xF6" : "\xC3\xA4\xF0\x9F\xAB\x81");
            size_t n = kind == 2 ? as_utf16(line, false, !i, wide) : strlen(line);
            fwrite(kind == 2 ? (const char *)wide : line, 1, n, f);
        }
        fclose(f);
        struct csv *t;
        struct err e = { 0 };
        if (!csv_open(at("t.csv"), &t, &e)) fail_msg("%s", e.msg);
        int rows = 0;
        while (csv_next(t, &e)) {
            double v;
            assert_true(csv_number(t, 0, &v) && v == ++rows);
            assert_string_equal(csv_field(t, 1), kind == 1 ? "\xC3\xA4\xC3\xB6" : "\xC3\xA4\xF0\x9F\xAB\x81");
        }
        assert_int_equal(e.code, ERR_OK);
        assert_int_equal(rows, 59999);
        csv_close(t);
    }
}

static void numbers_have_a_point_or_a_comma(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool number;
        double value;
    } rows[] = {
        { "1.5", true, 1.5 },    { "1,5", true, 1.5 },  { "-0,25", true, -0.25 },
        { "3", true, 3 },        { "1e3", true, 1000 }, { "1,2,3", false, 0 },
        { "1.000,5", false, 0 }, { "x", false, 0 },     { ",", false, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct csv *t;
        struct err e = { 0 };
        char text[64];
        double v;
        snprintf(text, sizeof text, "a;b\n%s;2\n", rows[i].text);
        write_text("t.csv", text);
        assert_true(csv_open(at("t.csv"), &t, &e) && csv_next(t, &e));
        if (csv_number(t, 0, &v) != rows[i].number || (rows[i].number && v != rows[i].value))
            fail_msg("%s: %g", rows[i].text, v);
        csv_close(t);
    }
}

static void a_separator_may_be_named(void **state)
{
    (void)state;
    struct csv *t;
    struct err e = { 0 };
    write_text("t.csv", "a#b,c\n1#2,3\n");
    assert_true(csv_open_as(at("t.csv"), '#', &t, &e) && csv_next(t, &e));
    assert_string_equal(csv_field(t, 1), "2,3");
    csv_close(t);
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
        cmocka_unit_test_setup_teardown(utf16_reads_as_utf8, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(long_texts_are_read_in_pieces, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(numbers_have_a_point_or_a_comma, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_separator_may_be_named, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(the_plain_table_wins_over_its_gz, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_cut_gz_is_told, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(rows_know_their_line, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
