/* `data import`: from files to a pack and its rows, or to nothing.
 *
 * The pack is whole before its rows are written. What a kill leaves in between is in data_packs.h. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/command.h"
#include "app/commands/data/data.h"
#include "app/commands/data/data_copies.h"
#include "app/commands/data/data_import.h"
#include "app/commands/data/data_packs.h"
#include "app/commands/data/data_reasons.h"
#include "app/cli/insist.h"
#include "app/cli/json.h"
#include "app/cli/process.h"
#include "app/session/fit.h"
#include "engine/base/clock.h"
#include "engine/base/files.h"
#include "engine/base/text.h"
#include "engine/data/import/import.h"
#include "engine/data/nothing.h"
#include "engine/data/pack.h"
#include "store/dataset.h"
#include "store/database/files.h"
#include "store/patient_key.h"

static const double write_seconds = 60; /* that a database which may not grow is asked */
enum { TOLD_UNREADABLE = 20, BAR = 24 };

static const struct option_row options[] = {
    { "name", 'n', OPTION_TEXT, "NAME", "name of the data set (required)", 0, 0 },
    { "size", 0, OPTION_INT, "N", "side in pixels [256, or that of the largest image if smaller]", 32, PACK_MAX_SIZE },
    { "channels", 0, OPTION_INT, "1|3", "grey or colour [grey if all images are]", 1, 3 },
    DATA_IMPORT_OPTION_LIST(DATA_IMPORT_ROW) IMPORT_OPTION_LIST(DATA_IMPORT_KIND_ROW){ 0 },
};

/* ---- progress ---- */

/* Without a terminal, what is over in a few seconds is not worth a line. */
enum { SILENT_SECONDS = 3 };

struct telling {
    struct app *app;
    double start, began, shown; /* seconds: of the command, of the phase, of the last line */
    const char *phase;
    bool open; /* a terminal's line waits for its end */
};

static bool tell(void *ctx, const struct import_progress *p)
{
    struct telling *t = ctx;
    double now = clock_seconds();
    if (process_asked()) return false;
    if (!p->total) return true;
    bool masks = !strcmp(p->phase, "masks"), last = p->done == p->total && !masks && strcmp(p->phase, "looking");
    if (t->phase != p->phase) {
        t->phase = p->phase;
        t->began = now;
    }
    if (!t->app->terminal && now - t->start < SILENT_SECONDS) return true;
    if (now - t->shown < 0.1 && !last) return true;
    t->shown = now;
    t->open = !last && t->app->terminal && !t->app->quiet;
    char bar[BAR + 1] = { 0 }, left[CLOCK_ISO_SIZE], bad[48] = "";
    double share = p->total ? (double)p->done / (double)p->total : 1, spent = now - t->began;
    for (int i = 0; i < BAR; i++) bar[i] = i < share * BAR ? '#' : '.';
    double own = (double)(p->done - p->before), rest = p->total ? (double)(p->total - p->done) : 0;
    clock_duration(own > 0 ? spent / own * rest : 0, left);
    if (p->unreadable) snprintf(bad, sizeof bad, ", %u unreadable", p->unreadable);
    app_progress(t->app, last, "%s [%s] %llu of %llu %s%s, %.0f/s, %s left", p->phase, bar, (unsigned long long)p->done,
                 (unsigned long long)p->total,
                 masks ? text_number(p->total, "mask", "masks") : text_number(p->total, "image", "images"), bad,
                 spent > 0 ? own / spent : 0, left);
    return true;
}

static void tell_note(void *ctx, const char *line)
{
    const struct telling *t = ctx;
    app_note(t->app, "%s", line);
}

/* ---- rows ---- */

/* Everything that store_contents lends has to live somewhere until the insert is over. */
struct rows {
    struct store_box *boxes;
    struct store_mask *masks;
    struct store_unreadable *unreadable;
    unsigned char *runs; /* all masks' runs, little-endian */
    struct text remarks;
    bool *nothing; /* [classes] */
};

static void rows_clear(struct rows *r)
{
    free(r->boxes);
    free(r->masks);
    free(r->unreadable);
    free(r->runs);
    free(r->nothing);
    text_clear(&r->remarks);
}

static bool rows_allocate(struct rows *r, const struct dataset *d)
{
    size_t runs = 0;
    for (uint32_t i = 0; i < d->mask_count; i++) runs += d->masks[i].run_count;
    r->boxes = calloc(d->box_count + 1, sizeof *r->boxes);
    r->masks = calloc(d->mask_count + 1, sizeof *r->masks);
    r->unreadable = calloc(d->unreadable_count + 1, sizeof *r->unreadable);
    r->runs = malloc(4 * runs + 1);
    r->nothing = calloc(d->classes + 1, sizeof *r->nothing);
    for (uint32_t i = 0; i < d->remark_count; i++) text_printf(&r->remarks, "%s%s", i ? "\n" : "", d->remarks[i]);
    return r->boxes && r->masks && r->unreadable && r->runs && r->nothing && !r->remarks.broken;
}

static const char *or_null(const char *s)
{
    return *s ? s : NULL;
}

static void image_at(const void *rows, size_t i, struct store_image *out)
{
    const struct dataset_image *m = &((const struct dataset *)rows)->images[i];
    *out = (struct store_image){ m->path,   or_null(m->patient), (enum store_split)m->split, m->width, m->height,
                                 m->digest, or_null(m->note) };
}

static void attribute_at(const void *rows, size_t i, struct store_attribute *out)
{
    const struct dataset_attribute *a = &((const struct dataset *)rows)->attributes[i];
    *out = (struct store_attribute){ a->image, a->name, a->value };
}

static void rows_fill(struct rows *r, const struct dataset *d)
{
    for (uint32_t i = 0; i < d->box_count; i++) {
        const struct dataset_box *b = &d->boxes[i];
        r->boxes[i] = (struct store_box){ b->image, b->class_index, b->x0, b->y0, b->x1, b->y1, or_null(b->reader) };
    }
    for (uint32_t k = 0; k < d->classes; k++) r->nothing[k] = class_means_nothing(d->class_names[k]);
    unsigned char *at = r->runs;
    for (uint32_t i = 0; i < d->mask_count; i++) {
        const struct dataset_mask *m = &d->masks[i];
        r->masks[i] =
            (struct store_mask){ m->image, m->class_index, d->size, d->size, "runs", at, 4 * (size_t)m->run_count };
        for (uint32_t k = 0; k < m->run_count; k++)
            for (int b = 0; b < 4; b++) *at++ = (unsigned char)(m->runs[k] >> (8 * b));
    }
    for (uint32_t i = 0; i < d->unreadable_count; i++)
        r->unreadable[i] = (struct store_unreadable){ d->unreadable[i].path, d->unreadable[i].reason };
}

struct recording {
    struct store *store;
    const struct dataset *data;
    int64_t bytes, *id;
};

static bool record(void *ctx, struct err *e)
{
    const struct recording *recording = ctx;
    const struct dataset *d = recording->data;
    struct rows r = { 0 };
    bool ok = rows_allocate(&r, d);
    if (!ok) {
        err_set(e, ERR_MEMORY, "no memory to record %u images", d->count);
    } else {
        rows_fill(&r, d);
        struct store_contents c = {
            .dataset = { .source = d->source,
                         .size = d->size,
                         .channels = d->channels,
                         .pack = d->pack,
                         .bytes = recording->bytes,
                         .exclusive = d->exclusive,
                         .remarks = r.remarks.data ? r.remarks.data : (char[]){ "" } },
            .images_count = d->count,
            .classes_count = d->classes,
            .boxes_count = d->box_count,
            .masks_count = d->mask_count,
            .attributes_count = d->attribute_count,
            .unreadable_count = d->unreadable_count,
            .image_at = image_at,
            .attribute_at = attribute_at,
            .rows = d,
            .classes = (const char *const *)d->class_names,
            .nothing = r.nothing,
            .labels = d->classes ? d->labels : NULL,
            .boxes = r.boxes,
            .masks = r.masks,
            .unreadable = r.unreadable,
        };
        snprintf(c.dataset.name, sizeof c.dataset.name, "%s", d->name);
        snprintf(c.dataset.kind, sizeof c.dataset.kind, "%s", d->kind);
        snprintf(c.dataset.digest, sizeof c.dataset.digest, "%s", d->digest);
        ok = store_dataset_insert(recording->store, &c, recording->id, e);
    }
    rows_clear(&r);
    return ok;
}

/* ---- the command ---- */

static bool one_of(const char *const *names, const char *name, int *which)
{
    for (*which = 0; names[*which]; ++*which)
        if (!strcmp(names[*which], name)) return true;
    return false;
}

static bool patient_key(void *ctx, uint8_t key[IMPORT_KEY], struct err *e)
{
    return store_patient_key(ctx, key, e);
}

/* One word alone, where it is no kind that needs no more, names what is there: its kind is guessed, and told. */
static bool guess_kind(const struct app *app, const struct arguments *a, struct import_config *c, struct err *e)
{
    char why[160];
    const char *word = arguments_word(a, 0);
    const struct importer *kind = import_find(word, NULL);
    bool there = file_exists(word) || file_is_directory(word);
    if (arguments_word(a, 1) || (kind && !kind->scan)) return true;
    if (!there && !kind && strchr(word, '/')) return err_set(e, ERR_NOT_FOUND, "%s: no such file or directory", word);
    if (!there) return true;
    c->path = word;
    c->kind = import_guess(word, why, sizeof why, e);
    if (c->kind) app_note(app, "kind of data set: %s (%s)", c->kind, why);
    return c->kind != NULL;
}

bool data_import_config(const struct app *app, const struct arguments *a, struct import_config *c,
                        struct import_value *values, struct err *e)
{
    const char *fit = arguments_text(a, "fit", import_fit_names[IMPORT_CROP]);
    const char *views = arguments_text(a, "views", import_view_names[IMPORT_FRONTAL]);
    *c = (struct import_config){
        .kind = arguments_word(a, 0),
        .path = arguments_word(a, 1),
        .name = arguments_text(a, "name", NULL),
        .size = (int)arguments_int(a, "size", 0),
        .channels = (int)arguments_int(a, "channels", 0),
        .threads = (int)arguments_int(a, "threads", 0),
        .seed = (uint64_t)arguments_int(a, "seed", 1),
        .val = { arguments_has(a, "val"), arguments_float(a, "val", 0) },
        .follow_links = arguments_has(a, "follow-links"),
        .any_modality = arguments_has(a, "any-modality"),
        .values = values,
    };
    if (!guess_kind(app, a, c, e) || !import_find(c->kind, e)) return false;
    int f, v;
    if (!one_of(import_fit_names, fit, &f)) return err_set(e, ERR_USAGE, "--fit %.40s: take crop, pad or stretch", fit);
    if (!one_of(import_view_names, views, &v))
        return err_set(e, ERR_USAGE, "--views %.40s: take frontal, lateral or all", views);
    if (!dicom_window_parse(arguments_text(a, "window", "given"), &c->window, e)) return false;
    c->fit = (enum import_fit)f;
    c->views = (enum import_views)v;
    for (const struct import_option *o = import_options; o->name; o++)
        for (int i = 0; arguments_nth(a, o->name, i); i++) {
            if (c->value_count == DATA_IMPORT_VALUES)
                return err_set(e, ERR_USAGE, "--%s: more than %d options of the kind; name a folder that holds several",
                               o->name, DATA_IMPORT_VALUES);
            values[c->value_count++] = (struct import_value){ o->name, arguments_nth(a, o->name, i) };
        }
    return true;
}

bool data_name_is_free(struct store *s, const char *name, struct err *e)
{
    struct store_dataset old;
    if (!store_name_check("data set", name, e)) return false;
    if (!store_dataset_find(s, name, &old, e)) return e->code == ERR_NOT_FOUND;
    store_dataset_clear(&old);
    return err_set(e, ERR_CONFLICT, "data set %s: the name is taken; choose another, or: mlvicx data rm %s", name,
                   name);
}

/* Pictures that stand there twice, where that matters. */
void data_tell_copies(const struct app *app, const struct data_copies *c, const char *name)
{
    struct text lines = { 0 };
    data_copies_warn(c, name, &lines);
    for (char *rest = lines.data, *line; (line = strsep(&rest, "\n"));)
        if (*line) app_note(app, "%s", line);
    text_clear(&lines);
}

static void tell_outcome(const struct app *app, const struct dataset *d)
{
    for (uint32_t i = 0; i < d->unreadable_count && i < TOLD_UNREADABLE; i++)
        app_note(app, "%s: skipped: %s", d->unreadable[i].path, d->unreadable[i].reason);
    struct text reasons = { 0 };
    data_unreadable_line(d, &reasons);
    if (d->unreadable_count > 1)
        app_note(app, "%u files could not be read: %s", d->unreadable_count, text_str(&reasons));
    text_clear(&reasons);
    if (d->unreadable_count > TOLD_UNREADABLE)
        app_note(app, "%u more %s skipped; see: mlvicx data show %s", d->unreadable_count - TOLD_UNREADABLE,
                 text_number(d->unreadable_count - TOLD_UNREADABLE, "image was", "images were"), d->name);
    for (uint32_t i = 0; i < d->remark_count; i++) app_note(app, "%s", d->remarks[i]);
    if (d->shared_patients)
        app_note(app, "WARNING: %u %s images in more than one split", d->shared_patients,
                 text_number(d->shared_patients, "patient has", "patients have"));
}

/* Pack, then rows. Without the rows the pack becomes a part again, with which the same command goes on; if the name was
 * taken meanwhile, it goes. */
static bool import_and_record(struct app *app, struct store *s, const struct import_config *c, int64_t *id,
                              json_t **told, struct err *e)
{
    struct dataset *d;
    struct data_copies copies = { 0 };
    char path[STORE_PATH];
    if (!import_run(c, c->into->path, &d, e)) return false;
    struct pack *p = NULL;
    int fd = store_pack_open(s, d->pack, path, e);
    bool ok = fd >= 0 && pack_take(fd, path, &p, e);
    struct recording r = { s, d, p ? (int64_t)pack_bytes(p) : 0, id };
    const struct insist writing = { app, "the data set's rows", write_seconds, record, NULL, &r };
    ok = ok && data_copies_of(d, &copies, e) && insist(&writing, e) && data_pack_stays(s, d->pack, d->name, *id, e);
    pack_close(p);
    if (ok) {
        import_recorded(c);
        tell_outcome(app, d);
        data_tell_copies(app, &copies, d->name);
        if (app->json)
            *told = json_pack("{s:o, s:o, s:o}", "copies", data_copies_json(&copies), "left_out", data_left_out_json(d),
                              "unreadable_reasons", data_unreadable_json(d));
    } else if (e->code == ERR_CONFLICT) {
        import_recorded(c);
        store_dataset_drop_pack(s, d->pack, NULL);
    } else {
        /* where the store cannot be asked now, the next import does it */
        bool kept = import_part(c->into, d->pack, (char[PACK_NAME_SIZE]){ 0 });
        data_pack_unrecorded(s, c->into, d->pack, NULL);
        if (kept) app_note(app, "what was read of %s is kept; the same command goes on there", d->name);
    }
    data_copies_clear(&copies);
    dataset_destroy(d);
    return ok;
}

int data_print_imported(struct app *app, struct store *s, int64_t id, json_t *told, struct err *e)
{
    struct store_dataset row;
    char what[96], size[32];
    if (!store_dataset_get(s, id, &row, e)) return app_fail(app, e);
    if (app->json) {
        json_t *value = data_json(&row);
        if (value && told) json_object_update(value, told);
        json_decref(told);
        store_dataset_clear(&row);
        return app_print_json(app, value);
    }
    app_print("%s: %s, %lld %s, %lld unreadable, %s\n", row.name, data_describe(&row, what), (long long)row.classes,
              text_number(row.classes, "class", "classes"), (long long)row.unreadable,
              text_bytes((double)row.bytes, size));
    store_dataset_clear(&row);
    return app_finish(app);
}

static int import_run_command(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct import_value values[DATA_IMPORT_VALUES];
    struct import_config c;
    struct telling telling = { .app = app, .start = clock_seconds() };
    struct folder packs;
    json_t *told = NULL;
    int64_t id;
    if (!data_import_config(app, a, &c, values, &e)) return app_fail(app, &e);
    if (!c.name) {
        err_set(&e, ERR_USAGE, "data import: --name NAME is missing");
        return app_fail(app, &e);
    }
    struct store *s = app_store(app, STORE_WRITE, &e);
    if (!s || !data_name_is_free(s, c.name, &e) || !fit_check_store(s, 0, "one more row", &e) ||
        !store_folder(s, STORE_PACKS, 0, true, &packs, &e))
        return app_fail(app, &e);
    int lock = data_packs_enter(s, &packs, &e);
    if (lock < 0) {
        folder_close(&packs);
        return app_fail(app, &e);
    }
    process_catch(PROCESS_STAYS);
    store_set_asked(s, process_asked);
    c.into = &packs;
    c.patient_key = patient_key;
    c.key_ctx = s;
    c.progress = tell;
    c.note = tell_note;
    c.resume = true;
    c.ctx = &telling;
    bool ok = import_and_record(app, s, &c, &id, &told, &e);
    store_set_asked(s, NULL);
    close(lock);
    folder_close(&packs);
    if (ok) return data_print_imported(app, s, id, told, &e);
    if (telling.open) fputc('\n', stderr);
    int status = app_fail(app, &e);
    /* what it would not wait out */
    bool ended = e.code == ERR_INTERRUPTED || e.code == ERR_LOCKED || e.code == ERR_IO;
    return ended && process_asked() ? 128 + process_asked() : status;
}

const struct command command_data_import = {
    .name = "data import",
    .arguments = "[KIND] [PATH] --name NAME",
    .summary = "read a folder or a table of images into a pack",
    .least = 1,
    .most = 2,
    .options = options,
    .run = import_run_command,
    .details =
        "Kinds (with PATH alone, what lies there tells it):\n"
        "  nih DIR       NIH ChestX-ray14: images anywhere below DIR, Data_Entry_2017.csv, official lists, boxes\n"
        "  vinbig DIR    VinBig-CXR: train.csv of several readers (--readers), boxes; train_meta.csv where images are "
        "smaller\n"
        "  rsna DIR      RSNA Pneumonia: stage_2_train_labels.csv, stage_2_detailed_class_info.csv, boxes\n"
        "  siim DIR      SIIM-ACR Pneumothorax: train-rle.csv, masks\n"
        "  chexpert DIR  CheXpert: train.csv, valid.csv (the test set unless test.csv is there)\n"
        "  mimic DIR     MIMIC-CXR-JPG: mimic-cxr-2.0.0-chexpert.csv (or -negbio), -metadata.csv, -split.csv\n"
        "  padchest DIR  PadChest: PADCHEST_chest_x_ray_images_labels_*.csv\n"
        "  folder DIR    train|val|test/CLASS/*, CLASS/*, or a flat folder of images\n"
        "  masks DIR     images/* and masks/NAME/* for each structure, X.png and X_mask.png, or as --images and --mask "
        "say\n"
        "  csv TABLE     any table with a header that names image files\n"
        "  phantom       generated radiographs with labels, boxes and masks; nothing is downloaded",
};
