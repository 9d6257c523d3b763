/* Golden texts: what was drawn once and looked at, kept in tests/golden/NAME.txt. With MLVICX_RENEW set in the
 * environment they are written instead of compared: look at the difference before it is committed. */
#ifndef MLVICX_TESTS_GOLDEN_H
#define MLVICX_TESTS_GOLDEN_H

#include "tests/check.h"

#include "engine/base/files.h"

static inline void golden_check(const char *name, const char *text)
{
    char relative[128];
    struct err e;
    snprintf(relative, sizeof relative, "tests/golden/%s.txt", name);
    const char *path = source_path(relative);
    if (getenv("MLVICX_RENEW")) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fputs(text, f);
        assert_int_equal(fclose(f), 0);
        return;
    }
    char *golden = file_read_text(path, 1 << 22, &e);
    if (!golden) print_message("%s\n", e.msg);
    assert_non_null(golden);
    if (strcmp(golden, text)) print_message("%s is not as before; it is now:\n%s", relative, text);
    assert_string_equal(text, golden);
    free(golden);
}

#endif
