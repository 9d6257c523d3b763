/* The random views of an image: the network learns to treat them as equal.
 *
 * There are two steps. augment_choose draws every parameter of one view as a pure function of (seed, epoch,
 * image, view); each operation has its own position in the stream, so changing one setting leaves the draws of the
 * others unchanged. augment_apply applies given parameters to 8-bit samples, rounding after each operation as Pillow
 * does:
 *
 *   crop and resize, flip, rotation, jitter (brightness, contrast, saturation, hue in random order), grey, blur,
 *   solarise
 *
 * Grey images take the same path as three equal channels, with the same result. Normalisation is not done here.
 * Rotation is our own (the published recipe has none): bilinear as Pillow's, about the centre; beyond the border the
 * image is mirrored, since black wedges would shift the mean and the batch statistics. */
#ifndef MLVICX_DATA_AUGMENT_H
#define MLVICX_DATA_AUGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/base/settings.h"

/** Ranges and probabilities of one view. */
struct augment {
    double area_min, area_max;                    /* fraction of the image that a crop keeps */
    double aspect;                                /* log-uniform in 1/aspect .. aspect                             */
    double flip;                                  /* probability                                                   */
    double rotate;                                /* largest angle to either side, degrees; 0: none                */
    double jitter;                                /* probability of the four below together                        */
    double brightness, contrast, saturation, hue; /* factors in max(0, 1-x) .. 1+x; hue in -x..x turns */
    double grey;                                  /* probability of dropping colour                                */
    double blur;                                  /* probability                                                   */
    double sigma_min, sigma_max;                  /* of the blur, pixels of the view                             */
    double solarize;                              /* probability                                                   */
    int threshold;                                /* levels from here up are inverted                              */
};

enum augment_jitter { AUGMENT_BRIGHTNESS, AUGMENT_CONTRAST, AUGMENT_SATURATION, AUGMENT_HUE, AUGMENT_JITTERS };

/** The drawn parameters of one view of one image. */
struct augment_choice {
    int left, top, width, height; /* crop, pixels of the image                        */
    bool flip, jitter, grey, blur, solarize;
    double angle;                   /* degrees counter-clockwise, 0: none               */
    int order[AUGMENT_JITTERS];     /* enum augment_jitter, in the order of application */
    double factor[AUGMENT_JITTERS]; /* by enum augment_jitter; hue in turns           */
    double sigma;
    int threshold;
};

/** Buffers for one thread; drawing a view allocates nothing. */
struct augment_scratch {
    unsigned char *memory; /* owned */
    int side, channels, size;
    void *resize;  /* borrowed from memory, as both below */
    uint8_t *view; /* [size, size, channels]              */
    void *blur;
};

/** Scratch for images up to `side` and views of exactly `size`, both square, of 1 or 3 channels. */
bool augment_scratch_init(struct augment_scratch *s, int side, int channels, int size, struct err *e);
/** Fine on a zeroed struct. */
void augment_scratch_clear(struct augment_scratch *s);

/** Fills `a` for view 0 or 1 (keys view1 and view2) from data.augment.*. */
void augment_from_settings(const struct settings *s, int view, struct augment *a);

/** Names one view of one image. */
struct augment_draw {
    uint64_t seed;
    uint32_t epoch, image;
    int view; /* 0 or 1 */
};

/** A square image, as a pack holds it. Borrowed. */
struct augment_image {
    const uint8_t *pixels; /* [side, side, channels] */
    int side, channels;
};

/** Draws the parameters of a view of an image of width x height from random_stream(seed, epoch, image, RANDOM_AUGMENT +
 * 16 * view). */
void augment_choose(const struct augment *a, const struct augment_draw *draw, int width, int height,
                    struct augment_choice *c);

/** Applies `c`. out: [size, size, channels] with the size of the scratch, filled, not overlapping the image. */
void augment_apply(const struct augment_choice *c, const struct augment_image *image, uint8_t *out,
                   struct augment_scratch *s);

/** Draws and applies: one training view, out as in augment_apply. */
void augment_view(const struct augment *a, const struct augment_draw *draw, const struct augment_image *image,
                  uint8_t *out, struct augment_scratch *s);

/** The view for evaluation: the whole image, bilinear with antialias, nothing random. out as in augment_apply. */
void augment_evaluate(const struct augment_image *image, uint8_t *out, struct augment_scratch *s);

#endif
