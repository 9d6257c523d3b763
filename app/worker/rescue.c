#include "app/worker/rescue.h"

#include <stdio.h>

#include "engine/base/err.h"
#include "store/database/files.h"

bool rescue_is_due(const struct worker *w)
{
    struct store_run row;
    struct err why;
    if (!store_run_get(w->store, w->run.id, &row, &why)) return why.code == ERR_NOT_FOUND;
    store_run_clear(&row);
    return false;
}

/* Ids are never reused, so no folder of another run has that name. */
static bool move_folder(const struct worker *w, char kept[STORE_PATH], struct err *e)
{
    if (store_run_keep_folder(w->store, w->run.id, kept, e)) return true;
    store_run_path(w->store, w->run.id, NULL, kept, NULL);
    return false;
}

void rescue(struct worker *w, bool trained)
{
    char where[STORE_PATH] = "";
    struct err why;
    bool saved = trained && w->step > 0 && checkpointing_save_file(&w->recorder, &w->session, &w->run, w->step, &why);
    if (trained && w->step > 0 && !saved) printf("error: not saved: %s\n", why.msg);
    if (!recorder_save(&w->recorder, &why)) printf("error: not saved: %s\n", why.msg);
    if (!move_folder(w, where, &why)) printf("error: its folder stays where it is: %s\n", why.msg);
    printf("error: run %s was removed from the store while it was trained; what it has learned is kept in %s\n",
           w->run.name, where);
    if (*w->recorder.saved.path)
        printf("error: its newest state begins another run: mlvicx train --set model.init=%s/%s\n", where,
               w->recorder.saved.path);
    fflush(stdout);
}
