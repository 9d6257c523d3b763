#include "engine/base/clock.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

static double now(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double clock_seconds(void)
{
    return now(CLOCK_MONOTONIC);
}

double clock_wall(void)
{
    return now(CLOCK_REALTIME);
}

const char *clock_iso(double wall, char *out)
{
    time_t t = (time_t)wall;
    struct tm tm;
    if (wall <= 0 || !gmtime_r(&t, &tm)) {
        out[0] = '\0';
        return out;
    }
    strftime(out, CLOCK_ISO_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return out;
}

const char *clock_duration(double seconds, char *out)
{
    if (!isfinite(seconds) || seconds < 0 || seconds > 1e9) {
        snprintf(out, CLOCK_ISO_SIZE, "-");
        return out;
    }
    long s = lround(seconds);
    if (s < 60)
        snprintf(out, CLOCK_ISO_SIZE, "%lds", s);
    else if (s < 3600)
        snprintf(out, CLOCK_ISO_SIZE, "%ldm%02ld", s / 60, s % 60);
    else
        snprintf(out, CLOCK_ISO_SIZE, "%ldh%02ld", s / 3600, s / 60 % 60);
    return out;
}
