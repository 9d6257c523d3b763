#include "views/screens/new_run/form_draw.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"
#include "views/screens/new_run/form_data.h"

enum { PANEL_MOST = 60, COLUMN_W = 66 }; /* columns of the text beside the form, of each column of rows */

static const char *value_of(const struct form *f, const struct form_row *row, char out[SETTINGS_TEXT])
{
    switch (row->kind) {
    case FORM_PRESET:
        snprintf(out, SETTINGS_TEXT, "%s", *f->saved ? f->saved : f->preset);
        return out;
    case FORM_NAME:
        return *f->name ? f->name : "(its data set and number)";
    case FORM_PARENT:
        if (!f->parent) return "(none: from scratch)";
        snprintf(out, SETTINGS_TEXT, "%lld %s", (long long)f->parent, f->parent_name);
        return out;
    case FORM_SETTING:
        settings_get(&f->now, row->setting, out);
        return *out ? out : "(none yet)";
    default:
        return "";
    }
}

static void draw_row(const struct new_run *n, int i, const struct area *a, int y)
{
    const struct form_row *row = &n->form.rows[i];
    char value[SETTINGS_TEXT];
    unsigned paper = i == n->chosen ? STYLE_PAPER(INK_CHOSEN) : 0;
    if (row->kind == FORM_HEADING) {
        area_text(a, y, 1, INK_STRONG, row->title);
        return;
    }
    bool changed = row->setting && strcmp(row->title, "data.name") && form_changed(&n->form, row->setting);
    const char *key = row->title;
    int w = a->w >= 60 ? 32 : a->w / 2;
    area_fill(a, y, 0, 1, a->w, ' ', paper);
    if (changed) area_put(a, y, 1, '*', INK_ACCENT | paper);
    area_field(a, y, 3, w - 4, -1, (i == n->chosen ? INK_STRONG : INK_NORMAL) | paper, key);
    const char *text = value_of(&n->form, row, value);
    int room = a->w - w - 1, x = w;
    area_field(a, y, x, room, -1, (changed || !row->setting ? INK_ACCENT : INK_NORMAL) | paper, text);
    x += text_columns(text) + 1;
    if (form_data_lacks(n, row->setting))
        area_text(a, y, x, INK_BAD | paper, "there is none");
    else if (row->setting && x < a->w)
        area_text(a, y, x, INK_DIM | paper, row->setting->unit);
}

/* "0 to 1000 (images), preset 64; may change while it goes on". */
static void range_text(const struct form *f, const struct setting *s, struct text *t)
{
    char base[SETTINGS_TEXT];
    settings_get(&f->plain, s, base);
    if (s->type == SETTING_INT || s->type == SETTING_FLOAT)
        text_printf(t, "%.10g to %.10g%s%s", s->min, s->max, *s->unit ? " " : "", s->unit);
    for (int i = 0; s->type == SETTING_CHOICE && s->words[i]; i++) text_printf(t, "%s%s", i ? ", " : "", s->words[i]);
    if (s->type == SETTING_BOOL) text_add(t, "on or off");
    text_printf(t, "%sdefault %s", t->length ? "; " : "", *s->initial ? s->initial : "none");
    if (strcmp(base, s->initial)) text_printf(t, "; of this preset and method %s", base);
    if (s->change == SETTING_LIVE) text_add(t, "; may change while the run goes on");
}

static int draw_about(const struct new_run *n, const struct area *a)
{
    const struct form_row *row = &n->form.rows[n->chosen];
    struct text t = { 0 };
    int y = 0;
    area_text(a, y++, 0, INK_STRONG, row->title);
    if (row->kind == FORM_PRESET)
        y += area_wrap(a, y, 0, a->h - y, a->w, INK_NORMAL,
                       "where the form starts from: demo (minutes, on drawn pictures), small, paper, fundus, or one "
                       "that you saved with W");
    if (row->kind == FORM_NAME)
        y += area_wrap(a, y, 0, a->h - y, a->w, INK_NORMAL, "letters, digits, '.', '_', '-'; may stay empty");
    if (row->kind == FORM_PARENT)
        y += area_wrap(a, y, 0, a->h - y, a->w, INK_NORMAL,
                       "the run whose encoder this one begins with, from its newest checkpoint or that of its best "
                       "epoch; its network (model.*) comes with it, and its data set where none is chosen");
    if (row->setting) {
        y += area_wrap(a, y, 0, a->h - y, a->w, INK_NORMAL, row->setting->help);
        range_text(&n->form, row->setting, &t);
        y += area_wrap(a, y, 0, a->h - y, a->w, INK_DIM, text_str(&t));
    }
    text_clear(&t);
    return y;
}

static void draw_beside(const struct new_run *n, const struct area *a)
{
    struct err e;
    int y = draw_about(n, a) + 1;
    if (a->h - y < 3) return;
    int differs = form_differs(&n->form);
    if (!form_check(&n->form, &e))
        y += area_wrap(a, y, 0, 3, a->w, INK_BAD, e.msg) + 1;
    else if (differs)
        area_printf(a, y, 0, INK_ACCENT, "* %d setting%s differ%s from the preset", differs, differs == 1 ? "" : "s",
                    differs == 1 ? "s" : ""),
            y += 2;
    struct area rest = area_sub(a, y, 0, a->h - y, a->w);
    estimate_draw(&n->estimate, &n->form, &rest);
}

static void draw_below(const struct new_run *n, const struct area *a)
{
    struct area left = area_sub(a, 1, 1, a->h - 1, a->w * 45 / 100 - 2),
                right = area_sub(a, 1, a->w * 45 / 100 + 1, a->h - 1, a->w);
    area_rule(a, 0, INK_DIM);
    if (a->w < 70) {
        left = area_sub(a, 1, 1, a->h - 1, a->w - 2);
        draw_about(n, &left);
        return;
    }
    draw_about(n, &left);
    estimate_draw(&n->estimate, &n->form, &right);
}

void form_draw(struct new_run *n, const struct area *a)
{
    int panel_w = a->w >= 100 ? a->w * 42 / 100 : 0, below = !panel_w && a->h >= 12 ? 7 : 0;
    if (panel_w > PANEL_MOST) panel_w = PANEL_MOST;
    struct area form = area_sub(a, 0, 0, a->h - below, a->w - panel_w);
    int columns = form.w / COLUMN_W > 1 ? form.w / COLUMN_W : 1;
    n->column_h = form.h;
    n->column_w = form.w / columns;
    n->height = columns * form.h;
    if (n->chosen >= n->form.count) n->chosen = n->form.count - 1; /* another method has fewer settings */
    if (n->chosen < n->top) n->top = n->chosen;
    if (n->chosen >= n->top + n->height) n->top = n->chosen - n->height + 1;
    if (n->top > 0 && n->top == n->chosen && n->form.rows[n->top - 1].kind == FORM_HEADING) n->top--;
    if (n->top > n->form.count - n->height) n->top = n->form.count > n->height ? n->form.count - n->height : 0;
    for (int i = 0; i < n->height && n->top + i < n->form.count; i++) {
        struct area column = area_sub(&form, 0, i / form.h * n->column_w, form.h, n->column_w - (columns > 1));
        draw_row(n, n->top + i, &column, i % form.h);
    }
    if (panel_w) {
        struct area right = area_sub(a, 0, a->w - panel_w + 2, a->h, panel_w - 3);
        area_fill(a, 0, a->w - panel_w, a->h, 1, 0x2502, INK_DIM);
        draw_beside(n, &right);
    } else if (below) {
        struct area low = area_sub(a, a->h - below, 0, below, a->w);
        draw_below(n, &low);
    }
}
