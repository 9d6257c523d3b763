#include "app/commands/data/merge_patients.h"

#include "engine/data/patient.h"
#include "engine/data/tables/id_map.h"

static bool is_known(const struct store_image *m)
{
    return m->patient && *m->patient;
}

/* One spelling for each number. */
static bool unite(struct store_image *images, size_t n, struct err *e)
{
    struct id_map numbers = { 0 };
    char number[PATIENT_MOST];
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        if (!is_known(&images[i]) || !patient_number(images[i].patient, number)) continue;
        uint32_t *best = id_map_add(&numbers, number, (uint32_t)i, NULL, e);
        ok = best != NULL;
        if (ok && patient_better(images[i].patient, images[*best].patient)) *best = (uint32_t)i;
    }
    for (size_t i = 0; ok && i < n; i++)
        if (is_known(&images[i]) && patient_number(images[i].patient, number))
            images[i].patient = images[*id_map_find(&numbers, number)].patient;
    id_map_clear(&numbers);
    return ok;
}

static bool count_both(const struct store_image *images, size_t n, size_t first, size_t *both, struct err *e)
{
    struct id_map met = { 0 };
    bool ok = true;
    for (size_t i = 0; ok && i < first; i++)
        ok = !is_known(&images[i]) || id_map_add(&met, images[i].patient, 0, NULL, e);
    for (size_t i = first; ok && i < n; i++) {
        uint32_t *counted = is_known(&images[i]) ? id_map_find(&met, images[i].patient) : NULL;
        if (!counted || *counted) continue;
        *counted = 1;
        ++*both;
    }
    id_map_clear(&met);
    return ok;
}

bool merge_patients_shared(const struct store_image *images, size_t n, size_t *shared, struct err *e)
{
    enum { COUNTED = STORE_SPLIT_COUNT };
    struct id_map first = { 0 };
    bool ok = true;
    *shared = 0;
    for (size_t i = 0; ok && i < n; i++) {
        if (!is_known(&images[i]) || images[i].split == STORE_SPLIT_NONE) continue;
        uint32_t *split = id_map_add(&first, images[i].patient, (uint32_t)images[i].split, NULL, e);
        ok = split != NULL;
        if (!ok || *split == COUNTED || *split == (uint32_t)images[i].split) continue;
        *split = COUNTED;
        ++*shared;
    }
    id_map_clear(&first);
    return ok;
}

/* A set hashes all its ids, or none; a few hashes have no letter. */
static bool is_hashed(const struct store_image *images, size_t n, bool *known)
{
    size_t hashed = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        all += is_known(&images[i]);
        hashed += is_known(&images[i]) && patient_hashed(images[i].patient);
    }
    *known = all > 0;
    return all && 2 * hashed > all;
}

bool merge_patients_unite(struct store_image *images, size_t n, size_t first, struct merge_patients *out, struct err *e)
{
    bool known[2];
    *out = (struct merge_patients){ 0 };
    bool a = is_hashed(images, first, &known[0]), b = is_hashed(images + first, n - first, &known[1]);
    out->incomparable = known[0] && known[1] && a != b;
    return (a || b || unite(images, n, e)) && count_both(images, n, first, &out->both, e);
}
