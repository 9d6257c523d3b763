/* The rows of the screen Profile: the phases of a step and what runs beside it, over the newest steps. */
#ifndef MLVICX_VIEWS_PROFILE_ROWS_H
#define MLVICX_VIEWS_PROFILE_ROWS_H

#include "views/analysis/log_end.h"
#include "views/analysis/series.h"
#include "views/analysis/x_axes.h"
#include "views/workbench/workbench.h"

enum { PROFILE_PHASES = 64, PROFILE_HISTORY = 200, PROFILE_WINDOWS = 4 };

/** When it takes place: as a part of the step, from one step to the next, or in other threads meanwhile. */
enum phase_when { PHASE_WITHIN, PHASE_BETWEEN, PHASE_BESIDE };

struct phase {
    char name[64]; /* without "time." */
    int64_t metric;
    int place;
    bool part; /* of another phase: not counted twice */
    enum phase_when when;
    double mean, per_step; /* seconds: per occurrence, and per step on average; NaN: never */
    int64_t times;
};

struct profile {
    struct phase phase[PROFILE_PHASES];
    int count, chosen, top, height;
    int window;
    bool by_time;
    int64_t since;                /* averages start after this step (reset) */
    int64_t steps;                /* that means are of */
    double step_seconds, between; /* seconds of a step, and on average from one to the next */
    double speed, whole_speed;    /* images a second: of a step, and with the time between steps; NaN: not known */
    struct series history;
    struct series_point points[PROFILE_HISTORY + 1]; /* the last is the newest value alone */
    int point_count;
    struct x_axes x;
    struct log_end log, library;
    /* results of a dry run with this run's settings */
    int64_t planned; /* run that the job was for, 0: none */
    bool known;
    double flops, parameters, activations, scratch, tables, total;
    double moved; /* least bytes per step: each map and its gradient written and read, the parameters twice */
    double fma_gflops, memory_gbps; /* peak rates of the machine, measured once and stored; 0: not yet */
    char kernels[32];
    int threads;
};

/** Reads phases, means and the history of the chosen one. */
bool profile_read_rows(struct workbench *wb, struct profile *p, struct err *e);

#endif
