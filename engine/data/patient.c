#include "engine/data/patient.h"

#include <string.h>

bool patient_number(const char *id, char out[PATIENT_MOST])
{
    size_t n = strspn(id, "0123456789");
    if (!n || n >= PATIENT_MOST || (id[n] && strcmp(id + n, ".0"))) return false;
    size_t zeros = strspn(id, "0");
    if (zeros >= n) zeros = n - 1;
    memcpy(out, id + zeros, n - zeros);
    out[n - zeros] = '\0';
    return true;
}

bool patient_same(const char *a, const char *b)
{
    char x[PATIENT_MOST], y[PATIENT_MOST];
    return patient_number(a, x) && patient_number(b, y) ? !strcmp(x, y) : !strcmp(a, b);
}

bool patient_better(const char *a, const char *b)
{
    bool point_a = strchr(a, '.') != NULL, point_b = strchr(b, '.') != NULL;
    return point_a != point_b ? point_b : strlen(a) > strlen(b);
}

bool patient_hashed(const char *id)
{
    return strlen(id) == PATIENT_HEX && strspn(id, "0123456789abcdef") == PATIENT_HEX && strpbrk(id, "abcdef");
}
