/* People without ids: images that are likely pictures of one person, by the features of a run. */
#ifndef MLVICX_APP_DATA_PEOPLE_H
#define MLVICX_APP_DATA_PEOPLE_H

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/worker/eval.h"
#include "engine/data/dataset.h"
#include "engine/evaluate/lookalike.h"

struct data_people {
    struct eval_encoder encoder;
    struct lookalike *pairs; /* [count], those that count first `candidates` */
    int count;
    /* Measured where ids are known, as if they were not: */
    int known;   /* pairs that count, both of a known patient ...  */
    int right;   /* ... and of one                                 */
    int others;  /* images whose patient has another one           */
    int reached; /* of them in a right pair                        */
};

/** Open the run of `word`, RUN[@STEP]; size and channels of its images filled. Ended by data_people_clear. */
bool data_people_open(struct data_people *p, struct app *app, const char *word, int *size, int *channels,
                      struct err *e);
/** Find the pairs among the images of a pack, and measure them. */
bool data_people_find(struct data_people *p, const struct dataset *d, const struct pack *pack, bool (*go_on)(void *ctx),
                      void *ctx, struct err *e);
void data_people_clear(struct data_people *p);

json_t *data_people_json(const struct data_people *p, const struct dataset *d);
void data_people_print(const struct data_people *p, const struct dataset *d);

#endif
