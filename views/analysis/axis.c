#include "views/analysis/axis.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct axis axis_none(bool log)
{
    return (struct axis){ DBL_MAX, -DBL_MAX, log };
}

void axis_hold(struct axis *a, double x)
{
    if (!isfinite(x) || (a->log && x <= 0)) return;
    a->least = fmin(a->least, x);
    a->most = fmax(a->most, x);
}

void axis_finish(struct axis *a, double room)
{
    if (a->least > a->most) {
        a->least = a->log ? 1 : 0;
        a->most = a->log ? 10 : 1;
    }
    if (a->log) {
        double low = log10(a->least), high = log10(a->most);
        if (high - low < 1e-9) low -= 0.5, high += 0.5;
        double more = (high - low) * room;
        a->least = pow(10, low - more);
        a->most = pow(10, high + more);
        return;
    }
    double span = a->most - a->least;
    if (span <= 1e-12 * fmax(fabs(a->least), fabs(a->most))) {
        span = fmax(fabs(a->most) * 0.2, 1e-300);
        if (a->most == 0) {
            a->most = 1; /* what is 0 alone is the floor of what it may become */
            return;
        }
        a->least -= span / 2;
        a->most += span / 2;
    }
    a->least -= span * room;
    a->most += span * room;
}

/* Smallest of 1, 2, 5 times a power of ten that is not below x. */
static double round_step(double x)
{
    double power = pow(10, floor(log10(x)));
    static const double of[] = { 1, 2, 5, 10 };
    for (int i = 0; i < 4; i++)
        if (x <= of[i] * power * (1 + 1e-9)) return of[i] * power;
    return 10 * power;
}

void axis_round(struct axis *a)
{
    if (a->log) {
        if (log10(a->most / a->least) < 1) return;
        a->least = pow(10, floor(log10(a->least) + 1e-9));
        a->most = pow(10, ceil(log10(a->most) - 1e-9));
        return;
    }
    double step = round_step((a->most - a->least) / 10);
    a->least = floor(a->least / step + 1e-6) * step; /* a float of 0.8 is not more than 0.8 */
    a->most = ceil(a->most / step - 1e-6) * step;
}

double axis_place(const struct axis *a, double x)
{
    if (!a->log) return (x - a->least) / (a->most - a->least);
    return x > 0 ? log(x / a->least) / log(a->most / a->least) : (double)NAN;
}

double axis_value(const struct axis *a, double place)
{
    return a->log ? a->least * pow(a->most / a->least, place) : a->least + place * (a->most - a->least);
}

void axis_text(double x, double step, char out[AXIS_TEXT])
{
    static const struct {
        double from, unit;
        const char *sign;
    } units[] = { { 1e9, 1e9, "G" }, { 1e6, 1e6, "M" }, { 1e4, 1e3, "k" }, { 0, 1, "" } };
    double size = fabs(x);
    if (size < step * 1e-6) {
        strcpy(out, "0");
        return;
    }
    if (fmax(size, step) < 1e-4 || size >= 1e12) {
        snprintf(out, AXIS_TEXT, "%.3g", x);
        return;
    }
    int k = 0;
    while (size < units[k].from) k++;
    double unit = units[k].unit;
    int digits = 0; /* behind the point: enough to tell neighbours apart */
    for (double s = step / unit; digits < 9 && fabs(s - round(s)) > 1e-6 * fmax(1, s); s *= 10) digits++;
    snprintf(out, AXIS_TEXT, "%.*f%s", digits, x / unit, units[k].sign);
}

/* 10 to a power, its digits raised. */
static void power_text(int power, bool ascii, char out[AXIS_TEXT])
{
    static const char *const raised[] = { "\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074",
                                          "\u2075", "\u2076", "\u2077", "\u2078", "\u2079" };
    char digits[16];
    if (power >= -2 && power <= 3) {
        snprintf(out, AXIS_TEXT, "%.*f", power < 0 ? -power : 0, pow(10, power));
        return;
    }
    if (ascii) {
        snprintf(out, AXIS_TEXT, "1e%d", power);
        return;
    }
    strcpy(out, power < 0 ? "10\u207b" : "10");
    snprintf(digits, sizeof digits, "%d", power < 0 ? -power : power);
    for (const char *d = digits; *d; d++) strcat(out, raised[*d - '0']);
}

static void put(struct tick out[AXIS_TICKS], int *n, const struct axis *a, double value, bool small, const char *text)
{
    double place = axis_place(a, value);
    if (*n >= AXIS_TICKS || place < -1e-9 || place > 1 + 1e-9) return;
    struct tick *t = &out[(*n)++];
    t->value = value;
    t->small = small;
    snprintf(t->text, sizeof t->text, "%s", small ? "" : text);
}

/* `fine`: 2 and 5 carry text too; else powers of ten do, each `every`-th. */
static int lay_log(const struct axis *a, bool fine, int every, bool ascii, struct tick out[AXIS_TICKS])
{
    static const double of[] = { 1, 2, 5 };
    int low = (int)floor(log10(a->least) + 1e-9), high = (int)ceil(log10(a->most) - 1e-9), n = 0;
    char text[AXIS_TEXT];
    for (int power = low; power <= high; power++) {
        for (int i = 0; i < 3; i++) {
            double value = of[i] * pow(10, power);
            if (i > 0 && !fine && high - low > 5) break;
            if (i == 0)
                power_text(power, ascii, text);
            else
                axis_text(value, value, text);
            put(out, &n, a, value, i > 0 ? !fine : power % every != 0, text);
        }
    }
    return n;
}

static int log_ticks(const struct axis *a, int most, bool ascii, struct tick out[AXIS_TICKS])
{
    double decades = log10(a->most / a->least);
    int every = decades <= most ? 1 : (int)ceil(decades / most);
    int n = lay_log(a, 3 * decades <= most, every, ascii, out), texts = 0;
    for (int i = 0; i < n; i++) texts += !out[i].small;
    return texts >= 2 ? n : lay_log(a, true, 1, ascii, out); /* one number alone tells no scale */
}

int axis_ticks(const struct axis *axis, int most, bool ascii, struct tick out[AXIS_TICKS])
{
    char text[AXIS_TEXT];
    int n = 0;
    const struct axis turned = { axis->most, axis->least, axis->log };
    const struct axis *a = axis->least > axis->most ? &turned : axis;
    if (most < 2) most = 2;
    if (most > AXIS_TICKS - 2) most = AXIS_TICKS - 2;
    if (a->log && log10(a->most / a->least) >= 0.7) return log_ticks(a, most, ascii, out);
    for (int wanted = most; n < 2 && wanted <= 2 * most + 2; wanted++) { /* one number alone tells no scale */
        double step = round_step((a->most - a->least) / wanted);
        double first = ceil(a->least / step - 1e-9), last = floor(a->most / step + 1e-9);
        n = 0;
        for (double i = first; i <= last; i++) {
            axis_text(i * step, step, text);
            put(out, &n, a, i * step, false, text);
        }
    }
    return n;
}
