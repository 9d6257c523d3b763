/* The request of an import: the kind, its options, and how images become squares of one size. */
#ifndef MLVICX_DATA_IMPORT_CONFIG_H
#define MLVICX_DATA_IMPORT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/dataset.h"
#include "engine/data/dicom/dicom.h"
#include "engine/data/split.h"
#include "engine/data/pack.h"

enum import_fit { IMPORT_CROP, IMPORT_PAD, IMPORT_STRETCH };
extern const char *const import_fit_names[]; /* "crop", "pad", "stretch", NULL */

/** For DICOM files that give their view: frontal and unknown ones, only lateral ones, or all. */
enum import_views { IMPORT_FRONTAL, IMPORT_LATERAL, IMPORT_ALL_VIEWS };
extern const char *const import_view_names[]; /* "frontal", "lateral", "all", NULL */

enum { IMPORT_KEY = 32 }; /* bytes of the key with which patients are hashed */

/* Options of importers beside the common ones: kind, name without dashes, argument, summary. */
#define IMPORT_OPTION_LIST(X)                                                                                          \
    X("csv masks", "path-column", "NAME", "column of the image's path [path; masks: image, path or file]")             \
    X("csv masks", "class-columns", "A,B,..", "columns of the classes, one each: 1, 0, or empty or -1 for unknown")    \
    X("csv", "label-column", "NAME", "one column with the list of an image's classes")                                 \
    X("csv", "label-separator", "TEXT", "what stands between the classes of a list [| or ; or , as found]")            \
    X("csv", "nothing", "A,B,..", "words of a list that are no class [none,nothing,-]")                                \
    X("csv", "repeated", "RULE", "rows of one image that differ: refuse, first, any or majority [refuse]")             \
    X("csv masks", "patient-column", "NAME", "column of the patient [none; masks: patient]")                           \
    X("csv masks", "split-column", "NAME", "column with train, val or test [none; masks: split]")                      \
    X("csv folder masks vinbig rsna siim", "patient-pattern", "REGEX",                                                 \
      "the patient in a path: its first group, or all that it meets (extended regular expression)")                    \
    X("csv masks vinbig rsna siim", "patient-map", "FILE", "table of two columns: image, patient")                     \
    X("masks vinbig rsna siim chexpert mimic padchest", "table", "FILE",                                               \
      "the table of labels [by its name in the folder]")                                                               \
    X("vinbig", "readers", "RULE", "a class is present if any, majority or all of the readers say so [majority]")      \
    X("rsna", "class-table", "FILE", "the table of classes [stage_2_detailed_class_info.csv]")                         \
    X("chexpert mimic", "uncertain", "RULE", "labels that are: ignore, zeros or ones [ignore]")                        \
    X("chexpert mimic", "unmentioned", "RULE", "labels that are: zeros or ignore [zeros]")                             \
    X("mimic", "metadata", "FILE", "the table of images [mimic-cxr-2.0.0-metadata.csv]")                               \
    X("mimic", "split-table", "FILE", "the table of splits [mimic-cxr-2.0.0-split.csv]")                               \
    X("padchest", "min-positives", "K", "patients that a label needs to become a class [50]")                          \
    X("csv folder masks nih vinbig rsna siim chexpert mimic padchest", "splits", "FILE",                               \
      "table with the columns image and split, as data splits writes it, in place of all other splits")                \
    X("csv masks nih vinbig rsna siim chexpert mimic padchest", "separator", "SIGN",                                   \
      "what stands between columns: a sign, or tab [as found]")                                                        \
    X("csv folder masks nih vinbig rsna siim chexpert mimic padchest", "images", "DIR",                                \
      "folder that a table's paths are relative to [the table's], or that links may lead to; masks: that holds the "   \
      "images [by its name]; may be repeated")                                                                         \
    X("masks", "mask", "NAME=DIR",                                                                                     \
      "a structure and the folder of its masks, in DIR of the command; may be repeated [by the names of folders]")     \
    X("masks", "inside", "COLOUR", "what masks show a structure as: white or black [white]")                           \
    X("csv folder nih rsna", "exclusive", "WORD",                                                                      \
      "on: each image has exactly one of the classes; off: any of them [as class folders and single labels say]")      \
    X("phantom", "marker", "PERCENT[,CLASS]",                                                                          \
      "draw a marker into a corner of that share of one class [Cardiomegaly]: a shortcut to find")                     \
    X("phantom", "patients", "K", "patients to draw, 1 to 4 studies each [1000]")

struct import_option {
    const char *kind, *name, *argument, *summary; /* kind: one, or several with blanks between */
};
/** The list as rows, ends with a NULL name. */
extern const struct import_option import_options[];

struct import_value {
    const char *name, *value;
};

struct import_roots; /* import_common.h */
struct import_dicom; /* likewise */

struct import_progress {
    const char *phase;    /* "listing" (files and rows), "masks", "looking" (sizes and channels) or "reading" */
    uint64_t done, total; /* images or masks; total 0: not known yet */
    uint32_t unreadable;  /* so far */
    uint64_t before;      /* of `done`, those that an earlier import had packed */
};

struct import_config {
    const char *kind; /* of a row in the table of importers */
    const char *path; /* folder or table; NULL for generated sets */
    const char *name; /* of the data set */
    int size;         /* pixels of a side; 0: 256 */
    enum import_fit fit;
    int channels;                /* 1, 3; 0: grey if all images are */
    int threads;                 /* 0: as many as processors */
    uint64_t seed;               /* for splits and for generated images */
    struct split_validation val; /* if the source has no validation images */
    bool follow_links;           /* follow links to other folders of --images; other links are left out */
    struct dicom_window window;  /* how DICOM files become grey levels */
    bool any_modality;           /* include DICOM files that are not projection radiographs */
    enum import_views views;
    /** Fills the key of the store, with which patients are hashed if a set has DICOM files. */
    bool (*patient_key)(void *ctx, uint8_t key[IMPORT_KEY], struct err *e);
    void *key_ctx;
    const struct import_value *values; /* options of the importer; "images" may come several times */
    size_t value_count;
    bool resume; /* keep a journal beside the pack, and go on where an import of this name was cut off */
    void (*note)(void *ctx, const char *line); /* what is worth a word now and not for ever; may be NULL */
    const struct folder *into;  /* where the pack goes, held open; NULL: by the path that import_run is given */
    struct import_roots *roots; /* private: the folders that may be read, known after a scan */
    struct import_dicom *dicom; /* private: decoders, and whether they were needed */
    /** Called now and then, by one thread at a time; returns false to stop (ERR_INTERRUPTED). May be NULL. */
    bool (*progress)(void *ctx, const struct import_progress *p);
    void *ctx;
};

#endif
