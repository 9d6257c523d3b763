#include "engine/base/settings.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/settings_defaults.h"

static const char *const arch_words[] = { "resnet18", "resnet50", NULL };
static const char *const optim_words[] = { "adamw", "lars", NULL };
static const char *const freeze_words[] = { "none", "encoder", NULL };
static const char *const weighting_words[] = { "none", "balanced", NULL };
static const char *const divergence_words[] = { "ask", "stop", "lower", NULL };
static const char *const kernel_words[] = { "auto", "avx512", "avx2", "portable", "naive", "naive64", NULL };

#define AT(member) offsetof(struct settings, member)
#define INT(name, member, initial, min, max, unit, help, change)                                                       \
    {                                                                                                                  \
        name, SETTING_INT, AT(member), initial, min, max, NULL, unit, help, change                                     \
    }
#define FLOAT(name, member, initial, min, max, unit, help, change)                                                     \
    {                                                                                                                  \
        name, SETTING_FLOAT, AT(member), initial, min, max, NULL, unit, help, change                                   \
    }
#define BOOL(name, member, initial, help, change)                                                                      \
    {                                                                                                                  \
        name, SETTING_BOOL, AT(member), initial, 0, 1, NULL, "", help, change                                          \
    }
#define CHOICE(name, member, initial, words, help, change)                                                             \
    {                                                                                                                  \
        name, SETTING_CHOICE, AT(member), initial, 0, 0, words, "", help, change                                       \
    }
#define TEXT(name, member, initial, help, change)                                                                      \
    {                                                                                                                  \
        name, SETTING_TEXT_VALUE, AT(member), initial, 0, 0, NULL, "", help, change                                    \
    }
#define NEW  SETTING_NEW_RUN
#define LIVE SETTING_LIVE

static const struct setting table[] = {
    CHOICE("method.name", method.name, "mlvicx", settings_methods, "training objective", NEW),
    INT("method.out", method.out, "0", 0, 16384, "dims", "width of the projection; 0: model.dim", NEW),
    FLOAT("method.off", method.off, "0.005", 0, 1e6, "", "weight of barlow's off-diagonal term", NEW),
    BOOL("method.predictor", method.predictor, "on", "predictor of byol and simsiam; off: none", NEW),
    FLOAT("method.ema", method.ema, "0.99", 0, 1, "", "initial decay of byol's moving average per step; it rises to 1",
          NEW),
    FLOAT("method.temperature", method.temperature, "0.1", 0.001, 100, "", "temperature of simclr", NEW),
    FLOAT("method.sigreg", method.sigreg, "0.05", 0, 1, "", "weight of lejepa's SIGReg term; inv has the rest", NEW),
    INT("method.slices", method.slices, "1024", 1, 65536, "", "random directions per step of lejepa's SIGReg", NEW),
    CHOICE("method.freeze", method.freeze, "none", freeze_words,
           "what supervised training leaves unchanged; encoder: a linear probe by gradient descent", NEW),
    CHOICE("method.weighting", method.weighting, "none", weighting_words,
           "balanced: supervised training weights rare classes as much as frequent ones", NEW),

    CHOICE("model.arch", model.arch, "resnet18", arch_words, "encoder", NEW),
    INT("model.width", model.width, "32", 4, 512, "channels", "channels of the stem; 64 in the paper", NEW),
    BOOL("model.context", model.context, "on",
         "context gates after each of the five maps; by default only mlvicx has them", NEW),
    INT("model.context_reduction", model.context_reduction, "2", 1, 64, "",
        "hidden width of a channel gate = channels / this", NEW),
    INT("model.dim", model.dim, "512", 2, 16384, "dims", "width of both heads and embeddings; 4096 in the paper", NEW),
    FLOAT("model.context_start", model.context_start, "0", -20, 20, "",
          "constant added inside both sigmoids of a gate: 0 as published; with 3 the gates start open", NEW),
    BOOL("model.local", model.local, "on", "local level of mlvicx; off: it is not built", NEW),
    INT("model.fuse", model.fuse, "256", 1, 4096, "channels", "channels of the fused maps; 512 in the paper", NEW),
    BOOL("model.fuse_trained", model.fuse_trained, "on", "train the fusing convolutions; off as published", NEW),
    INT("model.grid", model.grid, "64", 4, 512, "",
        "side to which maps are resized before they are fused; a multiple of 4", NEW),
    TEXT("model.init", model.init, "kaiming", "kaiming, or a file of weights (safetensors, or .pth and .pt of PyTorch)",
         NEW),

    FLOAT("loss.global_weight", loss.global_weight, "1", 0, 1e6, "", "weight of the global level", LIVE),
    FLOAT("loss.local_weight", loss.local_weight, "1", 0, 1e6, "",
          "weight of the local level; 0: it does not contribute", LIVE),
    FLOAT("loss.inv", loss.inv, "25", 0, 1e6, "", "weight of the invariance term", LIVE),
    FLOAT("loss.var", loss.var, "25", 0, 1e6, "", "weight of the variance term", LIVE),
    FLOAT("loss.cov", loss.cov, "1", 0, 1e6, "", "weight of the covariance term", LIVE),

    TEXT("data.name", data.name, "", "name of the imported data set", NEW),
    INT("data.size", data.size, "64", 32, 1024, "px", "side of the images that the network sees", NEW),
    INT("data.batch", data.batch, "64", 2, 8192, "images", "images per step, each in as many views as the method reads",
        NEW),
    INT("data.threads", data.threads, "0", 0, 256, "threads", "threads that prepare images; 0: as many as help", NEW),
    FLOAT("data.labels", data.labels, "100", 0.001, 100, "percent",
          "share of the labelled training images used by supervised training, drawn by patient", NEW),
    INT("data.draw", data.draw, "0", 0, 1000000, "", "which draw of that share; eval --draws K uses draws 1 to K", NEW),
    FLOAT("data.held_out", data.held_out, "0", 0, 50, "percent",
          "share of the training patients that supervised training holds out as validation images if the data set has "
          "none",
          NEW),
    INT("data.epoch_steps", data.epoch_steps, "25", 1, 1000000, "steps",
        "fewest steps of an epoch of supervised training: a small set is passed several times", NEW),
    CHOICE("data.augment.recipe", data.augment.recipe, "radiograph", settings_recipe_names,
           "sets crop, solarising and rotation together; later keys override single values", NEW),
    FLOAT("data.augment.area_min", data.augment.area_min, "0.3", 0.01, 1, "",
          "smallest share of the image that a crop keeps", NEW),
    FLOAT("data.augment.area_max", data.augment.area_max, "1", 0.01, 1, "",
          "largest share of the image that a crop keeps", NEW),
    FLOAT("data.augment.aspect", data.augment.aspect, "1.3333333333333333", 1, 4, "",
          "aspect ratio of a crop, log-uniform in 1/this .. this", NEW),
    FLOAT("data.augment.flip", data.augment.flip, "0.5", 0, 1, "", "probability of a horizontal flip", NEW),
    FLOAT("data.augment.rotate", data.augment.rotate, "10", 0, 180, "degrees", "largest rotation to either side", NEW),
    FLOAT("data.augment.jitter", data.augment.jitter, "0.8", 0, 1, "", "probability of colour jitter", NEW),
    FLOAT("data.augment.brightness", data.augment.brightness, "0.4", 0, 1, "", "strength of the brightness jitter",
          NEW),
    FLOAT("data.augment.contrast", data.augment.contrast, "0.4", 0, 1, "", "strength of the contrast jitter", NEW),
    FLOAT("data.augment.saturation", data.augment.saturation, "0.2", 0, 1, "",
          "strength of the saturation jitter (colour images)", NEW),
    FLOAT("data.augment.hue", data.augment.hue, "0.1", 0, 0.5, "", "strength of the hue jitter (colour images)", NEW),
    FLOAT("data.augment.grey", data.augment.grey, "0.2", 0, 1, "", "probability of dropping colour", NEW),
    FLOAT("data.augment.sigma_min", data.augment.sigma_min, "0.1", 0.01, 20, "px", "smallest sigma of the blur", NEW),
    FLOAT("data.augment.sigma_max", data.augment.sigma_max, "2", 0.01, 20, "px", "largest sigma of the blur", NEW),
    FLOAT("data.augment.view1.blur", data.augment.blur1, "1", 0, 1, "", "probability of the blur in view 1", NEW),
    FLOAT("data.augment.view2.blur", data.augment.blur2, "0.1", 0, 1, "", "probability of the blur in view 2", NEW),
    FLOAT("data.augment.view1.solarize", data.augment.solarize1, "0", 0, 1, "", "probability of solarising in view 1",
          NEW),
    FLOAT("data.augment.view2.solarize", data.augment.solarize2, "0", 0, 1, "", "probability of solarising in view 2",
          NEW),
    INT("data.augment.solarize_threshold", data.augment.solarize_threshold, "128", 0, 256, "levels",
        "grey levels from this one up are inverted", NEW),

    CHOICE("optim.kind", optim.kind, "adamw", optim_words, "optimizer; lars as in the paper, adamw for short runs",
           NEW),
    FLOAT("optim.lr", optim.lr, "0.004", 0, 1000, "", "peak learning rate; lars multiplies it by batch / 256", LIVE),
    FLOAT("optim.momentum", optim.momentum, "0.9", 0, 0.9999, "", "momentum of lars", NEW),
    FLOAT("optim.weight_decay", optim.weight_decay, "0.01", 0, 10, "",
          "weight decay of tensors with two or more dimensions; 1e-6 for lars", NEW),
    FLOAT("optim.eta", optim.eta, "0.001", 0, 1000, "", "trust coefficient of lars", NEW),
    FLOAT("optim.clip", optim.clip, "0", 0, 1e6, "",
          "largest gradient norm; larger gradients are scaled down to it; 0: no limit", NEW),
    INT("optim.epochs", optim.epochs, "30", 1, 100000, "epochs", "passes over the training images", LIVE),
    FLOAT("optim.warmup_epochs", optim.warmup_epochs, "5", 0, 1000, "epochs",
          "epochs of linear warm-up of the learning rate from 0", NEW),
    INT("optim.accumulate", optim.accumulate, "1", 1, 1024, "batches",
        "micro-batches per step; statistics and loss are per micro-batch", NEW),

    INT("train.seed", train.seed, "1", 0, 4294967295.0, "", "seed of initialisation, order of images and augmentation",
        NEW),
    INT("train.threads", train.threads, "0", 0, 1024, "threads", "threads of the engine; 0: one per core", NEW),
    INT("train.patience", train.patience, "10", 0, 100000, "epochs",
        "supervised training ends after this many epochs without a better validation AUC; 0: never", LIVE),
    CHOICE("train.on_divergence", train.on_divergence, "ask", divergence_words,
           "if the loss is not finite: ask pauses the run (stops it where no user is present), stop ends it with "
           "advice, lower returns to the last checkpoint with half the learning rate, at most three times",
           LIVE),

    FLOAT("checkpoint.minutes", checkpoint.minutes, "10", 0, 100000, "minutes",
          "time between checkpoints; 0: no checkpoints by time", LIVE),
    INT("checkpoint.every", checkpoint.every, "0", 0, 100000, "epochs",
        "keep a checkpoint every this many epochs; 0: none", LIVE),
    INT("checkpoint.keep", checkpoint.keep, "3", 1, 100000, "files",
        "newest checkpoints to keep, besides the best and pinned ones", LIVE),

    INT("diagnose.steps", diagnose.steps, "50", 0, 1e9, "steps", "steps between diagnostics on the probe set; 0: off",
        LIVE),
    INT("diagnose.images", diagnose.images, "1024", 16, 100000, "images", "images of the probe set", NEW),
    INT("diagnose.keep", diagnose.keep, "500", 2, 1000000, "snapshots", "snapshots to keep per run", LIVE),

    INT("probe.epochs", probe.epochs, "1", 0, 100000, "epochs", "epochs between quick probes; 0: off", LIVE),
    INT("probe.images", probe.images, "2000", 16, 10000000, "images",
        "largest number of training images that the quick probe is fitted on", LIVE),
    BOOL("eval.context", eval.context, "on", "evaluate with the context gates that the encoder was trained with", NEW),
    BOOL("autotune", autotune, "on", "time the variants of each convolution when a run starts and use the fastest",
         NEW),
    CHOICE("kernels", kernels, "auto", kernel_words, "kernel set; auto selects the best for this CPU", NEW),
};

enum { ROWS = sizeof table / sizeof table[0] };

const struct setting *settings_table(size_t *n)
{
    *n = ROWS;
    return table;
}

static const char *row_name(const void *ctx, size_t i)
{
    return ((const struct setting *)ctx)[i].name;
}

static const char *word_name(const void *ctx, size_t i)
{
    return ((const char *const *)ctx)[i];
}

/* Keys as they were called before: stored runs, files and habits have them. */
static const struct {
    const char *former, *name;
} renamed[] = {
    { "loss.sim", "loss.inv" },
    { "loss.std", "loss.var" },
};

/* Keys that say nothing any more. What is stored is read past them; whoever gives one now is told. */
static const char *const former[] = {
    "diagnose.dead_watch",       "diagnose.dead_bad",       "diagnose.rank_watch",        "diagnose.rank_bad",
    "diagnose.uniformity_watch", "diagnose.uniformity_bad", "diagnose.correlation_watch", "diagnose.correlation_bad",
};

/* Whether `name`, up to where it ends or a '=' stands, is one of them. */
static bool is_former(const char *name)
{
    size_t n = strcspn(name, "=");
    for (size_t i = 0; i < sizeof former / sizeof *former; i++)
        if (strlen(former[i]) == n && !strncmp(former[i], name, n)) return true;
    return false;
}

/* The key that someone means by `name`: of a section its name (`method`: `method.name`), else the nearest; or NULL. */
static const char *meant(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < ROWS; i++)
        if (!strncmp(table[i].name, name, n) && !strcmp(table[i].name + n, ".name")) return table[i].name;
    return text_nearest(name, ROWS, row_name, table);
}

const struct setting *settings_find(const char *name, struct err *e)
{
    if (is_former(name)) {
        err_set(e, ERR_CONFIG, "%s: no setting any more; the verdict's limits are in one table, see mlvicx inspect",
                name);
        return NULL;
    }
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
        if (!strcmp(renamed[i].former, name)) name = renamed[i].name;
    for (size_t i = 0; i < ROWS; i++)
        if (!strcmp(table[i].name, name)) return &table[i];
    const char *near = meant(name);
    err_set(e, ERR_CONFIG, "%s: no such key; %s%s", name, near ? "did you mean " : "see --help-keys", near ? near : "");
    return NULL;
}

const char *const *settings_presets(void)
{
    return settings_preset_names;
}

static bool set_choice(int *place, const struct setting *row, const char *value, struct err *e)
{
    size_t n = 0;
    for (; row->words[n]; n++) {
        if (strcmp(row->words[n], value)) continue;
        *place = (int)n;
        return true;
    }
    struct text list = { 0 };
    for (size_t i = 0; i < n; i++) text_printf(&list, "%s%s", i ? ", " : "", row->words[i]);
    const char *near = text_nearest(value, n, word_name, row->words);
    err_set(e, ERR_CONFIG, "%s: '%s' is not one of %s%s%s", row->name, value, text_str(&list),
            near ? "; did you mean " : "", near ? near : "");
    text_clear(&list);
    return false;
}

static bool set_bool(bool *place, const struct setting *row, const char *value, struct err *e)
{
    static const char *const yes[] = { "on", "true", "yes", "1" }, *const no[] = { "off", "false", "no", "0" };
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (text_same(value, yes[i]) || text_same(value, no[i])) {
            *place = text_same(value, yes[i]);
            return true;
        }
    }
    return err_set(e, ERR_CONFIG, "%s: '%s' is neither on nor off", row->name, value);
}

static bool set_text(char *place, const struct setting *row, const char *value, struct err *e)
{
    if (strlen(value) >= SETTINGS_TEXT)
        return err_set(e, ERR_CONFIG, "%s: longer than %d bytes", row->name, SETTINGS_TEXT - 1);
    for (const char *p = value; *p; p++)
        if (iscntrl((unsigned char)*p))
            return err_set(e, ERR_CONFIG, "%s: control characters are not allowed", row->name);
    strcpy(place, value);
    return true;
}

static bool set_number(void *place, const struct setting *row, const char *value, struct err *e)
{
    double number;
    int64_t whole = 0;
    bool integer = row->type == SETTING_INT;
    if (integer ? !text_to_int(value, &whole) : !text_to_double(value, &number) || !isfinite(number))
        return err_set(e, ERR_CONFIG, "%s: '%s' is not a%s number", row->name, value, integer ? " whole" : "");
    if (integer) number = (double)whole;
    if (number < row->min || number > row->max)
        return err_set(e, ERR_CONFIG, "%s: %s is out of range %.10g to %.10g%s%s", row->name, value, row->min, row->max,
                       *row->unit ? " " : "", row->unit);
    if (integer)
        *(int64_t *)place = whole;
    else
        *(double *)place = number;
    return true;
}

static bool set_value(struct settings *s, const struct setting *row, const char *value, struct err *e)
{
    void *place = (char *)s + row->offset;
    switch (row->type) {
    case SETTING_CHOICE:
        return set_choice(place, row, value, e);
    case SETTING_BOOL:
        return set_bool(place, row, value, e);
    case SETTING_TEXT_VALUE:
        return set_text(place, row, value, e);
    default:
        return set_number(place, row, value, e);
    }
}

static_assert(ROWS <= 64 * 2, "a bit a row");

void settings_init(struct settings *s)
{
    memset(s, 0, sizeof *s);
    for (size_t i = 0; i < ROWS; i++) set_value(s, &table[i], table[i].initial, NULL);
}

static bool is_given(const struct settings *s, const struct setting *row)
{
    size_t i = (size_t)(row - table);
    return s->given[i / 64] >> i % 64 & 1;
}

static void mark_given(struct settings *s, const struct setting *row, bool given)
{
    size_t i = (size_t)(row - table);
    uint64_t bit = (uint64_t)1 << i % 64;
    s->given[i / 64] = given ? s->given[i / 64] | bit : s->given[i / 64] & ~bit;
}

/* Values that no one gave become those of this list, or (`back`) what they are without it. */
static bool use_defaults(struct settings *s, const struct assignment *a, bool back, struct err *e)
{
    for (; a->key; a++) {
        const struct setting *row = settings_find(a->key, e);
        if (!row) return false;
        if (is_given(s, row)) continue;
        const char *plain =
            s->preset ? settings_said(settings_preset_lists[s->preset - 1], row->name, row->initial) : row->initial;
        if (!set_value(s, row, back ? plain : a->value, e)) return false;
    }
    return true;
}

/* What another method changed goes back first. */
static bool use_method(struct settings *s, struct err *e)
{
    for (int m = 0; m < METHOD_COUNT; m++)
        if (!use_defaults(s, settings_method_lists[m], true, e)) return false;
    bool frozen = s->method.freeze != FREEZE_NONE &&
                  settings_reads(settings_find("method.freeze", NULL), (enum method_kind)s->method.name);
    return use_defaults(s, settings_method_lists[s->method.name], false, e) &&
           (!frozen || use_defaults(s, settings_frozen_list, false, e));
}

static bool set_list(struct settings *s, const struct assignment *a, bool given, struct err *e)
{
    for (; a->key; a++) {
        const struct setting *row = settings_find(a->key, e);
        if (!row || !set_value(s, row, a->value, e)) return false;
        mark_given(s, row, given);
        if (row->offset == AT(data.augment.recipe) &&
            !set_list(s, settings_recipe_lists[s->data.augment.recipe], given, e))
            return false;
    }
    return true;
}

bool settings_preset(struct settings *s, const char *preset, struct err *e)
{
    size_t n = 0;
    for (; settings_preset_names[n]; n++) {
        if (strcmp(settings_preset_names[n], preset) != 0) continue;
        s->preset = (int)n + 1;
        return set_list(s, settings_preset_lists[n], false, e) && use_method(s, e);
    }
    const char *near = text_nearest(preset, n, word_name, settings_preset_names);
    return err_set(e, ERR_CONFIG, "preset %s: no such preset; there are demo, small, paper, fundus%s%s", preset,
                   near ? "; did you mean " : "", near ? near : "");
}

bool settings_set(struct settings *s, const char *name, const char *value, struct err *e)
{
    const struct setting *row = settings_find(name, e);
    if (!row || !set_value(s, row, value, e)) return false;
    mark_given(s, row, true);
    if (row->offset == AT(data.augment.recipe))
        return set_list(s, settings_recipe_lists[s->data.augment.recipe], true, e);
    return (row->offset != AT(method.name) && row->offset != AT(method.freeze)) || use_method(s, e);
}

bool settings_assign(struct settings *s, const char *assignment, struct err *e)
{
    const char *equals = strchr(assignment, '=');
    char key[64];
    if (!equals || equals == assignment || (size_t)(equals - assignment) >= sizeof key)
        return err_set(e, ERR_USAGE, "--set %s: not of the form KEY=VALUE", assignment);
    memcpy(key, assignment, (size_t)(equals - assignment));
    key[equals - assignment] = '\0';
    return settings_set(s, key, equals + 1, e);
}

bool settings_assign_stored(struct settings *s, const char *assignment, struct err *e)
{
    return is_former(assignment) || settings_assign(s, assignment, e);
}

bool settings_assign_live(struct settings *s, const char *assignment, struct err *e)
{
    struct settings changed = *s;
    char key[64];
    if (!settings_assign(&changed, assignment, e)) return false;
    snprintf(key, sizeof key, "%.*s", (int)strcspn(assignment, "="), assignment);
    const struct setting *row = settings_find(key, e);
    if (!row) return false;
    if (row->change != SETTING_LIVE)
        return err_set(e, ERR_CONFIG, "%s: cannot change while a run goes on; train a new run with --set %s", key,
                       assignment);
    *s = changed;
    return true;
}

/* The fewest digits that read back to the same bits; 10 rather than 1e+01. */
static void print_float(double x, char out[SETTINGS_TEXT])
{
    bool plain = x == 0 || (fabs(x) >= 1e-4 && fabs(x) < 1e6);
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out, SETTINGS_TEXT, "%.*g", digits, x);
        if (strtod(out, NULL) == x && !(plain && strchr(out, 'e'))) break;
    }
}

void settings_get(const struct settings *s, const struct setting *row, char out[SETTINGS_TEXT])
{
    const void *place = (const char *)s + row->offset;
    switch (row->type) {
    case SETTING_INT:
        snprintf(out, SETTINGS_TEXT, "%lld", (long long)*(const int64_t *)place);
        break;
    case SETTING_FLOAT:
        print_float(*(const double *)place, out);
        break;
    case SETTING_BOOL:
        strcpy(out, *(const bool *)place ? "on" : "off");
        break;
    case SETTING_CHOICE:
        snprintf(out, SETTINGS_TEXT, "%s", row->words[*(const int *)place]);
        break;
    case SETTING_TEXT_VALUE:
        snprintf(out, SETTINGS_TEXT, "%s", (const char *)place);
        break;
    }
}

static char *trim(char *s)
{
    while (isspace((unsigned char)*s)) s++;
    char *end = s + strlen(s);
    while (end > s && isspace((unsigned char)end[-1])) *--end = '\0';
    return s;
}

/* One line: a section changes `section`, an assignment changes `s`, a comment nothing. */
static bool read_line(struct settings *s, char *line, char section[64], struct err *e)
{
    line = trim(line);
    if (!*line || *line == '#' || *line == ';') return true;
    if (*line == '[') {
        size_t n = strlen(line);
        if (line[n - 1] != ']' || n - 2 >= 64) return err_set(e, ERR_FORMAT, "'%s' is not a section", line);
        line[n - 1] = '\0';
        strcpy(section, trim(line + 1));
        return true;
    }
    char *equals = strchr(line, '='), key[160];
    if (!equals) return err_set(e, ERR_FORMAT, "'%s' is not of the form key = value", line);
    *equals = '\0';
    snprintf(key, sizeof key, "%s%s%s", section, *section ? "." : "", trim(line));
    return is_former(key) || settings_set(s, key, trim(equals + 1), e);
}

bool settings_read_ini(struct settings *s, const char *text, const char *where, struct err *e)
{
    char section[64] = "";
    struct settings fresh = *s;
    int number = 1;
    for (const char *p = text; *p; number++) {
        const char *end = strchr(p, '\n');
        size_t n = end ? (size_t)(end - p) : strlen(p);
        char line[SETTINGS_TEXT + 128];
        if (n >= sizeof line) return err_set(e, ERR_FORMAT, "%s: line %d is too long", where, number);
        memcpy(line, p, n);
        line[n] = '\0';
        if (!read_line(&fresh, line, section, e)) return err_wrap(e, "%s: line %d", where, number);
        p += n + (end != NULL);
    }
    *s = fresh;
    return true;
}

void settings_write_ini(const struct settings *s, struct text *out)
{
    char section[64] = "", value[SETTINGS_TEXT];
    /* keys without a section come first, else they would belong to the last one */
    for (size_t i = 0; i < ROWS; i++) {
        if (strchr(table[i].name, '.')) continue;
        settings_get(s, &table[i], value);
        text_printf(out, "%s = %s\n", table[i].name, value);
    }
    for (size_t i = 0; i < ROWS; i++) {
        const char *dot = strchr(table[i].name, '.');
        if (!dot) continue;
        size_t n = (size_t)(dot - table[i].name);
        if (strlen(section) != n || strncmp(section, table[i].name, n)) {
            memcpy(section, table[i].name, n);
            section[n] = '\0';
            text_printf(out, "\n[%s]\n", section);
        }
        settings_get(s, &table[i], value);
        text_printf(out, "%s = %s\n", dot + 1, value);
    }
}

/* What did not come through settings_set (the shapes in a file of weights) keeps to the same bounds. */
static bool check_ranges(const struct settings *s, struct err *e)
{
    for (size_t i = 0; i < ROWS; i++) {
        const struct setting *row = &table[i];
        const void *place = (const char *)s + row->offset;
        if (row->type != SETTING_INT && row->type != SETTING_FLOAT) continue;
        double v = row->type == SETTING_INT ? (double)*(const int64_t *)place : *(const double *)place;
        if (!(v >= row->min && v <= row->max))
            return err_set(e, ERR_CONFIG, "%s: %.10g is out of range %.10g to %.10g%s%s", row->name, v, row->min,
                           row->max, *row->unit ? " " : "", row->unit);
    }
    return true;
}

bool settings_check(const struct settings *s, struct err *e)
{
    if (!check_ranges(s, e)) return false;
    if (s->model.grid % 4) return err_set(e, ERR_CONFIG, "model.grid: %d is not a multiple of 4", (int)s->model.grid);
    if (s->model.context && s->model.width / s->model.context_reduction < 1)
        return err_set(e, ERR_CONFIG, "model.context_reduction: %d leaves nothing of %d channels; at most model.width",
                       (int)s->model.context_reduction, (int)s->model.width);
    if (s->data.augment.area_min > s->data.augment.area_max)
        return err_set(e, ERR_CONFIG, "data.augment.area_min: %g is above data.augment.area_max %g",
                       s->data.augment.area_min, s->data.augment.area_max);
    if (s->data.augment.sigma_min > s->data.augment.sigma_max)
        return err_set(e, ERR_CONFIG, "data.augment.sigma_min: %g is above data.augment.sigma_max %g",
                       s->data.augment.sigma_min, s->data.augment.sigma_max);
    if (!settings_reads(settings_find("loss.global_weight", NULL), (enum method_kind)s->method.name)) return true;
    if (s->loss.global_weight == 0 && s->loss.local_weight == 0)
        return err_set(e, ERR_CONFIG, "loss.global_weight and loss.local_weight are both 0: nothing would be learned");
    if (s->loss.global_weight == 0 && !s->model.local)
        return err_set(e, ERR_CONFIG, "loss.global_weight: 0 without a local level: nothing would be learned");
    return true;
}

bool settings_check_live(const struct settings *s, int64_t step, int64_t epoch_steps, struct err *e)
{
    if (!settings_check(s, e)) return false;
    if (epoch_steps <= 0 || s->optim.epochs >= step / epoch_steps + (step % epoch_steps > 0)) return true;
    return err_set(e, ERR_CONFIG, "optim.epochs: %lld %s done already", (long long)(step / epoch_steps),
                   text_number(step / epoch_steps, "epoch is", "epochs are"));
}
