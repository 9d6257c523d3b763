/* The phantom data set, drawn in parallel straight into a pack. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/data/import/common/import_common.h"
#include "engine/data/import/import_kinds.h"
#include "engine/data/pack.h"
#include "engine/data/phantom/phantom.h"
#include "engine/data/split.h"

enum { DEFAULT_PATIENTS = 1000, MOST_PATIENTS = 10000000, PHANTOM_DEFAULT_SIZE = 256 };

struct drawing {
    const struct import_config *c;
    struct dataset *d;
    const struct phantom_item *items;
    struct pack_writer *pack;
    uint8_t *one_mask; /* [size, size] */
    bool marker;       /* is asked for: on `percent` of the images of a class */
    double percent;
    uint32_t marked;
    uint32_t count;
};

static bool is_marked(const struct drawing *g, const struct phantom_study *s)
{
    return g->marker && s->labels[g->marked] && phantom_is_marked(g->c->seed, s->patient, s->study, g->percent);
}

static void draw_make(void *ctx, uint32_t i, struct import_product *p)
{
    const struct drawing *g = ctx;
    size_t pixels = (size_t)g->d->size * (size_t)g->d->size;
    struct phantom_study *study = calloc(1, sizeof *study);
    uint8_t *image = malloc(pixels);
    p->study = study;
    p->masks = malloc(pixels);
    if (!study || !image || !p->masks)
        err_set(&p->why, ERR_MEMORY, "no memory to draw");
    else if (phantom_draw(g->c->seed, g->items[i].patient, g->items[i].study, g->d->size, image, p->masks, study,
                          &p->why)) {
        if (is_marked(g, study)) phantom_mark(g->d->size, image);
        p->pixels = image;
        return;
    }
    free(image);
}

static bool add_findings(struct drawing *g, uint32_t i, const struct import_product *p, struct err *e)
{
    const struct phantom_study *s = p->study;
    size_t pixels = (size_t)g->d->size * (size_t)g->d->size;
    memcpy(g->d->labels + (size_t)i * g->d->classes, s->labels, PHANTOM_CLASSES);
    for (int k = 0; k < s->boxes; k++) {
        const struct phantom_box *b = &s->box[k];
        struct dataset_box box = { i,           (uint32_t)b->kind,        (float)b->x,
                                   (float)b->y, (float)(b->x + b->width), (float)(b->y + b->height),
                                   NULL };
        if (!dataset_add_box(g->d, &box, e)) return false;
    }
    for (uint32_t c = 0; c < PHANTOM_CLASSES; c++) {
        bool any = false;
        for (size_t q = 0; q < pixels; q++) any |= (g->one_mask[q] = p->masks[q] >> c & 1) != 0;
        if (any && !dataset_add_mask(g->d, i, c, g->one_mask, g->d->size, e)) return false;
    }
    return true;
}

static bool add_facts(struct drawing *g, uint32_t i, const struct phantom_study *s, struct err *e)
{
    char age[16];
    snprintf(age, sizeof age, "%d", s->age);
    return dataset_add_attribute(g->d, i, "sex", s->woman ? "F" : "M", e) &&
           dataset_add_attribute(g->d, i, "age", age, e) &&
           dataset_add_attribute(g->d, i, "view", s->portable ? "AP" : "PA", e) &&
           (!g->marker || dataset_add_attribute(g->d, i, "marker", is_marked(g, s) ? "corner" : "none", e));
}

static bool draw_take(void *ctx, uint32_t i, struct import_product *p, struct err *e)
{
    struct drawing *g = ctx;
    const struct phantom_item *item = &g->items[i];
    char path[64], patient[32];
    if (!p->pixels) {
        *e = p->why;
        return false;
    }
    snprintf(path, sizeof path, "patient-%06u/study-%u", item->patient, item->study);
    snprintf(patient, sizeof patient, "%u", item->patient);
    uint32_t row;
    if (!dataset_add_image(g->d, path, patient, (enum dataset_split)item->split, NULL, &row, e)) return false;
    struct dataset_image *m = &g->d->images[row];
    m->width = m->height = g->d->size;
    if (!add_findings(g, row, p, e) || !add_facts(g, row, p->study, e) ||
        !pack_writer_add(g->pack, p->pixels, m->digest, e))
        return false;
    struct import_progress progress = { "drawing", i + 1, g->count, 0, 0 };
    if (!g->c->progress || g->c->progress(g->c->ctx, &progress)) return true;
    return err_set(e, ERR_INTERRUPTED, "import of %s stopped; nothing was kept", g->d->name);
}

static bool draw_all(struct drawing *g, const char *packs, struct err *e)
{
    struct dataset *d = g->d;
    struct import_work work = { 0, g->count, g->c->threads, g, draw_make, draw_take };
    char name[PACK_NAME_SIZE];
    if (!dataset_set_classes(d, PHANTOM_CLASSES, phantom_class_names, e)) return false;
    if (!import_pack_begin(g->c, packs, d, &g->pack, e)) return false;
    if (!import_work_run(&work, e) || !split_count_patients(d, e)) {
        pack_writer_destroy(g->pack);
        return false;
    }
    if (!pack_writer_finish(g->pack, name, d->digest, e)) return false;
    if ((d->pack = text_copy(name))) return true;
    return err_set(e, ERR_MEMORY, "no memory");
}

/* --marker PERCENT[,CLASS] */
static bool read_marker(struct drawing *g, struct err *e)
{
    char number[32];
    const char *text = import_value(g->c, "marker"), *comma = text ? strchr(text, ',') : NULL;
    if (!text) return true;
    snprintf(number, sizeof number, "%.*s", (int)(comma ? comma - text : 30), text);
    g->marker = true;
    g->marked = PHANTOM_CARDIOMEGALY;
    if (!text_to_double(number, &g->percent) || !(g->percent >= 0 && g->percent <= 100))
        return err_set(e, ERR_USAGE, "--marker %.60s: take a share of 0 to 100 percent, and a class: 80,Nodule", text);
    for (uint32_t c = 0; comma && c <= PHANTOM_CLASSES; c++) {
        if (c == PHANTOM_CLASSES) return err_set(e, ERR_USAGE, "--marker %.60s: no such class", text);
        if (!text_same(comma + 1, phantom_class_names[c])) continue;
        g->marked = c;
        break;
    }
    return true;
}

bool import_phantom_generate(const struct import_config *c, const char *packs, struct dataset *d, struct err *e)
{
    int64_t patients = DEFAULT_PATIENTS;
    const char *text = import_value(c, "patients");
    if (c->path && *c->path) return err_set(e, ERR_USAGE, "data import phantom: takes no folder; the images are drawn");
    if (c->channels == 3)
        return err_set(e, ERR_USAGE, "data import phantom: the images are grey; --channels 3 does not go");
    if (text && (!text_to_int(text, &patients) || patients < 1 || patients > MOST_PATIENTS))
        return err_set(e, ERR_USAGE, "--patients %.40s: take a number from 1 to %d", text, MOST_PATIENTS);
    struct drawing g = { .c = c, .d = d };
    if (!read_marker(&g, e)) return false;
    d->size = c->size ? c->size : PHANTOM_DEFAULT_SIZE;
    if (d->size > PHANTOM_SIZE_MAX)
        return err_set(e, ERR_USAGE, "size %d: phantoms are drawn at %d to %d pixels", d->size, PHANTOM_SIZE_MIN,
                       PHANTOM_SIZE_MAX);
    d->channels = 1;
    struct text source = { 0 };
    text_printf(&source, "phantom --patients %lld --size %d --seed %llu", (long long)patients, d->size,
                (unsigned long long)c->seed);
    if (g.marker) text_printf(&source, " --marker %g,%s", g.percent, phantom_class_names[g.marked]);
    free(d->source);
    d->source = text_copy(text_str(&source));
    text_clear(&source);
    size_t count = phantom_plan(c->seed, (uint32_t)patients, NULL);
    struct phantom_item *items = malloc(count * sizeof *items);
    g.one_mask = malloc((size_t)d->size * (size_t)d->size);
    bool ok = d->source && items && g.one_mask;
    if (ok) {
        phantom_plan(c->seed, (uint32_t)patients, items);
        g.items = items;
        g.count = (uint32_t)count;
        ok = draw_all(&g, packs, e);
    } else {
        err_set(e, ERR_MEMORY, "no memory for %zu images", count);
    }
    free(items);
    free(g.one_mask);
    return ok;
}
