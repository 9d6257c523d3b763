/* A screen is a table of functions, and so are its keys.
 *
 * The loop (loop.c) owns time, input and drawing. A screen reads the store in `read`, when the loop says what is
 * new. It draws its state in `draw`, which does no input or output. Actions change the screen's state and return
 * what must follow. The list of all screens is above them (views/screens.def) and is passed in. */
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
    NEWS_STORE = 2,  /* a program committed */
    NEWS_SECOND = 4, /* a second passed: ages and clocks */
    NEWS_RUN = 8,    /* another run is shown, or other runs are marked       */
    NEWS_STEP = 16,  /* another step or level                                */
    NEWS_SIZE = 32,  /* the screen's size                                    */
    NEWS_MORE = 64,  /* the screen asked to continue reading (news_more)       */
    NEWS_ROWS = 128, /* rows changed: a run's row, events, checkpoints or evaluations (shown, marked, or no run) */
    NEWS_PAST = 256, /* the recorded past of the shown or a marked run changed: it was rewound or resumed, or it ended.
                        Whatever is kept of it must be read again */
    NEWS_DATA = 512, /* data sets came or went */
    NEWS_X = 1024,   /* charts over a run get another x axis, or runs are grouped by other settings */
};

/** What an action asks of the loop (an or of these). */
enum after {
    AFTER_NOTHING = 0,
    AFTER_DRAW = 1,
    AFTER_READ = 2,   /* read again (with the news that the action caused), then draw */
    AFTER_UNUSED = 4, /* the key has no meaning here */
};

/** When a key is active; otherwise it is dim in help, and the loop says why. */
enum needs {
    NEEDS_NOTHING = 0,
    NEEDS_RUN = 1,   /* a run is chosen          */
    NEEDS_WRITE = 2, /* the store can be written */
};

struct key_bind {
    int key, twin;     /* keys.h; twin 0: none                              */
    const char *name;  /* name of the action: "pause"; a key file refers to it */
    const char *label; /* in the key bar, one or two words; NULL: help only */
    const char *help;  /* a line                                            */
    /** Returns enum after bits. Keys with similar effects share an action, each with its own argument. */
    unsigned (*act)(struct workbench *wb, void *state, int argument);
    unsigned needs;
    int argument;
};

struct screen {
    const char *name;            /* "covariance": its name in :COMMANDS and in the store */
    const char *title;           /* "Covariance"                                       */
    const char *brief;           /* "Cov": in narrow tabs                              */
    char digit;                  /* its key; 0: none                                   */
    const char *about;           /* what it shows and how to read it: for help */
    const struct key_bind *keys; /* ends with a row without name; NULL: none */
    size_t size;                 /* bytes of its state, zeroed before open             */
    bool needs_run;              /* without a run the loop shows a message instead */
    bool chooses_run;            /* it tells of the shown run among others: of its alarm, too */
    const char *partner;         /* the screen that a wide terminal shows beside it unasked; NULL: none */
    /** All may be NULL. `open` may fail (the error is shown in place of the screen). */
    bool (*open)(struct workbench *wb, void *state, struct err *e);
    void (*close)(struct workbench *wb, void *state);
    /** Reads what is new; true if it must be drawn. Errors: message_fail. */
    bool (*read)(struct workbench *wb, void *state, unsigned news);
    void (*draw)(struct workbench *wb, void *state, const struct area *a);
    /** For a screen that is not about one run: its title line ("14 runs, 1 running"). */
    void (*place)(struct workbench *wb, void *state, char *out, size_t size);
    /** The keys that matter in the state that it is in, for the key bar (an enlarged chart, an empty list); NULL, also
     * as an answer: those of `keys`. Rows without `act`: a key does what `keys` (of the same name) or `key` say. */
    const struct key_bind *(*bar)(struct workbench *wb, void *state);
    /** Handles a key before the tables do (forms): AFTER_UNUSED passes it on. */
    unsigned (*key)(struct workbench *wb, void *state, int key);
    /** A click, relative to the area that it drew last; and the wheel: by -1 or 1. */
    unsigned (*click)(struct workbench *wb, void *state, int y, int x);
    unsigned (*wheel)(struct workbench *wb, void *state, int by);
};

enum { SCREENS_MOST = 16 };
/** Index of a screen in a NULL-ended list, by its name; -1: none (or NULL). */
int screen_index(const struct screen *const *screens, const char *name);
/** ERR_USAGE with the nearest name if there is no such screen; NULL is allowed. */
bool screen_check(const struct screen *const *screens, const char *name, struct err *e);

#endif
