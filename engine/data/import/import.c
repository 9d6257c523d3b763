#include "config.h"

#include "engine/data/import/import.h"

#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/sha2.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/data/images/image.h"
#include "engine/data/import/common/import_common.h"
#include "engine/data/import/import_kinds.h"
#include "engine/data/import/import_masks.h"
#include "engine/data/pack.h"
#include "engine/data/reasons.h"
#include "engine/data/images/resize.h"
#include "engine/data/split.h"

enum { DEFAULT_SIZE = 256 };

const char *const import_fit_names[] = { "crop", "pad", "stretch", NULL };

static const struct importer importers[] = {
    { "nih", "DIR", "NIH ChestX-ray14: images anywhere below DIR, Data_Entry_2017.csv, official lists, boxes",
      import_nih_scan, NULL },
    { "vinbig", "DIR", "VinBig-CXR: train.csv of several readers, boxes", import_vinbig_scan, NULL },
    { "rsna", "DIR", "RSNA Pneumonia: stage_2_train_labels.csv, stage_2_detailed_class_info.csv, boxes",
      import_rsna_scan, NULL },
    { "siim", "DIR", "SIIM-ACR Pneumothorax: train-rle.csv, masks", import_siim_scan, NULL },
    { "chexpert", "DIR", "CheXpert: train.csv, valid.csv", import_chexpert_scan, NULL },
    { "mimic", "DIR", "MIMIC-CXR-JPG: mimic-cxr-2.0.0-chexpert.csv, -metadata.csv, -split.csv", import_mimic_scan,
      NULL },
    { "padchest", "DIR", "PadChest: PADCHEST_chest_x_ray_images_labels_*.csv", import_padchest_scan, NULL },
    { "folder", "DIR", "train|val|test/CLASS/*, CLASS/*, or a flat folder of images", import_folder_scan, NULL },
    { "masks", "DIR", "images/* and masks/NAME/*, X.png and X_mask.png, or as --images and --mask say",
      import_masks_scan, NULL },
    { "csv", "TABLE", "any table with a header that names image files", import_csv_scan, NULL },
    { "phantom", "", "generated radiographs with labels, boxes and masks; nothing is downloaded", NULL,
      import_phantom_generate },
};

const struct importer *import_find(const char *kind, struct err *e)
{
    struct text kinds = { 0 };
    for (size_t i = 0; i < sizeof importers / sizeof importers[0]; i++) {
        if (!strcmp(importers[i].kind, kind)) {
            text_clear(&kinds);
            return &importers[i];
        }
        text_printf(&kinds, "%s%s", i ? ", " : "", importers[i].kind);
    }
    err_set(e, ERR_USAGE, "'%.60s' is no kind of data set; there are %s", kind, text_str(&kinds));
    text_clear(&kinds);
    return NULL;
}

/* ---- reading files into the pack ---- */

struct reading {
    const struct import_config *c;
    struct dataset *d;
    int size, channels, threads;
    atomic_bool colour; /* an image was found that is not grey */
    uint32_t linked;    /* images that links led to another folder for */
    uint32_t broken;    /* images that cannot be read */
    bool *keep;         /* [count] */
    struct pack_writer *pack;
    struct journal *journal; /* NULL: the import cannot go on after a kill */
    uint32_t *todo;          /* [todo_count] images to read, in order */
    uint32_t todo_count, kept;
};

static bool report(const struct reading *r, const char *phase, uint64_t done, struct err *e)
{
    struct import_progress p = { phase, done, r->d->count, r->d->unreadable_count, r->kept };
    if (!r->c->progress || r->c->progress(r->c->ctx, &p)) return true;
    if (!r->journal) return err_set(e, ERR_INTERRUPTED, "import of %s stopped; nothing was kept", r->d->name);
    return err_set(e, ERR_INTERRUPTED, "import of %s stopped after %llu of %u images; the same command goes on there",
                   r->d->name, (unsigned long long)done, r->d->count);
}

static bool full_path(const struct dataset *d, uint32_t i, char *out, size_t size, struct err *e)
{
    if (file_join(out, size, d->source, d->images[i].path)) return true;
    return err_set(e, ERR_DATA, "%.200s: the path is too long", d->images[i].path);
}

static bool read_image(const struct reading *r, const char *path, struct image *m, struct err *e)
{
    const struct image_options how = { r->c->dicom->decoders, r->c->window, r->c->any_modality };
    return image_read_as(path, &how, m, e);
}

static int short_side(int w, int h)
{
    return w < h ? w : h;
}

/* The side that --size refers to: the short side must fill a crop, the long side must fit a padded image. */
static int deciding_side(const struct reading *r, int w, int h)
{
    return r->c->fit == IMPORT_PAD ? (w > h ? w : h) : short_side(w, h);
}

/* Whether an image has colour, where its header does not tell, until one has. */
static void look_make(void *ctx, uint32_t i, struct import_product *p)
{
    struct reading *r = ctx;
    struct image m;
    char path[4096];
    bool linked;
    if (r->d->images[i].grey || atomic_load(&r->colour) || !full_path(r->d, i, path, sizeof path, NULL) ||
        !roots_allow(r->c->roots, path, &linked, &p->why) || !read_image(r, path, &m, &p->why))
        return;
    if (!image_is_grey(&m)) atomic_store(&r->colour, true);
    image_clear(&m);
}

static bool look_take(void *ctx, uint32_t i, struct import_product *p, struct err *e)
{
    (void)p;
    return report(ctx, "looking", i + 1, e);
}

/* The requested size, or less: nothing is enlarged beyond the largest image of the set. A header may be wrong, so a
 * large image counts only if it decodes; usually the first one tried does. */
static bool decide_size(struct reading *r, struct err *e)
{
    int wanted = r->c->size ? r->c->size : DEFAULT_SIZE, best = 0;
    uint32_t n = r->d->count;
    bool *tried = calloc(n, sizeof *tried);
    if (!tried) return err_set(e, ERR_MEMORY, "no memory to import %u images", n);
    while (best < wanted) {
        uint32_t pick = n;
        int side = best;
        for (uint32_t i = 0; i < n && side < wanted; i++) {
            int s = deciding_side(r, r->d->images[i].width, r->d->images[i].height);
            if (tried[i] || s <= side) continue;
            side = s;
            pick = i;
        }
        if (pick == n) break;
        tried[pick] = true;
        char path[4096];
        struct image m;
        if (!full_path(r->d, pick, path, sizeof path, NULL) || !read_image(r, path, &m, NULL)) continue;
        best = deciding_side(r, m.width, m.height);
        image_clear(&m);
    }
    free(tried);
    r->size = best && best < wanted ? best : wanted;
    return true;
}

/* Which part of the original is placed where in the square. */
static void fit_boxes(const struct reading *r, int w, int h, double box[4], double place[4])
{
    double s = r->size, side = short_side(w, h), most = w > h ? w : h;
    double whole[4] = { 0, 0, w, h }, square[4] = { 0, 0, s, s };
    memcpy(box, whole, sizeof whole);
    memcpy(place, square, sizeof square);
    if (r->c->fit == IMPORT_CROP) {
        box[0] = (w - side) / 2;
        box[1] = (h - side) / 2;
        box[2] = box[0] + side;
        box[3] = box[1] + side;
    } else if (r->c->fit == IMPORT_PAD) {
        double ws = fmax(1, round(w * s / most)), hs = fmax(1, round(h * s / most));
        place[0] = floor((s - ws) / 2);
        place[1] = floor((s - hs) / 2);
        place[2] = place[0] + ws;
        place[3] = place[1] + hs;
    }
}

static void place_original(const void *ctx, int width, int height, struct import_placement *out)
{
    fit_boxes(ctx, width, height, out->box, out->place);
}

/* Looked at before it is read, so that what changes meanwhile counts as changed. */
static bool look_and_read(const struct reading *r, uint32_t i, const char *path, struct image *m,
                          struct import_product *p)
{
    if (r->journal) journal_look(path, r->d->images[i].path, &p->file);
    return read_image(r, path, m, &p->why);
}

static void read_make(void *ctx, uint32_t k, struct import_product *p)
{
    struct reading *r = ctx;
    uint32_t i = r->todo[k];
    char path[4096];
    struct image m = { 0 }, scaled = { 0 };
    bool linked;
    if (!full_path(r->d, i, path, sizeof path, &p->why) || !roots_allow(r->c->roots, path, &linked, &p->why) ||
        !look_and_read(r, i, path, &m, p))
        return;
    p->linked = linked;
    p->width = m.width;
    p->height = m.height;
    fit_boxes(r, m.width, m.height, p->box, p->place);
    int w = (int)(p->place[2] - p->place[0]), h = (int)(p->place[3] - p->place[1]);
    if (image_convert(&m, r->channels, &p->why) &&
        resize_image(&m, &(struct resize){ { p->box[0], p->box[1], p->box[2], p->box[3] }, w, h, RESIZE_BICUBIC },
                     &scaled, &p->why)) {
        size_t line = (size_t)w * (size_t)r->channels, row = (size_t)r->size * (size_t)r->channels;
        if (w == r->size && h == r->size) {
            p->pixels = scaled.pixels;
            scaled.pixels = NULL;
        } else if ((p->pixels = calloc((size_t)r->size, row))) {
            uint8_t *to = p->pixels + (size_t)p->place[1] * row + (size_t)p->place[0] * (size_t)r->channels;
            for (int y = 0; y < h; y++) memcpy(to + (size_t)y * row, scaled.pixels + (size_t)y * line, line);
        } else {
            err_set(&p->why, ERR_MEMORY, "no memory");
        }
    }
    image_clear(&m);
    image_clear(&scaled);
}

static void keep(struct reading *r, uint32_t i, int width, int height, bool linked)
{
    struct dataset_image *m = &r->d->images[i];
    m->width = width;
    m->height = height;
    r->linked += linked;
    r->keep[i] = true;
}

static bool tell_broken(struct reading *r, uint32_t i, const struct import_product *p, struct err *e)
{
    r->broken++;
    return import_tell_unreadable(r->d, i, p->why.msg, e);
}

static bool read_take(void *ctx, uint32_t k, struct import_product *p, struct err *e)
{
    struct reading *r = ctx;
    uint32_t i = r->todo[k];
    struct dataset_image *m = &r->d->images[i];
    if (p->pixels) {
        if (!pack_writer_add(r->pack, p->pixels, m->digest, e)) return false;
        keep(r, i, p->width, p->height, p->linked);
    } else if (!tell_broken(r, i, p, e)) {
        return false;
    }
    if (r->journal) {
        struct journal_row row = { .linked = p->linked, .width = p->width, .height = p->height };
        memcpy(row.digest, m->digest, sizeof row.digest);
        if (!pack_writer_flush(r->pack, e) || !journal_add(r->journal, &p->file, &row, e)) return false;
    }
    return report(r, "reading", r->kept + k + 1, e);
}

/* ---- going on where an import was cut off ---- */

/* All that pixels depend on, but for the files. */
static void plan_of(const struct reading *r, char plan[JOURNAL_PLAN])
{
    const struct dicom_window *w = &r->c->window;
    char window[80] = "";
    if (w->kind == DICOM_WINDOW_AUTO) snprintf(window, sizeof window, " --window auto");
    if (w->kind == DICOM_WINDOW_FIXED) snprintf(window, sizeof window, " --window %.9g,%.9g", w->center, w->width);
    snprintf(plan, JOURNAL_PLAN, "--size %d --channels %d --fit %s%s%s (version %.40s)", r->size, r->channels,
             import_fit_names[r->c->fit], r->c->any_modality ? " --any-modality" : "", window, PACKAGE_VERSION);
}

static void note(const struct reading *r, const char *format, ...)
{
    char line[400];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    if (r->c->note) r->c->note(r->c->ctx, line);
}

/* What is known of an image, and why one is read again. */
enum fate { FATE_KEPT, FATE_NEW, FATE_CHANGED, FATE_LOST, FATE_BROKEN, FATE_COUNT };

struct fates {
    uint32_t count[FATE_COUNT], first[FATE_COUNT];
};

static enum fate take_over(struct reading *r, uint32_t i, const char *path)
{
    struct dataset_image *m = &r->d->images[i];
    struct journal_row row;
    struct journal_file file;
    journal_look(path, m->path, &file);
    enum journal_match match = journal_find(r->journal, &file, &row);
    if (match != JOURNAL_SAME) return match == JOURNAL_NONE ? FATE_NEW : FATE_CHANGED;
    if (!*row.digest) return FATE_BROKEN;
    if (row.width < 1 || row.height < 1 || row.width > IMAGE_SIDE_MOST || row.height > IMAGE_SIDE_MOST ||
        !pack_writer_again(r->pack, row.digest))
        return FATE_LOST;
    memcpy(m->digest, row.digest, sizeof m->digest);
    keep(r, i, row.width, row.height, row.linked);
    return FATE_KEPT;
}

static void tell_fates(const struct reading *r, const struct fates *f)
{
    static const char *const words[FATE_COUNT][2] = {
        [FATE_CHANGED] = { "image is read again, since its file has changed",
                           "images are read again, since their files have changed" },
        [FATE_LOST] = { "image is read again, since what was kept of it is damaged",
                        "images are read again, since what was kept of them is damaged" },
        [FATE_BROKEN] = { "image that could not be read is tried again",
                          "images that could not be read are tried again" },
    };
    uint32_t gone = journal_packed(r->journal);
    for (int k = 0; k < FATE_COUNT; k++)
        if (k != FATE_NEW && k != FATE_BROKEN) gone -= f->count[k] < gone ? f->count[k] : gone;
    note(r, "goes on with an import that was cut off: %u of %u images are packed already", r->kept, r->d->count);
    for (int k = 0; k < FATE_COUNT; k++)
        if (f->count[k] && words[k][0])
            note(r, "%u %s: %s%.200s", f->count[k], text_number(f->count[k], words[k][0], words[k][1]),
                 f->count[k] > 1 ? "the first is " : "", r->d->images[f->first[k]].path);
    if (gone)
        note(r, "%u %s not among the images now, and %s left out", gone,
             text_number(gone, "image that was packed is", "images that were packed are"),
             text_number(gone, "is", "are"));
}

static bool known(const void *ctx, const char digest[DIGEST_HEX_SIZE])
{
    const struct reading *r = ctx;
    return journal_knows(r->journal, digest);
}

static bool looked(const void *ctx, uint32_t images)
{
    const struct reading *r = ctx;
    return images > r->d->count || report(r, "looking", images, NULL);
}

/* What the part has of the images is theirs; the others are to be read. */
static bool take_over_all(struct reading *r, struct fates *f, struct err *e)
{
    const struct pack_look look = { known, looked, r };
    const struct pack_look nothing = { 0 };
    char path[4096];
    if (!pack_writer_look(r->pack, journal_packed(r->journal) ? &look : &nothing, e))
        return e->code == ERR_INTERRUPTED ? report(r, "reading", 0, e) && false : false;
    for (uint32_t i = 0; i < r->d->count; i++) {
        enum fate fate = full_path(r->d, i, path, sizeof path, NULL) ? take_over(r, i, path) : FATE_NEW;
        if (!f->count[fate]++) f->first[fate] = i;
        if (fate != FATE_KEPT) r->todo[r->todo_count++] = i;
    }
    r->kept = f->count[FATE_KEPT];
    return true;
}

enum { TINY = 100 }; /* images that are read again without a question */

/* What another command left goes only where it is little. */
static bool refuse_other(const struct reading *r, const char *plan, struct err *e)
{
    uint32_t n = journal_packed(r->journal);
    if (n < TINY)
        note(r, "discards %u %s that an unfinished import packed with %s", n, text_number(n, "image", "images"),
             journal_plan(r->journal));
    return n < TINY ||
           err_set(e, ERR_CONFLICT,
                   "import of %s: an unfinished one has packed %u images with %s, and this one has %s; go on with "
                   "those options, choose another name, or: mlvicx data rm %s",
                   r->d->name, n, journal_plan(r->journal), plan, r->d->name);
}

static bool refuse_other_files(const struct reading *r, const struct fates *f, struct err *e)
{
    uint32_t n = journal_packed(r->journal);
    if (n < TINY || f->count[FATE_NEW] < r->d->count) return true;
    return err_set(
        e, ERR_CONFLICT,
        "import of %s: an unfinished one has packed %u images, and none of them is in %.200s; choose another "
        "name, or: mlvicx data rm %s",
        r->d->name, n, r->d->source, r->d->name);
}

static bool go_on(struct reading *r, struct err *e)
{
    char plan[JOURNAL_PLAN];
    struct fates f = { 0 };
    plan_of(r, plan);
    if (!journal_open(&r->journal, r->c->into, r->d->name, e)) {
        pack_writer_leave(r->pack);
        r->pack = NULL;
        return false;
    }
    if (strcmp(journal_plan(r->journal), plan)) {
        if (journal_packed(r->journal) && !refuse_other(r, plan, e)) return false;
        if (!journal_begin(r->journal, plan, e)) return false;
    }
    if (!take_over_all(r, &f, e) || !refuse_other_files(r, &f, e)) return false;
    if (r->kept || f.count[FATE_CHANGED] || f.count[FATE_LOST] || f.count[FATE_BROKEN]) tell_fates(r, &f);
    return true;
}

/* The pack, with a journal where one is wanted and no other import of the name is at work. */
static bool begin_pack(struct reading *r, const char *packs, struct err *e)
{
    bool taken = true;
    const struct dataset *d = r->d;
    if (r->c->resume && r->c->into &&
        !pack_writer_continue(&r->pack, r->c->into, d->name, d->size, d->channels, &taken, e) && !taken)
        return false;
    if (r->pack) return go_on(r, e);
    for (uint32_t i = 0; i < d->count; i++) r->todo[r->todo_count++] = i;
    return import_pack_begin(r->c, packs, d, &r->pack, e);
}

/* The part of a pack stays where a person stopped the import, and where it is another one's. */
static void give_up(struct reading *r, const struct err *e)
{
    bool stay = r->journal && (e->code == ERR_INTERRUPTED || e->code == ERR_CONFLICT);
    if (stay)
        pack_writer_leave(r->pack);
    else
        pack_writer_destroy(r->pack);
    journal_close(r->journal, !stay);
}

static const char *digest_at(const void *ctx, uint32_t i)
{
    const struct dataset *d = ctx;
    return d->images[i].digest;
}

/* The pack gets its name; the journal stays until the set is recorded. */
static bool finish(struct reading *r, struct err *e)
{
    struct dataset *d = r->d;
    const struct pack_order order = { digest_at, d, d->count };
    char name[PACK_NAME_SIZE], part[PACK_NAME_SIZE];
    bool ok = r->journal ? pack_writer_finish_as(r->pack, &order, name, d->digest, e)
                         : pack_writer_finish(r->pack, name, d->digest, e);
    snprintf(part, sizeof part, "%.100s.part", d->name);
    journal_close(r->journal, !ok && r->journal && !folder_has(r->c->into, part));
    return ok && ((d->pack = text_copy(name)) || err_set(e, ERR_MEMORY, "no memory"));
}

/* Better said now than by a training. */
static bool warn_untrainable(struct dataset *d, struct err *e)
{
    return dataset_split_images(d, SPLIT_TRAIN, NULL) ||
           dataset_add_remark(
               d, e,
               "WARNING: no image is in the split train, so that nothing can be trained on it; give some "
               "that split (a folder named train, a line in train_val_list.txt, the column of "
               "--split-column) and import again");
}

static bool pack_files(struct reading *r, const char *packs, struct err *e)
{
    struct dataset *d = r->d;
    struct import_work look = { 0, d->count, r->threads, r, look_make, look_take };
    struct import_work read = { 0, 0, r->threads, r, read_make, read_take };
    if ((!r->c->channels && !import_work_run(&look, e)) || !decide_size(r, e)) return false;
    r->channels = r->c->channels ? r->c->channels : atomic_load(&r->colour) ? 3 : 1;
    d->size = r->size;
    d->channels = r->channels;
    bool ok = begin_pack(r, packs, e);
    read.count = r->todo_count;
    ok = ok && import_work_run(&read, e);
    if (ok && r->broken == d->count) ok = import_refuse_unreadable(d, d->count, e);
    ok = ok && dataset_add_count(d, r->linked, "image was read through links to other folders",
                                 "images were read through links to other folders", e);
    if (ok) {
        ok = import_place_findings(d, r->keep, place_original, r, e) && dataset_keep(d, r->keep, e) &&
             masks_tell(d, e) && split_count_patients(d, e) && import_hide_patients(r->c, d, e) &&
             warn_untrainable(d, e);
    }
    if (!ok) {
        give_up(r, e);
        return false;
    }
    reasons_sort_unreadable(d);
    return finish(r, e);
}

static bool read_files(const struct import_config *c, const char *packs, struct dataset *d, struct err *e)
{
    struct reading r = { .c = c, .d = d, .threads = import_threads(c->threads) };
    if (!d->count) return err_set(e, ERR_DATA, "%s: no images there", d->source);
    r.keep = calloc(d->count, sizeof *r.keep);
    r.todo = malloc(d->count * sizeof *r.todo);
    bool ok = r.keep && r.todo;
    if (!ok)
        err_set(e, ERR_MEMORY, "no memory to import %u images", d->count);
    else
        ok = pack_files(&r, packs, e);
    free(r.keep);
    free(r.todo);
    return ok;
}

/* ---- the whole ---- */

static bool check_config(const struct import_config *c, const struct importer *kind, struct err *e)
{
    if (!dataset_name_check(c->name, e)) return false;
    if (c->size && (c->size < 32 || c->size > PACK_MAX_SIZE))
        return err_set(e, ERR_USAGE, "size %d: out of range 32 to %d pixels", c->size, PACK_MAX_SIZE);
    if (c->channels != 0 && c->channels != 1 && c->channels != 3)
        return err_set(e, ERR_USAGE, "channels %d: take 1 or 3", c->channels);
    for (size_t i = 0; i < c->value_count; i++) {
        if (!import_takes(kind->kind, c->values[i].name))
            return err_set(e, ERR_USAGE, "--%s is no option of data sets of kind %s", c->values[i].name, kind->kind);
    }
    bool masks = !strcmp(kind->kind, "masks"); /* its --images are no place that links lead to */
    if (!kind->scan && c->follow_links)
        return err_set(e, ERR_USAGE, "--follow-links is no option of data sets of kind %s", kind->kind);
    if (kind->scan && strcmp(kind->kind, "csv") && !masks && !c->follow_links && import_value(c, "images"))
        return err_set(e, ERR_USAGE, "--images of data sets of kind %s is where links lead: add --follow-links",
                       kind->kind);
    if (kind->scan && (!c->path || !*c->path))
        return err_set(e, ERR_USAGE, "data import %s: the %s to import is missing", kind->kind, kind->arguments);
    return true;
}

bool import_run(const struct import_config *c, const char *packs, struct dataset **out, struct err *e)
{
    *out = NULL;
    const struct importer *kind = import_find(c->kind, e);
    if (!kind || !check_config(c, kind, e)) return false;
    struct dataset *d = dataset_create(c->name, kind->kind, c->path);
    if (!d) return err_set(e, ERR_MEMORY, "no memory");
    struct import_roots roots = { 0 };
    struct import_dicom dicom = { 0 };
    struct import_config own = *c;
    own.roots = &roots;
    own.dicom = &dicom;
    bool ok = !kind->scan || !dicom_supported() || dicom_pool_create(&dicom.decoders, &dicom_limits, e);
    if (ok && kind->generate)
        ok = kind->generate(&own, packs, d, e);
    else
        ok = ok && kind->scan(&own, d, e) && import_settle_exclusive(&own, d, e) && import_apply_splits(&own, d, e) &&
             read_files(&own, packs, d, e);
    dicom_pool_destroy(dicom.decoders);
    roots_clear(&roots);
    if (!ok) {
        dataset_destroy(d);
        return false;
    }
    *out = d;
    return true;
}
