/* `data merge`: two data sets as a third: their pixels in a new pack, classes united by name.
 *
 * A class that one of them does not know stays a missing label there. Patients of one are not those of the other unless
 * that is said, since both number them from 1. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/command.h"
#include "app/cli/insist.h"
#include "app/cli/process.h"
#include "app/commands/data/data_import.h"
#include "app/session/fit.h"
#include "app/session/set_pack.h"
#include "engine/base/text.h"
#include "engine/data/pack.h"
#include "store/database/files.h"
#include "store/dataset.h"

static const double write_seconds = 60;

enum { SIDES = 2 };

struct merge {
    struct app *app;
    struct store *store;
    struct store_contents from[SIDES], to;
    struct pack *packs[SIDES];
    size_t *classes[SIDES]; /* of the union, for each class of a side */
    bool same_patients;
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
    int size[SIDES] = { pack_size(m->packs[0]), pack_size(m->packs[1]) };
    int channels[SIDES] = { pack_channels(m->packs[0]), pack_channels(m->packs[1]) };
    if (a->id == b->id)
        return err_set(e, ERR_USAGE, "data merge: %s and %s are one data set; name two", a->name, b->name);
    if (size[0] != size[1])
        return err_set(e, ERR_DATA,
                       "data merge: images of %s have %d pixels a side, those of %s %d; import one with --size",
                       a->name, size[0], b->name, size[1]);
    if (channels[0] != channels[1])
        return err_set(e, ERR_DATA,
                       "data merge: images of %s have %d channels, those of %s %d; import one with --channels", a->name,
                       channels[0], b->name, channels[1]);
    if (m->from[0].images_count + m->from[1].images_count > INT32_MAX)
        return err_set(e, ERR_DATA, "data merge: %s and %s have too many images together", a->name, b->name);
    return true;
}

/* ---- rows ---- */

/* "SET/TEXT", in memory that merge_clear frees; NULL when memory ran out. */
static char *beneath(const struct merge *m, int side, const char *text)
{
    char *out = NULL;
    if (asprintf(&out, "%s/%s", m->from[side].dataset.name, text) < 0) return NULL;
    return out;
}

/* Do two names differ in case, blanks and punctuation at most? */
static bool same_name(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a && !isalnum((unsigned char)*a) && (unsigned char)*a < 128) a++;
        while (*b && !isalnum((unsigned char)*b) && (unsigned char)*b < 128) b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b)) return false;
        if (!*a) return true;
    }
}

/* The class of the union that `name` is; `n` where it is a new one. */
static size_t class_of(const struct merge *m, int side, const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(names[i], name)) return i;
    for (size_t i = 0; side && i < m->from[0].classes_count; i++)
        if (same_name(names[i], name)) return i;
    return n;
}

static bool unite_classes(struct merge *m, const char **names, struct err *e)
{
    size_t n = 0;
    for (int s = 0; s < SIDES; s++) {
        const struct store_contents *c = &m->from[s];
        if (!(m->classes[s] = malloc((c->classes_count + 1) * sizeof *m->classes[s])))
            return err_set(e, ERR_MEMORY, "no memory to merge %zu classes", c->classes_count);
        for (size_t k = 0; k < c->classes_count; k++) {
            size_t at = class_of(m, s, names, n, c->classes[k]);
            if (at == n) names[n++] = c->classes[k];
            m->classes[s][k] = at;
            if (c->nothing && c->nothing[k]) ((bool *)m->to.nothing)[at] = true;
        }
    }
    m->to.classes = names;
    m->to.classes_count = n;
    return true;
}

/* Each image in exactly one class can be said of both only where both choose among the same ones. */
static bool is_exclusive(const struct merge *m)
{
    const struct store_contents *a = &m->from[0], *b = &m->from[1];
    return a->dataset.exclusive && b->dataset.exclusive && a->classes_count == b->classes_count &&
           m->to.classes_count == a->classes_count;
}

static bool merge_images(struct merge *m, struct store_image *images, int8_t *labels, struct err *e)
{
    size_t at = 0, width = m->to.classes_count;
    memset(labels, STORE_LABEL_MISSING, (m->from[0].images_count + m->from[1].images_count) * width);
    for (int s = 0; s < SIDES; s++) {
        const struct store_contents *c = &m->from[s];
        for (size_t i = 0; i < c->images_count; i++, at++) {
            bool known = c->images[i].patient && *c->images[i].patient;
            images[at] = c->images[i];
            images[at].patient = NULL;
            images[at].path = beneath(m, s, c->images[i].path);
            if (known)
                images[at].patient =
                    m->same_patients ? strdup(c->images[i].patient) : beneath(m, s, c->images[i].patient);
            if (!images[at].path || (known && !images[at].patient))
                return err_set(e, ERR_MEMORY, "no memory to merge %zu images", at);
            for (size_t k = 0; c->labels && k < c->classes_count; k++)
                labels[at * width + m->classes[s][k]] = c->labels[i * c->classes_count + k];
        }
    }
    return true;
}

/* Findings, facts and files that could not be read, with the numbers that their images and classes have now. */
static bool merge_facts(struct merge *m, struct store_box *boxes, struct store_mask *masks,
                        struct store_attribute *attributes, struct store_unreadable *unreadable, struct err *e)
{
    size_t b = 0, k = 0, a = 0, u = 0;
    int64_t first = 0;
    for (int s = 0; s < SIDES; first += (int64_t)m->from[s].images_count, s++) {
        const struct store_contents *c = &m->from[s];
        for (size_t i = 0; i < c->boxes_count; i++, b++) {
            boxes[b] = c->boxes[i];
            boxes[b].image += first;
            boxes[b].class = (int64_t)m->classes[s][c->boxes[i].class];
        }
        for (size_t i = 0; i < c->masks_count; i++, k++) {
            masks[k] = c->masks[i];
            masks[k].image += first;
            masks[k].class = (int64_t)m->classes[s][c->masks[i].class];
        }
        for (size_t i = 0; i < c->attributes_count; i++, a++) {
            attributes[a] = c->attributes[i];
            attributes[a].image += first;
        }
        for (size_t i = 0; i < c->unreadable_count; i++, u++) {
            unreadable[u] = (struct store_unreadable){ beneath(m, s, c->unreadable[i].path), c->unreadable[i].reason };
            m->to.unreadable_count = u + 1;
            if (!unreadable[u].path) return err_set(e, ERR_MEMORY, "no memory to merge %zu rows", u);
        }
    }
    return true;
}

static void tell_origin(const struct merge *m, struct text *remarks)
{
    for (int s = 0; s < SIDES; s++) {
        const struct store_dataset *d = &m->from[s].dataset;
        text_printf(remarks, "%smerged: %zu %s of %s (digest %.12s, from %s)", s ? "\n" : "", m->from[s].images_count,
                    text_number((int64_t)m->from[s].images_count, "image", "images"), d->name, d->digest, d->source);
    }
    text_add(remarks, m->same_patients
                          ? "\npatients of one id in both are one patient"
                          : "\npatients of one id in both are two patients (--same-patients was not said)");
    if (m->from[0].dataset.exclusive && m->from[1].dataset.exclusive && !m->to.dataset.exclusive)
        text_add(remarks, "\nclasses are not exclusive any more, since both sets have others");
    for (size_t k = 0; k < m->from[1].classes_count; k++) {
        const char *name = m->from[1].classes[k], *united = m->to.classes[m->classes[1][k]];
        if (strcmp(name, united)) text_printf(remarks, "\nclass %s of %s is %s", name, m->from[1].dataset.name, united);
    }
    for (int s = 0; s < SIDES; s++) {
        const char *p = m->from[s].dataset.remarks;
        for (; p && *p; p += strcspn(p, "\n"), p += *p == '\n')
            text_printf(remarks, "\n%s: %.*s", m->from[s].dataset.name, (int)strcspn(p, "\n"), p);
    }
}

static bool allocate(struct merge *m, struct err *e)
{
    struct store_contents *to = &m->to;
    const struct store_contents *a = &m->from[0], *b = &m->from[1];
    to->images_count = a->images_count + b->images_count;
    to->boxes_count = a->boxes_count + b->boxes_count;
    to->masks_count = a->masks_count + b->masks_count;
    to->attributes_count = a->attributes_count + b->attributes_count;
    to->images = calloc(to->images_count + 1, sizeof *to->images);
    to->boxes = calloc(to->boxes_count + 1, sizeof *to->boxes);
    to->masks = calloc(to->masks_count + 1, sizeof *to->masks);
    to->attributes = calloc(to->attributes_count + 1, sizeof *to->attributes);
    to->unreadable = calloc(a->unreadable_count + b->unreadable_count + 1, sizeof *to->unreadable);
    to->classes = calloc(a->classes_count + b->classes_count + 1, sizeof *to->classes);
    to->nothing = calloc(a->classes_count + b->classes_count + 1, sizeof *to->nothing);
    to->labels = malloc(to->images_count * (a->classes_count + b->classes_count) + 1);
    if (to->images && to->boxes && to->masks && to->attributes && to->unreadable && to->classes && to->nothing &&
        to->labels)
        return true;
    return err_set(e, ERR_MEMORY, "no memory to merge %zu images", to->images_count);
}

static bool merge_rows(struct merge *m, const char *name, struct text *remarks, struct text *source, struct err *e)
{
    struct store_contents *to = &m->to;
    if (!allocate(m, e) || !unite_classes(m, (const char **)to->classes, e)) return false;
    if (!merge_images(m, (struct store_image *)to->images, (int8_t *)to->labels, e) ||
        !merge_facts(m, (struct store_box *)to->boxes, (struct store_mask *)to->masks,
                     (struct store_attribute *)to->attributes, (struct store_unreadable *)to->unreadable, e))
        return false;
    to->dataset.exclusive = is_exclusive(m);
    to->dataset.size = pack_size(m->packs[0]);
    to->dataset.channels = pack_channels(m->packs[0]);
    snprintf(to->dataset.name, sizeof to->dataset.name, "%s", name);
    snprintf(to->dataset.kind, sizeof to->dataset.kind, "merge");
    tell_origin(m, remarks);
    text_printf(source, "data sets %s and %s", m->from[0].dataset.name, m->from[1].dataset.name);
    if (remarks->broken || source->broken) return err_set(e, ERR_MEMORY, "no memory to merge data sets");
    to->dataset.remarks = remarks->data;
    to->dataset.source = source->data;
    return true;
}

static void clear(struct merge *m)
{
    struct store_contents *to = &m->to;
    for (size_t i = 0; to->images && i < to->images_count; i++) {
        free((char *)to->images[i].path);
        free((char *)to->images[i].patient);
    }
    for (size_t i = 0; to->unreadable && i < to->unreadable_count; i++) free((char *)to->unreadable[i].path);
    free((void *)to->images);
    free((void *)to->boxes);
    free((void *)to->masks);
    free((void *)to->attributes);
    free((void *)to->unreadable);
    free((void *)to->classes);
    free((void *)to->nothing);
    free((void *)to->labels);
    free(to->dataset.pack);
    for (int s = 0; s < SIDES; s++) {
        free(m->classes[s]);
        pack_close(m->packs[s]);
        store_contents_clear(&m->from[s]);
    }
}

/* ---- pixels ---- */

static bool copy_pixels(struct merge *m, struct pack_writer *w, struct err *e)
{
    for (int s = 0; s < SIDES; s++)
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
    if (!write_pack(m, packs, e)) return false;
    const struct store_dataset *d = &m->to.dataset;
    bool ok = data_copies_stored(&m->to, &found, e) && insist(&writing, e) &&
              data_pack_stays(m->store, d->pack, d->name, m->id, e);
    if (ok) {
        data_tell_copies(m->app, &found, d->name);
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
    struct merge m = { .app = app, .same_patients = arguments_has(a, "same-patients") };
    struct text remarks = { 0 }, source = { 0 };
    struct folder packs;
    json_t *told = NULL;
    const char *name = arguments_text(a, "name", NULL);
    if (!name) {
        err_set(&e, ERR_USAGE, "data merge: --name NAME is missing");
        return app_fail(app, &e);
    }
    m.store = app_existing_store(app, STORE_WRITE, &e);
    bool ok = m.store && open_side(&m, 0, arguments_word(a, 0), &e) && open_side(&m, 1, arguments_word(a, 1), &e) &&
              check_sides(&m, &e) && data_name_is_free(m.store, name, &e) &&
              fit_check_store(m.store, 0, "one more row", &e) && merge_rows(&m, name, &remarks, &source, &e) &&
              store_folder(m.store, STORE_PACKS, 0, true, &packs, &e);
    if (ok) {
        process_catch(PROCESS_STAYS);
        store_set_asked(m.store, process_asked);
        int lock = data_packs_enter(m.store, &packs, &e);
        ok = lock >= 0 && make(&m, &packs, &told, &e);
        store_set_asked(m.store, NULL);
        if (lock >= 0) close(lock);
        folder_close(&packs);
    }
    clear(&m);
    text_clear(&remarks);
    text_clear(&source);
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
