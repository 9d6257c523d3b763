/* Making the tables of the direct convolution. */
#include "engine/kernels/vector/conv.h"
#include "engine/kernels/vector/winograd.h"

#include <assert.h>
#include <stdlib.h>

enum {
    BORDERED_BELOW = 8,     /* input channels: fewer are gathered into rows of taps                      */
    SMALL_MAP = 64,         /* output pixels: up to here border pixels are classes of their own          */
    PARTIAL_MOST = 1 << 18, /* reals of dw: up to here each thread sums a copy of its own            */
};

/* One direction of one axis: where output position `at` meets the input at tap `t`. */
struct axis {
    int in, out, r, stride, pad;
    bool backward;
    bool split; /* taps in the padding are left out */
};

/* Input position, -1 in the padding, -2 where the stride all over it. */
static int axis_input(const struct axis *a, int at, int t)
{
    int position;
    if (a->backward) {
        position = at + a->pad - t;
        if ((position % a->stride + a->stride) % a->stride != 0) return -2;
        position = position < 0 ? -1 : position / a->stride;
    } else {
        position = at * a->stride - a->pad + t;
    }
    return position < 0 || position >= a->in ? -1 : position;
}

static unsigned axis_taps(const struct axis *a, int at)
{
    unsigned taps = 0;
    for (int t = 0; t < a->r; t++) {
        int position = axis_input(a, at, t);
        if (position >= 0 || (position == -1 && !a->split)) taps |= 1u << t;
    }
    return taps;
}

static struct conv_class *class_of(struct conv_tables *tables, unsigned key)
{
    for (int i = 0; i < tables->class_count; i++) {
        if (tables->classes[i].key == key) return &tables->classes[i];
    }
    struct conv_class *grown = realloc(tables->classes, ((size_t)tables->class_count + 1) * sizeof *grown);
    if (!grown) return NULL;
    tables->classes = grown;
    grown += tables->class_count++;
    *grown = (struct conv_class){ .key = key };
    return grown;
}

static bool class_tables(struct conv_class *cls, int r)
{
    for (int t = 0; t < r * r; t++) {
        if (cls->key >> 16 >> (t / r) & 1 && cls->key >> (t % r) & 1) cls->tap[cls->taps++] = t;
    }
    cls->out = malloc((size_t)cls->pixels * sizeof *cls->out);
    cls->in = malloc(((size_t)cls->pixels * cls->taps + 1) * sizeof *cls->in);
    cls->pixels = 0; /* counted again while they are filled */
    return cls->out && cls->in;
}

/* Tables of a direction whose input rows are pixels of the map. */
static bool map_tables(struct conv_tables *tables, const struct axis *vertical, const struct axis *horizontal)
{
    int r = vertical->r;
    for (int o = 0; o < tables->out_pixels; o++) {
        unsigned rows = axis_taps(vertical, o / horizontal->out), columns = axis_taps(horizontal, o % horizontal->out);
        struct conv_class *cls = class_of(tables, rows && columns ? rows << 16 | columns : 0);
        if (!cls) return false;
        cls->pixels++;
    }
    for (int i = 0; i < tables->class_count; i++) {
        if (!class_tables(&tables->classes[i], r)) return false;
    }
    for (int o = 0; o < tables->out_pixels; o++) {
        int oy = o / horizontal->out, ox = o % horizontal->out;
        unsigned rows = axis_taps(vertical, oy), columns = axis_taps(horizontal, ox);
        struct conv_class *cls = class_of(tables, rows && columns ? rows << 16 | columns : 0);
        int32_t *in = cls->in + (size_t)cls->pixels * cls->taps;
        cls->out[cls->pixels++] = o;
        for (int t = 0; t < cls->taps; t++) {
            int y = axis_input(vertical, oy, cls->tap[t] / r), x = axis_input(horizontal, ox, cls->tap[t] % r);
            in[t] = y < 0 || x < 0 ? -1 : (y * horizontal->in + x) * tables->in_c;
        }
    }
    return true;
}

/* Tables of the forward pass over bordered copies: r runs, always inside. */
static bool bordered_tables(struct conv_tables *tables, const struct conv_shape *s, int ow)
{
    struct conv_class *cls = class_of(tables, 0);
    if (!cls) return false;
    cls->taps = s->r;
    cls->pixels = tables->out_pixels;
    cls->out = malloc((size_t)tables->out_pixels * sizeof *cls->out);
    cls->in = malloc((size_t)tables->out_pixels * s->r * sizeof *cls->in);
    if (!cls->out || !cls->in) return false;
    for (int t = 0; t < s->r; t++) cls->tap[t] = t;
    for (int o = 0; o < tables->out_pixels; o++) {
        cls->out[o] = o;
        for (int t = 0; t < s->r; t++) {
            int y = o / ow * s->stride + t, x = o % ow * s->stride;
            cls->in[o * s->r + t] = (y * (s->w + 2 * s->pad) + x) * s->c;
        }
    }
    return true;
}

struct conv_plan *conv_plan_create(const struct conv_shape *s, int threads, struct err *e)
{
    assert(s->r * s->r <= CONV_TAPS_MOST && s->r > s->pad && threads > 0);
    struct conv_plan *p = calloc(1, sizeof *p);
    if (!p) goto out_of_memory;
    p->s = *s;
    p->threads = threads;
    p->oh = conv_out(s->h, s->r, s->stride, s->pad);
    p->ow = conv_out(s->w, s->r, s->stride, s->pad);
    p->bordered = s->c < BORDERED_BELOW && s->r > 1;
    p->border_image = p->bordered ? (size_t)(s->h + 2 * s->pad) * (s->w + 2 * s->pad) * s->c : 0;
    p->split_pixels = (size_t)s->r * s->r * s->c * s->k <= PARTIAL_MOST;
    size_t x = (size_t)s->h * s->w * s->c, y = (size_t)p->oh * p->ow * s->k;
    bool small = p->oh * p->ow <= SMALL_MAP;
    p->forward = (struct conv_tables){
        .in_c = s->c, .out_c = s->k, .taps = s->r * s->r, .out_pixels = p->oh * p->ow, .in_image = x, .out_image = y
    };
    p->backward = (struct conv_tables){
        .in_c = s->k, .out_c = s->c, .taps = s->r * s->r, .out_pixels = s->h * s->w, .in_image = y, .out_image = x
    };
    struct axis vertical = { s->h, p->oh, s->r, s->stride, s->pad, false, small };
    struct axis horizontal = { s->w, p->ow, s->r, s->stride, s->pad, false, small };
    if (p->bordered) {
        p->forward.taps = s->r;
        p->forward.in_c = s->r * s->c;
        if (!bordered_tables(&p->forward, s, p->ow)) goto out_of_memory;
    } else if (!map_tables(&p->forward, &vertical, &horizontal)) {
        goto out_of_memory;
    }
    vertical = (struct axis){ p->oh, s->h, s->r, s->stride, s->pad, true, small };
    horizontal = (struct axis){ p->ow, s->w, s->r, s->stride, s->pad, true, small };
    if (!map_tables(&p->backward, &vertical, &horizontal)) goto out_of_memory;
    if (s->r == 3 && s->stride == 1 && s->pad == 1 && !(p->winograd = winograd_create(s->n, s->h, s->w)))
        goto out_of_memory;
    conv_set_fixed_variants(p);
    return p;

out_of_memory:
    conv_plan_destroy(p);
    err_set(e, ERR_MEMORY, "plan a convolution of %d x %d x %d: memory ran out", s->h, s->w, s->c);
    return NULL;
}

void conv_plan_destroy(struct conv_plan *p)
{
    if (!p) return;
    struct conv_tables *all[2] = { &p->forward, &p->backward };
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < all[i]->class_count; j++) {
            free(all[i]->classes[j].out);
            free(all[i]->classes[j].in);
        }
        free(all[i]->classes);
    }
    winograd_destroy(p->winograd);
    free(p);
}
