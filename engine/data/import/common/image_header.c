/* Parses just enough of a header to know the size of an image without decoding it. */
#include <stdio.h>
#include <string.h>

#include "engine/base/reading.h"
#include "engine/data/images/image.h"
#include "engine/data/import/common/import_common.h"

static int be16(const unsigned char *p)
{
    return p[0] << 8 | p[1];
}

static bool png_header(const unsigned char *b, size_t n, struct image_header *h)
{
    static const unsigned char start[8] = { 0x89, 'P', 'N', 'G', 13, 10, 26, 10 };
    if (n < 26 || memcmp(b, start, 8) || memcmp(b + 12, "IHDR", 4) || be16(b + 16) || be16(b + 20)) return false;
    h->width = be16(b + 18);
    h->height = be16(b + 22);
    h->grey = b[25] == 0 || b[25] == 4; /* grey, grey with alpha */
    return h->width && h->height;
}

/* Walks the JPEG segments to the frame header. */
static bool jpeg_header(FILE *f, struct image_header *h)
{
    unsigned char b[8];
    if (fseek(f, 2, SEEK_SET)) return false;
    for (int segments = 0; segments < 1000; segments++) {
        int c;
        while ((c = getc(f)) == 0xFF) /* fill bytes */
            ;
        if (segments == 0 && c == EOF) return false;
        int marker = c;
        if (marker == EOF || marker == 0xD9 || marker == 0xDA || fread(b, 1, 2, f) != 2 || be16(b) < 2) return false;
        bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
        if (frame) {
            if (fread(b, 1, 6, f) != 6) return false;
            h->height = be16(b + 1);
            h->width = be16(b + 3);
            h->grey = b[5] == 1;
            return h->width && h->height;
        }
        if (fseek(f, be16(b) - 2, SEEK_CUR)) return false;
    }
    return false;
}

static bool dicom_header(const char *path, struct dicom_pool *decoders, struct image_header *h)
{
    struct dicom_facts f;
    if (!decoders || !image_is_dicom(path) || !image_dicom_facts(path, decoders, &f, NULL)) return false;
    *h = (struct image_header){ f.width, f.height, f.grey };
    return f.pixels && h->width && h->height;
}

bool image_header_read(const char *path, struct dicom_pool *decoders, struct image_header *h)
{
    unsigned char b[32];
    *h = (struct image_header){ 0 };
    FILE *f = file_stream_regular(path, NULL, NULL);
    if (!f) return false;
    size_t n = fread(b, 1, sizeof b, f);
    bool ok = n > 4 && b[0] == 0xFF && b[1] == 0xD8 ? jpeg_header(f, h) : png_header(b, n, h);
    fclose(f);
    return ok || dicom_header(path, decoders, h);
}
