/* `bench data`: how fast pictures are imported, and how fast a loader makes the views of each preset. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/bench/bench.h"
#include "app/cli/json.h"
#include "engine/base/clock.h"
#include "engine/data/images/image.h"
#include "engine/data/import/import.h"
#include "engine/data/loader.h"

enum { BATCH = 16, BATCHES = 8 };

static const struct option_row options[] = {
    { "side", 0, OPTION_INT, "N", "side of the PNG files (1024)", 64, 4096 },
    { "images", 0, OPTION_INT, "N", "number of files (48)", BATCH, 10000 },
    { "threads", 0, OPTION_SETTING, "train.threads", "threads (all cores for the import, one for the loader)", 1, 0 },
    { 0 },
};

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

/* A smooth picture with a little noise, as a radiograph compresses. */
static bool write_pictures(const char *dir, int side, int n, struct err *e)
{
    struct image m;
    char path[512];
    if (!image_init(&m, side, side, 1, "bench", e)) return false;
    bool ok = true;
    for (int i = 0; ok && i < n; i++) {
        unsigned state = (unsigned)i + 1;
        for (size_t p = 0; p < (size_t)side * side; p++) {
            state = state * 1664525u + 1013904223u;
            m.pixels[p] = (uint8_t)(96 * (p % (size_t)side) / (size_t)side + 96 * (p / (size_t)side) / (size_t)side +
                                    (state >> 29));
        }
        snprintf(path, sizeof path, "%.400s/%05d.png", dir, i);
        ok = image_write_png(path, &m, e);
    }
    image_clear(&m);
    return ok;
}

static bool import(const char *dir, const char *packs, int threads, char *pack, size_t size, double *seconds,
                   struct err *e)
{
    const struct import_config c = { .kind = "folder", .path = dir, .name = "bench", .size = 256, .threads = threads };
    struct dataset *d = NULL;
    double begun = clock_seconds();
    if (!import_run(&c, packs, &d, e)) return false;
    *seconds = clock_seconds() - begun;
    snprintf(pack, size, "%.400s/%.200s", packs, d->pack);
    dataset_destroy(d);
    return true;
}

/* Views per second of the loader with the augmentations of one preset. */
static bool views(const struct pack *pack, const char *preset, int threads, double *rate, struct err *e)
{
    struct settings s;
    struct loader *l;
    uint32_t count = pack_count(pack), *rows = malloc(count * sizeof *rows);
    if (!rows) return err_set(e, ERR_MEMORY, "bench: no memory");
    for (uint32_t i = 0; i < count; i++) rows[i] = i;
    settings_init(&s);
    bool ok = settings_preset(&s, preset, e);
    struct loader_config c = { .pack = pack,
                               .images = rows,
                               .count = count,
                               .size = (int)s.data.size,
                               .channels = pack_channels(pack),
                               .batch = BATCH,
                               .views = 2,
                               .threads = threads,
                               .seed = 1 };
    for (int v = 0; ok && v < 2; v++) augment_from_settings(&s, v, &c.view[v]);
    ok = ok && loader_create(&l, &c, e);
    const uint8_t *both[2];
    double spent = 0;
    for (int i = 0; ok && i < BATCHES; i++) {
        ok = loader_next(l, both, NULL, e);
        if (ok) spent += loader_times(l).augment;
    }
    if (ok) {
        *rate = 2.0 * BATCH * BATCHES / spent * threads;
        loader_destroy(l);
    }
    free(rows);
    return ok;
}

struct found {
    double import_rate, views[16];
    int presets;
};

static bool measure(const char *dir, int side, int images, int threads, struct found *f, struct err *e)
{
    char pictures[450], packs[450], path[700];
    struct pack *pack;
    double seconds;
    snprintf(pictures, sizeof pictures, "%.400s/pictures", dir);
    snprintf(packs, sizeof packs, "%.400s/packs", dir);
    if (mkdir(pictures, 0700)) return err_errno(e, "%s: cannot be made", pictures);
    if (!write_pictures(pictures, side, images, e) || !import(pictures, packs, threads, path, sizeof path, &seconds, e))
        return false;
    f->import_rate = images / seconds;
    if (!pack_open(path, &pack, e)) return false;
    bool ok = true;
    const char *const *presets = settings_presets();
    for (; ok && presets[f->presets] && f->presets < 16; f->presets++)
        ok = views(pack, presets[f->presets], threads > 0 ? threads : 1, &f->views[f->presets], e);
    pack_close(pack);
    return ok;
}

static int tell(struct app *app, const struct found *f, int side, int images)
{
    const char *const *presets = settings_presets();
    json_t *rates = json_object();
    for (int i = 0; i < f->presets; i++) json_object_set_new(rates, presets[i], json_number(f->views[i]));
    if (app->json)
        return app_print_json(app,
                              json_pack("{s:o,s:i,s:i,s:o}", "import_images_per_second", json_number(f->import_rate),
                                        "images", images, "side", side, "views_per_second", rates));
    app_print("import     %.1f PNG files of %d px a second\n", f->import_rate, side);
    for (int i = 0; i < f->presets; i++) app_print("%-10s %.0f views a second from 256 px\n", presets[i], f->views[i]);
    json_decref(rates);
    return app_finish(app);
}

static int run(struct app *app, const struct arguments *a)
{
    struct err e;
    struct found f = { 0 };
    char dir[] = "/tmp/mlvicx-bench-XXXXXX";
    int side = (int)arguments_int(a, "side", 1024), images = (int)arguments_int(a, "images", 48);
    if (!mkdtemp(dir)) {
        err_errno(&e, "%s: cannot be made", dir);
        return app_fail(app, &e);
    }
    bool ok = measure(dir, side, images, (int)arguments_int(a, "threads", 0), &f, &e);
    nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    return ok ? tell(app, &f, side, images) : app_fail(app, &e);
}

const struct command command_bench_data = {
    .name = "bench data",
    .arguments = "",
    .summary = "time the import of PNG files and the augmentation",
    .least = 0,
    .most = 0,
    .options = options,
    .run = run,
};
