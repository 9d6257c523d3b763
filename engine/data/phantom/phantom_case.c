/* Which findings a patient has, and on which day: histories that make findings occur together as they do in
 * hospitals.
 *
 * A patient has one history for life. It makes each finding more or less likely; chronic findings are drawn once
 * and seen in every study, acute ones come and go. */
#include "engine/data/phantom/phantom_parts.h"

const char *const phantom_class_names[PHANTOM_CLASSES + 1] = {
    "Cardiomegaly",  "Effusion",    "Pneumothorax",       "Nodule", "Mass",
    "Consolidation", "Atelectasis", "Pleural_Thickening", NULL,
};

static const struct history {
    const char *name;
    float weight;
    float heart; /* severity of heart failure: congestion of the lungs */
    float probability[PHANTOM_CLASSES];
} histories[] = {
    /*                                   Card  Effu  Ptx   Nod   Mass  Cons  Atel  Pleu */
    { "well", 0.34f, 0, { .02f, .01f, .00f, .02f, .00f, .01f, .02f, .01f } },
    { "failing heart", 0.16f, 1, { .82f, .56f, .00f, .04f, .01f, .12f, .20f, .03f } },
    { "infection", 0.15f, 0, { .06f, .32f, .02f, .04f, .01f, .82f, .22f, .05f } },
    { "tumour", 0.13f, 0, { .06f, .30f, .06f, .52f, .58f, .10f, .26f, .06f } },
    { "fragile lung", 0.13f, 0, { .03f, .18f, .85f, .06f, .02f, .06f, .30f, .12f } },
    { "old pleurisy", 0.09f, 0, { .08f, .24f, .03f, .14f, .02f, .05f, .24f, .80f } },
};

static const bool chronic[PHANTOM_CLASSES] = {
    [PHANTOM_CARDIOMEGALY] = true, [PHANTOM_NODULE] = true, [PHANTOM_MASS] = true, [PHANTOM_PLEURAL_THICKENING] = true
};

static const struct history *history_of(struct random *r)
{
    float u = random_uniform(r);
    size_t n = sizeof histories / sizeof histories[0];
    for (size_t i = 0; i + 1 < n; i++) {
        if (u < histories[i].weight) return &histories[i];
        u -= histories[i].weight;
    }
    return &histories[n - 1];
}

static struct lesion *add(struct phantom_case *c, enum phantom_class kind, int side, struct random *r)
{
    if (c->lesions == PHANTOM_BOXES) return NULL;
    struct lesion *l = &c->lesion[c->lesions++];
    *l = (struct lesion){ .kind = kind, .side = side, .seed = random_u32(r), .strength = random_uniform(r) };
    return l;
}

static void plan_heart(struct phantom_case *c, struct random *r)
{
    c->heart = between(r, 0.22f, 0.52f);
    struct lesion *l = add(c, PHANTOM_CARDIOMEGALY, 1, r);
    if (l) l->size = c->heart;
}

static void plan_effusion(struct phantom_case *c, struct random *r)
{
    int side = chance(r, 0.5f);
    bool both = chance(r, c->labels[PHANTOM_CARDIOMEGALY] ? 0.6f : 0.2f);
    for (int i = 0; i < (both ? 2 : 1); i++) {
        struct lesion *l = add(c, PHANTOM_EFFUSION, side ^ i, r);
        if (!l) return;
        float u = random_uniform(r);
        l->size = 0.075f + (i ? 0.16f : 0.34f) * u * sqrtf(u); /* height of the fluid; mostly small */
        l->angle = between(r, 0.6f, 1.3f);                     /* steepness of the meniscus */
    }
}

static void plan_pneumothorax(struct phantom_case *c, struct random *r)
{
    struct lesion *l = add(c, PHANTOM_PNEUMOTHORAX, chance(r, 0.5f), r);
    if (!l) return;
    float u = random_uniform(r);
    l->size = 0.06f + 0.17f * u * sqrtf(u); /* gap at the apex */
    l->s = between(r, 0.5f, 1.2f);          /* how far down it reaches */
    if (l->size > 0.11f) c->pull = -side_sign(l->side) * between(r, 0.0f, 0.025f);
}

static void plan_nodules(struct phantom_case *c, struct random *r)
{
    int n = chance(r, 0.25f) ? 1 : chance(r, 0.35f) ? 2 : 3 + (int)random_below(r, 4);
    for (int i = 0; i < n; i++) {
        struct lesion *l = add(c, PHANTOM_NODULE, chance(r, 0.5f), r);
        if (!l) return;
        l->u = between(r, 0.22f, 0.88f);
        l->s = between(r, 0.14f, 0.78f);
        l->size = between(r, 1.0f, 1.5f) / PHANTOM_CM;
    }
}

static void plan_mass(struct phantom_case *c, struct random *r)
{
    struct lesion *l = add(c, PHANTOM_MASS, chance(r, 0.5f), r);
    if (!l) return;
    bool hilar = chance(r, 0.35f);
    l->u = hilar ? between(r, 0.18f, 0.32f) : between(r, 0.3f, 0.85f);
    l->s = hilar ? between(r, 0.38f, 0.55f) : between(r, 0.15f, 0.72f);
    l->size = between(r, 2.3f, 4.6f) / PHANTOM_CM;
    l->variant = chance(r, 0.3f); /* spiculated */
}

static void plan_consolidation(struct phantom_case *c, struct random *r)
{
    int n = chance(r, 0.45f) ? 1 : chance(r, 0.6f) ? 2 : 3, side = chance(r, 0.45f);
    for (int i = 0; i < n; i++) {
        struct lesion *l = add(c, PHANTOM_CONSOLIDATION, chance(r, 0.65f) ? side : !side, r);
        if (!l) return;
        l->u = between(r, 0.25f, 0.75f);
        l->s = chance(r, 0.65f) ? between(r, 0.55f, 0.85f) : between(r, 0.18f, 0.55f);
        l->size = between(r, 0.09f, 0.19f) * (i ? 0.85f : 1);
        l->angle = between(r, -0.5f, 0.5f);
        l->variant = chance(r, 0.3f); /* stops at the fissure */
    }
}

static void plan_atelectasis(struct phantom_case *c, struct random *r)
{
    int side = chance(r, 0.55f);
    struct lesion *l = add(c, PHANTOM_ATELECTASIS, side, r);
    if (!l) return;
    l->variant = chance(r, 0.35f) ? 0 : chance(r, 0.55f) ? 1 : 2; /* plates, lower lobe, upper lobe */
    l->u = between(r, 0.3f, 0.65f);
    l->s = between(r, 0.58f, 0.82f);
    l->size = l->variant ? between(r, 0.12f, 0.22f) : between(r, 0.12f, 0.22f);
    l->angle = between(r, -0.35f, 0.25f);
    c->collapse[side] += l->variant ? between(r, 0.03f, 0.075f) : between(r, 0.015f, 0.045f);
    c->pull += side_sign(side) * (l->variant ? between(r, 0.01f, 0.035f) : 0);
}

static void plan_thickening(struct phantom_case *c, struct random *r)
{
    int n = chance(r, 0.5f) ? 2 : 1, side = chance(r, 0.5f);
    for (int i = 0; i < n; i++) {
        struct lesion *l = add(c, PHANTOM_PLEURAL_THICKENING, side ^ i, r);
        if (!l) return;
        l->variant = chance(r, 0.3f); /* a cap on the apex */
        l->size = between(r, 0.026f, 0.058f);
        l->s = between(r, 0.45f, 0.85f);   /* middle of the stretch */
        l->angle = between(r, 0.3f, 0.6f); /* half its length, in s */
    }
}

static void (*const plans[PHANTOM_CLASSES])(struct phantom_case *, struct random *) = {
    plan_heart, plan_effusion,      plan_pneumothorax, plan_nodules,
    plan_mass,  plan_consolidation, plan_atelectasis,  plan_thickening,
};

void phantom_case_draw(uint64_t seed, uint32_t patient, uint32_t study, struct phantom_case *c)
{
    *c = (struct phantom_case){ 0 };
    struct random past = phantom_stream(seed, patient, -1, PART_HISTORY),
                  day = phantom_stream(seed, patient, study, PART_DAY);
    const struct history *h = history_of(&past);
    bool active = chance(&day, 0.85f);
    for (int k = 0; k < PHANTOM_CLASSES; k++) {
        float once = random_uniform(&past), today = random_uniform(&day);
        float p = chronic[k] || active ? h->probability[k] : histories[0].probability[k];
        c->labels[k] = (chronic[k] ? once : today) < p;
    }
    c->heart = between(&past, 0, 0.05f) + 0.03f * h->heart; /* a heart may be large but still within normal limits */
    c->congestion = h->heart * between(&day, 0, 1);
    for (int k = 0; k < PHANTOM_CLASSES; k++) { /* positions of chronic findings come from the patient's own stream */
        struct random r = phantom_stream(seed, patient, chronic[k] ? -1 : (int64_t)study, PART_LESION);
        r.counter[0] = (uint32_t)k << 16;
        if (c->labels[k]) plans[k](c, &r);
    }
    float growth = 1 + 0.12f * (float)study * between(&past, 0, 1);
    for (int i = 0; i < c->lesions; i++)
        if (c->lesion[i].kind == PHANTOM_NODULE || c->lesion[i].kind == PHANTOM_MASS) c->lesion[i].size *= growth;
}
