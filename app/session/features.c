#include "app/session/features.h"

#include <stdlib.h>
#include <string.h>

#include "engine/data/images/augment.h"

/* Images first .. first + n - 1 of the source, resized by several threads, each with its own scratch. out: [n, size,
 * size, channels], filled. */
static void prepare(const struct features_source *s, int first, int n, uint8_t *out, struct augment_scratch *scratch)
{
    int channels = pack_channels(s->pack);
    size_t bytes = (size_t)s->size * s->size * channels;
#pragma omp parallel for num_threads(s->threads) schedule(static, 1)
    for (int t = 0; t < s->threads; t++)
        for (int i = t; i < n; i += s->threads) {
            const struct augment_image image = { pack_image(s->pack, s->images[first + i]), pack_size(s->pack),
                                                 channels };
            augment_evaluate(&image, out + bytes * i, &scratch[t]);
        }
}

static bool pass(struct engine *g, const struct features_source *s, int first, int n, const uint8_t *pixels,
                 float *const out[LEVEL_COUNT], const struct model_shape *shape, struct err *e)
{
    float *rows[LEVEL_COUNT];
    for (int l = 0; l < LEVEL_COUNT; l++)
        rows[l] = out[l] ? out[l] + (size_t)first * engine_level_dims(shape, (enum engine_level)l) : NULL;
    struct batch images = { .n = n, .views = 1, .u8 = { pixels } };
    if (!engine_features(g, &images, s->gates, rows, e))
        return err_wrap(e, "features of images %d to %d", first, first + n - 1);
    int total = s->total ? s->total : s->n;
    if (s->progress && !s->progress(s->ctx, s->before + first + n, total))
        return err_set(e, ERR_INTERRUPTED, "features: stopped");
    return true;
}

bool features_read(struct engine *g, const struct features_source *s, float *const out[LEVEL_COUNT],
                   const struct model_shape *shape, struct err *e)
{
    int channels = pack_channels(s->pack), side = pack_size(s->pack);
    if (channels != shape->channels)
        return err_set(e, ERR_DATA,
                       "the images have %d channels, the network was made for %d; import them with --channels %d",
                       channels, shape->channels, shape->channels);
    uint8_t *pixels = malloc((size_t)s->batch * s->size * s->size * channels);
    struct augment_scratch *scratch = calloc((size_t)s->threads, sizeof *scratch);
    bool ok = pixels && scratch;
    if (!ok) err_set(e, ERR_MEMORY, "features: memory ran out");
    for (int t = 0; ok && t < s->threads; t++) ok = augment_scratch_init(&scratch[t], side, channels, s->size, e);
    for (int first = 0; ok && first < s->n; first += s->batch) {
        int n = s->n - first < s->batch ? s->n - first : s->batch;
        prepare(s, first, n, pixels, scratch);
        ok = pack_check(s->pack, e) && pass(g, s, first, n, pixels, out, shape, e);
    }
    for (int t = 0; scratch && t < s->threads; t++) augment_scratch_clear(&scratch[t]);
    free(scratch);
    free(pixels);
    return ok;
}
