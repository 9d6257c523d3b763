#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "views/terminal/fine.h"

#include <stdio.h>

#ifdef HAVE_CHAFA
#include <chafa.h>

const char *fine_version(char out[32])
{
    snprintf(out, 32, "%d.%d.%d", CHAFA_MAJOR_VERSION, CHAFA_MINOR_VERSION, CHAFA_MICRO_VERSION);
    return out;
}

/* A canvas of Chafa's with the picture drawn on it; the caller unrefs it. */
static ChafaCanvas *draw(ChafaCanvasConfig *config, const uint8_t *rgb, int height, int width)
{
    chafa_set_n_threads(1); /* the other cores train */
    ChafaCanvas *canvas = chafa_canvas_new(config);
    chafa_canvas_draw_all_pixels(canvas, CHAFA_PIXEL_RGB8, rgb, width, height, width * 3);
    return canvas;
}

static void take_apart(int packed, uint8_t rgb[3])
{
    for (int i = 0; i < 3; i++) rgb[i] = (uint8_t)(packed < 0 ? 0 : packed >> (16 - 8 * i) & 255);
}

bool fine_cells(const uint8_t *rgb, const struct fine_size *size, struct fine_cell *out)
{
    ChafaCanvasConfig *config = chafa_canvas_config_new();
    ChafaSymbolMap *symbols = chafa_symbol_map_new();
    chafa_symbol_map_add_by_tags(symbols, CHAFA_SYMBOL_TAG_BLOCK); /* that every font has */
    chafa_symbol_map_add_by_tags(symbols, CHAFA_SYMBOL_TAG_SPACE);
    chafa_canvas_config_set_symbol_map(config, symbols);
    chafa_canvas_config_set_geometry(config, size->columns, size->rows);
    chafa_canvas_config_set_canvas_mode(config, CHAFA_CANVAS_MODE_TRUECOLOR);
    chafa_canvas_config_set_pixel_mode(config, CHAFA_PIXEL_MODE_SYMBOLS);
    ChafaCanvas *canvas = draw(config, rgb, size->height, size->width);
    for (int y = 0; y < size->rows; y++)
        for (int x = 0; x < size->columns; x++) {
            struct fine_cell *cell = &out[y * size->columns + x];
            int ink, paper;
            cell->ch = chafa_canvas_get_char_at(canvas, x, y);
            chafa_canvas_get_colors_at(canvas, x, y, &ink, &paper);
            take_apart(ink, cell->ink);
            take_apart(paper, cell->paper);
        }
    chafa_canvas_unref(canvas);
    chafa_canvas_config_unref(config);
    chafa_symbol_map_unref(symbols);
    return true;
}

#else

const char *fine_version(char out[32])
{
    (void)out;
    return NULL;
}

bool fine_cells(const uint8_t *rgb, const struct fine_size *size, struct fine_cell *out)
{
    (void)rgb, (void)size, (void)out;
    return false;
}

#endif
