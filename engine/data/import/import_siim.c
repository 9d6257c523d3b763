/* SIIM-ACR Pneumothorax: masks as run lengths, several rows per image, which may overlap: their union is taken. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/data/import/common/import_listing.h"
#include "engine/data/import/common/run_lengths.h"
#include "engine/data/import/import_kinds.h"

static const char *const class_names[] = { "Pneumothorax" };
static const char *const table_names[] = { "train-rle.csv", "stage_2_train.csv", "siim_train-rle.csv", NULL };

enum { PIXELS = RUN_LENGTHS_SIDE * RUN_LENGTHS_SIDE, NO_MASK = -1 };

struct scan {
    const struct import_config *c;
    struct dataset *d;
    struct listing listing;
    int64_t *mask_of; /* [room] of the set's images; NO_MASK: none */
    size_t room;
    uint8_t *mask, *old; /* [1024, 1024] */
    size_t overlapping, contradicting;
    bool *overlaps; /* [room] counted already */
};

static bool make_room(struct scan *s, struct err *e)
{
    size_t room = s->room ? 2 * s->room : 256;
    int64_t *masks = realloc(s->mask_of, room * sizeof *masks);
    if (masks) s->mask_of = masks;
    bool *overlaps = masks ? realloc(s->overlaps, room) : NULL;
    if (!overlaps) return err_set(e, ERR_MEMORY, "no memory");
    s->overlaps = overlaps;
    s->room = room;
    return true;
}

/* Adds the mask of the row to that of its image. */
static bool add_mask(struct scan *s, const struct csv *t, uint32_t image, const char *runs, struct err *e)
{
    int64_t known = s->mask_of[image];
    memset(s->mask, 0, PIXELS);
    if (!run_lengths_paint(runs, s->mask, e)) return err_wrap(e, "%s: line %zu", csv_path(t), csv_line(t));
    if (known == NO_MASK) {
        s->mask_of[image] = s->d->mask_count;
        return dataset_add_grid_mask(s->d, image, 0, s->mask, RUN_LENGTHS_SIDE, RUN_LENGTHS_SIDE, e);
    }
    struct dataset_mask *m = &s->d->masks[known];
    bool overlap = false;
    uint32_t *united;
    dataset_mask_paint(m, s->old, PIXELS);
    for (size_t i = 0; i < PIXELS; i++) {
        overlap |= s->mask[i] & s->old[i];
        s->mask[i] |= s->old[i];
    }
    s->overlapping += overlap && !s->overlaps[image];
    s->overlaps[image] |= overlap;
    if (!dataset_mask_runs(s->mask, PIXELS, &united, &m->run_count, e)) return false;
    free(m->runs);
    m->runs = united;
    return true;
}

static bool read_row(struct scan *s, const struct csv *t, int image_column, int runs_column, struct err *e)
{
    int64_t file;
    uint32_t image;
    bool fresh;
    const char *id = csv_field(t, image_column), *runs = csv_field(t, runs_column);
    if (!*id || !*runs)
        return err_set(e, ERR_FORMAT, "%s: line %zu: expected an image and its run lengths, or -1", csv_path(t),
                       csv_line(t));
    if (!listing_find(&s->listing, id, &file, e)) return false;
    if (file < 0) return true;
    if (!listing_take(&s->listing, file, NULL, SPLIT_NONE, &image, &fresh, e)) return false;
    if (image >= s->room && !make_room(s, e)) return false;
    bool none = !strcmp(runs, "-1");
    if (fresh) {
        s->mask_of[image] = NO_MASK;
        s->overlaps[image] = false;
        s->d->labels[image] = !none;
    }
    s->contradicting += !fresh && s->d->labels[image] == none;
    if (none) return true;
    s->d->labels[image] = 1;
    return add_mask(s, t, image, runs, e);
}

static bool scan(struct scan *s, struct err *e)
{
    char path[PATH_MAX];
    struct csv *t;
    int image, runs;
    if (!dataset_set_classes(s->d, 1, class_names, e) ||
        !import_table_need(s->c, "table", s->d->source, table_names, path, e) || !import_table_open(s->c, path, &t, e))
        return false;
    bool ok = csv_need(t, "ImageId", &image, e) && csv_need(t, "EncodedPixels", &runs, e);
    for (size_t row = 0; ok && csv_next(t, e); row++)
        ok = import_goes_on(s->c, row, e) && read_row(s, t, image, runs, e);
    ok = ok && e->code == ERR_OK && listing_end(&s->listing, csv_path(t), e) && import_table_tell(t, s->d, e);
    csv_close(t);
    return ok &&
           dataset_add_count(s->d, s->overlapping, "image has masks that overlap; they are one",
                             "images have masks that overlap; they are one", e) &&
           dataset_add_count(s->d, s->contradicting, "row says -1 of an image that another row gives a mask",
                             "rows say -1 of images that other rows give a mask", e);
}

bool import_siim_scan(const struct import_config *c, struct dataset *d, struct err *e)
{
    struct scan s = { .c = c, .d = d, .mask = malloc(PIXELS), .old = malloc(PIXELS) };
    bool ok = s.mask && s.old;
    if (!ok) err_set(e, ERR_MEMORY, "no memory");
    ok = ok && listing_init(&s.listing, c, d, e) && scan(&s, e) && listing_finish(&s.listing, NULL, e);
    listing_clear(&s.listing);
    free(s.mask_of);
    free(s.overlaps);
    free(s.mask);
    free(s.old);
    return ok;
}
