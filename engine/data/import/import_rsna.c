/* RSNA Pneumonia Detection: boxes of lung opacities, and three classes of which an image has one.
 *
 * The column patientId of the tables identifies an image. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/data/import/common/import_listing.h"
#include "engine/data/import/import_kinds.h"

enum { NORMAL, NOT_NORMAL, OPACITY, CLASSES, BOX_SIDE = 1024 };

static const char *const class_names[CLASSES] = { "Normal", "No Lung Opacity / Not Normal", "Lung Opacity" };
static const char *const table_names[] = { "stage_2_train_labels.csv", "rsna_stage_2_train_labels.csv",
                                           "stage_1_train_labels.csv", NULL };
static const char *const class_tables[] = { "stage_2_detailed_class_info.csv", "rsna_stage_2_detailed_class_info.csv",
                                            "stage_1_detailed_class_info.csv", NULL };

struct scan {
    const struct import_config *c;
    struct dataset *d;
    struct listing listing;
    uint32_t classes; /* 3, or 1 without the table of classes */
    int8_t *targets;  /* [images] 0, 1                        */
    size_t room;
};

static bool note_target(struct scan *s, uint32_t image, bool fresh, int target, struct err *e)
{
    if (image >= s->room) {
        size_t room = s->room ? 2 * s->room : 256;
        int8_t *p = realloc(s->targets, room);
        if (!p) return err_set(e, ERR_MEMORY, "no memory");
        s->targets = p;
        s->room = room;
    }
    s->targets[image] = (int8_t)(fresh ? target : s->targets[image] | target);
    return true;
}

/* ---- boxes ---- */

struct columns {
    int image, box[4], target;
};

static bool read_box(struct scan *s, const struct csv *t, const struct columns *k, uint32_t image, struct err *e)
{
    double v[4];
    for (int i = 0; i < 4; i++)
        if (!import_box_number(t, k->box[i], &v[i], e)) return false;
    if (!(v[2] > 0 && v[3] > 0 && v[0] >= 0 && v[1] >= 0 && v[0] + v[2] <= BOX_SIDE && v[1] + v[3] <= BOX_SIDE))
        return err_set(e, ERR_FORMAT, "%s: line %zu: not a box in an image of %d x %d pixels", csv_path(t), csv_line(t),
                       BOX_SIDE, BOX_SIDE);
    const struct dataset_box box = { image,
                                     s->classes - 1,
                                     (float)(v[0] / BOX_SIDE),
                                     (float)(v[1] / BOX_SIDE),
                                     (float)((v[0] + v[2]) / BOX_SIDE),
                                     (float)((v[1] + v[3]) / BOX_SIDE),
                                     NULL };
    return dataset_add_box(s->d, &box, e);
}

static bool read_row(struct scan *s, const struct csv *t, const struct columns *k, struct err *e)
{
    int64_t file;
    uint32_t image;
    bool fresh;
    int8_t target;
    if (!*csv_field(t, k->image)) return err_set(e, ERR_FORMAT, "%s: line %zu: no patientId", csv_path(t), csv_line(t));
    if (!import_label(t, k->target, &target, e)) return false;
    if (target == LABEL_MISSING)
        return err_set(e, ERR_FORMAT, "%s: line %zu: column 'Target' is neither 0 nor 1", csv_path(t), csv_line(t));
    if (!listing_find(&s->listing, csv_field(t, k->image), &file, e)) return false;
    if (file < 0) return true;
    return listing_take(&s->listing, file, NULL, SPLIT_NONE, &image, &fresh, e) &&
           note_target(s, image, fresh, target, e) && (!target || read_box(s, t, k, image, e));
}

static bool read_rows(struct scan *s, struct err *e)
{
    static const char *const corners[4] = { "x", "y", "width", "height" };
    char path[PATH_MAX];
    struct csv *t;
    struct columns k;
    if (!import_table_need(s->c, "table", s->d->source, table_names, path, e) || !import_table_open(s->c, path, &t, e))
        return false;
    bool ok = csv_need(t, "patientId", &k.image, e) && csv_need(t, "Target", &k.target, e);
    for (int i = 0; ok && i < 4; i++) ok = csv_need(t, corners[i], &k.box[i], e);
    for (size_t row = 0; ok && csv_next(t, e); row++) ok = import_goes_on(s->c, row, e) && read_row(s, t, &k, e);
    ok = ok && e->code == ERR_OK && listing_end(&s->listing, csv_path(t), e) && import_table_tell(t, s->d, e);
    csv_close(t);
    return ok;
}

/* ---- classes ---- */

static void label(struct scan *s, uint32_t image, int which)
{
    int8_t *row = s->d->labels + (size_t)image * CLASSES;
    memset(row, 0, CLASSES);
    row[which] = 1;
}

static bool read_class(struct scan *s, const struct csv *t, int image_column, int class_column, struct err *e)
{
    int which = 0;
    int64_t file;
    const char *name = csv_field(t, class_column);
    while (which < CLASSES && !text_alike(name, strlen(name), class_names[which])) which++;
    if (which == CLASSES)
        return err_set(e, ERR_FORMAT, "%s: line %zu: '%.60s' is none of '%s', '%s', '%s'", csv_path(t), csv_line(t),
                       name, class_names[0], class_names[1], class_names[2]);
    const uint32_t *known = id_map_find(&s->listing.ids, csv_field(t, image_column));
    file = known && *known != UINT32_MAX ? s->listing.image_of[*known] : LISTED_NOT;
    if (file < 0) return true;
    const int8_t *row = s->d->labels + (size_t)file * CLASSES;
    if (row[0] != LABEL_MISSING && row[which] != 1)
        return err_set(e, ERR_DATA, "%s: line %zu: %.60s is of another class here than before", csv_path(t),
                       csv_line(t), csv_field(t, image_column));
    label(s, (uint32_t)file, which);
    return true;
}

static bool read_classes(struct scan *s, const char *path, struct err *e)
{
    struct csv *t;
    int image, name;
    if (!import_table_open(s->c, path, &t, e)) return false;
    bool ok = csv_need(t, "patientId", &image, e) && csv_need(t, "class", &name, e);
    while (ok && csv_next(t, e)) ok = read_class(s, t, image, name, e);
    ok = ok && e->code == ERR_OK;
    csv_close(t);
    return ok;
}

/* Counts images missing from the table of classes, and images whose class and target disagree. */
static bool settle(struct scan *s, struct err *e)
{
    struct dataset *d = s->d;
    size_t given = 0, missing = 0, disagree = 0;
    for (uint32_t i = 0; i < d->count; i++) {
        int8_t *row = d->labels + (size_t)i * CLASSES;
        if (row[0] != LABEL_MISSING) {
            disagree += row[OPACITY] != s->targets[i];
        } else if (s->targets[i]) {
            label(s, i, OPACITY);
            given++;
        } else {
            missing++;
        }
    }
    return dataset_add_count(d, given, "image without a class has a box and is 'Lung Opacity'",
                             "images without a class have boxes and are 'Lung Opacity'", e) &&
           dataset_add_count(d, missing, "image has no class, and no label", "images have no class, and no label", e) &&
           dataset_add_count(d, disagree, "image has a target that its class contradicts",
                             "images have targets that their classes contradict", e);
}

static bool scan(struct scan *s, struct err *e)
{
    char path[PATH_MAX];
    const char *given = import_value(s->c, "class-table");
    bool has_classes = given || import_table_find(s->d->source, class_tables, path);
    if (given) snprintf(path, sizeof path, "%s", given);
    s->classes = has_classes ? CLASSES : 1;
    if (!dataset_set_classes(s->d, s->classes, class_names + CLASSES - s->classes, e) || !read_rows(s, e)) return false;
    s->d->exclusive = has_classes;
    if (has_classes) return read_classes(s, path, e) && settle(s, e);
    for (uint32_t i = 0; i < s->d->count; i++) s->d->labels[i] = s->targets[i];
    return dataset_add_remark(s->d, e, "no stage_2_detailed_class_info.csv: the only class is 'Lung Opacity'");
}

bool import_rsna_scan(const struct import_config *c, struct dataset *d, struct err *e)
{
    struct scan s = { .c = c, .d = d };
    bool ok = listing_init(&s.listing, c, d, e) && scan(&s, e) && listing_finish(&s.listing, NULL, e);
    listing_clear(&s.listing);
    free(s.targets);
    return ok;
}
