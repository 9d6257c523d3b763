/* CheXpert: one row per image, whose path gives patient and study; labels were extracted from reports. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/data/import/common/import_facts.h"
#include "engine/data/import/common/import_listing.h"
#include "engine/data/import/common/import_mentions.h"
#include "engine/data/import/import_kinds.h"
#include "engine/data/reasons.h"

/* The tables and their rows. `valid` was labelled by three radiologists and is used as test set unless there is one. */
static const struct {
    const char *names[3];
    enum dataset_split split, beside_test;
} tables[] = {
    { { "train.csv", NULL }, SPLIT_TRAIN, SPLIT_TRAIN },
    { { "valid.csv", NULL }, SPLIT_TEST, SPLIT_VAL },
    { { "test.csv", "test_labels.csv", NULL }, SPLIT_TEST, SPLIT_TEST },
};
enum { TABLES = sizeof tables / sizeof tables[0] };

static const char *const facts[] = { "Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", NULL };
enum { PATH, SEX, AGE, SIDE, VIEW, FACTS };

struct scan {
    const struct import_config *c;
    struct dataset *d;
    struct listing listing;
    struct mentions mentions;
    int columns[FACTS];
    size_t other_views;
    size_t ages; /* that are none, and the first of them */
    char age[FACT_SIZE];
};

static const char *view_of(const struct scan *s, const struct csv *t)
{
    const char *side = csv_field(t, s->columns[SIDE]), *view = csv_field(t, s->columns[VIEW]);
    return import_is_lateral(side) ? "lateral" : *view ? view : *side ? "frontal" : "";
}

static bool add_facts(struct scan *s, const struct csv *t, uint32_t image, struct err *e)
{
    char sex[FACT_SIZE], age[FACT_SIZE], view[FACT_SIZE];
    const char *written = csv_field(t, s->columns[AGE]);
    fact_sex(csv_field(t, s->columns[SEX]), sex);
    fact_view(view_of(s, t), view);
    if (!fact_age(written, age) && !s->ages++) snprintf(s->age, sizeof s->age, "%.40s", written);
    return dataset_add_attribute(s->d, image, "sex", sex, e) && dataset_add_attribute(s->d, image, "age", age, e) &&
           dataset_add_attribute(s->d, image, "view", view, e);
}

static bool read_row(struct scan *s, const struct csv *t, enum dataset_split split, struct err *e)
{
    int64_t file;
    uint32_t image;
    bool fresh;
    char patient[64];
    const char *path = csv_field(t, s->columns[PATH]);
    if (!*path) return err_set(e, ERR_FORMAT, "%s: line %zu: no path", csv_path(t), csv_line(t));
    if (!listing_find(&s->listing, path, &file, e)) return false;
    if (file < 0) return true;
    if (!import_wants_view(s->c, view_of(s, t))) {
        s->other_views++;
        listing_leave(&s->listing, file);
        return true;
    }
    split_patient_of_name(path, patient, sizeof patient);
    if (!listing_take(&s->listing, file, patient, split, &image, &fresh, e)) return false;
    if (!fresh)
        return err_set(e, ERR_DATA, "%s: line %zu: %.200s is the image of an earlier line, too", csv_path(t),
                       csv_line(t), path);
    return mentions_read(&s->mentions, t, s->d->labels + (size_t)image * s->d->classes, e) && add_facts(s, t, image, e);
}

static bool read_table(struct scan *s, const char *path, enum dataset_split split, struct err *e)
{
    struct csv *t;
    if (!import_table_open(s->c, path, &t, e)) return false;
    bool ok = csv_need(t, facts[PATH], &s->columns[PATH], e);
    for (int i = SEX; ok && i < FACTS; i++) ok = csv_want(t, facts[i], &s->columns[i], e);
    ok = ok && mentions_columns(&s->mentions, t, facts, s->d, e);
    for (size_t row = 0; ok && csv_next(t, e); row++) ok = import_goes_on(s->c, row, e) && read_row(s, t, split, e);
    ok = ok && e->code == ERR_OK && import_table_tell(t, s->d, e);
    csv_close(t);
    return ok;
}

static bool read_tables(struct scan *s, struct err *e)
{
    char path[TABLES][PATH_MAX];
    bool there[TABLES];
    const char *given = import_value(s->c, "table");
    for (int i = 0; i < TABLES; i++) there[i] = import_table_find(s->d->source, tables[i].names, path[i]);
    if (given) { /* a separate table: its rows are train */
        there[0] = true;
        snprintf(path[0], PATH_MAX, "%s", given);
    }
    if (!there[0] && !there[1] && !there[2])
        return err_set(e, ERR_NOT_FOUND,
                       "%s: no train.csv, valid.csv or test.csv there (nor .gz); name one with "
                       "--table FILE",
                       s->d->source);
    for (int i = 0; i < TABLES; i++)
        if (there[i] && !read_table(s, path[i], there[2] ? tables[i].beside_test : tables[i].split, e)) return false;
    return listing_end(&s->listing, there[0] ? path[0] : s->d->source, e) && mentions_tell(&s->mentions, s->d, e) &&
           fact_ages_tell(s->d, s->ages, s->age, e) &&
           reasons_leave_told(s->d, s->other_views, "another view",
                              "image shows another view than --views asks for and was left out",
                              "images show another view than --views asks for and were left out", e);
}

static bool start(struct scan *s, struct err *e)
{
    if (!listing_init(&s->listing, s->c, s->d, e)) return false;
    s->listing.whole_paths = true;
    return true;
}

bool import_chexpert_scan(const struct import_config *c, struct dataset *d, struct err *e)
{
    struct scan s = { .c = c, .d = d };
    bool ok = mentions_init(&s.mentions, c, e) && start(&s, e) && read_tables(&s, e) &&
              listing_finish(&s.listing, "val by patient", e);
    listing_clear(&s.listing);
    return ok;
}
