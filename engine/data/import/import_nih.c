/* NIH ChestX-ray14: images anywhere below the folder, matched by file name with Data_Entry_2017.csv. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "engine/data/tables/csv.h"
#include "engine/data/import/common/import_common.h"
#include "engine/data/import/common/import_facts.h"
#include "engine/data/import/import_kinds.h"
#include "engine/data/split.h"
#include "engine/data/reasons.h"

enum { FINDINGS = 14, CLASSES = 15, BOX_SIDE = 1024 };

static const char *const class_names[CLASSES] = {
    "Atelectasis", "Cardiomegaly", "Effusion",           "Infiltration",  "Mass",
    "Nodule",      "Pneumonia",    "Pneumothorax",       "Consolidation", "Edema",
    "Emphysema",   "Fibrosis",     "Pleural_Thickening", "Hernia",        "No Finding",
};

/* Newer issues first only where the older name is absent. */
static const char *const entry_names[] = { "Data_Entry_2017.csv", "Data_Entry_2017_v2020.csv", NULL };
static const char *const box_names[] = { "BBox_List_2017.csv", NULL };

/* What the table says about the person and the exposure: names of the attributes, and columns, older names first. */
enum { VIEW, AGE, SEX, FACTS };
static const struct {
    const char *name, *columns[2];
} facts[FACTS] = { { "view", { "View Position" } },
                   { "age", { "Patient Age" } },
                   { "sex", { "Patient Gender", "Patient Sex" } } };

/* A file on disk, found by its name; after the table has been read, its row. */
struct found {
    const char *base, *path;
    bool listed;
    size_t line; /* that it is listed on */
    char *patient, *note, *facts[FACTS];
    enum dataset_split split;
    int8_t labels[CLASSES];
    uint32_t image; /* in the set */
};

struct scan {
    const struct import_config *config;
    const char *root;
    struct dataset *d;
    struct found *found; /* sorted by base name, no name twice */
    size_t count;
    size_t twice;      /* further files with a name seen before */
    struct pool texts; /* of the rows */
    struct pool_words words;
    char *patient; /* of the row before */
    size_t ages;   /* that are none, and the first of them     */
    char age[FACT_SIZE];
    size_t both, both_line; /* rows with No Finding and a finding; the first one's line */
};

static int compare(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    int c = strcmp(x->base, y->base);
    return c ? c : strcmp(x->path, y->path);
}

static int compare_base(const void *key, const void *row)
{
    return strcmp(key, ((const struct found *)row)->base);
}

static struct found *find(const struct scan *s, const char *base)
{
    return s->count ? bsearch(base, s->found, s->count, sizeof *s->found, compare_base) : NULL;
}

static bool index_files(struct scan *s, const struct file_list *files, struct err *e)
{
    s->found = calloc(files->count ? files->count : 1, sizeof *s->found);
    if (!s->found) return err_set(e, ERR_MEMORY, "no memory for %zu file names", files->count);
    for (size_t i = 0; i < files->count; i++)
        s->found[i] = (struct found){ .base = file_base(files->paths[i]), .path = files->paths[i] };
    qsort(s->found, files->count, sizeof *s->found, compare);
    for (size_t i = 0; i < files->count; i++) {
        if (s->count && !strcmp(s->found[s->count - 1].base, s->found[i].base))
            s->twice++;
        else
            s->found[s->count++] = s->found[i];
    }
    return true;
}

/* A finding by its name, whatever its case and the blanks around it; -1: none. */
static int class_of(const char *s, size_t n)
{
    for (int c = 0; c < CLASSES; c++)
        if (strlen(class_names[c]) == n && !strncmp(class_names[c], s, n)) return c;
    for (int c = 0; c < CLASSES; c++)
        if (text_alike(s, n, class_names[c])) return c;
    return -1;
}

/* Converts "A|B" to labels; returns -1, or the offset of an unknown finding. */
static int read_labels(const char *s, int8_t labels[CLASSES])
{
    const char *start = s;
    memset(labels, 0, CLASSES);
    for (;;) {
        size_t n = strcspn(s, "|");
        int c = class_of(s, n);
        if (c < 0) return (int)(s - start);
        labels[c] = 1;
        if (!s[n]) return -1;
        s += n + 1;
    }
}

struct entry_columns {
    int image, labels, patient, facts[FACTS];
};

/* A fact in its spelling for all sets; the table gives an age as years or, in its first edition, as "058Y". */
static void read_fact(struct scan *s, int which, const char *written, char out[FACT_SIZE])
{
    if (which == AGE) {
        if (!fact_age(written, out) && !s->ages++) snprintf(s->age, sizeof s->age, "%.40s", written);
    } else if (which == SEX) {
        fact_sex(written, out);
    } else {
        fact_view(written, out);
    }
}

static bool read_facts(struct scan *s, struct found *f, const struct csv *t, const struct entry_columns *c,
                       struct err *e)
{
    struct text note = { 0 };
    bool ok = true;
    for (int i = 0; ok && i < FACTS; i++) {
        char value[FACT_SIZE];
        read_fact(s, i, csv_field(t, c->facts[i]), value);
        if (!*value) continue;
        text_printf(&note, "%s%.20s", note.length ? ", " : "", value);
        ok = (f->facts[i] = pool_word(&s->texts, &s->words, value));
    }
    f->note = pool_word(&s->texts, &s->words, text_str(&note));
    text_clear(&note);
    return (ok && f->note) || err_set(e, ERR_MEMORY, "no memory");
}

/* No Finding beside a finding: the finding counts. */
static void drop_no_finding(struct scan *s, int8_t labels[CLASSES], size_t line)
{
    if (labels[FINDINGS] != 1 || !memchr(labels, 1, FINDINGS)) return;
    labels[FINDINGS] = 0;
    if (!s->both++) s->both_line = line;
}

static bool read_entry(struct scan *s, struct csv *t, const struct entry_columns *c, struct err *e)
{
    struct found *f = find(s, csv_field(t, c->image));
    if (!*csv_field(t, c->image))
        return err_set(e, ERR_FORMAT, "%s: line %zu: no image name", csv_path(t), csv_line(t));
    if (!f) {
        s->d->absent++;
        return true;
    }
    int8_t labels[CLASSES];
    int wrong = read_labels(csv_field(t, c->labels), labels);
    if (wrong >= 0)
        return err_set(e, ERR_FORMAT, "%s: line %zu: '%.60s' is none of the 14 findings nor 'No Finding'", csv_path(t),
                       csv_line(t), csv_field(t, c->labels) + wrong);
    drop_no_finding(s, labels, csv_line(t));
    if (f->listed)
        return err_set(e, ERR_FORMAT, "%s: line %zu: %s has a line already, %zu, with %s labels; keep one", csv_path(t),
                       csv_line(t), f->base, f->line, memcmp(labels, f->labels, CLASSES) ? "other" : "the same");
    if (!*csv_field(t, c->patient)) return err_set(e, ERR_FORMAT, "%s: line %zu: no patient", csv_path(t), csv_line(t));
    f->listed = true;
    f->line = csv_line(t);
    memcpy(f->labels, labels, CLASSES);
    f->patient = s->patient = pool_text(&s->texts, csv_field(t, c->patient), s->patient);
    return f->patient ? read_facts(s, f, t, c, e) : err_set(e, ERR_MEMORY, "no memory");
}

static bool read_entries(struct scan *s, struct err *e)
{
    char path[PATH_MAX];
    struct csv *t;
    if (!import_table_find(s->root, entry_names, path))
        return err_set(e, ERR_NOT_FOUND,
                       "%s: no Data_Entry_2017.csv there (nor _v2020, nor .gz); a folder without a table is imported "
                       "with: data import folder",
                       s->root);
    if (!import_table_open(s->config, path, &t, e)) return false;
    struct entry_columns c;
    for (int i = 0; i < FACTS; i++) {
        c.facts[i] = csv_find(t, facts[i].columns[0]);
        if (c.facts[i] < 0 && facts[i].columns[1]) c.facts[i] = csv_find(t, facts[i].columns[1]);
    }
    bool ok = csv_need(t, "Image Index", &c.image, e) && csv_need(t, "Finding Labels", &c.labels, e) &&
              csv_need(t, "Patient ID", &c.patient, e);
    size_t rows = 0;
    while (ok && csv_next(t, e)) {
        ok = import_goes_on(s->config, rows++, e) && read_entry(s, t, &c, e);
    }
    ok = ok && e->code == ERR_OK;
    if (ok && s->d->absent == rows)
        ok = err_set(e, ERR_DATA, "%s: none of its %zu %s is below %s", csv_path(t), rows,
                     text_number(rows, "image", "images"), s->root);
    ok = ok && import_table_tell(t, s->d, e);
    csv_close(t);
    return ok;
}

/* Reads one of the official lists: one file name per line. `*there` tells whether it exists. */
static bool read_list(struct scan *s, const char *name, enum dataset_split split, bool *there, struct err *e)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", s->root, name);
    *there = n < (int)sizeof path && !access(path, F_OK);
    if (!*there) return true;
    char *text = file_read_text(path, 1 << 26, e), *rest = text;
    if (!text) return false;
    for (char *line; (line = strsep(&rest, "\r\n"));) {
        struct found *f = *line ? find(s, file_base(line)) : NULL;
        if (f) f->split = split;
    }
    free(text);
    return true;
}

static bool add_images(struct scan *s, struct err *e)
{
    for (size_t i = 0; i < s->count; i++) {
        struct found *f = &s->found[i];
        if (!f->listed) {
            s->d->unlisted++;
            continue;
        }
        if (!dataset_add_image(s->d, f->path, f->patient, f->split, f->note, &f->image, e)) return false;
        memcpy(s->d->labels + (size_t)f->image * CLASSES, f->labels, CLASSES);
        for (int k = 0; k < FACTS; k++)
            if (f->facts[k] && !dataset_add_attribute(s->d, f->image, facts[k].name, f->facts[k], e)) return false;
    }
    return true;
}

/* The box table's header is odd ("Bbox [x,y,w,h],,,"): the four numbers follow the label. */
static bool read_box(struct scan *s, struct csv *t, int image, int label_column, struct err *e)
{
    const struct found *f = find(s, csv_field(t, image));
    if (!f || !f->listed) return true;
    const char *label = csv_field(t, label_column);
    if (text_alike(label, strlen(label), "Infiltrate")) label = "Infiltration";
    int c = class_of(label, strlen(label));
    double v[4];
    bool numbers = true;
    for (int i = 0; i < 4; i++) numbers = numbers && csv_number(t, label_column + 1 + i, &v[i]);
    if (c < 0 || c >= FINDINGS || !numbers || !(v[2] > 0) || !(v[3] > 0))
        return err_set(e, ERR_FORMAT, "%s: line %zu: not a box: expected image, finding, x, y, width, height",
                       csv_path(t), csv_line(t));
    struct dataset_box box = { f->image,
                               (uint32_t)c,
                               (float)(v[0] / BOX_SIDE),
                               (float)(v[1] / BOX_SIDE),
                               (float)((v[0] + v[2]) / BOX_SIDE),
                               (float)((v[1] + v[3]) / BOX_SIDE),
                               NULL };
    return dataset_add_box(s->d, &box, e);
}

static bool read_boxes(struct scan *s, struct err *e)
{
    char path[PATH_MAX];
    struct csv *t;
    int image, label;
    if (!import_table_find(s->root, box_names, path)) return true;
    if (!import_table_open(s->config, path, &t, e)) return false;
    bool ok = csv_need(t, "Image Index", &image, e) && csv_need(t, "Finding Label", &label, e);
    while (ok && csv_next(t, e)) ok = read_box(s, t, image, label, e);
    ok = ok && e->code == ERR_OK;
    csv_close(t);
    return ok;
}

static bool decide_splits(const struct import_config *c, struct scan *s, struct err *e)
{
    bool has_train, has_test;
    if (!read_list(s, "train_val_list.txt", SPLIT_TRAIN, &has_train, e)) return false;
    if (!read_list(s, "test_list.txt", SPLIT_TEST, &has_test, e)) return false;
    /* with one list alone, all other images are in the other split */
    enum dataset_split rest = has_train == has_test ? SPLIT_NONE : has_train ? SPLIT_TEST : SPLIT_TRAIN;
    for (size_t i = 0; i < s->count; i++)
        if (s->found[i].split == SPLIT_NONE) s->found[i].split = rest;
    if (!add_images(s, e) || !read_boxes(s, e) || !import_learn(c, s->d, false, e) || !import_warn_patients(c, s->d, e))
        return false;
    if (!has_train && !has_test)
        return dataset_add_remark(s->d, e, "no official lists (train_val_list.txt, test_list.txt)") &&
               split_all(s->d, c->val, c->seed, e);
    uint32_t none = dataset_split_images(s->d, SPLIT_NONE, NULL);
    if (!dataset_add_count(s->d, none, "image stands in neither official list and is in no split",
                           "images stand in neither official list and are in no split", e))
        return false;
    return split_take_validation(s->d, c->val, c->seed, "official split, val from train_val", e);
}

static bool remarks(struct scan *s, struct err *e)
{
    struct dataset *d = s->d;
    return import_tell_absent(d, e) && fact_ages_tell(d, s->ages, s->age, e) &&
           (!s->both ||
            dataset_add_remark(d, e,
                               "%zu %s No Finding and a finding, the first on line %zu: the finding counts, and No "
                               "Finding is dropped",
                               s->both, text_number(s->both, "row says", "rows say"), s->both_line)) &&
           reasons_leave_told(d, d->unlisted, "no line in the table", "image without a line in the table was left out",
                              "images without a line in the table were left out", e) &&
           reasons_leave_told(d, s->twice, "name of another file", "file has the name of another one and was left out",
                              "files have the name of another one and were left out", e);
}

bool import_nih_scan(const struct import_config *c, struct dataset *d, struct err *e)
{
    struct file_list files;
    if (!import_find_files(c, d, &files, e)) return false;
    struct scan s = { .config = c, .root = d->source, .d = d };
    bool ok = index_files(&s, &files, e) && file_list_tell(&files, d, e) &&
              dataset_set_classes(d, CLASSES, class_names, e) && read_entries(&s, e) && decide_splits(c, &s, e) &&
              remarks(&s, e);
    pool_clear(&s.texts);
    pool_words_clear(&s.words);
    free(s.found);
    file_list_clear(&files);
    return ok;
}
