/* Tables for papers: four formats of one description, and names that would break each of them. */
#include "tests/check.h"

#include <math.h>

#include "app/cli/sheet.h"

static const struct sheet_column columns[] = {
    { "class", "class", SHEET_TEXT, 0 },        { "run", NULL, SHEET_TEXT, 0 },       { "n", "n", SHEET_COUNT, 0 },
    { "auc", "AUC (95 %)", SHEET_INTERVAL, 3 }, { "d", "a - b", SHEET_CHANGE, 2 },    { "p", "p", SHEET_P, 0 },
    { "bias", "bias", SHEET_SIGNED, 1 },        { "ece", "ECE_15", SHEET_NUMBER, 2 }, { 0 },
};

struct row {
    const char *class, *run;
    int64_t n;
    double auc[3], d[3], p, bias, ece;
};

/* The table of some rows; owned by the caller. */
static char *table(enum sheet_format format, const struct row *rows, int count)
{
    struct sheet s;
    struct err e;
    sheet_begin(&s, format, columns, "run_1: 50 % & more");
    for (int i = 0; i < count; i++) {
        const struct row *r = &rows[i];
        sheet_text(&s, r->class);
        sheet_text(&s, r->run);
        sheet_count(&s, r->n);
        sheet_number(&s, r->auc[0], r->auc[1], r->auc[2]);
        sheet_number(&s, r->d[0], r->d[1], r->d[2]);
        sheet_number(&s, r->p, NAN, NAN);
        sheet_number(&s, r->bias, NAN, NAN);
        sheet_number(&s, r->ece, NAN, NAN);
    }
    assert_true(sheet_end(&s, &e));
    char *out = text_copy(text_str(&s.out));
    sheet_clear(&s);
    return out;
}

static const struct row plain[] = {
    { "Mass", "first", 81, { .71651, .66, .7749 }, { -.125, -.2501, .0001 }, 3e-7, -.04, .25 },
    { "Edema", "first", -1, { NAN, NAN, NAN }, { .5, NAN, NAN }, .04995, 12.35, NAN },
};

static void the_four_formats_are_these(void **state)
{
    (void)state;
    static const char *const want[SHEET_FORMATS] = {
        [SHEET_MARKDOWN] = "run\\_1: 50 % &amp; more\n\n"
                           "| class | n | AUC (95 %) | a - b | p | bias | ECE\\_15 |\n"
                           "| :-- | --: | --: | --: | --: | --: | --: |\n"
                           "| Mass | 81 | 0.717 (0.660 to 0.775) | -0.12 (-0.25 to 0.00) | &lt;0.0001 | 0.0 | 0.25 |\n"
                           "| Edema | - | - | +0.50 | 0.0500 | +12.3 | - |\n",
        [SHEET_LATEX] =
            "\\begin{table}\n\\centering\n\\caption{run\\_1: 50 \\% \\& more}\n\\begin{tabular}{lrrrrrr}\n\\hline\n"
            "class & n & AUC (95 \\%) & a {-} b & p & bias & ECE\\_15 \\\\\n\\hline\n"
            "Mass & 81 & 0.717 (0.660 to 0.775) & $-$0.12 ($-$0.25 to 0.00) & \\textless{}0.0001 & 0.0 & 0.25 \\\\\n"
            "Edema & -- & -- & +0.50 & 0.0500 & +12.3 & -- \\\\\n"
            "\\hline\n\\end{tabular}\n\\end{table}\n",
        [SHEET_CSV] = "class,run,n,auc,auc_lo,auc_hi,d,d_lo,d_hi,p,bias,ece\n"
                      "Mass,first,81,0.71650999999999998,0.66000000000000003,0.77490000000000003,-0.125,"
                      "-0.25009999999999999,0.0001,2.9999999999999999e-07,-0.040000000000000001,0.25\n"
                      "Edema,first,,,,,0.5,,,0.049950000000000001,12.35,\n",
        [SHEET_HTML] =
            "<table>\n<caption>run_1: 50 % &amp; more</caption>\n<thead>\n<tr><th>class</th><th>n</th><th>AUC (95 "
            "%)</th>"
            "<th>a - b</th><th>p</th><th>bias</th><th>ECE_15</th></tr>\n</thead>\n<tbody>\n"
            "<tr><td>Mass</td><td>81</td><td>0.717 (0.660 to 0.775)</td><td>&minus;0.12 (&minus;0.25 to 0.00)</td>"
            "<td>&lt;0.0001</td><td>0.0</td><td>0.25</td></tr>\n"
            "<tr><td>Edema</td><td>&ndash;</td><td>&ndash;</td><td>+0.50</td><td>0.0500</td><td>+12.3</td>"
            "<td>&ndash;</td></tr>\n</tbody>\n</table>\n",
    };
    for (int f = 0; f < SHEET_FORMATS; f++) {
        char *got = table((enum sheet_format)f, plain, 2);
        assert_string_equal(got, want[f]);
        free(got);
    }
}

/* What names of classes may be, and each as a cell of each format. */
static const struct {
    const char *name, *as[SHEET_FORMATS];
} hostile[] = {
    { "a|b\\|c", { "a\\|b\\\\\\|c", "a\\textbar{}b\\textbackslash{}\\textbar{}c", "a|b\\|c", "a|b\\|c" } },
    { "50%_$x^2~#{y}",
      { "50%\\_\\$x^2\\~\\#{y}", "50\\%\\_\\$x\\textasciicircum{}2\\textasciitilde{}\\#\\{y\\}", "50%_$x^2~#{y}",
        "50%_$x^2~#{y}" } },
    { "<b onclick='x'>&amp;\"q\"",
      { "&lt;b onclick='x'&gt;&amp;amp;\"q\"",
        "\\textless{}b onclick={'}x{'}\\textgreater{}\\&amp;{\\char34}q{\\char34}", "\"<b onclick='x'>&amp;\"\"q\"\"\"",
        "&lt;b onclick=&#39;x&#39;&gt;&amp;amp;&quot;q&quot;" } },
    { "=1+1", { "=1+1", "=1+1", "'=1+1", "=1+1" } },
    { "a & b", { "a &amp; b", "a \\& b", "a & b", "a &amp; b" } },
    { "[x](y) *z* `k`",
      { "\\[x\\](y) \\*z\\* \\`k\\`", "{[}x{]}(y) *z* {`}k{`}", "[x](y) *z* `k`", "[x](y) *z* `k`" } },
    { "a,b;\"c\"", { "a,b;\"c\"", "a,b;{\\char34}c{\\char34}", "\"a,b;\"\"c\"\"\"", "a,b;&quot;c&quot;" } },
    { "--a", { "--a", "{-}{-}a", "'--a", "--a" } },
    { "two\nlines\033[2J", { "two?lines?\\[2J", "two?lines?{[}2J", "two?lines?[2J", "two?lines?[2J" } },
    { "\303\226dem \xff", { "\303\226dem ?", "\303\226dem ?", "\303\226dem ?", "\303\226dem ?" } },
    { "\\end{tabular}",
      { "\\\\end{tabular}", "\\textbackslash{}end\\{tabular\\}", "\\end{tabular}", "\\end{tabular}" } },
};

static void names_stay_in_their_cells(void **state)
{
    static const char *const around[SHEET_FORMATS][2] = {
        [SHEET_MARKDOWN] = { "| --: |\n| ", " | 1 | 0.500 |" },
        [SHEET_LATEX] = { "\\hline\n", " & 1 & 0.500 &" },
        [SHEET_CSV] = { "ece\n", ",x,1,0.5," },
        [SHEET_HTML] = { "<tbody>\n<tr><td>", "</td><td>1</td><td>0.500</td>" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++)
        for (int f = 0; f < SHEET_FORMATS; f++) {
            struct text want = { 0 };
            const struct row r = { hostile[i].name, "x", 1, { .5, NAN, NAN }, { 0, NAN, NAN }, 1, 0, 0 };
            char *got = table((enum sheet_format)f, &r, 1);
            text_printf(&want, "%s%s%s", around[f][0], hostile[i].as[f], around[f][1]);
            if (!strstr(got, text_str(&want))) fail_msg("%s as %s:\n%s", hostile[i].name, sheet_format_names[f], got);
            free(got);
            text_clear(&want);
        }
}

static void an_empty_table_has_heads(void **state)
{
    (void)state;
    char *got = table(SHEET_CSV, NULL, 0);
    assert_string_equal(got, "class,run,n,auc,auc_lo,auc_hi,d,d_lo,d_hi,p,bias,ece\n");
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_four_formats_are_these),
        cmocka_unit_test(names_stay_in_their_cells),
        cmocka_unit_test(an_empty_table_has_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
