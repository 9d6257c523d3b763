/* Private to rows_file.c and rows_file_read.c: the words of the format that both need. */
#ifndef MLVICX_DATA_ROWS_FILE_PARTS_H
#define MLVICX_DATA_ROWS_FILE_PARTS_H

#define ROWS_VERSION_KEY "mlvicx_rows" /* of the first line */
#define ROWS_END_KEY     "sha256"      /* of the last */
#define ROWS_BYTES_END   "_bytes"      /* KEY_bytes: the bytes of the path under KEY in hex, where they are no UTF-8 */
enum { ROWS_VERSION = 1 };

#endif
