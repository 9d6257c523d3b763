/* `data check`: what an import would take and leave out, before anything is in the store.
 *
 * It is an import, small, into a folder that goes again; so it knows what an import knows: headers, patients, splits,
 * equal pixels. */
#include <stdlib.h>
#include <string.h>

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/process.h"
#include "app/commands/data/data_copies.h"
#include "app/commands/data/data_import.h"
#include "engine/base/text.h"
#include "engine/data/pack.h"
#include "store/dataset.h"

enum { CHECK_SIZE = 64, TOLD = 20 };

/* What a check found. */
struct check {
    struct dataset *d;
    struct data_copies copies;
    const char *against; /* NULL: compared with nothing */
    size_t shared, shared_test;
    uint32_t first; /* image that is shared */
};

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
    const char **digests = malloc((other->images_count + 1) * sizeof *digests);
    if (!digests) return err_set(e, ERR_MEMORY, "no memory to compare %zu images", other->images_count);
    for (size_t i = 0; i < other->images_count; i++)
        if (other->images[i].digest) digests[n++] = other->images[i].digest;
    qsort(digests, n, sizeof *digests, compare);
    for (uint32_t i = 0; i < k->d->count; i++) {
        const char *digest = k->d->images[i].digest;
        if (!n || !bsearch(&digest, digests, n, sizeof *digests, compare)) continue;
        if (!k->shared++) k->first = i;
        k->shared_test += k->d->images[i].split == SPLIT_TEST;
    }
    free(digests);
    return true;
}

/* ---- the report ---- */

static json_t *check_json(const struct check *k)
{
    const struct dataset *d = k->d;
    json_t *remarks = json_array(), *classes = json_array(), *unreadable = json_array();
    for (uint32_t i = 0; remarks && i < d->remark_count; i++) json_array_append_new(remarks, json_text(d->remarks[i]));
    for (uint32_t c = 0; classes && c < d->classes; c++) {
        json_int_t n = 0;
        for (uint32_t i = 0; i < d->count; i++) n += d->labels[(size_t)i * d->classes + c] == 1;
        json_array_append_new(classes, json_pack("{s:o, s:I}", "name", json_text(d->class_names[c]), "positives", n));
    }
    for (uint32_t i = 0; unreadable && i < d->unreadable_count; i++)
        json_array_append_new(unreadable, json_pack("{s:o, s:o}", "path", json_text(d->unreadable[i].path), "reason",
                                                    json_text(d->unreadable[i].reason)));
    json_t *splits = json_object();
    for (int s = SPLIT_NONE; splits && s < SPLIT_COUNT; s++)
        json_object_set_new(splits, dataset_split_names[s],
                            json_integer(dataset_split_images(d, (enum dataset_split)s, NULL)));
    return json_pack("{s:o, s:I, s:I, s:o, s:o, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:I, s:I}", "kind",
                     json_text(d->kind), "images", (json_int_t)d->count, "channels", (json_int_t)d->channels, "splits",
                     splits, "classes", classes, "unreadable", unreadable, "absent", (json_int_t)d->absent, "patients",
                     (json_int_t)d->patients, "shared_patients", (json_int_t)d->shared_patients, "copies",
                     data_copies_json(&k->copies), "remarks", remarks, "against",
                     k->against ? json_text(k->against) : json_null(), "shared", (json_int_t)k->shared, "shared_test",
                     (json_int_t)k->shared_test);
}

static void print_classes(const struct dataset *d)
{
    for (uint32_t c = 0; c < d->classes; c++) {
        size_t present = 0, unknown = 0;
        for (uint32_t i = 0; i < d->count; i++) {
            int8_t v = d->labels[(size_t)i * d->classes + c];
            present += v == 1;
            unknown += v == LABEL_MISSING;
        }
        app_print("class       %s: %zu present", d->class_names[c], present);
        if (unknown) app_print(", %zu unknown", unknown);
        app_print("\n");
    }
}

static void print_check(const struct check *k)
{
    const struct dataset *d = k->d;
    struct text line = { 0 }, warnings = { 0 };
    app_print("would take  %u %s, %s\n", d->count, text_number(d->count, "image", "images"),
              d->channels == 1 ? "grey" : "colour");
    app_print("splits      %u train, %u val, %u test, %u in none\n", dataset_split_images(d, SPLIT_TRAIN, NULL),
              dataset_split_images(d, SPLIT_VAL, NULL), dataset_split_images(d, SPLIT_TEST, NULL),
              dataset_split_images(d, SPLIT_NONE, NULL));
    app_print("patients    %u, %u of them in more than one split\n", d->patients, d->shared_patients);
    data_copies_line(&k->copies, &line);
    app_print("copies      %s\n", text_str(&line));
    if (k->against)
        app_print("shared      %zu %s in %s, %zu of them in test%s%s\n", k->shared,
                  text_number(k->shared, "image is", "images are"), k->against, k->shared_test,
                  k->shared ? "; the first: " : "", k->shared ? d->images[k->first].path : "");
    print_classes(d);
    for (uint32_t i = 0; i < d->unreadable_count && i < TOLD; i++)
        app_print("skipped     %s: %s\n", d->unreadable[i].path, d->unreadable[i].reason);
    if (d->unreadable_count > TOLD) app_print("skipped     %u more\n", d->unreadable_count - TOLD);
    for (uint32_t i = 0; i < d->remark_count; i++) app_print("remark      %s\n", d->remarks[i]);
    data_copies_warn(&k->copies, "the set", &warnings);
    for (char *rest = warnings.data, *next; (next = strsep(&rest, "\n"));)
        if (*next) app_print("remark      %s\n", next);
    text_clear(&line);
    text_clear(&warnings);
}

/* ---- the command ---- */

static bool load_other(struct app *app, const char *name, struct import_config *c, struct store_contents *other,
                       struct err *e)
{
    struct store_dataset row;
    struct store *s = app_existing_store(app, STORE_READ, e);
    if (!s || !store_dataset_find(s, name, &row, e)) return false;
    c->size = (int)row.size; /* pixels are compared as they are in its pack */
    c->channels = (int)row.channels;
    bool ok = store_dataset_load(s, row.id, STORE_PART_IMAGES, other, e);
    store_dataset_clear(&row);
    return ok;
}

static int check_run(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct import_value values[DATA_IMPORT_VALUES];
    struct import_config c;
    struct store_contents other = { 0 };
    struct check k = { .against = arguments_text(a, "against", NULL) };
    if (!data_import_config(app, a, &c, values, &e)) return app_fail(app, &e);
    if (!c.name) c.name = "check";
    if (!c.size) c.size = CHECK_SIZE;
    c.patient_key = no_key;
    c.progress = go_on;
    c.ctx = app;
    process_catch(PROCESS_STAYS);
    bool ok = (!k.against || load_other(app, k.against, &c, &other, &e)) && import_check(&c, &k.d, &e) &&
              data_copies_of(k.d, &k.copies, &e) && (!k.against || find_shared(&k, &other, &e));
    int status = 0;
    if (!ok) {
        status = app_fail(app, &e);
        if (e.code == ERR_INTERRUPTED && process_asked()) status = 128 + process_asked();
    } else if (app->json) {
        status = app_print_json(app, check_json(&k));
    } else {
        print_check(&k);
        status = app_finish(app);
    }
    data_copies_clear(&k.copies);
    dataset_destroy(k.d);
    store_contents_clear(&other);
    return status;
}

static const struct option_row options[] = {
    { "against", 0, OPTION_TEXT, "NAME", "a data set: which images would be in both", 0, 0 },
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
    .details = "Kinds and options are those of data import. Copies are images of equal pixels at the size that is\n"
               "compared; with --against also those that another data set has.",
};
