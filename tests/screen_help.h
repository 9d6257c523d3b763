/* What a screen shows after keys, as text: the workbench on a store, by a script, at a fixed time. */
#ifndef MLVICX_TESTS_SCREEN_HELP_H
#define MLVICX_TESTS_SCREEN_HELP_H

#include "engine/base/files.h"
#include "tests/store_help.h"
#include "views/desk.h"

/** Owned by the caller (free). `keys` may hold several lines. */
static inline char *screen_text(struct store *s, const char *view, const char *run, const char *keys, int rows,
                                int columns, bool ascii)
{
    char script[STORE_PATH + 32], shown[STORE_PATH + 32];
    snprintf(script, sizeof script, "%s/script", store_dir(s));
    snprintf(shown, sizeof shown, "%s/shown", store_dir(s));
    FILE *f = fopen(script, "w");
    assert_non_null(f);
    fprintf(f, ":clock 2026-03-01T09:30:00\n%s\n:save-display %s\n", keys, shown);
    fclose(f);
    struct desk_config c = { .store = s,
                             .program = "/bin/true",
                             .run = run,
                             .view = view,
                             .script = script,
                             .rows = rows,
                             .columns = columns,
                             .ascii = ascii,
                             .mono = ascii };
    OK(desk_run(&c, &error));
    char *text = file_read_text(shown, 1 << 20, &error);
    assert_non_null(text);
    return text;
}

#endif
