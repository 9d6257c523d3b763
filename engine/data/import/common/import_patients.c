/* The patients of images, from tables, lists and paths; and a warning if they are unknown. */
#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/data/patient.h"
#include "engine/data/tables/file_names.h"
#include "engine/data/tables/id_map.h"
#include "engine/data/tables/missing.h"
#include "engine/data/import/common/import_common.h"

/* ---- ids that name nobody ---- */

/* "NA" and the like are nobody: as an id they would make one person of all these images. */
static bool forget_nobody(struct dataset *d, struct err *e)
{
    bool ok = true;
    for (uint32_t i = 0; ok && i < d->count; i++)
        if (*d->images[i].patient && missing_person(d->images[i].patient))
            ok = dataset_set_text(d, &d->images[i].patient, "", 0, e);
    return ok;
}

/* ---- a table of images and patients ---- */

static bool read_map_row(struct dataset *d, const struct csv *t, const struct file_names *names, size_t *unknown,
                         struct err *e)
{
    struct file_match m;
    const char *patient = csv_field(t, 1);
    if (!file_names_find(names, csv_field(t, 0), &m, e)) return false;
    if (m.files > 1)
        return err_set(e, ERR_DATA, "%s: line %zu: %.200s may be %.200s or %.200s", csv_path(t), csv_line(t),
                       csv_field(t, 0), d->images[m.file].path, d->images[m.second].path);
    *unknown += !m.files;
    if (!m.files || missing_person(patient)) return true;
    struct dataset_image *image = &d->images[m.file];
    if (*image->patient && strcmp(image->patient, patient))
        return err_set(e, ERR_DATA, "%s: line %zu: %.200s is of patient %.60s and of %.60s", csv_path(t), csv_line(t),
                       image->path, image->patient, patient);
    return dataset_set_text(d, &image->patient, patient, strlen(patient), e);
}

static bool read_map(const struct import_config *c, struct dataset *d, const char *path, struct err *e)
{
    struct csv *t;
    struct file_names names = { 0 };
    const char **paths = malloc((d->count + 1) * sizeof *paths);
    size_t unknown = 0, rows = 0;
    if (!paths) return err_set(e, ERR_MEMORY, "no memory");
    for (uint32_t i = 0; i < d->count; i++) paths[i] = d->images[i].path;
    bool ok = import_table_open(c, path, &t, e);
    if (ok && csv_columns(t) != 2)
        ok = err_set(e, ERR_FORMAT, "%s: has %zu columns, expected two with a header: image, patient", csv_path(t),
                     csv_columns(t));
    ok = ok && file_names_init(&names, paths, d->count, e);
    while (ok && csv_next(t, e)) ok = import_goes_on(c, rows++, e) && read_map_row(d, t, &names, &unknown, e);
    ok = ok && e->code == ERR_OK && import_table_tell(t, d, e);
    if (ok && rows && unknown == rows)
        ok = err_set(e, ERR_DATA, "%s: none of its %zu %s in the set", csv_path(t), rows,
                     text_number(rows, "image is", "images is"));
    csv_close(t);
    file_names_clear(&names);
    free(paths);
    return ok;
}

/* ---- a pattern ---- */

/* The first group of the pattern, or the whole match. */
static bool match_paths(struct dataset *d, const regex_t *pattern, size_t *named, struct err *e)
{
    for (uint32_t i = 0; i < d->count; i++) {
        struct dataset_image *m = &d->images[i];
        regmatch_t at[2];
        if (*m->patient || regexec(pattern, m->path, 2, at, 0)) continue;
        const regmatch_t *g = &at[pattern->re_nsub > 0];
        if (g->rm_so < 0 || g->rm_eo <= g->rm_so) continue;
        if (!dataset_set_text(d, &m->patient, m->path + g->rm_so, (size_t)(g->rm_eo - g->rm_so), e)) return false;
        ++*named;
    }
    return true;
}

static bool read_pattern(struct dataset *d, const char *text, struct err *e)
{
    regex_t pattern;
    size_t named = 0;
    int code = regcomp(&pattern, text, REG_EXTENDED);
    if (code) {
        char why[128];
        regerror(code, &pattern, why, sizeof why);
        return err_set(e, ERR_USAGE, "--patient-pattern %.100s: %s", text, why);
    }
    bool ok = match_paths(d, &pattern, &named, e);
    regfree(&pattern);
    if (ok && !named && d->count)
        ok = err_set(e, ERR_USAGE, "--patient-pattern %.100s: meets no path; the first path is %.200s", text,
                     d->images[0].path);
    return ok && dataset_add_count(d, named, "image has its patient from the path, by --patient-pattern",
                                   "images have their patients from their paths, by --patient-pattern", e);
}

bool import_name_patients(const struct import_config *c, struct dataset *d, struct err *e)
{
    const char *map = import_value(c, "patient-map"), *pattern = import_value(c, "patient-pattern");
    if (!forget_nobody(d, e)) return false;
    if (map && !read_map(c, d, map, e)) return false;
    if (pattern && !read_pattern(d, pattern, e)) return false;
    for (uint32_t i = 0; i < d->count; i++) {
        char guessed[PATIENT_MOST];
        struct dataset_image *m = &d->images[i];
        if (*m->patient) continue;
        split_patient_of_name(m->path, guessed, sizeof guessed);
        if (*guessed && !dataset_set_text(d, &m->patient, guessed, strlen(guessed), e)) return false;
    }
    return true;
}

/* ---- one number, several spellings ---- */

bool import_unify_patients(struct dataset *d, struct err *e)
{
    struct id_map numbers = { 0 };
    char number[PATIENT_MOST];
    size_t changed = 0;
    bool ok = forget_nobody(d, e);
    for (uint32_t i = 0; ok && i < d->count; i++) {
        if (!patient_number(d->images[i].patient, number)) continue;
        uint32_t *best = id_map_add(&numbers, number, i, NULL, e);
        ok = best != NULL;
        if (ok && patient_better(d->images[i].patient, d->images[*best].patient)) *best = i;
    }
    struct text example = { 0 };
    for (uint32_t i = 0; ok && i < d->count; i++) {
        if (!patient_number(d->images[i].patient, number)) continue;
        const char *best = d->images[*id_map_find(&numbers, number)].patient;
        if (!strcmp(best, d->images[i].patient)) continue;
        if (!changed++) text_printf(&example, "'%.60s' is '%.60s'", d->images[i].patient, best);
        ok = dataset_set_text(d, &d->images[i].patient, best, strlen(best), e);
    }
    ok = ok && (!changed || dataset_add_remark(d, e, "patients that differ in zeros only are one person (%s): %zu %s",
                                               text_str(&example), changed, text_number(changed, "image", "images")));
    text_clear(&example);
    id_map_clear(&numbers);
    return ok;
}

bool import_warn_patients(const struct import_config *c, struct dataset *d, struct err *e)
{
    uint32_t unknown = 0;
    const char *what = !strcmp(c->kind, "csv") ? "--patient-column or --patient-pattern" : "--patient-pattern";
    if (import_takes(c->kind, "patient-map") && strcmp(c->kind, "csv")) what = "--patient-map or --patient-pattern";
    for (uint32_t i = 0; i < d->count; i++) unknown += !*d->images[i].patient;
    if (!unknown) return true;
    if (unknown == d->count)
        return dataset_add_remark(d, e,
                                  "WARNING: no patient is known: each image counts as a patient of its own, so that "
                                  "one person may be on both sides of a split; name them with %s",
                                  what);
    return dataset_add_remark(d, e,
                              "WARNING: %u of %u images name no patient, and each counts as one of its own; see %s",
                              unknown, d->count, what);
}
