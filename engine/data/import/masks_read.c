/* The pixels of a mask. Programs write 0 and 255, 0 and 1, two colours, or smooth borders between black and white; what
 * is none of this would become a wrong mask, and is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/data/images/image.h"
#include "engine/data/import/import_masks.h"

enum {
    LEVELS = 256,
    MANY = 5,       /* one level between black and white is a structure of its own from a MANY-th of the inside on */
    PNG_HEAD = 26,  /* bytes up to its kind of colour */
    PNG_COLOUR = 25 /* whose bit 4 means transparency */
};

static bool has_alpha(const char *path)
{
    unsigned char head[PNG_HEAD];
    FILE *f = fopen(path, "rb");
    bool whole = f && fread(head, sizeof head, 1, f) == 1;
    if (f) fclose(f);
    return whole && !memcmp(head, "\x89PNG\r\n\x1a\n", 8) && (head[PNG_COLOUR] & 4);
}

/* Is a mask with these levels one of a single structure? `count`: [LEVELS] pixels of each level. */
static bool check_levels(const char *path, const size_t count[LEVELS], int most, struct err *e)
{
    size_t inside = 0, between = 0;
    for (int v = most / 8 + 1; v <= most; v++) inside += count[v];
    for (int v = most / 8 + 1; v < most - most / 8; v++) {
        between += count[v];
        if (count[v] > inside / MANY)
            return err_set(e, ERR_DATA,
                           "%s: several grey levels, as of several structures in one file; give each a file of its own",
                           path);
    }
    return between <= inside / 2 || err_set(e, ERR_DATA, "%s: a picture, not a mask; most of it is grey", path);
}

/* Is most of the outermost pixels inside? */
static bool is_framed(const uint8_t *mask, int w, int h)
{
    size_t inside = 0, all = 0;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x += y && y < h - 1 && w > 1 ? w - 1 : 1, all++)
            inside += mask[(size_t)y * (size_t)w + (size_t)x];
    return 2 * inside > all;
}

static struct mask_content *encode(const struct image *m, struct err *e)
{
    size_t n = (size_t)m->width * (size_t)m->height;
    uint32_t *runs, count;
    if (!dataset_mask_runs(m->pixels, n, &runs, &count, e)) return NULL;
    struct mask_content *out = malloc(sizeof *out + count * sizeof *runs);
    if (out) {
        *out = (struct mask_content){ .width = m->width, .height = m->height, .run_count = count };
        memcpy(out->runs, runs, count * sizeof *runs);
        for (uint32_t i = 1; i < count; i += 2) out->inside += runs[i];
        out->framed = is_framed(m->pixels, m->width, m->height);
    } else {
        err_set(e, ERR_MEMORY, "no memory for a mask");
    }
    free(runs);
    return out;
}

/* Levels become 0 and 1. */
static bool divide(const char *path, struct image *m, bool black, struct err *e)
{
    size_t count[LEVELS] = { 0 }, n = (size_t)m->width * (size_t)m->height;
    int least = LEVELS - 1, most = 0;
    for (size_t i = 0; i < n; i++) {
        int v = m->pixels[i];
        count[v]++;
        least = v < least ? v : least;
        most = v > most ? v : most;
    }
    if (least == most && has_alpha(path))
        return err_set(e, ERR_DATA, "%s: of one colour, with transparency; save it as black and white", path);
    if (most && !check_levels(path, count, most, e)) return false;
    for (size_t i = 0; i < n; i++) m->pixels[i] = (most && 2 * m->pixels[i] >= most) != black;
    return true;
}

struct mask_content *mask_content_read(const char *path, const struct image_options *how, bool black, struct err *e)
{
    struct image m;
    if (!image_read_as(path, how, &m, e)) return NULL;
    bool ok = image_convert(&m, 1, e) && divide(path, &m, black, e);
    struct mask_content *out = ok ? encode(&m, e) : NULL;
    image_clear(&m);
    return out;
}
