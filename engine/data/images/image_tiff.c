/* TIFF through libtiff, from memory or, for the header alone, from an open file: the first picture of the file.
 *
 * What is read is what scanners and programs of hospitals write: grey, palette and RGB of up to 16 bits, in strips or
 * tiles, unpacked or packed by one of a few codecs. All else is refused by its name. Damage that libtiff would pass
 * over with a warning ends the reading, and each buffer is bounded by the picture, whose size is checked against the
 * file first. */
#include "config.h"

#include "engine/data/images/image_kinds.h"

#ifndef HAVE_TIFF

static bool refuse(const char *name, struct err *e)
{
    return err_set(e, ERR_UNSUPPORTED,
                   "%s: a TIFF file, which this mlvicx was built without; convert it to PNG, or build it with "
                   "libtiff-dev",
                   name);
}

bool image_tiff_read(const uint8_t *bytes, size_t n, const char *name, struct image *m, int *orientation, struct err *e)
{
    (void)bytes, (void)n, (void)m, (void)orientation;
    return refuse(name, e);
}

bool image_tiff_head(struct image_source *from, const char *name, struct image_head *h, struct err *e)
{
    (void)from, (void)h;
    return refuse(name, e);
}

const char *image_tiff_version(char out[32])
{
    (void)out;
    return NULL;
}

#else

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tiffio.h>

struct tiff_job {
    struct image_source *from;
    uint64_t at;
    const char *name;
    TIFF *tiff;
    bool decoding, damaged; /* a codec warned of lost pixels */
    char reason[100];       /* the first error of libtiff     */
    uint32_t width, height;
    uint16_t bits, samples, photometric, compression;
    bool planes;             /* one after another, not pixel by pixel */
    const uint16_t *maps[3]; /* of a palette: borrowed from libtiff   */
    bool short_maps;         /* whose levels are of 8 bits */
};

/* ---- what libtiff asks for ---- */

static tmsize_t read_bytes(thandle_t handle, void *to, tmsize_t n)
{
    struct tiff_job *job = (struct tiff_job *)handle;
    const struct image_source *from = job->from;
    uint64_t left = job->at < from->size ? from->size - job->at : 0;
    size_t wanted = (uint64_t)n < left ? (size_t)n : (size_t)left;
    if (from->have == from->size) {
        memcpy(to, from->bytes + job->at, wanted);
    } else {
        ssize_t got = pread(from->fd, to, wanted, (off_t)job->at);
        wanted = got > 0 ? (size_t)got : 0;
    }
    job->at += wanted;
    return (tmsize_t)wanted;
}

static tmsize_t write_bytes(thandle_t handle, void *bytes, tmsize_t n)
{
    (void)handle, (void)bytes, (void)n;
    return 0;
}

static toff_t seek_to(thandle_t handle, toff_t to, int whence)
{
    struct tiff_job *job = (struct tiff_job *)handle;
    job->at = whence == SEEK_SET ? to : whence == SEEK_CUR ? job->at + to : job->from->size + to;
    return job->at;
}

static int close_it(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t size_of(thandle_t handle)
{
    return ((struct tiff_job *)handle)->from->size;
}

static int on_error(TIFF *tiff, void *user, const char *module, const char *format, va_list list)
{
    struct tiff_job *job = user;
    (void)tiff, (void)module;
    if (!*job->reason) vsnprintf(job->reason, sizeof job->reason, format, list);
    return 1;
}

/* A codec warns where it fills in what is lost. */
static int on_warning(TIFF *tiff, void *user, const char *module, const char *format, va_list list)
{
    struct tiff_job *job = user;
    if (!job->decoding || !module || strcmp(module, "JPEGLib")) return 1;
    job->damaged = true;
    return on_error(tiff, user, module, format, list);
}

static bool damaged(const struct tiff_job *job, struct err *e)
{
    return err_set(e, ERR_FORMAT, "%s: damaged or truncated TIFF (%s)", job->name,
                   *job->reason ? job->reason : "its pixels end early");
}

static bool refuse(const struct tiff_job *job, struct err *e, const char *what)
{
    return err_set(e, ERR_UNSUPPORTED, "%s: a TIFF of %s, which is not read; convert it to PNG", job->name, what);
}

/* ---- the header ---- */

/* Codecs, and how much longer than the file the pixels may be at most. */
static const struct codec {
    uint16_t number;
    double most;
} codecs[] = {
    { COMPRESSION_NONE, 1 },       { COMPRESSION_LZW, 2600 },    { COMPRESSION_JPEG, 2100 },
    { COMPRESSION_DEFLATE, 1040 }, { COMPRESSION_PACKBITS, 65 }, { COMPRESSION_ADOBE_DEFLATE, 1040 },
};

static const struct codec *codec_of(uint16_t number)
{
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++)
        if (codecs[i].number == number) return &codecs[i];
    return NULL;
}

/* Kinds of colours, and whether the samples of a pixel fit them. */
static bool check_colours(const struct tiff_job *job, struct err *e)
{
    char text[64];
    bool colour = false;
    switch (job->photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
        break;
    case PHOTOMETRIC_PALETTE:
        if (job->bits > 8) return refuse(job, e, "a palette of 16 bits");
        break;
    case PHOTOMETRIC_YCBCR:
        if (job->compression != COMPRESSION_JPEG || job->planes) return refuse(job, e, "YCbCr colours without JPEG");
        colour = true;
        break;
    case PHOTOMETRIC_RGB:
        colour = true;
        break;
    default:
        snprintf(text, sizeof text, "colours of kind %d (such as CMYK or Lab)", job->photometric);
        return refuse(job, e, text);
    }
    if (job->samples < (colour ? 3 : 1) || job->samples > 16) {
        snprintf(text, sizeof text, "%d samples a pixel", job->samples);
        return refuse(job, e, text);
    }
    return !(job->bits < 8 && job->samples > 1) || refuse(job, e, "several samples of less than 8 bits");
}

static bool check_form(const struct tiff_job *job, struct err *e)
{
    static const int8_t depths[17] = { [1] = 1, [2] = 1, [4] = 1, [8] = 2, [16] = 3 };
    uint16_t format = SAMPLEFORMAT_UINT;
    const struct codec *codec = codec_of(job->compression);
    char text[64];
    TIFFGetFieldDefaulted(job->tiff, TIFFTAG_SAMPLEFORMAT, &format);
    if (!codec || !TIFFIsCODECConfigured(job->compression)) {
        snprintf(text, sizeof text, "compression %d", job->compression);
        return refuse(job, e, text);
    }
    if (format == SAMPLEFORMAT_IEEEFP) return refuse(job, e, "floating-point samples");
    if (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID) return refuse(job, e, "signed samples");
    if (job->bits > 16 || !depths[job->bits]) {
        snprintf(text, sizeof text, "%d bits a sample", job->bits);
        return refuse(job, e, text);
    }
    if (!check_colours(job, e)) return false;
    double raw = (double)job->width * job->height * job->samples * job->bits / 8;
    if (raw <= codec->most * (double)job->from->size + 4096) return true;
    return err_set(e, ERR_FORMAT, "%s: truncated TIFF: %u x %u pixels cannot come from %llu bytes", job->name,
                   job->width, job->height, (unsigned long long)job->from->size);
}

/* Tables of 16 bits, where older programs write 8. */
static bool find_palette(struct tiff_job *job, struct err *e)
{
    uint16_t *maps[3];
    if (job->photometric != PHOTOMETRIC_PALETTE) return true;
    if (!TIFFGetField(job->tiff, TIFFTAG_COLORMAP, &maps[0], &maps[1], &maps[2])) return damaged(job, e);
    job->short_maps = true;
    for (int c = 0; c < 3; c++) {
        job->maps[c] = maps[c];
        for (int i = 0; i < 1 << job->bits; i++) job->short_maps = job->short_maps && maps[c][i] < 256;
    }
    return true;
}

static bool open_header(struct tiff_job *job, struct err *e)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options) return err_set(e, ERR_MEMORY, "%s: no memory to decode it", job->name);
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, job);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, job);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, IMAGE_FILE_MOST);
    job->tiff = TIFFClientOpenExt(job->name, "rm", (thandle_t)job, read_bytes, write_bytes, seek_to, close_it, size_of,
                                  NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    uint16_t planes = PLANARCONFIG_CONTIG;
    if (!job->tiff || !TIFFGetField(job->tiff, TIFFTAG_IMAGEWIDTH, &job->width) ||
        !TIFFGetField(job->tiff, TIFFTAG_IMAGELENGTH, &job->height))
        return damaged(job, e);
    TIFFGetFieldDefaulted(job->tiff, TIFFTAG_BITSPERSAMPLE, &job->bits);
    TIFFGetFieldDefaulted(job->tiff, TIFFTAG_SAMPLESPERPIXEL, &job->samples);
    TIFFGetFieldDefaulted(job->tiff, TIFFTAG_COMPRESSION, &job->compression);
    TIFFGetFieldDefaulted(job->tiff, TIFFTAG_PLANARCONFIG, &planes);
    job->planes = planes == PLANARCONFIG_SEPARATE && job->samples > 1;
    if (!TIFFGetField(job->tiff, TIFFTAG_PHOTOMETRIC, &job->photometric)) job->photometric = PHOTOMETRIC_MINISBLACK;
    return image_check_size(job->width, job->height, job->name, e) && check_form(job, e) && find_palette(job, e);
}

static bool has_colour(const struct tiff_job *job)
{
    return job->photometric != PHOTOMETRIC_MINISWHITE && job->photometric != PHOTOMETRIC_MINISBLACK;
}

/* ---- pixels ---- */

/* A block of pixels as libtiff unpacks it, and where it lies in the picture. */
struct block {
    const uint8_t *bytes;
    size_t pitch; /* bytes of a row */
    uint32_t x, y, width, height;
    int plane; /* -1: all of them */
};

/* Where pixels go: 16-bit grey into `deep`, all else into the picture. */
struct target {
    struct image *m;
    uint16_t *deep;
};

static unsigned sample_at(const struct tiff_job *job, const uint8_t *row, size_t i)
{
    uint16_t v;
    switch (job->bits) {
    case 8:
        return row[i];
    case 16:
        memcpy(&v, row + 2 * i, sizeof v);
        return v;
    default:
        return (unsigned)row[i * job->bits / 8] >> (8 - job->bits - i * job->bits % 8) & ((1u << job->bits) - 1);
    }
}

/* As libpng narrows 16 bits: divided by 257, rounded. */
static uint8_t narrow(unsigned v)
{
    return (uint8_t)((v * 255 + 32895) >> 16);
}

static void put_palette(const struct tiff_job *job, unsigned v, uint8_t *to)
{
    for (int c = 0; c < 3; c++) to[c] = (uint8_t)(job->short_maps ? job->maps[c][v] : job->maps[c][v] >> 8);
}

static void put_grey(const struct tiff_job *job, const struct target *t, size_t pixel, unsigned v)
{
    unsigned most = (1u << job->bits) - 1;
    if (job->photometric == PHOTOMETRIC_MINISWHITE) v = most - v;
    if (t->deep)
        t->deep[pixel] = (uint16_t)v;
    else
        t->m->pixels[pixel] = (uint8_t)(v * 255 / most);
}

static void put_row(const struct tiff_job *job, const struct target *t, const struct block *b, const uint8_t *row,
                    size_t pixel)
{
    size_t step = b->plane < 0 ? job->samples : 1;
    int first = b->plane < 0 ? 0 : b->plane, end = b->plane < 0 ? 3 : b->plane + 1;
    for (uint32_t x = 0; x < b->width; x++, pixel++) {
        uint8_t *to = t->m->pixels + 3 * pixel;
        if (job->photometric == PHOTOMETRIC_PALETTE) {
            put_palette(job, sample_at(job, row, x * step), to);
        } else if (!has_colour(job)) {
            put_grey(job, t, pixel, sample_at(job, row, x * step));
        } else {
            for (int c = first; c < end; c++) {
                unsigned v = sample_at(job, row, x * step + (size_t)(c - first));
                to[c] = job->bits == 16 ? narrow(v) : (uint8_t)v;
            }
        }
    }
}

static void put_block(const struct tiff_job *job, const struct target *t, const struct block *b)
{
    for (uint32_t y = 0; y < b->height; y++)
        put_row(job, t, b, b->bytes + y * b->pitch, (size_t)(b->y + y) * job->width + b->x);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static bool read_strips(struct tiff_job *job, const struct target *t, int plane, struct err *e)
{
    uint32_t rows = 0;
    TIFFGetFieldDefaulted(job->tiff, TIFFTAG_ROWSPERSTRIP, &rows);
    rows = least(rows, job->height);
    uint64_t most = rows ? TIFFVStripSize64(job->tiff, rows) : 0;
    size_t pitch = (size_t)TIFFScanlineSize(job->tiff);
    if (!most || most > (uint64_t)IMAGE_PIXELS_MOST * 32 || !pitch) return damaged(job, e);
    uint8_t *buffer = malloc((size_t)most);
    if (!buffer) return err_set(e, ERR_MEMORY, "%s: no memory to decode it", job->name);
    bool ok = true;
    for (uint32_t y = 0; ok && y < job->height; y += least(rows, job->height - y)) {
        uint32_t here = least(rows, job->height - y),
                 strip = TIFFComputeStrip(job->tiff, y, (uint16_t)(plane < 0 ? 0 : plane));
        tmsize_t bytes = TIFFVStripSize(job->tiff, here);
        ok = bytes > 0 && (uint64_t)bytes <= most && (uint64_t)bytes >= (uint64_t)pitch * here &&
             TIFFReadEncodedStrip(job->tiff, strip, buffer, bytes) == bytes && !job->damaged;
        const struct block b = { buffer, pitch, 0, y, job->width, here, plane };
        if (ok) put_block(job, t, &b);
    }
    free(buffer);
    return ok || damaged(job, e);
}

/* A tile may be larger than the picture, within reason. */
static bool read_tiles(struct tiff_job *job, const struct target *t, int plane, struct err *e)
{
    uint32_t width = 0, height = 0;
    TIFFGetField(job->tiff, TIFFTAG_TILEWIDTH, &width);
    TIFFGetField(job->tiff, TIFFTAG_TILELENGTH, &height);
    double pixels = (double)width * height, own = (double)job->width * job->height;
    if (pixels < 1 || pixels > 4 * own + (1 << 22)) return damaged(job, e);
    tmsize_t bytes = TIFFTileSize(job->tiff);
    size_t pitch = (size_t)TIFFTileRowSize(job->tiff);
    uint8_t *buffer = bytes > 0 ? malloc((size_t)bytes) : NULL;
    if (!buffer) return err_set(e, ERR_MEMORY, "%s: no memory to decode it", job->name);
    bool ok = pitch && (uint64_t)pitch * height <= (uint64_t)bytes;
    for (uint64_t y = 0; ok && y < job->height; y += height) {
        for (uint64_t x = 0; ok && x < job->width; x += width) {
            uint32_t tile = TIFFComputeTile(job->tiff, (uint32_t)x, (uint32_t)y, 0, (uint16_t)(plane < 0 ? 0 : plane));
            ok = TIFFReadEncodedTile(job->tiff, tile, buffer, bytes) == bytes && !job->damaged;
            const struct block b = { buffer,
                                     pitch,
                                     (uint32_t)x,
                                     (uint32_t)y,
                                     least(width, job->width - (uint32_t)x),
                                     least(height, job->height - (uint32_t)y),
                                     plane };
            if (ok) put_block(job, t, &b);
        }
    }
    free(buffer);
    return ok || damaged(job, e);
}

static bool read_planes(struct tiff_job *job, const struct target *t, struct err *e)
{
    bool (*read)(struct tiff_job *, const struct target *, int, struct err *) =
        TIFFIsTiled(job->tiff) ? read_tiles : read_strips;
    int planes = !job->planes ? 1 : has_colour(job) && job->photometric != PHOTOMETRIC_PALETTE ? 3 : 1;
    bool ok = true;
    for (int p = 0; ok && p < planes; p++) ok = read(job, t, job->planes ? p : -1, e);
    return ok;
}

static bool decode(struct tiff_job *job, struct image *m, struct err *e)
{
    struct target t = { .m = m };
    bool deep = job->bits == 16 && !has_colour(job);
    size_t n = (size_t)job->width * job->height;
    if (!image_init(m, (int)job->width, (int)job->height, has_colour(job) ? 3 : 1, job->name, e)) return false;
    if (deep && !(t.deep = malloc(n * sizeof *t.deep)))
        return err_set(e, ERR_MEMORY, "%s: no memory to decode it", job->name);
    if (job->photometric == PHOTOMETRIC_YCBCR) TIFFSetField(job->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    job->decoding = true;
    bool ok = read_planes(job, &t, e);
    if (ok && deep) image_from_samples(t.deep, n, m->pixels);
    free(t.deep);
    return ok;
}

bool image_tiff_read(const uint8_t *bytes, size_t n, const char *name, struct image *m, int *orientation, struct err *e)
{
    struct image_source from = { .fd = -1, .bytes = bytes, .have = n, .size = n };
    struct tiff_job job = { .from = &from, .name = name };
    uint16_t turned = 1;
    bool ok = open_header(&job, e) && decode(&job, m, e);
    if (job.tiff && TIFFGetField(job.tiff, TIFFTAG_ORIENTATION, &turned) && turned >= 1 && turned <= 8)
        *orientation = turned;
    if (job.tiff) TIFFClose(job.tiff);
    return ok;
}

bool image_tiff_head(struct image_source *from, const char *name, struct image_head *h, struct err *e)
{
    struct tiff_job job = { .from = from, .name = name };
    bool ok = open_header(&job, e);
    if (ok)
        *h = (struct image_head){ (int)job.width, (int)job.height, !has_colour(&job), !TIFFLastDirectory(job.tiff) };
    if (job.tiff) TIFFClose(job.tiff);
    return ok;
}

const char *image_tiff_version(char out[32])
{
    static const char lead[] = "LIBTIFF, Version ";
    const char *v = TIFFGetVersion();
    if (!strncmp(v, lead, sizeof lead - 1)) v += sizeof lead - 1;
    snprintf(out, 32, "%.*s", (int)strcspn(v, "\n"), v);
    return out;
}

#endif
