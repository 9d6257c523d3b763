/* Settings: one table drives the config file, --set, --help-keys, the stored copy of a run and its forms.
 *
 * `struct settings` is plain values. Each has a row in the table: name, type, place, default (of preset `small`),
 * range, unit, help, and whether it may change while a run is in progress. A new setting is one member and one row. */
#ifndef MLVICX_BASE_SETTINGS_H
#define MLVICX_BASE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/base/methods.h"
#include "engine/base/text.h"

enum { SETTINGS_TEXT = 256 }; /* bytes of a text value, with NUL */

struct settings {
    struct {
        int name;    /* enum method_kind */
        int64_t out; /* 0: model.dim     */
        double off, temperature, ema, sigreg;
        int64_t slices;
        bool predictor;
        int freeze;    /* enum freeze */
        int weighting; /* enum weighting */
    } method;
    struct {
        int arch; /* enum model_arch of engine/model/shape.h: 0 resnet18, 1 resnet50 */
        int64_t width, context_reduction, dim, fuse, grid;
        double context_start;
        bool context, local, fuse_trained;
        char init[SETTINGS_TEXT]; /* "kaiming" or a path */
    } model;
    struct {
        double global_weight, local_weight, inv, var, cov;
    } loss;
    struct {
        char name[SETTINGS_TEXT];
        int64_t size, batch, threads; /* threads 0: auto */
        double labels, held_out;      /* percent of the labels; of the training patients, for want of others */
        int64_t draw, epoch_steps;
        struct {
            int recipe;                                           /* 0 published, 1 radiograph */
            double area_min, area_max, aspect;                    /* aspect: log-uniform in 1/aspect..aspect */
            double flip, rotate;                                  /* probability; largest angle in degrees */
            double jitter, brightness, contrast, saturation, hue; /* probability, then strengths */
            double grey;                                          /* probability */
            double sigma_min, sigma_max;                          /* of the blur, pixels */
            double blur1, blur2, solarize1, solarize2;            /* probabilities by view */
            int64_t solarize_threshold;
        } augment;
    } data;
    struct {
        int kind; /* 0 adamw, 1 lars */
        double lr, momentum, weight_decay, eta, clip;
        int64_t epochs, accumulate;
        double warmup_epochs;
    } optim;
    struct {
        int64_t seed, threads, patience;
        int on_divergence; /* enum divergence */
    } train;
    struct {
        double minutes;
        int64_t every, keep;
    } checkpoint;
    struct {
        int64_t steps, images, keep;
    } diagnose;
    struct {
        int64_t epochs, images;
    } probe;
    struct {
        bool context;
    } eval;
    bool autotune;
    int kernels;       /* 0 auto, then the names of settings_kernels */
    uint64_t given[2]; /* bit i: row i of the table was set by someone, so no method changes it */
    int preset;        /* 1 up: that what it says is the default of whatever no method and no one sets; 0: none */
};

enum setting_type { SETTING_INT, SETTING_FLOAT, SETTING_BOOL, SETTING_CHOICE, SETTING_TEXT_VALUE };
enum setting_change { SETTING_NEW_RUN, SETTING_LIVE };

struct setting {
    const char *name;
    enum setting_type type;
    size_t offset;            /* in struct settings */
    const char *initial;      /* text of the default */
    double min, max;          /* inclusive, for numbers */
    const char *const *words; /* NULL-terminated choices */
    const char *unit, *help;
    enum setting_change change;
};

/** All rows; `*n` filled with their number. */
const struct setting *settings_table(size_t *n);

/** Names of the objectives by enum method_kind, then NULL. */
extern const char *const settings_methods[METHOD_COUNT + 1];

/** The row called `name`, or so in former versions; NULL with an error that names the nearest key. */
const struct setting *settings_find(const char *name, struct err *e);

/** Whether a run of `method` reads this setting; the values of the others mean nothing to it. */
bool settings_reads(const struct setting *row, enum method_kind method);

/** What takes no update while a classifier learns: values of method.freeze. */
enum freeze { FREEZE_NONE, FREEZE_ENCODER };
/** How much an image counts by its labels: values of method.weighting. */
enum weighting { WEIGHTING_NONE, WEIGHTING_BALANCED };

/** What a run does when its loss is not finite: values of train.on_divergence. */
enum divergence { DIVERGENCE_ASK, DIVERGENCE_STOP, DIVERGENCE_LOWER };

/** Defaults: preset `small`. */
void settings_init(struct settings *s);

/** Apply preset demo | small | paper | fundus on top. Where the method has a default of its own for a key, that holds:
 * a preset is no one's wish for a single key. */
bool settings_preset(struct settings *s, const char *preset, struct err *e);
/** NULL-terminated names of presets. */
const char *const *settings_presets(void);
#define SETTINGS_PRESET "small" /* where none is named */

/** Set one value from text. An unknown key or a value outside its range is an error (the key, the range, the nearest
 * key). `data.augment.recipe` also sets the values of the recipe, which later keys may change again; `method.name` and
 * `method.freeze` the defaults of the method, of keys that no one set, before or after. */
bool settings_set(struct settings *s, const char *name, const char *value, struct err *e);
/** The same from "KEY=VALUE". */
bool settings_assign(struct settings *s, const char *assignment, struct err *e);

/** The same of what a store kept: a key of former versions that says nothing any more is passed over. */
bool settings_assign_stored(struct settings *s, const char *assignment, struct err *e);

/** settings_assign, where the key may change while a run is in progress; otherwise an error that says what to do. */
bool settings_assign_live(struct settings *s, const char *assignment, struct err *e);

/** Text of one value, as it would be written to a file. Floats print shortest such that reading gives the same bits. */
void settings_get(const struct settings *s, const struct setting *row, char out[SETTINGS_TEXT]);

/** Read INI text ("[model]\nwidth = 64"; a line that starts with '#' or ';' is a comment) on top of `s`. `where` names
 * it in errors, with line numbers. Keys of former versions that say nothing any more are passed over. */
bool settings_read_ini(struct settings *s, const char *text, const char *where, struct err *e);
/** Every value as INI text; reading it gives the same settings. */
void settings_write_ini(const struct settings *s, struct text *out);

/** Checks between keys (warm-up shorter than the run, reduction divides nothing to zero, ...). */
bool settings_check(const struct settings *s, struct err *e);
/** The same for a run that has done `step` steps, `epoch_steps` of them an epoch (0: not known): no fewer epochs than
 * are done. Whoever changes a live setting assigns it with settings_assign_live, then asks this. */
bool settings_check_live(const struct settings *s, int64_t step, int64_t epoch_steps, struct err *e);

#endif
