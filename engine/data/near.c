/* Pairs of near-copies among many images: an index of parts of the hash, then correlations. */
#include <stdlib.h>
#include <string.h>

#include "engine/data/near.h"

enum {
    PARTS = 4,
    PART_BITS = 16,
    PART_VALUES = 1 << PART_BITS,
    ONE_FLIPPED = 1 + PART_BITS,                             /* values within one bit of one, ... */
    FLIPPED = ONE_FLIPPED + PART_BITS * (PART_BITS - 1) / 2, /* ... and within two */
    COMPARED_MOST = 1 << 16,                                 /* candidates of an image */
    PAIRS_MOST = 1 << 20,
    BLOCK = 256, /* images between two questions whether to go on */
};

static const double promising = 0.94; /* correlation to first order that is worth a closer look */

/* Images by the value of one part: those of v are order[first[v] .. first[v + 1]). */
struct part {
    uint32_t *first, *order;
};

struct search {
    const struct near_set *a, *b;
    struct part parts[PARTS];
    uint16_t flips[FLIPPED];
    bool within; /* a and b are one set */
};

void near_clear(struct near_pairs *p)
{
    free(p->rows);
    *p = (struct near_pairs){ 0 };
}

static uint32_t part_of(uint64_t hash, int part)
{
    return (uint32_t)(hash >> (part * PART_BITS)) & (PART_VALUES - 1);
}

static int bits(uint64_t v)
{
    v -= v >> 1 & 0x5555555555555555;
    v = (v & 0x3333333333333333) + (v >> 2 & 0x3333333333333333);
    return (int)(((v + (v >> 4)) & 0x0f0f0f0f0f0f0f0f) * 0x0101010101010101 >> 56);
}

static bool takes_part(const struct near_set *s, uint32_t i)
{
    return !s->prints[i].flat && !(s->skip && s->skip[i]);
}

static bool index_part(struct part *p, const struct near_set *s, int part)
{
    p->first = calloc(PART_VALUES + 2, sizeof *p->first);
    p->order = malloc((s->count + (size_t)1) * sizeof *p->order);
    if (!p->first || !p->order) return false;
    uint32_t *end = p->first + 1; /* filled, the ends of the values are the beginnings of the next ones */
    for (uint32_t i = 0; i < s->count; i++)
        if (takes_part(s, i)) end[part_of(s->prints[i].hash[0], part) + 1]++;
    for (int v = 1; v <= PART_VALUES; v++) end[v] += end[v - 1];
    for (uint32_t i = 0; i < s->count; i++)
        if (takes_part(s, i)) p->order[end[part_of(s->prints[i].hash[0], part)]++] = i;
    return true;
}

static void fill_flips(uint16_t flips[FLIPPED])
{
    int n = 0;
    flips[n++] = 0;
    for (int i = 0; i < PART_BITS; i++) flips[n++] = (uint16_t)(1U << i);
    for (int i = 0; i < PART_BITS; i++)
        for (int k = 0; k < i; k++) flips[n++] = (uint16_t)(1U << i | 1U << k);
}

/* Would an earlier part have found it too? */
static bool found_before(uint64_t difference, int part, int within)
{
    for (int p = 0; p < part; p++)
        if (bits(part_of(difference, p)) <= within) return true;
    return false;
}

static bool add(struct near_pairs *out, const struct near_pair *pair)
{
    if (out->count == PAIRS_MOST) return out->cut = true;
    if (out->count == out->room) {
        size_t room = out->room ? 2 * out->room : 64;
        struct near_pair *grown = realloc(out->rows, room * sizeof *grown);
        if (!grown) return false;
        out->rows = grown;
        out->room = room;
    }
    out->rows[out->count++] = *pair;
    return true;
}

/* One image in one turn. */
struct query {
    uint32_t image, compared;
    int turn;
    bool prepared; /* the basis is that of this turn */
    struct near_basis basis;
};

static bool is_near(const struct near_print *a, struct query *q, const struct near_print *b, float *correlation)
{
    if (!q->prepared) near_basis_of(a, q->turn, &q->basis);
    q->prepared = true;
    if (near_promise(&q->basis, b) < promising) return false;
    struct near_likeness l = near_likeness_of(a, q->turn, b);
    *correlation = (float)l.correlation;
    return near_is_copy(&l);
}

/* Candidates that one part finds. */
static bool search_part(const struct search *s, struct query *q, int part, struct near_pairs *out)
{
    uint32_t i = q->image;
    const struct near_print *a = &s->a->prints[i];
    const struct part *p = &s->parts[part];
    uint64_t hash = a->hash[q->turn];
    bool upright = q->turn == 0;
    int most = upright ? NEAR_DISTANCE : NEAR_DISTANCE_TURNED, within = upright ? 2 : 1;
    for (int f = 0; f < (upright ? FLIPPED : ONE_FLIPPED); f++) {
        uint32_t value = part_of(hash, part) ^ s->flips[f];
        for (uint32_t k = p->first[value]; k < p->first[value + 1]; k++) {
            uint32_t j = p->order[k];
            uint64_t difference = hash ^ s->b->prints[j].hash[0];
            if ((s->within && j <= i) || bits(difference) > most || found_before(difference, part, within)) continue;
            if (++q->compared > COMPARED_MOST) return out->cut = true;
            float c;
            if (is_near(a, q, &s->b->prints[j], &c) && !add(out, &(struct near_pair){ i, j, c, (uint8_t)q->turn }))
                return false;
        }
    }
    return true;
}

static bool search_image(const struct search *s, uint32_t i, struct near_pairs *out)
{
    struct query q = { .image = i };
    for (q.turn = 0; q.turn < NEAR_TURNS; q.turn++) {
        q.prepared = false;
        for (int part = 0; part < PARTS; part++)
            if (q.compared <= COMPARED_MOST && !search_part(s, &q, part, out)) return false;
    }
    return true;
}

static int by_images(const void *a, const void *b)
{
    const struct near_pair *x = a, *y = b;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    if (x->b != y->b) return x->b < y->b ? -1 : 1;
    return (x->correlation < y->correlation) - (x->correlation > y->correlation);
}

/* In order, and each pair once, in the turn that fits best. */
static void settle(struct near_pairs *p)
{
    size_t n = 0;
    if (p->count) qsort(p->rows, p->count, sizeof *p->rows, by_images);
    for (size_t i = 0; i < p->count; i++)
        if (!n || p->rows[n - 1].a != p->rows[i].a || p->rows[n - 1].b != p->rows[i].b) p->rows[n++] = p->rows[i];
    p->count = n;
}

/* Images first .. end of a. */
static bool search_block(const struct search *s, uint32_t first, uint32_t end, struct near_pairs *out)
{
    bool ok = true;
#pragma omp parallel
    {
        struct near_pairs own = { 0 };
        bool fine = true;
#pragma omp for schedule(dynamic, 8)
        for (uint32_t i = first; i < end; i++)
            if (fine && takes_part(s->a, i)) fine = search_image(s, i, &own);
#pragma omp critical(near_collect)
        {
            for (size_t k = 0; fine && k < own.count; k++) fine = add(out, &own.rows[k]);
            out->cut |= own.cut;
            ok = ok && fine;
        }
        near_clear(&own);
    }
    return ok;
}

bool near_find(const struct near_set *a, const struct near_set *b, bool (*go_on)(void *ctx), void *ctx,
               struct near_pairs *out, struct err *e)
{
    struct search s = { .a = a, .b = b ? b : a, .within = !b };
    *out = (struct near_pairs){ 0 };
    bool ok = true, asked = true;
    fill_flips(s.flips);
    for (int p = 0; p < PARTS; p++) ok = ok && index_part(&s.parts[p], s.b, p);
    for (uint32_t i = 0; ok && i < a->count; i += BLOCK) {
        if (go_on && !(asked = go_on(ctx))) break;
        ok = search_block(&s, i, a->count - i < BLOCK ? a->count : i + BLOCK, out);
    }
    for (int p = 0; p < PARTS; p++) {
        free(s.parts[p].first);
        free(s.parts[p].order);
    }
    settle(out);
    if (ok && asked) return true;
    near_clear(out);
    return asked ? err_set(e, ERR_MEMORY, "no memory to compare %u images", a->count)
                 : err_set(e, ERR_INTERRUPTED, "interrupted");
}
