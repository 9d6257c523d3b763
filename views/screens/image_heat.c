#include "views/screens/image_heat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "views/figures/palette.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/jobs.h"
#include "views/workbench/workbench.h"

static const double strongest = 0.6; /* of the colour over the grey, as in exported pictures */

void image_heat_drop(struct image_heat *h)
{
    free(h->pixels);
    h->pixels = NULL;
    h->size = 0;
    h->dataset = 0;
}

void image_heat_choose(struct workbench *wb, const struct image_set *set,
                       unsigned (*done)(struct workbench *wb, void *ctx, int row), void *ctx)
{
    size_t n = set->data.classes_count;
    const char **rows = n ? calloc(n + 2, sizeof *rows) : NULL;
    if (!rows) return;
    rows[0] = "none";
    for (size_t i = 0; i < n; i++) rows[i + 1] = set->data.classes[i];
    dialog_choose(wb, "Heat of", rows, 1, done, ctx);
    free(rows);
}

/* The next row of "row,column,heat"; false at the end, or at what makes no sense. */
static bool next_row(const char **at, int *y, int *x, double *heat)
{
    char *end;
    if (!**at) return false;
    *y = (int)strtol(*at, &end, 10);
    if (*end != ',') return false;
    *x = (int)strtol(end + 1, &end, 10);
    if (*end != ',') return false;
    *heat = strtod(end + 1, &end);
    *at = *end == '\n' ? end + 1 : end;
    return true;
}

static uint8_t mix(uint8_t a, uint8_t b, double share)
{
    return (uint8_t)(a + (b - a) * share + 0.5);
}

static void blend(struct image_heat *h, const uint8_t *grey, int channels, const char *table)
{
    double heat, most = 0;
    int x, y;
    for (const char *at = strchr(table, '\n') ? strchr(table, '\n') + 1 : ""; next_row(&at, &y, &x, &heat);) {
        if (y < 0 || x < 0 || y >= h->size || x >= h->size || !(heat >= 0 && heat <= 1)) continue;
        size_t i = (size_t)y * (size_t)h->size + (size_t)x;
        struct colour c = palette_map(heat);
        const uint8_t *p = grey + i * (size_t)channels, rgb[3] = { c.r, c.g, c.b };
        for (int k = 0; k < 3; k++)
            h->pixels[3 * i + (size_t)k] = mix(p[channels == 3 ? k : 0], rgb[k], strongest * heat);
        if (heat <= most) continue;
        most = heat;
        h->hot_y = (y + 0.5) / h->size;
        h->hot_x = (x + 0.5) / h->size;
    }
    h->cold = most <= 0;
}

/* The answer counts if the data set is still that one. */
static void answered(struct workbench *wb, void *ctx, int status, const char *output)
{
    struct image_heat *h = ctx;
    const struct image_set *set = h->set;
    (void)wb;
    h->asked = false;
    if (status || !set->pack || set->data.dataset.id != h->dataset) return;
    h->size = pack_size(set->pack);
    h->pixels = calloc((size_t)h->size * (size_t)h->size, 3);
    if (h->pixels)
        blend(h, pack_image(set->pack, h->image), pack_channels(set->pack), output);
    else
        image_heat_drop(h);
}

/* The last map that tells at least four places a side apart. */
static const char *level_for(int size)
{
    return size > 96 ? "map5" : size > 48 ? "map4" : "map3";
}

void image_heat_ask(struct image_heat *h, struct workbench *wb, const struct image_set *set, uint32_t image,
                    const char *class)
{
    char run[32];
    const char *level = level_for(wb->selection.settings_known ? (int)wb->selection.settings.data.size : 0);
    if (h->asked) return;
    image_heat_drop(h);
    h->set = set;
    h->dataset = set->data.dataset.id;
    h->image = image;
    snprintf(h->class, sizeof h->class, "%s", class);
    snprintf(h->about, sizeof h->about, "%s at %s", wb->selection.summary.run.name, level);
    snprintf(run, sizeof run, "%lld", (long long)wb->selection.run);
    const char *words[] = { "export",
                            run,
                            "heatmap",
                            "--task",
                            set->data.dataset.name,
                            "--class",
                            h->class,
                            "--image",
                            set->data.images[image].path,
                            "--level",
                            level,
                            "--format",
                            "csv",
                            NULL };
    h->asked = job_start(wb, "heatmap", words, answered, h);
    if (!h->asked) h->dataset = 0;
}

static bool about(const struct image_heat *h, uint32_t image)
{
    return h->dataset && h->set->data.dataset.id == h->dataset && h->image == image;
}

bool image_heat_shown(const struct image_heat *h, uint32_t image)
{
    return h->pixels && about(h, image);
}

const char *image_heat_text(const struct image_heat *h, uint32_t image, char *out, size_t size)
{
    *out = '\0';
    if (!about(h, image) || (!h->asked && !h->pixels)) return out;
    snprintf(out, size, "%s heat of %s: %s%s", h->asked ? "computing" : "x", h->class, h->about,
             h->cold && !h->asked ? ", none: nothing here speaks for it" : "");
    return out;
}

void image_heat_mark(const struct image_heat *h, const struct area *a, const struct picture *p)
{
    int y, x;
    if (!h->cold && picture_cell(p, h->hot_y, h->hot_x, &y, &x))
        area_above(a, y, x, 'x', INK_STRONG | STYLE_BOLD | STYLE_REVERSE);
}
