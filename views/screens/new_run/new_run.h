/* What the files of the screen New run share: its state. */
#ifndef MLVICX_VIEWS_NEW_RUN_H
#define MLVICX_VIEWS_NEW_RUN_H

#include "store/dataset.h"
#include "views/screens/importing.h"
#include "views/screens/new_run/estimate.h"
#include "views/screens/new_run/new_form.h"

enum { PARENTS_MOST = 100 };

struct new_run {
    struct form form;
    struct estimate estimate;
    struct importing importing;
    struct store_datasets data;
    int chosen, top, height; /* rows of the form: the chosen one, the first that is shown, as many as are shown */
    int column_h, column_w;  /* of each column of them */
    int changes;             /* of the form as last seen, and when it became so */
    double changed_at;
    bool stale;                    /* data sets came or went */
    int64_t newest;                /* data set, to see what was imported */
    int64_t parents[PARENTS_MOST]; /* runs of the list that is asked */
    bool awaits;                   /* an import was asked for: choose what comes */
};

#endif
