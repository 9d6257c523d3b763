/* Pictures in characters that follow the edges in a cell, by Chafa, where it is there. The only file that knows this
 * library. */
#ifndef MLVICX_VIEWS_FINE_H
#define MLVICX_VIEWS_FINE_H

#include <stdbool.h>
#include <stdint.h>

/** Version of Chafa, or NULL without it. */
const char *fine_version(char out[32]);

struct fine_size {
    int height, width, rows, columns;
};
struct fine_cell {
    uint32_t ch;
    uint8_t ink[3], paper[3];
};
/** rgb: [height, width, 3], drawn on rows x columns of cells; `out` [rows, columns] filled. False without Chafa. */
bool fine_cells(const uint8_t *rgb, const struct fine_size *size, struct fine_cell *out);

#endif
