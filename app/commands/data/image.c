/* `data image`: one picture as the network would see it. The steps of an import and of training, on one file. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "engine/base/settings.h"
#include "engine/data/images/augment.h"
#include "engine/data/images/image.h"
#include "engine/data/images/resize.h"

enum { PACK_SIDE = 256 }; /* of an import without --size */

static const struct option_row options[] = {
    { "output", 'o', OPTION_TEXT, "OUT.png", "file to write (required)", 0, 0 },
    { "size", 0, OPTION_SETTING, "data.size", "side in pixels [that of the preset]", 0, 0 },
    { "augment", 0, OPTION_SETTING, "train.seed",
      "both training views of this seed, side by side, instead of the view of evaluation", 0, 0 },
    { "preset", 0, OPTION_TEXT, "P", "demo, small, paper or fundus [small]", 0, 0 },
    { "window", 0, OPTION_TEXT, "WHAT", "DICOM: given (the file's), auto (quantiles) or CENTER,WIDTH [given]", 0, 0 },
    { "any-modality", 0, OPTION_FLAG, NULL,
      "DICOM: also take what is not a radiograph, and the first of several frames", 0, 0 },
    { "set", 0, OPTION_TEXT, "K=V", "change a setting, such as data.augment.recipe=published; may be repeated", 0, 0 },
    { 0 },
};

static bool read_settings(const struct arguments *a, struct settings *s, struct err *e)
{
    const char *preset = arguments_text(a, "preset", SETTINGS_PRESET), *set;
    settings_init(s);
    if (!settings_preset(s, preset, e)) return false;
    for (int i = 0; (set = arguments_nth(a, "set", i)); i++)
        if (!settings_assign(s, set, e)) return false;
    s->data.size = arguments_int(a, "size", s->data.size);
    return settings_check(s, e);
}

/* As an import packs it: one channel unless there is colour, the middle square, not enlarged. */
static bool pack(struct image *m, struct err *e)
{
    struct image out;
    int side = m->width < m->height ? m->width : m->height, size = side < PACK_SIDE ? side : PACK_SIDE;
    double left = (m->width - side) / 2.0, top = (m->height - side) / 2.0;
    if (!image_convert(m, image_is_grey(m) ? 1 : 3, e) ||
        !resize_image(m, &(struct resize){ { left, top, left + side, top + side }, size, size, RESIZE_BICUBIC }, &out,
                      e))
        return false;
    image_clear(m);
    *m = out;
    return true;
}

/* Views of the packed picture `m`, side by side in `out`: one of evaluation, or two of training. */
static bool show(const struct image *m, const struct settings *s, bool training, uint64_t seed, struct image *out,
                 struct err *e)
{
    int size = (int)s->data.size, views = training ? 2 : 1, channels = m->channels;
    size_t line = (size_t)size * (size_t)channels;
    const struct augment_image image = { m->pixels, m->width, channels };
    struct augment_scratch scratch = { 0 };
    struct image view = { 0 };
    bool ok = image_init(out, size * views, size, channels, "view", e) &&
              image_init(&view, size, size, channels, "view", e) &&
              augment_scratch_init(&scratch, m->width, channels, size, e);
    for (int v = 0; ok && v < views; v++) {
        struct augment a;
        augment_from_settings(s, v, &a);
        if (training)
            augment_view(&a, &(struct augment_draw){ .seed = seed, .view = v }, &image, view.pixels, &scratch);
        else
            augment_evaluate(&image, view.pixels, &scratch);
        for (int y = 0; y < size; y++)
            memcpy(out->pixels + ((size_t)y * (size_t)views + (size_t)v) * line, view.pixels + (size_t)y * line, line);
    }
    augment_scratch_clear(&scratch);
    image_clear(&view);
    return ok;
}

static int report(const struct app *app, const char *file, const char *output, int width, int height,
                  const struct image *out)
{
    int views = out->width / out->height;
    struct image_head head;
    bool more = image_head_read(file, NULL, &head, NULL) && head.more;
    if (more) app_note(app, "%s: holds several pictures; the first was read, page 1", file);
    if (app->json)
        return app_print_json(app, json_pack("{s:o, s:i, s:b, s:i, s:i, s:i, s:i, s:i, s:o}", "file", json_text(file),
                                             "page", 1, "more_pages", more, "width", width, "height", height, "size",
                                             out->height, "channels", out->channels, "views", views, "output",
                                             json_text(output)));
    app_print("%s: %d x %d, seen in %s at %d px; %s holds %s\n", file, width, height,
              out->channels == 1 ? "grey" : "colour", out->height, output,
              views == 2 ? "view 1 and view 2" : "the view of evaluation");
    return app_finish(app);
}

static int run(struct app *app, const struct arguments *a)
{
    struct err e;
    struct settings s;
    struct image m = { 0 }, out = { 0 };
    const char *file = arguments_word(a, 0), *output = arguments_text(a, "output", NULL);
    if (!output) {
        err_set(&e, ERR_USAGE, "data image: -o OUT.png is missing");
        return app_fail(app, &e);
    }
    struct image_options how = { .any_modality = arguments_has(a, "any-modality") };
    bool ok = read_settings(a, &s, &e) && dicom_window_parse(arguments_text(a, "window", "given"), &how.window, &e) &&
              image_read_as(file, &how, &m, &e);
    int width = m.width, height = m.height;
    ok = ok && pack(&m, &e) &&
         show(&m, &s, arguments_has(a, "augment"), (uint64_t)arguments_int(a, "augment", 0), &out, &e) &&
         image_write_png(output, &out, &e);
    int status = ok ? report(app, file, output, width, height, &out) : app_fail(app, &e);
    image_clear(&m);
    image_clear(&out);
    return status;
}

const struct command command_data_image = {
    .name = "data image",
    .arguments = "FILE [--size N] [--augment SEED] [--window W] [--any-modality] [--preset P] [--set K=V] -o OUT.png",
    .summary = "write an image as the network sees it",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
    .details = "The image is prepared as by an import without options (central square, at most 256 px, grey unless it "
               "has colour) and\nthen scaled to the network's size. With --augment the two random views of training "
               "are written side by side.",
};
