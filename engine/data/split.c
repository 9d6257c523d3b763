#include "engine/data/split.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/base/text.h"

/* Images sorted by patient; a person is a run of equal names. An image without a patient counts as its own person,
 * named by its path. */
struct entry {
    const char *name;
    uint32_t image;
    bool unknown;
};

struct person {
    uint32_t first, count; /* in the sorted entries */
};

struct people {
    struct entry *entries;
    struct person *persons;
    uint32_t count;
};

static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->unknown != y->unknown) return x->unknown ? 1 : -1;
    int c = strcmp(x->name, y->name);
    return c ? c : (x->image > y->image) - (x->image < y->image);
}

static void people_clear(struct people *p)
{
    free(p->entries);
    free(p->persons);
    *p = (struct people){ 0 };
}

static bool people_init(struct people *p, const struct dataset *d, struct err *e)
{
    size_t n = d->count ? d->count : 1;
    *p = (struct people){ .entries = malloc(n * sizeof *p->entries), .persons = malloc(n * sizeof *p->persons) };
    if (!p->entries || !p->persons) {
        people_clear(p);
        return err_set(e, ERR_MEMORY, "no memory to split by patient");
    }
    for (uint32_t i = 0; i < d->count; i++) {
        const struct dataset_image *m = &d->images[i];
        bool unknown = !*m->patient;
        p->entries[i] = (struct entry){ unknown ? m->path : m->patient, i, unknown };
    }
    qsort(p->entries, d->count, sizeof *p->entries, compare);
    for (uint32_t i = 0; i < d->count; i++) {
        const struct entry *x = &p->entries[i];
        if (i && x->unknown == x[-1].unknown && !strcmp(x->name, x[-1].name))
            p->persons[p->count - 1].count++;
        else
            p->persons[p->count++] = (struct person){ i, 1 };
    }
    return true;
}

/* True if all images of a person are in `from`. */
static bool wholly_in(const struct dataset *d, const struct people *p, const struct person *who,
                      enum dataset_split from)
{
    for (uint32_t k = 0; k < who->count; k++)
        if (d->images[p->entries[who->first + k].image].split != from) return false;
    return true;
}

bool split_by_patient(struct dataset *d, enum dataset_split from, const double share[SPLIT_COUNT], uint64_t seed,
                      struct err *e)
{
    struct people people;
    if (!people_init(&people, d, e)) return false;
    uint32_t *order = malloc((people.count ? people.count : 1) * sizeof *order), n = 0, images = 0;
    uint32_t *candidates = malloc((people.count ? people.count : 1) * sizeof *candidates);
    if (!order || !candidates) {
        free(order);
        free(candidates);
        people_clear(&people);
        return err_set(e, ERR_MEMORY, "no memory to split by patient");
    }
    for (uint32_t i = 0; i < people.count; i++)
        if (wholly_in(d, &people, &people.persons[i], from)) {
            candidates[n++] = i;
            images += people.persons[i].count;
        }
    struct random r = random_stream(seed, 0, 0, RANDOM_SPLIT);
    random_permutation(&r, n, order);
    double all = share[SPLIT_TRAIN] + share[SPLIT_VAL] + share[SPLIT_TEST];
    uint32_t next = 0;
    /* Small shares are filled first, and the rest goes to training. The training split is never empty. */
    for (enum dataset_split s = SPLIT_TEST; s > SPLIT_TRAIN; s--) {
        double want = all > 0 ? images * share[s] / all : 0, got = 0;
        while (next + 1 < n && want > 0 && (got == 0 || got < want - 0.5)) {
            const struct person *who = &people.persons[candidates[order[next]]];
            for (uint32_t k = 0; k < who->count; k++) d->images[people.entries[who->first + k].image].split = s;
            got += who->count;
            next++;
        }
    }
    for (; next < n; next++) {
        const struct person *who = &people.persons[candidates[order[next]]];
        for (uint32_t k = 0; k < who->count; k++) d->images[people.entries[who->first + k].image].split = SPLIT_TRAIN;
    }
    free(order);
    free(candidates);
    people_clear(&people);
    return true;
}

static double validation_share(struct split_validation val)
{
    return (val.given ? val.percent : SPLIT_VALIDATION_PERCENT) / 100;
}

bool split_all(struct dataset *d, struct split_validation val, uint64_t seed, struct err *e)
{
    double test = d->classes ? 0.2 : 0, share = (1 - test) * validation_share(val);
    const double shares[SPLIT_COUNT] = { [SPLIT_TRAIN] = 1 - test - share, [SPLIT_VAL] = share, [SPLIT_TEST] = test };
    bool known = !d->count;
    for (uint32_t i = 0; i < d->count; i++) known |= *d->images[i].patient != '\0';
    return split_by_patient(d, SPLIT_NONE, shares, seed, e) &&
           dataset_add_remark(d, e, "%ssplit by %s: %.3g %% train, %.3g %% val, %.3g %% test",
                              d->classes ? "" : "no labels; ", known ? "patient" : "image", 100 * shares[SPLIT_TRAIN],
                              100 * share, 100 * test);
}

bool split_take_validation(struct dataset *d, struct split_validation val, uint64_t seed, const char *what,
                           struct err *e)
{
    double share = validation_share(val);
    if (share == 0 || dataset_split_images(d, SPLIT_VAL, NULL) || !dataset_split_images(d, SPLIT_TRAIN, NULL))
        return true;
    const double shares[SPLIT_COUNT] = { [SPLIT_TRAIN] = 1 - share, [SPLIT_VAL] = share };
    if (!split_by_patient(d, SPLIT_TRAIN, shares, seed, e)) return false;
    uint32_t taken = dataset_split_images(d, SPLIT_VAL, NULL);
    return dataset_add_remark(d, e, "%s: %u of its images %s taken from train, by patient", what, taken,
                              text_number(taken, "was", "were"));
}

bool split_count_patients(struct dataset *d, struct err *e)
{
    struct people p;
    if (!people_init(&p, d, e)) return false;
    d->patients = p.count;
    d->shared_patients = 0;
    for (uint32_t i = 0; i < p.count; i++) {
        unsigned seen = 0;
        for (uint32_t k = 0; k < p.persons[i].count; k++) {
            enum dataset_split s = d->images[p.entries[p.persons[i].first + k].image].split;
            if (s != SPLIT_NONE) seen |= 1u << s;
        }
        if (seen & (seen - 1)) d->shared_patients++;
    }
    people_clear(&p);
    return true;
}

/* ---- patients from file names ---- */

/* Does `s` begin with the pattern? '#' is one or more digits, '9' exactly one digit, other characters are literal. A
 * '|' ends the part that names the patient. */
static bool match(const char *pattern, const char *s, size_t *patient)
{
    const char *p = s;
    for (; *pattern; pattern++) {
        if (*pattern == '|') {
            *patient = (size_t)(p - s);
        } else if (*pattern == '#') {
            if (!isdigit((unsigned char)*p)) return false;
            while (isdigit((unsigned char)*p)) p++;
        } else if (*pattern == '9') {
            if (!isdigit((unsigned char)*p++)) return false;
        } else if (*p++ != *pattern) {
            return false;
        }
    }
    return true;
}

/* Does the pattern match a whole component of the path? */
static bool match_part(const char *pattern, const char *s, size_t length)
{
    char part[256];
    size_t unused = 0;
    if (length >= sizeof part) return false;
    memcpy(part, s, length);
    part[length] = '\0';
    return match(pattern, part, &unused) && unused == length;
}

static bool take(const char *s, size_t n, char *out, size_t size)
{
    if (n + 1 > size) return false;
    memcpy(out, s, n);
    out[n] = '\0';
    return true;
}

void split_patient_of_name(const char *path, char *out, size_t size)
{
    static const char *const patterns[] = {
        "person#|_",  "IM-#|-",   "NORMAL2-IM-#|-", "BACTERIA-#|-",   "VIRUS-#|-",
        "NORMAL-#|-", "#|_left.", "#|_right.",      "99999999|_999.",
    };
    static const char *const folders[] = { "patient99999|", "p99999999|", "sub-#|" };
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    *out = '\0';
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        size_t n = 0;
        if (match(patterns[i], name, &n) && take(name, n, out, size)) return;
    }
    for (const char *p = path; p < name; p += strcspn(p, "/") + 1)
        for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
            if (match_part(folders[i], p, strcspn(p, "/")) && take(p, strcspn(p, "/"), out, size)) return;
}
