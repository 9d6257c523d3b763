#include <stdlib.h>
#include <string.h>

#include <omp.h>

#include "engine/data/import_parts.h"

static void product_clear(struct import_product *p)
{
    free(p->pixels);
    free(p->masks);
    free(p->facts);
}

/* Each thread holds one product at most and waits for its turn, so memory is bounded by the number of threads. */
bool import_work_run(const struct import_work *w, struct err *e)
{
    bool stopped = false;
    int threads = w->threads > 0 ? w->threads : omp_get_num_procs();
#pragma omp parallel for ordered schedule(dynamic, 1) num_threads(threads)
    for (uint32_t i = 0; i < w->count; i++) {
        struct import_product p = { 0 };
        bool skip;
#pragma omp atomic read
        skip = stopped;
        if (!skip) w->make(w->ctx, i, &p);
#pragma omp ordered
        {
            if (!stopped && !w->take(w->ctx, i, &p, e)) {
#pragma omp atomic write
                stopped = true;
            }
        }
        product_clear(&p);
    }
    return !stopped;
}
