#include "views/analysis/format.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *format_number(double x, int digits, char out[FORMAT_SIZE])
{
    static const struct {
        double above;
        const char *unit;
    } units[] = { { 1e12, "T" }, { 1e9, "G" }, { 1e6, "M" }, { 1e4, "k" } };
    double scale = 1;
    const char *unit = "";
    if (isnan(x)) return snprintf(out, FORMAT_SIZE, "-"), out;
    if (isinf(x)) return snprintf(out, FORMAT_SIZE, x > 0 ? "inf" : "-inf"), out;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (fabs(x) >= units[i].above) {
            scale = units[i].above == 1e4 ? 1e3 : units[i].above;
            unit = units[i].unit;
            break;
        }
    double value = x / scale, size = fabs(value);
    if (size != 0 && size < 1e-3) return snprintf(out, FORMAT_SIZE, "%.*e", digits > 1 ? digits - 2 : 0, value), out;
    int whole = size >= 1 ? (int)floor(log10(size)) + 1 : 1, decimals = digits - whole;
    snprintf(out, FORMAT_SIZE, "%.*f%s", decimals > 0 ? decimals : 0, value, unit);
    return out;
}

const char *format_number_within(double x, int digits, int columns, char out[FORMAT_SIZE])
{
    while (strlen(format_number(x, digits, out)) > (size_t)columns && digits > 1) digits--;
    return out;
}

const char *format_count(int64_t n, char out[FORMAT_SIZE])
{
    char plain[FORMAT_SIZE];
    int length = snprintf(plain, sizeof plain, "%lld", (long long)n), at = 0;
    for (int i = 0; i < length && at < FORMAT_SIZE - 2; i++) {
        out[at++] = plain[i];
        int left = length - 1 - i;
        if (left > 0 && left % 3 == 0 && plain[i] != '-') out[at++] = ',';
    }
    out[at] = '\0';
    return out;
}

const char *format_share(double x, int decimals, char out[FORMAT_SIZE])
{
    if (isnan(x)) return snprintf(out, FORMAT_SIZE, "-"), out;
    snprintf(out, FORMAT_SIZE, "%.*f", decimals, x);
    if (out[0] == '0' && out[1] == '.') memmove(out, out + 1, strlen(out));
    return out;
}

const char *format_time_of_day(double at, char *out)
{
    time_t t = (time_t)at;
    struct tm local;
    localtime_r(&t, &local);
    strftime(out, 16, "%H:%M:%S", &local);
    return out;
}
