/* The same by groups of test images: who it works for, as a table for a paper. */
#include "app/commands/eval_sheet.h"

#include <math.h>
#include <stdio.h>

static const struct sheet_column columns[] = {
    EVAL_SHEET_CONFIGURATION,
    { "draws", NULL, SHEET_COUNT, 0 },
    { "by", NULL, SHEET_TEXT, 0 },
    { "group", "group", SHEET_TEXT, 0 },
    { "images", "images", SHEET_COUNT, 0 },
    { "class", "class", SHEET_TEXT, 0 },
    { "positives", "positives", SHEET_COUNT, 0 },
    { "negatives", "negatives", SHEET_COUNT, 0 },
    EVAL_SHEET_AREA,
    { 0 },
};

/* Draws of one configuration; `group` -1: all test images. */
struct block {
    const struct eval_figures_list *list;
    const struct eval_groups *groups;
    const struct eval_result *results; /* [draws] */
    const struct eval_result *parts;   /* [draws, groups] */
    int draws, group;
};

static const struct eval_result *result_of(const struct block *b, int draw)
{
    return b->group < 0 ? &b->results[draw] : &b->parts[draw * b->groups->count + b->group];
}

/* `class` as many as there are: the mean of the findings. The interval is that of the one draw; several have none. */
static void add_area(struct sheet *s, const struct block *b, int class)
{
    bool macro = class == b->list->task->classes;
    const struct eval_result *first = result_of(b, 0);
    const struct interval *i = macro ? &first->interval : eval_interval(&first->details[class]);
    struct spread m = { 0 };
    for (int k = 0; k < b->draws; k++) {
        const struct eval_result *r = result_of(b, k);
        spread_add(&m, macro ? r->macro : r->classes[class].auc);
    }
    eval_sheet_area(s, &m, b->draws > 1 ? (struct interval){ NAN, NAN } : *i);
}

static void add_row(struct sheet *s, const struct block *b, int class)
{
    const struct eval_task *t = b->list->task;
    const struct eval_result *r = result_of(b, 0);
    bool macro = class == t->classes;
    eval_sheet_configuration(s, b->list, b->results);
    sheet_count(s, b->draws);
    sheet_text(s, b->groups->by);
    sheet_text(s, b->group < 0 ? "all" : b->groups->names[b->group]);
    sheet_count(s, b->group < 0 ? t->test.n : r->images);
    sheet_text(s, macro ? "mean of findings" : t->data.classes[class]);
    sheet_count(s, macro ? -1 : r->classes[class].positives);
    sheet_count(s, macro ? -1 : r->classes[class].negatives);
    add_area(s, b, class);
}

static void write_caption(const struct eval_figures_list *v, const struct eval_groups *groups, struct text *out)
{
    text_printf(out, "%s", v->encoder->name);
    if (v->own) text_printf(out, ", step %lld", (long long)v->encoder->step);
    text_printf(out, ", on %s, by %s: %d test %s; means over draws of the labels, intervals where there is one",
                v->task->data.dataset.name, groups->by, v->task->test.n,
                text_number(v->task->test.n, "image", "images"));
}

static void add_rows(struct sheet *s, const struct eval_figures_list *v, const struct eval_groups *groups,
                     const struct eval_result *parts)
{
    for (int i = 0, draws; i < v->count; i += draws) {
        draws = i < v->applied ? 1 : v->draws;
        struct block b = { v, groups, &v->results[i], &parts[i * groups->count], draws, -1 };
        if (draws > 1 && !b.results[1].test) b.draws = 1; /* all labels: one draw, copied */
        for (; b.group < groups->count; b.group++)
            for (int c = 0; c <= v->task->classes; c++) add_row(s, &b, c);
    }
}

bool eval_sheet_groups_print(const struct eval_figures_list *v, const struct eval_facts *facts,
                             enum sheet_format format, struct err *e)
{
    bool ok = true, one = format == SHEET_CSV; /* a file of numbers has one line of names */
    for (int k = 0; ok && k < facts->count; k++) {
        struct sheet s;
        struct text caption = { 0 };
        write_caption(v, &facts->groups[k], &caption);
        sheet_begin(&s, format, columns, text_str(&caption));
        add_rows(&s, v, &facts->groups[k], facts->parts[k]);
        while (one && k + 1 < facts->count) k++, add_rows(&s, v, &facts->groups[k], facts->parts[k]);
        ok = sheet_end(&s, e);
        if (ok) printf("%s%s", k && !one ? "\n" : "", text_str(&s.out));
        sheet_clear(&s);
        text_clear(&caption);
    }
    return ok;
}
