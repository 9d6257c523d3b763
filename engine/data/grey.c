#include "engine/data/grey.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS = NEAR_SIDE * NEAR_SIDE, ROUNDS = 5, LEAST = 20 /* images that make a common look */ };
static const double alike = 0.4;     /* correlation with the common look from which a picture is taken to follow it */
static const double common = 0.5;    /* share of pictures that must follow it or its negative                       */
static const double minority = 0.34; /* share of negatives above which no side is the wrong one                     */

void grey_add(struct grey_levels *g, const uint8_t *samples, uint64_t n)
{
    uint64_t own[256] = { 0 };
    int used = 0;
    for (uint64_t i = 0; i < n; i++) own[samples[i]]++;
    for (int v = 0; v < 256; v++) {
        used += own[v] > 0;
        g->count[v] += own[v];
    }
    g->few += used < GREY_FEW;
    g->pixels += n;
    g->images++;
}

double grey_share(const struct grey_levels *g, int level)
{
    return g->pixels ? (double)g->count[level] / (double)g->pixels : 0;
}

int grey_median(const struct grey_levels *g)
{
    uint64_t sum = 0;
    int v = 0;
    for (; v < 255; v++)
        if (2 * (sum += g->count[v]) >= g->pixels) break;
    return v;
}

int grey_used(const struct grey_levels *g)
{
    int used = 0;
    for (int v = 0; v < 256; v++) used += g->count[v] > 0;
    return used;
}

/* A print's cells without mean and with length 1; false where it is flat. */
static bool unit(const struct near_print *p, float out[CELLS])
{
    double sum = 0, squares = 0;
    if (p->flat) return false;
    for (int i = 0; i < CELLS; i++) sum += p->tile[i];
    for (int i = 0; i < CELLS; i++) {
        out[i] = (float)(p->tile[i] - sum / CELLS);
        squares += (double)out[i] * (double)out[i];
    }
    if (squares <= 0) return false;
    for (int i = 0; i < CELLS; i++) out[i] /= (float)sqrt(squares);
    return true;
}

static double dot(const float *a, const double *b)
{
    double sum = 0;
    for (int i = 0; i < CELLS; i++) sum += (double)a[i] * b[i];
    return sum;
}

/* The look that most pictures or their negatives share, of length 1: each counts with the sign that it has to it. */
static bool common_look(const struct near_print *prints, uint32_t count, double look[CELLS])
{
    float cells[CELLS];
    uint32_t first = 0;
    while (first < count && !unit(&prints[first], cells)) first++;
    if (first == count) return false;
    for (int i = 0; i < CELLS; i++) look[i] = (double)cells[i];
    for (int round = 0; round < ROUNDS; round++) {
        double sum[CELLS] = { 0 }, squares = 0;
        for (uint32_t k = first; k < count; k++) {
            if (!unit(&prints[k], cells)) continue;
            double sign = dot(cells, look) < 0 ? -1 : 1;
            for (int i = 0; i < CELLS; i++) sum[i] += sign * (double)cells[i];
        }
        for (int i = 0; i < CELLS; i++) squares += sum[i] * sum[i];
        if (squares <= 0) return false;
        for (int i = 0; i < CELLS; i++) look[i] = sum[i] / sqrt(squares);
    }
    return true;
}

bool grey_inverted(const struct near_print *prints, uint32_t count, bool *inverted, uint32_t *number, struct err *e)
{
    double look[CELLS];
    float cells[CELLS];
    uint32_t sides[2] = { 0, 0 };
    int8_t *side = calloc(count + (size_t)1, 1);
    *number = 0;
    memset(inverted, 0, count * sizeof *inverted);
    if (!side) return err_set(e, ERR_MEMORY, "no memory to look at %u images", count);
    bool found = common_look(prints, count, look);
    for (uint32_t k = 0; found && k < count; k++) {
        double c = unit(&prints[k], cells) ? dot(cells, look) : 0;
        side[k] = (int8_t)(c > alike ? 1 : c < -alike ? -1 : 0);
        if (side[k]) sides[side[k] < 0]++;
    }
    uint32_t both = sides[0] + sides[1];
    int wrong = sides[0] < sides[1] ? 1 : -1;
    uint32_t few = sides[wrong < 0];
    if (found && both >= LEAST && both > common * count && few <= minority * both)
        for (uint32_t k = 0; k < count; k++) *number += inverted[k] = side[k] == wrong;
    free(side);
    return true;
}
