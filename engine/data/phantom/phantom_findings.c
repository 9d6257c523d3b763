/* Findings: each changes what fills the lung, or adds to what lies over it, and marks its own pixels. */
#include "engine/data/phantom/phantom_parts.h"

/* The extent of a lesion so far, in whole pixels of the drawn size. */
struct mark {
    struct canvas *c;
    int bit, x0, y0, x1, y1;
};

static void mark_pixel(struct mark *m, int px, int py)
{
    int x = px / m->c->over, y = py / m->c->over;
    if (x < m->x0) m->x0 = x;
    if (y < m->y0) m->y0 = y;
    if (x > m->x1) m->x1 = x;
    if (y > m->y1) m->y1 = y;
    if (m->c->masks) m->c->masks[(size_t)y * m->c->size + x] |= (uint8_t)(1 << m->bit);
}

/* A pixel of one lung, in the coordinates of a finding. */
struct spot {
    size_t i;
    int px, py;
    float x, y, u, s, wall; /* u 0..1 from spine to wall, s 0..1 from apex to angle, wall: distance to it */
};

typedef void spot_fn(struct canvas *c, const struct body *b, const struct lesion *l, const struct spot *at,
                     struct mark *m);

/* Calls `f` for each pixel of the lesion's lung in a window. */
static void each_spot(struct canvas *c, const struct body *b, const struct lesion *l, struct window w, spot_fn *f,
                      struct mark *m)
{
    float span = 1 / (b->angle[l->side] - b->apex);
    for (int py = w.y0; py < w.y1; py++)
        for (int px = w.x0; px < w.x1; px++) {
            struct spot at = { .i = (size_t)py * c->n + px, .px = px, .py = py };
            float u = c->across[at.i];
            if (u > 1.5f || (u > 0) != l->side) continue;
            canvas_to_body(c, (float)px, (float)py, &at.x, &at.y);
            at.u = fabsf(u);
            at.s = (at.y - b->apex) * span;
            at.wall = c->wall[at.i];
            f(c, b, l, &at, m);
        }
}

static struct window everywhere(const struct canvas *c)
{
    return (struct window){ 0, 0, c->n, c->n };
}

/* Combines two materials: fractions of air that are lost. */
static void fill_in(struct canvas *c, size_t i, float share)
{
    c->fill[i] = 1 - (1 - c->fill[i]) * (1 - share);
}

/* ---- heart -------------------------------------------------------------------------------------------------- */

/* The heart was drawn wide with the outlines; here it is only marked in the mask. */
static void draw_heart(struct canvas *c, const struct body *b, const struct lesion *l, struct mark *m)
{
    (void)l;
    struct row r;
    for (int py = 0; py < c->n; py++)
        for (int px = 0; px < c->n; px++) {
            float x, y;
            canvas_to_body(c, (float)px, (float)py, &x, &y);
            if (y < -0.16f || y > 0.32f) continue;
            phantom_body_row(b, y, &r);
            float h = x - r.middle - r.shift, w = r.heart[h > 0], d = fabsf(x - r.middle);
            if (fabsf(h) < w && y < phantom_body_dome(b, x > r.middle, d) + 0.04f) mark_pixel(m, px, py);
        }
}

/* ---- pleura -------------------------------------------------------------------------------------------------- */

static void effusion_spot(struct canvas *c, const struct body *b, const struct lesion *l, const struct spot *at,
                          struct mark *m)
{
    float from_angle = b->angle[l->side] - at->y, level, soft;
    if (b->p.portable && l->strength > 0.4f) { /* lying: the fluid spreads behind the lung as a veil */
        float veil = smooth(1.6f * l->size + 0.22f, 0, from_angle) * clampf(1.2f * l->size + 0.15f, 0, 0.55f);
        fill_in(c, at->i, veil);
        if (veil > 0.12f) mark_pixel(m, at->px, at->py);
    }
    float rise = (at->u - 0.35f) / 0.65f;
    level = l->size * (0.55f + 0.45f * l->angle * (rise > 0 ? rise * rise * rise : 0.25f * rise * rise)) +
            0.02f * l->angle * smooth(0.85f, 1, at->u);
    soft = 0.018f + 0.10f * l->size;
    float wet = smooth(level + soft, level - 0.3f * soft, from_angle);
    fill_in(c, at->i, 0.93f * wet);
    if (wet > 0.45f && c->depth[at->i] > 2.5f) mark_pixel(m, at->px, at->py);
}

static void draw_effusion(struct canvas *c, const struct body *b, const struct lesion *l, struct mark *m)
{
    each_spot(c, b, l, everywhere(c), effusion_spot, m);
}

/* Width of the gap between lung and wall at s. */
static float gap_at(const struct lesion *l, float s)
{
    float rest = 1 - s / l->s;
    return rest > 0 ? l->size * (0.35f + 0.65f * rest) * smooth(0, 0.5f, rest) : 0;
}

static void pneumothorax_spot(struct canvas *c, const struct body *b, const struct lesion *l, const struct spot *at,
                              struct mark *m)
{
    (void)b;
    float gap = gap_at(l, at->s) * (1 + 0.10f * phantom_noise(l->seed, 3 * at->s, 0));
    float beyond = gap - at->wall; /* above 0: outside of the lung's surface */
    float free_air = smooth(-0.5f * c->pixel, 0.5f * c->pixel + 0.001f, beyond) * clampf(gap / 0.01f, 0, 1);
    c->gas[at->i] = fmaxf(c->gas[at->i], free_air);
    float line = expf(-beyond * beyond / (2 * 0.0022f * 0.0022f)) * clampf(gap / 0.012f, 0, 1);
    if (gap > 0.004f) c->dense[at->i] += 0.11f * line;
    fill_in(c, at->i, (1 - free_air) * fminf(1.6f * gap, 0.30f)); /* the lung itself holds less air */
    if (free_air > 0.5f) mark_pixel(m, at->px, at->py);
}

static void draw_pneumothorax(struct canvas *c, const struct body *b, const struct lesion *l, struct mark *m)
{
    each_spot(c, b, l, everywhere(c), pneumothorax_spot, m);
}

static void thickening_spot(struct canvas *c, const struct body *b, const struct lesion *l, const struct spot *at,
                            struct mark *m)
{
    (void)b;
    float along = l->variant ? smooth(0.22f, 0.06f, at->s) : smooth(1, 0.75f, fabsf(at->s - l->s) / l->angle);
    if (along <= 0) return;
    float lumps = 1 + 0.28f * phantom_fractal(l->seed, 8 * at->s, l->variant ? 6 * at->u : 0, 2);
    float thick = l->size * lumps * along, inside = smooth(thick + 0.006f, thick - 0.002f, at->wall);
    fill_in(c, at->i, (0.45f + 0.4f * l->strength) * inside);
    c->dense[at->i] += (0.10f + 0.20f * l->strength) * inside;
    if (inside > 0.45f) mark_pixel(m, at->px, at->py);
}

static void draw_thickening(struct canvas *c, const struct body *b, const struct lesion *l, struct mark *m)
{
    each_spot(c, b, l, everywhere(c), thickening_spot, m);
}

/* ---- round things ---------------------------------------------------------------------------------------------- */

/* A ball of tissue in the lung: its chord along the beam, softened at the rim. */
static void draw_ball(struct canvas *c, float x, float y, float r, float squeeze, float density, struct mark *m)
{
    struct window w = canvas_window(c, x, y, 1.2f * r, 1.2f * r);
    for (int py = w.y0; py < w.y1; py++)
        for (int px = w.x0; px < w.x1; px++) {
            size_t i = (size_t)py * c->n + px;
            float bx, by;
            canvas_to_body(c, (float)px, (float)py, &bx, &by);
            float dx = (bx - x) / r, dy = (by - y) / (r * squeeze), q = dx * dx + dy * dy;
            if (q >= 1.2f) continue;
            float chord = q < 0.75f ? sqrtf(1 - q) : 0.5f * (1.2f - q) * (1.2f - q) / (0.45f * 0.45f);
            c->dense[i] += 2 * r * PHANTOM_CM * chord * PHANTOM_SOFT * (1 - PHANTOM_AERATED) * density *
                           clampf(c->depth[i] / 4, 0.35f, 1);
            if (q < 1) mark_pixel(m, px, py);
        }
}

static void draw_nodule(struct canvas *c, const struct body *b, const struct lesion *l, struct mark *m)
{
    float x, y;
    phantom_body_place(b, l->side, l->u, l->s, &x, &y);
    draw_ball(c, x, y, l->size, 0.85f + 0.3f * l->strength, 1.35f + 0.75f * l->strength, m);
}

static void draw_mass(struct canvas *c, const struct body *b, const struct lesion *l, struct mark *m)
{
    struct random r = random_stream(l->seed, 2, 0, RANDOM_PHANTOM);
    float x, y;
    phantom_body_place(b, l->side, l->u, l->s, &x, &y);
    draw_ball(c, x, y, l->size, between(&r, 0.8f, 1.1f), 0.70f, m);
    int lobes = 3 + (int)random_below(&r, 3);
    for (int i = 0; i < lobes; i++) {
        float a = 6.2832f * ((float)i + random_uniform(&r)) / (float)lobes, d = l->size * between(&r, 0.35f, 0.6f);
        draw_ball(c, x + d * cosf(a), y + d * sinf(a), l->size * between(&r, 0.45f, 0.7f), 1, 0.52f, m);
    }
    for (int i = 0; l->variant && i < 14; i++) {
        float a = 6.2832f * ((float)i + random_uniform(&r)) / 14, d = l->size * between(&r, 1.3f, 1.9f);
        struct point ray[2] = { { x + 0.7f * l->size * cosf(a), y + 0.7f * l->size * sinf(a), 0.003f, 0.16f },
                                { x + d * cosf(a), y + d * sinf(a), 0.001f, 0.02f } };
        canvas_stroke(c, c->fine, ray, 2, STROKE_TUBE);
    }
}

/* ---- airspace ---------------------------------------------------------------------------------------------------- */

static void consolidation_spot(struct canvas *c, const struct body *b, const struct lesion *l, const struct spot *at,
                               struct mark *m)
{
    float x, y;
    phantom_body_place(b, l->side, l->u, l->s, &x, &y);
    float cs = cosf(l->angle), sn = sinf(l->angle), dx = (at->x - x) / l->size, dy = (at->y - y) / l->size;
    float ex = cs * dx + sn * dy, ey = (cs * dy - sn * dx) * 1.15f;
    float ragged = phantom_fractal(l->seed, 16 * at->x, 16 * at->y, 3),
          patchy = phantom_fractal(l->seed + 7, 30 * at->x, 30 * at->y, 2);
    float f = 1.05f - sqrtf(ex * ex + ey * ey) + 0.45f * ragged;
    float share = smooth(-0.1f, 1.1f, f) * (0.50f + 0.40f * l->strength) * (1 + 0.40f * patchy);
    if (l->variant)
        share *= smooth(0.02f, 0.0f, (y - 0.35f * l->size) - at->y - 0.15f * (at->x - x)); /* a straight upper border */
    share = clampf(share, 0, 0.9f);
    fill_in(c, at->i, share);
    if (share > 0.16f) mark_pixel(m, at->px, at->py);
}

static void draw_consolidation(struct canvas *c, const struct body *b, const struct lesion *l, struct mark *m)
{
    float x, y;
    phantom_body_place(b, l->side, l->u, l->s, &x, &y);
    each_spot(c, b, l, canvas_window(c, x, y, 1.6f * l->size, 1.6f * l->size), consolidation_spot, m);
    struct random r = random_stream(l->seed, 3, 0, RANDOM_PHANTOM); /* bronchi stay open: dark twigs in the white */
    float s = side_sign(l->side), away = s > 0 ? 0 : 3.14159265f;
    for (int i = 0; i < 5; i++) {
        float a = away + s * (between(&r, -0.7f, 0.9f) + 0.3f), d = l->size * between(&r, 0.5f, 0.9f),
              ox = between(&r, -0.5f, 0.1f) * l->size * s, oy = between(&r, -0.5f, 0.3f) * l->size;
        struct point tube[3] = { { x + ox, y + oy, 0.0050f, -0.16f },
                                 { x + ox + 0.5f * d * cosf(a), y + oy + 0.5f * d * sinf(a), 0.004f, -0.15f },
                                 { x + ox + d * cosf(a + 0.2f), y + oy + d * sinf(a + 0.2f), 0.002f, -0.05f } };
        for (int k = 0; k < 3; k++) tube[k].a *= 0.5f + 0.5f * l->strength;
        canvas_stroke(c, c->dense, tube, 3, STROKE_TUBE);
    }
}

static void lobe_spot(struct canvas *c, const struct body *b, const struct lesion *l, const struct spot *at,
                      struct mark *m)
{
    float inside, d = at->u * 0.33f;
    if (l->variant == 1) { /* lower lobe: a wedge between spine and diaphragm, behind the heart */
        float top = b->angle[l->side] - 0.10f - 1.35f * l->size;
        float edge = l->size * clampf((at->y - top) / (2.0f * l->size), 0, 1) * 0.95f + 0.01f;
        inside = smooth(edge + 0.008f, edge - 0.008f, d) * smooth(top, top + 0.08f, at->y);
    } else { /* upper lobe: above a fissure that is drawn up and bows upward */
        float edge = 0.055f + 0.75f * l->size + 0.10f * (0.5f - at->u) + 0.06f * (at->u - 0.5f) * (at->u - 0.5f);
        inside = smooth(edge + 0.006f, edge - 0.006f, at->y - b->apex) * smooth(1.0f, 0.5f, at->u);
    }
    float share = inside * (0.5f + 0.35f * l->strength);
    fill_in(c, at->i, share);
    if (share > 0.2f) mark_pixel(m, at->px, at->py);
}

/* Widens a mark to a stroke: the pixels within `w` of it. */
static void mark_stroke(struct canvas *c, const struct point *p, int n, struct mark *m)
{
    for (int i = 0; i + 1 < n; i++)
        for (int k = 0; k < 24; k++) {
            float t = (float)k / 23, x = mix(p[i].x, p[i + 1].x, t), y = mix(p[i].y, p[i + 1].y, t),
                  w = mix(p[i].w, p[i + 1].w, t);
            struct window b = canvas_window(c, x, y, 0, 0);
            int reach = (int)(w / c->pixel);
            int x0 = b.x0 + 1 - reach, x1 = b.x0 + 1 + reach, y0 = b.y0 + 1 - reach, y1 = b.y0 + 1 + reach;
            for (int py = y0; py <= y1; py++)
                for (int px = x0; px <= x1; px++)
                    if (px >= 0 && py >= 0 && px < c->n && py < c->n) mark_pixel(m, px, py);
        }
}

static void draw_atelectasis(struct canvas *c, const struct body *b, const struct lesion *l, struct mark *m)
{
    if (l->variant) {
        each_spot(c, b, l, everywhere(c), lobe_spot, m);
        return;
    }
    struct random r = random_stream(l->seed, 4, 0, RANDOM_PHANTOM); /* plates: bands at the base */
    float s = side_sign(l->side), x, y;
    phantom_body_place(b, l->side, l->u, l->s, &x, &y);
    int n = 1 + (int)random_below(&r, 3);
    for (int i = 0; i < n; i++) {
        float a = l->angle + about(&r, 0, 0.12f), half = l->size * between(&r, 0.6f, 1) * 0.6f,
              oy = y - 0.035f * (float)i, ox = x + between(&r, -0.03f, 0.03f);
        float w = between(&r, 0.008f, 0.014f), strength = 0.28f + 0.30f * l->strength;
        struct point plate[5];
        for (int k = 0; k < 5; k++) {
            float t = (float)k / 2 - 1;
            plate[k] = (struct point){ ox + s * half * t * cosf(a), oy + half * t * sinf(a) - 0.008f * t * t,
                                       w * (1.1f - 0.5f * t * t), strength * (1 - 0.45f * t * t) };
        }
        canvas_stroke(c, c->dense, plate, 5, STROKE_SOFT);
        mark_stroke(c, plate, 5, m);
    }
}

/* ---- all ------------------------------------------------------------------------------------------------------------
 */

static void (*const drawers[PHANTOM_CLASSES])(struct canvas *, const struct body *, const struct lesion *,
                                              struct mark *) = {
    draw_heart, draw_effusion,      draw_pneumothorax, draw_nodule,
    draw_mass,  draw_consolidation, draw_atelectasis,  draw_thickening,
};

void phantom_draw_lesion(struct canvas *c, const struct body *b, const struct lesion *l, struct phantom_box *box)
{
    struct mark m = { c, (int)l->kind, c->size, c->size, -1, -1 };
    drawers[l->kind](c, b, l, &m);
    if (m.x1 < 0) { /* too small for this size: mark one pixel */
        float x, y, px, py;
        phantom_body_place(b, l->side, l->u > 0 ? l->u : 0.9f, l->s > 0 && l->s < 1 ? l->s : 0.95f, &x, &y);
        canvas_to_film(c, x, y, &px, &py);
        mark_pixel(&m, (int)clampf(px, 0, (float)c->n - 1), (int)clampf(py, 0, (float)c->n - 1));
    }
    *box = (struct phantom_box){ l->kind, m.x0, m.y0, m.x1 - m.x0 + 1, m.y1 - m.y0 + 1 };
}
