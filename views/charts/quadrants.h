/* Pictures in quarters of cells: of every cell the two groups of quarters that differ most, each in the mean of its
 * colours. What is drawn where Chafa is not there. */
#ifndef MLVICX_VIEWS_QUADRANTS_H
#define MLVICX_VIEWS_QUADRANTS_H

#include "views/terminal/fine.h"

/** rgb: [height, width, 3], drawn on rows x columns of cells; `out` [rows, columns] filled. */
void quadrants_cells(const uint8_t *rgb, const struct fine_size *size, struct fine_cell *out);

#endif
