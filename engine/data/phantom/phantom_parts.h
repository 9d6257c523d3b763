/* Inside the phantom: the numbers of a patient and of a study, and the canvas that they are drawn on. Private to
 * phantom*.c.
 *
 * Body coordinates: the side of the film is 1, the origin its middle, y goes down, so the patient's right is at
 * negative x. One unit is PHANTOM_CM centimetres. Sides are indexed 0 right, 1 left; `side_sign` gives the sign of x.
 */
#ifndef MLVICX_DATA_PHANTOM_PARTS_H
#define MLVICX_DATA_PHANTOM_PARTS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/random.h"
#include "engine/data/phantom/phantom.h"

#define PHANTOM_CM      36.0f /* centimetres a unit */
#define PHANTOM_SOFT    0.2f  /* attenuation of soft tissue and water, 1/cm */
#define PHANTOM_AERATED 0.27f /* density of healthy lung relative to soft tissue */
enum { PHANTOM_ROWS = 320, PHANTOM_COLUMNS = 160, PHANTOM_DEVICES = 4 };
#define PHANTOM_ROW_TOP    (-0.8f) /* body y of the first row of the outline table; the last is at +0.8 */
#define PHANTOM_COLUMN_END 0.64f   /* distance from the spine of the last column of the diaphragm table */

/* ---- draws ------------------------------------------------------------------------------------------------ */

/* A separate stream for each part that must not depend on how many draws another part makes. */
enum phantom_part {
    PART_PLAN, /* studies, split */
    PART_ANATOMY,
    PART_HISTORY,
    PART_POSE,
    PART_DAY, /* acute findings */
    PART_LESION,
    PART_VESSELS,
    PART_DEVICES,
    PART_NOISE,
    PART_MARKER,
};

/** Stream of one part; study -1: the patient's own. */
struct random phantom_stream(uint64_t seed, uint32_t patient, int64_t study, enum phantom_part part);

static inline float between(struct random *r, float low, float high)
{
    return low + (high - low) * random_uniform(r);
}

static inline bool chance(struct random *r, float p)
{
    return random_uniform(r) < p;
}

/** Normal with mean and standard deviation, truncated at 2.2 standard deviations. */
static inline float about(struct random *r, float mean, float deviation)
{
    float z = (float)random_normal(r);
    return mean + deviation * fminf(fmaxf(z, -2.2f), 2.2f);
}

static inline float clampf(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}

static inline float mix(float a, float b, float t)
{
    return a + (b - a) * t;
}

/** 0 below a, 1 above b, smooth between; if a > b it falls. */
static inline float smooth(float a, float b, float x)
{
    float t = clampf((x - a) / (b - a), 0, 1);
    return t * t * (3 - 2 * t);
}

static inline float side_sign(int side)
{
    return side ? 1.0f : -1.0f;
}

/* ---- a case: what is wrong --------------------------------------------------------------------------------- */

/** One finding with its position. u is across a lung from spine (0) to wall (1), s is down it from apex (0) to the
 * costophrenic angle (1). `size` is a radius or a height in units, `strength` 0..1. */
struct lesion {
    enum phantom_class kind;
    int side, variant;
    float u, s, size, strength, angle;
    uint32_t seed;
};

struct phantom_case {
    int8_t labels[PHANTOM_CLASSES];
    int lesions;
    struct lesion lesion[PHANTOM_BOXES];
    float heart;       /* widening of the heart: 0 normal */
    float congestion;  /* of lung vessels, 0..1 */
    float collapse[2]; /* loss of volume of each lung: raises the diaphragm, in units */
    float pull;        /* shift of the mediastinum, in units */
};

/** The findings that follow from the patient's history and the day of the study. */
void phantom_case_draw(uint64_t seed, uint32_t patient, uint32_t study, struct phantom_case *c);

/* ---- a patient on a day -------------------------------------------------------------------------------------- */

struct anatomy {
    bool woman;
    float old;                            /* 0..1 */
    float girth, width, tall;             /* factors */
    float apex, base[2], lateral;         /* lung: y of the apex, y of each dome, depth of the angle below the dome */
    float depth;                          /* of the lung along the beam, cm */
    float bend, lean;                     /* scoliosis, units */
    float heart, apex_drop, knob, atrium; /* heart width, aortic knob, right atrium: factors about 1 */
    float aorta;                          /* unfolding of the aorta, 0..1 */
    float rib_gap, rib_tilt, rib_wide, bone; /* bone: density factor */
    float clavicle, scapula;
    float breast, breast_drop;
    float air; /* density of the lungs, a factor: emphysema to fibrosis */
    float bubble, vessels, grain;
    uint32_t texture;
};

struct pose {
    float shift_x, shift_y, turn, angle, scale; /* angle: in the film's plane; turn: about the body's axis */
    float breath;                               /* 0 deep .. 1 poor */
    bool portable;
    float arms;
    float exposure, contrast, scatter, noise, equalise, detail;
    float shutter[4]; /* left, right, top, bottom: share of the side that is masked; white when negative */
    int marker;       /* 0 none, 1 L, 2 R, 3 L on a disc */
    float marker_x, marker_y, marker_size, marker_angle;
    int devices;
    int device[PHANTOM_DEVICES]; /* enum device */
};

enum device { DEVICE_ELECTRODE, DEVICE_LINE, DEVICE_PACEMAKER, DEVICE_TUBE };

void phantom_anatomy_draw(uint64_t seed, uint32_t patient, struct anatomy *a);
void phantom_pose_draw(uint64_t seed, uint32_t patient, uint32_t study, struct pose *p);

/* Outlines at one height. */
struct row {
    float skin[2];       /* half width of the body at each side */
    float thick;         /* of the body along the beam, cm */
    float in[2], out[2]; /* lung: distances from the spine */
    float deep;          /* lung depth, cm */
    float heart[2], heart_thick;
    float vessels[2], vessels_thick; /* great vessels */
    float middle;                    /* x of the spine */
    float shift;                     /* of heart and vessels against the spine */
};
enum { ROW_FLOATS = sizeof(struct row) / sizeof(float) };

/** The body as tables: the position of an outline at any height. */
struct body {
    struct anatomy a;
    struct pose p;
    struct phantom_case c;
    struct row rows[PHANTOM_ROWS];
    float dome[2][PHANTOM_COLUMNS]; /* y of the diaphragm by distance from the spine */
    float apex, angle[2];           /* y of the apex and of the costophrenic angles */
};

void phantom_body_build(const struct anatomy *a, const struct pose *p, const struct phantom_case *c, struct body *b);
/** Outlines at height y, interpolated. */
void phantom_body_row(const struct body *b, float y, struct row *out);
float phantom_body_dome(const struct body *b, int side, float distance);
/** Body coordinates of a position in a lung, above the diaphragm. */
void phantom_body_place(const struct body *b, int side, float u, float s, float *x, float *y);

/* ---- canvas ------------------------------------------------------------------------------------------------ */

struct point {
    float x, y, w, a; /* place, half width, amplitude */
};

enum stroke_profile { STROKE_TUBE, STROKE_BONE, STROKE_SOFT, STROKE_FLAT };

/** Fields of the image being drawn, each [n, n], owned. */
struct canvas {
    int n, over, size;            /* n = over * size */
    float *dense;                 /* attenuation of all that is no lung */
    float *depth;                 /* lung along the beam, cm */
    float *fill;                  /* share of the lung's air that is replaced by tissue or fluid */
    float *gas;                   /* share of the lung that is free air */
    float *fine;                  /* attenuation of vessels and texture in healthy lung */
    float *across;                /* u of the lung at that pixel; right lung negative; 2 outside */
    float *wall;                  /* distance to the chest wall in units; negative outside */
    float *best, *amount;         /* scratch of strokes; `best` is kept at a large number */
    float to_body[6], to_film[6]; /* x' = m0 x + m1 y + m2, y' = m3 x + m4 y + m5, in pixels */
    float pixel;                  /* side of a pixel in units */
    uint8_t *masks;               /* [size, size], may be NULL */
};

bool phantom_canvas_init(struct canvas *c, int size, const struct body *b, uint8_t *masks, struct err *e);
void phantom_canvas_clear(struct canvas *c);

static inline void canvas_to_body(const struct canvas *c, float px, float py, float *x, float *y)
{
    *x = c->to_body[0] * px + c->to_body[1] * py + c->to_body[2];
    *y = c->to_body[3] * px + c->to_body[4] * py + c->to_body[5];
}

static inline void canvas_to_film(const struct canvas *c, float x, float y, float *px, float *py)
{
    *px = c->to_film[0] * x + c->to_film[1] * y + c->to_film[2];
    *py = c->to_film[3] * x + c->to_film[4] * y + c->to_film[5];
}

/** Pixels [x0, x1) x [y0, y1) that may be within `radius` units of (x, y). */
struct window {
    int x0, y0, x1, y1;
};
struct window canvas_window(const struct canvas *c, float x, float y, float radius_x, float radius_y);

/** Adds a curve of varying width to a field; where it crosses itself it counts once. */
void canvas_stroke(struct canvas *c, float *field, const struct point *p, int n, enum stroke_profile profile);

/** Smooth noise in -1..1 with features of about 1 unit of its argument; and a sum of `octaves`. */
float phantom_noise(uint32_t seed, float x, float y);
float phantom_fractal(uint32_t seed, float x, float y, int octaves);

/* ---- drawing ------------------------------------------------------------------------------------------------ */

/** The healthy body: base fields, then bones and vessels. */
void phantom_draw_base(struct canvas *c, const struct body *b);
void phantom_draw_bones(struct canvas *c, const struct body *b);
void phantom_draw_vessels(struct canvas *c, const struct body *b, struct random *r);
void phantom_draw_devices(struct canvas *c, const struct body *b, struct random *r);

/** Draws one finding; its mask goes to the canvas, its position to `box`. */
void phantom_draw_lesion(struct canvas *c, const struct body *b, const struct lesion *l, struct phantom_box *box);

/** Sums up, exposes, and writes 8-bit pixels [size, size]. */
bool phantom_expose(struct canvas *c, const struct body *b, struct random *noise, uint8_t *pixels, struct err *e);

#endif
