/* PadChest: labels as lists, of which the frequent ones become classes; 16-bit images. */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/data/import/common/import_facts.h"
#include "engine/data/import/common/import_listing.h"
#include "engine/data/import/common/import_mentions.h"
#include "engine/data/import/import_kinds.h"
#include "engine/data/tables/label_list.h"
#include "engine/data/tables/missing.h"
#include "engine/data/reasons.h"

enum { POSITIVES = 50, POSITIVES_MOST = 1000000, CLASSES_MOST = 1000 };

static const char table_part[] = "chest_x_ray_images_labels"; /* of the table's name, whose end is a date */
static const char *const names[] = { "ImageID",  "PatientID",        "Labels",       "Projection",
                                     "ImageDir", "PatientSex_DICOM", "PatientBirth", "StudyDate_DICOM" };
enum { IMAGE, PATIENT, LABELS, VIEW, FOLDER, SEX, BIRTH, DATE, COLUMNS, NEEDED = VIEW + 1 };

/* A label, and how many patients have it. */
struct finding {
    char *name;
    size_t patients;
    int index; /* of its class; -1: too rare */
};

struct scan {
    const struct import_config *c;
    struct dataset *d;
    struct listing listing;
    int columns[COLUMNS];
    int64_t positives;
    struct id_map seen;  /* label and patient together */
    struct id_map index; /* of labels in findings      */
    struct finding *findings;
    size_t count;
    const char *patient; /* of the row that is read */
    int8_t *labels;
    size_t other_views, silent, excluded;
    size_t unknown;        /* images with a word such as NA for a label */
    size_t row_unknown;    /* such words of the row that is read        */
    char unknown_word[64]; /* the last one                              */
};

static bool find_table(const struct scan *s, char path[PATH_MAX], struct err *e)
{
    const char *given = import_value(s->c, "table");
    char best[NAME_MAX + 1] = "";
    DIR *dir = given ? NULL : opendir(s->d->source);
    for (struct dirent *f; dir && (f = readdir(dir));)
        if (strstr(f->d_name, table_part) && (text_ends(f->d_name, ".csv") || text_ends(f->d_name, ".csv.gz")) &&
            (!*best || strcmp(f->d_name, best) < 0))
            snprintf(best, sizeof best, "%s", f->d_name);
    if (dir) closedir(dir);
    if (!given && !*best)
        return err_set(e, ERR_NOT_FOUND, "%s: no PADCHEST_%s_*.csv there (nor .gz); name it with --table FILE",
                       s->d->source, table_part);
    int n = given ? snprintf(path, PATH_MAX, "%s", given) : snprintf(path, PATH_MAX, "%s/%s", s->d->source, best);
    return n < PATH_MAX || err_set(e, ERR_DATA, "%s: the path is too long", s->d->source);
}

static bool open_table(struct scan *s, const char *path, struct csv **t, struct err *e)
{
    if (!import_table_open(s->c, path, t, e)) return false;
    bool ok = true;
    for (int i = 0; ok && i < COLUMNS; i++)
        ok = i < NEEDED ? csv_need(*t, names[i], &s->columns[i], e) : csv_want(*t, names[i], &s->columns[i], e);
    if (!ok) csv_close(*t);
    return ok;
}

/* The file of a row, if it exists and has a requested view; else -1. */
static bool find(struct scan *s, const struct csv *t, bool count, int64_t *file, struct err *e)
{
    char name[2 * NAME_MAX];
    const char *folder = csv_field(t, s->columns[FOLDER]), *id = csv_field(t, s->columns[IMAGE]),
               *view = csv_field(t, s->columns[VIEW]);
    if (!*id) return err_set(e, ERR_FORMAT, "%s: line %zu: no ImageID", csv_path(t), csv_line(t));
    snprintf(name, sizeof name, "%.200s%s%.250s", folder, *folder ? "/" : "", id);
    if (!listing_find(&s->listing, name, file, e) || *file < 0) return *file < 0;
    bool excluded = text_same(view, "EXCLUDE"), wanted = !excluded && import_wants_view(s->c, view);
    if (wanted) return true;
    s->excluded += count && excluded;
    s->other_views += count && !excluded;
    listing_leave(&s->listing, *file);
    *file = -1;
    return true;
}

/* ---- first pass: which labels are frequent ---- */

static bool count_label(void *ctx, const char *name, size_t length, struct err *e)
{
    struct scan *s = ctx;
    char key[512];
    bool fresh;
    if (missing_word(name, length) != MISSING_NOT) return true;
    snprintf(key, sizeof key, "%.*s", (int)(length < 250 ? length : 250), name);
    uint32_t *index = id_map_add(&s->index, key, (uint32_t)s->count, &fresh, e);
    if (!index) return false;
    uint32_t which = *index;
    if (fresh) {
        struct finding *p = realloc(s->findings, (s->count + 1) * sizeof *p);
        if (!p || !(p[s->count].name = text_copy(key))) return err_set(e, ERR_MEMORY, "no memory");
        s->findings = p;
        p[s->count].patients = 0;
        p[s->count++].index = -1;
    }
    snprintf(key + strlen(key), sizeof key - strlen(key), "\n%.200s", s->patient);
    if (!id_map_add(&s->seen, key, 0, &fresh, e)) return false;
    s->findings[which].patients += fresh;
    return true;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool choose_classes(struct scan *s, struct err *e)
{
    const char *chosen[CLASSES_MOST];
    uint32_t n = 0;
    size_t most = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (s->findings[i].patients > most) most = s->findings[i].patients;
        if ((int64_t)s->findings[i].patients < s->positives) continue;
        if (n == CLASSES_MOST) return err_set(e, ERR_DATA, "more than %d classes; raise --min-positives", CLASSES_MOST);
        chosen[n++] = s->findings[i].name;
    }
    if (!n)
        return err_set(e, ERR_DATA,
                       "%s: no label has %lld patients among the images here, the most frequent one %zu; "
                       "lower --min-positives",
                       s->d->source, (long long)s->positives, most);
    qsort(chosen, n, sizeof *chosen, compare);
    if (!dataset_set_classes(s->d, n, chosen, e)) return false;
    for (size_t i = 0; i < s->count; i++) s->findings[i].index = dataset_class(s->d, s->findings[i].name);
    return dataset_add_remark(s->d, e, "%u of %zu labels have %lld patients or more and are classes (--min-positives)",
                              n, s->count, (long long)s->positives);
}

static bool count_labels(struct scan *s, const char *path, struct err *e)
{
    struct csv *t;
    if (!open_table(s, path, &t, e)) return false;
    bool ok = true;
    for (size_t row = 0; ok && csv_next(t, e); row++) {
        int64_t file;
        ok = import_goes_on(s->c, row, e) && find(s, t, true, &file, e);
        if (!ok || file < 0) continue;
        s->patient = csv_field(t, s->columns[PATIENT]);
        ok = label_list_each(csv_field(t, s->columns[LABELS]), ",", count_label, s, e) ||
             err_wrap(e, "%s: line %zu: column '%s'", csv_path(t), csv_line(t), names[LABELS]);
    }
    ok = ok && e->code == ERR_OK;
    csv_close(t);
    return ok;
}

/* ---- second pass ---- */

static bool take_label(void *ctx, const char *name, size_t length, struct err *e)
{
    struct scan *s = ctx;
    char key[256];
    (void)e;
    if (missing_word(name, length) != MISSING_NOT) {
        s->row_unknown++;
        snprintf(s->unknown_word, sizeof s->unknown_word, "%.*s", (int)(length < 60 ? length : 60), name);
        return true;
    }
    snprintf(key, sizeof key, "%.*s", (int)(length < 250 ? length : 250), name);
    const uint32_t *index = id_map_find(&s->index, key);
    if (index && s->findings[*index].index >= 0) s->labels[s->findings[*index].index] = 1;
    return true;
}

/* Years between the year of birth, from the table, and the study. */
static bool add_age(struct scan *s, const struct csv *t, uint32_t image, struct err *e)
{
    double birth, date;
    char age[16];
    if (!csv_number(t, s->columns[BIRTH], &birth) || !csv_number(t, s->columns[DATE], &date)) return true;
    int years = (int)(date / 10000) - (int)birth;
    if (birth < 1850 || years < 0 || years > AGE_MOST) return true;
    snprintf(age, sizeof age, "%d", years);
    return dataset_add_attribute(s->d, image, "age", age, e);
}

static bool read_row(struct scan *s, const struct csv *t, struct err *e)
{
    int64_t file;
    uint32_t image;
    bool fresh;
    const char *view = csv_field(t, s->columns[VIEW]);
    if (!find(s, t, false, &file, e)) return false;
    if (file < 0) return true;
    if (!listing_take(&s->listing, file, csv_field(t, s->columns[PATIENT]), SPLIT_NONE, &image, &fresh, e))
        return false;
    if (!fresh)
        return err_set(e, ERR_DATA, "%s: line %zu: %.200s has a line already", csv_path(t), csv_line(t),
                       csv_field(t, s->columns[IMAGE]));
    s->labels = s->d->labels + (size_t)image * s->d->classes;
    const char *list = csv_field(t, s->columns[LABELS]);
    s->row_unknown = 0;
    if (!label_list_each(list, ",", take_label, s, e)) return false;
    if (*list && !s->row_unknown)
        for (uint32_t c = 0; c < s->d->classes; c++) s->labels[c] = s->labels[c] == 1;
    s->unknown += s->row_unknown > 0;
    s->silent += !*list;
    char sex[FACT_SIZE], side[FACT_SIZE];
    fact_view(view, side);
    fact_sex(csv_field(t, s->columns[SEX]), sex);
    return dataset_add_attribute(s->d, image, "view", side, e) && dataset_add_attribute(s->d, image, "sex", sex, e) &&
           add_age(s, t, image, e);
}

static bool read_rows(struct scan *s, const char *path, struct err *e)
{
    struct csv *t;
    if (!open_table(s, path, &t, e)) return false;
    bool ok = true;
    for (size_t row = 0; ok && csv_next(t, e); row++) ok = import_goes_on(s->c, row, e) && read_row(s, t, e);
    ok = ok && e->code == ERR_OK && listing_end(&s->listing, csv_path(t), e) && import_table_tell(t, s->d, e);
    csv_close(t);
    return ok &&
           reasons_leave_told(s->d, s->other_views, "another view",
                              "image shows another view than --views asks for and was left out",
                              "images show another view than --views asks for and were left out", e) &&
           reasons_leave_told(s->d, s->excluded, "marked EXCLUDE", "image is marked EXCLUDE and was left out",
                              "images are marked EXCLUDE and were left out", e) &&
           dataset_add_count(s->d, s->silent, "image has no list of labels", "images have no list of labels", e) &&
           (!s->unknown ||
            dataset_add_remark(s->d, e, "%zu %s '%s' or the like for a label, which is read as: unknown", s->unknown,
                               text_number((int64_t)s->unknown, "image has", "images have"), s->unknown_word));
}

static bool read_positives(struct scan *s, struct err *e)
{
    const char *text = import_value(s->c, "min-positives");
    s->positives = POSITIVES;
    return !text || (text_to_int(text, &s->positives) && s->positives >= 1 && s->positives <= POSITIVES_MOST) ||
           err_set(e, ERR_USAGE, "--min-positives %.40s: take a number from 1 to %d", text, POSITIVES_MOST);
}

bool import_padchest_scan(const struct import_config *c, struct dataset *d, struct err *e)
{
    struct scan s = { .c = c, .d = d };
    char path[PATH_MAX];
    bool ok = read_positives(&s, e) && listing_init(&s.listing, c, d, e) && find_table(&s, path, e) &&
              count_labels(&s, path, e) && choose_classes(&s, e) && read_rows(&s, path, e) &&
              listing_finish(&s.listing, NULL, e);
    listing_clear(&s.listing);
    id_map_clear(&s.seen);
    id_map_clear(&s.index);
    for (size_t i = 0; i < s.count; i++) free(s.findings[i].name);
    free(s.findings);
    return ok;
}
