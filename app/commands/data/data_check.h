/* What a check found, and how it is told. */
#ifndef MLVICX_APP_DATA_CHECK_H
#define MLVICX_APP_DATA_CHECK_H

#include "app/cli/json.h"
#include "app/commands/data/data_copies.h"
#include "app/commands/data/data_people.h"
#include "engine/data/grey.h"
#include "store/dataset.h"

struct check {
    const struct dataset *d;
    struct data_copies copies, near;
    struct near_print *prints; /* [images] */
    struct grey_levels grey;   /* of a sample */
    bool *inverted;            /* [images] */
    uint32_t inverted_count;
    struct data_people people;
    const char *features; /* NULL: not asked for */
    const char *against;  /* NULL: compared with nothing */
    struct store *store;  /* that it is in */
    size_t shared, shared_test, near_shared, near_shared_test;
    uint32_t first;  /* image that is shared */
    bool *is_shared; /* [images] equal to one of the other set; NULL: compared with nothing */
};

json_t *data_check_json(const struct check *k);
void data_check_print(const struct check *k);

#endif
