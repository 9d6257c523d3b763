/* PNG through libpng, read from memory and written durably; what png_quick.c reads never comes so far.
 *
 * libpng reports errors by longjmp. Everything that must survive the jump is in one struct, and the functions
 * that libpng may leave own no resources. Ancillary chunks except eXIf are skipped: text, profiles and transparent
 * colours change no sample here, and damage in them is no reason to refuse an image. */
#include "config.h"

#include "engine/data/images/image_kinds.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "engine/base/files.h"
#include "engine/data/images/png_quick.h"

struct png_job {
    const char *name;
    struct err *e;
    struct image_source *from; /* reading */
    size_t at;
    struct file_writer *writer; /* writing */
    char reason[80];            /* the newest warning: the error that follows is often less specific */
    png_structp png;
    png_infop info, end;
    png_bytep *rows;
    uint16_t *samples; /* of 16-bit grey */
};

static void on_error(png_structp png, png_const_charp message)
{
    struct png_job *job = png_get_error_ptr(png);
    if (job->from && job->at > job->from->have)
        err_set(job->e, ERR_FORMAT, "%s: truncated PNG: the file ends after %zu bytes, before its picture does",
                job->name, job->from->size);
    else
        err_set(job->e, ERR_FORMAT, "%s: damaged PNG (%s%s%s)", job->name, message, *job->reason ? ": " : "",
                job->reason);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    struct png_job *job = png_get_error_ptr(png);
    snprintf(job->reason, sizeof job->reason, "%s", message);
}

static void read_bytes(png_structp png, png_bytep to, size_t n)
{
    struct png_job *job = png_get_io_ptr(png);
    struct image_source *from = job->from;
    if (n > from->have - job->at) {
        from->more_wanted = from->have < from->size;
        job->at = from->have + 1; /* tells on_error */
        png_error(png, "truncated");
    }
    memcpy(to, from->bytes + job->at, n);
    job->at += n;
}

static void skip_ancillary_chunks(png_structp png)
{
    static const png_byte names[] =
        "bKGD\0cHRM\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0sRGB\0tEXt\0tIME\0tRNS\0zTXt";
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, names, (int)(sizeof names / 5));
}

/* A header that announces more than the file can hold is detected before memory is allocated: deflate compresses by
 * at most 1032 : 1. */
static bool check_promise(const struct png_job *job, double width, double height, int bits)
{
    double raw = width * height * bits / 8;
    if (raw <= 1040.0 * (double)job->from->size) return true;
    return err_set(job->e, ERR_FORMAT, "%s: truncated PNG: %.0f x %.0f pixels cannot come from %zu bytes", job->name,
                   width, height, job->from->size);
}

static void prepare_transforms(png_structp png, png_infop info, int type, int depth, bool deep)
{
    if (type == PNG_COLOR_TYPE_PALETTE)
        png_set_palette_to_rgb(png);
    else if (depth < 8)
        png_set_expand_gray_1_2_4_to_8(png);
    if (type & PNG_COLOR_MASK_ALPHA) png_set_strip_alpha(png);
    if (depth == 16 && !deep) png_set_scale_16(png);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (deep) png_set_swap(png);
#endif
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
}

static void find_orientation(struct png_job *job, int *orientation)
{
    png_infop places[] = { job->info, job->end }; /* the chunk may be before or after the pixels */
    for (int i = 0; i < 2; i++) {
        png_uint_32 n = 0;
        png_bytep block = NULL;
        if (png_get_eXIf_1(job->png, places[i], &n, &block) && block) {
            *orientation = exif_orientation(block, n);
            return;
        }
    }
}

struct png_header {
    png_uint_32 width, height;
    int depth, type;
};

/* Called where libpng may leave by longjmp. */
static bool read_header(struct png_job *job, struct png_header *h)
{
    png_structp png = job->png;
    png_set_read_fn(png, job, read_bytes);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* image_check_size has a better message */
    skip_ancillary_chunks(png);
    png_read_info(png, job->info);
    png_get_IHDR(png, job->info, &h->width, &h->height, &h->depth, &h->type, NULL, NULL, NULL);
    return image_check_size(h->width, h->height, job->name, job->e) &&
           check_promise(job, h->width, h->height, h->depth * png_get_channels(png, job->info));
}

static bool decode(struct png_job *job, struct image *m, int *orientation)
{
    struct png_header h;
    png_structp png = job->png;
    if (setjmp(png_jmpbuf(png))) return false;
    if (!read_header(job, &h)) return false;
    png_uint_32 width = h.width, height = h.height;
    int depth = h.depth, type = h.type;
    bool colour = type & PNG_COLOR_MASK_COLOR, deep = depth == 16 && !colour;
    if (!image_init(m, (int)width, (int)height, colour ? 3 : 1, job->name, job->e)) return false;
    job->rows = malloc(height * sizeof *job->rows);
    if (deep) job->samples = malloc((size_t)width * height * sizeof *job->samples);
    if (!job->rows || (deep && !job->samples))
        return err_set(job->e, ERR_MEMORY, "%s: no memory to decode it", job->name);
    size_t pitch = (size_t)width * (size_t)(deep ? 2 : m->channels);
    for (png_uint_32 y = 0; y < height; y++)
        job->rows[y] = (deep ? (png_bytep)job->samples : (png_bytep)m->pixels) + y * pitch;
    prepare_transforms(png, job->info, type, depth, deep);
    png_read_image(png, job->rows);
    png_read_end(png, job->end);
    find_orientation(job, orientation);
    if (deep) image_from_samples(job->samples, (size_t)width * height, m->pixels);
    return true;
}

static bool decode_header(struct png_job *job, struct image_head *out)
{
    struct png_header h;
    if (setjmp(png_jmpbuf(job->png)) || !read_header(job, &h)) return false;
    *out = (struct image_head){ (int)h.width, (int)h.height, !(h.type & PNG_COLOR_MASK_COLOR), false };
    return true;
}

static bool begin(struct png_job *job)
{
    job->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, job, on_error, on_warning);
    if (job->png) {
        job->info = png_create_info_struct(job->png);
        job->end = png_create_info_struct(job->png);
    }
    return (job->info && job->end) || err_set(job->e, ERR_MEMORY, "%s: no memory to decode it", job->name);
}

static void end(struct png_job *job)
{
    png_destroy_read_struct(&job->png, &job->info, &job->end);
    free(job->rows);
    free(job->samples);
}

bool image_png_head(struct image_source *from, const char *name, struct image_head *h, struct err *e)
{
    struct png_job job = { .name = name, .e = e, .from = from };
    bool ok = begin(&job) && decode_header(&job, h);
    end(&job);
    return ok;
}

bool image_png_read(const uint8_t *bytes, size_t n, const char *name, struct image *m, int *orientation, struct err *e)
{
    struct image_source from = { .fd = -1, .bytes = bytes, .have = n, .size = n };
    struct png_job job = { .name = name, .e = e, .from = &from };
    if (png_quick_read(bytes, n, m)) return true;
    bool ok = begin(&job) && decode(&job, m, orientation);
    end(&job);
    return ok;
}

static void write_bytes(png_structp png, png_bytep from, size_t n)
{
    struct png_job *job = png_get_io_ptr(png);
    file_put(job->writer, from, n);
}

static void flush_bytes(png_structp png)
{
    (void)png; /* file_commit does */
}

static bool encode(struct png_job *job, const struct image *m)
{
    png_structp png = job->png;
    if (setjmp(png_jmpbuf(png))) return false;
    png_set_write_fn(png, job, write_bytes, flush_bytes);
    png_set_IHDR(png, job->info, (png_uint_32)m->width, (png_uint_32)m->height, 8,
                 m->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, job->info);
    size_t pitch = (size_t)m->width * (size_t)m->channels;
    for (int y = 0; y < m->height; y++) png_write_row(png, m->pixels + (size_t)y * pitch);
    png_write_end(png, NULL);
    return true;
}

bool image_write_png(const char *path, const struct image *m, struct err *e)
{
    struct file_writer w;
    if (!file_begin_as(&w, path, FILE_OF_USER, e)) return false;
    struct png_job job = { .name = path, .e = e, .writer = &w };
    bool ok = false;
    job.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning);
    if (job.png) job.info = png_create_info_struct(job.png);
    if (!job.info)
        err_set(e, ERR_MEMORY, "%s: no memory to write it", path);
    else
        ok = encode(&job, m);
    png_destroy_write_struct(&job.png, &job.info);
    if (ok) return file_commit(&w, e);
    file_abandon(&w);
    return false;
}
