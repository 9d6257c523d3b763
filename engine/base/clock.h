/* Time: monotonic seconds for measuring, UTC for recording. */
#ifndef MLVICX_BASE_CLOCK_H
#define MLVICX_BASE_CLOCK_H

/** Seconds of the monotonic clock; only differences mean something. */
double clock_seconds(void);

/** Seconds since 1970-01-01 UTC. */
double clock_wall(void);

enum { CLOCK_ISO_SIZE = 32 };

/** Fill `out` (CLOCK_ISO_SIZE bytes) with `wall` as ISO-8601 UTC, "2026-03-01T09:30:00Z", or "" for 0. Returns out. */
const char *clock_iso(double wall, char *out);

/** Fill `out` (CLOCK_ISO_SIZE bytes) with a short duration such as "3h12", "4m05" or "12s". Returns out. */
const char *clock_duration(double seconds, char *out);

#endif
