/* A run that waits because a user must intervene, and continues by itself once a checkpoint can be written. */
#include "app/worker/worker.h"

#include "engine/base/clock.h"
#include "engine/base/text.h"

bool worker_pause(struct worker *w, bool derived, const struct err *why, const char *what_to_do, struct err *e)
{
    w->paused = true;
    outbox_state(&w->recorder.box, STORE_PAUSED);
    return recorder_event(&w->recorder, &(struct recorder_occasion){ w->step, STORE_BAD, "alarm", derived }, e,
                          "%.300s; paused" TEXT_TRY "%s", why->msg, what_to_do) &&
           recorder_flush(&w->recorder, e);
}

bool worker_save_again(struct worker *w, struct err *e)
{
    struct err why;
    const char *reason = w->unsaved;
    if (!checkpointing_save(&w->recorder, &w->session, &w->run, w->step, reason, &why)) return true;
    w->unsaved = NULL;
    w->paused = false;
    w->saved = clock_seconds();
    outbox_state(&w->recorder.box, STORE_RUNNING);
    return recorder_event(&w->recorder, &(struct recorder_occasion){ w->step, STORE_INFO, "resume", false }, e,
                          "there is room: saved, and goes on") &&
           recorder_flush(&w->recorder, e);
}
