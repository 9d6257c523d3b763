#include "config.h"

#include "engine/data/dicom/dicom_pool.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/data/dicom/dicom_child.h"
#include "engine/data/dicom/dicom_parts.h"

const struct dicom_limits dicom_limits = { 60, 600, (size_t)2 << 30, NULL };

/* A decoder process. It is a child of the pool's process, not of ours. */
struct decoder {
    int socket;
    pid_t pid;
};

struct dicom_pool {
    struct dicom_limits limits;
    int socket; /* to the process that forks decoders */
    pid_t pid;
    pthread_mutex_t lock; /* of what follows, and of `socket` */
    struct decoder *idle;
    size_t count, room;
};

static bool decode_dicom(const uint8_t *bytes, size_t n, const struct dicom_request *q, struct dicom_facts *facts,
                         int *channels, uint8_t **pixels, struct err *e)
{
    struct dicom_picture p;
    bool ok = dicom_decode(bytes, n, q, facts, &p, e);
    *channels = p.channels;
    *pixels = p.pixels;
    return ok;
}

bool dicom_pool_create(struct dicom_pool **out, const struct dicom_limits *l, struct err *e)
{
    int ends[2];
    *out = NULL;
    if (!l->decode && !dicom_supported())
        return err_set(e, ERR_UNSUPPORTED, "this mlvicx was built without DICOM (libgdcm-dev); convert it to PNG");
    struct dicom_pool *p = calloc(1, sizeof *p);
    if (!p) return err_set(e, ERR_MEMORY, "no memory");
    p->limits = *l;
    if (!l->decode) p->limits.decode = decode_dicom;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
        free(p);
        return err_errno(e, "no socket for decoders of DICOM");
    }
    p->socket = ends[0];
    p->pid = dicom_nursery(ends[1], &p->limits);
    if (p->pid < 0) err_errno(e, "no process for decoders of DICOM");
    close(ends[1]);
    if (p->pid < 0) {
        close(ends[0]);
        free(p);
        return false;
    }
    pthread_mutex_init(&p->lock, NULL);
    *out = p;
    return true;
}

void dicom_pool_destroy(struct dicom_pool *p)
{
    if (!p) return;
    for (size_t i = 0; i < p->count; i++) close(p->idle[i].socket);
    close(p->socket);
    while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR) continue;
    pthread_mutex_destroy(&p->lock);
    free(p->idle);
    free(p);
}

/* An idle decoder, or a new one. */
static bool take(struct dicom_pool *p, struct decoder *d, struct err *e)
{
    char ask = 0;
    pthread_mutex_lock(&p->lock);
    bool ok = p->count > 0;
    if (ok) {
        *d = p->idle[--p->count];
    } else {
        ok = dicom_send(p->socket, &ask, 1, -1) && dicom_receive(p->socket, &d->pid, sizeof d->pid, &d->socket) &&
             d->pid > 0 && d->socket >= 0;
        if (!ok) err_set(e, ERR_IO, "no process to decode it can be made; is there a limit of processes?");
    }
    pthread_mutex_unlock(&p->lock);
    return ok;
}

static void give_back(struct dicom_pool *p, const struct decoder *d)
{
    pthread_mutex_lock(&p->lock);
    if (p->count == p->room) {
        size_t room = p->room ? 2 * p->room : 16;
        struct decoder *rows = realloc(p->idle, room * sizeof *rows);
        if (rows) {
            p->idle = rows;
            p->room = room;
        }
    }
    if (p->count < p->room)
        p->idle[p->count++] = *d;
    else
        close(d->socket); /* which ends it */
    pthread_mutex_unlock(&p->lock);
}

/* The first byte of an answer, 0 if the decoder died, or was killed because it neither answered nor kept its own
 * limits. The decoder exists as long as its socket is open, so its process number is not reused. */
static char wait_for(const struct dicom_pool *p, const struct decoder *d)
{
    double end = clock_seconds() + p->limits.seconds + 5;
    for (;;) {
        struct pollfd f = { d->socket, POLLIN, 0 };
        double left = end - clock_seconds();
        int n = left > 0 ? poll(&f, 1, left < 1e6 ? (int)(left * 1000) + 1 : -1) : 0;
        char says;
        if (n > 0) return dicom_receive(d->socket, &says, 1, NULL) ? says : 0;
        if (n < 0 && errno == EINTR) continue;
        kill(d->pid, SIGKILL);
        return DICOM_SAYS_TIME;
    }
}

static bool receive_answer(const struct decoder *d, const struct dicom_request *q, struct dicom_answer *a,
                           uint8_t **pixels, struct err *e)
{
    if (!dicom_receive(d->socket, a, sizeof *a, NULL)) return false;
    a->e.msg[sizeof a->e.msg - 1] = a->facts.patient[DICOM_PATIENT - 1] = a->facts.modality[DICOM_TERM - 1] =
        a->facts.view_name[DICOM_TERM - 1] = a->facts.age[sizeof a->facts.age - 1] = a->facts.sex[1] = '\0';
    if (!a->channels) return true;
    size_t width = (size_t)a->facts.width, height = (size_t)a->facts.height;
    if (!a->ok || !q->pixels || (a->channels != 1 && a->channels != 3) || width - 1 >= DICOM_SIDE_MOST ||
        height - 1 >= DICOM_SIDE_MOST || width * height > DICOM_PIXELS_MOST)
        return false;
    if (!(*pixels = malloc(width * height * (size_t)a->channels)))
        return err_set(e, ERR_MEMORY, "no memory for %zu x %zu pixels", width, height);
    return dicom_receive(d->socket, *pixels, width * height * (size_t)a->channels, NULL);
}

bool dicom_pool_read(struct dicom_pool *p, int fd, const struct dicom_request *q, struct dicom_facts *facts,
                     int *channels, uint8_t **pixels, struct err *e)
{
    struct decoder d;
    struct dicom_answer a = { 0 };
    *facts = (struct dicom_facts){ 0 };
    *channels = 0;
    *pixels = NULL;
    if (!take(p, &d, e)) return false;
    struct err why = { 0 };
    char says = dicom_send(d.socket, q, sizeof *q, fd) ? wait_for(p, &d) : 0;
    if (says == DICOM_SAYS_ANSWER && receive_answer(&d, q, &a, pixels, &why)) {
        give_back(p, &d);
        *facts = a.facts;
        *channels = a.channels;
        if (!a.ok) return err_set(e, a.e.code, "%s", a.e.msg);
        return !q->pixels || *pixels || err_set(e, ERR_INTERNAL, "its decoder gave no pixels");
    }
    close(d.socket);
    free(*pixels);
    *pixels = NULL;
    if (why.code) return err_set(e, why.code, "%s", why.msg);
    if (says == DICOM_SAYS_TIME)
        return err_set(e, ERR_FORMAT, "damaged: its decoder did not end within %.3g s of processor time or %.3g s",
                       p->limits.processor_seconds, p->limits.seconds);
    return err_set(e, ERR_FORMAT, "damaged: its decoder crashed on it");
}
