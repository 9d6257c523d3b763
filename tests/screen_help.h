/* What a screen shows after keys, as text: the workbench on a store, by a script, at a fixed time. */
#ifndef MLVICX_TESTS_SCREEN_HELP_H
#define MLVICX_TESTS_SCREEN_HELP_H

#include "engine/base/files.h"
#include "tests/store_help.h"
#include "tests/synthetic_store.h"
#include "views/screens.h"
#include "views/workbench/loop.h"
#include "views/workbench/workbench.h"

/** Fills the store with the dozen synthetic runs that screens are shown on. */
static inline void synthetic_runs(struct store *s)
{
    const struct synthetic_store twelve = { .runs = 12 };
    OK(synthetic_store_fill(s, &twelve, NULL, NULL, &error));
}

/** Owned by the caller (free). `keys` may hold several lines. */
static inline char *screen_text(struct store *s, const char *screen, const char *run, const char *keys, int rows,
                                int columns, bool ascii)
{
    char script[STORE_PATH + 32], shown[STORE_PATH + 32];
    snprintf(script, sizeof script, "%s/script", store_dir(s));
    snprintf(shown, sizeof shown, "%s/shown", store_dir(s));
    FILE *f = fopen(script, "w");
    assert_non_null(f);
    fprintf(f, ":clock 2026-03-01T09:30:00\n%s\n:save-display %s\n", keys, shown);
    fclose(f);
    static const char *const verbs[] = { "rm\tRUN ...\tmove runs into the trash", NULL };
    struct workbench_config c = { .screens = screens,
                                  .verbs = verbs,
                                  .store = s,
                                  .program = "/bin/true",
                                  .run = run,
                                  .screen = screen,
                                  .script = script,
                                  .rows = rows,
                                  .columns = columns,
                                  .ascii = ascii,
                                  .mono = ascii };
    OK(workbench_run(&c, &error));
    char *text = file_read_text(shown, 1 << 20, &error);
    assert_non_null(text);
    return text;
}

/** After keys the screen shows each of `says`, which a NULL or `most` ends. */
static inline void screen_says(struct store *s, const char *screen, const char *run, const char *keys, int rows,
                               int columns, const char *const *says, int most)
{
    char *text = screen_text(s, screen, run, keys, rows, columns, false);
    for (int k = 0; k < most && says[k]; k++)
        if (!strstr(text, says[k]))
            fail_msg("%s of run %s, keys '%s' lack '%s':\n%s", screen, run, keys, says[k], text);
    free(text);
}

/** After keys the screen has as many rows as the terminal, from one cell to a wall, in ASCII too. */
static inline void screen_fits_any_size(struct store *s, const char *screen, const char *run, const char *keys)
{
    static const int sizes[][2] = { { 1, 1 },   { 2, 7 },    { 5, 20 },  { 7, 33 },   { 10, 31 },
                                    { 24, 80 }, { 40, 120 }, { 60, 61 }, { 100, 300 } };
    for (size_t z = 0; z < 2 * sizeof sizes / sizeof sizes[0]; z++) {
        const int *size = sizes[z / 2];
        char *text = screen_text(s, screen, run, keys, size[0], size[1], z % 2);
        int lines = 0;
        for (const char *p = text; *p; p++) lines += *p == '\n';
        if (lines != size[0]) fail_msg("%s, keys '%s' at %dx%d: %d rows", screen, keys, size[0], size[1], lines);
        free(text);
    }
}

#endif
