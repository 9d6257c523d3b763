/* MIMIC-CXR-JPG: labels by study, images and their views in a table of metadata, official splits. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/data/import/common/import_facts.h"
#include "engine/data/import/common/import_listing.h"
#include "engine/data/import/common/import_mentions.h"
#include "engine/data/import/import_kinds.h"
#include "engine/data/reasons.h"

static const char *const label_tables[] = { "mimic-cxr-2.0.0-chexpert.csv", "mimic-cxr-2.0.0-negbio.csv",
                                            "mimic-cxr-2.1.0-chexpert.csv", "mimic-cxr-2.1.0-negbio.csv", NULL };
static const char *const meta_tables[] = { "mimic-cxr-2.0.0-metadata.csv", "mimic-cxr-2.1.0-metadata.csv", NULL };
static const char *const split_tables[] = { "mimic-cxr-2.0.0-split.csv", "mimic-cxr-2.1.0-split.csv", NULL };
static const char *const facts[] = { "subject_id", "study_id", NULL };

struct scan {
    const struct import_config *c;
    struct dataset *d;
    struct listing listing;
    struct mentions mentions;
    struct id_map studies; /* index into labels [studies, classes] */
    int8_t *labels;
    size_t study_room;
    struct id_map splits; /* by image */
    bool split;           /* the table of splits is there */
    size_t other_views, unlabelled, unsplit;
};

typedef bool (*row_reader)(struct scan *s, const struct csv *t, const int *columns, struct err *e);

/* All rows of a table with the columns `names` (ends with NULL). */
static bool read_table(struct scan *s, const char *path, const char *const *names, row_reader read, struct err *e)
{
    struct csv *t;
    int columns[8];
    if (!import_table_open(s->c, path, &t, e)) return false;
    bool ok = true;
    for (int i = 0; ok && names[i]; i++) ok = csv_need(t, names[i], &columns[i], e);
    if (ok && names == facts) ok = mentions_columns(&s->mentions, t, facts, s->d, e);
    for (size_t row = 0; ok && csv_next(t, e); row++) ok = import_goes_on(s->c, row, e) && read(s, t, columns, e);
    ok = ok && e->code == ERR_OK && import_table_tell(t, s->d, e);
    csv_close(t);
    return ok;
}

static bool read_labels(struct scan *s, const struct csv *t, const int *columns, struct err *e)
{
    bool fresh;
    size_t n = s->studies.count;
    if (!id_map_add(&s->studies, csv_field(t, columns[1]), (uint32_t)n, &fresh, e)) return false;
    if (!fresh)
        return err_set(e, ERR_DATA, "%s: line %zu: study %.40s has a line already", csv_path(t), csv_line(t),
                       csv_field(t, columns[1]));
    if (n == s->study_room) {
        size_t room = n ? 2 * n : 256;
        int8_t *p = realloc(s->labels, room * s->d->classes);
        if (!p) return err_set(e, ERR_MEMORY, "no memory");
        s->labels = p;
        s->study_room = room;
    }
    return mentions_read(&s->mentions, t, s->labels + n * s->d->classes, e);
}

static bool read_split(struct scan *s, const struct csv *t, const int *columns, struct err *e)
{
    enum dataset_split split;
    return import_split(t, columns[1], &split, e) &&
           id_map_add(&s->splits, csv_field(t, columns[0]), (uint32_t)split, NULL, e);
}

static bool read_image(struct scan *s, const struct csv *t, const int *columns, struct err *e)
{
    const char *dicom = csv_field(t, columns[0]), *subject = csv_field(t, columns[1]), *view = csv_field(t, columns[3]);
    char name[300], fact[FACT_SIZE];
    int64_t file;
    uint32_t image;
    bool fresh;
    snprintf(name, sizeof name, "p%.80s/s%.80s/%.120s", subject, csv_field(t, columns[2]), dicom);
    if (!listing_find(&s->listing, name, &file, e)) return false;
    if (file < 0) return true;
    const uint32_t *study = id_map_find(&s->studies, csv_field(t, columns[2])), *split = id_map_find(&s->splits, dicom);
    bool wanted = import_wants_view(s->c, view);
    s->other_views += !wanted;
    s->unlabelled += wanted && !study;
    if (!wanted || !study) {
        listing_leave(&s->listing, file);
        return true;
    }
    s->unsplit += s->split && !split;
    if (!listing_take(&s->listing, file, subject, split ? (enum dataset_split) * split : SPLIT_NONE, &image, &fresh, e))
        return false;
    if (!fresh)
        return err_set(e, ERR_DATA, "%s: line %zu: %.120s is the image of an earlier line, too", csv_path(t),
                       csv_line(t), dicom);
    memcpy(s->d->labels + (size_t)image * s->d->classes, s->labels + (size_t)*study * s->d->classes, s->d->classes);
    fact_view(view, fact);
    return dataset_add_attribute(s->d, image, "view", fact, e);
}

static bool read_tables(struct scan *s, struct err *e)
{
    static const char *const split_columns[] = { "dicom_id", "split", NULL };
    static const char *const meta_columns[] = { "dicom_id", "subject_id", "study_id", "ViewPosition", NULL };
    char labels[PATH_MAX], meta[PATH_MAX], splits[PATH_MAX];
    const char *root = s->d->source;
    if (!import_table_need(s->c, "table", root, label_tables, labels, e) ||
        !import_table_need(s->c, "metadata", root, meta_tables, meta, e))
        return false;
    s->split = import_value(s->c, "split-table") || import_table_find(root, split_tables, splits);
    if (s->split && !import_table_need(s->c, "split-table", root, split_tables, splits, e)) return false;
    return read_table(s, labels, facts, read_labels, e) &&
           (!s->split || read_table(s, splits, split_columns, read_split, e)) &&
           read_table(s, meta, meta_columns, read_image, e) && listing_end(&s->listing, meta, e) &&
           mentions_tell(&s->mentions, s->d, e);
}

static bool tell(const struct scan *s, struct err *e)
{
    return reasons_leave_told(s->d, s->other_views, "another view",
                              "image shows another view than --views asks for and was left out",
                              "images show another view than --views asks for and were left out", e) &&
           reasons_leave_told(s->d, s->unlabelled, "no labels", "image of a study without labels was left out",
                              "images of studies without labels were left out", e) &&
           dataset_add_count(s->d, s->unsplit, "image stands in no official split and is in none",
                             "images stand in no official split and are in none", e);
}

bool import_mimic_scan(const struct import_config *c, struct dataset *d, struct err *e)
{
    struct scan s = { .c = c, .d = d };
    bool ok = mentions_init(&s.mentions, c, e) && listing_init(&s.listing, c, d, e) && read_tables(&s, e) &&
              tell(&s, e) && listing_finish(&s.listing, s.split ? "official split without val" : NULL, e);
    listing_clear(&s.listing);
    id_map_clear(&s.studies);
    id_map_clear(&s.splits);
    free(s.labels);
    return ok;
}
