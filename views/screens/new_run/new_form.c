#include "views/screens/new_run/new_form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "engine/train/engine.h"
#include "store/run.h"
#include "views/analysis/differences.h"

/* ---- rows ------------------------------------------------------------------------------------------------ */

/* "data.augment" of "data.augment.flip"; "" of "kernels". */
static size_t group_length(const char *name)
{
    const char *dot = strrchr(name, '.');
    if (dot && strstr(name, ".view")) dot = strstr(name, ".view");
    return dot ? (size_t)(dot - name) : 0;
}

/* Headings: the name of a group, and its title. */
static const char *heading_of(const char *name, size_t n)
{
    static const struct {
        const char *group, *title;
    } rows[] = {
        { "method", "method: what is learned from" },
        { "model", "model: the encoder and its heads" },
        { "loss", "loss: weights of the terms" },
        { "data", "data: pictures and batches" },
        { "data.augment", "augment: how a picture becomes its views" },
        { "optim", "optim: how long and how fast" },
        { "train", "train: seed and threads" },
        { "checkpoint", "checkpoint: what is saved when" },
        { "diagnose", "diagnose: what is looked at, and limits of the verdict" },
        { "probe", "probe: the quick check of the features" },
        { "eval", "eval: how encoders are evaluated" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strlen(rows[i].group) == n && !strncmp(rows[i].group, name, n)) return rows[i].title;
    return "machine";
}

static void add_row(struct form *f, enum form_kind kind, const char *title, const struct setting *setting)
{
    if (f->count < FORM_ROWS) f->rows[f->count++] = (struct form_row){ kind, title, setting };
}

bool form_takes_parent(const struct form *f)
{
    return engine_method((enum method_kind)f->now.method.name)->labels;
}

/* Those that are changed most often stand at the top, whatever their group. */
static const char *const often[] = { "optim.epochs", "optim.lr", "data.batch" };

static bool is_often(const char *name)
{
    for (size_t i = 0; i < sizeof often / sizeof often[0]; i++)
        if (!strcmp(often[i], name)) return true;
    return false;
}

/* Preset, data set, name and what is changed most often come first; then what the method reads, in groups. */
static void make_rows(struct form *f)
{
    size_t n, group = (size_t)-1;
    const struct setting *rows = settings_table(&n);
    const char *last = "";
    f->count = 0;
    add_row(f, FORM_PRESET, "preset", NULL);
    add_row(f, FORM_SETTING, "data.name", settings_find("data.name", NULL));
    add_row(f, FORM_NAME, "name of the run", NULL);
    if (form_takes_parent(f)) add_row(f, FORM_PARENT, "parent", NULL);
    for (size_t i = 0; i < sizeof often / sizeof often[0]; i++)
        add_row(f, FORM_SETTING, often[i], settings_find(often[i], NULL));
    for (size_t i = 0; i < n; i++) {
        size_t length = group_length(rows[i].name);
        if (!strcmp(rows[i].name, "data.name") || is_often(rows[i].name) ||
            !settings_reads(&rows[i], (enum method_kind)f->now.method.name))
            continue;
        if (length != group || strncmp(last, rows[i].name, length))
            add_row(f, FORM_HEADING, heading_of(rows[i].name, length), NULL);
        group = length;
        last = rows[i].name;
        add_row(f, FORM_SETTING, rows[i].name, &rows[i]);
    }
}

/* The settings that decide which other settings apply: the method, and what it freezes. */
static const char *const deciding[] = { "method.name", "method.freeze" };

static bool decides(const struct setting *row)
{
    for (size_t i = 0; i < sizeof deciding / sizeof deciding[0]; i++)
        if (!strcmp(row->name, deciding[i])) return true;
    return false;
}

/* Recomputes the form after a change of its values. */
static void settle(struct form *f)
{
    char value[SETTINGS_TEXT];
    f->plain = f->base;
    for (size_t i = 0; i < sizeof deciding / sizeof deciding[0]; i++) {
        settings_get(&f->now, settings_find(deciding[i], NULL), value);
        settings_set(&f->plain, deciding[i], value, NULL);
    }
    make_rows(f);
    f->changes++;
}

static const struct settings *plain_of(const struct form *f, const struct setting *row)
{
    return decides(row) ? &f->base : &f->plain;
}

void form_init(struct form *f)
{
    *f = (struct form){ 0 };
    snprintf(f->preset, sizeof f->preset, "%s", SETTINGS_PRESET);
    settings_init(&f->bare);
    settings_preset(&f->bare, f->preset, NULL);
    f->base = f->now = f->bare;
    settle(f);
    f->changes = 0;
}

/* ---- values ---------------------------------------------------------------------------------------------- */

static void carry(void *ctx, const struct setting *row, const char *value)
{
    settings_set(ctx, row->name, value, NULL);
}

/* The parent's network and data set, as train takes them: all else is the method's own. */
static void inherit(struct settings *s, const struct settings *of, enum method_kind method)
{
    size_t n;
    const struct setting *rows = settings_table(&n);
    char value[SETTINGS_TEXT];
    for (size_t i = 0; i < n; i++) {
        const char *name = rows[i].name;
        if (strncmp(name, "model.", 6) != 0 && strcmp(name, "data.name") != 0) continue;
        if (!strcmp(name, "model.init") || (engine_method(method)->levels < 2 && !strcmp(name, "model.local")))
            continue;
        settings_get(of, &rows[i], value);
        settings_set(s, name, value, NULL);
    }
}

/* Put other values under the changes; a data set that was chosen stays, too. */
static void change_base(struct form *f, const struct settings *bare)
{
    struct settings under = *bare, *base = &under, now;
    if (f->parent) inherit(base, &f->of, (enum method_kind)f->now.method.name);
    f->bare = *bare;
    now = *base;
    differences_each(&f->base, &f->now, carry, &now);
    if (!*now.data.name) settings_set(&now, "data.name", f->now.data.name, NULL);
    f->base = *base;
    f->now = now;
    settle(f);
}

bool form_preset(struct form *f, const char *preset, struct err *e)
{
    struct settings base;
    settings_init(&base);
    if (!settings_preset(&base, preset, e)) return false;
    change_base(f, &base);
    snprintf(f->preset, sizeof f->preset, "%s", preset);
    f->saved[0] = f->path[0] = '\0';
    return true;
}

bool form_saved(struct form *f, int fd, const char *path, const char *name, struct err *e)
{
    struct settings base;
    char *text = file_take_text(fd, path, 1 << 20, e);
    settings_init(&base);
    bool ok = text && settings_preset(&base, SETTINGS_PRESET, e) && settings_read_ini(&base, text, path, e);
    free(text);
    if (!ok) return false;
    change_base(f, &base);
    snprintf(f->preset, sizeof f->preset, "%s", SETTINGS_PRESET);
    snprintf(f->saved, sizeof f->saved, "%s", name);
    snprintf(f->path, sizeof f->path, "%s", path);
    return true;
}

bool form_clone(struct form *f, const struct store_run *run, const char *init, struct err *e)
{
    struct settings base, now;
    settings_init(&base);
    settings_init(&now);
    if (!settings_preset(&base, *run->preset ? run->preset : SETTINGS_PRESET, e)) return false;
    if (!settings_read_ini(&now, run->config ? run->config : "", run->name, e)) return false;
    if (init && !settings_set(&now, "model.init", init, e)) return false;
    f->parent = 0;
    f->bare = f->base = f->now = base; /* what is as the preset has it stays open to a change of the method */
    differences_each(&base, &now, carry, &f->now);
    snprintf(f->preset, sizeof f->preset, "%s", *run->preset ? run->preset : SETTINGS_PRESET);
    f->saved[0] = f->path[0] = f->name[0] = '\0';
    settle(f);
    return true;
}

bool form_set(struct form *f, const struct setting *row, const char *text, struct err *e)
{
    struct settings now = f->now;
    if (!settings_set(&now, row->name, text, e)) return false;
    f->now = now;
    settle(f);
    if (f->parent && !form_takes_parent(f)) form_parent(f, NULL, NULL);
    return true;
}

bool form_parent(struct form *f, const struct store_run *run, struct err *e)
{
    struct settings of, bare = f->bare;
    settings_init(&of);
    if (run && !settings_read_ini(&of, run->config ? run->config : "", run->name, e)) return false;
    f->of = of;
    f->parent = run ? run->id : 0;
    snprintf(f->parent_name, sizeof f->parent_name, "%s", run ? run->name : "");
    change_base(f, &bare);
    return true;
}

void form_reset(struct form *f, const struct setting *row)
{
    char value[SETTINGS_TEXT];
    struct settings to = f->now;
    settings_get(plain_of(f, row), row, value);
    settings_set(&to, row->name, value, NULL);
    f->now = f->base; /* so that it no longer counts as set by the user */
    differences_each(&f->base, &to, carry, &f->now);
    settle(f);
}

bool form_changed(const struct form *f, const struct setting *row)
{
    return !differences_same(plain_of(f, row), &f->now, row);
}

int form_differs(const struct form *f)
{
    int n = 0;
    for (int i = 0; i < f->count; i++)
        n += f->rows[i].setting && strcmp(f->rows[i].title, "data.name") && form_changed(f, f->rows[i].setting);
    return n;
}

bool form_check(const struct form *f, struct err *e)
{
    if (!*f->now.data.name) return err_set(e, ERR_CONFIG, "data.name: choose a data set first, or import one");
    if (*f->name && !store_name_check("run", f->name, e)) return false;
    return settings_check(&f->now, e);
}

/* ---- words ----------------------------------------------------------------------------------------------- */

struct word_list {
    char **words;
    int count;
    bool broken;
};

static void add_word(struct word_list *l, const char *word)
{
    char *copy = l->count < FORM_WORDS - 1 ? text_copy(word) : NULL;
    if (copy)
        l->words[l->count++] = copy;
    else
        l->broken = true;
}

static void add_assignment(void *ctx, const struct setting *row, const char *value)
{
    char word[SETTINGS_TEXT + 64];
    snprintf(word, sizeof word, "%s=%s", row->name, value);
    add_word(ctx, word);
}

bool form_words(const struct form *f, const char *const *first, char *words[FORM_WORDS])
{
    struct word_list l = { .words = words };
    char parent[24];
    memset(words, 0, FORM_WORDS * sizeof *words);
    for (int i = 0; first[i]; i++) add_word(&l, first[i]);
    add_word(&l, "--preset");
    add_word(&l, f->preset);
    if (*f->path) add_word(&l, "--config"), add_word(&l, f->path);
    if (f->parent)
        snprintf(parent, sizeof parent, "%lld", (long long)f->parent), add_word(&l, "--parent"), add_word(&l, parent);
    if (*f->name) add_word(&l, "--name"), add_word(&l, f->name);
    differences_each(&f->base, &f->now, add_assignment, &l);
    if (!l.broken) return true;
    form_free_words(words);
    return false;
}

void form_free_words(char *words[FORM_WORDS])
{
    for (int i = 0; i < FORM_WORDS; i++) {
        free(words[i]);
        words[i] = NULL;
    }
}
