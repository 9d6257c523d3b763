/* The public interface of the phantom data set: the plan of patients and studies, and one image of it. */
#include "engine/data/phantom/phantom.h"

#include "engine/data/phantom/phantom_parts.h"

static enum phantom_split split_of(uint64_t seed, uint32_t patient)
{
    struct random r = phantom_stream(seed, patient / 10, -1, PART_PLAN); /* one shuffle for every ten patients */
    uint32_t order[10];
    random_permutation(&r, 10, order);
    uint32_t at = order[patient % 10];
    return at < 7 ? PHANTOM_TRAIN : at < 8 ? PHANTOM_VALIDATION : PHANTOM_TEST;
}

static uint32_t studies_of(uint64_t seed, uint32_t patient)
{
    struct random r = phantom_stream(seed, patient, 0, PART_PLAN);
    float u = random_uniform(&r);
    return u < 0.25f ? 1 : u < 0.55f ? 2 : u < 0.80f ? 3 : 4;
}

size_t phantom_plan(uint64_t seed, uint32_t patients, struct phantom_item *items)
{
    size_t n = 0;
    for (uint32_t p = 0; p < patients; p++) {
        uint32_t studies = studies_of(seed, p);
        enum phantom_split split = split_of(seed, p);
        for (uint32_t s = 0; s < studies; s++, n++)
            if (items) items[n] = (struct phantom_item){ p, s, split };
    }
    return n;
}

bool phantom_draw(uint64_t seed, uint32_t patient, uint32_t study, int size, uint8_t *pixels, uint8_t *masks,
                  struct phantom_study *out, struct err *e)
{
    if (size < PHANTOM_SIZE_MIN || size > PHANTOM_SIZE_MAX)
        return err_set(e, ERR_USAGE, "draw a phantom: size %d is out of range; choose %d to %d", size, PHANTOM_SIZE_MIN,
                       PHANTOM_SIZE_MAX);
    struct anatomy anatomy;
    struct pose pose;
    struct phantom_case found;
    struct body body;
    struct canvas canvas;
    struct phantom_box box[PHANTOM_BOXES];
    phantom_anatomy_draw(seed, patient, &anatomy);
    phantom_pose_draw(seed, patient, study, &pose);
    phantom_case_draw(seed, patient, study, &found);
    phantom_body_build(&anatomy, &pose, &found, &body);
    if (!phantom_canvas_init(&canvas, size, &body, masks, e)) return false;
    struct random vessels = phantom_stream(seed, patient, -1, PART_VESSELS),
                  devices = phantom_stream(seed, patient, study, PART_DEVICES);
    struct random noise = phantom_stream(seed, patient, study, PART_NOISE);
    phantom_draw_base(&canvas, &body);
    phantom_draw_bones(&canvas, &body);
    phantom_draw_vessels(&canvas, &body, &vessels);
    for (int i = 0; i < found.lesions; i++) phantom_draw_lesion(&canvas, &body, &found.lesion[i], &box[i]);
    phantom_draw_devices(&canvas, &body, &devices);
    bool ok = phantom_expose(&canvas, &body, &noise, pixels, e);
    phantom_canvas_clear(&canvas);
    if (!ok || !out) return ok;
    *out = (struct phantom_study){
        .patient = patient,
        .study = study,
        .split = split_of(seed, patient),
        .woman = anatomy.woman,
        .portable = pose.portable,
        .age = 18 + (int)(72 * anatomy.old) + (int)study,
        .boxes = found.lesions,
    };
    for (int k = 0; k < PHANTOM_CLASSES; k++) out->labels[k] = found.labels[k];
    for (int i = 0; i < found.lesions; i++) out->box[i] = box[i];
    return true;
}

bool phantom_is_marked(uint64_t seed, uint32_t patient, uint32_t study, double percent)
{
    struct random r = phantom_stream(seed, patient, study, PART_MARKER);
    return random_uniform(&r) * 100 < percent;
}

void phantom_mark(int size, uint8_t *pixels)
{
    int side = size / 12 > 3 ? size / 12 : 3, inset = size / 32, middle = side / 3;
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            bool inner = x >= middle && x < side - middle && y >= middle && y < side - middle;
            pixels[(size_t)(inset + y) * (size_t)size + (size_t)(size - inset - side + x)] = inner ? 20 : 250;
        }
}
