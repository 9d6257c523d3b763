#include "engine/data/loader.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/clock.h"
#include "engine/base/random.h"
#include "engine/base/text.h"

enum { SLOTS = 4, ALIGN = 64 }; /* one batch being read, three ahead */

/* One batch of the ring. Step s uses slot s % SLOTS. */
struct slot {
    uint64_t step;
    uint32_t pass;
    uint32_t *images; /* [batch] indices into the pack */
    int8_t *labels;   /* [batch, classes] */
    uint8_t *views[2];
    int done; /* number of images whose views are done */
    struct loader_times times;
};

/* Threads take one image of one step at a time, in order; a batch is ready when all its images are done. The lock
 * guards the counters and the lists of images, never the pixels: only the thread that took an image writes its
 * pixels. */
struct loader {
    struct loader_config c;
    uint32_t *images; /* [count], ours */
    int8_t *labels;   /* [count, classes], ours; NULL: none */
    uint32_t *order;  /* [count] permutation for the pass `order_pass` */
    uint64_t per_pass, order_pass;
    size_t view_bytes; /* of one image */
    struct slot slots[SLOTS];
    uint64_t take_step; /* next image to take: image take_image of step take_step */
    int take_image;
    uint64_t free_step; /* all steps below it were returned: a slot may hold steps up to free_step + SLOTS - 1 */
    uint64_t next_step; /* what loader_next gives next */
    bool lent, stop;
    const int8_t *lent_labels;
    struct loader_times lent_times;
    pthread_mutex_t lock;
    pthread_cond_t work, ready;
    int threads, locks; /* started; how many of lock, work, ready are initialised */
    pthread_t *handles;
    struct augment_scratch *scratch; /* [threads] */
};

struct loader_thread {
    struct loader *l;
    struct augment_scratch *scratch;
};

/* Opens step `take_step` in its slot: lists its images. Called with the lock held. */
static void open_step(struct loader *l)
{
    struct slot *s = &l->slots[l->take_step % SLOTS];
    uint64_t pass = l->take_step / l->per_pass, first = l->take_step % l->per_pass * (uint64_t)l->c.batch;
    size_t classes = (size_t)l->c.classes;
    if (pass != l->order_pass) {
        struct random r = random_stream(l->c.seed, (uint32_t)pass, 0, RANDOM_ORDER);
        random_permutation(&r, l->c.count, l->order);
        l->order_pass = pass;
    }
    for (int i = 0; i < l->c.batch; i++) {
        uint32_t row = l->order[first + (uint64_t)i];
        s->images[i] = l->images[row];
        if (l->labels) memcpy(s->labels + (size_t)i * classes, l->labels + row * classes, classes);
    }
    s->step = l->take_step;
    s->pass = (uint32_t)pass;
    s->done = 0;
    s->times = (struct loader_times){ 0 };
}

static void make_views(const struct loader *l, const struct slot *s, int i, struct augment_scratch *scratch)
{
    const struct loader_config *c = &l->c;
    const struct augment_image image = { pack_image(c->pack, s->images[i]), pack_size(c->pack), c->channels };
    for (int v = 0; v < c->views; v++)
        augment_view(&c->view[v], &(struct augment_draw){ c->seed, s->pass, s->images[i], v }, &image,
                     s->views[v] + (size_t)i * l->view_bytes, scratch);
}

/* Brings the pages of an image into memory: the pack is mapped, and the first access to a page waits for the disk. */
static void load(const struct pack *pack, uint32_t image)
{
    enum { PAGE = 4096 };
    size_t bytes = (size_t)pack_size(pack) * (size_t)pack_size(pack) * (size_t)pack_channels(pack);
    const volatile uint8_t *pixels = pack_image(pack, image);
    for (size_t i = 0; i < bytes; i += PAGE) (void)pixels[i];
    (void)pixels[bytes - 1];
}

static double processor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *work(void *ctx)
{
    struct loader_thread w = *(struct loader_thread *)ctx;
    struct loader *l = w.l;
    free(ctx);
    pthread_mutex_lock(&l->lock);
    while (!l->stop) {
        if (l->take_step >= l->free_step + SLOTS) {
            pthread_cond_wait(&l->work, &l->lock);
            continue;
        }
        if (l->take_image == 0) open_step(l);
        struct slot *s = &l->slots[l->take_step % SLOTS];
        int i = l->take_image++;
        if (l->take_image == l->c.batch) {
            l->take_image = 0;
            l->take_step++;
        }
        pthread_mutex_unlock(&l->lock);
        double asked = clock_seconds();
        load(l->c.pack, s->images[i]);
        double loaded = clock_seconds(), begun = processor_seconds();
        make_views(l, s, i, w.scratch);
        double made = processor_seconds();
        pthread_mutex_lock(&l->lock);
        s->times.load += loaded - asked;
        s->times.augment += made - begun;
        if (++s->done == l->c.batch) pthread_cond_signal(&l->ready);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

static bool check(const struct loader_config *c, struct err *e)
{
    if (c->batch < 1 || c->threads < 1 || c->size < 1)
        return err_set(e, ERR_CONFIG, "loader: batch, threads and size must be 1 or more");
    if (c->views < 1 || c->views > 2 || (c->labels && c->classes < 1))
        return err_set(e, ERR_CONFIG, "loader: %d views with labels of %d classes: 1 or 2 views, 1 class up", c->views,
                       c->classes);
    if ((uint32_t)c->batch > c->count)
        return err_set(e, ERR_DATA, "a batch of %d is larger than the %u %s to train on; take a smaller data.batch",
                       c->batch, c->count, text_number(c->count, "image", "images"));
    if (c->channels != pack_channels(c->pack))
        return err_set(e, ERR_DATA, "the pack has %d channel%s, %d asked for", pack_channels(c->pack),
                       pack_channels(c->pack) == 1 ? "" : "s", c->channels);
    for (uint32_t i = 0; i < c->count; i++)
        if (c->images[i] >= pack_count(c->pack))
            return err_set(e, ERR_DATA, "image %u is beyond the pack's %u", c->images[i], pack_count(c->pack));
    return true;
}

static bool allocate(struct loader *l, struct err *e)
{
    const struct loader_config *c = &l->c;
    size_t bytes = (l->view_bytes * (size_t)c->batch + ALIGN - 1) / ALIGN * ALIGN;
    bool ok = (l->images = malloc(c->count * sizeof *l->images)) != NULL &&
              (l->order = malloc(c->count * sizeof *l->order)) != NULL;
    size_t classes = (size_t)c->classes;
    ok = ok && (!c->labels || (l->labels = malloc(c->count * classes)) != NULL);
    ok = ok && (l->handles = calloc((size_t)c->threads, sizeof *l->handles)) != NULL;
    ok = ok && (l->scratch = calloc((size_t)c->threads, sizeof *l->scratch)) != NULL;
    for (int s = 0; ok && s < SLOTS; s++) {
        ok = (l->slots[s].images = malloc((size_t)c->batch * sizeof *l->slots[s].images)) != NULL;
        ok = ok && (!c->labels || (l->slots[s].labels = malloc((size_t)c->batch * classes)) != NULL);
        for (int v = 0; ok && v < c->views; v++) ok = (l->slots[s].views[v] = aligned_alloc(ALIGN, bytes)) != NULL;
    }
    if (!ok) return err_set(e, ERR_MEMORY, "no memory for %d batches of %zu bytes", c->views * SLOTS, bytes);
    for (int t = 0; t < c->threads; t++)
        if (!augment_scratch_init(&l->scratch[t], pack_size(c->pack), c->channels, c->size, e)) return false;
    memcpy(l->images, c->images, c->count * sizeof *l->images);
    if (c->labels) memcpy(l->labels, c->labels, c->count * classes);
    return true;
}

static bool start(struct loader *l, struct err *e)
{
    int failed = pthread_mutex_init(&l->lock, NULL);
    if (!failed) l->locks = 1, failed = pthread_cond_init(&l->work, NULL);
    if (!failed) l->locks = 2, failed = pthread_cond_init(&l->ready, NULL);
    if (!failed) l->locks = 3;
    for (; !failed && l->threads < l->c.threads; l->threads++) {
        struct loader_thread *w = malloc(sizeof *w);
        if (!w) return err_set(e, ERR_MEMORY, "no memory for the loader's threads");
        *w = (struct loader_thread){ l, &l->scratch[l->threads] };
        failed = pthread_create(&l->handles[l->threads], NULL, work, w);
        if (failed) {
            free(w);
            break;
        }
    }
    /* the views do not depend on the number of threads, so fewer threads are no failure */
    if (!failed || l->threads > 0) return true;
    return err_set(
        e, ERR_MEMORY,
        "data.threads: the loader cannot start a thread (%s); raise the limit on processes or memory of this "
        "job",
        strerror(failed));
}

bool loader_create(struct loader **out, const struct loader_config *c, struct err *e)
{
    *out = NULL;
    if (!check(c, e)) return false;
    struct loader *l = calloc(1, sizeof *l);
    if (!l) return err_set(e, ERR_MEMORY, "no memory for the loader");
    l->c = *c;
    l->per_pass = c->count / (uint32_t)c->batch;
    l->order_pass = UINT64_MAX;
    l->view_bytes = (size_t)c->size * (size_t)c->size * (size_t)c->channels;
    l->take_step = l->free_step = l->next_step = c->first_step;
    for (int s = 0; s < SLOTS; s++) l->slots[s].step = UINT64_MAX;
    if (!allocate(l, e) || !start(l, e)) {
        loader_destroy(l);
        return false;
    }
    l->c.images = NULL; /* only borrowed until here */
    l->c.labels = NULL;
    *out = l;
    return true;
}

bool loader_next(struct loader *l, const uint8_t *views[2], double *waited_seconds, struct err *e)
{
    double from = clock_seconds();
    pthread_mutex_lock(&l->lock);
    if (l->lent) {
        l->free_step++;
        pthread_cond_broadcast(&l->work);
    }
    struct slot *s = &l->slots[l->next_step % SLOTS];
    bool waited = false;
    while (s->step != l->next_step || s->done < l->c.batch) {
        waited = true;
        pthread_cond_wait(&l->ready, &l->lock);
    }
    l->next_step++;
    l->lent = true;
    l->lent_labels = s->labels;
    l->lent_times = s->times;
    pthread_mutex_unlock(&l->lock);
    if (!pack_check(l->c.pack, e)) return false;
    for (int v = 0; v < 2; v++) views[v] = s->views[v];
    if (waited_seconds) *waited_seconds = waited ? clock_seconds() - from : 0;
    return true;
}

uint64_t loader_steps_per_pass(const struct loader *l)
{
    return l->per_pass;
}

const int8_t *loader_labels(const struct loader *l)
{
    return l->lent_labels;
}

struct loader_times loader_times(const struct loader *l)
{
    return l->lent_times;
}

double loader_bytes(const struct loader_config *c)
{
    double labels = c->labels ? c->classes : 0;
    return SLOTS * c->batch * ((double)c->views * c->size * c->size * c->channels + labels) +
           c->count * (2.0 * sizeof(uint32_t) + labels);
}

void loader_destroy(struct loader *l)
{
    if (!l) return;
    if (l->locks == 3) {
        pthread_mutex_lock(&l->lock);
        l->stop = true;
        pthread_cond_broadcast(&l->work);
        pthread_mutex_unlock(&l->lock);
    }
    for (int t = 0; t < l->threads; t++) pthread_join(l->handles[t], NULL);
    if (l->locks > 2) pthread_cond_destroy(&l->ready);
    if (l->locks > 1) pthread_cond_destroy(&l->work);
    if (l->locks > 0) pthread_mutex_destroy(&l->lock);
    for (int s = 0; s < SLOTS; s++) {
        free(l->slots[s].images);
        free(l->slots[s].labels);
        free(l->slots[s].views[0]);
        free(l->slots[s].views[1]);
    }
    for (int t = 0; l->scratch && t < l->c.threads; t++) augment_scratch_clear(&l->scratch[t]);
    free(l->scratch);
    free(l->handles);
    free(l->images);
    free(l->labels);
    free(l->order);
    free(l);
}
