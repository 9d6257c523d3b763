/* Terms of the standard: transfer syntaxes, modalities, view positions, and which objects are radiographs. */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "engine/base/text.h"
#include "engine/data/dicom/dicom_parts.h"

#define UID "1.2.840.10008.1.2"

static const struct dicom_syntax syntaxes[] = {
    { UID, "implicit little endian", DICOM_NATIVE, false, true },
    { UID ".1", "explicit little endian", DICOM_NATIVE, false, false },
    { UID ".1.99", "deflated", DICOM_DEFLATED, false, false },
    { UID ".2", "explicit big endian", DICOM_NATIVE, true, false },
    { UID ".4.50", "JPEG baseline", DICOM_STREAM, false, false },
    { UID ".4.51", "JPEG extended", DICOM_STREAM, false, false },
    { UID ".4.57", "JPEG lossless", DICOM_STREAM, false, false },
    { UID ".4.70", "JPEG lossless, first order", DICOM_STREAM, false, false },
    { UID ".4.80", "JPEG-LS lossless", DICOM_STREAM, false, false },
    { UID ".4.81", "JPEG-LS near-lossless", DICOM_STREAM, false, false },
    { UID ".4.90", "JPEG 2000 lossless", DICOM_STREAM, false, false },
    { UID ".4.91", "JPEG 2000", DICOM_STREAM, false, false },
    { UID ".5", "RLE", DICOM_RLE, false, false },
    { UID ".4.92", "JPEG 2000 of several components", DICOM_NOT_READ, false, false },
    { UID ".4.93", "JPEG 2000 of several components", DICOM_NOT_READ, false, false },
    { UID ".4.94", "JPIP", DICOM_NOT_READ, false, false },
    { UID ".4.95", "JPIP", DICOM_NOT_READ, false, false },
    { UID ".4.100", "MPEG2", DICOM_NOT_READ, false, false },
    { UID ".4.101", "MPEG2", DICOM_NOT_READ, false, false },
    { UID ".4.102", "MPEG-4", DICOM_NOT_READ, false, false },
    { UID ".4.103", "MPEG-4", DICOM_NOT_READ, false, false },
    { UID ".4.104", "MPEG-4", DICOM_NOT_READ, false, false },
    { UID ".4.105", "MPEG-4", DICOM_NOT_READ, false, false },
    { UID ".4.106", "MPEG-4", DICOM_NOT_READ, false, false },
    { UID ".4.107", "HEVC", DICOM_NOT_READ, false, false },
    { UID ".4.108", "HEVC", DICOM_NOT_READ, false, false },
    { UID ".4.110", "JPEG XL", DICOM_NOT_READ, false, false },
    { UID ".4.111", "JPEG XL", DICOM_NOT_READ, false, false },
    { UID ".4.112", "JPEG XL", DICOM_NOT_READ, false, false },
    { UID ".4.201", "High-Throughput JPEG 2000", DICOM_NOT_READ, false, false },
    { UID ".4.202", "High-Throughput JPEG 2000", DICOM_NOT_READ, false, false },
    { UID ".4.203", "High-Throughput JPEG 2000", DICOM_NOT_READ, false, false },
};

const struct dicom_syntax *dicom_syntax_find(const char *uid)
{
    for (size_t i = 0; i < sizeof syntaxes / sizeof syntaxes[0]; i++)
        if (!strcmp(syntaxes[i].uid, uid)) return &syntaxes[i];
    return NULL;
}

/* The modalities of projection radiographs come first. */
enum { RADIOGRAPHS = 8 };
static const char *const modalities[] = {
    "CR",       "DX",   "RG",     "RF",         "XA",      "MG",       "IO",     "PX",    "AR",       "ASMT",
    "AU",       "BDUS", "BI",     "BMD",        "CD",      "CFM",      "CT",     "DG",    "DMS",      "DOC",
    "ECG",      "EPS",  "ES",     "FID",        "GM",      "HC",       "HD",     "IVOCT", "IVUS",     "KER",
    "KO",       "LEN",  "LS",     "M3D",        "MR",      "NM",       "OAM",    "OCT",   "OP",       "OPM",
    "OPR",      "OPT",  "OPTBSV", "OPTENF",     "OPV",     "OSS",      "OT",     "PLAN",  "POS",      "PR",
    "PT",       "REG",  "RESP",   "RTDOSE",     "RTIMAGE", "RTINTENT", "RTPLAN", "RTRAD", "RTRECORD", "RTSEGANN",
    "RTSTRUCT", "RWV",  "SC",     "SEG",        "SM",      "SMR",      "SR",     "SRF",   "STAIN",    "TEXTUREMAP",
    "TG",       "US",   "VA",     "XAPROTOCOL", "XC",
};

const char *dicom_modality(const char *text)
{
    if (!*text) return "";
    for (size_t i = 0; i < sizeof modalities / sizeof modalities[0]; i++)
        if (!strcmp(modalities[i], text)) return modalities[i];
    return "?";
}

const char *dicom_other_kind(const struct dicom_facts *f)
{
    bool radiograph = !*f->modality;
    for (int i = 0; i < RADIOGRAPHS; i++) radiograph |= !strcmp(modalities[i], f->modality);
    if (!radiograph) return *f->modality == '?' ? "a modality that is not standard" : f->modality;
    return f->frames > 1 ? "several frames" : NULL;
}

bool dicom_check_radiograph(const struct dicom_facts *f, struct err *e)
{
    const char *other = dicom_other_kind(f);
    return !other || err_set(e, ERR_UNSUPPORTED, "no projection radiograph (%s)%s", other,
                             f->pixels ? "; --any-modality reads it all the same" : ", and it holds no pixel data");
}

/* Defined terms of View Position, and meanings of its code, with the names used here. */
static const struct {
    const char *text, *name;
    enum dicom_view view;
} views[] = {
    { "PA", "PA", DICOM_VIEW_FRONTAL },
    { "AP", "AP", DICOM_VIEW_FRONTAL },
    { "FRONTAL", "frontal", DICOM_VIEW_FRONTAL },
    { "POSTERO-ANTERIOR", "PA", DICOM_VIEW_FRONTAL },
    { "POSTEROANTERIOR", "PA", DICOM_VIEW_FRONTAL },
    { "ANTERO-POSTERIOR", "AP", DICOM_VIEW_FRONTAL },
    { "ANTEROPOSTERIOR", "AP", DICOM_VIEW_FRONTAL },
    { "LL", "LL", DICOM_VIEW_LATERAL },
    { "RL", "RL", DICOM_VIEW_LATERAL },
    { "LAT", "lateral", DICOM_VIEW_LATERAL },
    { "LATERAL", "lateral", DICOM_VIEW_LATERAL },
    { "LEFT LATERAL", "LL", DICOM_VIEW_LATERAL },
    { "RIGHT LATERAL", "RL", DICOM_VIEW_LATERAL },
    { "LATERO-MEDIAL", "lateral", DICOM_VIEW_LATERAL },
    { "MEDIO-LATERAL", "lateral", DICOM_VIEW_LATERAL },
    { "RLD", "RLD", DICOM_VIEW_FRONTAL },
    { "LLD", "LLD", DICOM_VIEW_FRONTAL },
};

const char *dicom_view_name(const char *text, enum dicom_view *view)
{
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        if (strcasecmp(views[i].text, text)) continue;
        *view = views[i].view;
        return views[i].name;
    }
    return NULL;
}

bool dicom_supported(void)
{
    return *dicom_gdcm_version();
}

const char *dicom_version(void)
{
    return dicom_gdcm_version();
}

bool dicom_is_magic(const uint8_t *head, size_t n)
{
    return n >= DICOM_HEAD && !memcmp(head + DICOM_HEAD - 4, "DICM", 4);
}

bool dicom_is_name(const char *name)
{
    return text_ends(name, ".dcm") || text_ends(name, ".dicom");
}

bool dicom_window_parse(const char *text, struct dicom_window *w, struct err *e)
{
    char center[64];
    const char *comma = strchr(text, ',');
    *w = (struct dicom_window){ .kind = DICOM_WINDOW_GIVEN };
    if (!strcmp(text, "given")) return true;
    w->kind = DICOM_WINDOW_AUTO;
    if (!strcmp(text, "auto")) return true;
    w->kind = DICOM_WINDOW_FIXED;
    if (comma && (size_t)(comma - text) < sizeof center) {
        memcpy(center, text, (size_t)(comma - text));
        center[comma - text] = '\0';
        if (text_to_double(center, &w->center) && text_to_double(comma + 1, &w->width) && w->center >= -1e9 &&
            w->center <= 1e9 && w->width >= 1 && w->width <= 1e9)
            return true;
    }
    return err_set(e, ERR_USAGE, "--window %.40s: take auto, given, or CENTER,WIDTH with a width of 1 or more", text);
}
