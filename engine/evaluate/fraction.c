/* Patients in a random order, gathered by the set of classes that they show; a running account of how many images are
 * due carries what one group took too much or too little over to the next, so small groups come in by their share. */
#include "engine/evaluate/fraction.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"

/* One patient: the images order[first .. first+count), what they show, and where the patient stands. */
struct patient {
    int first, count;
    uint32_t rank;        /* in the random order                              */
    uint32_t group_rank;  /* least rank of the group: groups come in random order too */
    const uint8_t *shows; /* [classes], borrowed: bit 1: some positive, bit 2: some negative */
    int classes;
    bool selected;
};

struct image {
    uint32_t patient, row;
};

static int image_compare(const void *a, const void *b)
{
    const struct image *u = a, *v = b;
    if (u->patient != v->patient) return u->patient < v->patient ? -1 : 1;
    return u->row < v->row ? -1 : u->row > v->row;
}

static bool same_positives(const struct patient *a, const struct patient *b, int *order)
{
    for (int c = 0; c < a->classes; c++) {
        int u = a->shows[c] & 1, v = b->shows[c] & 1;
        if (u != v) {
            if (order) *order = u - v;
            return false;
        }
    }
    return true;
}

/* By what they show, then by rank: neighbours form groups. */
static int patient_by_group(const void *a, const void *b)
{
    const struct patient *u = a, *v = b;
    int order;
    if (!same_positives(u, v, &order)) return order;
    return u->rank < v->rank ? -1 : u->rank > v->rank;
}

static int patient_by_turn(const void *a, const void *b)
{
    const struct patient *u = a, *v = b;
    if (u->group_rank != v->group_rank) return u->group_rank < v->group_rank ? -1 : 1;
    return u->rank < v->rank ? -1 : u->rank > v->rank;
}

/* Split sorted images into patients; returns how many. */
static int patients_gather(const struct image *images, const int8_t *labels, int n, int classes, struct patient *list,
                           uint8_t *shows)
{
    int count = 0;
    for (int i = 0; i < n; i++) {
        if (!i || images[i].patient != images[i - 1].patient) {
            list[count] =
                (struct patient){ .first = i, .shows = shows + (size_t)count * (size_t)classes, .classes = classes };
            count++;
        }
        struct patient *p = &list[count - 1];
        p->count++;
        for (int c = 0; c < classes; c++) {
            int8_t v = labels[(size_t)images[i].row * (size_t)classes + (size_t)c];
            if (v >= 0) shows[(size_t)(count - 1) * (size_t)classes + (size_t)c] |= v > 0 ? 1 : 2;
        }
    }
    return count;
}

/* Every class, and its absence, that occurs must occur among the selected: else the first such patient comes in. */
static void patients_complete(struct patient *list, int count, int classes)
{
    for (int c = 0; c < classes; c++) {
        for (int bit = 1; bit <= 2; bit++) {
            struct patient *found = NULL;
            bool have = false;
            for (int i = 0; i < count && !have; i++) {
                if (!(list[i].shows[c] & bit)) continue;
                have = list[i].selected;
                if (!found || list[i].rank < found->rank) found = &list[i];
            }
            if (!have && found) found->selected = true;
        }
    }
}

static void patients_select(struct patient *list, int count, double share)
{
    qsort(list, (size_t)count, sizeof *list, patient_by_group);
    for (int i = 0; i < count; i++)
        list[i].group_rank = i && same_positives(&list[i], &list[i - 1], NULL) ? list[i - 1].group_rank : list[i].rank;
    qsort(list, (size_t)count, sizeof *list, patient_by_turn);
    double due = 0, taken = 0;
    for (int i = 0, next; i < count; i = next) {
        for (next = i; next < count && list[next].group_rank == list[i].group_rank; next++)
            due += share * list[next].count;
        for (int k = i; k < next; k++) {
            if (taken + 0.5 * list[k].count > due) continue; /* nearer to what is due without */
            list[k].selected = true;
            taken += list[k].count;
        }
    }
}

static int row_compare(const void *a, const void *b)
{
    uint32_t u = *(const uint32_t *)a, v = *(const uint32_t *)b;
    return u < v ? -1 : u > v;
}

bool fraction_draw(const struct fraction_images *from, const struct fraction *f, uint32_t *rows, int *count,
                   struct err *e)
{
    int n = from->n, classes = from->classes;
    *count = 0;
    if (f->percent >= 100 || n < 1) {
        for (int i = 0; i < n; i++) rows[i] = (uint32_t)i;
        *count = n;
        return true;
    }
    size_t all = (size_t)n, k = (size_t)(classes > 0 ? classes : 1);
    struct image *images = malloc(all * sizeof *images);
    struct patient *list = malloc(all * sizeof *list);
    uint8_t *shows = calloc(all * k, 1);
    uint32_t *order = malloc(all * sizeof *order);
    bool ok = images && list && shows && order;
    if (!ok) {
        err_set(e, ERR_MEMORY, "draw %g %% of %d labels: no memory", f->percent, n);
        goto done;
    }
    for (int i = 0; i < n; i++) images[i] = (struct image){ from->patients[i], (uint32_t)i };
    qsort(images, all, sizeof *images, image_compare);
    int people = patients_gather(images, from->labels, n, classes, list, shows);
    struct random r = random_stream(f->seed, f->draw, 0, RANDOM_FRACTION);
    random_permutation(&r, (uint32_t)people, order);
    for (int i = 0; i < people; i++) list[i].rank = order[i];
    patients_select(list, people, f->percent / 100);
    patients_complete(list, people, classes);
    for (int i = 0; i < people; i++)
        for (int j = 0; list[i].selected && j < list[i].count; j++) rows[(*count)++] = images[list[i].first + j].row;
    qsort(rows, (size_t)*count, sizeof *rows, row_compare);
done:
    free(images);
    free(list);
    free(shows);
    free(order);
    return ok;
}
