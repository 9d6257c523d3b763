/* Presets, recipes and defaults of methods as lists of assignments, and which methods read a setting. */
#include "engine/base/settings_defaults.h"

#include <stdbool.h>
#include <string.h>

#define METHOD_WORD(name, defaults) #name,
const char *const settings_methods[METHOD_COUNT + 1] = { METHODS(METHOD_WORD) NULL };
const char *const settings_recipe_names[] = { "published", "radiograph", NULL };

static const struct assignment recipe_published[] = {
    { "data.augment.area_min", "0.08" },
    { "data.augment.area_max", "1" },
    { "data.augment.rotate", "0" },
    { "data.augment.view2.solarize", "0.2" },
    { NULL, NULL },
};
static const struct assignment recipe_radiograph[] = {
    { "data.augment.area_min", "0.3" },
    { "data.augment.area_max", "1" },
    { "data.augment.rotate", "10" },
    { "data.augment.view2.solarize", "0" },
    { NULL, NULL },
};
const struct assignment *const settings_recipe_lists[] = { recipe_published, recipe_radiograph };

/* What is another default with a method: engine/base/methods.h. */
static const struct assignment defaults_none[] = { { NULL, NULL } };
static const struct assignment defaults_encoder_alone[] = {
    { "model.context", "off" },
    { "model.local", "off" },
    { NULL, NULL },
};
static const struct assignment defaults_simclr[] = {
    { "model.context", "off" },
    { "model.local", "off" },
    { "method.out", "128" },
    { NULL, NULL },
};
static const struct assignment defaults_byol[] = {
    { "model.context", "off" },
    { "model.local", "off" },
    { "method.out", "256" },
    { NULL, NULL },
};
static const struct assignment defaults_supervised[] = {
    { "model.context", "off" },
    { "model.local", "off" },
    { "data.augment.area_min", "0.7" },
    { "data.augment.area_max", "1" },
    { "data.augment.flip", "0.5" },
    { "data.augment.rotate", "15" },
    { "data.augment.jitter", "0" },
    { "data.augment.grey", "0" },
    { "data.augment.view1.blur", "0" },
    { "data.augment.view1.solarize", "0" },
    { "optim.kind", "adamw" },
    { "optim.lr", "0.0003" },
    { "optim.weight_decay", "0.01" },
    { "optim.clip", "1" },
    { "optim.warmup_epochs", "0" },
    { "probe.epochs", "5" },
    { NULL, NULL },
};
/* On top of them while the encoder is frozen. */
const struct assignment settings_frozen_list[] = { { "optim.lr", "0.003" }, { NULL, NULL } };
#define METHOD_DEFAULTS(name, defaults) defaults,
const struct assignment *const settings_method_lists[METHOD_COUNT] = { METHODS(METHOD_DEFAULTS) };

static const struct assignment preset_demo[] = {
    { "data.name", "phantom" },
    { "data.size", "48" },
    { "model.width", "16" },
    { "model.dim", "256" },
    { "model.fuse", "128" },
    { "model.context_start", "3" },
    /* Gentle views: a thousand steps on small pictures do not get beyond the plateau of uncorrelated views otherwise,
     * a heart that may lie on either side is learned as neither, and findings at the wall of the chest need the wall.
     */
    { "data.augment.area_min", "0.8" },
    { "data.augment.flip", "0" },
    { "data.augment.rotate", "3" },
    { "data.augment.sigma_max", "0.8" },
    { "data.augment.brightness", "0.3" },
    { "data.augment.contrast", "0.3" },
    { "optim.lr", "0.004" },
    { "optim.epochs", "40" },
    { "optim.warmup_epochs", "3" },
    { "probe.epochs", "5" },
    { NULL, NULL },
};
/* Gates that start open: short runs gain by it (engine/train/LEARNING.md); `paper` keeps them as published. */
static const struct assignment preset_small[] = { { "model.context_start", "3" }, { NULL, NULL } };
static const struct assignment preset_paper[] = {
    { "model.width", "64" },
    { "model.dim", "4096" },
    { "model.fuse", "512" },
    { "model.fuse_trained", "off" },
    { "data.size", "224" },
    { "data.batch", "64" },
    { "data.augment.recipe", "published" },
    { "optim.kind", "lars" },
    { "optim.lr", "0.2" },
    { "optim.weight_decay", "1e-06" },
    { "optim.epochs", "300" },
    { "optim.warmup_epochs", "2" },
    { NULL, NULL },
};
static const struct assignment preset_fundus[] = {
    { "data.size", "96" },   { "optim.epochs", "60" },       { "data.augment.rotate", "30" },
    { "optim.lr", "0.001" }, { "optim.warmup_epochs", "2" }, { "model.context_start", "3" },
    { NULL, NULL },
};

const char *const settings_preset_names[] = { "demo", "small", "paper", "fundus", NULL };
const struct assignment *const settings_preset_lists[] = { preset_demo, preset_small, preset_paper, preset_fundus };

const char *settings_said(const struct assignment *a, const char *key, const char *otherwise)
{
    for (; a->key; a++) {
        if (!strcmp(a->key, key)) otherwise = a->value;
        if (strcmp(a->key, "data.augment.recipe") != 0) continue;
        for (int r = 0; settings_recipe_names[r]; r++)
            if (!strcmp(settings_recipe_names[r], a->value))
                otherwise = settings_said(settings_recipe_lists[r], key, otherwise);
    }
    return otherwise;
}

/* Who reads a setting, by the beginnings of names; all methods read what is not here. */
static const struct {
    const char *name;
    bool others;         /* all but `methods` */
    const char *methods; /* with blanks between */
} readers[] = {
    { "method.out", true, "supervised" },
    { "method.off", false, "barlow" },
    { "method.predictor", false, "byol simsiam" },
    { "method.ema", false, "byol" },
    { "method.temperature", false, "simclr" },
    { "method.sigreg", false, "lejepa" },
    { "method.slices", false, "lejepa" },
    { "method.freeze", false, "supervised" },
    { "method.weighting", false, "supervised" },
    { "model.dim", true, "supervised" },
    { "model.local", false, "mlvicx" },
    { "model.fuse", false, "mlvicx" },
    { "model.grid", false, "mlvicx" },
    { "loss.global_weight", true, "supervised" },
    { "loss.local_weight", false, "mlvicx" },
    { "loss.", false, "mlvicx vicreg" },
    { "data.labels", false, "supervised" },
    { "data.draw", false, "supervised" },
    { "data.held_out", false, "supervised" },
    { "data.epoch_steps", false, "supervised" },
    { "data.augment.recipe", true, "supervised" },
    { "data.augment.view2", true, "supervised" },
    { "train.patience", false, "supervised" },
};

static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; (p = strstr(p, word)); p += n)
        if ((p == list || p[-1] == ' ') && (p[n] == ' ' || !p[n])) return true;
    return false;
}

bool settings_reads(const struct setting *row, enum method_kind method)
{
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (!strncmp(row->name, readers[i].name, strlen(readers[i].name)))
            return has_word(readers[i].methods, settings_methods[method]) != readers[i].others;
    return true;
}
