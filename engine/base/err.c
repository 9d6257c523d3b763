#include "engine/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "engine/base/text.h"

static const int statuses[] = {
#define ERR_ROW(code, status, meaning) [code] = status,
    ERR_LIST(ERR_ROW)
#undef ERR_ROW
};

static void fill(struct err *e, enum err_code code, const char *format, va_list ap)
{
    e->code = code;
    vsnprintf(e->msg, sizeof e->msg, format, ap);
    text_clean(e->msg); /* file names reach messages; what steers a terminal must not */
}

bool err_set(struct err *e, enum err_code code, const char *format, ...)
{
    if (!e) return false;
    va_list ap;
    va_start(ap, format);
    fill(e, code, format, ap);
    va_end(ap);
    return false;
}

/* "File too large" is said of a limit of the job too, which is named then. */
const char *err_reason(int number, char *out, size_t size)
{
    struct rlimit r;
    if (number != EFBIG || getrlimit(RLIMIT_FSIZE, &r) || r.rlim_cur == RLIM_INFINITY)
        snprintf(out, size, "%s", strerror(number));
    else
        snprintf(out, size, "%s: this job may write files up to %llu KiB (RLIMIT_FSIZE, ulimit -f)", strerror(number),
                 (unsigned long long)r.rlim_cur >> 10);
    return out;
}

bool err_errno(struct err *e, const char *format, ...)
{
    int saved = errno;
    if (!e) return false;
    va_list ap;
    va_start(ap, format);
    fill(e, saved == ENOMEM ? ERR_MEMORY : ERR_IO, format, ap);
    va_end(ap);
    size_t n = strlen(e->msg);
    char reason[ERR_REASON];
    snprintf(e->msg + n, sizeof e->msg - n, ": %s", err_reason(saved, reason, sizeof reason));
    return false;
}

bool err_wrap(struct err *e, const char *format, ...)
{
    if (!e) return false;
    char inner[sizeof e->msg], outer[sizeof e->msg];
    memcpy(inner, e->msg, sizeof inner);
    va_list ap;
    va_start(ap, format);
    vsnprintf(outer, sizeof outer, format, ap);
    va_end(ap);
    size_t n = strlen(outer);
    memcpy(e->msg, outer, n);
    snprintf(e->msg + n, sizeof e->msg - n, ": %s", inner);
    text_clean(e->msg);
    return false;
}

int err_status(enum err_code code)
{
    return statuses[code];
}
