/* `data check`: what an import would take and leave out, before anything is in the store.
 *
 * It is an import, small, into a folder that goes again; so it knows what an import knows: headers, patients, splits,
 * equal pixels. */
#include <stdlib.h>
#include <string.h>

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/process.h"
#include "app/commands/data/data_check.h"
#include "app/commands/data/data_import.h"
#include "app/session/set_pack.h"
#include "engine/base/files.h"
#include "engine/base/text.h"
#include "engine/data/images/image.h"
#include "engine/data/pack.h"
#include "store/dataset.h"

enum { CHECK_SIZE = 64, SAMPLE = 128 /* images whose grey levels are counted */ };

static bool go_on(void *ctx, const struct import_progress *p)
{
    struct app *app = ctx;
    if (app->terminal && p->total && (p->done % 256 == 0 || p->done == p->total))
        app_progress(app, false, "%s %llu of %llu %s", p->phase, (unsigned long long)p->done,
                     (unsigned long long)p->total, text_number(p->total, "image", "images"));
    return !process_asked();
}

/* Patients are hashed for this check alone. */
static bool no_key(void *ctx, uint8_t key[IMPORT_KEY], struct err *e)
{
    (void)ctx, (void)e;
    memset(key, 0, IMPORT_KEY);
    return true;
}

/* ---- against a set ---- */

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool find_shared(struct check *k, const struct store_contents *other, struct err *e)
{
    size_t n = 0;
    k->is_shared = calloc(k->d->count + (size_t)1, sizeof *k->is_shared);
    if (!k->is_shared) return err_set(e, ERR_MEMORY, "no memory to compare %u images", k->d->count);
    const char **digests = malloc((other->images_count + 1) * sizeof *digests);
    if (!digests) return err_set(e, ERR_MEMORY, "no memory to compare %zu images", other->images_count);
    for (size_t i = 0; i < other->images_count; i++)
        if (other->images[i].digest) digests[n++] = other->images[i].digest;
    qsort(digests, n, sizeof *digests, compare);
    for (uint32_t i = 0; i < k->d->count; i++) {
        const char *digest = k->d->images[i].digest;
        if (!n || !bsearch(&digest, digests, n, sizeof *digests, compare)) continue;
        if (!k->shared++) k->first = i;
        k->is_shared[i] = true;
        k->shared_test += k->d->images[i].split == SPLIT_TEST;
    }
    free(digests);
    return true;
}

static bool ask(void *ctx)
{
    (void)ctx;
    return !process_asked();
}

/* Pictures of the other set that are nearly the same; those that are equal were counted. */
static bool find_near_shared(struct check *k, const struct store_contents *other, struct err *e)
{
    struct pack *p = NULL;
    struct near_print *prints = NULL;
    struct near_pairs pairs = { 0 };
    bool ok = set_pack_open(k->store, &other->dataset, &p, e) && near_prints(p, &prints, e);
    const struct near_set own = { k->prints, k->d->count, k->is_shared },
                          theirs = { prints, p ? pack_count(p) : 0, NULL };
    ok = ok && near_find(&own, &theirs, ask, NULL, &pairs, e);
    for (size_t i = 0; ok && i < pairs.count; i++) {
        if (i && pairs.rows[i].a == pairs.rows[i - 1].a) continue;
        k->near_shared++;
        k->near_shared_test += k->d->images[pairs.rows[i].a].split == SPLIT_TEST;
    }
    near_clear(&pairs);
    free(prints);
    pack_close(p);
    return ok;
}

/* ---- grey levels ---- */

/* A sample as the files are, 8 bits; what cannot be read so is taken as the pack has it. */
static bool count_levels(struct check *k, const struct pack *p, struct err *e)
{
    uint32_t n = k->d->count, step = n > SAMPLE ? n / SAMPLE : 1;
    char path[4096];
    for (uint32_t i = 0; i < n && k->grey.images < SAMPLE; i += step) {
        struct image m = { 0 };
        const char *name = k->d->images[i].path;
        bool whole = *name == '/' ? snprintf(path, sizeof path, "%s", name) < (int)sizeof path
                                  : file_join(path, sizeof path, k->d->source, name);
        if (process_asked()) return err_set(e, ERR_INTERRUPTED, "interrupted");
        if (whole && file_exists(path) && !image_is_dicom(path) && image_read(path, &m, NULL))
            grey_add(&k->grey, m.pixels, (uint64_t)m.width * (uint64_t)m.height * (uint64_t)m.channels);
        else
            grey_add(&k->grey, pack_image(p, i),
                     (uint64_t)pack_size(p) * (uint64_t)pack_size(p) * (uint64_t)pack_channels(p));
        image_clear(&m);
    }
    return pack_check(p, e);
}

/* What is to be seen while the pixels are there. */
static bool see(void *ctx, const struct dataset *d, const struct pack *p, struct err *e)
{
    struct check *k = ctx;
    k->d = d;
    if (!near_prints(p, &k->prints, e) || !count_levels(k, p, e)) return false;
    k->inverted = calloc(d->count + (size_t)1, sizeof *k->inverted);
    if (!k->inverted) return err_set(e, ERR_MEMORY, "no memory to look at %u images", d->count);
    return grey_inverted(k->prints, d->count, k->inverted, &k->inverted_count, e) &&
           (!k->features || data_people_find(&k->people, d, p, ask, NULL, e));
}

/* ---- the command ---- */

static bool load_other(struct app *app, struct check *k, struct import_config *c, struct store_contents *other,
                       struct err *e)
{
    struct store_dataset row;
    struct store *s = k->store = app_existing_store(app, STORE_READ, e);
    if (!s || !store_dataset_find(s, k->against, &row, e)) return false;
    c->size = (int)row.size; /* pixels are compared as they are in its pack */
    c->channels = (int)row.channels;
    bool ok = store_dataset_load(s, row.id, STORE_PART_IMAGES, other, e);
    store_dataset_clear(&row);
    return ok;
}

/* All findings, once the import is over. */
static bool find_all(struct check *k, const struct store_contents *other, struct err *e)
{
    if (!data_copies_of(k->d, &k->copies, e)) return false;
    data_copies_bytes(&k->copies, k->d->source);
    return data_copies_near(&k->copies, k->prints, k->d->classes, ask, NULL, &k->near, e) &&
           (!k->against || (find_shared(k, other, e) && find_near_shared(k, other, e)));
}

static void check_clear(struct check *k)
{
    data_people_clear(&k->people);
    data_copies_clear(&k->near);
    data_copies_clear(&k->copies);
    free(k->prints);
    free(k->inverted);
    free(k->is_shared);
}

static int check_run(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct import_value values[DATA_IMPORT_VALUES];
    struct import_config c;
    struct store_contents other = { 0 };
    struct dataset *d = NULL;
    struct check k = { .against = arguments_text(a, "against", NULL), .features = arguments_text(a, "features", NULL) };
    if (!data_import_config(app, a, &c, values, &e)) return app_fail(app, &e);
    if (!c.name) c.name = "check";
    if (k.features && k.against) {
        err_set(&e, ERR_USAGE,
                "data check: --features and --against each ask for a size of their own; give one at a time");
        return app_fail(app, &e);
    }
    if (k.features && !data_people_open(&k.people, app, k.features, &c.size, &c.channels, &e)) return app_fail(app, &e);
    if (!c.size) c.size = CHECK_SIZE;
    c.patient_key = no_key;
    c.progress = go_on;
    c.ctx = app;
    process_catch(PROCESS_STAYS);
    bool ok = (!k.against || load_other(app, &k, &c, &other, &e)) && import_check(&c, see, &k, &d, &e) &&
              find_all(&k, &other, &e);
    int status = 0;
    if (!ok) {
        status = app_fail(app, &e);
        if (e.code == ERR_INTERRUPTED && process_asked()) status = 128 + process_asked();
    } else if (app->json) {
        status = app_print_json(app, data_check_json(&k));
    } else {
        data_check_print(&k);
        status = app_finish(app);
    }
    check_clear(&k);
    dataset_destroy(d);
    store_contents_clear(&other);
    return status;
}

static const struct option_row options[] = {
    { "against", 0, OPTION_TEXT, "NAME", "a data set: which images would be in both", 0, 0 },
    { "features", 0, OPTION_TEXT, "RUN",
      "a run: which images may show one person, by its features, where ids are missing", 0, 0 },
    { "size", 0, OPTION_INT, "N", "pixels of a side that are compared [64, with --against that set's]", 32,
      PACK_MAX_SIZE },
    DATA_IMPORT_OPTION_LIST(DATA_IMPORT_ROW) IMPORT_OPTION_LIST(DATA_IMPORT_KIND_ROW){ 0 },
};
const struct command command_data_check = {
    .name = "data check",
    .arguments = "[KIND] PATH",
    .summary = "say what an import would take, leave out and find, and change nothing",
    .least = 1,
    .most = 2,
    .options = options,
    .run = check_run,
    .details = "Kinds and options are those of data import. Copies are files of equal bytes, images of equal\n"
               "pixels at the size that is compared, and near-copies: one picture rescaled, compressed again, made\n"
               "brighter, cropped or turned a little. With --against also those that another data set has.",
};
