/* The version of the program and its libraries: of those that are running, not of those that it was built against. */
#include "config.h"

#include <cblas.h>
#include <jpeglib.h>
#include <math.h>
#include <nettle/version.h>
#include <omp.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "app/cli/help.h"
#include "app/cli/json.h"
#include "engine/base/limits.h"
#include "engine/data/dicom/dicom.h"
#include "engine/data/images/image.h"
#include "engine/kernels/kernels.h"
#include "engine/model/torch_file.h"
#include "store/database/store.h"
#include "views/terminal/fine.h"

struct library {
    const char *name, *version;
};

/* The kernel sets that this CPU can run, and the one that auto (or MLVICX_KERNELS) selects. */
static void kernel_sets(bool runs[KERNELS_COUNT], const char **chosen)
{
    enum kernel_set found;
    struct err ignored;
    *chosen = kernels_resolve(KERNELS_AUTO, &found, &ignored) ? kernel_set_names[found]
                                                              : "none: MLVICX_KERNELS names one that this CPU lacks";
    unsetenv("MLVICX_KERNELS"); /* it would override each of these queries */
    for (int i = KERNELS_AUTO + 1; i < KERNELS_COUNT; i++)
        runs[i] = kernels_resolve((enum kernel_set)i, &found, &ignored);
}

static json_t *limit_json(const struct limit *l)
{
    return isfinite(l->value) ? json_pack("{s:o,s:o}", "value", json_number(l->value), "by", json_text(l->by))
                              : json_null();
}

static json_t *limits_json(const struct limits *l)
{
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "threads", limit_json(&l->threads), "processors",
                     limit_json(&l->processors), "memory_bytes", limit_json(&l->memory), "address_bytes",
                     limit_json(&l->address), "file_bytes", limit_json(&l->file), "tasks", limit_json(&l->tasks));
}

int help_version(const struct app *app)
{
    char nettle[32], jpeg[32], openmp[32], tiff[32], chafa[32];
    snprintf(nettle, sizeof nettle, "%d.%d", NETTLE_VERSION_MAJOR, NETTLE_VERSION_MINOR);
    snprintf(jpeg, sizeof jpeg, "%d (turbo %d)", JPEG_LIB_VERSION, LIBJPEG_TURBO_VERSION_NUMBER);
    snprintf(openmp, sizeof openmp, "%d", _OPENMP);
    const struct library libraries[] = {
        { "openblas", openblas_get_config() },
        { "openmp", openmp },
        { "sqlite", store_sqlite_version() },
        { "libpng", png_get_libpng_ver(NULL) },
        { "libjpeg", jpeg },
        { "libtiff", image_tiff_version(tiff) },
        { "libdeflate", image_deflate_version() },
        { "zlib", zlibVersion() },
        { "nettle", nettle },
        { "jansson", jansson_version_str() },
        { "gdcm", dicom_supported() ? dicom_version() : NULL },
        { "libzip", torch_file_libzip() },
        { "chafa", fine_version(chafa) },
    };
    size_t n = sizeof libraries / sizeof libraries[0];
    bool runs[KERNELS_COUNT];
    const char *chosen;
    kernel_sets(runs, &chosen);
    struct limits limits;
    char line[LIMIT_LINE];
    limits_read(NULL, &limits);
    if (app->json) {
        json_t *list = json_object(), *sets = json_array();
        for (int i = KERNELS_AUTO + 1; i < KERNELS_COUNT; i++)
            if (runs[i]) json_array_append_new(sets, json_text(kernel_set_names[i]));
        for (size_t i = 0; i < n; i++) json_object_set_new(list, libraries[i].name, json_text(libraries[i].version));
        return app_print_json(app, json_pack("{s:s,s:s,s:o,s:s,s:o,s:o,s:{s:b,s:b,s:b,s:b}}", "version",
                                             PACKAGE_VERSION, "build", MLVICX_BUILD, "kernel_sets", sets, "kernels",
                                             chosen, "libraries", list, "limits", limits_json(&limits), "optional",
                                             "dicom", dicom_supported(), "tiff", image_tiff_version(tiff) != NULL,
                                             "mpi", 0, "pytorch", torch_file_libzip() != NULL));
    }
    printf("mlvicx %s\nbuild      %s\n", PACKAGE_VERSION, MLVICX_BUILD);
    printf("%-10s", "kernels");
    for (int i = KERNELS_AUTO + 1; i < KERNELS_COUNT; i++)
        if (runs[i]) printf(" %s", kernel_set_names[i]);
    printf("; chosen: %s\n", chosen);
    for (size_t i = 0; i < n; i++)
        printf("%-10s %s\n", libraries[i].name, libraries[i].version ? libraries[i].version : "not there");
    printf("limits     %s\n", limits_text(&limits, line));
    printf("optional   dicom %s, tiff %s, mpi no, pytorch %s\n", dicom_supported() ? "yes" : "no",
           image_tiff_version(tiff) ? "yes" : "no", torch_file_libzip() ? "yes" : "no");
    return app_finish(app);
}
