/* VinBig-CXR: several radiologists draw boxes on each image; a class is present if most of them mark it. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "engine/data/images/image.h"
#include "engine/data/import/common/class_names.h"
#include "engine/data/import/common/import_listing.h"
#include "engine/data/import/import_kinds.h"

enum { READERS_MOST = 64 };

static const char *const table_names[] = { "train.csv", "annotations_train.csv", "vinbigdata_train.csv", NULL };
static const char *const meta_names[] = { "train_meta.csv", NULL };
static const char nothing[] = "No finding";

enum rule { ANY, MAJORITY, ALL };

struct columns {
    int image, name, reader, box[4];
};

struct scan {
    const struct import_config *c;
    struct dataset *d;
    struct listing listing;
    struct class_names names;
    struct columns columns;
    enum rule rule;
    int nothing;            /* the class of no finding; -1: none */
    struct id_map readers;  /* their bits                        */
    uint64_t *said, *asked; /* [images, classes], [images]: readers by bits */
    size_t room;
    struct id_map sizes; /* of originals, by image: index into ... */
    struct image_head *originals;
    size_t original_count;
};

static bool open_table(const struct scan *s, struct csv **t, struct err *e)
{
    char path[PATH_MAX];
    return import_table_need(s->c, "table", s->d->source, table_names, path, e) && import_table_open(s->c, path, t, e);
}

static bool find_columns(struct scan *s, const struct csv *t, struct err *e)
{
    static const char *const corners[4] = { "x_min", "y_min", "x_max", "y_max" };
    struct columns *k = &s->columns;
    bool ok = csv_need(t, "image_id", &k->image, e) && csv_need(t, "class_name", &k->name, e) &&
              csv_want(t, "rad_id", &k->reader, e);
    for (int i = 0; ok && i < 4; i++) ok = csv_need(t, corners[i], &k->box[i], e);
    return ok;
}

static bool find_classes(struct scan *s, struct err *e)
{
    struct csv *t;
    if (!open_table(s, &t, e)) return false;
    bool ok = find_columns(s, t, e);
    for (size_t row = 0; ok && csv_next(t, e); row++) {
        const char *name = csv_field(t, s->columns.name);
        ok = import_goes_on(s->c, row, e) &&
             (*name || err_set(e, ERR_FORMAT, "%s: line %zu: no class", csv_path(t), csv_line(t))) &&
             class_names_add(&s->names, name, strlen(name), e);
    }
    ok = ok && e->code == ERR_OK && class_names_settle(&s->names, 1, "classes", s->d, e);
    csv_close(t);
    s->nothing = -1;
    for (uint32_t c = 0; ok && c < s->d->classes; c++)
        if (text_same(s->d->class_names[c], nothing)) s->nothing = (int)c;
    return ok;
}

/* ---- sizes of the originals, whose pixels boxes are in ---- */

static bool read_size(struct scan *s, const struct csv *t, const int columns[3], struct err *e)
{
    double height, width;
    bool fresh;
    if (!import_box_number(t, columns[1], &height, e) || !import_box_number(t, columns[2], &width, e)) return false;
    if (!(height >= 1 && width >= 1 && height <= IMAGE_SIDE_MOST && width <= IMAGE_SIDE_MOST))
        return err_set(e, ERR_FORMAT, "%s: line %zu: no size of an image", csv_path(t), csv_line(t));
    if (!id_map_add(&s->sizes, csv_field(t, columns[0]), (uint32_t)s->original_count, &fresh, e)) return false;
    if (!fresh) return true;
    if ((s->original_count & (s->original_count + 1)) == 0) { /* one less than a power of two: grow to twice */
        struct image_head *p = realloc(s->originals, 2 * (s->original_count + 1) * sizeof *p);
        if (!p) return err_set(e, ERR_MEMORY, "no memory");
        s->originals = p;
    }
    s->originals[s->original_count++] = (struct image_head){ (int)width, (int)height, true, false };
    return true;
}

static bool read_sizes(struct scan *s, struct err *e)
{
    static const char *const names[3] = { "image_id", "dim0", "dim1" };
    char path[PATH_MAX];
    struct csv *t;
    int columns[3];
    if (!import_table_find(s->d->source, meta_names, path)) return true;
    if (!import_table_open(s->c, path, &t, e)) return false;
    bool ok = true;
    for (int i = 0; ok && i < 3; i++) ok = csv_need(t, names[i], &columns[i], e);
    while (ok && csv_next(t, e)) ok = read_size(s, t, columns, e);
    ok = ok && e->code == ERR_OK;
    csv_close(t);
    return ok;
}

/* The size of the original to which the boxes of an image refer: from the list, else from the file. False if neither
 * can be read. */
static bool size_of(const struct scan *s, const char *id, uint32_t image, int *width, int *height)
{
    char path[PATH_MAX];
    const uint32_t *listed = id_map_find(&s->sizes, id);
    struct image_head h;
    if (listed) {
        h = s->originals[*listed];
    } else if (!file_join(path, sizeof path, s->d->source, s->d->images[image].path) ||
               !image_head_read(path, s->c->dicom->decoders, &h, NULL)) {
        return false;
    }
    *width = h.width;
    *height = h.height;
    return true;
}

/* ---- rows ---- */

static bool read_box(struct scan *s, const struct csv *t, uint32_t image, uint32_t class_index, struct err *e)
{
    const struct columns *k = &s->columns;
    double v[4];
    int width, height;
    bool empty = true;
    for (int i = 0; i < 4; i++) empty &= !*csv_field(t, k->box[i]);
    if (empty || !size_of(s, csv_field(t, k->image), image, &width, &height)) return true;
    for (int i = 0; i < 4; i++)
        if (!import_box_number(t, k->box[i], &v[i], e)) return false;
    if (!(v[0] >= 0 && v[1] >= 0 && v[2] > v[0] && v[3] > v[1]))
        return err_set(e, ERR_FORMAT, "%s: line %zu: not a box: expected x_min < x_max and y_min < y_max", csv_path(t),
                       csv_line(t));
    if (v[2] > width + 1 || v[3] > height + 1)
        return err_set(e, ERR_DATA,
                       "%s: line %zu: the box ends at %g, %g, and the image is of %d x %d pixels; where images were "
                       "scaled down, train_meta.csv (image_id, dim0, dim1) tells their sizes: put it into the folder",
                       csv_path(t), csv_line(t), v[2], v[3], width, height);
    const struct dataset_box box = { image,
                                     class_index,
                                     (float)(v[0] / width),
                                     (float)(v[1] / height),
                                     (float)(v[2] / width),
                                     (float)(v[3] / height),
                                     csv_field(t, k->reader) };
    return dataset_add_box(s->d, &box, e);
}

static bool make_room(struct scan *s, struct err *e)
{
    size_t room = s->room ? 2 * s->room : 256, classes = s->d->classes;
    uint64_t *said = realloc(s->said, room * classes * sizeof *said);
    if (said) s->said = said;
    uint64_t *asked = said ? realloc(s->asked, room * sizeof *asked) : NULL;
    if (!asked) return err_set(e, ERR_MEMORY, "no memory");
    s->asked = asked;
    memset(s->said + s->room * classes, 0, (room - s->room) * classes * sizeof *said);
    memset(s->asked + s->room, 0, (room - s->room) * sizeof *asked);
    s->room = room;
    return true;
}

static bool reader_of(struct scan *s, const struct csv *t, uint64_t *bit, struct err *e)
{
    const uint32_t *index =
        id_map_add(&s->readers, csv_field(t, s->columns.reader), (uint32_t)s->readers.count, NULL, e);
    if (!index) return false;
    if (*index >= READERS_MOST)
        return err_set(e, ERR_UNSUPPORTED, "%s: line %zu: more than %d readers", csv_path(t), csv_line(t),
                       READERS_MOST);
    *bit = 1ULL << *index;
    return true;
}

static bool read_row(struct scan *s, const struct csv *t, struct err *e)
{
    const char *id = csv_field(t, s->columns.image), *name = csv_field(t, s->columns.name);
    int64_t file;
    uint32_t image;
    uint64_t reader = 0;
    bool fresh;
    if (!*id) return err_set(e, ERR_FORMAT, "%s: line %zu: no image_id", csv_path(t), csv_line(t));
    int c = class_names_find(&s->names, name, strlen(name));
    if (!reader_of(s, t, &reader, e) || !listing_find(&s->listing, id, &file, e)) return false;
    if (file < 0 || c < 0) return true;
    if (!listing_take(&s->listing, file, NULL, SPLIT_NONE, &image, &fresh, e)) return false;
    if (image >= s->room && !make_room(s, e)) return false;
    s->asked[image] |= reader;
    s->said[(size_t)image * s->d->classes + (size_t)c] |= reader;
    return read_box(s, t, image, (uint32_t)c, e);
}

static int bits(uint64_t v)
{
    return __builtin_popcountll(v);
}

static bool reaches(enum rule rule, int said, int asked)
{
    return rule == ANY ? said > 0 : rule == ALL ? said == asked : 2 * said > asked;
}

/* Labels by the rule; an image in which nothing reaches the threshold has no finding. */
static bool settle(struct scan *s, struct err *e)
{
    static const char *const words[] = { "one of the readers of an image", "most readers of an image",
                                         "all readers of an image" };
    struct dataset *d = s->d;
    size_t neither = 0;
    for (uint32_t i = 0; i < d->count; i++) {
        const uint64_t *said = s->said + (size_t)i * d->classes;
        int asked = bits(s->asked[i]), found = 0;
        int8_t *labels = d->labels + (size_t)i * d->classes;
        for (uint32_t c = 0; c < d->classes; c++) {
            labels[c] = (int)c != s->nothing && reaches(s->rule, bits(said[c]), asked);
            found += labels[c];
        }
        if (s->nothing < 0) continue;
        labels[s->nothing] = !found;
        neither += !found && bits(said[s->nothing]) < asked;
    }
    return dataset_add_remark(d, e, "%zu readers; a class is present where %s say so (--readers)", s->readers.count,
                              words[s->rule]) &&
           dataset_add_count(d, neither, "image is 'No finding' though a reader drew a box on it",
                             "images are 'No finding' though a reader drew a box on them", e);
}

static bool read_rows(struct scan *s, struct err *e)
{
    struct csv *t;
    if (!open_table(s, &t, e)) return false;
    bool ok = true;
    for (size_t row = 0; ok && csv_next(t, e); row++) ok = import_goes_on(s->c, row, e) && read_row(s, t, e);
    ok = ok && e->code == ERR_OK && listing_end(&s->listing, csv_path(t), e) && import_table_tell(t, s->d, e);
    csv_close(t);
    return ok;
}

static bool read_rule(struct scan *s, struct err *e)
{
    static const char *const names[] = { "any", "majority", "all" };
    const char *asked = import_value(s->c, "readers");
    s->rule = MAJORITY;
    for (int i = 0; asked && i < 3; i++)
        if (!strcmp(asked, names[i])) s->rule = (enum rule)i;
    return !asked || !strcmp(asked, names[s->rule]) ||
           err_set(e, ERR_USAGE, "--readers %.40s: take any, majority or all", asked);
}

bool import_vinbig_scan(const struct import_config *c, struct dataset *d, struct err *e)
{
    struct scan s = { .c = c, .d = d };
    bool ok = read_rule(&s, e) && listing_init(&s.listing, c, d, e) && find_classes(&s, e) && read_sizes(&s, e) &&
              read_rows(&s, e) && settle(&s, e) && listing_finish(&s.listing, NULL, e);
    listing_clear(&s.listing);
    class_names_clear(&s.names);
    id_map_clear(&s.readers);
    id_map_clear(&s.sizes);
    free(s.originals);
    free(s.said);
    free(s.asked);
    return ok;
}
