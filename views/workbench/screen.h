/* A screen is a table of functions, and so are its keys.
 *
 * The loop (loop.c) owns time, input and drawing. A screen reads the store in `read`, when the loop says what is new,
 * and draws what it has in `draw`, which does no input or output. Actions change the screen's state and say what
 * follows. The list of all screens stands above them (views/screens.def) and is handed in. */
#ifndef MLVICX_VIEWS_SCREEN_H
#define MLVICX_VIEWS_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"
#include "views/terminal/canvas.h"

struct workbench;

/** What happened since a screen last read (an or of these). */
enum news {
    NEWS_OPEN = 1,   /* it is shown for the first time                       */
    NEWS_STORE = 2,  /* someone committed                                   */
    NEWS_SECOND = 4, /* a second passed: ages and clocks                     */
    NEWS_RUN = 8,    /* another run is shown, or other runs are marked       */
    NEWS_STEP = 16,  /* another step or level                                */
    NEWS_SIZE = 32,  /* the screen's size                                    */
    NEWS_MORE = 64,  /* the screen asked to continue reading (news_more)       */
    NEWS_ROWS = 128, /* of the shown, a marked or no run: its row, events, checkpoints or evaluations are others  */
    NEWS_PAST = 256, /* of the shown or a marked run what was recorded is another: it was rewound, resumed, it ended:
                        whatever is kept of it is to be read anew */
    NEWS_DATA = 512, /* data sets came or went */
};

/** What an action asks of the loop (an or of these). */
enum after {
    AFTER_NOTHING = 0,
    AFTER_DRAW = 1,
    AFTER_READ = 2,   /* read again (with the news that the action made), then draw */
    AFTER_UNUSED = 4, /* the key means nothing here                                  */
};

/** When a key does something; shown dim in help otherwise, and the loop says why. */
enum needs {
    NEEDS_NOTHING = 0,
    NEEDS_RUN = 1,   /* a run is chosen          */
    NEEDS_WRITE = 2, /* the store can be written */
};

struct key_bind {
    int key, twin;     /* keys.h; twin 0: none                              */
    const char *name;  /* of the action: "pause"; what a key file remaps    */
    const char *label; /* in the key bar, one or two words; NULL: help only */
    const char *help;  /* a line                                            */
    /** Returns enum after bits. Keys that do the same in different ways share an action, each with its argument. */
    unsigned (*act)(struct workbench *wb, void *state, int argument);
    unsigned needs;
    int argument;
};

struct screen {
    const char *name;            /* "covariance": what :COMMANDS and the store call it */
    const char *title;           /* "Covariance"                                       */
    const char *brief;           /* "Cov": in narrow tabs                              */
    char digit;                  /* its key; 0: none                                   */
    const char *about;           /* what it shows and how to read it: for help         */
    const struct key_bind *keys; /* ends with a row without name; NULL: none */
    size_t size;                 /* bytes of its state, zeroed before open             */
    bool needs_run;              /* without a run the loop says so in its place        */
    /** All may be NULL. `open` may fail (the error is shown in the screen's place). */
    bool (*open)(struct workbench *wb, void *state, struct err *e);
    void (*close)(struct workbench *wb, void *state);
    /** Read what is new; true when it is to be drawn. Errors: message_fail. */
    bool (*read)(struct workbench *wb, void *state, unsigned news);
    void (*draw)(struct workbench *wb, void *state, const struct area *a);
    /** A screen that is not about one run: what its title line says ("14 runs, 1 running"). */
    void (*place)(struct workbench *wb, void *state, char *out, size_t size);
    /** A key before the tables see it (forms): AFTER_UNUSED passes it on. */
    unsigned (*key)(struct workbench *wb, void *state, int key);
    /** A click, relative to the area it drew last; and the wheel: by -1 or 1. */
    unsigned (*click)(struct workbench *wb, void *state, int y, int x);
    unsigned (*wheel)(struct workbench *wb, void *state, int by);
};

enum { SCREENS_MOST = 16 };
/** Place of a screen in a list that NULL ends, by its name; -1: none (or NULL). */
int screen_index(const struct screen *const *screens, const char *name);
/** ERR_USAGE with the nearest name for one that is none; NULL is fine. */
bool screen_check(const struct screen *const *screens, const char *name, struct err *e);

#endif
