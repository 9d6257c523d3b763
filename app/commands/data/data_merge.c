/* `data merge`: two data sets as a third: their pixels in a new pack, classes united by name.
 *
 * A class that one of them does not know stays a missing label there. Patients of one are not those of the other unless
 * that is said, since both number them from 1. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/command.h"
#include "app/cli/insist.h"
#include "app/cli/process.h"
#include "app/commands/data/data_import.h"
#include "app/commands/data/data_packs.h"
#include "app/commands/data/merge_patients.h"
#include "app/commands/data/merge_rows.h"
#include "app/session/fit.h"
#include "app/session/set_pack.h"
#include "engine/base/text.h"
#include "engine/data/pack.h"
#include "store/database/files.h"
#include "store/dataset.h"

static const double write_seconds = 60;

struct merge {
    struct app *app;
    struct store *store;
    struct store_contents from[MERGE_SIDES], to;
    struct pack *packs[MERGE_SIDES];
    int64_t id;
};

/* ---- what is merged ---- */

static bool open_side(struct merge *m, int side, const char *name, struct err *e)
{
    struct store_dataset row;
    if (!store_dataset_find(m->store, name, &row, e)) return false;
    int64_t id = row.id;
    store_dataset_clear(&row);
    struct store_contents *c = &m->from[side];
    if (!store_dataset_load(m->store, id, STORE_PART_ALL, c, e)) return false;
    return set_pack_open(m->store, &c->dataset, &m->packs[side], e);
}

static bool check_sides(const struct merge *m, struct err *e)
{
    const struct store_dataset *a = &m->from[0].dataset, *b = &m->from[1].dataset;
    int size[MERGE_SIDES] = { pack_size(m->packs[0]), pack_size(m->packs[1]) };
    int channels[MERGE_SIDES] = { pack_channels(m->packs[0]), pack_channels(m->packs[1]) };
    if (size[0] != size[1])
        return err_set(e, ERR_DATA,
                       "data merge: images of %s have %d pixels a side, those of %s %d; import one with --size",
                       a->name, size[0], b->name, size[1]);
    if (channels[0] != channels[1])
        return err_set(e, ERR_DATA,
                       "data merge: images of %s have %d channels, those of %s %d; import one with --channels", a->name,
                       channels[0], b->name, channels[1]);
    return true;
}

static void clear(struct merge *m)
{
    store_contents_clear(&m->to); /* before those from which it borrows */
    for (int s = 0; s < MERGE_SIDES; s++) {
        pack_close(m->packs[s]);
        store_contents_clear(&m->from[s]);
    }
}

/* ---- pixels ---- */

static bool copy_pixels(struct merge *m, struct pack_writer *w, struct err *e)
{
    for (int s = 0; s < MERGE_SIDES; s++)
        for (size_t i = 0; i < m->from[s].images_count; i++) {
            char digest[DIGEST_HEX_SIZE];
            const char *known = m->from[s].images[i].digest;
            if (process_asked()) return err_set(e, ERR_INTERRUPTED, "data merge: stopped");
            if (!pack_writer_add(w, pack_image(m->packs[s], (uint32_t)i), digest, e)) return false;
            if (known && strcmp(known, digest))
                return err_set(e, ERR_FORMAT,
                               "data set %s: %s: its pixels are not those that were imported; see: mlvicx "
                               "data verify %s",
                               m->from[s].dataset.name, m->from[s].images[i].path, m->from[s].dataset.name);
        }
    return pack_check(m->packs[0], e) && pack_check(m->packs[1], e);
}

static bool write_pack(struct merge *m, const struct folder *packs, struct err *e)
{
    struct pack_writer *w;
    struct store_dataset *d = &m->to.dataset;
    char name[PACK_NAME_SIZE], path[STORE_PATH];
    if (!pack_writer_create_in(&w, packs, d->name, (int)d->size, (int)d->channels, e)) return false;
    if (!copy_pixels(m, w, e)) {
        pack_writer_destroy(w);
        return false;
    }
    if (!pack_writer_finish(w, name, d->digest, e)) return false;
    struct pack *p = NULL;
    int fd = store_pack_open(m->store, name, path, e);
    bool ok = fd >= 0 && pack_take(fd, path, &p, e);
    if (ok) d->bytes = (int64_t)pack_bytes(p);
    pack_close(p);
    if (!(d->pack = strdup(name))) ok = err_set(e, ERR_MEMORY, "no memory to merge data sets");
    if (!ok) store_dataset_drop_pack(m->store, name, NULL);
    return ok;
}

static bool record(void *ctx, struct err *e)
{
    struct merge *m = ctx;
    return store_dataset_insert(m->store, &m->to, &m->id, e);
}

/* Pack, then rows; without the rows the pack goes. */
static bool make(struct merge *m, const struct folder *packs, json_t **told, struct err *e)
{
    const struct insist writing = { m->app, "the data set's rows", write_seconds, record, NULL, m };
    struct data_copies found = { 0 };
    size_t shared;
    if (!merge_patients_shared(m->to.images, m->to.images_count, &shared, e) || !write_pack(m, packs, e)) return false;
    const struct store_dataset *d = &m->to.dataset;
    bool ok = data_copies_stored(&m->to, &found, e) && insist(&writing, e) &&
              data_pack_stays(m->store, d->pack, d->name, m->id, e);
    if (ok) {
        data_tell_copies(m->app, &found, d->name);
        if (shared)
            app_note(m->app, "WARNING: %zu %s images in more than one split", shared,
                     text_number(shared, "patient has", "patients have"));
        *told = m->app->json ? json_pack("{s:o}", "copies", data_copies_json(&found)) : NULL;
    } else {
        store_dataset_drop_pack(m->store, d->pack, NULL);
    }
    data_copies_clear(&found);
    return ok;
}

/* ---- the command ---- */

static int merge_run(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct merge m = { .app = app };
    const struct merge_sides sides = { { &m.from[0], &m.from[1] }, arguments_has(a, "same-patients") };
    struct folder packs;
    json_t *told = NULL;
    const char *name = arguments_text(a, "name", NULL);
    if (!name) {
        err_set(&e, ERR_USAGE, "data merge: --name NAME is missing");
        return app_fail(app, &e);
    }
    m.store = app_existing_store(app, STORE_WRITE, &e);
    bool ok = m.store && open_side(&m, 0, arguments_word(a, 0), &e) && open_side(&m, 1, arguments_word(a, 1), &e) &&
              data_name_is_free(m.store, name, &e) && fit_check_store(m.store, 0, "one more row", &e) &&
              check_sides(&m, &e) && merge_rows(&sides, &m.to, &e) &&
              store_folder(m.store, STORE_PACKS, 0, true, &packs, &e);
    if (ok) {
        snprintf(m.to.dataset.name, sizeof m.to.dataset.name, "%s", name);
        m.to.dataset.size = pack_size(m.packs[0]);
        m.to.dataset.channels = pack_channels(m.packs[0]);
        process_catch(PROCESS_STAYS);
        store_set_asked(m.store, process_asked);
        int lock = data_packs_enter(m.store, &packs, &e);
        ok = lock >= 0 && make(&m, &packs, &told, &e);
        store_set_asked(m.store, NULL);
        if (lock >= 0) close(lock);
        folder_close(&packs);
    }
    clear(&m);
    if (ok) return data_print_imported(app, m.store, m.id, told, &e);
    int status = app_fail(app, &e);
    return e.code == ERR_INTERRUPTED && process_asked() ? 128 + process_asked() : status;
}

static const struct option_row options[] = {
    { "name", 'n', OPTION_TEXT, "NAME", "name of the new data set (required)", 0, 0 },
    { "same-patients", 0, OPTION_FLAG, NULL, "a patient id in both is one person", 0, 0 },
    { 0 },
};
const struct command command_data_merge = {
    .name = "data merge",
    .arguments = "A B --name C",
    .summary = "make one data set of two: classes are united by name, splits stay",
    .least = 2,
    .most = 2,
    .options = options,
    .run = merge_run,
    .details = "What one of them does not know of a class stays a missing label. Images are named A/PATH and B/PATH;\n"
               "patients are kept apart by set, unless --same-patients. Size and channels must agree.",
};
