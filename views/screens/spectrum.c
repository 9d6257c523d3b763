/* Spectrum: eigenvalues against rank, the figures of every level with the verdict and its signs, and their history. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "views/analysis/format.h"
#include "views/analysis/levels.h"
#include "views/charts/chart.h"
#include "views/charts/chart_over.h"
#include "views/screens/chart_keys.h"
#include "views/analysis/spectrum_data.h"
#include "views/screens/legend.h"
#include "views/terminal/keys.h"
#include "views/workbench/message.h"
#include "views/workbench/preferences.h"
#include "views/workbench/signs.h"
#include "views/workbench/workbench.h"

enum {
    TABLE_H = 1 + LEVELS_SHOWN,
    SIGNS_H = 2,
    CHART_LEAST_H = 6,
    CKA_W = 6 + 5 * SPECTRUM_CKA,
    SIDE_LEAST_W = 70, /* least width at which the history is shown beside the spectrum */
};

struct spectrum {
    struct spectrum_data data;
    bool lin_x, lin_y, cka, anew;
    int rank; /* rank under the cursor, from 1; 0: none */
    struct chart_place place;
    int left, top;
};

/* ---- reading -------------------------------------------------------------------------------------------- */

static bool spectrum_open(struct workbench *wb, void *state, struct err *e)
{
    struct spectrum *v = state;
    (void)e;
    v->lin_x = preference_get_int(wb, "spectrum.lin_x", 0) != 0;
    v->lin_y = preference_get_int(wb, "spectrum.lin_y", 0) != 0;
    v->cka = preference_get_int(wb, "spectrum.cka", 0) != 0;
    v->data.shares = preference_get_int(wb, "spectrum.shares", 0) != 0;
    int64_t scope = preference_get_int(wb, "spectrum.scope", SPECTRUM_HEADS),
            figure = preference_get_int(wb, "spectrum.figure", SPECTRUM_RATIO);
    v->data.scope = scope >= 0 && scope < SPECTRUM_SCOPES ? (enum spectrum_scope)scope : SPECTRUM_HEADS;
    v->data.figure = figure >= 0 && figure < SPECTRUM_FIGURES ? (enum spectrum_figure)figure : SPECTRUM_RATIO;
    v->data.isotropic = -1;
    return true;
}

static void spectrum_close(struct workbench *wb, void *state)
{
    (void)wb;
    spectrum_clear(&((struct spectrum *)state)->data);
}

static bool spectrum_news(struct workbench *wb, void *state, unsigned news)
{
    struct spectrum *v = state;
    struct err e;
    bool changed = v->anew || (news & (NEWS_OPEN | NEWS_RUN | NEWS_STEP | NEWS_SIZE | NEWS_PAST | NEWS_X)) != 0;
    if (!(news & ~(unsigned)NEWS_SECOND) && !changed) return false;
    bool anew = v->anew || (news & (NEWS_OPEN | NEWS_RUN | NEWS_PAST)) != 0;
    for (int i = 0; i < 1 + SELECTION_MARKS && news & NEWS_PAST; i++) series_clear(&v->data.history[i]);
    v->anew = false;
    if (!spectrum_read(&v->data, &wb->selection, anew, &changed, &e)) return message_fail(wb, &e), true;
    return changed;
}

/* ---- drawing -------------------------------------------------------------------------------------------- */

/* "17 nih-small", or where not all names have room, of a run its number alone. */
static void brief_name(const struct spectrum_curve *c, bool whole, char *out, size_t size)
{
    int n = whole || c->meaning != MEANING_PLACE ? (int)strlen(c->name) : (int)strcspn(c->name, " ");
    snprintf(out, size, "%.*s", n, c->name);
}

static void draw_header(const struct workbench *wb, const struct spectrum *v, const struct area *a)
{
    char step[FORMAT_SIZE];
    const struct spectrum_data *s = &v->data;
    int x = 1 + area_printf(a, 0, 1, INK_STRONG, "%s", level_table[s->level].brief);
    x += area_part(a, 0, x, INK_ACCENT, "  step %s", format_count(s->step, step));
    x += area_part(a, 0, x, INK_DIM, "%s", wb->selection.step < 0 ? ", the newest" : "") + 3;
    int end = x;
    for (int i = 0; i < s->curves; i++) end += 2 + text_columns(s->curve[i].name) + 2;
    bool whole = end - 2 <= a->w;
    for (int i = 0; i < s->curves && s->curves > 1; i++) {
        char name[sizeof s->curve[i].name];
        brief_name(&s->curve[i], whole, name, sizeof name);
        if (x + 2 + text_columns(name) > a->w) break;
        x += area_printf(a, 0, x, legend_ink(s->curve[i].meaning, s->curve[i].place) | STYLE_BOLD, "%c ",
                         s->curve[i].letter);
        x += area_text(a, 0, x, legend_ink(s->curve[i].meaning, s->curve[i].place), name) + 2;
    }
}

/* The values at the cursor, or the share of the first ten eigenvalues. */
static void cursor_note(const struct spectrum *v, char *out, size_t size)
{
    const struct spectrum_curve *own = &v->data.curve[0];
    char value[CHART_NUMBER];
    if (v->rank > 0 && v->rank <= own->count)
        snprintf(out, size, "rank %d: %s, %.1f %% so far", v->rank,
                 chart_number((double)own->values[v->rank - 1], value), 100 * spectrum_share(own, v->rank));
    else
        snprintf(out, size, "first 10: %.0f %%", 100 * spectrum_share(own, 10));
}

static void draw_curves(struct spectrum *v, const struct area *a)
{
    const struct spectrum_data *s = &v->data;
    struct chart_curve curves[SPECTRUM_CURVES];
    char note[96], letters[SPECTRUM_CURVES];
    cursor_note(v, note, sizeof note);
    for (int i = 0; i < s->curves; i++) letters[i] = s->curves > 1 ? s->curve[i].letter : '\0';
    for (int i = 0; i < s->curves; i++)
        curves[i] = (struct chart_curve){ s->curve[i].points,
                                          s->curve[i].count,
                                          s->curve[i].name,
                                          legend_ink(s->curve[i].meaning, s->curve[i].place),
                                          0,
                                          NULL };
    struct chart c = { .title = s->shares ? "eigenvalues, shares" : "eigenvalues",
                       .note = note,
                       .title_ink = INK_STRONG,
                       .curves = curves,
                       .curve_count = s->curves,
                       .letters = letters,
                       .cursor = v->rank > 0 ? (double)v->rank : (double)NAN,
                       .no_values = true,
                       .x_unit = "rank" };
    c.x.log = !v->lin_x;
    c.y.log = !v->lin_y;
    v->place = chart_draw(a, &c);
}

/* Lines that bound the healthy range of a figure: the limits of the sign that has it as its value. */
static int healthy_lines(const struct spectrum_data *s, struct chart_line out[2])
{
    char metric[64];
    int n = 0;
    if (s->level > LEVEL_D || !s->row[s->level].judged) return 0;
    snprintf(metric, sizeof metric, "%s.%s", level_table[s->level].name, spectrum_kinds[s->figure].metric);
    for (int i = 0; i < SIGN_COUNT; i++) {
        const struct verdict_rule *r = &verdict_rules[i];
        if (strcmp(r->metric[s->level == LEVEL_D], metric)) continue;
        if (!isnan(r->watch)) out[n++] = (struct chart_line){ r->watch, verdict_grades[GRADE_WATCH], INK_WATCH };
        if (!isnan(r->bad)) out[n++] = (struct chart_line){ r->bad, verdict_grades[GRADE_BAD], INK_BAD };
        break;
    }
    return n;
}

/* The whole history, with the limits. */
static struct axis history_axis(const struct spectrum_data *s, const struct chart_line *lines, int count)
{
    struct axis y = axis_none(spectrum_kinds[s->figure].log);
    for (int i = 0; i < count; i++) axis_hold(&y, lines[i].y);
    for (int i = 0; i < s->comparison.count; i++)
        for (int k = 0; k < s->history[i].count; k++) axis_hold(&y, s->history[i].points[k].mean);
    axis_finish(&y, 0.05);
    return y;
}

/* `newest`: no step is chosen, so every run says its newest figure, also one that ended before the shown one. */
static void draw_history(const struct spectrum *v, bool newest, const struct area *a)
{
    const struct spectrum_data *s = &v->data;
    struct chart_curve curves[1 + SELECTION_MARKS];
    struct chart_line lines[2];
    double ends[1 + SELECTION_MARKS];
    int places[1 + SELECTION_MARKS];
    char note[PAST_NOTE];
    comparison_ends(&s->comparison, ends);
    for (int i = 0; i < s->comparison.count; i++) places[i] = s->comparison.run[i].place;
    for (int i = 0; i < s->comparison.count; i++)
        curves[i] = (struct chart_curve){ s->history[i].points,
                                          s->history[i].count,
                                          s->comparison.count > 1 ? s->comparison.run[i].label : NULL,
                                          INK_SERIES(s->comparison.run[i].place),
                                          (double)past_last(&s->comparison.run[i].past),
                                          &s->history[i].at };
    struct chart c = { .title = spectrum_kinds[s->figure].title,
                       .note = past_note(&s->comparison.run[0].past, note),
                       .title_ink = INK_STRONG,
                       .curves = curves,
                       .curve_count = s->comparison.count,
                       .ends = ends,
                       .lines = lines,
                       .cursor = newest ? (double)NAN : (double)s->step };
    c.line_count = healthy_lines(s, lines);
    c.y.log = spectrum_kinds[s->figure].log;
    if (c.line_count) c.y = history_axis(s, lines, c.line_count);
    chart_draw_over(a, &c, &s->x, places);
}

/* Similarity between levels: a small heatmap with numbers. */
static void draw_cka(const struct workbench *wb, const struct spectrum *v, const struct area *a)
{
    area_text(a, 0, 0, INK_STRONG, "CKA between levels, debiased");
    bool room = a->w >= CKA_W && a->h >= 2 + SPECTRUM_CKA;
    if (!v->data.has_cka || !room) {
        area_wrap(a, 2, 0, a->h - 2, a->w, INK_DIM,
                  room ? "none at this step" : "needs a larger terminal: 46 x 10 cells here");
        return;
    }
    for (int i = 0; i < SPECTRUM_CKA; i++) {
        area_field(a, 1, 6 + 5 * i, 5, 1, INK_DIM, level_table[i].name);
        area_field(a, 2 + i, 0, 5, -1, INK_DIM, level_table[i].name);
        for (int j = 0; j < SPECTRUM_CKA; j++) {
            double x = v->data.cka[i][j];
            char text[FORMAT_SIZE];
            unsigned style = theme_has_map(&wb->theme) && !isnan(x)
                                 ? STYLE_PAPER(theme_map(x < 0 ? 0 : x)) | (unsigned)theme_grey(x > 0.6 ? 0 : 1)
                                 : INK_NORMAL;
            area_field(a, 2 + i, 6 + 5 * j, 5, 1, style, format_share(x, 2, text));
        }
    }
}

struct column {
    const char *title;
    int w;
    size_t figure; /* offset of a double in struct spectrum_row */
};

#define NUMBER(level) offsetof(struct spectrum_row, state.number[level])

/* In order of importance: columns that do not fit are dropped from the right. Each has room for "-1e-05" and a blank.
 */
static const struct column columns[] = {
    { "RankMe", 7, NUMBER(LEVELS_RANKME) },
    { "of", 6, offsetof(struct spectrum_row, ceiling) },
    { "isotropic", 10, NUMBER(LEVELS_RANKME_ISOTROPIC) },
    { "ratio", 7, NUMBER(LEVELS_RANKME_RATIO) },
    { "stable", 8, NUMBER(LEVELS_STABLE_RANK) },
    { "particip.", 10, NUMBER(LEVELS_PARTICIPATION) },
    { "alpha", 7, NUMBER(LEVELS_ALPHA) },
    { "R2", 7, NUMBER(LEVELS_ALPHA_R2) },
    { "uniform.", 9, NUMBER(LEVELS_UNIFORMITY) },
    { "align.", 8, offsetof(struct spectrum_row, alignment) },
    { "condition", 10, NUMBER(LEVELS_CONDITION) },
    { "cosine", 8, offsetof(struct spectrum_row, cosine) },
};

static double figure_of(const struct spectrum_row *r, const struct column *c)
{
    return *(const double *)(const void *)((const char *)r + c->figure);
}

/* One row for each level that the run has; returns the number of rows. */
static int draw_table(const struct spectrum *v, const struct area *a)
{
    const struct spectrum_data *s = &v->data;
    enum { VERDICT_W = 12 };
    int x = 10, row[LEVELS_SHOWN], rows = 1;
    for (int l = 0; l < LEVELS_SHOWN; l++) row[l] = s->row[l].rules.there ? rows++ : -1;
    area_text(a, 0, 1, INK_DIM, "level");
    for (int l = 0; l < LEVELS_SHOWN; l++) {
        bool shown = l == (int)s->level;
        if (row[l] < 0) continue;
        area_fill(a, row[l], 0, 1, a->w, ' ', shown ? INK_STRONG | STYLE_PAPER(INK_CHOSEN) : INK_NORMAL);
        area_field(a, row[l], 1, 8, -1, shown ? INK_STRONG | STYLE_PAPER(INK_CHOSEN) : INK_NORMAL,
                   level_table[l].brief);
    }
    for (size_t c = 0; c < sizeof columns / sizeof *columns && x + columns[c].w + VERDICT_W <= a->w; c++) {
        area_field(a, 0, x, columns[c].w, 1, INK_DIM, columns[c].title);
        for (int l = 0; l < LEVELS_SHOWN; l++) {
            char text[CHART_NUMBER], shorter[FORMAT_SIZE];
            const char *number;
            double value = figure_of(&s->row[l], &columns[c]);
            bool shown = l == (int)s->level;
            if (row[l] < 0) continue;
            number = isnan(value) ? "-" : chart_number(value, text);
            if (text_columns(number) >= columns[c].w) /* a blank parts it from the number before */
                number = format_number_within(value, 3, columns[c].w - 1, shorter);
            area_field(a, row[l], x, columns[c].w, 1,
                       (isnan(value) ? INK_DIM : INK_NORMAL) | (shown ? STYLE_PAPER(INK_CHOSEN) : 0), number);
        }
        x += columns[c].w;
    }
    for (int l = 0; l <= LEVEL_D; l++) {
        if (row[l] < 0) continue;
        enum verdict_word word = s->row[l].judged ? s->row[l].verdict.word : VERDICT_UNKNOWN;
        area_field(a, row[l], x + 1, VERDICT_W - 1, -1,
                   ink_of_verdict(word) | (l == (int)s->level ? STYLE_PAPER(INK_CHOSEN) : 0),
                   s->row[l].judged ? verdict_words[word] : "-");
    }
    return rows;
}

/* "crowding -0.71 bad (-1.1)": a sign with as much as the width allows. */
static void sign_text(const struct verdict_sign *sign, const struct verdict_rule *rule, int w, struct text *t)
{
    char number[VERDICT_NUMBER], watch[VERDICT_NUMBER], bad[VERDICT_NUMBER];
    text_printf(t, "%s %s", rule->name, verdict_number(sign->value, number));
    if (sign->grade || w >= 140) text_printf(t, " %s", verdict_grade(sign));
    if (w < 160) return;
    text_printf(t, isnan(rule->bad) ? " (%s)" : " (%s, %s)", verdict_number(rule->watch, watch),
                verdict_number(rule->bad, bad));
}

/* "global signs  crowding -0.71 bad  shared 0.7 ...": the worst first; those at the end go where there is no room. */
static void draw_signs(const struct spectrum *v, const struct area *a, int y, int level)
{
    static const unsigned inks[] = { [GRADE_FINE] = INK_NORMAL,
                                     [GRADE_NARROW] = INK_ACCENT,
                                     [GRADE_PLATEAU] = INK_ACCENT,
                                     [GRADE_WATCH] = INK_WATCH,
                                     [GRADE_BAD] = INK_BAD };
    const struct spectrum_row *r = &v->data.row[level];
    int x = 1 + area_printf(a, y, 1, INK_DIM, a->w < 100 ? "%s" : "%s signs", level_table[level].loss), begun = x;
    for (int grade = GRADE_BAD; grade >= GRADE_FINE; grade--)
        for (int i = 0; i < SIGN_COUNT && r->judged; i++) {
            const struct verdict_sign *sign = &r->verdict.sign[i];
            struct text t = { 0 };
            if (isnan(sign->value) || (int)sign->grade != grade) continue;
            sign_text(sign, &verdict_rules[i], a->w, &t);
            x += 2 + area_part(a, y, x + 2, inks[sign->grade], "%s", text_str(&t));
            text_clear(&t);
        }
    if (x == begun) area_text(a, y, x + 1, INK_DIM, r->known ? "not recorded for this run" : "no numbers at this step");
}

/* A single line, if there is no room for more. */
static void draw_line(const struct spectrum *v, const struct area *a, int y)
{
    const struct spectrum_data *s = &v->data;
    const struct spectrum_row *r = &s->row[s->level];
    const double *number = r->state.number;
    char rank[CHART_NUMBER], ceiling[CHART_NUMBER], ratio[CHART_NUMBER];
    const char *word = r->judged && r->verdict.word != VERDICT_UNKNOWN ? verdict_words[r->verdict.word] : NULL;
    int x = 1 + area_part(a, y, 1, INK_NORMAL, "%s RankMe %s", level_table[s->level].name,
                          chart_number(number[LEVELS_RANKME], rank));
    if (word) x += 2 + area_part(a, y, x + 2, ink_of_verdict(r->verdict.word), "%s", word);
    x += 2 + area_part(a, y, x + 2, INK_NORMAL, "of %s", chart_number(r->ceiling, ceiling));
    area_part(a, y, x, INK_NORMAL, ", ratio %s", chart_number(number[LEVELS_RANKME_RATIO], ratio));
}

static void spectrum_draw(struct workbench *wb, void *state, const struct area *a)
{
    struct spectrum *v = state;
    v->place = (struct chart_place){ 0 };
    v->left = a->x;
    v->top = a->y;
    if (v->data.step < 0) {
        area_wrap(a, 1, 2, a->h - 1, a->w - 4, INK_DIM,
                  "No spectrum yet: the first comes with the first diagnostics (diagnose.steps).");
        return;
    }
    if (a->h < 4) {
        draw_line(v, a, 0);
        return;
    }
    draw_header(wb, v, a);
    bool table = a->h >= 1 + CHART_LEAST_H + TABLE_H + SIGNS_H && a->w >= 40;
    int absent = 2 * !v->data.row[LEVEL_Z].rules.there +
                 2 * !v->data.row[LEVEL_D].rules.there; /* a row of the table, and one of signs */
    int below = table ? TABLE_H + SIGNS_H - absent : 1, h = a->h - 1 - below;
    bool beside = a->w >= SIDE_LEAST_W && h >= 4;
    int w = beside ? a->w * 3 / 5 : a->w;
    struct area left = area_sub(a, 1, 0, h, w), right = area_sub(a, 1, w + 1, h, a->w - w - 1);
    draw_curves(v, &left);
    if (beside && v->cka)
        draw_cka(wb, v, &right);
    else if (beside)
        draw_history(v, wb->selection.step < 0, &right);
    struct area under = area_sub(a, 1 + h, 0, below, a->w);
    if (!table) {
        draw_line(v, &under, 0);
        return;
    }
    int lines = draw_table(v, &under);
    for (int i = LEVEL_Z; i <= LEVEL_D; i++)
        if (v->data.row[i].rules.there) draw_signs(v, &under, lines++, i);
}

/* ---- keys ----------------------------------------------------------------------------------------------- */

static unsigned anew(struct spectrum *v)
{
    v->anew = true;
    return AFTER_READ;
}

enum { TOGGLE_LOG_Y, TOGGLE_LOG_X, TOGGLE_CKA, TOGGLE_SHARES };
static unsigned on_toggle(struct workbench *wb, void *state, int which)
{
    static const char *const names[] = { "spectrum.lin_y", "spectrum.lin_x", "spectrum.cka", "spectrum.shares" };
    struct spectrum *v = state;
    bool *const switches[] = { &v->lin_y, &v->lin_x, &v->cka, &v->data.shares };
    *switches[which] = !*switches[which];
    preference_set_int(wb, names[which], *switches[which]);
    return which == TOGGLE_SHARES ? anew(v) : AFTER_DRAW;
}

static unsigned on_levels(struct workbench *wb, void *state, int argument)
{
    static const char *const says[] = { "this level alone", "z and d beside this level", "every level" };
    struct spectrum *v = state;
    (void)argument;
    v->data.scope = (enum spectrum_scope)((v->data.scope + 1) % SPECTRUM_SCOPES);
    preference_set_int(wb, "spectrum.scope", v->data.scope);
    message_say(wb, "curves: %s", says[v->data.scope]);
    return anew(v);
}

static unsigned on_figure(struct workbench *wb, void *state, int argument)
{
    struct spectrum *v = state;
    (void)argument;
    v->data.figure = (enum spectrum_figure)((v->data.figure + 1) % SPECTRUM_FIGURES);
    v->cka = false;
    preference_set_int(wb, "spectrum.figure", v->data.figure);
    return anew(v);
}

static unsigned on_hold(struct workbench *wb, void *state, int argument)
{
    struct spectrum *v = state;
    (void)argument;
    spectrum_hold(&v->data);
    message_say(wb,
                v->data.held.count ? "this spectrum stays for comparison; h lets it go" : "the kept spectrum is gone");
    return anew(v);
}

static unsigned move(struct spectrum *v, int rank)
{
    int count = v->data.curves ? v->data.curve[0].count : 0;
    v->rank = rank < 1 ? 1 : rank > count ? count : rank;
    return AFTER_DRAW;
}

/* Moves by one rank, or by a sixteenth of the axis where ranks are close together on a logarithmic axis. */
static unsigned on_move(struct workbench *wb, void *state, int key)
{
    struct spectrum *v = state;
    int by = v->lin_x ? 1 : 1 + v->rank / 16, count = v->data.curves ? v->data.curve[0].count : 0;
    (void)wb;
    if (key == KEYS_HOME || key == KEYS_END) return move(v, 1 + keys_walk(key, 0, 0, count));
    return move(v, key == KEYS_LEFT ? v->rank - by : v->rank + by);
}

static unsigned on_click(struct workbench *wb, void *state, int y, int x)
{
    struct spectrum *v = state;
    const struct area *p = &v->place.plot;
    int row = y + v->top - p->y, column = x + v->left - p->x;
    (void)wb;
    if (p->w < 1 || row < 0 || row >= p->h || column < 0 || column >= p->w) return AFTER_NOTHING;
    return move(v, (int)lround(chart_x(&v->place, column)));
}

static const struct key_bind keys[] = {
    CHART_KEYS_LEVEL,
    { 't', 0, "figure", "figure",
      "the figure whose history is shown: ratio, RankMe, participation, stable rank, alpha ...", on_figure, 0, 0 },
    { 'y', 0, "log", "log", "logarithmic or linear eigenvalues", on_toggle, 0, TOGGLE_LOG_Y },
    { 'r', 0, "log-x", NULL, "logarithmic or linear ranks", on_toggle, 0, TOGGLE_LOG_X },
    { 'l', 0, "levels", "levels", "this level alone, z and d beside it, or every level", on_levels, 0, 0 },
    { 'h', 0, "hold", "hold", "keep this spectrum for comparison with other steps; again: let it go", on_hold, 0, 0 },
    { 'n', 0, "shares", NULL, "eigenvalues as they are, or as shares of their sum", on_toggle, 0, TOGGLE_SHARES },
    { 'c', 0, "cka", "CKA", "similarity between levels in the place of the history", on_toggle, 0, TOGGLE_CKA },
    { KEYS_LEFT, 0, "left", NULL, "cursor to a lower rank", on_move, 0, KEYS_LEFT },
    { KEYS_RIGHT, 0, "right", NULL, "cursor to a higher rank", on_move, 0, KEYS_RIGHT },
    { KEYS_HOME, 0, "first", NULL, "cursor to the first rank", on_move, 0, KEYS_HOME },
    { KEYS_END, 0, "last", NULL, "cursor to the last rank", on_move, 0, KEYS_END },
    CHART_KEYS_STEP,
    CHART_KEY_X(NULL),
    { 'e', 0, "export", "export", "write the figure as PNG and its numbers as CSV", chart_keys_on_export, NEEDS_RUN,
      FIGURE_SPECTRUM },
    { 0 },
};

const struct screen screen_spectrum = {
    .name = "spectrum",
    .title = "Spectrum",
    .brief = "Spec",
    .digit = '5',
    .about = "Eigenvalues of the covariance of a level on the probe set, against their rank, beside those that an "
             "isotropic cloud of as "
             "many points would have. A cliff means that the embeddings fill only so many directions; that of the "
             "isotropic cloud "
             "comes where it has fewer points than dimensions. Values below 1e-10 of the largest are rounding errors, "
             "zero: a logarithmic axis leaves them out, and the title counts them; an x in red is no number at all. "
             "Below stand the "
             "figures of every "
             "level: RankMe with its ceiling and its isotropic value, and the verdict of z and d with its signs "
             "(value, and the limits watch and bad; help says what each is). Maps are never judged.",
    .keys = keys,
    .size = sizeof(struct spectrum),
    .needs_run = true,
    .open = spectrum_open,
    .close = spectrum_close,
    .read = spectrum_news,
    .draw = spectrum_draw,
    .click = on_click,
};
