/* `export RUN heatmap`: which places of an image the score of a class comes from, over the radiograph or as numbers. */
#include <stdlib.h>
#include <string.h>

#include "app/cli/output_file.h"
#include "app/commands/export/export_wanted.h"
#include "app/worker/eval_cam.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "views/figures/figure_heat.h"

/* Everything of one invocation. */
struct heatmap {
    const struct export_request *r;
    struct predictions_wanted wanted;
    struct eval_task task;
    struct eval_encoder encoder;
    struct eval_cam cam;
    struct store_contents boxes;
    enum engine_level level;
    uint32_t image;
    int class;
    double *heat; /* [side, side] */
};

static const char *path_of(const void *ctx, size_t i)
{
    return ((const struct store_contents *)ctx)->images[i].path;
}

/* The image of that path, else the only one whose path ends so, behind a slash. */
static bool find_image(struct heatmap *h, struct err *e)
{
    const char *word = arguments_text(h->r->arguments, "image", NULL);
    const struct store_contents *data = &h->task.data;
    size_t found = 0, length = word ? strlen(word) : 0;
    if (!word)
        return err_set(e, ERR_USAGE, "heatmap: --image is missing: the path of an image of %s", data->dataset.name);
    for (size_t i = 0; i < data->images_count; i++) {
        const char *path = data->images[i].path;
        size_t n = strlen(path);
        if (!strcmp(path, word)) return h->image = (uint32_t)i, true;
        if (n <= length || path[n - length - 1] != '/' || strcmp(path + n - length, word) != 0) continue;
        h->image = (uint32_t)i;
        found++;
    }
    if (found == 1) return true;
    if (found)
        return err_set(e, ERR_NOT_FOUND, "--image: %zu images of %s end with '%s'; give more of the path", found,
                       data->dataset.name, word);
    const char *near = text_nearest(word, data->images_count, path_of, data);
    return err_set(e, ERR_NOT_FOUND, "--image: data set %s has no image '%s'%s%s", data->dataset.name, word,
                   near ? "; did you mean " : "", near ? near : "");
}

/* A run's own classifier, unless a probe is asked for or there is none. */
static bool find_protocol(const struct heatmap *h, enum protocol *protocol, struct err *e)
{
    const char *word = h->wanted.protocol;
    *protocol = h->encoder.classes ? PROTOCOL_APPLY : PROTOCOL_LINEAR;
    if (!word) return true;
    for (int p = 0; p < PROTOCOL_COUNT; p++) {
        if (strcmp(protocol_names[p], word)) continue;
        *protocol = (enum protocol)p;
        return true;
    }
    return err_set(e, ERR_USAGE, "--protocol: '%s' is neither linear nor apply", word);
}

static bool progress(void *ctx, int done, int total)
{
    const struct heatmap *h = ctx;
    app_progress(h->r->app, done == total, "features: %d of %d %s", done, total, text_number(total, "image", "images"));
    return true;
}

static bool open_all(struct heatmap *h, const char *class, struct err *e)
{
    struct store *s = h->r->app->store;
    enum protocol protocol;
    if (!eval_task_open(&h->task, s, h->wanted.task, e) || !predictions_class(&h->task.data, class, &h->class, e) ||
        !find_image(h, e) || !eval_cam_level(arguments_text(h->r->arguments, "level", NULL), &h->level, e) ||
        !store_dataset_load(s, h->task.data.dataset.id, STORE_PART_BOXES, &h->boxes, e) ||
        !eval_encoder_run(&h->encoder, s, h->r->run, h->wanted.step, 0, pack_channels(h->task.pack), e) ||
        !find_protocol(h, &protocol, e))
        return false;
    bool trained = h->encoder.settings.model.context,
         gates = h->wanted.gates < 0 ? trained && (protocol == PROTOCOL_APPLY || h->encoder.settings.eval.context)
                                     : h->wanted.gates != 0;
    if (gates && !trained) return err_set(e, ERR_USAGE, "--context: this network was made without gates; take off");
    const struct eval_cam_fit fit = { .store = h->r->app->store,
                                      .percent = h->wanted.percent > 0 ? h->wanted.percent : 100,
                                      .draw = h->wanted.draw > 0 ? (int)h->wanted.draw : 1,
                                      .progress = progress,
                                      .ctx = h };
    return eval_cam_open(&h->cam, &h->encoder, &h->task, protocol, gates, &fit, e);
}

static bool write_picture(const struct heatmap *h, struct err *e)
{
    const struct pack *pack = h->task.pack;
    struct figure_heat_box *boxes = malloc((h->boxes.boxes_count + 1) * sizeof *boxes);
    struct figure_heat f = { .pixels = pack_image(pack, h->image),
                             .size = pack_size(pack),
                             .channels = pack_channels(pack),
                             .heat = h->heat,
                             .boxes = boxes };
    if (!boxes) return err_set(e, ERR_MEMORY, "heatmap: no memory");
    for (size_t i = 0; i < h->boxes.boxes_count; i++) {
        const struct store_box *b = &h->boxes.boxes[i];
        if (b->image == h->image && b->class == h->class)
            boxes[f.box_count++] = (struct figure_heat_box){ b->x0, b->y0, b->x1, b->y1 };
    }
    bool ok = figure_heat_write(&f, h->r->out, e);
    free(boxes);
    return ok;
}

static bool write_numbers(const struct heatmap *h, struct err *e)
{
    struct output_file o;
    int side = pack_size(h->task.pack);
    if (!output_file_open(&o, h->r->out, e)) return false;
    fputs("row,column,heat\n", o.stream);
    for (int i = 0; i < side * side; i++) fprintf(o.stream, "%d,%d,%.9g\n", i / side, i % side, h->heat[i]);
    return output_file_close(&o, true, e);
}

bool export_heatmap(const struct export_request *r, struct err *e)
{
    struct heatmap h = { .r = r };
    const char *class;
    char only[EXPORT_CLASS];
    bool picture = !strcmp(r->format, "png");
    if (picture && !r->out)
        return err_set(e, ERR_USAGE, "heatmap: say where it goes: -o FILE.png, or --format csv for its numbers");
    bool ok = export_wanted(r, &h.wanted, e) && export_class(r, &h.wanted, only, &class, e) && open_all(&h, class, e);
    if (ok) {
        size_t side = (size_t)pack_size(h.task.pack);
        h.heat = malloc(side * side * sizeof *h.heat);
        ok = h.heat || err_set(e, ERR_MEMORY, "heatmap: no memory");
    }
    int places = ok ? eval_cam_side(h.encoder.config.model.size, h.level) : EVAL_CAM_FEW;
    if (places < EVAL_CAM_FEW)
        app_note(r->app, "%s has %d x %d places: an earlier map tells more apart, such as --level map3",
                 level_table[h.level].name, places, places);
    ok = ok && eval_cam_heat(&h.cam, h.image, h.class, h.level, h.heat, e) &&
         (picture ? write_picture(&h, e) : write_numbers(&h, e));
    free(h.heat);
    eval_cam_close(&h.cam);
    eval_encoder_close(&h.encoder);
    eval_task_close(&h.task);
    store_contents_clear(&h.boxes);
    return ok;
}
