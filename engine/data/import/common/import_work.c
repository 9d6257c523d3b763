/* Processes many images in parallel and delivers the results in order.
 *
 * Threads take the next image while it is less than a window ahead of the delivered ones; finished results wait
 * in a ring. The thread that finds the oldest result finished delivers it, and all that follow without a gap. So no
 * thread waits for a slow image until the window is full, which bounds memory. */
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/limits.h"
#include "engine/data/import/common/import_common.h"

enum {
    AHEAD = 4, /* products of the ring for each thread */
    THREADS_MOST = 256,
    BUFFER_MOST = 32 << 20, /* bytes; the C library takes no more */
};

struct crew {
    const struct import_work *w;
    struct import_product *ring;
    bool *finished; /* [window] */
    uint32_t window;
    uint32_t next;  /* to make */
    uint32_t taken; /* all below it are taken */
    bool taking, stopped;
    struct err *e; /* of the taker that stopped */
    pthread_mutex_t lock;
    pthread_cond_t room;
};

int import_threads(int asked)
{
    struct limits l;
    if (asked <= 0) limits_read(NULL, &l);
    int n = asked > 0 ? asked : (int)l.processors.value;
    return n > THREADS_MOST ? THREADS_MOST : n;
}

static void product_clear(struct import_product *p)
{
    free(p->pixels);
    free(p->masks);
    free(p->study);
    *p = (struct import_product){ 0 };
}

/* Called with the lock held; it is released while the caller's function runs. */
static void take_finished(struct crew *p)
{
    p->taking = true;
    while (!p->stopped && p->taken < p->w->count && p->finished[p->taken % p->window]) {
        uint32_t i = p->taken, slot = i % p->window;
        pthread_mutex_unlock(&p->lock);
        bool ok = p->w->take(p->w->ctx, i, &p->ring[slot], p->e);
        product_clear(&p->ring[slot]);
        pthread_mutex_lock(&p->lock);
        p->finished[slot] = false;
        p->taken++;
        if (!ok) p->stopped = true;
        pthread_cond_broadcast(&p->room);
    }
    p->taking = false;
}

static void *work(void *ctx)
{
    struct crew *p = ctx;
    pthread_mutex_lock(&p->lock);
    while (!p->stopped && p->next < p->w->count) {
        if (p->next >= p->taken + p->window) {
            pthread_cond_wait(&p->room, &p->lock);
            continue;
        }
        uint32_t i = p->next++;
        pthread_mutex_unlock(&p->lock);
        p->w->make(p->w->ctx, i, &p->ring[i % p->window]);
        pthread_mutex_lock(&p->lock);
        p->finished[i % p->window] = true;
        if (!p->taking) take_finished(p);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* The buffers of an image are as large as those of the one before. If they went back to the system each time, it would
 * have to clear their pages again: a fifth of an import's time. */
static void keep_freed_memory(void)
{
#ifdef M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, BUFFER_MOST);
    mallopt(M_TRIM_THRESHOLD, 4 * BUFFER_MOST);
#endif
}

bool import_work_run(const struct import_work *w, struct err *e)
{
    struct err unused = { 0 };
    int threads = import_threads(w->threads), started = 1;
    struct crew p = {
        .w = w, .window = (uint32_t)(threads * AHEAD), .next = w->first, .taken = w->first, .e = e ? e : &unused
    };
    pthread_t handles[THREADS_MOST];
    keep_freed_memory();
    p.ring = calloc(p.window, sizeof *p.ring);
    p.finished = calloc(p.window, sizeof *p.finished);
    bool ok = p.ring && p.finished;
    if (!ok) {
        err_set(e, ERR_MEMORY, "no memory for %u images at once", p.window);
    } else {
        pthread_mutex_init(&p.lock, NULL);
        pthread_cond_init(&p.room, NULL);
        /* the calling thread works too; fewer helper threads are no failure */
        while (started < threads && !pthread_create(&handles[started], NULL, work, &p)) started++;
        work(&p);
        for (int t = 1; t < started; t++) pthread_join(handles[t], NULL);
        for (uint32_t s = 0; s < p.window; s++) product_clear(&p.ring[s]);
        pthread_cond_destroy(&p.room);
        pthread_mutex_destroy(&p.lock);
        ok = !p.stopped;
    }
    free(p.ring);
    free(p.finished);
    return ok;
}
