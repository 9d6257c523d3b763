#include "engine/data/import/import.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/data/images/image.h"
#include "engine/data/import/common/import_common.h"
#include "engine/data/import/import_kinds.h"
#include "engine/data/pack.h"
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
    struct image_header *headers;   /* [count] of the candidates; width 0: not known */
    atomic_bool colour;             /* an image was found that is not grey */
    atomic_uint linked;             /* images reached by links into another folder */
    uint32_t broken;                /* images that cannot be read */
    bool *keep;                     /* [count] */
    struct import_placement *place; /* [count] for the findings */
    struct pack_writer *pack;
};

static bool report(const struct reading *r, const char *phase, uint64_t done, struct err *e)
{
    struct import_progress p = { phase, done, r->d->count, r->d->unreadable_count };
    if (!r->c->progress || r->c->progress(r->c->ctx, &p)) return true;
    return err_set(e, ERR_INTERRUPTED, "import of %s stopped; nothing was kept", r->d->name);
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

/* Size and format of every candidate; and whether it has colour, if the header does not tell, until one image has. */
static void look_make(void *ctx, uint32_t i, struct import_product *p)
{
    struct reading *r = ctx;
    struct image_header *h = &r->headers[i];
    struct image m;
    char path[4096];
    bool linked;
    if (!full_path(r->d, i, path, sizeof path, NULL) || !roots_allow(r->c->roots, path, &linked, &p->why)) return;
    bool plain = image_header_read(path, r->c->dicom->decoders, h);
    if (plain && (r->c->channels || h->grey || atomic_load(&r->colour))) return;
    if (!read_image(r, path, &m, &p->why)) return;
    h->width = m.width; /* also if the header is unusual but the file can be read */
    h->height = m.height;
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
            int s = deciding_side(r, r->headers[i].width, r->headers[i].height);
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

static void read_make(void *ctx, uint32_t i, struct import_product *p)
{
    struct reading *r = ctx;
    char path[4096];
    struct image m = { 0 }, scaled = { 0 };
    bool linked;
    if (!full_path(r->d, i, path, sizeof path, &p->why) || !roots_allow(r->c->roots, path, &linked, &p->why) ||
        !read_image(r, path, &m, &p->why))
        return;
    if (linked) atomic_fetch_add(&r->linked, 1);
    p->width = m.width;
    p->height = m.height;
    fit_boxes(r, m.width, m.height, p->box, p->place);
    int w = (int)(p->place[2] - p->place[0]), h = (int)(p->place[3] - p->place[1]);
    if (image_convert(&m, r->channels, &p->why) &&
        resize_image(&m, p->box[0], p->box[1], p->box[2], p->box[3], w, h, RESIZE_BICUBIC, &scaled, &p->why)) {
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

static bool read_take(void *ctx, uint32_t i, struct import_product *p, struct err *e)
{
    struct reading *r = ctx;
    struct dataset_image *m = &r->d->images[i];
    if (p->pixels) {
        if (!pack_writer_add(r->pack, p->pixels, m->digest, e)) return false;
        m->width = p->width;
        m->height = p->height;
        memcpy(r->place[i].box, p->box, sizeof p->box);
        memcpy(r->place[i].place, p->place, sizeof p->place);
        r->keep[i] = true;
    } else if (!import_tell_unreadable(r->d, i, p->why.msg, e)) {
        return false;
    } else {
        r->broken++;
    }
    return report(r, "reading", i + 1, e);
}

/* It is better to warn now than in training. */
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
    struct import_work look = { d->count, r->threads, r, look_make, look_take };
    struct import_work read = { d->count, r->threads, r, read_make, read_take };
    char name[PACK_NAME_SIZE];
    if (!import_work_run(&look, e) || !decide_size(r, e)) return false;
    r->channels = r->c->channels ? r->c->channels : atomic_load(&r->colour) ? 3 : 1;
    d->size = r->size;
    d->channels = r->channels;
    if (!import_pack_begin(r->c, packs, d, &r->pack, e)) return false;
    bool ok = import_work_run(&read, e);
    if (ok && r->broken == d->count) ok = import_refuse_unreadable(d, d->count, e);
    ok = ok && dataset_add_count(d, atomic_load(&r->linked), "image was read through links to other folders",
                                 "images were read through links to other folders", e);
    if (ok) {
        ok = import_place_findings(d, r->keep, r->place, e) && dataset_keep(d, r->keep, e) &&
             split_count_patients(d, e) && import_hide_patients(r->c, d, e) && warn_untrainable(d, e);
    }
    if (!ok) {
        pack_writer_destroy(r->pack);
        return false;
    }
    if (!pack_writer_finish(r->pack, name, d->digest, e)) return false;
    if ((d->pack = text_copy(name))) return true;
    return err_set(e, ERR_MEMORY, "no memory");
}

static bool read_files(const struct import_config *c, const char *packs, struct dataset *d, struct err *e)
{
    struct reading r = { .c = c, .d = d, .threads = import_threads(c->threads) };
    if (!d->count) return err_set(e, ERR_DATA, "%s: no images there", d->source);
    r.headers = calloc(d->count, sizeof *r.headers);
    r.keep = calloc(d->count, sizeof *r.keep);
    r.place = calloc(d->count, sizeof *r.place);
    bool ok = r.headers && r.keep && r.place;
    if (!ok)
        err_set(e, ERR_MEMORY, "no memory to import %u images", d->count);
    else
        ok = pack_files(&r, packs, e);
    free(r.headers);
    free(r.keep);
    free(r.place);
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
    if (!kind->scan && c->follow_links)
        return err_set(e, ERR_USAGE, "--follow-links is no option of data sets of kind %s", kind->kind);
    if (kind->scan && strcmp(kind->kind, "csv") && !c->follow_links && import_value(c, "images"))
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
