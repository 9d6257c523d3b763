/* What the headers of an import's files say, before splits are drawn; and patients of DICOM files, who are hashed once
 * they are.
 *
 * Whatever is not a projection radiograph is left out and counted by its modality; so are views that are not
 * requested. Splits are drawn on the plain patient id, so that a set is split equally in every store. A file whose
 * header cannot be read, for whatever reason, is left out and named, since without its patient it could end in any
 * split. The store receives HMAC-SHA256 of the id with a key of that store, so nobody can recover the id by trying all
 * of them. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <nettle/hmac.h>

#include "engine/base/text.h"
#include "engine/data/dicom/dicom_pool.h"
#include "engine/data/images/image.h"
#include "engine/data/import/common/import_common.h"
#include "engine/data/patient.h"
#include "engine/data/reasons.h"

const char *const import_view_names[] = { "frontal", "lateral", "all", NULL };

enum { KINDS_MOST = 96 };

/* What the header of an image says. */
struct learned {
    struct dicom_facts *facts; /* owned; NULL: no DICOM file */
    struct image_head head;
    char *why; /* owned; NULL: it could be read */
};

struct learning {
    const struct import_config *c;
    struct dataset *d;
    struct learned *rows; /* [count] */
};

static bool learn_dicom(const struct learning *l, const char *path, struct learned *row, struct err *e)
{
    struct dicom_facts *f = row->facts = calloc(1, sizeof *f);
    if (!f) return err_set(e, ERR_MEMORY, "no memory");
    if (!image_dicom_facts(path, l->c->dicom->decoders, f, e)) return false;
    if (f->pixels) row->head = (struct image_head){ f->width, f->height, f->grey, false };
    return true;
}

static void learn_make(void *ctx, uint32_t i, struct import_product *p)
{
    struct learning *l = ctx;
    struct learned *row = &l->rows[i];
    char path[4096];
    bool linked, ok = false;
    if (!file_join(path, sizeof path, l->d->source, l->d->images[i].path))
        err_set(&p->why, ERR_DATA, "the path is too long");
    else if (roots_allow(l->c->roots, path, &linked, &p->why))
        ok = image_is_dicom(path) ? learn_dicom(l, path, row, &p->why)
                                  : image_head_read(path, NULL, &row->head, &p->why);
    if (!ok) row->why = text_copy(p->why.msg);
}

static bool learn_take(void *ctx, uint32_t i, struct import_product *p, struct err *e)
{
    struct learning *l = ctx;
    struct import_progress progress = { "looking", i + 1, l->d->count, 0, 0 };
    if (p->why.code && !l->rows[i].why) return err_set(e, ERR_MEMORY, "no memory");
    return !l->c->progress || l->c->progress(l->c->ctx, &progress) ||
           err_set(e, ERR_INTERRUPTED, "import of %s stopped; nothing was kept", l->d->name);
}

static bool wanted_view(const struct import_config *c, enum dicom_view view)
{
    return c->views == IMPORT_ALL_VIEWS || (c->views == IMPORT_LATERAL) == (view == DICOM_VIEW_LATERAL);
}

/* What was left out, by kind. */
struct left_out {
    const char *kinds[KINDS_MOST];
    size_t counts[KINDS_MOST], count, all;
    struct text list;
};

static void leave_out(struct left_out *l, const char *kind)
{
    size_t k = 0;
    while (k < l->count && strcmp(l->kinds[k], kind)) k++;
    if (k == KINDS_MOST) k--;
    if (k == l->count) l->kinds[l->count++] = kind;
    l->counts[k]++;
    l->all++;
}

static bool tell_left_out(struct left_out *l, struct dataset *d, struct err *e)
{
    for (size_t k = 0; k < l->count; k++) {
        char reason[64];
        text_printf(&l->list, "%s%zu %s", k ? ", " : "", l->counts[k], l->kinds[k]);
        snprintf(reason, sizeof reason, "no projection radiograph (%.30s)", l->kinds[k]);
        if (!reasons_leave(d, l->counts[k], reason, e)) return false;
    }
    return !l->all || dataset_add_remark(d, e, "%zu DICOM %s left out, no projection %s: %s; --any-modality takes %s",
                                         l->all, text_number(l->all, "file was", "files were"),
                                         text_number(l->all, "radiograph", "radiographs"), text_str(&l->list),
                                         text_number(l->all, "it", "them"));
}

/* View, age and sex: attributes, and a note where the row has none. */
static bool add_person(struct dataset *d, uint32_t image, const struct dicom_facts *f, struct err *e)
{
    const struct {
        const char *name, *value;
    } known[] = { { "view", f->view_name }, { "age", f->age }, { "sex", f->sex } };
    char note[2 * DICOM_TERM] = "";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t n = strlen(note);
        if (!*known[i].value) continue;
        snprintf(note + n, sizeof note - n, "%s%s", n ? ", " : "", known[i].value);
        if (!dataset_add_attribute(d, image, known[i].name, known[i].value, e)) return false;
    }
    return !*note || *d->images[image].note || dataset_set_text(d, &d->images[image].note, note, strlen(note), e);
}

/* Fills the rows of images that stay, and marks them in `keep`. */
static bool apply(const struct learning *l, bool header_first, struct left_out *out, bool *keep, struct err *e)
{
    struct dataset *d = l->d;
    size_t views = 0, paths = 0, burned = 0, same = 0, named = 0, several = 0;
    const char *patient = NULL;
    for (uint32_t i = 0; i < d->count; i++) {
        const struct learned *row = &l->rows[i];
        const struct dicom_facts *f = row->facts;
        struct dataset_image *m = &d->images[i];
        keep[i] = !row->why;
        if (!keep[i] && !import_tell_unreadable(d, i, row->why, e)) return false;
        m->width = row->head.width;
        m->height = row->head.height;
        m->grey = row->head.grey;
        several += row->head.more;
        if (row->why || !f) continue;
        l->c->dicom->found = true;
        const char *other = l->c->any_modality ? NULL : dicom_other_kind(f);
        if (other) leave_out(out, other);
        bool unwanted = !other && !wanted_view(l->c, f->view);
        views += unwanted;
        keep[i] = !other && !unwanted;
        if (!keep[i]) continue;
        paths += f->id_in_path;
        burned += f->burned_in;
        if (!add_person(d, i, f, e)) return false;
        if (!*f->patient) continue;
        named++;
        if (!patient) patient = f->patient;
        same += !strcmp(patient, f->patient);
        if ((header_first || !*m->patient) && !dataset_set_text(d, &m->patient, f->patient, strlen(f->patient), e))
            return false;
    }
    return tell_left_out(out, d, e) &&
           dataset_add_count(d, several, "TIFF file holds several pictures, of which the first was read",
                             "TIFF files hold several pictures, of which the first was read", e) &&
           reasons_leave_told(d, views, "another view",
                              "DICOM file shows another view than --views asks for and was left out",
                              "DICOM files show another view than --views asks for and were left out", e) &&
           dataset_add_count(
               d, paths,
               "path holds a name, id or date of its DICOM header; paths are kept as they are, so rename it "
               "where nobody may read that",
               "paths hold a name, id or date of their DICOM headers; paths are kept as they are, so rename "
               "them where nobody may read that",
               e) &&
           dataset_add_count(d, burned, "DICOM file says that text about the patient is burned into its pixels",
                             "DICOM files say that text about the patient is burned into their pixels", e) &&
           (named < 2 || same < named || !header_first ||
            dataset_add_remark(d, e, "WARNING: all %zu DICOM files that name a patient name the same one", named));
}

bool import_learn(const struct import_config *c, struct dataset *d, bool header_first, struct err *e)
{
    size_t n = d->count ? d->count : 1;
    struct learning l = { c, d, calloc(n, sizeof *l.rows) };
    struct left_out out = { 0 };
    bool *keep = calloc(n, sizeof *keep);
    const struct import_work work = { 0, d->count, import_threads(c->threads), &l, learn_make, learn_take };
    uint32_t before = d->count;
    size_t unreadable = d->unreadable_count;
    bool ok = l.rows && keep;
    if (!ok)
        err_set(e, ERR_MEMORY, "no memory to import %u images", d->count);
    else
        ok = import_work_run(&work, e) && apply(&l, header_first, &out, keep, e) && dataset_keep(d, keep, e) &&
             import_unify_patients(d, e);
    if (ok && before && !d->count && d->unreadable_count - unreadable == before)
        ok = import_refuse_unreadable(d, before, e);
    else if (ok && before && !d->count)
        ok = err_set(e, ERR_DATA, "%s: none of its %u images is wanted: %s%s; see --any-modality and --views",
                     d->source, before, out.all ? "no projection radiographs: " : "other views", text_str(&out.list));
    text_clear(&out.list);
    free(keep);
    for (uint32_t i = 0; l.rows && i < before; i++) {
        free(l.rows[i].facts);
        free(l.rows[i].why);
    }
    free(l.rows);
    return ok;
}

/* ---- patients ---- */

/* Of a number its digits without zeros in front, whatever the set's spelling, so that sets can be compared. */
static bool hash_patient(const uint8_t key[IMPORT_KEY], struct dataset *d, struct dataset_image *m, struct err *e)
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    char hex[PATIENT_HEX + 1], number[PATIENT_MOST];
    const char *id = patient_number(m->patient, number) ? number : m->patient;
    struct hmac_sha256_ctx h;
    if (!*m->patient) return true;
    hmac_sha256_set_key(&h, IMPORT_KEY, key);
    hmac_sha256_update(&h, strlen(id), (const uint8_t *)id);
    hmac_sha256_digest(&h, sizeof digest, digest);
    for (int i = 0; i < PATIENT_HEX / 2; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return dataset_set_text(d, &m->patient, hex, strlen(hex), e);
}

bool import_hide_patients(const struct import_config *c, struct dataset *d, struct err *e)
{
    uint8_t key[IMPORT_KEY];
    if (!c->dicom->found) return true;
    if (!c->patient_key) return err_set(e, ERR_INTERNAL, "no key to hash patients with");
    if (!c->patient_key(c->key_ctx, key, e)) return false;
    bool ok = true;
    for (uint32_t i = 0; ok && i < d->count; i++) ok = hash_patient(key, d, &d->images[i], e);
    explicit_bzero(key, sizeof key);
    return ok;
}
