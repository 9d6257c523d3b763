#include "engine/evaluate/cam.h"

#include <math.h>

void cam_heat(const struct cam_map *m, double *heat)
{
    int n = m->h * m->w;
    double most = 0;
    for (int i = 0; i < n; i++) heat[i] = 0;
    for (int c = 0; c < m->c; c++) {
        double weight = 0;
        for (int i = 0; i < n; i++) weight += m->gradient[(long)i * m->c + c] / n;
        for (int i = 0; i < n; i++) heat[i] += weight * m->values[(long)i * m->c + c];
    }
    for (int i = 0; i < n; i++) {
        if (!(heat[i] > 0)) heat[i] = 0;
        if (heat[i] > most) most = heat[i];
    }
    for (int i = 0; i < n && most > 0; i++) heat[i] /= most;
}

/* Where pixel i of `side` lies among `n`: between two of them, `part` of the way. */
static int place(int i, int side, int n, double *part)
{
    double at = (i + 0.5) * n / side - 0.5;
    if (at < 0) at = 0;
    if (at > n - 1) at = n - 1;
    int low = (int)at;
    if (low > n - 2 && n > 1) low = n - 2;
    *part = at - low;
    return low;
}

void cam_resize(const double *heat, int h, int w, int side, double *out)
{
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            double py, px;
            int y0 = place(y, side, h, &py), x0 = place(x, side, w, &px);
            int y1 = y0 + (h > 1), x1 = x0 + (w > 1);
            double top = heat[y0 * w + x0] * (1 - px) + heat[y0 * w + x1] * px,
                   bottom = heat[y1 * w + x0] * (1 - px) + heat[y1 * w + x1] * px;
            out[(long)y * side + x] = top * (1 - py) + bottom * py;
        }
}

double cam_threshold(int i)
{
    return (i + 1) / (CAM_THRESHOLDS + 1.0);
}

static bool inside(int y, int x, const struct cam_box *boxes, int count)
{
    for (int i = 0; i < count; i++)
        if (x + 0.5 >= boxes[i].x0 && x + 0.5 < boxes[i].x1 && y + 0.5 >= boxes[i].y0 && y + 0.5 < boxes[i].y1)
            return true;
    return false;
}

void cam_compare(const double *heat, int side, const struct cam_box *boxes, int count, struct cam_agreement *out)
{
    double all = 0, within = 0, boxed = 0, both[CAM_THRESHOLDS] = { 0 }, hot[CAM_THRESHOLDS] = { 0 }, hottest = -1;
    *out = (struct cam_agreement){ 0 };
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            double v = heat[(long)y * side + x];
            bool in = inside(y, x, boxes, count);
            all += v;
            within += in ? v : 0;
            boxed += in;
            if (v > hottest) {
                hottest = v;
                out->hit = in;
            }
            for (int t = 0; t < CAM_THRESHOLDS && v >= cam_threshold(t); t++) {
                hot[t]++;
                both[t] += in;
            }
        }
    if (!(hottest > 0)) out->hit = false;
    out->energy = all > 0 ? within / all : NAN;
    out->area = boxed / ((double)side * side);
    for (int t = 0; t < CAM_THRESHOLDS; t++) {
        double either = hot[t] + boxed - both[t];
        out->iou[t] = either > 0 ? both[t] / either : 0;
    }
}
