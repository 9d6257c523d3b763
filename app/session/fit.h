/* Whether the requested work fits into the limits of this job (engine/base/limits.h): memory, address space,
 * threads, files. Checked before anything is created, because missing memory later means a kill without any message. */
#ifndef MLVICX_APP_FIT_H
#define MLVICX_APP_FIT_H

#include "app/session/session.h"
#include "engine/base/limits.h"
#include "store/database/store.h"

/** What a worker needs at its peak: the engine and what is always beside it, and the larger of the temporary buffers
 * for diagnostics and for saving. The pack is mapped: its pages are counted in the peak, and released when others
 * need memory. Bytes. */
struct fit_memory {
    double engine, program, loader, pack, looking, saving, peak;
    double needed; /* what must be available: the peak without the pack, and the program that watches */
};

/** For an open session, from its plan. */
struct fit_memory fit_memory(const struct session *s, const struct engine_size *p);

/** At the start of the program: whether there is memory for it at all. If the address space is limited, all threads
 * allocate from one arena from then on: each would otherwise reserve 64 MiB for its own, which is not counted.
 * ERR_MEMORY. */
bool fit_begin(struct err *e);

/** What must be available for an open session; 0 if that is unknown. */
double fit_needed(const struct session *s);

/** A training run with these settings: memory and threads. ERR_MEMORY or ERR_CONFIG with the limit and what to
 * lower. */
bool fit_check(const struct session *s, struct err *e);
/** The same if plan and limits are known. */
bool fit_check_plan(const struct session *s, const struct engine_size *p, const struct limits *l, struct err *e);

/** The files that it writes, if RLIMIT_FSIZE limits them: a checkpoint, and the database with what it records after
 * `done` steps. */
bool fit_check_files(const struct session *s, int64_t done, const struct store *store, struct err *e);
/** The same for the database with `bytes` more in it for `what`. */
bool fit_check_store(const struct store *store, double bytes, const char *what, struct err *e);

/** An engine alone: one that computes features, or is measured. */
bool fit_check_engine(const struct engine_config *c, struct err *e);
/** Threads alone, for work that needs little memory; `what` begins the error. */
bool fit_check_threads(const char *what, int threads, struct err *e);
/** An existing engine, and `bytes` beside it for `what`. */
bool fit_check_beside(const struct engine_config *c, double bytes, const char *what, struct err *e);

#endif
