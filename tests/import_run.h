/* What the suites of importers share: an import of the scratch folder, and questions about what came of it. */
#ifndef MLVICX_TESTS_IMPORT_RUN_H
#define MLVICX_TESTS_IMPORT_RUN_H

#include "tests/import_help.h"

#include "engine/data/import/import.h"
#include "engine/data/pack.h"

static inline int set_up(void **state)
{
    (void)state;
    scratch_make();
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    scratch_remove();
    return 0;
}

/* `path` is copied: at() lends its buffers for a short while only. */
static inline struct import_config config_of(const char *kind, const char *path)
{
    static char copy[4096];
    if (path) path = strcpy(copy, path);
    return (struct import_config){ .kind = kind, .path = path, .name = "set", .size = 32, .seed = 1 };
}

static inline struct dataset *run(const struct import_config *c)
{
    struct dataset *d;
    struct err e;
    if (!import_run(c, at("packs/."), &d, &e)) fail_msg("%s", e.msg);
    return d;
}

static inline struct pack *open_pack(const struct dataset *d)
{
    struct pack *p;
    struct err e;
    char path[512];
    snprintf(path, sizeof path, "%s/packs/%s", scratch, d->pack);
    if (!pack_open(path, &p, &e) || !pack_verify(p, NULL, NULL, &e)) fail_msg("%s", e.msg);
    assert_int_equal(pack_count(p), d->count);
    assert_string_equal(pack_digest(p), d->digest);
    return p;
}

/* The import must fail with one line that has both parts, and leave nothing. */
static inline void expect_failure(const struct import_config *c, const char *part, const char *name)
{
    struct dataset *d;
    struct err e = { 0 };
    if (import_run(c, at("packs/."), &d, &e)) fail_msg("%s: imported", part);
    if (!strstr(e.msg, part) || !strstr(e.msg, name) || strchr(e.msg, '\n'))
        fail_msg("expected '%s' and '%s' in: %s", part, name, e.msg);
    assert_null(d);
    assert_int_equal(entries_of(at("packs")), 0);
}

static inline uint32_t index_of(const struct dataset *d, const char *path)
{
    for (uint32_t i = 0; i < d->count; i++)
        if (!strcmp(d->images[i].path, path)) return i;
    fail_msg("%s is not in the set", path);
    return 0;
}

static inline int label_of(const struct dataset *d, const char *path, const char *name)
{
    int c = dataset_class(d, name);
    assert_true(c >= 0);
    return d->labels[(size_t)index_of(d, path) * d->classes + (size_t)c];
}

static inline bool has_remark(const struct dataset *d, const char *part)
{
    for (uint32_t i = 0; i < d->remark_count; i++)
        if (strstr(d->remarks[i], part)) return true;
    return false;
}

#define IN_SCRATCH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
