/* The phantom data set: generated chest radiographs with findings.
 *
 * An image is a pure function of (seed, patient, study): a patient is an anatomy and a history, a study is one
 * day, one pose and one exposure. The attenuation of the beam is summed along its path through soft tissue, lung and
 * bone, then converted to film grey, so that overlaps look as they do in a radiograph. Nothing is downloaded, and
 * two seeds have no patient in common. */
#ifndef MLVICX_DATA_PHANTOM_H
#define MLVICX_DATA_PHANTOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"

/** The classes that are drawn and labelled. An image without any of them is "No Finding", which is not a class. */
enum phantom_class {
    PHANTOM_CARDIOMEGALY,
    PHANTOM_EFFUSION,
    PHANTOM_PNEUMOTHORAX,
    PHANTOM_NODULE,
    PHANTOM_MASS,
    PHANTOM_CONSOLIDATION,
    PHANTOM_ATELECTASIS,
    PHANTOM_PLEURAL_THICKENING,
    PHANTOM_CLASSES
};
extern const char *const phantom_class_names[PHANTOM_CLASSES + 1]; /* as NIH writes them; ends in NULL */

enum { PHANTOM_SIZE_MIN = 32, PHANTOM_SIZE_MAX = 1024, PHANTOM_BOXES = 16, PHANTOM_STUDIES_MAX = 4 };

/* As in the rows of a data set: 1 train, 2 validation, 3 test. */
enum phantom_split { PHANTOM_TRAIN = 1, PHANTOM_VALIDATION, PHANTOM_TEST };

/** One image of the plan. */
struct phantom_item {
    uint32_t patient, study; /* study counts from 0 within the patient */
    enum phantom_split split;
};

/** The box of a finding: whole pixels of the drawn size, inside the image. */
struct phantom_box {
    enum phantom_class kind;
    int x, y, width, height;
};

/** The labels and facts of one image. */
struct phantom_study {
    uint32_t patient, study;
    enum phantom_split split;
    bool woman, portable;           /* portable: taken from the front (AP), else from behind (PA) */
    int age;                        /* years; a study a year */
    int8_t labels[PHANTOM_CLASSES]; /* 0 or 1 */
    int boxes;
    struct phantom_box box[PHANTOM_BOXES]; /* each positive class has one or more */
};

/** The images of `patients` patients, in order of patient and study: 1 to 4 each, 2.4 on average. Of every ten
 * consecutive patients, seven are for training, one for validation, two for test; a patient's row does not depend on
 * how many follow. Returns their number; `items` is NULL, or filled with that many. */
size_t phantom_plan(uint64_t seed, uint32_t patients, struct phantom_item *items);

/** Draws one image, `size` from 32 to 1024. pixels: [size, size] grey, filled. masks: NULL, or [size, size] filled:
 * bit c of a byte (1 << c) is set where class c is. out: NULL, or filled. Anatomy and findings are the same at every
 * size. Any number of threads may call it. Fails if the size is out of range or memory runs out. */
bool phantom_draw(uint64_t seed, uint32_t patient, uint32_t study, int size, uint8_t *pixels, uint8_t *masks,
                  struct phantom_study *out, struct err *e);

/** Does this image get a marker, if `percent` of all do? An independent draw: nothing else depends on it. */
bool phantom_is_marked(uint64_t seed, uint32_t patient, uint32_t study, double percent);
/** Draws the marker, a bright square with a dark centre, into the upper right corner. pixels: [size, size]. */
void phantom_mark(int size, uint8_t *pixels);

#endif
