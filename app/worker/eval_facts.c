/* Each fact gives every image a text or a number; from those of the training images follows what is a class. */
#include "app/worker/eval_facts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"

enum { VALUES = 16 };

static const char brightness[] = "brightness";

/* One fact while it becomes classes. */
struct making {
    struct eval_facts *out;
    const struct eval_task *of;
    const struct store_contents *known; /* attributes */
    const char *fact;
};

/* ---- what an image has ---- */

static double mean_level(const struct pack *p, uint32_t image)
{
    size_t n = (size_t)pack_size(p) * (size_t)pack_size(p) * (size_t)pack_channels(p);
    const uint8_t *pixels = pack_image(p, image);
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += pixels[i];
    return (double)sum / (double)n;
}

/* NaN: not known, or no number. */
static double number_of(const struct making *m, uint32_t image)
{
    double x;
    if (!strcmp(m->fact, brightness)) return mean_level(m->of->pack, image);
    const char *value = store_contents_attribute(m->known, image, m->fact);
    return value && text_to_double(value, &x) && isfinite(x) ? x : NAN;
}

static const char *value_of(const struct making *m, uint32_t image)
{
    return store_contents_attribute(m->known, image, m->fact);
}

/* ---- classes ---- */

static bool add_class(const struct making *m, const char *value, struct err *e)
{
    struct eval_facts *f = m->out;
    if (f->count == EVAL_FACTS) return err_set(e, ERR_USAGE, "--probe-for: more than %d values at once", EVAL_FACTS);
    snprintf(f->fact[f->count], EVAL_FACT_NAME, "%s", m->fact);
    snprintf(f->value[f->count++], EVAL_FACT_NAME, "%s", value);
    return true;
}

/* The label of image `i` of a subset of `n`. */
static void put(int8_t *labels, int n, int class, int i, int label)
{
    labels[(size_t)n * (size_t) class + (size_t)i] = (int8_t)label;
}

static int rising(const void *a, const void *b)
{
    double u = *(const double *)a, v = *(const double *)b;
    return u < v ? -1 : u > v;
}

/* Above the median of the training images. */
static bool add_number(const struct making *m, int8_t *labels[2], struct err *e)
{
    const struct eval_task *t = m->of;
    const struct eval_subset *subsets[] = { &t->fit, &t->test };
    double *all = malloc(((size_t)t->train + 1) * sizeof *all);
    char name[32];
    int n = 0, class = m->out->count;
    if (!all) return err_set(e, ERR_MEMORY, "--probe-for: no memory");
    for (int i = 0; i < t->train; i++) {
        double x = number_of(m, t->fit.images[i]);
        if (!isnan(x)) all[n++] = x;
    }
    qsort(all, (size_t)n, sizeof *all, rising);
    double median = n % 2 ? all[n / 2] : (all[n / 2 - 1] + all[n / 2]) / 2;
    free(all);
    snprintf(name, sizeof name, "> %.4g", median);
    if (!add_class(m, name, e)) return false;
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < subsets[k]->n; i++) {
            double x = number_of(m, subsets[k]->images[i]);
            put(labels[k], subsets[k]->n, class, i, isnan(x) ? -1 : x > median);
        }
    return true;
}

struct value {
    char name[EVAL_FACT_NAME];
    int images; /* training images that have it */
};

/* Place of a value among those sorted by name, or where it would be. */
static int place(const struct value *values, int count, const char *value, bool *there)
{
    int k = 0;
    while (k < count && strncmp(values[k].name, value, EVAL_FACT_NAME - 1) < 0) k++;
    *there = k < count && !strncmp(values[k].name, value, EVAL_FACT_NAME - 1);
    return k;
}

/* Of two values the last in the alphabet, of more all of them, each against the others; one alone is a class that has
 * no area. */
static bool add_values(const struct making *m, int8_t *labels[2], struct err *e)
{
    const struct eval_task *t = m->of;
    const struct eval_subset *subsets[] = { &t->fit, &t->test };
    struct value values[VALUES];
    int count = 0;
    for (int i = 0; i < t->train; i++) {
        const char *value = value_of(m, t->fit.images[i]);
        bool there = true;
        int at = value ? place(values, count, value, &there) : 0;
        if (value && there) values[at].images++;
        if (there) continue;
        if (count == VALUES)
            return err_set(e, ERR_DATA, "--probe-for %s: the training images have more than %d values of it", m->fact,
                           VALUES);
        memmove(values + at + 1, values + at, (size_t)(count - at) * sizeof *values);
        values[at].images = 1;
        snprintf(values[at].name, EVAL_FACT_NAME, "%s", value);
        count++;
    }
    int rarer = count == 2 && values[0].images < values[1].images ? 0 : 1;
    for (int c = 0; c < count; c++) {
        int class = m->out->count;
        if (count == 2 && c != rarer) continue;
        if (!add_class(m, values[c].name, e)) return false;
        for (int k = 0; k < 2; k++)
            for (int i = 0; i < subsets[k]->n; i++) {
                const char *value = value_of(m, subsets[k]->images[i]);
                put(labels[k], subsets[k]->n, class, i,
                    value ? !strncmp(value, values[c].name, EVAL_FACT_NAME - 1) : -1);
            }
    }
    return true;
}

/* Whether every training image that has it has a number; *known how many have it. */
static bool is_number(const struct making *m, int *known)
{
    const struct eval_task *t = m->of;
    bool all = true;
    *known = 0;
    if (!strcmp(m->fact, brightness)) return *known = t->train, true;
    for (int i = 0; i < t->train; i++) {
        bool has = value_of(m, t->fit.images[i]) != NULL;
        *known += has;
        all = all && (!has || !isnan(number_of(m, t->fit.images[i])));
    }
    return all;
}

static bool add_fact(const struct making *m, int8_t *labels[2], struct err *e)
{
    int known;
    bool number = is_number(m, &known);
    for (int c = 0; c < m->out->count; c++)
        if (!strcmp(m->out->fact[c], m->fact)) return err_set(e, ERR_USAGE, "--probe-for: %s is there twice", m->fact);
    if (known) return number ? add_number(m, labels, e) : add_values(m, labels, e);
    struct text list = { 0 };
    for (size_t i = 0; i < m->known->attributes_count; i++) { /* those of the first image that has any: all have them */
        const struct store_attribute *a = &m->known->attributes[i];
        if (a->image != m->known->attributes[0].image) break;
        text_printf(&list, "%s%s", i ? ", " : "", a->name);
    }
    err_set(e, ERR_DATA, "--probe-for %s: data set %s does not know it of any training image; it has %s%sbrightness",
            m->fact, m->of->data.dataset.name, text_str(&list), list.length ? ", " : "");
    text_clear(&list);
    return false;
}

/* ---- the task ---- */

static bool make_list(struct making *m, const char *list, int8_t *labels[2], struct err *e)
{
    char word[EVAL_FACT_NAME];
    for (const char *p = list;; p++) {
        size_t n = strcspn(p, ",");
        if (!n || n >= sizeof word)
            return err_set(e, ERR_USAGE, "--probe-for: '%.80s' is no list of facts, such as sex,age,view,brightness",
                           list);
        snprintf(word, sizeof word, "%.*s", (int)n, p);
        m->fact = word;
        if (!add_fact(m, labels, e)) return false;
        p += n;
        if (!*p) return true;
    }
}

bool eval_facts_make(struct eval_facts *f, struct store *store, const struct eval_task *t, const char *list,
                     struct err *e)
{
    struct store_contents known;
    memset(f, 0, sizeof *f);
    f->task = *t;
    if (!store_dataset_load(store, t->data.dataset.id, STORE_PART_ATTRIBUTES, &known, e)) return false;
    f->fit = malloc((size_t)t->fit.n * EVAL_FACTS + 1);
    f->test = malloc((size_t)t->test.n * EVAL_FACTS + 1);
    int8_t *labels[] = { f->fit, f->test };
    struct making m = { f, t, &known, NULL };
    bool ok =
        ((f->fit && f->test) || err_set(e, ERR_MEMORY, "--probe-for: no memory")) && make_list(&m, list, labels, e);
    store_contents_clear(&known);
    if (!ok) eval_facts_clear(f);
    return ok;
}

struct eval_task eval_facts_task(const struct eval_facts *f, int c)
{
    struct eval_task t = f->task;
    t.classes = 1;
    t.apart = NULL;
    t.fit.labels = f->fit + (size_t)t.fit.n * (size_t)c;
    t.test.labels = f->test + (size_t)t.test.n * (size_t)c;
    return t;
}

void eval_facts_clear(struct eval_facts *f)
{
    free(f->fit);
    free(f->test);
    memset(f, 0, sizeof *f);
}
