/* The healthy chest: soft tissue and lungs from the outlines, with bones and vessels as curves over them. */
#include "engine/data/phantom/phantom_parts.h"

/* ---- soft tissue and lung ------------------------------------------------------------------------------------ */

/* Lung depth profile from spine (0) to wall (1): steep at the mediastinum, round at the wall. */
static float across_profile(float u)
{
    if (u <= 0 || u >= 1) return 0;
    float v = u < 0.22f ? (0.22f - u) / 0.22f : (u - 0.22f) / 0.78f;
    return u < 0.22f ? 1 - 0.35f * v * v * v : sqrtf(1 - v * v * v);
}

static float oval(float x)
{
    float q = 1 - x * x;
    return q > 0 ? sqrtf(q) : 0;
}

/* Fraction of lung along a beam at distance d (units) above the silhouette of the dome; behind and below it the lung
 * continues as the posterior recess, thinner and thinner. */
static float dome_share(float d, float pixel)
{
    if (d >= 0) return 1;
    float q = -d / 0.085f;
    if (q >= 1) return 0;
    float share = 0.62f * (1 - sqrtf(q));
    float edge = clampf(1 + d / (1.2f * pixel + 0.003f), 0, 1); /* the silhouette itself, one pixel soft */
    return mix(share, 1, edge);
}

/* The smaller of two distances to walls that meet in a round corner. */
static float nearer(float a, float b)
{
    if (a <= 0 || b <= 0) return fminf(a, b);
    float p = a * a, q = b * b;
    return a * b / sqrtf(sqrtf(p * p + q * q));
}

static void lung_pixel(struct canvas *c, const struct body *b, const struct row *r, size_t i, float x, float y)
{
    int side = x > r->middle;
    float d = fabsf(x - r->middle), width = r->out[side] - r->in[side], u = (d - r->in[side]) / width;
    float wall = nearer(r->out[side] - d, 0.9f * (y - b->apex));
    c->wall[i] = wall;
    c->across[i] = 2;
    if (u <= 0 || wall <= 0) return;
    float dome = phantom_body_dome(b, side, d) - y, share = dome_share(dome, c->pixel);
    if (share <= 0) return;
    c->across[i] = side ? u : -u;
    float deep = r->deep * across_profile(u) * share * clampf(width / 0.10f, 0, 1);
    deep *= clampf(wall / (1.5f * c->pixel), 0, 1) * clampf((d - r->in[side]) / (1.5f * c->pixel), 0, 1);
    /* The heart and great vessels displace lung. */
    float hx = x - r->middle - r->shift, hw = r->heart[hx > 0], hq = hw > 1e-3f ? oval(hx / hw) : 0;
    float mw = r->vessels[hx > 0], mq = mw > 1e-3f ? oval(hx / mw) : 0;
    float taken = fmaxf(r->heart_thick * sqrtf(hq), r->vessels_thick * mq);
    taken *= clampf(1 + dome / 0.012f, 0, 1); /* what lies behind the diaphragm is lung alone */
    c->depth[i] = fmaxf(deep - taken, 0.12f * deep);
}

static float body_profile(float x)
{
    float q = x * x * x * x;
    q = 1 - q * q; /* flatter than an ellipse: muscle and arms fill the sides */
    return q > 0 ? sqrtf(q) : 0;
}

void phantom_draw_base(struct canvas *c, const struct body *b)
{
    uint32_t seed = b->a.texture;
    for (int py = 0; py < c->n; py++)
        for (int px = 0; px < c->n; px++) {
            size_t i = (size_t)py * c->n + px;
            float x, y;
            struct row r;
            canvas_to_body(c, (float)px, (float)py, &x, &y);
            phantom_body_row(b, y, &r);
            lung_pixel(c, b, &r, i, x, y);
            float skin = r.skin[x > 0], soft = r.thick * body_profile(x / skin);
            soft *= 1 + 0.035f * phantom_noise(seed, 9 * x, 9 * y);
            c->dense[i] = PHANTOM_SOFT * soft;
            if (c->across[i] < 1.5f) { /* grain of the lung: fine vessels and interstitium */
                float grain = phantom_fractal(seed + 11, 42 * x, 42 * y, 3),
                      wide = phantom_noise(seed + 12, 12 * x, 12 * y);
                c->fine[i] =
                    c->depth[i] * PHANTOM_SOFT * b->a.grain * (0.065f * grain + 0.030f * wide) * (1 + b->c.congestion);
            }
        }
}

/* A soft ellipse: amplitude * (1 - r^2)^power inside. */
static void ellipse(struct canvas *c, float *field, float x, float y, float rx, float ry, float amplitude, float power)
{
    struct window w = canvas_window(c, x, y, rx, ry);
    for (int py = w.y0; py < w.y1; py++)
        for (int px = w.x0; px < w.x1; px++) {
            float bx, by;
            canvas_to_body(c, (float)px, (float)py, &bx, &by);
            float dx = (bx - x) / rx, dy = (by - y) / ry, q = 1 - dx * dx - dy * dy;
            if (q > 0) field[(size_t)py * c->n + px] += amplitude * powf(q, power);
        }
}

static void draw_breasts(struct canvas *c, const struct body *b)
{
    if (b->a.breast <= 0) return;
    for (int side = 0; side < 2; side++) {
        float x = side_sign(side) * 0.215f * b->a.width, y = b->a.breast_drop + 0.06f * b->a.breast,
              r = 0.115f + 0.035f * b->a.breast;
        struct window w = canvas_window(c, x, y, r, 1.2f * r);
        for (int py = w.y0; py < w.y1; py++)
            for (int px = w.x0; px < w.x1; px++) {
                float bx, by;
                canvas_to_body(c, (float)px, (float)py, &bx, &by);
                float dx = (bx - x) / r, dy = (by - y) / (1.15f * r), q = 1 - dx * dx - dy * dy;
                if (q <= 0) continue;
                float low = smooth(-1.0f, 0.5f, dy); /* its lower edge shows, its upper melts away */
                c->dense[(size_t)py * c->n + px] += 0.36f * b->a.breast * sqrtf(q) * low;
            }
    }
}

/* Gas over a fluid level, in a stomach that is not quite round. */
static void draw_bubble(struct canvas *c, float x, float y, float rx, float ry, float amount, uint32_t seed)
{
    struct window w = canvas_window(c, x, y, 1.3f * rx, 1.3f * ry);
    for (int py = w.y0; py < w.y1; py++)
        for (int px = w.x0; px < w.x1; px++) {
            float bx, by;
            canvas_to_body(c, (float)px, (float)py, &bx, &by);
            float dx = (bx - x) / rx, dy = (by - y) / ry,
                  q = 1 - dx * dx - dy * dy + 0.3f * phantom_noise(seed, 40 * bx, 40 * by);
            float level = smooth(0.55f, 0.35f, dy);
            if (q > 0) c->dense[(size_t)py * c->n + px] -= amount * sqrtf(fminf(q, 1)) * level;
        }
}

static void draw_abdomen(struct canvas *c, const struct body *b)
{
    struct random r = random_stream(b->a.texture, 1, 0, RANDOM_PHANTOM);
    if (b->a.bubble > 0) { /* air in the stomach, under the left dome */
        float x = 0.15f + 0.06f * random_uniform(&r), y = phantom_body_dome(b, 1, x) + 0.055f, s = b->a.bubble;
        draw_bubble(c, x, y, 0.035f + 0.03f * s, 0.024f + 0.014f * s, 0.75f * s, b->a.texture);
    }
    int n = chance(&r, 0.4f) ? 1 + (int)random_below(&r, 3) : 0;
    for (int i = 0; i < n; i++) {
        float x = between(&r, -0.1f, 0.34f), y = between(&r, 0.31f, 0.45f), s = between(&r, 0.015f, 0.04f);
        ellipse(c, c->dense, x, y, s * 1.4f, s, -between(&r, 0.15f, 0.4f), 0.7f);
    }
}

/* ---- bones ---------------------------------------------------------------------------------------------------- */

enum { CURVE_POINTS = 33 };

static void draw_rib(struct canvas *c, const struct body *b, int side, int number)
{
    const struct anatomy *a = &b->a;
    float sign = side_sign(side), f = (float)number;
    float lift = 0.02f * b->p.breath;
    float y0 = b->apex + 0.012f + (a->rib_gap * f - 0.0010f * f * f * 0.5f) * (1 - 0.06f * b->p.breath);
    float drop = a->rib_tilt * (0.040f + 0.0052f * f) - lift,
          front = a->rib_tilt * (0.055f + 0.0055f * f) - lift * 0.5f;
    struct row at;
    phantom_body_row(b, y0 + drop, &at);
    float reach = at.out[side] + 0.008f;
    if (number == 0) reach = fminf(reach, 0.175f * a->width);
    float wide = a->rib_wide * (number < 2 ? 0.85f : 1), strength = 0.205f * a->bone;
    struct point back[CURVE_POINTS], fore[CURVE_POINTS];
    float end = number > 8 ? 0.3f : 0.80f; /* floating ribs have no front */
    for (int i = 0; i < CURVE_POINTS; i++) {
        float t = (float)i / (CURVE_POINTS - 1), th = 1.62f * t, al = 1.5f + (end * 3.1416f - 1.5f) * t;
        float x = 0.025f + (reach - 0.025f) * sinf(th), sag = drop * (0.55f * (1 - cosf(th)) + 0.45f * sinf(th));
        back[i] = (struct point){ at.middle + sign * x, y0 + sag - 0.014f * sinf(2 * th) * (1 - t),
                                  wide * (0.8f + 0.2f * sinf(th)), strength * (1 - 0.35f * t * t * t) };
        x = 0.06f + (reach - 0.06f) * sinf(al);
        fore[i] =
            (struct point){ at.middle + sign * x,
                            y0 + drop * (1 - 0.05f) + front * -cosf(al) * (1.05f + 0.25f * -cosf(al)),
                            wide * (0.9f + 0.35f * t),
                            strength * (0.72f + 0.2f * sinf(3 * t) - 0.30f * t) * (t > 0.93f ? (1 - t) / 0.07f : 1) };
    }
    canvas_stroke(c, c->dense, back, CURVE_POINTS, STROKE_BONE);
    if (number < 10) canvas_stroke(c, c->dense, fore, CURVE_POINTS, STROKE_BONE);
}

static void draw_spine(struct canvas *c, const struct body *b)
{
    struct row at;
    float y = -0.56f, height = 0.048f;
    struct point column[40];
    for (int i = 0; i < 40; i++) {
        float yy = -0.6f + 1.3f * (float)i / 39;
        phantom_body_row(b, yy, &at);
        column[i] = (struct point){ at.middle, yy, 0.030f + 0.010f * smooth(-0.3f, 0.4f, yy), 0.20f };
    }
    canvas_stroke(c, c->dense, column, 40, STROKE_FLAT);
    for (int i = 0; i < 20 && y < 0.6f; i++, y += height, height += 0.0011f) {
        phantom_body_row(b, y, &at);
        float w = 0.029f + 0.009f * smooth(-0.3f, 0.4f, y), x = at.middle, turned = 0.6f * b->p.turn;
        struct point disc[2] = { { x - w, y, 0.006f, -0.10f }, { x + w, y, 0.006f, -0.10f } };
        canvas_stroke(c, c->dense, disc, 2, STROKE_SOFT);
        struct point process[2] = { { x - turned, y + 0.4f * height, 0.006f, 0.15f },
                                    { x - turned, y + 0.95f * height, 0.008f, 0.15f } };
        canvas_stroke(c, c->dense, process, 2, STROKE_TUBE);
        for (int side = 0; side < 2; side++) {
            float px = x + side_sign(side) * 0.68f * w;
            struct point pedicle[2] = { { px, y + 0.35f * height, 0.0065f, 0.09f },
                                        { px, y + 0.45f * height, 0.0065f, 0.09f } };
            canvas_stroke(c, c->dense, pedicle, 2, STROKE_BONE);
            struct point transverse[2] = { { px, y + 0.35f * height, 0.008f, 0.10f },
                                           { x + side_sign(side) * (w + 0.022f), y + 0.30f * height, 0.006f, 0.08f } };
            canvas_stroke(c, c->dense, transverse, 2, STROKE_TUBE);
        }
    }
}

static void draw_shoulder(struct canvas *c, const struct body *b, int side)
{
    const struct anatomy *a = &b->a;
    float s = side_sign(side), w = a->width, in = 0.030f + side_sign(side) * b->p.turn * 0.8f;
    float up = a->clavicle + 0.03f * (b->p.portable ? -1 : 0) * (1 - b->p.arms);
    float y = b->apex + 0.085f;
    struct point clavicle[] = {
        { s * in, y + 0.018f, 0.015f, 0.40f },
        { s * (in + 0.03f), y + 0.010f, 0.0135f, 0.40f },
        { s * (in + 0.08f), y - 0.004f + 0.3f * up, 0.0115f, 0.40f },
        { s * 0.165f * w, y - 0.022f + 0.6f * up, 0.0105f, 0.41f },
        { s * 0.23f * w, y - 0.046f + 0.9f * up, 0.0105f, 0.41f },
        { s * 0.29f * w, y - 0.066f + 1.1f * up, 0.011f, 0.40f },
        { s * 0.35f * w, y - 0.070f + 1.2f * up, 0.013f, 0.36f },
        { s * 0.385f * w, y - 0.064f + 1.2f * up, 0.013f, 0.30f },
    };
    canvas_stroke(c, c->dense, clavicle, 8, STROKE_BONE);
    float m = a->scapula * w + 0.045f * (1 - b->p.arms) * (b->p.portable ? -1 : 0.6f);
    struct point border[] = {
        { s * (m + 0.01f), -0.30f, 0.006f, 0.13f },   { s * m, -0.22f, 0.006f, 0.15f },
        { s * (m + 0.02f), -0.12f, 0.006f, 0.16f },   { s * (m + 0.055f), -0.035f, 0.008f, 0.17f },
        { s * (m + 0.075f), -0.045f, 0.009f, 0.18f }, { s * (m + 0.10f), -0.14f, 0.010f, 0.22f },
        { s * (m + 0.135f), -0.24f, 0.014f, 0.30f }
    };
    canvas_stroke(c, c->dense, border, 7, STROKE_TUBE);
    struct point blade[] = { { s * (m + 0.05f), -0.27f, 0.045f, 0.10f },
                             { s * (m + 0.05f), -0.15f, 0.040f, 0.10f },
                             { s * (m + 0.06f), -0.06f, 0.018f, 0.10f } };
    canvas_stroke(c, c->dense, blade, 3, STROKE_FLAT);
    struct point ridge[] = { { s * (m + 0.01f), -0.27f, 0.008f, 0.14f },
                             { s * (m + 0.09f), -0.315f, 0.011f, 0.20f },
                             { s * (m + 0.15f), -0.345f, 0.014f, 0.22f } };
    canvas_stroke(c, c->dense, ridge, 3, STROKE_BONE);
    float hx = m + 0.165f, hy = -0.285f, ex = hx + 0.06f + 0.05f * b->p.arms, ey = 0.0f - 0.05f * b->p.arms;
    struct point humerus[] = { { s * hx, hy, 0.046f, 0.27f },
                               { s * (hx + 0.012f), hy + 0.05f, 0.032f, 0.30f },
                               { s * (hx + 0.025f), hy + 0.10f, 0.024f, 0.34f },
                               { s * ex, ey, 0.022f, 0.40f } };
    canvas_stroke(c, c->dense, humerus, 4, STROKE_BONE);
    struct point arm[] = { { s * (hx + 0.01f), hy + 0.02f, 0.085f, 0.55f },
                           { s * ex, ey, 0.075f, 1.2f },
                           { s * (ex + 0.03f), ey + 0.45f, 0.065f, 1.5f } };
    canvas_stroke(c, c->dense, arm, 3, STROKE_TUBE);
}

static void draw_airway(struct canvas *c, const struct body *b)
{
    struct row at;
    phantom_body_row(b, -0.25f, &at);
    float x = at.middle + 0.5f * at.shift, fork = b->apex + 0.215f, bow = -0.012f * b->a.aorta;
    struct point trachea[] = { { x, -0.56f, 0.021f, -0.36f },
                               { x, -0.34f, 0.021f, -0.40f },
                               { x + bow, fork - 0.07f, 0.021f, -0.40f },
                               { x + bow, fork, 0.020f, -0.14f } };
    canvas_stroke(c, c->dense, trachea, 4, STROKE_TUBE);
    struct point right[] = { { x + bow - 0.008f, fork + 0.012f, 0.016f, 0 },
                             { x - 0.045f, fork + 0.06f, 0.015f, -0.22f },
                             { x - 0.07f, fork + 0.11f, 0.011f, -0.12f } };
    struct point left[] = { { x + bow + 0.008f, fork + 0.012f, 0.015f, 0 },
                            { x + 0.055f, fork + 0.055f, 0.014f, -0.22f },
                            { x + 0.09f, fork + 0.095f, 0.010f, -0.12f } };
    canvas_stroke(c, c->dense, right, 3, STROKE_TUBE);
    canvas_stroke(c, c->dense, left, 3, STROKE_TUBE);
}

void phantom_draw_bones(struct canvas *c, const struct body *b)
{
    draw_breasts(c, b);
    draw_abdomen(c, b);
    draw_spine(c, b);
    draw_airway(c, b);
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < 11; i++) draw_rib(c, b, side, i);
        draw_shoulder(c, b, side);
    }
}

/* ---- vessels ---------------------------------------------------------------------------------------------------- */

struct twig {
    float x, y, direction, length, width, strength;
    int level;
};

enum { TWIG_POINTS = 9, TWIGS = 160 };

/* Draw one vessel and queue its branches. */
static int grow(struct canvas *c, const struct twig *v, struct random *r, struct twig *queue, int queued)
{
    struct point p[TWIG_POINTS];
    float x = v->x, y = v->y, direction = v->direction, step = v->length / (TWIG_POINTS - 1), turn = about(r, 0, 0.05f);
    int hand = chance(r, 0.5f) ? 1 : -1;
    for (int i = 0; i < TWIG_POINTS; i++) {
        float t = (float)i / (TWIG_POINTS - 1);
        p[i] = (struct point){ x, y, v->width * (1 - 0.78f * t), v->strength * (1 - 0.72f * t) };
        if (v->level < 2 && i >= 2 && i < TWIG_POINTS - 1 && queued < TWIGS) {
            queue[queued++] = (struct twig){ x,
                                             y,
                                             direction + (float)hand * between(r, 0.4f, 0.9f),
                                             v->length * between(r, 0.3f, 0.55f) * (1 - 0.4f * t),
                                             p[i].w * 0.72f,
                                             p[i].a * 0.75f,
                                             v->level + 1 };
            hand = -hand;
        }
        direction += turn + about(r, 0, 0.06f);
        x += step * cosf(direction);
        y += step * sinf(direction);
    }
    canvas_stroke(c, c->fine, p, TWIG_POINTS, STROKE_TUBE);
    return queued;
}

void phantom_draw_vessels(struct canvas *c, const struct body *b, struct random *r)
{
    static const struct {
        float angle, length, width;
    } trunks[] = { { -1.25f, 0.22f, 0.0075f }, { -0.75f, 0.24f, 0.0070f }, { -0.2f, 0.20f, 0.0060f },
                   { 0.25f, 0.22f, 0.0065f },  { 0.65f, 0.27f, 0.0090f },  { 1.0f, 0.30f, 0.0105f },
                   { 1.3f, 0.27f, 0.0100f } };
    for (int side = 0; side < 2; side++) {
        struct twig queue[TWIGS];
        struct row at;
        float y = b->apex + 0.275f - 0.03f * b->p.breath - (side ? 0.02f : 0), s = side_sign(side);
        phantom_body_row(b, y, &at);
        float x = at.middle + 0.6f * at.shift + s * 0.070f, tall = (b->angle[side] - b->apex) / 0.64f;
        int queued = 0;
        for (size_t i = 0; i < sizeof trunks / sizeof trunks[0]; i++) {
            float a = trunks[i].angle + about(r, 0, 0.10f), up = a < 0 ? 0.8f + 0.4f * b->c.congestion : 1;
            queue[queued++] = (struct twig){ x + s * 0.015f * cosf(a),
                                             y + 0.06f * sinf(a),
                                             s > 0 ? a : 3.14159265f - a,
                                             trunks[i].length * tall * between(r, 0.85f, 1.1f),
                                             trunks[i].width * up,
                                             trunks[i].width * up * 25 * b->a.vessels * (1 + 0.25f * b->c.congestion),
                                             0 };
        }
        for (int i = 0; i < queued; i++) queued = grow(c, &queue[i], r, queue, queued);
        struct point hilum[] = { { x - s * 0.012f, y - 0.040f, 0.028f, 0.30f },
                                 { x, y, 0.038f, 0.46f },
                                 { x + s * 0.006f, y + 0.05f, 0.032f, 0.38f } };
        canvas_stroke(c, c->fine, hilum, 3, STROKE_SOFT);
    }
}

/* ---- what the hospital adds ---------------------------------------------------------------------------------------
 */

static void draw_electrode(struct canvas *c, float x, float y, struct random *r)
{
    struct point dot[2] = { { x, y, 0.008f, 0.9f }, { x + 0.001f, y, 0.008f, 0.9f } };
    canvas_stroke(c, c->dense, dot, 2, STROKE_FLAT);
    struct point wire[6];
    float dx = between(r, -0.08f, 0.08f);
    for (int i = 0; i < 6; i++) {
        float t = (float)i / 5;
        wire[i] = (struct point){ x + dx * t + 0.02f * sinf(5 * t), y - 0.1f * t - 0.5f * t * t, 0.0014f, 0.5f };
    }
    canvas_stroke(c, c->dense, wire, 6, STROKE_TUBE);
}

static void draw_device(struct canvas *c, const struct body *b, enum device device, struct random *r)
{
    float s = chance(r, 0.6f) ? -1 : 1, top = b->apex;
    if (device == DEVICE_ELECTRODE) {
        int n = 2 + (int)random_below(r, 3);
        for (int i = 0; i < n; i++)
            draw_electrode(c, (i & 1 ? 1.0f : -1.0f) * between(r, 0.18f, 0.40f),
                           i < 2 ? between(r, -0.28f, -0.18f) : between(r, 0.1f, 0.3f), r);
    } else if (device == DEVICE_LINE) {
        struct point line[] = { { s * 0.13f, top - 0.14f, 0.0028f, 0.30f },
                                { s * 0.09f, top, 0.0028f, 0.30f },
                                { -0.030f, top + 0.10f, 0.0028f, 0.28f },
                                { -0.045f, top + 0.2f, 0.0028f, 0.26f },
                                { -0.045f, top + between(r, 0.28f, 0.38f), 0.0028f, 0.24f } };
        canvas_stroke(c, c->dense, line, 5, STROKE_TUBE);
    } else if (device == DEVICE_TUBE) {
        struct point tube[] = { { 0.0f, -0.6f, 0.008f, 0.22f },
                                { 0.002f, top, 0.008f, 0.22f },
                                { 0.0f, top + between(r, 0.1f, 0.18f), 0.008f, 0.22f } };
        canvas_stroke(c, c->dense, tube, 3, STROKE_FLAT);
    } else {
        float x = 0.28f, y = -0.22f;
        struct point box[] = { { x - 0.02f, y, 0.034f, 1.6f }, { x + 0.02f, y + 0.005f, 0.034f, 1.6f } };
        canvas_stroke(c, c->dense, box, 2, STROKE_FLAT);
        struct point lead[] = { { x - 0.03f, y - 0.02f, 0.002f, 0.6f }, { 0.12f, -0.30f, 0.002f, 0.6f },
                                { -0.03f, -0.2f, 0.002f, 0.6f },        { -0.055f, -0.02f, 0.002f, 0.6f },
                                { -0.02f, 0.1f, 0.002f, 0.6f },         { 0.09f, 0.155f, 0.002f, 0.6f } };
        canvas_stroke(c, c->dense, lead, 6, STROKE_TUBE);
    }
}

void phantom_draw_devices(struct canvas *c, const struct body *b, struct random *r)
{
    for (int i = 0; i < b->p.devices; i++) draw_device(c, b, (enum device)b->p.device[i], r);
}
