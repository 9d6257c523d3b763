/* What importers share; private to this folder. */
#ifndef MLVICX_DATA_IMPORT_PARTS_H
#define MLVICX_DATA_IMPORT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/dataset.h"
#include "engine/data/import.h"

/* ---- import_files.c: what lies below a folder ---- */

/** Paths of image files below a folder, relative, sorted by bytes. */
struct file_list {
    char **paths;
    size_t count, room;
    size_t dicom; /* DICOM files seen beside them */
};

/** All PNG and JPEG files (by suffix) below `root`, hidden ones left out. A link that leads out of `root` is an error.
 */
bool file_list_init(struct file_list *l, const char *root, struct err *e);
void file_list_clear(struct file_list *l);

/** True when `relative` names a place below `root`: not absolute, no "..", no link that leads out. `root` is a real
 * path. Fine where nothing is there. */
bool file_stays_inside(const char *root, const char *relative, struct err *e);

/** The real path of a folder, which the caller frees; an error tells what is wrong with it. */
char *file_real_directory(const char *path, struct err *e);

/** File name of a path. */
const char *file_base(const char *path);

/* ---- import_work.c: many images at once, results in order ---- */

/** One image, ready for the pack. */
struct import_product {
    uint8_t *pixels;   /* [size, size, channels], owned by the pipeline's slot; NULL: broken    */
    uint8_t *masks;    /* generators: [size, size] bits by class, or NULL; owned                */
    void *facts;       /* generators: what else is known, or NULL; owned                        */
    int width, height; /* of the original                                                       */
    double box[4];     /* the part of the original that became the image: x0 y0 x1 y1           */
    double place[4];   /* where in the image it lies: x0 y0 x1 y1, pixels of the pack           */
    struct err why;    /* when broken                                                           */
};

struct import_work {
    uint32_t count;
    int threads;
    void *ctx;
    /** Any thread, any order. Failure fills p->why and leaves p->pixels NULL. */
    void (*make)(void *ctx, uint32_t i, struct import_product *p);
    /** One thread at a time, i = 0, 1, 2, ...; false stops the work. */
    bool (*take)(void *ctx, uint32_t i, struct import_product *p, struct err *e);
};

bool import_work_run(const struct import_work *w, struct err *e);

/** Threads that `asked` means: 0 as many as this process may run on. */
int import_threads(int asked);

/** Size and channel count of a picture as far as its header tells, without decoding it. */
struct image_header {
    int width, height;
    bool grey; /* one channel for certain; else the pixels must tell */
};
/** False when the header makes no sense: the reader will say why. */
bool image_header_read(const char *path, struct image_header *h);

/* ---- the importers ---- */
bool import_folder_scan(const struct import_config *c, struct dataset *d, struct err *e);
bool import_nih_scan(const struct import_config *c, struct dataset *d, struct err *e);
bool import_csv_scan(const struct import_config *c, struct dataset *d, struct err *e);
bool import_phantom_generate(const struct import_config *c, const char *packs, struct dataset *d, struct err *e);

#endif
