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

/* Input position, -1 in the padding, -2 where the stride steps over it: a gradient reaches an input only from the
 * outputs whose windows begin a multiple of the stride away. */
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

/* The taps that position `at` visits, as bits. */
static unsigned axis_taps(const struct axis *a, int at)
{
    unsigned taps = 0;
    for (int t = 0; t < a->r; t++) {
        int position = axis_input(a, at, t);
        if (position >= 0 || (position == -1 && !a->split)) taps |= 1u << t;
    }
    return taps;
}

/* The class of that key, made where there is none; NULL when memory ran out. */
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

static void class_taps(struct conv_class *cls, int r)
{
    for (int t = 0; t < r * r; t++) {
        if (cls->key >> 16 >> (t / r) & 1 && cls->key >> (t % r) & 1) cls->tap[cls->taps++] = t;
    }
}

static bool class_tables(struct conv_class *cls)
{
    cls->out = malloc((size_t)cls->pixels * sizeof *cls->out);
    cls->in = malloc(((size_t)cls->pixels * cls->taps + 1) * sizeof *cls->in);
    cls->pixels = 0; /* counted again while they are filled */
    return cls->out && cls->in;
}

/* Classes of a direction whose input rows are pixels of the map, with their numbers of pixels. */
static bool map_classes(struct conv_tables *tables, const struct axis *vertical, const struct axis *horizontal)
{
    for (int o = 0; o < tables->out_pixels; o++) {
        unsigned rows = axis_taps(vertical, o / horizontal->out), columns = axis_taps(horizontal, o % horizontal->out);
        struct conv_class *cls = class_of(tables, rows && columns ? rows << 16 | columns : 0);
        if (!cls) return false;
        cls->pixels++;
    }
    for (int i = 0; i < tables->class_count; i++) class_taps(&tables->classes[i], vertical->r);
    return true;
}

/* Their tables. */
static bool map_tables(struct conv_tables *tables, const struct axis *vertical, const struct axis *horizontal)
{
    int r = vertical->r;
    for (int i = 0; i < tables->class_count; i++) {
        if (!class_tables(&tables->classes[i])) return false;
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

/* The forward pass over bordered copies: r runs, always inside. */
static bool bordered_class(struct conv_tables *tables, const struct conv_shape *s)
{
    struct conv_class *cls = class_of(tables, 0);
    if (!cls) return false;
    cls->taps = s->r;
    cls->pixels = tables->out_pixels;
    for (int t = 0; t < s->r; t++) cls->tap[t] = t;
    return true;
}

static bool bordered_tables(struct conv_tables *tables, const struct conv_shape *s, int ow)
{
    struct conv_class *cls = tables->classes;
    if (!class_tables(cls)) return false;
    cls->pixels = tables->out_pixels;
    for (int o = 0; o < tables->out_pixels; o++) {
        cls->out[o] = o;
        for (int t = 0; t < s->r; t++) {
            int y = o / ow * s->stride + t, x = o % ow * s->stride;
            cls->in[o * s->r + t] = (y * (s->w + 2 * s->pad) + x) * s->c;
        }
    }
    return true;
}

/* How positions of a direction meet the input, along both axes. */
static void axes_of(const struct conv_plan *p, bool backward, struct axis *vertical, struct axis *horizontal)
{
    const struct conv_shape *s = &p->s;
    bool split = p->oh * p->ow <= SMALL_MAP;
    *vertical = (struct axis){ s->h, p->oh, s->r, s->stride, s->pad, backward, split };
    *horizontal = (struct axis){ s->w, p->ow, s->r, s->stride, s->pad, backward, split };
    if (!backward) return;
    vertical->in = p->oh, vertical->out = s->h;
    horizontal->in = p->ow, horizontal->out = s->w;
}

static bool make_classes(struct conv_plan *p)
{
    const struct conv_shape *s = &p->s;
    size_t x = (size_t)s->h * s->w * s->c, y = (size_t)p->oh * p->ow * s->k;
    struct axis vertical, horizontal;
    p->forward = (struct conv_tables){
        .in_c = s->c, .out_c = s->k, .taps = s->r * s->r, .out_pixels = p->oh * p->ow, .in_image = x, .out_image = y
    };
    p->backward = (struct conv_tables){
        .in_c = s->k, .out_c = s->c, .taps = s->r * s->r, .out_pixels = s->h * s->w, .in_image = y, .out_image = x
    };
    axes_of(p, false, &vertical, &horizontal);
    if (p->bordered) {
        p->forward.taps = s->r;
        p->forward.in_c = s->r * s->c;
        if (!bordered_class(&p->forward, s)) return false;
    } else if (!map_classes(&p->forward, &vertical, &horizontal)) {
        return false;
    }
    axes_of(p, true, &vertical, &horizontal);
    return map_classes(&p->backward, &vertical, &horizontal);
}

static bool make_tables(struct conv_plan *p)
{
    struct axis vertical, horizontal;
    axes_of(p, false, &vertical, &horizontal);
    if (!(p->bordered ? bordered_tables(&p->forward, &p->s, p->ow) : map_tables(&p->forward, &vertical, &horizontal)))
        return false;
    axes_of(p, true, &vertical, &horizontal);
    return map_tables(&p->backward, &vertical, &horizontal);
}

static struct conv_plan *make(const struct conv_shape *s, int threads, bool measured, struct err *e)
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
    if (!make_classes(p) || (!measured && !make_tables(p))) goto out_of_memory;
    if (s->r == 3 && s->stride == 1 && s->pad == 1 && !(p->winograd = winograd_create(s->n, s->h, s->w, measured)))
        goto out_of_memory;
    conv_set_fixed_variants(p);
    return p;

out_of_memory:
    conv_plan_destroy(p);
    err_set(e, ERR_MEMORY, "plan a convolution of %d x %d x %d: memory ran out", s->h, s->w, s->c);
    return NULL;
}

struct conv_plan *conv_plan_create(const struct conv_shape *s, int threads, struct err *e)
{
    return make(s, threads, false, e);
}

struct conv_plan *conv_plan_measure(const struct conv_shape *s, int threads, struct err *e)
{
    return make(s, threads, true, e);
}

size_t conv_plan_table_bytes(const struct conv_plan *p)
{
    const struct conv_tables *all[2] = { &p->forward, &p->backward };
    size_t bytes = 0;
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < all[i]->class_count; j++) {
            const struct conv_class *cls = &all[i]->classes[j];
            bytes += (size_t)cls->pixels * (1 + (size_t)cls->taps) * sizeof *cls->in;
        }
    }
    return bytes + (p->winograd ? (size_t)p->winograd->tiles_of * sizeof *p->winograd->tile : 0);
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
