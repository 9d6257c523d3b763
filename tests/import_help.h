/* What the suites of packs, tables and importers share: a scratch folder, small files and pictures. */
#ifndef MLVICX_TESTS_IMPORT_HELP_H
#define MLVICX_TESTS_IMPORT_HELP_H

#include "tests/folder_help.h"

#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/err.h"
#include "engine/base/files.h"
#include "engine/data/images/image.h"

/** A folder of its own; scratch_remove takes it away with all that is in it. */
static char scratch[WORKSPACE];

static inline void scratch_make(void)
{
    assert_non_null(workspace_name(scratch));
}

static inline void scratch_remove(void)
{
    workspace_remove(scratch);
}

/** Fixture functions of suites that need nothing but the folder. */
static inline int scratch_setup(void **state)
{
    (void)state;
    scratch_make();
    return 0;
}

static inline int scratch_teardown(void **state)
{
    (void)state;
    scratch_remove();
    return 0;
}

/** Path below the scratch folder; parents are made. Four static buffers in turn. */
static inline const char *at(const char *relative)
{
    static char paths[4][512];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, relative);
    char dir[512];
    snprintf(dir, sizeof dir, "%s", path);
    *strrchr(dir, '/') = '\0';
    assert_true(file_make_directories(dir, NULL));
    return path;
}

static inline void write_bytes(const char *relative, const void *bytes, size_t n)
{
    FILE *f = fopen(at(relative), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static inline void write_text(const char *relative, const char *text)
{
    write_bytes(relative, text, strlen(text));
}

/** A picture whose pixels depend on `seed`; colour 0: grey channels (of 1 or 3). */
static inline void write_picture(const char *relative, int w, int h, int channels, unsigned seed, int colour)
{
    struct image m;
    struct err e;
    if (!image_init(&m, w, h, channels, relative, &e)) fail_msg("%s", e.msg);
    for (int i = 0; i < w * h; i++)
        for (int c = 0; c < channels; c++)
            m.pixels[i * channels + c] =
                (uint8_t)((unsigned)(i % w) * 3 + (unsigned)(i / w) * 5 + seed * 40 + (unsigned)(colour * c));
    if (!image_write_png(at(relative), &m, &e)) fail_msg("%s", e.msg);
    image_clear(&m);
}

/** Number of entries of a folder, hidden ones too. */
static inline int entries_of(const char *dir)
{
    char command[600];
    int n = -1;
    snprintf(command, sizeof command, "ls -A '%s' 2>/dev/null | wc -l", dir);
    FILE *p = popen(command, "r");
    if (!p || fscanf(p, "%d", &n) != 1) n = -1;
    if (p) pclose(p);
    return n;
}

#endif
