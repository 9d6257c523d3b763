#include "views/screens/runs/runs_board.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"
#include "views/analysis/format.h"
#include "views/analysis/runs_list.h"
#include "views/charts/chart.h"
#include "views/workbench/notice.h"
#include "views/workbench/signs.h"
#include "views/workbench/workbench.h"

/* columns from which two curves stand in a row; of the bar; of a sparkline */
enum { TWO = 66, BAR = 10, SPARK_LEAST = 5 };

struct board_place {
    const struct run_board *board;
    const struct workbench *workbench;
    int w; /* columns of the whole */
};

static bool alive(const struct run_summary *f)
{
    return f->state == STORE_RUNNING || f->state == STORE_PAUSED;
}

/* ---- parts ------------------------------------------------------------------------------------------------ */

/* The whole of a trace in at most w columns: neighbours are averaged. Returns the columns that it takes. */
static int draw_spark(const struct board_trace *t, const struct area *a, int y, int x, int w, unsigned ink)
{
    float value[BOARD_TRACE];
    int n = w < BOARD_TRACE ? w : BOARD_TRACE, shown = 0;
    for (int i = 0; i < n; i++) {
        double sum = 0;
        int got = 0;
        for (int k = i * BOARD_TRACE / n; k < (i + 1) * BOARD_TRACE / n; k++)
            if (!isnan(t->value[k])) sum += (double)t->value[k], got++;
        if (got) value[shown++] = (float)(sum / got);
    }
    if (shown) chart_spark(a, y, x, shown, &(struct chart_spark){ value, shown, NAN, NAN, ink });
    return shown;
}

/* "loss 13.4 ", its curve, and a remark behind it, within w columns: the curve takes what is left. */
static void draw_trace(const struct board_trace *t, const struct area *row, const char *head, const char *remark,
                       unsigned ink, unsigned remark_ink)
{
    int x = area_text(row, 0, 0, INK_NORMAL, head) + 1, behind = *remark ? text_columns(remark) + 1 : 0;
    int room = row->w - x - behind;
    if (room < SPARK_LEAST && row->w - x - SPARK_LEAST < behind) { /* the words are more than the curve */
        area_part(row, 0, x, remark_ink, "%s", remark);
        return;
    }
    x += draw_spark(t, row, 0, x, room < BOARD_TRACE ? room : BOARD_TRACE, ink);
    if (*remark) area_part(row, 0, x + 1, remark_ink, "%s", remark);
}

static void draw_loss(const struct board_place *p, const struct area *row)
{
    char head[64], number[FORMAT_SIZE];
    double loss = p->workbench->selection.summary.value[SUMMARY_LOSS];
    bool broken = isnan(loss) && p->workbench->selection.summary.run.step > 0;
    snprintf(head, sizeof head, "loss %s", broken ? "nan" : format_number(loss, 3, number));
    draw_trace(&p->board->loss, row, head, "", INK_GLOBAL, INK_DIM);
}

static void draw_auc(const struct board_place *p, const struct area *row)
{
    char head[64], remark[64] = "", number[FORMAT_SIZE];
    double auc = p->workbench->selection.summary.value[SUMMARY_AUC];
    if (isnan(auc)) auc = p->board->auc.newest;
    snprintf(head, sizeof head, "AUC %s", format_share(auc, 3, number));
    if (!isnan(p->board->random))
        snprintf(remark, sizeof remark, "(random %s) %s", format_share(p->board->random, 3, number), p->board->probe);
    else if (p->board->probe)
        snprintf(remark, sizeof remark, "%s", p->board->probe);
    draw_trace(&p->board->auc, row, head, remark, INK_ACCENT, INK_DIM);
}

static void draw_rank(const struct board_place *p, const struct area *row, int level)
{
    static const enum summary_value values[BOARD_LEVELS] = { SUMMARY_RATIO_GLOBAL, SUMMARY_RATIO_LOCAL };
    static const unsigned inks[BOARD_LEVELS] = { INK_GLOBAL, INK_LOCAL };
    const double *value = p->workbench->selection.summary.value;
    char head[64], number[FORMAT_SIZE];
    enum verdict_word word = p->board->word[level];
    bool both = !isnan(value[SUMMARY_RATIO_LOCAL]);
    snprintf(head, sizeof head, "rank %s%s", both ? level ? "l " : "g " : "",
             format_share(value[values[level]], 2, number));
    draw_trace(&p->board->rank[level], row, head, word == VERDICT_UNKNOWN ? "" : verdict_words[word], inks[level],
               ink_of_verdict(word));
}

/* ---- rows ------------------------------------------------------------------------------------------------- */

static bool has_progress(const struct board_place *p)
{
    return alive(&p->workbench->selection.summary);
}

/* A bar, "42/60" epochs, "ETA 3m12", "231 img/s", what is less important the further right. */
static void draw_progress(const struct board_place *p, const struct area *row)
{
    const struct run_summary *f = &p->workbench->selection.summary;
    double done = f->run.steps > 0 ? (double)f->run.step / (double)f->run.steps : 0, epoch = f->value[SUMMARY_EPOCH];
    char number[FORMAT_SIZE], took[CLOCK_ISO_SIZE];
    for (int i = 0; i < BAR; i++) {
        bool full = (i + 0.5) / BAR <= done;
        area_put(row, 0, i, full ? 0x2588 : 0x2591, full ? INK_GOOD : INK_DIM);
    }
    int x = BAR + 1;
    if (!isnan(epoch) && f->run.epochs)
        x += area_part(row, 0, x, INK_NORMAL, "epoch %.0f/%lld  ", floor(epoch), (long long)f->run.epochs);
    else
        x += area_part(row, 0, x, INK_NORMAL, "%.0f %%  ", floor(100 * done));
    if (!isnan(f->value[SUMMARY_ETA]))
        x += area_part(row, 0, x, INK_STRONG, "ETA %s  ", clock_duration(f->value[SUMMARY_ETA], took));
    if (!isnan(f->value[SUMMARY_SPEED]))
        area_part(row, 0, x, INK_DIM, "%s img/s", format_number(f->value[SUMMARY_SPEED], 3, number));
}

static bool has_loss(const struct board_place *p)
{
    return p->board->loss.series.count > 0;
}
static bool has_auc(const struct board_place *p)
{
    return p->board->probe != NULL;
}
static bool has_rank_global(const struct board_place *p)
{
    return !isnan(p->workbench->selection.summary.value[SUMMARY_RATIO_GLOBAL]);
}
static bool has_rank_local(const struct board_place *p)
{
    return !isnan(p->workbench->selection.summary.value[SUMMARY_RATIO_LOCAL]);
}
static void draw_rank_global(const struct board_place *p, const struct area *row)
{
    draw_rank(p, row, 0);
}
static void draw_rank_local(const struct board_place *p, const struct area *row)
{
    draw_rank(p, row, 1);
}

/* In one row, or two where it is longer. Returns how many. */
static int conclusion_of(const struct board_place *p, struct notice *out)
{
    char text[NOTICE_SIZE];
    if (!*run_board_conclusion(p->board, &p->workbench->selection.summary, text, sizeof text)) return 0;
    return notice_fit(text, p->w, NOTICE_ROWS, out);
}

static bool has_conclusion(const struct board_place *p)
{
    struct notice n;
    return conclusion_of(p, &n) > 0;
}
static bool has_conclusion_rest(const struct board_place *p)
{
    struct notice n;
    return conclusion_of(p, &n) > 1;
}

static void draw_conclusion_row(const struct board_place *p, const struct area *row, int which)
{
    struct notice n;
    enum verdict_word word = runs_verdict(&p->workbench->selection.summary, NULL);
    conclusion_of(p, &n);
    bool doubted = verdict_worry(word) < verdict_worry(VERDICT_WATCH) && run_board_doubts(p->board);
    unsigned ink = doubted ? INK_WATCH : word == VERDICT_UNKNOWN ? INK_NORMAL : ink_of_verdict(word);
    area_text(row, 0, which ? 2 : 0, ink, n.row[which]);
}
static void draw_conclusion(const struct board_place *p, const struct area *row)
{
    draw_conclusion_row(p, row, 0);
}
static void draw_conclusion_rest(const struct board_place *p, const struct area *row)
{
    draw_conclusion_row(p, row, 1);
}

/* The rows from top to bottom. `rank`: which goes
 * first where rows are few (the highest). */
static const struct {
    bool (*there)(const struct board_place *p);
    void (*draw)(const struct board_place *p, const struct area *row);
    int rank;
    bool beside; /* the row before, where both fit */
} rows[] = {
    { has_progress, draw_progress, 1, false },
    { has_loss, draw_loss, 4, false },
    { has_auc, draw_auc, 2, true },
    { has_rank_global, draw_rank_global, 3, false },
    { has_rank_local, draw_rank_local, 5, true },
    { has_conclusion, draw_conclusion, 0, false },
    { has_conclusion_rest, draw_conclusion_rest, 6, false },
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* Rows of the screen that those of a rank up to `most` take. */
static int needed(const struct board_place *p, int most, bool two)
{
    int n = 0;
    for (int i = 0; i < ROWS; i++) {
        if (rows[i].rank > most || !rows[i].there(p)) continue;
        bool beside = two && rows[i].beside && rows[i - 1].rank <= most && rows[i - 1].there(p);
        n += !beside;
    }
    return n;
}

int runs_board_draw(const struct run_board *b, const struct workbench *wb, const struct area *a)
{
    struct board_place p = { .board = b, .workbench = wb, .w = a->w - 2 };
    bool two = a->w >= TWO;
    int most = ROWS - 1, y = 0;
    if (b->run != wb->selection.run) return 0;
    while (most >= 0 && needed(&p, most, two) > a->h) most--;
    for (int i = 0; i < ROWS; i++) {
        if (rows[i].rank > most || !rows[i].there(&p)) continue;
        bool left = two && i + 1 < ROWS && rows[i + 1].beside && rows[i + 1].rank <= most && rows[i + 1].there(&p);
        bool right = two && rows[i].beside && rows[i - 1].rank <= most && rows[i - 1].there(&p);
        int half = a->w / 2;
        struct area row = area_sub(a, right ? y - 1 : y, right ? half : 0, 1,
                                   left    ? half - 2
                                   : right ? a->w - half
                                           : a->w);
        rows[i].draw(&p, &row);
        y += !right;
    }
    return y;
}
