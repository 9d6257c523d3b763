/* Whether what is asked for fits into what this job may use (engine/base/limits.h): its memory, its addresses, its
 * threads, its files. Asked before anything is made: memory that is missing later means a kill without any message. */
#ifndef MLVICX_APP_FIT_H
#define MLVICX_APP_FIT_H

#include "app/session/session.h"
#include "engine/base/limits.h"
#include "store/database/store.h"

/** What a worker takes at its peak: the engine and what is beside it all the time, and the larger of what looking
 * and saving take for the moment. The pack is mapped: its pages are counted in the peak, and given back when others
 * need them. Bytes. */
struct fit_memory {
    double engine, program, loader, pack, looking, saving, peak;
    double needed; /* what must be there: the peak without the pack, and the program that watches */
};

/** Of a session that is open, from its plan. */
struct fit_memory fit_memory(const struct session *s, const struct engine_size *p);

/** As the program starts: whether there is memory for it at all. Where addresses are limited, all threads allocate from
 * one arena from then on: each would reserve 64 MiB for one of its own, which nobody has counted. ERR_MEMORY. */
bool fit_begin(struct err *e);

/** What must be there for a session that is open; 0 where that cannot be told. */
double fit_needed(const struct session *s);

/** A training with these settings: memory and threads. ERR_MEMORY or ERR_CONFIG with the limit and what to lower. */
bool fit_check(const struct session *s, struct err *e);
/** The same where plan and limits are known. */
bool fit_check_plan(const struct session *s, const struct engine_size *p, const struct limits *l, struct err *e);

/** The files that it writes, where RLIMIT_FSIZE bounds them: a checkpoint, and the database with what it
 * records after `done` steps. */
bool fit_check_files(const struct session *s, int64_t done, const struct store *store, struct err *e);
/** The database with `bytes` more in it for `what`, likewise. */
bool fit_check_store(const struct store *store, double bytes, const char *what, struct err *e);

/** An engine by itself: one that computes features, or is measured. */
bool fit_check_engine(const struct engine_config *c, struct err *e);
/** Threads by themselves, for what takes no memory to speak of; `what` begins the error. */
bool fit_check_threads(const char *what, int threads, struct err *e);
/** An engine that is there, and `bytes` beside it for `what`. */
bool fit_check_beside(const struct engine_config *c, double bytes, const char *what, struct err *e);

#endif
