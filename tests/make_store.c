/* Make a synthetic store: make_store DIR [RUNS [STEPS [methods]]], in a folder that is empty or new. RUNS (1000) of 64
 * steps each, one of STEPS (0: none), and with a word after these runs of two other methods. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/synthetic_store.h"
#include "store/run.h"

int main(int argc, char **argv)
{
    struct synthetic_store m = { .runs = argc > 2 ? atoi(argv[2]) : 1000,
                                 .steps = argc > 3 ? atoll(argv[3]) : 0,
                                 .methods = argc > 4 };
    struct store *s = NULL;
    struct store_runs there = { 0 };
    struct err e;
    if (argc < 2) {
        fprintf(stderr, "usage: make_store DIR [RUNS [STEPS [methods]]]\n");
        return 2;
    }
    bool ok = store_open(argv[1], STORE_WRITE, &s, &e) && store_run_list(s, &there, &e);
    if (ok && there.count) ok = err_set(&e, ERR_CONFLICT, "%s holds runs already; give a new folder", store_dir(s));
    store_runs_clear(&there);
    ok = ok && synthetic_store_fill(s, &m, NULL, NULL, &e);
    store_close(s);
    if (!ok) fprintf(stderr, "make_store: %s\n", e.msg);
    return ok ? 0 : 1;
}
