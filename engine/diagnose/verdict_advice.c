/* What to try: a setting that is off or far from what is usual comes before anything else, by one table. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/diagnose/verdict.h"

/* Settings that hold an embedding open, or that pull it together where they are far from usual. Those that are off come
 * first, then those below `low` times or above `high` times the usual value. */
static const struct {
    const char *key, *does;
    double low, high; /* NaN: not asked */
    double off;       /* the value that turns it off; NaN: none does */
} rows[] = {
    { "loss.var", "holds the dimensions open", 0.5, NAN, 0 },
    { "loss.cov", "keeps dimensions from repeating each other", 0.5, NAN, 0 },
    { "method.off", "keeps dimensions from repeating each other", 0.5, NAN, 0 },
    { "method.sigreg", "keeps the embeddings from one point", 0.5, NAN, 0 },
    { "method.predictor", "keeps both branches from agreeing on nothing", NAN, NAN, 0 },
    { "method.ema", "moves the target", 0.95, NAN, 1 },
    { "method.temperature", "weighs near images more than far ones", NAN, 5, NAN },
    { "optim.lr", "makes a step small enough", NAN, 2, NAN },
    { "data.batch", "gives each step enough images to tell apart", 0.3, NAN, NAN },
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* What is tried where no setting stands out. */
static const char *const otherwise[SIGN_COUNT] = {
    [SIGN_SHARED] = "views that change less (data.augment.area_min), or more epochs",
    [SIGN_KEPT] = "a lower optim.lr, from the last checkpoint before it fell (fork)",
    [SIGN_FEATURES] = "more epochs or a higher optim.lr: the views share little of the features yet",
    [SIGN_DEVIATION] = "a lower optim.lr: the embeddings shrink to one point",
    [SIGN_DIRECTIONS] = "a lower optim.lr: few directions carry all that varies",
    [SIGN_CROWDING] = "a lower optim.lr: the images crowd together",
    [SIGN_EMBEDDING] = "a lower optim.lr: the embeddings crowd together",
};

static double value_of(const struct settings *s, const struct setting *row)
{
    char text[SETTINGS_TEXT];
    settings_get(s, row, text);
    double v;
    return row->type == SETTING_BOOL ? !strcmp(text, "on") : text_to_double(text, &v) ? v : (double)NAN;
}

/* What is usual: the preset's, with the method's own defaults. */
static void usual_settings(const struct verdict_reading *in, struct settings *out)
{
    settings_init(out);
    if (in->preset && *in->preset) settings_preset(out, in->preset, NULL);
    settings_set(out, "method.name", settings_methods[in->settings->method.name], NULL);
}

static bool say(const struct setting *row, const struct settings *usual, const char *now, const char *tail, char *out)
{
    char normal[SETTINGS_TEXT];
    settings_get(usual, row, normal);
    snprintf(out, VERDICT_ADVICE, "%.24s %.16s: it is %.16s, and %.56s", row->name, normal, now, tail);
    return true;
}

/* Row i, where it stands out: at first only what is off, then what is far from usual. */
static bool advise_row(const struct settings *s, const struct settings *usual, int i, bool off, char *out)
{
    const struct setting *row = settings_find(rows[i].key, NULL);
    char now[SETTINGS_TEXT], tail[VERDICT_ADVICE];
    if (!row || !settings_reads(row, (enum method_kind)s->method.name)) return false;
    double value = value_of(s, row), normal = value_of(usual, row);
    settings_get(s, row, now);
    snprintf(tail, sizeof tail, "%s %s", off ? "nothing" : "little", rows[i].does);
    if (off) return value == rows[i].off && normal != rows[i].off && say(row, usual, now, tail, out);
    return (value < rows[i].low * normal || value > rows[i].high * normal) && say(row, usual, now, tail, out);
}

void verdict_advise(const struct verdict_reading *in, enum verdict_sign_kind sign, bool early, char out[VERDICT_ADVICE])
{
    const struct settings *s = in->settings;
    struct settings usual;
    *out = '\0';
    if (s) {
        if ((in->level == LEVEL_D ? s->loss.local_weight : s->loss.global_weight) <= 0) {
            snprintf(out, VERDICT_ADVICE, "raise loss.%s_weight: it is 0, and nothing trains this level",
                     level_table[in->level].loss);
            return;
        }
        usual_settings(in, &usual);
        for (int pass = 0; pass < 2; pass++)
            for (int i = 0; i < ROWS; i++)
                if (advise_row(s, &usual, i, pass == 0, out)) return;
    }
    if (!early) snprintf(out, VERDICT_ADVICE, "%s", otherwise[sign]);
}
