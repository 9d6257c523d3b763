/* JPEG through libjpeg-turbo, read from memory.
 *
 * Decoded with the library's defaults (accurate integer DCT, smooth upsampling), which are also Pillow's. After
 * damage the library would continue with a warning and grey blocks; here, warnings that mean lost pixels end the
 * reading. */
#include "config.h"

#include "engine/data/images/image_kinds.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

enum { SCANS_MOST = 500 }; /* a small file can request hours of work in scans that change nothing */

struct jpeg_job {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf leave;
    const char *name;
    struct image_source *from;
    struct err *e;
    int channels; /* of the result */
};

static const char *frame_kind(int marker)
{
    switch (marker) {
    case 0xc3:
    case 0xc7:
    case 0xcb:
    case 0xcf:
        return "lossless JPEG";
    case 0xc5:
    case 0xc6:
    case 0xcd:
    case 0xce:
        return "hierarchical JPEG";
    default:
        return "JPEG of a rare kind";
    }
}

static void on_error(j_common_ptr common)
{
    struct jpeg_job *job = common->client_data;
    char message[JMSG_LENGTH_MAX];
    int number = common->err->msg_parm.i[0];
    switch (common->err->msg_code) {
    case JERR_BAD_PRECISION:
        err_set(job->e, ERR_UNSUPPORTED, "%s: a %d-bit JPEG, only 8 bits are read; convert it to PNG", job->name,
                number);
        break;
    case JERR_SOF_UNSUPPORTED:
        err_set(job->e, ERR_UNSUPPORTED, "%s: a %s (frame 0x%02x), which is not read; convert it to PNG", job->name,
                frame_kind(number), (unsigned)number);
        break;
    case JERR_IMAGE_TOO_BIG:
        err_set(job->e, ERR_UNSUPPORTED, "%s: more than %d pixels a side, too large", job->name, number);
        break;
    case JERR_OUT_OF_MEMORY:
        err_set(job->e, ERR_MEMORY, "%s: no memory to decode it", job->name);
        break;
    case JWRN_JPEG_EOF:
        job->from->more_wanted = job->from->have < job->from->size;
        err_set(job->e, ERR_FORMAT, "%s: truncated JPEG: the file ends after %zu bytes, before its picture does",
                job->name, job->from->size);
        break;
    default:
        common->err->format_message(common, message);
        err_set(job->e, ERR_FORMAT, "%s: damaged JPEG (%s)", job->name, message);
    }
    longjmp(job->leave, 1);
}

static void on_message(j_common_ptr common, int level)
{
    static const int lost[] = { JWRN_JPEG_EOF, JWRN_HIT_MARKER, JWRN_HUFF_BAD_CODE, JWRN_MUST_RESYNC,
                                JWRN_ARITH_BAD_CODE };
    if (level >= 0) return;
    for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++)
        if (common->err->msg_code == lost[i]) on_error(common);
}

static void on_output(j_common_ptr common)
{
    (void)common;
}

static void on_progress(j_common_ptr common)
{
    struct jpeg_job *job = common->client_data;
    if (job->jpeg.input_scan_number <= SCANS_MOST) return;
    err_set(job->e, ERR_FORMAT, "%s: damaged JPEG (more than %d scans)", job->name, SCANS_MOST);
    longjmp(job->leave, 1);
}

static void find_orientation(const struct jpeg_job *job, int *orientation)
{
    for (jpeg_saved_marker_ptr p = job->jpeg.marker_list; p; p = p->next) {
        if (p->marker != JPEG_APP0 + 1 || p->data_length < 6 || memcmp(p->data, "Exif\0\0", 6)) continue;
        *orientation = exif_orientation(p->data + 6, p->data_length - 6);
        return;
    }
}

/* A header that announces more than the file can hold is detected before memory is allocated: each block of each
 * component takes at least one bit, except in arithmetic coding. */
static bool check_promise(struct jpeg_job *job)
{
    double blocks = 0;
    for (int i = 0; i < job->jpeg.num_components; i++)
        blocks += (double)job->jpeg.comp_info[i].width_in_blocks * job->jpeg.comp_info[i].height_in_blocks;
    if (job->jpeg.arith_code || blocks / 8 <= (double)job->from->size) return true;
    return err_set(job->e, ERR_FORMAT, "%s: truncated JPEG: %u x %u pixels cannot come from %zu bytes", job->name,
                   job->jpeg.image_width, job->jpeg.image_height, job->from->size);
}

/* a b / 255, rounded, for 0..255 */
static unsigned product_255(unsigned a, unsigned b)
{
    unsigned t = a * b + 128;
    return (t + (t >> 8)) >> 8;
}

/* Files store CMYK inverted, as Adobe's programs write it: 255 is no ink. */
static void cmyk_to_rgb(const uint8_t *from, int width, uint8_t *to)
{
    for (int x = 0; x < width; x++, from += 4, to += 3)
        for (int c = 0; c < 3; c++) to[c] = (uint8_t)(from[3] - product_255(255u - from[c], from[3]));
}

static bool choose_colours(struct jpeg_job *job)
{
    static const struct {
        int components, channels;
        J_COLOR_SPACE space;
    } rows[] = { { 1, 1, JCS_GRAYSCALE }, { 3, 3, JCS_RGB }, { 4, 3, JCS_CMYK } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (job->jpeg.num_components != rows[i].components) continue;
        job->jpeg.out_color_space = rows[i].space;
        job->channels = rows[i].channels;
        return true;
    }
    return err_set(job->e, ERR_UNSUPPORTED, "%s: a JPEG of %d components; 1, 3 and 4 are read", job->name,
                   job->jpeg.num_components);
}

/* Called where libjpeg may leave by longjmp. */
static bool read_header(struct jpeg_job *job)
{
    struct jpeg_decompress_struct *jpeg = &job->jpeg;
    jpeg_create_decompress(jpeg);
    jpeg->client_data = job; /* creation cleared it */
    jpeg->progress = &job->progress;
    jpeg_mem_src(jpeg, job->from->bytes, job->from->have);
    jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(jpeg, TRUE);
    return image_check_size(jpeg->image_width, jpeg->image_height, job->name, job->e) && check_promise(job) &&
           choose_colours(job);
}

static bool decode(struct jpeg_job *job, struct image *m, int *orientation)
{
    struct jpeg_decompress_struct *jpeg = &job->jpeg;
    if (setjmp(job->leave) || !read_header(job)) return false;
    if (!image_init(m, (int)jpeg->image_width, (int)jpeg->image_height, job->channels, job->name, job->e)) return false;
    jpeg_start_decompress(jpeg);
    size_t pitch = (size_t)m->width * (size_t)job->channels;
    bool ink = jpeg->out_color_space == JCS_CMYK;
    JSAMPARRAY line = jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, (JDIMENSION)m->width * 4, 1);
    while (jpeg->output_scanline < jpeg->output_height) {
        uint8_t *to = m->pixels + jpeg->output_scanline * pitch;
        JSAMPROW row = ink ? line[0] : to;
        if (jpeg_read_scanlines(jpeg, &row, 1) && ink) cmyk_to_rgb(row, m->width, to);
    }
    find_orientation(job, orientation);
    jpeg_finish_decompress(jpeg);
    return true;
}

static bool decode_header(struct jpeg_job *job, struct image_head *h)
{
    if (setjmp(job->leave) || !read_header(job)) return false;
    *h = (struct image_head){ (int)job->jpeg.image_width, (int)job->jpeg.image_height, job->channels == 1, false };
    return true;
}

static void begin(struct jpeg_job *job)
{
    job->jpeg.err = jpeg_std_error(&job->errors);
    job->errors.error_exit = on_error;
    job->errors.emit_message = on_message;
    job->errors.output_message = on_output;
    job->progress.progress_monitor = on_progress;
    job->jpeg.client_data = job;
}

bool image_jpeg_head(struct image_source *from, const char *name, struct image_head *h, struct err *e)
{
    struct jpeg_job job = { .name = name, .from = from, .e = e };
    begin(&job);
    bool ok = decode_header(&job, h);
    jpeg_destroy_decompress(&job.jpeg);
    return ok;
}

bool image_jpeg_read(const uint8_t *bytes, size_t n, const char *name, struct image *m, int *orientation, struct err *e)
{
    struct image_source from = { .fd = -1, .bytes = bytes, .have = n, .size = n };
    struct jpeg_job job = { .name = name, .from = &from, .e = e };
    begin(&job);
    bool ok = decode(&job, m, orientation);
    jpeg_destroy_decompress(&job.jpeg);
    return ok;
}
