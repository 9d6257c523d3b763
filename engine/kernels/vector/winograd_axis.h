/* The transforms of Winograd along one axis; kind is the number of outputs, 1 that of 2x2 maps. See winograd.h. */
#ifndef MLVICX_VECTOR_WINOGRAD_AXIS_H
#define MLVICX_VECTOR_WINOGRAD_AXIS_H

#include "engine/kernels/vector/winograd.h"

#define POINT_A  0.625f
#define POINT_B  1.5f
#define SQUARE_A (POINT_A * POINT_A)
#define SQUARE_B (POINT_B * POINT_B)

/* Norms of the points of 4 outputs. */
#define NORM_0 (SQUARE_A * SQUARE_B)
#define NORM_A (2 * SQUARE_A * (SQUARE_A - SQUARE_B))
#define NORM_B (2 * SQUARE_B * (SQUARE_B - SQUARE_A))

/* Sizes by kind. */
#define AXIS_POINTS(kind)  ((kind) == 1 ? 3 : (kind) + 2)
#define AXIS_INPUTS(kind)  ((kind) == 1 ? 2 : (kind) + 2)
#define AXIS_OUTPUTS(kind) ((kind) == 1 ? 2 : (kind))

/* B^T d */
ALWAYS_INLINE void axis_input(const int kind, const vec *d, vec *o)
{
    const float a = POINT_A, b = POINT_B;
    if (kind == 4) {
        vec e = d[4] - SQUARE_B * d[2], q = a * (d[3] - SQUARE_B * d[1]);
        vec f = d[4] - SQUARE_A * d[2], r = b * (d[3] - SQUARE_A * d[1]);
        o[0] = NORM_0 * d[0] - (SQUARE_A + SQUARE_B) * d[2] + d[4];
        o[1] = e + q;
        o[2] = e - q;
        o[3] = NORM_0 * d[1] - (SQUARE_A + SQUARE_B) * d[3] + d[5];
        o[4] = f + r;
        o[5] = f - r;
    } else if (kind == 3) {
        vec e = d[3] - b * d[2], q = a * (d[2] - b * d[1]), h = d[3] - SQUARE_A * d[1];
        o[0] = b * (h - b * (d[2] - SQUARE_A * d[0]));
        o[1] = (a + b) * (e + q);
        o[2] = (b - a) * (e - q);
        o[3] = d[4] - b * h - SQUARE_A * d[2];
        o[4] = 2 * b * h;
    } else if (kind == 2) {
        o[0] = SQUARE_B * (SQUARE_A * d[0] - d[2]);
        o[1] = (SQUARE_A - SQUARE_B) * (d[2] + a * d[1]);
        o[2] = (SQUARE_A - SQUARE_B) * (d[2] - a * d[1]);
        o[3] = d[3] - SQUARE_A * d[1];
    } else {
        o[0] = d[0] + d[1];
        o[1] = d[1];
        o[2] = d[0];
    }
}

/* A dy */
ALWAYS_INLINE void axis_gradient(const int kind, const vec *d, vec *o)
{
    const float a = POINT_A, b = POINT_B;
    if (kind == 4) {
        vec e = d[0] + SQUARE_A * d[2], q = a * (d[1] + SQUARE_A * d[3]);
        vec f = d[0] + SQUARE_B * d[2], r = b * (d[1] + SQUARE_B * d[3]);
        o[0] = d[0];
        o[1] = e + q;
        o[2] = e - q;
        o[3] = d[3];
        o[4] = f + r;
        o[5] = f - r;
    } else if (kind == 3) {
        vec e = d[0] + SQUARE_A * d[2], q = a * d[1];
        o[0] = d[0];
        o[1] = e + q;
        o[2] = e - q;
        o[3] = d[2];
        o[4] = d[0] + b * d[1] + SQUARE_B * d[2];
    } else if (kind == 2) {
        vec q = a * d[1];
        o[0] = d[0];
        o[1] = d[0] + q;
        o[2] = d[0] - q;
        o[3] = d[1];
    } else {
        o[0] = d[0] + d[1];
        o[1] = d[0];
        o[2] = d[1];
    }
}

/* A^T m */
ALWAYS_INLINE void axis_output(const int kind, const vec *d, vec *o)
{
    const float a = POINT_A, b = POINT_B;
    if (kind == 1) {
        o[0] = d[0] + d[1];
        o[1] = d[0] + d[2];
        return;
    }
    vec s = d[1] + d[2], f = a * (d[1] - d[2]);
    if (kind == 4) {
        vec u = d[4] + d[5], g = b * (d[4] - d[5]);
        o[0] = d[0] + s + u;
        o[1] = f + g;
        o[2] = SQUARE_A * s + SQUARE_B * u;
        o[3] = SQUARE_A * f + SQUARE_B * g + d[3];
    } else if (kind == 3) {
        o[0] = d[0] + s + d[4];
        o[1] = f + b * d[4];
        o[2] = SQUARE_A * s + SQUARE_B * d[4] + d[3];
    } else {
        o[0] = d[0] + s;
        o[1] = f + d[3];
    }
}

/* G g; fewer points than 6 are the first of them. */
ALWAYS_INLINE void axis_weights(const int points, const vec *d, vec *o)
{
    if (points == 3) {
        o[0] = d[1];
        o[1] = d[2] - d[1];
        o[2] = d[0] - d[1];
        return;
    }
    vec e = (d[0] + SQUARE_A * d[2]) * (1 / NORM_A), q = d[1] * (POINT_A / NORM_A);
    vec f = (d[0] + SQUARE_B * d[2]) * (1 / NORM_B), r = d[1] * (POINT_B / NORM_B);
    o[0] = d[0] * (1 / NORM_0);
    o[1] = e + q;
    o[2] = e - q;
    o[3] = d[2];
    if (points > 4) o[4] = f + r;
    if (points > 5) o[5] = f - r;
}

/* G^T u */
ALWAYS_INLINE void axis_weights_gradient(const int points, const vec *d, vec *o)
{
    if (points == 3) {
        o[0] = d[2];
        o[1] = d[0] - d[1] - d[2];
        o[2] = d[1];
        return;
    }
    const vec zero = { 0 };
    vec p = points > 4 ? d[4] : zero, m = points > 5 ? d[5] : zero;
    vec s = (d[1] + d[2]) * (1 / NORM_A), u = (p + m) * (1 / NORM_B);
    o[0] = d[0] * (1 / NORM_0) + s + u;
    o[1] = (d[1] - d[2]) * (POINT_A / NORM_A) + (p - m) * (POINT_B / NORM_B);
    o[2] = SQUARE_A * s + SQUARE_B * u + d[3];
}

#endif
