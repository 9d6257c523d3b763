#include "views/charts/quadrants.h"

#include <stddef.h>

/* By which quarters are inked: 1 upper left, 2 upper right, 4 lower left, 8 lower right. */
static const uint32_t characters[16] = { ' ',    0x2598, 0x259d, 0x2580, 0x2596, 0x258c, 0x259e, 0x259b,
                                         0x2597, 0x259a, 0x2590, 0x259c, 0x2584, 0x2599, 0x259f, 0x2588 };

/* Mean colour of quarter y, x of all the quarters. */
static void mean_of(const uint8_t *rgb, const struct fine_size *s, int y, int x, double mean[3])
{
    int top = y * s->height / (2 * s->rows), bottom = (y + 1) * s->height / (2 * s->rows);
    int left = x * s->width / (2 * s->columns), right = (x + 1) * s->width / (2 * s->columns), n = 0;
    if (bottom == top) bottom++;
    if (right == left) right++;
    mean[0] = mean[1] = mean[2] = 0;
    for (int i = top; i < bottom; i++)
        for (int j = left; j < right; j++, n++)
            for (int c = 0; c < 3; c++) mean[c] += rgb[((size_t)i * (size_t)s->width + (size_t)j) * 3 + (size_t)c];
    for (int c = 0; c < 3; c++) mean[c] /= n;
}

/* Mean of the quarters in `mask`, and the sum of squared distances from it. */
static double spread(double quarter[4][3], unsigned mask, double mean[3])
{
    double sum = 0;
    int n = 0;
    mean[0] = mean[1] = mean[2] = 0;
    for (int q = 0; q < 4; q++)
        if (mask >> q & 1) {
            n++;
            for (int c = 0; c < 3; c++) mean[c] += quarter[q][c];
        }
    for (int c = 0; c < 3 && n; c++) mean[c] /= n;
    for (int q = 0; q < 4; q++)
        for (int c = 0; c < 3 && (mask >> q & 1); c++) sum += (quarter[q][c] - mean[c]) * (quarter[q][c] - mean[c]);
    return sum;
}

static void choose(double quarter[4][3], struct fine_cell *out)
{
    double least = -1;
    for (unsigned mask = 15; mask >= 8; mask--) { /* the others are these, turned about */
        double ink[3], paper[3], sum = spread(quarter, mask, ink) + spread(quarter, 15 & ~mask, paper);
        if (least >= 0 && sum >= least) continue;
        least = sum;
        out->ch = characters[mask];
        for (int c = 0; c < 3; c++) {
            out->ink[c] = (uint8_t)(ink[c] + 0.5);
            out->paper[c] = mask == 15 ? out->ink[c] : (uint8_t)(paper[c] + 0.5);
        }
    }
}

void quadrants_cells(const uint8_t *rgb, const struct fine_size *size, struct fine_cell *out)
{
    for (int y = 0; y < size->rows; y++)
        for (int x = 0; x < size->columns; x++) {
            double quarter[4][3];
            for (int q = 0; q < 4; q++) mean_of(rgb, size, 2 * y + q / 2, 2 * x + q % 2, quarter[q]);
            choose(quarter, &out[y * size->columns + x]);
        }
}
