/* Converts findings for the pack: boxes from fractions of the original, masks from a grid over it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/data/import/common/import_common.h"

/* Where originals lie, and which are kept. */
struct placing {
    struct dataset *d;
    const bool *keep;
    void (*place)(const void *ctx, int width, int height, struct import_placement *out);
    const void *ctx;
};

static struct import_placement placement_of(const struct placing *p, uint32_t image)
{
    struct import_placement out;
    p->place(p->ctx, p->d->images[image].width, p->d->images[image].height, &out);
    return out;
}

/* Drops boxes that the crop removed. */
static void place_boxes(const struct placing *p)
{
    struct dataset *d = p->d;
    uint32_t n = 0;
    for (uint32_t k = 0; k < d->box_count; k++) {
        struct dataset_box b = d->boxes[k];
        const struct import_placement at = placement_of(p, b.image);
        const double *box = at.box, *place = at.place;
        double w = d->images[b.image].width, h = d->images[b.image].height;
        bool inside = false;
        if (p->keep[b.image]) {
            double sx = (place[2] - place[0]) / (box[2] - box[0]), sy = (place[3] - place[1]) / (box[3] - box[1]);
            b.x0 = (float)fmax(place[0], place[0] + (b.x0 * w - box[0]) * sx);
            b.y0 = (float)fmax(place[1], place[1] + (b.y0 * h - box[1]) * sy);
            b.x1 = (float)fmin(place[2], place[0] + (b.x1 * w - box[0]) * sx);
            b.y1 = (float)fmin(place[3], place[1] + (b.y1 * h - box[1]) * sy);
            inside = b.x1 > b.x0 && b.y1 > b.y0;
        }
        if (inside) d->boxes[n++] = b;
    }
    d->box_count = n;
}

/* One axis: cells of the pack, and the grid cells under each. */
struct axis {
    double from, to;  /* of the grid, what goes into ... */
    int first, cells; /* ... these cells of the pack     */
    int grid;         /* cells of the grid               */
};

static struct axis axis_of(double from, double to, double first, double last, double original, int grid)
{
    double scale = grid / original;
    return (struct axis){ from * scale, to * scale, (int)first, (int)(last - first), grid };
}

/* The cell of the pack that contains the centre of a grid cell; -1: outside the crop. */
static int cell_of(const struct axis *a, int i)
{
    double t = (i + 0.5 - a->from) / (a->to - a->from) * a->cells;
    return t >= 0 && t < a->cells ? (int)t : -1;
}

/* The grid cell under the centre of a cell of the pack. */
static int under(const struct axis *a, int cell)
{
    int i = (int)floor(a->from + (cell + 0.5) * (a->to - a->from) / a->cells);
    return i < 0 ? 0 : i >= a->grid ? a->grid - 1 : i;
}

/* A cell of the pack is inside the mask if half of the grid cells in it are; if the pack is finer than the grid, if
 * the grid cell under its centre is. fine: [grid.y, grid.x], counts: [2, side, side], out: [side, side], filled. */
static void place_mask(const uint8_t *fine, const struct axis *x, const struct axis *y, int side, uint32_t *counts,
                       uint8_t *out)
{
    size_t all = (size_t)side * (size_t)side;
    bool finer = x->cells > x->to - x->from || y->cells > y->to - y->from;
    memset(out, 0, all);
    memset(counts, 0, 2 * all * sizeof *counts);
    for (int j = 0; finer && j < y->cells; j++)
        for (int i = 0; i < x->cells; i++)
            out[(size_t)(y->first + j) * (size_t)side + (size_t)(x->first + i)] =
                fine[(size_t)under(y, j) * (size_t)x->grid + (size_t)under(x, i)];
    if (finer) return;
    for (int j = 0; j < y->grid; j++) {
        int row = cell_of(y, j);
        for (int i = 0; row >= 0 && i < x->grid; i++) {
            int column = cell_of(x, i);
            if (column < 0) continue;
            size_t at = (size_t)(y->first + row) * (size_t)side + (size_t)(x->first + column);
            counts[at]++;
            counts[all + at] += fine[(size_t)j * (size_t)x->grid + (size_t)i] != 0;
        }
    }
    for (size_t i = 0; i < all; i++) out[i] = counts[i] && 2 * counts[all + i] >= counts[i];
}

static bool place_one(struct dataset *d, struct dataset_mask *m, const struct import_placement *p, bool *any,
                      struct err *e)
{
    size_t fine_cells = (size_t)m->width * (size_t)m->height, cells = (size_t)d->size * (size_t)d->size;
    uint8_t *fine = malloc(fine_cells), *out = malloc(cells);
    uint32_t *counts = malloc(2 * cells * sizeof *counts), *runs = NULL;
    bool ok = fine && out && counts;
    if (ok) {
        const struct dataset_image *image = &d->images[m->image];
        const struct axis x = axis_of(p->box[0], p->box[2], p->place[0], p->place[2], image->width, m->width),
                          y = axis_of(p->box[1], p->box[3], p->place[1], p->place[3], image->height, m->height);
        dataset_mask_paint(m, fine, fine_cells);
        place_mask(fine, &x, &y, d->size, counts, out);
        *any = memchr(out, 1, cells) != NULL;
        ok = dataset_mask_runs(out, cells, &runs, &m->run_count, e);
    } else {
        err_set(e, ERR_MEMORY, "no memory for the masks");
    }
    if (ok) {
        free(m->runs);
        m->runs = runs;
        m->width = m->height = 0;
    }
    free(fine);
    free(out);
    free(counts);
    return ok;
}

/* Has the file of a mask the proportions of its original, but for the rounding of its sides? */
static bool is_fitting(const struct dataset_mask *m, const struct dataset_image *image)
{
    double height = (double)m->width * image->height / image->width;
    return !m->path || fabs(height - m->height) <= 1 + 0.02 * m->height;
}

/* The image has no such mask. */
static void forget_mask(struct dataset *d, const struct dataset_mask *m)
{
    if (d->masked) d->masked[(size_t)m->image * d->classes + m->class_index] = MASKED_NOT;
}

/* Nothing is known of the image of a mask that is of another picture. */
static bool refuse_mask(struct dataset *d, const struct dataset_mask *m, struct err *e)
{
    char reason[160];
    const struct dataset_image *image = &d->images[m->image];
    d->labels[(size_t)m->image * d->classes + m->class_index] = LABEL_MISSING;
    forget_mask(d, m);
    snprintf(reason, sizeof reason, "mask, its sides do not fit those of its image: %d x %d, and %d x %d", m->width,
             m->height, image->width, image->height);
    return dataset_add_unreadable(d, m->path, reason, e);
}

/* Converts masks on their own grids to masks of the pack. */
static bool place_masks(const struct placing *p, struct err *e)
{
    struct dataset *d = p->d;
    uint32_t n = 0;
    size_t lost = 0;
    bool ok = true;
    for (uint32_t k = 0; k < d->mask_count; k++) {
        struct dataset_mask m = d->masks[k];
        bool any = p->keep[m.image];
        if (ok && any && m.width && !is_fitting(&m, &d->images[m.image])) {
            ok = refuse_mask(d, &m, e);
            any = false;
        } else if (ok && any && m.width) {
            const struct import_placement at = placement_of(p, m.image);
            ok = place_one(d, &m, &at, &any, e);
            lost += ok && !any;
            if (ok && !any) forget_mask(d, &m);
        }
        if (any || !ok)
            d->masks[n++] = m;
        else
            free(m.runs);
    }
    d->mask_count = n;
    return ok && dataset_add_count(d, lost, "mask is cut away, or too small for images of this size",
                                   "masks are cut away, or too small for images of this size", e);
}

bool import_place_findings(struct dataset *d, const bool *keep,
                           void (*place)(const void *ctx, int width, int height, struct import_placement *out),
                           const void *ctx, struct err *e)
{
    const struct placing p = { d, keep, place, ctx };
    place_boxes(&p);
    return place_masks(&p, e);
}
