/* What formats differ in is one table: how a text is escaped, and what stands around rows and cells. */
#include "app/cli/sheet.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const sheet_format_names[SHEET_FORMATS] = { "markdown", "latex", "csv", "html" };

/* ---- texts ---- */

struct escape {
    char letter;
    const char *as;
};

/* What a letter means there besides itself. */
static const struct escape in_markdown[] = {
    { '\\', "\\\\" }, { '|', "\\|" },  { '*', "\\*" },  { '_', "\\_" },   { '`', "\\`" },
    { '[', "\\[" },   { ']', "\\]" },  { '~', "\\~" },  { '$', "\\$" },   { '#', "\\#" },
    { '!', "\\!" },   { '<', "&lt;" }, { '>', "&gt;" }, { '&', "&amp;" }, { 0, NULL },
};
static const struct escape in_latex[] = {
    { '\\', "\\textbackslash{}" },
    { '~', "\\textasciitilde{}" },
    { '^', "\\textasciicircum{}" },
    { '<', "\\textless{}" },
    { '>', "\\textgreater{}" },
    { '|', "\\textbar{}" },
    { '"', "{\\char34}" },
    { '\'', "{'}" },
    { '`', "{`}" },
    { '&', "\\&" },
    { '%', "\\%" },
    { '$', "\\$" },
    { '#', "\\#" },
    { '_', "\\_" },
    { '{', "\\{" },
    { '}', "\\}" },
    { '[', "{[}" }, /* behind the end of a row it would begin an option */
    { ']', "{]}" },
    { '-', "{-}" }, /* two of them would join */
    { 0, NULL },
};
static const struct escape in_html[] = {
    { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#39;" }, { 0, NULL },
};

static void add_escaped(struct text *out, const struct escape *table, const char *s)
{
    char *clean = text_copy(s);
    if (!clean) {
        out->broken = true;
        return;
    }
    text_clean(clean);
    for (const char *p = clean; *p; p++) {
        const struct escape *e = table;
        while (e->letter && e->letter != *p) e++;
        if (e->letter)
            text_add(out, e->as);
        else
            text_append(out, p, 1);
    }
    free(clean);
}

static void markdown_text(struct text *out, const char *s)
{
    add_escaped(out, in_markdown, s);
}
static void latex_text(struct text *out, const char *s)
{
    add_escaped(out, in_latex, s);
}
static void html_text(struct text *out, const char *s)
{
    add_escaped(out, in_html, s);
}

/* ---- formats ---- */

static void markdown_begin(struct sheet *s, const char *caption)
{
    markdown_text(&s->out, caption);
    text_add(&s->out, "\n\n");
}
static void markdown_under_heads(struct sheet *s)
{
    for (int i = 0; i < s->count; i++)
        if (s->columns[i].title) text_add(&s->out, s->columns[i].kind == SHEET_TEXT ? "| :-- " : "| --: ");
    text_add(&s->out, "|\n");
}

static void latex_begin(struct sheet *s, const char *caption)
{
    text_add(&s->out, "\\begin{table}\n\\centering\n\\caption{");
    latex_text(&s->out, caption);
    text_add(&s->out, "}\n\\begin{tabular}{");
    for (int i = 0; i < s->count; i++)
        if (s->columns[i].title) text_add(&s->out, s->columns[i].kind == SHEET_TEXT ? "l" : "r");
    text_add(&s->out, "}\n\\hline\n");
}
static void latex_under_heads(struct sheet *s)
{
    text_add(&s->out, "\\hline\n");
}

static void html_begin(struct sheet *s, const char *caption)
{
    text_add(&s->out, "<table>\n<caption>");
    html_text(&s->out, caption);
    text_add(&s->out, "</caption>\n<thead>\n");
}
static void html_under_heads(struct sheet *s)
{
    text_add(&s->out, "</thead>\n<tbody>\n");
}

static const struct form {
    void (*text)(struct text *out, const char *s);
    void (*begin)(struct sheet *s, const char *caption);
    void (*under_heads)(struct sheet *s);
    const char *before_row, *before_head, *before_cell, *between, *after_head, *after_cell, *after_row, *end;
    const char *minus, *none; /* a sign of numbers; a number that is not there */
} forms[SHEET_FORMATS] = {
    [SHEET_MARKDOWN] = { markdown_text, markdown_begin, markdown_under_heads, "| ", "", "", " | ", "", "", " |\n", "",
                         "-", "-" },
    [SHEET_LATEX] = { latex_text, latex_begin, latex_under_heads, "", "", "", " & ", "", "", " \\\\\n",
                      "\\hline\n\\end{tabular}\n\\end{table}\n", "$-$", "--" },
    [SHEET_CSV] = { text_cell, NULL, NULL, "", "", "", ",", "", "", "\n", "", "-", "" },
    [SHEET_HTML] = { html_text, html_begin, html_under_heads, "<tr>", "<th>", "<td>", "", "</th>", "</td>", "</tr>\n",
                     "</tbody>\n</table>\n", "&minus;", "&ndash;" },
};

/* ---- cells ---- */

static bool has_interval(const struct sheet_column *c)
{
    return c->kind == SHEET_INTERVAL || c->kind == SHEET_CHANGE;
}

/* False where the column is not shown. */
static bool cell_begin(struct sheet *s, const char *before)
{
    const struct form *f = &forms[s->format];
    if (!s->columns[s->at].title && s->format != SHEET_CSV) return false;
    text_add(&s->out, s->any ? f->between : f->before_row);
    text_add(&s->out, before);
    s->any = true;
    return true;
}

static void cell_next(struct sheet *s)
{
    if (++s->at < s->count) return;
    text_add(&s->out, forms[s->format].after_row);
    s->at = 0;
    s->any = false;
}

/* `digits` decimals, with the format's minus; of a number that is there. */
static void add_number(struct sheet *s, double x, int digits, bool with_sign)
{
    char text[64];
    snprintf(text, sizeof text, "%.*f", digits, fabs(x));
    bool zero = strspn(text, "0.") == strlen(text);
    if (!zero && x < 0)
        text_add(&s->out, forms[s->format].minus);
    else if (!zero && with_sign)
        text_add(&s->out, "+");
    text_add(&s->out, text);
}

static void add_rounded(struct sheet *s, const struct sheet_column *c, double value, double lo, double hi)
{
    bool with_sign = c->kind == SHEET_SIGNED || c->kind == SHEET_CHANGE;
    if (isnan(value)) {
        text_add(&s->out, forms[s->format].none);
    } else if (c->kind == SHEET_P && value < .0001) {
        forms[s->format].text(&s->out, "<0.0001");
    } else {
        add_number(s, value, c->kind == SHEET_P ? 4 : c->digits, with_sign);
        if (!has_interval(c) || isnan(lo) || isnan(hi)) return;
        text_add(&s->out, " (");
        add_number(s, lo, c->digits, with_sign);
        text_add(&s->out, " to ");
        add_number(s, hi, c->digits, with_sign);
        text_add(&s->out, ")");
    }
}

static void add_whole(struct text *out, double x)
{
    if (!isnan(x)) text_printf(out, "%.17g", x);
}

void sheet_text(struct sheet *s, const char *text)
{
    const struct form *f = &forms[s->format];
    assert(s->columns[s->at].kind == SHEET_TEXT);
    if (cell_begin(s, f->before_cell)) {
        f->text(&s->out, text);
        text_add(&s->out, f->after_cell);
    }
    cell_next(s);
}

void sheet_count(struct sheet *s, int64_t value)
{
    const struct form *f = &forms[s->format];
    assert(s->columns[s->at].kind == SHEET_COUNT);
    if (cell_begin(s, f->before_cell)) {
        if (value >= 0)
            text_printf(&s->out, "%lld", (long long)value);
        else
            text_add(&s->out, f->none);
        text_add(&s->out, f->after_cell);
    }
    cell_next(s);
}

void sheet_number(struct sheet *s, double value, double lo, double hi)
{
    const struct form *f = &forms[s->format];
    const struct sheet_column *c = &s->columns[s->at];
    assert(c->kind != SHEET_TEXT && c->kind != SHEET_COUNT);
    if (!cell_begin(s, f->before_cell)) {
        cell_next(s);
        return;
    }
    if (s->format != SHEET_CSV) {
        add_rounded(s, c, value, lo, hi);
        text_add(&s->out, f->after_cell);
    } else {
        add_whole(&s->out, value);
        for (int k = 0; k < 2 && has_interval(c); k++) {
            text_add(&s->out, ",");
            add_whole(&s->out, k ? hi : lo);
        }
    }
    cell_next(s);
}

/* ---- the table ---- */

static void add_head(struct sheet *s, const struct sheet_column *c)
{
    const struct form *f = &forms[s->format];
    if (cell_begin(s, f->before_head)) {
        f->text(&s->out, s->format == SHEET_CSV ? c->name : c->title);
        if (s->format == SHEET_CSV && has_interval(c)) text_printf(&s->out, ",%s_lo,%s_hi", c->name, c->name);
        text_add(&s->out, f->after_head);
    }
    cell_next(s);
}

void sheet_begin(struct sheet *s, enum sheet_format format, const struct sheet_column *columns, const char *caption)
{
    *s = (struct sheet){ .format = format, .columns = columns };
    while (columns[s->count].name) s->count++;
    const struct form *f = &forms[format];
    if (f->begin) f->begin(s, caption);
    for (int i = 0; i < s->count; i++) add_head(s, &columns[i]);
    if (f->under_heads) f->under_heads(s);
}

bool sheet_end(struct sheet *s, struct err *e)
{
    assert(s->at == 0);
    text_add(&s->out, forms[s->format].end);
    return !s->out.broken || err_set(e, ERR_MEMORY, "table: no memory");
}

void sheet_clear(struct sheet *s)
{
    text_clear(&s->out);
}

/* ---- the option ---- */

bool sheet_format_parse(const char *word, enum sheet_format *format)
{
    for (int i = 0; i < SHEET_FORMATS; i++) {
        if (strcmp(word, sheet_format_names[i])) continue;
        *format = (enum sheet_format)i;
        return true;
    }
    return false;
}

bool sheet_asked(const struct app *app, const struct arguments *a, enum sheet_format *format, bool *given,
                 struct err *e)
{
    const char *word = arguments_text(a, "format", NULL);
    *given = word != NULL;
    if (!word) return true;
    if (app->json) return err_set(e, ERR_USAGE, "--format: not with --json; take one of them");
    return sheet_format_parse(word, format) ||
           err_set(e, ERR_USAGE, "--format: '%s' is none of markdown, latex, csv, html", word);
}
