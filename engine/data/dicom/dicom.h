/* DICOM files: what is read of one, and what may be said of it.
 *
 * A picture comes out as 8-bit levels, dark where it should look dark: stored value, modality LUT or rescale, VOI
 * (window, LUT, sigmoid; none: quantiles), MONOCHROME1 inverted after that. Of the header only what stands in `struct
 * dicom_facts` leaves this room; names, ids and dates never do, but for the patient's, by which images are split.
 * Decoders are libraries that strangers' files can crash, so files are decoded by child processes (dicom_pool.h); what
 * is declared here is plain values. */
#ifndef MLVICX_DICOM_DICOM_H
#define MLVICX_DICOM_DICOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"

/** Whether this program was built with GDCM; without, every DICOM file is refused. */
bool dicom_supported(void);
/** Version of GDCM, "" without. */
const char *dicom_version(void);

/** Do the first `n` bytes of a file begin one of DICOM (a preamble of 128 bytes, then "DICM")? 132 bytes tell. */
bool dicom_is_magic(const uint8_t *head, size_t n);
enum { DICOM_HEAD = 132 };
/** Does the name end as those of DICOM files do (.dcm, .dicom)? Files without a preamble are taken for DICOM then. */
bool dicom_is_name(const char *name);

/** Where the levels of a grey picture come from. */
enum dicom_window_kind {
    DICOM_WINDOW_GIVEN, /* the file's VOI; where it has none: 8 bits as they are, more by quantiles */
    DICOM_WINDOW_AUTO,  /* quantiles, whatever the file says                                        */
    DICOM_WINDOW_FIXED  /* center and width below, LINEAR                                           */
};
struct dicom_window {
    enum dicom_window_kind kind;
    double center, width; /* modality values; width >= 1 */
};
/** "given", "auto" or "CENTER,WIDTH". ERR_USAGE. */
bool dicom_window_parse(const char *text, struct dicom_window *w, struct err *e);

enum { DICOM_TERM = 17, DICOM_PATIENT = 65, DICOM_SIDE_MOST = 65535, DICOM_PIXELS_MOST = 1 << 27 };

enum dicom_view { DICOM_VIEW_UNKNOWN, DICOM_VIEW_FRONTAL, DICOM_VIEW_LATERAL };

/** What is taken from a header. */
struct dicom_facts {
    int width, height, frames;
    bool grey;                   /* one channel, no palette                                            */
    bool pixels;                 /* there are some                                                     */
    bool burned_in;              /* text about the patient is said to be burned into the pixels        */
    bool id_in_path;             /* the path that was given holds a name, id or date of the header     */
    enum dicom_view view;        /* from the view's position, else its code                            */
    char modality[DICOM_TERM];   /* a standard term, or DICOMDIR; "" none; "?" one that is not standard             */
    char patient[DICOM_PATIENT]; /* the plain id; "" none. Never stored, logged or shown               */
    char view_name[DICOM_TERM];  /* "PA", "AP", "frontal", "LL", "lateral" ...; "" where it is not standard */
    char age[4];                 /* in whole years; "" where it is not known in years                  */
    char sex[2];                 /* "M", "F", "O"; "" unknown                                          */
};

/** What is wanted of a file. */
struct dicom_request {
    bool pixels;       /* false: facts alone                                     */
    bool any_modality; /* also what is no radiograph: of several frames the first */
    struct dicom_window window;
    char path[4096]; /* looked at for dicom_facts.id_in_path alone; may be ""   */
};

/** Whether it is a projection radiograph of one frame, by its modality; files that do not say theirs are taken for
 *  one. False with ERR_UNSUPPORTED, which says what it is and how to have it read. */
bool dicom_check_radiograph(const struct dicom_facts *f, struct err *e);
/** What it is, in a word or two, where it is no radiograph ("CT", "several frames"); NULL where it is one. */
const char *dicom_other_kind(const struct dicom_facts *f);

#endif
