/* Draws the parameters of a view, and applies them one after another. */
#include "config.h"

#include "engine/data/images/augment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/data/images/augment_ops.h"
#include "engine/data/images/resize.h"

/* ---- drawing ---- */

/* Each operation draws from its own blocks of the image's stream. The numbers define the views of a seed: only add
 * rows. */
enum place { PLACE_CROP, PLACE_FLIP, PLACE_ROTATE, PLACE_JITTER, PLACE_GREY, PLACE_BLUR, PLACE_SOLARIZE };

enum { PLACE_BLOCKS = 1 << 16 };

static struct random place(const struct random *stream, enum place p)
{
    struct random r = *stream;
    r.counter[0] = (uint32_t)p * PLACE_BLOCKS;
    return r;
}

static double between(struct random *r, double low, double high)
{
    return low + (high - low) * random_uniform64(r);
}

static bool happens(struct random *r, double probability)
{
    return random_uniform64(r) < probability;
}

/* Ten attempts to find an area and an aspect ratio that fit; then the largest centred crop with a permitted aspect
 * ratio. */
static void choose_crop(const struct augment *a, struct random r, int width, int height, struct augment_choice *c)
{
    enum { TRIES = 10 };
    double area = (double)width * height, spread = log(a->aspect), ratio = (double)width / height;
    for (int i = 0; i < TRIES; i++) {
        double target = area * between(&r, a->area_min, a->area_max), aspect = exp(between(&r, -spread, spread));
        double w = nearbyint(sqrt(target * aspect)), h = nearbyint(sqrt(target / aspect));
        if (w < 1 || h < 1 || w > width || h > height) continue;
        c->width = (int)w;
        c->height = (int)h;
        c->top = (int)random_below(&r, (uint32_t)(height - c->height + 1));
        c->left = (int)random_below(&r, (uint32_t)(width - c->width + 1));
        return;
    }
    double w = width, h = height;
    if (ratio < 1 / a->aspect) h = nearbyint(w * a->aspect);
    if (ratio > a->aspect) w = nearbyint(h * a->aspect);
    c->width = (int)w;
    c->height = (int)h;
    c->left = (width - c->width) / 2;
    c->top = (height - c->height) / 2;
}

static void choose_jitter(const struct augment *a, struct random r, struct augment_choice *c)
{
    const double strength[AUGMENT_JITTERS] = {
        [AUGMENT_BRIGHTNESS] = a->brightness, [AUGMENT_CONTRAST] = a->contrast, [AUGMENT_SATURATION] = a->saturation
    };
    uint32_t order[AUGMENT_JITTERS];
    c->jitter = happens(&r, a->jitter);
    random_permutation(&r, AUGMENT_JITTERS, order);
    for (int i = 0; i < AUGMENT_JITTERS; i++) c->order[i] = (int)order[i];
    for (int i = 0; i < AUGMENT_HUE; i++) c->factor[i] = between(&r, fmax(0, 1 - strength[i]), 1 + strength[i]);
    c->factor[AUGMENT_HUE] = between(&r, -a->hue, a->hue);
}

void augment_choose(const struct augment *a, const struct augment_draw *draw, int width, int height,
                    struct augment_choice *c)
{
    struct random stream =
                      random_stream(draw->seed, draw->epoch, draw->image, RANDOM_AUGMENT + 16u * (uint32_t)draw->view),
                  r;
    *c = (struct augment_choice){ .threshold = a->threshold };
    choose_crop(a, place(&stream, PLACE_CROP), width, height, c);
    r = place(&stream, PLACE_FLIP);
    c->flip = happens(&r, a->flip);
    r = place(&stream, PLACE_ROTATE);
    c->angle = a->rotate > 0 ? between(&r, -a->rotate, a->rotate) : 0;
    choose_jitter(a, place(&stream, PLACE_JITTER), c);
    r = place(&stream, PLACE_GREY);
    c->grey = happens(&r, a->grey);
    r = place(&stream, PLACE_BLUR);
    c->blur = happens(&r, a->blur);
    c->sigma = between(&r, a->sigma_min, a->sigma_max);
    r = place(&stream, PLACE_SOLARIZE);
    c->solarize = happens(&r, a->solarize);
}

void augment_from_settings(const struct settings *s, int view, struct augment *a)
{
    *a = (struct augment){
        .area_min = s->data.augment.area_min,
        .area_max = s->data.augment.area_max,
        .aspect = s->data.augment.aspect,
        .flip = s->data.augment.flip,
        .rotate = s->data.augment.rotate,
        .jitter = s->data.augment.jitter,
        .brightness = s->data.augment.brightness,
        .contrast = s->data.augment.contrast,
        .saturation = s->data.augment.saturation,
        .hue = s->data.augment.hue,
        .grey = s->data.augment.grey,
        .blur = view ? s->data.augment.blur2 : s->data.augment.blur1,
        .sigma_min = s->data.augment.sigma_min,
        .sigma_max = s->data.augment.sigma_max,
        .solarize = view ? s->data.augment.solarize2 : s->data.augment.solarize1,
        .threshold = (int)s->data.augment.solarize_threshold,
    };
}

/* ---- carrying out ---- */

static size_t round_up(size_t n)
{
    return (n + 63) / 64 * 64;
}

bool augment_scratch_init(struct augment_scratch *s, int side, int channels, int size, struct err *e)
{
    size_t resize = round_up(resize_room(side, side, channels, size, size));
    size_t view = round_up((size_t)size * (size_t)size * (size_t)channels);
    size_t blur = round_up(blur_room(size, channels));
    *s = (struct augment_scratch){ .side = side, .channels = channels, .size = size };
    s->memory = aligned_alloc(64, resize + view + blur);
    if (!s->memory) return err_set(e, ERR_MEMORY, "augmentation: no memory for views of %d px", size);
    s->resize = s->memory;
    s->view = s->memory + resize;
    s->blur = s->view + view;
    return true;
}

void augment_scratch_clear(struct augment_scratch *s)
{
    free(s->memory);
    *s = (struct augment_scratch){ 0 };
}

static void jitter(const struct augment_choice *c, uint8_t *p, size_t n, int channels)
{
    for (int i = 0; i < AUGMENT_JITTERS; i++) {
        double factor = c->factor[c->order[i]];
        switch ((enum augment_jitter)c->order[i]) {
        case AUGMENT_BRIGHTNESS:
            op_brightness(p, n, channels, (float)factor);
            break;
        case AUGMENT_CONTRAST:
            op_contrast(p, n, channels, (float)factor);
            break;
        case AUGMENT_SATURATION:
            op_saturation(p, n, channels, (float)factor);
            break;
        case AUGMENT_HUE:
            op_hue(p, n, channels, factor);
            break;
        case AUGMENT_JITTERS:
            break;
        }
    }
}

void augment_apply(const struct augment_choice *c, const struct augment_image *image, uint8_t *out,
                   struct augment_scratch *s)
{
    int channels = image->channels, size = s->size;
    size_t n = (size_t)size * (size_t)size, stride = (size_t)image->side * (size_t)channels;
    bool turn = c->angle != 0;
    uint8_t *view = turn ? s->view : out;
    const struct resize_source crop = { .pixels =
                                            image->pixels + (size_t)c->top * stride + (size_t)(c->left * channels),
                                        .width = c->width,
                                        .height = c->height,
                                        .channels = channels,
                                        .stride = stride };
    const struct resize whole = { { 0, 0, c->width, c->height }, size, size, RESIZE_BICUBIC };
    resize_pixels(&crop, &whole, view, s->resize);
    if (c->flip) op_flip(view, size, channels);
    if (turn) op_rotate(view, size, channels, c->angle, out);
    if (c->jitter) jitter(c, out, n, channels);
    if (c->grey) op_grey(out, n, channels);
    if (c->blur) op_blur(out, size, channels, size / 20, c->sigma, s->blur);
    if (c->solarize) op_solarize(out, n * (size_t)channels, c->threshold);
}

void augment_view(const struct augment *a, const struct augment_draw *draw, const struct augment_image *image,
                  uint8_t *out, struct augment_scratch *s)
{
    struct augment_choice c;
    augment_choose(a, draw, image->side, image->side, &c);
    augment_apply(&c, image, out, s);
}

void augment_evaluate(const struct augment_image *image, uint8_t *out, struct augment_scratch *s)
{
    int side = image->side;
    const struct resize_source all = { .pixels = image->pixels,
                                       .width = side,
                                       .height = side,
                                       .channels = image->channels,
                                       .stride = (size_t)side * (size_t)image->channels };
    const struct resize whole = { { 0, 0, side, side }, s->size, s->size, RESIZE_BILINEAR };
    resize_pixels(&all, &whole, out, s->resize);
}
