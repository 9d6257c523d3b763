/* The parameters of a patient, the pose and exposure of a study, and the outlines that follow from them.
 *
 * Outlines are curves through a few knots, stored as tables by height, so that the lung, heart and skin at any
 * pixel are found by interpolation. Shallow breath, rotation and volume loss bend the curves, not the image. */
#include "engine/data/phantom/phantom_parts.h"

struct random phantom_stream(uint64_t seed, uint32_t patient, int64_t study, enum phantom_part part)
{
    return random_stream(seed, patient, (uint32_t)(study + 1), RANDOM_PHANTOM + 16u * (uint32_t)part);
}

void phantom_anatomy_draw(uint64_t seed, uint32_t patient, struct anatomy *a)
{
    struct random r = phantom_stream(seed, patient, -1, PART_ANATOMY);
    *a = (struct anatomy){ .woman = chance(&r, 0.45f) };
    float old = a->old = random_uniform(&r);
    a->girth = expf(about(&r, 0.02f, 0.15f));
    a->width = about(&r, a->woman ? 0.96f : 1.0f, 0.055f) * (0.9f + 0.1f * a->girth);
    a->tall = about(&r, 1, 0.055f);
    a->air = expf(about(&r, 0, 0.2f));
    a->apex = about(&r, -0.365f, 0.012f);
    a->base[0] = about(&r, 0.165f, 0.02f);
    a->base[1] = a->base[0] + about(&r, 0.022f, 0.012f);
    a->lateral = about(&r, 0.105f, 0.02f);
    a->depth = about(&r, 14.5f, 1.2f);
    a->bend = about(&r, 0, 0.007f);
    a->lean = about(&r, 0, 0.006f);
    a->heart = about(&r, 1, 0.055f);
    a->apex_drop = about(&r, 0, 0.012f);
    a->knob = about(&r, 0.9f + 0.3f * old, 0.15f);
    a->atrium = about(&r, 1, 0.12f);
    a->aorta = clampf(about(&r, old - 0.3f, 0.25f), 0, 1);
    a->rib_gap = about(&r, 0.0605f, 0.0022f);
    a->rib_tilt = about(&r, 1.2f, 0.14f);
    a->rib_wide = about(&r, 0.0130f, 0.0010f);
    a->bone = about(&r, 1.1f - 0.3f * old, 0.18f);
    a->clavicle = about(&r, 0, 0.015f);
    a->scapula = about(&r, 0.30f, 0.02f);
    a->breast = a->woman ? about(&r, 1, 0.3f) : 0;
    a->breast_drop = about(&r, 0.10f, 0.03f);
    a->bubble = chance(&r, 0.7f) ? between(&r, 0.4f, 1) : 0;
    a->vessels = about(&r, 1, 0.12f);
    a->grain = about(&r, 0.65f + 0.7f * old, 0.25f);
    a->texture = random_u32(&r);
}

void phantom_pose_draw(uint64_t seed, uint32_t patient, uint32_t study, struct pose *p)
{
    struct random r = phantom_stream(seed, patient, study, PART_POSE);
    *p = (struct pose){ .portable = chance(&r, 0.28f) };
    float ill = p->portable ? 1 : 0;
    p->shift_x = about(&r, 0, 0.022f);
    p->shift_y = about(&r, 0.012f, 0.020f);
    p->turn = about(&r, 0, 0.012f + 0.010f * ill);
    p->angle = about(&r, 0, 0.028f + 0.02f * ill);
    p->scale = about(&r, 0.99f + 0.02f * ill, 0.05f);
    p->breath = clampf(about(&r, 0.25f + 0.3f * ill, 0.25f), 0, 1);
    p->arms = between(&r, 0, 1);
    p->exposure = about(&r, 0, 0.085f);
    p->contrast = about(&r, 1 - 0.1f * ill, 0.18f);
    p->scatter = about(&r, 0.030f + 0.025f * ill, 0.008f);
    p->noise = about(&r, 0.032f + 0.014f * ill, 0.010f);
    p->equalise = between(&r, 0.55f, 1);
    p->detail = between(&r, 0.85f, 1.5f);
    for (int i = 0; i < 4; i++) {
        float w = chance(&r, 0.25f) ? between(&r, 0.004f, i == 3 ? 0.03f : 0.055f) : 0;
        p->shutter[i] = chance(&r, 0.15f) ? -w : w;
    }
    p->marker = chance(&r, 0.8f) ? 1 + (int)random_below(&r, 3) : 0;
    p->marker_x = between(&r, 0.36f, 0.45f);
    p->marker_y = between(&r, -0.46f, chance(&r, 0.7f) ? -0.38f : -0.05f);
    p->marker_size = between(&r, 0.018f, 0.030f);
    p->marker_angle = about(&r, 0, 0.2f);
    if (chance(&r, 0.10f + 0.4f * ill)) p->device[p->devices++] = DEVICE_ELECTRODE;
    if (chance(&r, 0.04f + 0.3f * ill)) p->device[p->devices++] = DEVICE_LINE;
    if (chance(&r, 0.04f)) p->device[p->devices++] = DEVICE_PACEMAKER;
    if (chance(&r, 0.15f * ill)) p->device[p->devices++] = DEVICE_TUBE;
}

/* ---- outlines ---------------------------------------------------------------------------------------------- */

struct knot {
    float at, value;
};

/* Smooth curve through knots of rising `at`: cubic Hermite, slopes of the neighbours, flat beyond the ends. */
static float curve(const struct knot *k, int n, float at)
{
    if (at <= k[0].at) return k[0].value;
    if (at >= k[n - 1].at) return k[n - 1].value;
    int i = 0;
    while (at > k[i + 1].at) i++;
    float h = k[i + 1].at - k[i].at, t = (at - k[i].at) / h, slope[2];
    for (int j = 0; j < 2; j++) {
        int m = i + j, low = m ? m - 1 : 0, high = m + 1 < n ? m + 1 : n - 1;
        slope[j] = (k[high].value - k[low].value) / (k[high].at - k[low].at);
    }
    float t2 = t * t, t3 = t2 * t;
    return (2 * t3 - 3 * t2 + 1) * k[i].value + (t3 - 2 * t2 + t) * h * slope[0] + (3 * t2 - 2 * t3) * k[i + 1].value +
           (t3 - t2) * h * slope[1];
}

#define CURVE(knots, at) curve(knots, (int)(sizeof knots / sizeof knots[0]), at)

/* By height below the apex, as a fraction of the distance to the costophrenic angle. */
static const struct knot lung_out[] = { { 0, 0.150f },    { 0.03f, 0.198f }, { 0.08f, 0.238f }, { 0.16f, 0.272f },
                                        { 0.3f, 0.318f }, { 0.5f, 0.348f },  { 0.75f, 0.366f }, { 1, 0.372f } };
static const struct knot lung_in[] = { { 0, 0.150f },     { 0.025f, 0.098f }, { 0.07f, 0.066f },
                                       { 0.14f, 0.045f }, { 0.3f, 0.038f },   { 1, 0.040f } };
static const struct knot lung_deep[] = { { -0.01f, 0 },    { 0.0f, 0.12f }, { 0.03f, 0.35f }, { 0.10f, 0.6f },
                                         { 0.25f, 0.85f }, { 0.5f, 1 },     { 1, 1 } };
/* By height y. */
static const struct knot skin[] = { { -0.6f, 0.17f },   { -0.48f, 0.165f }, { -0.42f, 0.21f }, { -0.385f, 0.29f },
                                    { -0.34f, 0.42f },  { -0.28f, 0.51f },  { -0.2f, 0.54f },  { -0.12f, 0.51f },
                                    { -0.05f, 0.485f }, { 0.05f, 0.462f },  { 0.3f, 0.452f },  { 0.7f, 0.47f } };
static const struct knot thick[] = { { -0.55f, 13 }, { -0.45f, 14 }, { -0.36f, 16.5f }, { -0.25f, 20 },
                                     { -0.05f, 22 }, { 0.2f, 22 },   { 0.6f, 23 } };
static const struct knot heart_right[] = { { -0.17f, 0 },     { -0.10f, 0.045f }, { -0.03f, 0.064f }, { 0.05f, 0.085f },
                                           { 0.11f, 0.090f }, { 0.17f, 0.082f },  { 0.25f, 0.055f },  { 0.32f, 0 } };
static const struct knot heart_left[] = { { -0.17f, 0 },     { -0.12f, 0.062f }, { -0.07f, 0.088f }, { -0.01f, 0.126f },
                                          { 0.06f, 0.180f }, { 0.12f, 0.210f },  { 0.165f, 0.219f }, { 0.205f, 0.210f },
                                          { 0.25f, 0.170f }, { 0.32f, 0 } };
static const struct knot heart_thick[] = {
    { -0.17f, 2 }, { -0.08f, 5.5f }, { 0.04f, 9.5f }, { 0.14f, 10.5f }, { 0.25f, 8 }
};
static const struct knot great_right[] = { { -0.5f, 0.06f },  { -0.37f, 0.090f }, { -0.31f, 0.074f }, { -0.2f, 0.061f },
                                           { -0.1f, 0.066f }, { 0.0f, 0.058f },   { 0.3f, 0.05f } };
static const struct knot great_left[] = { { -0.5f, 0.06f },    { -0.37f, 0.088f }, { -0.30f, 0.068f },
                                          { -0.235f, 0.066f }, { -0.19f, 0.086f }, { -0.155f, 0.082f },
                                          { -0.115f, 0.066f }, { -0.05f, 0.066f }, { 0.1f, 0.060f },
                                          { 0.3f, 0.05f } };

static void build_row(const struct body *b, float y, struct row *o)
{
    const struct anatomy *a = &b->a;
    const struct pose *p = &b->p;
    float grow = 1 + b->c.heart + 0.10f * p->breath + (p->portable ? 0.06f : 0);
    *o = (struct row){ .middle = a->bend * sinf(y * 7) + a->lean * y };
    o->shift = 0.9f * p->turn + b->c.pull;
    float hy = -0.15f + (y + 0.15f) * (1 + 0.25f * p->breath) /
                            (1 + 0.2f * b->c.heart); /* it hangs at its top and rests below */
    for (int side = 0; side < 2; side++) {
        float s = (y - b->apex) / (b->angle[side] - b->apex), turned = 1 + side_sign(side) * 1.2f * p->turn;
        o->skin[side] =
            CURVE(skin, y) * (0.55f + 0.45f * a->width) * mix(1, a->girth, mix(0.15f, 0.35f, smooth(-0.2f, 0.2f, y)));
        o->out[side] = CURVE(lung_out, s) * a->width * turned;
        o->in[side] = CURVE(lung_in, s) * (s < 0.1f ? a->width : 1);
        o->deep = a->depth * CURVE(lung_deep, s);
        o->heart[side] = side ? CURVE(heart_left, hy - a->apex_drop) * grow
                              : CURVE(heart_right, hy) * a->atrium * (0.45f + 0.55f * grow);
        o->heart[side] *= a->heart;
    }
    float unfold = smooth(-0.28f, -0.19f, y) * (1 - smooth(0.0f, 0.2f, y));
    o->vessels[0] = CURVE(great_right, y) * (1 + 0.35f * a->aorta * unfold);
    o->vessels[1] = CURVE(great_left, y) * (1 + (a->knob - 1 + 0.4f * a->aorta) * unfold) + (p->portable ? 0.006f : 0);
    o->vessels[0] += p->portable ? 0.008f : 0;
    o->vessels_thick = y < -0.3f ? 6 : mix(6, 10, smooth(-0.3f, -0.1f, y));
    o->heart_thick = CURVE(heart_thick, hy) * (1 + 0.4f * b->c.heart);
    o->thick = CURVE(thick, y) * a->girth;
}

static void build_dome(struct body *b, int side)
{
    float top = b->a.base[side] - 0.075f * b->p.breath - b->c.collapse[side], out = 0.372f * b->a.width;
    float peak = 0.44f * out;
    for (int i = 0; i < PHANTOM_COLUMNS; i++) {
        float x = PHANTOM_COLUMN_END * (float)i / (PHANTOM_COLUMNS - 1);
        float q = x > peak ? (x - peak) / (out - peak) : (peak - x) / peak;
        float drop = x > peak ? b->a.lateral * powf(q, 2.4f) : 0.03f * q * q;
        drop += 0.004f * phantom_noise(b->a.texture + 5, 9 * x, (float)side);
        b->dome[side][i] = top + drop;
    }
    b->angle[side] = top + b->a.lateral;
}

void phantom_body_build(const struct anatomy *a, const struct pose *p, const struct phantom_case *c, struct body *b)
{
    b->a = *a;
    b->p = *p;
    b->c = *c;
    b->apex = a->apex + 0.01f * p->breath + (p->portable ? 0.015f : 0);
    for (int side = 0; side < 2; side++) build_dome(b, side);
    for (int i = 0; i < PHANTOM_ROWS; i++)
        build_row(b, PHANTOM_ROW_TOP - 2 * PHANTOM_ROW_TOP * (float)i / (PHANTOM_ROWS - 1), &b->rows[i]);
}

void phantom_body_row(const struct body *b, float y, struct row *out)
{
    float at = clampf((y - PHANTOM_ROW_TOP) * ((PHANTOM_ROWS - 1) / (-2 * PHANTOM_ROW_TOP)), 0, PHANTOM_ROWS - 1.001f);
    int i = (int)at;
    float t = at - (float)i, *to = (float *)out;
    const float *p = (const float *)&b->rows[i], *q = (const float *)&b->rows[i + 1];
    for (int j = 0; j < ROW_FLOATS; j++) to[j] = p[j] + (q[j] - p[j]) * t;
}

float phantom_body_dome(const struct body *b, int side, float distance)
{
    float at = clampf(distance * ((PHANTOM_COLUMNS - 1) / PHANTOM_COLUMN_END), 0, PHANTOM_COLUMNS - 1.001f);
    int i = (int)at;
    return mix(b->dome[side][i], b->dome[side][i + 1], at - (float)i);
}

void phantom_body_place(const struct body *b, int side, float u, float s, float *x, float *y)
{
    struct row row;
    *y = b->apex + s * (b->angle[side] - b->apex);
    for (int i = 0; i < 2; i++) { /* once more where the diaphragm is in the way */
        phantom_body_row(b, *y, &row);
        float d = row.in[side] + u * (row.out[side] - row.in[side]), limit = phantom_body_dome(b, side, d) - 0.02f;
        *x = row.middle + side_sign(side) * d;
        if (*y <= limit) break;
        *y = limit;
    }
}
