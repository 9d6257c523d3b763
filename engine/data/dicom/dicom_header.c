/* What a header says: facts about the image, layout of its samples, and how they are to be displayed. Values are
 * checked here; texts of the header are passed on only if they are terms of the standard. */
#include "config.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/data/dicom/dicom_parts.h"

/* The elements that are read, by group and element. The last one never exists: what follows it is the pixel data. */
enum {
    SOP_CLASS = 0x00080016,
    SOP_INSTANCE = 0x00080018,
    STUDY_DATE = 0x00080020,
    ACCESSION = 0x00080050,
    MODALITY = 0x00080060,
    INSTITUTION = 0x00080080,
    NAME = 0x00100010,
    PATIENT = 0x00100020,
    BIRTH = 0x00100030,
    SEX = 0x00100040,
    OTHER_IDS = 0x00101000,
    AGE = 0x00101010,
    VIEW_POSITION = 0x00185101,
    STUDY_UID = 0x0020000d,
    SERIES_UID = 0x0020000e,
    STUDY_ID = 0x00200010,
    SAMPLES = 0x00280002,
    PHOTOMETRIC = 0x00280004,
    PLANAR = 0x00280006,
    FRAMES = 0x00280008,
    ROWS = 0x00280010,
    COLUMNS = 0x00280011,
    ALLOCATED = 0x00280100,
    STORED = 0x00280101,
    HIGH = 0x00280102,
    IS_SIGNED = 0x00280103,
    PADDING = 0x00280120,
    PADDING_END = 0x00280121,
    BURNED_IN = 0x00280301,
    CENTER = 0x00281050,
    WIDTH = 0x00281051,
    INTERCEPT = 0x00281052,
    SLOPE = 0x00281053,
    FUNCTION = 0x00281056,
    RED = 0x00281101,
    RED_DATA = 0x00281201,
    RED_SEGMENTS = 0x00281221,
    MODALITY_LUT = 0x00283000,
    LUT_DESCRIPTOR = 0x00283002,
    LUT_DATA = 0x00283006,
    VOI_LUT = 0x00283010,
    FRAME_VOI = 0x00289132,
    FRAME_RESCALE = 0x00289145,
    VIEW_CODE = 0x00540220,
    CODE_MEANING = 0x00080104,
    SHARED_GROUPS = 0x52009229,
    FRAME_GROUPS = 0x52009230,
    FLOAT_PIXELS = 0x7fe00008,
    DOUBLE_PIXELS = 0x7fe00009,
    PIXELS = 0x7fe00010,
};

const uint32_t dicom_header_tags[] = {
    SOP_CLASS,    SOP_INSTANCE, STUDY_DATE, ACCESSION,   MODALITY,      INSTITUTION,  NAME,         PATIENT,
    BIRTH,        SEX,          OTHER_IDS,  AGE,         VIEW_POSITION, STUDY_UID,    SERIES_UID,   STUDY_ID,
    SAMPLES,      PHOTOMETRIC,  PLANAR,     FRAMES,      ROWS,          COLUMNS,      ALLOCATED,    STORED,
    HIGH,         IS_SIGNED,    PADDING,    PADDING_END, BURNED_IN,     CENTER,       WIDTH,        INTERCEPT,
    SLOPE,        FUNCTION,     RED,        RED + 1,     RED + 2,       RED_DATA,     RED_DATA + 1, RED_DATA + 2,
    RED_SEGMENTS, MODALITY_LUT, VOI_LUT,    VIEW_CODE,   SHARED_GROUPS, FRAME_GROUPS, FLOAT_PIXELS, DOUBLE_PIXELS,
};
const size_t dicom_header_tag_count = sizeof dicom_header_tags / sizeof dicom_header_tags[0];

/* ---- values ---- */

/* A text, or the first of several (separated by "\"), without outer blanks. */
static bool text_of(const struct dicom_set *s, uint32_t tag, char *out, size_t room)
{
    size_t n = 0;
    const uint8_t *p = s ? dicom_value(s, tag, &n) : NULL;
    *out = '\0';
    while (n && *p == ' ') p++, n--;
    size_t length = 0;
    while (length < n && p[length] && p[length] != '\\') length++;
    while (length && p[length - 1] == ' ') length--;
    if (!length || length >= room) return false;
    memcpy(out, p, length);
    out[length] = '\0';
    return true;
}

/* A number as text. The decimal separator is a point, whatever the locale. */
static bool number_of(const struct dicom_set *s, uint32_t tag, double *out)
{
    char text[32], *end;
    if (!text_of(s, tag, text, sizeof text)) return false;
    locale_t c = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (!c) return false;
    *out = strtod_l(text, &end, c);
    freelocale(c);
    return end != text && !*end && isfinite(*out) && fabs(*out) < 1e15;
}

static bool word_of(const struct dicom_set *s, uint32_t tag, size_t i, int *out)
{
    size_t n = 0;
    const uint8_t *p = dicom_value(s, tag, &n);
    if (!p || n < 2 * i + 2) return false;
    uint16_t v;
    memcpy(&v, p + 2 * i, 2);
    *out = v;
    return true;
}

static int word_or(const struct dicom_set *s, uint32_t tag, int other)
{
    int v;
    return word_of(s, tag, 0, &v) ? v : other;
}

/* ---- facts ---- */

/* Does the path contain one of these, of five letters or more? Names are separated by '^', '=' and blanks. */
static bool names_in_path(const struct dicom_set *s, const char *path)
{
    static const uint32_t tags[] = { SOP_INSTANCE, STUDY_DATE, ACCESSION, INSTITUTION, NAME,    PATIENT,
                                     BIRTH,        OTHER_IDS,  STUDY_UID, SERIES_UID,  STUDY_ID };
    for (size_t i = 0; *path && i < sizeof tags / sizeof tags[0]; i++) {
        char text[256];
        if (!text_of(s, tags[i], text, sizeof text)) continue;
        if (strlen(text) >= 5 && strcasestr(path, text)) return true;
        for (char *rest = text, *part; tags[i] == NAME && (part = strsep(&rest, "^= "));)
            if (strlen(part) >= 5 && strcasestr(path, part)) return true;
    }
    return false;
}

/* View, age and sex, as far as they are terms of the standard. */
static void read_person(const struct dicom_set *s, struct dicom_facts *facts)
{
    char text[64];
    const char *view = text_of(s, VIEW_POSITION, text, sizeof text) ? dicom_view_name(text, &facts->view) : NULL;
    if (!view && text_of(dicom_item(s, VIEW_CODE), CODE_MEANING, text, sizeof text))
        view = dicom_view_name(text, &facts->view);
    if (view) snprintf(facts->view_name, sizeof facts->view_name, "%s", view);
    int years;
    if (text_of(s, AGE, text, sizeof text) && strlen(text) == 4 && text[3] == 'Y' && sscanf(text, "%3d", &years) == 1 &&
        years >= 0 && years <= 999)
        snprintf(facts->age, sizeof facts->age, "%d", years);
    if (text_of(s, SEX, text, sizeof text) && (!strcmp(text, "M") || !strcmp(text, "F") || !strcmp(text, "O")))
        snprintf(facts->sex, sizeof facts->sex, "%.1s", text);
}

/* Object classes that identify themselves if there is no modality. */
static const char *modality_of_class(const char *uid)
{
    static const char root[] = "1.2.840.10008.5.1.4.1.1.";
    static const struct {
        const char *rest, *modality;
    } rows[] = { { "2", "CT" },     { "2.1", "CT" },       { "4", "MR" },         { "4.1", "MR" },
                 { "6.1", "US" },   { "3.1", "US" },       { "20", "NM" },        { "128", "PT" },
                 { "66.4", "SEG" }, { "481.2", "RTDOSE" }, { "481.5", "RTPLAN" }, { "481.3", "RTSTRUCT" },
                 { "88.11", "SR" }, { "88.22", "SR" },     { "88.33", "SR" } };
    if (!strcmp(uid, "1.2.840.10008.1.3.10")) return "DICOMDIR"; /* which names files */
    if (strncmp(uid, root, sizeof root - 1)) return "";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!strcmp(uid + sizeof root - 1, rows[i].rest)) return rows[i].modality;
    return "";
}

void dicom_header_facts(const struct dicom_file *f, const char *object, const char *path, struct dicom_facts *facts)
{
    const struct dicom_set *s = dicom_file_set(f);
    char text[128];
    double frames;
    *facts = (struct dicom_facts){ .width = word_or(s, COLUMNS, 0), .height = word_or(s, ROWS, 0), .frames = 1 };
    if (number_of(s, FRAMES, &frames) && frames >= 1 && frames <= 1e6) facts->frames = (int)frames;
    facts->grey =
        word_or(s, SAMPLES, 1) == 1 && !(text_of(s, PHOTOMETRIC, text, sizeof text) && !strncmp(text, "PALETTE", 7));
    const char *modality = text_of(s, MODALITY, text, sizeof text)    ? dicom_modality(text)
                           : text_of(s, SOP_CLASS, text, sizeof text) ? modality_of_class(text)
                                                                      : modality_of_class(object);
    snprintf(facts->modality, sizeof facts->modality, "%s", modality);
    text_of(s, PATIENT, facts->patient, sizeof facts->patient);
    facts->burned_in = text_of(s, BURNED_IN, text, sizeof text) && !strcmp(text, "YES");
    facts->id_in_path = names_in_path(s, path);
    size_t n;
    facts->pixels =
        dicom_file_end(f) != (size_t)-1 && !dicom_value(s, FLOAT_PIXELS, &n) && !dicom_value(s, DOUBLE_PIXELS, &n);
    read_person(s, facts);
}

/* ---- layout ---- */

static bool find_photometric(const struct dicom_set *s, struct dicom_layout *l, struct err *e)
{
    static const struct {
        const char *text;
        enum dicom_photometric photometric;
        int samples;
    } rows[] = {
        { "MONOCHROME1", DICOM_MONO1, 1 }, { "MONOCHROME2", DICOM_MONO2, 1 }, { "PALETTE COLOR", DICOM_PALETTE, 1 },
        { "RGB", DICOM_RGB, 3 },           { "YBR_FULL", DICOM_YBR_FULL, 3 }, { "YBR_FULL_422", DICOM_YBR_422, 3 },
        { "YBR_ICT", DICOM_YBR_J2K, 3 },   { "YBR_RCT", DICOM_YBR_J2K, 3 },
    };
    char text[32];
    if (!text_of(s, PHOTOMETRIC, text, sizeof text))
        return err_set(e, ERR_FORMAT, "its header does not say what its samples mean (photometric interpretation)");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].text, text)) continue;
        l->photometric = rows[i].photometric;
        return rows[i].samples == l->samples ||
               err_set(e, ERR_FORMAT, "damaged: %s with %d samples a pixel", rows[i].text, l->samples);
    }
    return err_set(e, ERR_UNSUPPORTED, "its photometric interpretation is not read here");
}

bool dicom_header_layout(const struct dicom_file *f, struct dicom_layout *l, struct err *e)
{
    const struct dicom_set *s = dicom_file_set(f);
    size_t n;
    if (dicom_value(s, FLOAT_PIXELS, &n) || dicom_value(s, DOUBLE_PIXELS, &n))
        return err_set(e, ERR_UNSUPPORTED, "its pixels are floating-point numbers, which are not read here");
    *l = (struct dicom_layout){ .width = word_or(s, COLUMNS, 0),
                                .height = word_or(s, ROWS, 0),
                                .samples = word_or(s, SAMPLES, 1),
                                .allocated = word_or(s, ALLOCATED, 0),
                                .is_signed = word_or(s, IS_SIGNED, 0) == 1,
                                .planar = word_or(s, PLANAR, 0) == 1 };
    l->stored = word_or(s, STORED, l->allocated);
    l->high = word_or(s, HIGH, l->stored - 1);
    if (dicom_file_end(f) == (size_t)-1) return err_set(e, ERR_FORMAT, "it holds no pixel data");
    if (l->width < 1 || l->height < 1)
        return err_set(e, ERR_FORMAT, "damaged: its picture has %d x %d pixels", l->width, l->height);
    if ((double)l->width * l->height > DICOM_PIXELS_MOST)
        return err_set(e, ERR_UNSUPPORTED, "%d x %d pixels is too large", l->width, l->height);
    if (l->allocated != 8 && l->allocated != 16)
        return err_set(e, ERR_UNSUPPORTED, "its samples have %d %s, and 8 or 16 are read", l->allocated,
                       l->allocated == 1 ? "bit" : "bits");
    if (l->stored < 1 || l->stored > l->allocated || l->high >= l->allocated || l->high < l->stored - 1)
        return err_set(e, ERR_FORMAT, "damaged: %d of %d bits are said to be used, up to number %d", l->stored,
                       l->allocated, l->high);
    if (l->samples != 1 && l->samples != 3)
        return err_set(e, ERR_UNSUPPORTED, "it has %d samples a pixel, and 1 or 3 are read", l->samples);
    if (!find_photometric(s, l, e)) return false;
    return l->photometric != DICOM_YBR_422 || (l->allocated == 8 && l->stored == 8 && !(l->width & 1)) ||
           err_set(e, ERR_UNSUPPORTED, "its halved chroma goes with 8 bits and an even width alone");
}

/* ---- display ---- */

/* Descriptor: entries (0 means 65,536), first value, bits of an entry. Entries of 8 bits may be packed in pairs. */
static bool read_table(const struct dicom_set *s, uint32_t descriptor, uint32_t data, bool is_signed,
                       struct dicom_table *t, struct err *e)
{
    int count, first, bits;
    size_t n = 0;
    const uint8_t *p = dicom_value(s, data, &n);
    if (!word_of(s, descriptor, 0, &count) || !word_of(s, descriptor, 1, &first) || !word_of(s, descriptor, 2, &bits) ||
        !p)
        return err_set(e, ERR_FORMAT, "damaged: a lookup table without a descriptor or data");
    t->count = count ? (uint32_t)count : 65536;
    t->first = (is_signed || dicom_value_signed(s, descriptor)) && first >= 32768 ? first - 65536 : first;
    t->bits = bits;
    bool bytes = n < 2 * (size_t)t->count;
    if (bits < 8 || bits > 16 || n < t->count || (bytes && bits > 8))
        return err_set(e, ERR_FORMAT, "damaged: a lookup table of %u entries of %d bits in %zu bytes", t->count, bits,
                       n);
    if (!(t->entries = malloc(t->count * sizeof *t->entries))) return err_set(e, ERR_MEMORY, "no memory");
    for (uint32_t i = 0; i < t->count; i++) {
        if (bytes)
            t->entries[i] = p[i];
        else
            memcpy(&t->entries[i], p + 2 * i, 2);
    }
    return true;
}

static bool read_palette(const struct dicom_set *s, struct dicom_display *d, struct err *e)
{
    size_t n;
    if (dicom_value(s, RED_SEGMENTS, &n) && !dicom_value(s, RED_DATA, &n))
        return err_set(e, ERR_UNSUPPORTED, "its palette is written in segments, which are not read here");
    for (uint32_t c = 0; c < 3; c++)
        if (!read_table(s, RED + c, RED_DATA + c, false, &d->palette[c], e)) return false;
    return true;
}

static void read_window(const struct dicom_set *s, struct dicom_display *d)
{
    char text[32];
    if (!number_of(s, CENTER, &d->center) || !number_of(s, WIDTH, &d->width)) return;
    if (text_of(s, FUNCTION, text, sizeof text))
        d->function = !strcmp(text, "SIGMOID")        ? DICOM_SIGMOID
                      : !strcmp(text, "LINEAR_EXACT") ? DICOM_LINEAR_EXACT
                                                      : DICOM_LINEAR;
    d->has_window = d->function == DICOM_LINEAR ? d->width >= 1 : d->width > 0;
}

static void read_padding(const struct dicom_set *s, const struct dicom_layout *l, struct dicom_display *d)
{
    int first, last;
    if (!word_of(s, PADDING, 0, &first)) return;
    last = word_or(s, PADDING_END, first);
    if (l->is_signed) {
        first = (int16_t)first;
        last = (int16_t)last;
    }
    d->has_padding = true;
    d->padding[0] = first < last ? first : last;
    d->padding[1] = first < last ? last : first;
}

bool dicom_header_display(const struct dicom_file *f, const struct dicom_layout *l, struct dicom_display *d,
                          struct err *e)
{
    const struct dicom_set *s = dicom_file_set(f), *lut;
    *d = (struct dicom_display){ .slope = 1 };
    if (l->photometric == DICOM_PALETTE) return read_palette(s, d, e);
    if (l->samples != 1) return true;
    /* multi-frame files give it for the first frame, or for all */
    static const uint32_t groups[] = { FRAME_GROUPS, SHARED_GROUPS };
    const struct dicom_set *rescale = s, *voi = s;
    for (int i = 0; i < 2; i++) {
        const struct dicom_set *group = dicom_item(s, groups[i]), *inner;
        if (group && rescale == s && (inner = dicom_item(group, FRAME_RESCALE))) rescale = inner;
        if (group && voi == s && (inner = dicom_item(group, FRAME_VOI))) voi = inner;
    }
    if ((lut = dicom_item(rescale, MODALITY_LUT))) {
        if (!read_table(lut, LUT_DESCRIPTOR, LUT_DATA, l->is_signed, &d->modality, e)) return false;
    } else if (!number_of(rescale, SLOPE, &d->slope) || !number_of(rescale, INTERCEPT, &d->intercept) ||
               d->slope == 0) {
        d->slope = 1;
        d->intercept = 0;
    }
    read_window(voi, d);
    bool below = !d->modality.entries && (l->is_signed || d->intercept < 0 || d->slope < 0);
    if (!d->has_window && (lut = dicom_item(voi, VOI_LUT)) &&
        !read_table(lut, LUT_DESCRIPTOR, LUT_DATA, below, &d->voi, e))
        return false;
    read_padding(s, l, d);
    return true;
}
