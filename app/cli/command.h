/* What every command consists of: a row that describes it, its parsed arguments, and the state of the program.
 *
 * A command is in the file of its family, defines `const struct command command_NAME` and has one line in the
 * register; usage, --help, option parsing and the nearest-name hints come from its row. Only files of app/ talk to
 * the user: results on stdout (text, or one JSON value with --json), progress and the one-line error on stderr. */
#ifndef MLVICX_APP_COMMAND_H
#define MLVICX_APP_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/run.h"
#include "store/database/store.h"

struct app;
struct arguments;

enum option_type {
    OPTION_FLAG,    /* --detach          */
    OPTION_TEXT,    /* --name N          */
    OPTION_INT,     /* --size N          */
    OPTION_FLOAT,   /* --share X         */
    OPTION_SETTING, /* --size N, a number in the range of the setting that `value` names; help tells that range */
    OPTION_DASH,    /* no option: arguments of this command may begin with one dash; the name is used in help */
};

/** One option. If it is given several times, the last counts, or all of them through arguments_nth. */
struct option_row {
    const char *name; /* without dashes                                       */
    char letter;      /* 'o' for -o, or 0                                     */
    enum option_type type;
    const char *value; /* name of the value in help: "N", "FILE"; NULL: a flag */
    const char *help;
    double min, max; /* inclusive range of numbers; both 0: any. OPTION_SETTING: not below min */
};

struct command {
    const char *name;                 /* "runs", or of two words: "data import"                              */
    const char *arguments;            /* as help shows them: "RUN [--json]"                                  */
    const char *summary;              /* one line, no full stop                                              */
    int least, most;                  /* number of arguments besides options; most -1: any number */
    const struct option_row *options; /* ends with a row without name; NULL: none besides the global ones */
    int (*run)(struct app *app, const struct arguments *a); /* returns the exit status            */
    const char *details; /* more lines for `mlvicx COMMAND --help`, or NULL                     */
};

/** State of one invocation. `json`, `quiet` and the folder of the store are global options. */
struct app {
    const struct command *const *commands; /* all, in the order of --help, ended by NULL; borrowed from main */
    const char *dir;                       /* --store DIR, or NULL: environment or default place */
    bool trust;                            /* --trust-store: the owner of the store is not checked */
    bool json, quiet;
    bool keep_trash;     /* what has been in the trash for its time is not deleted as the store opens */
    bool terminal;       /* stderr is a terminal: progress may rewrite its line */
    struct store *store; /* opened on demand by app_store; closed by main       */
    double shown;        /* time of the last plain line of progress */
    int rows;            /* of progress that is on the terminal, unfinished */
};

/* ---- arguments ---- */

/** Arguments besides options: their number, and argument i (NULL beyond the end). */
int arguments_count(const struct arguments *a);
const char *arguments_word(const struct arguments *a, int i);
/** True if the option was given. */
bool arguments_has(const struct arguments *a, const char *option);
/** Value of an option, the last one given, or `otherwise`. */
const char *arguments_text(const struct arguments *a, const char *option, const char *otherwise);
/** Value i = 0, 1, ... of an option given several times; NULL beyond the end. */
const char *arguments_nth(const struct arguments *a, const char *option, int i);
/** Numbers were checked for type and range during parsing. */
int64_t arguments_int(const struct arguments *a, const char *option, int64_t otherwise);
double arguments_float(const struct arguments *a, const char *option, double otherwise);

/* ---- the workspace ---- */

/** The store, opened on demand in `mode` (a handle for reading is replaced when writing is requested); NULL with an
 * error. Borrowed until the program ends. A remark of its handle (store_remark) is printed. If root uses
 * --trust-store, this process becomes the owner of the store permanently, before it writes. */
struct store *app_store(struct app *app, enum store_mode mode, struct err *e);
/** Whether --store names a folder that is not there, as a typing error does: who only reads or looks makes none. */
bool app_store_is_misspelt(const struct app *app);
/** The same for commands that need an existing run or data set: if there is no store none is created, and the error
 * says so. */
struct store *app_existing_store(struct app *app, enum store_mode mode, struct err *e);
/** The run that a user's argument means: an id, a name or its prefix, @last, @best. `run` is filled and owned by the
 * caller (store_run_clear). Opens the store for reading if it is not open. */
bool app_find_run(struct app *app, const char *word, struct store_run *run, struct err *e);
/** The same for RUN@STEP, as in "@last@1200" or "kermany-1@0"; `*step` -1 if no step was given, or @last. "@best" is
 * the step of the run's checkpoint with the highest AUC. */
bool app_find_run_step(struct app *app, const char *word, struct store_run *run, int64_t *step, struct err *e);
/** Where no data set was named: the only one of the store, which is said; "" if there is none, or several, or no store.
 */
bool app_only_dataset(struct app *app, char name[STORE_NAME], struct err *e);

/* ---- errors, output ---- */

/** Prints `mlvicx: MESSAGE` on stderr (one line, no control characters); returns the exit status of its code. */
int app_fail(const struct app *app, const struct err *e);
/** Ends a list from which `count` rows were left out because they cannot be read: says so, and why, on standard
 * error. `what` is for example "run" or "data set". Returns `status`, or if that is 0 and some were left out, the
 * status of a failure. */
int app_passed_over(const struct app *app, int status, const char *what, size_t count, const struct err *why);
/** A remark on stderr: `mlvicx: ...`; nothing with --quiet, nor where it repeats the one before. */
void app_note(const struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** A line on stderr that belongs to the work in progress; nothing with --quiet. May be mixed with app_progress. */
void app_say(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Prints text on stdout with control characters replaced: for lines that contain names. A newline of the format is
 * kept. */
void app_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** One line of progress on stderr: rewritten in place on a terminal; elsewhere a plain line, at most one every few
 * seconds unless `last`. `last` ends the line. Nothing with --quiet. */
void app_progress(struct app *app, bool last, const char *format, ...) __attribute__((format(printf, 3, 4)));
/** Whether the user at the terminal answers yes to the question that was printed last. */
bool app_agreed(void);
/** Flushes stdout; 0, or 1 with an error line if it could not be written (a full disk, a closed pipe). */
int app_finish(const struct app *app);

#endif
