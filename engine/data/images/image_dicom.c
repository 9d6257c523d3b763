/* Reads images from DICOM files by calling the processes that decode them. */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "engine/base/reading.h"
#include "engine/data/dicom/dicom_pool.h"
#include "engine/data/images/image_kinds.h"

/* Uses the given decoders, or a process for this file alone. */
static bool ask(struct dicom_pool *decoders, int fd, const char *name, const struct dicom_request *q,
                struct dicom_facts *facts, int *channels, uint8_t **pixels, struct err *e)
{
    struct dicom_pool *own = NULL;
    struct err why = { 0 };
    *pixels = NULL;
    bool ok = (decoders || dicom_pool_create(&own, &dicom_limits, &why)) &&
              dicom_pool_read(decoders ? decoders : own, fd, q, facts, channels, pixels, &why);
    dicom_pool_destroy(own);
    return ok || err_set(e, why.code, "%s: a DICOM file: %s", name, why.msg);
}

bool image_dicom_read(int fd, const char *name, const struct image_options *o, struct image *m, struct err *e)
{
    struct dicom_request q = { .pixels = true, .any_modality = o->any_modality, .window = o->window };
    struct dicom_facts facts;
    int channels;
    uint8_t *pixels;
    if (!ask(o->decoders, fd, name, &q, &facts, &channels, &pixels, e)) return false;
    *m = (struct image){ facts.width, facts.height, channels, pixels };
    return true;
}

bool image_dicom_facts(const char *path, struct dicom_pool *decoders, struct dicom_facts *f, struct err *e)
{
    struct dicom_request q = { .any_modality = true };
    int channels;
    uint8_t *pixels;
    *f = (struct dicom_facts){ 0 };
    if (strlen(path) < sizeof q.path) memcpy(q.path, path, strlen(path));
    int fd = file_open_regular(path, NULL, e);
    if (fd < 0) return false;
    bool ok = ask(decoders, fd, path, &q, f, &channels, &pixels, e);
    close(fd);
    return ok;
}
