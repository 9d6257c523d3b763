/* Replaces GDCM in a program that was built without it. */
#include "config.h"

#include "engine/data/dicom/dicom_gdcm.h"

struct dicom_file *dicom_file_open(const uint8_t *bytes, size_t n, const uint32_t *tags, size_t count)
{
    (void)bytes, (void)n, (void)tags, (void)count;
    return NULL;
}

void dicom_file_close(struct dicom_file *f)
{
    (void)f;
}

const struct dicom_set *dicom_file_set(const struct dicom_file *f)
{
    (void)f;
    return NULL;
}

const char *dicom_file_syntax(const struct dicom_file *f)
{
    (void)f;
    return "";
}

size_t dicom_file_end(const struct dicom_file *f)
{
    (void)f;
    return (size_t)-1;
}

const uint8_t *dicom_value(const struct dicom_set *s, uint32_t tag, size_t *n)
{
    (void)s, (void)tag, (void)n;
    return NULL;
}

bool dicom_value_signed(const struct dicom_set *s, uint32_t tag)
{
    (void)s, (void)tag;
    return false;
}

const struct dicom_set *dicom_item(const struct dicom_set *s, uint32_t tag)
{
    (void)s, (void)tag;
    return NULL;
}

bool dicom_decode_stream(const char *syntax, const uint8_t *bytes, size_t n, struct dicom_layout *l, uint8_t *out,
                         size_t room)
{
    (void)syntax, (void)bytes, (void)n, (void)l, (void)out, (void)room;
    return false;
}

const char *dicom_gdcm_version(void)
{
    return "";
}
