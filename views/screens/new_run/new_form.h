/* The form of a new run: every setting that the chosen method reads, in groups, on top of a preset. It holds values
 * and texts and does not depend on the screen. */
#ifndef MLVICX_VIEWS_NEW_FORM_H
#define MLVICX_VIEWS_NEW_FORM_H

#include "engine/base/settings.h"
#include "store/run.h"

enum { FORM_ROWS = 112, FORM_WORDS = 120 };

enum form_kind { FORM_HEADING, FORM_PRESET, FORM_NAME, FORM_PARENT, FORM_SETTING };

struct form_row {
    enum form_kind kind;
    const char *title;             /* static: of a heading "loss", else the key */
    const struct setting *setting; /* of FORM_SETTING                           */
};

struct form {
    struct form_row rows[FORM_ROWS];
    int count;
    struct settings bare, of;  /* the preset's values, and those of the parent where there is one */
    struct settings base, now; /* the preset's with the parent's network, and the form's */
    struct settings plain;     /* the preset's with the form's method: what a row is when no one changes it */
    char preset[32];           /* built in                                              */
    char saved[80];            /* name of a saved preset on top of it, "" for none     */
    char path[STORE_PATH];     /* its file                                              */
    int64_t parent;            /* run whose encoder it begins with, 0: none */
    char parent_name[STORE_NAME];
    char name[STORE_NAME]; /* of the run, "" for one of its own                     */
    int changes;           /* counts up with each change                            */
};

void form_init(struct form *f);
/** Starts from a preset. What was changed before stays changed. */
bool form_preset(struct form *f, const char *preset, struct err *e);
/** Starts from an open file of saved settings, which is closed; `name` is the name of the saved preset. */
bool form_saved(struct form *f, int fd, const char *path, const char *name, struct err *e);
/** The settings of a run, on top of its preset. `init`: the path of the run's own copy of its initial weights, which
 * remains when the original is gone; NULL: it has none. */
bool form_clone(struct form *f, const struct store_run *run, const char *init, struct err *e);
/** Whether runs of the form's method may begin with the encoder of another run: those that learn from labels. */
bool form_takes_parent(const struct form *f);
/** Begin with the encoder of a run, with its network and data set as `train --parent` takes them; NULL: of none. */
bool form_parent(struct form *f, const struct store_run *run, struct err *e);
bool form_set(struct form *f, const struct setting *row, const char *text, struct err *e);
/** Resets a row to the value of preset and method. */
void form_reset(struct form *f, const struct setting *row);
bool form_changed(const struct form *f, const struct setting *row);
/** The number of settings that differ from preset and method; a method that is not the preset's counts as one. */
int form_differs(const struct form *f);
/** Can a run begin so? */
bool form_check(const struct form *f, struct err *e);

/** The words of a command of this program: `first` (NULL-ended), then the options that express the form. Fills words
 * (NULL-ended), owned: form_free_words. False if memory ran out. */
bool form_words(const struct form *f, const char *const *first, char *words[FORM_WORDS]);
void form_free_words(char *words[FORM_WORDS]);

#endif
