#include "app/worker/eval_groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"

enum { BAND = 20 }; /* years */

static const char unknown[] = "unknown";

/* The name of the group of an image. */
static void name_of(const struct store_contents *facts, uint32_t image, const char *by, char out[EVAL_GROUP_NAME])
{
    const char *value = store_contents_attribute(facts, image, by);
    int64_t years;
    if (!value)
        snprintf(out, EVAL_GROUP_NAME, "%s", unknown);
    else if (!strcmp(by, "age") && text_to_int(value, &years) && years >= 0 && years < 1000)
        snprintf(out, EVAL_GROUP_NAME, "%d-%d", (int)(years / BAND * BAND), (int)(years / BAND * BAND + BAND - 1));
    else
        snprintf(out, EVAL_GROUP_NAME, "%s", value);
}

/* Numerically if both names begin with a number, else by name; "unknown" last. */
static int order(const char *a, const char *b)
{
    int last = !strcmp(a, unknown) - !strcmp(b, unknown);
    long x = strtol(a, NULL, 10), y = strtol(b, NULL, 10);
    return last ? last : x != y ? (x < y ? -1 : 1) : strcmp(a, b);
}

/* Index of a name in the sorted list, or where it would be inserted. */
static int place(const struct eval_groups *g, const char *name, bool *there)
{
    int k = 0;
    while (k < g->count && order(g->names[k], name) < 0) k++;
    *there = k < g->count && !strcmp(g->names[k], name);
    return k;
}

static bool add_name(struct eval_groups *g, const char *name, struct err *e)
{
    bool there;
    int k = place(g, name, &there);
    if (there) return true;
    if (g->count == EVAL_GROUPS)
        return err_set(e, ERR_DATA, "--by %s: the test images have more than %d values of it", g->by, EVAL_GROUPS);
    memmove(g->names + k + 1, g->names + k, (size_t)(g->count - k) * sizeof *g->names);
    snprintf(g->names[k], EVAL_GROUP_NAME, "%s", name);
    g->count++;
    return true;
}

/* The names of all facts, each once: attributes are sorted by image, then by name. */
static void list_facts(const struct store_contents *facts, struct text *out)
{
    char list[1024] = ",";
    for (size_t i = 0; i < facts->attributes_count; i++) {
        char word[EVAL_GROUP_NAME + 2];
        size_t n = strlen(list);
        snprintf(word, sizeof word, ",%.60s,", facts->attributes[i].name);
        if (strstr(list, word) || n + strlen(word) >= sizeof list) continue;
        snprintf(list + n, sizeof list - n, "%s", word + 1);
        text_printf(out, "%s%s", out->length ? ", " : "", facts->attributes[i].name);
    }
}

bool eval_groups_find(struct eval_groups *g, struct store *store, const struct eval_task *t, const char *by,
                      struct err *e)
{
    struct store_contents facts;
    char name[EVAL_GROUP_NAME];
    bool there, known = false;
    *g = (struct eval_groups){ .of = malloc(((size_t)t->test.n + 1) * sizeof *g->of) };
    snprintf(g->by, sizeof g->by, "%s", by);
    if (!g->of) return err_set(e, ERR_MEMORY, "groups of %d images: no memory", t->test.n);
    if (!store_dataset_load(store, t->data.dataset.id, STORE_PART_ATTRIBUTES, &facts, e)) return false;
    bool ok = true;
    for (int i = 0; ok && i < t->test.n; i++) {
        known = known || store_contents_attribute(&facts, t->test.images[i], by);
        name_of(&facts, t->test.images[i], by, name);
        ok = add_name(g, name, e);
    }
    for (int i = 0; ok && i < t->test.n; i++) {
        name_of(&facts, t->test.images[i], by, name);
        g->of[i] = place(g, name, &there);
    }
    if (ok && !known) {
        struct text list = { 0 };
        list_facts(&facts, &list);
        ok = err_set(e, ERR_DATA, "--by %s: data set %s does not know it of any test image; it has %s", by,
                     t->data.dataset.name, list.length ? text_str(&list) : "no facts of its images");
        text_clear(&list);
    }
    store_contents_clear(&facts);
    return ok;
}

void eval_groups_clear(struct eval_groups *g)
{
    free(g->of);
    *g = (struct eval_groups){ 0 };
}

bool eval_groups_figures(struct eval_result *out, const struct eval_groups *g, int k, const struct eval_result *whole,
                         const struct eval_task *t, struct err *e)
{
    size_t classes = (size_t)t->classes, n = (size_t)t->test.n;
    struct eval_task part = *t;
    part.test = (struct eval_subset){ malloc((n + 1) * sizeof(uint32_t)), malloc(n * classes + 1),
                                      malloc((n + 1) * sizeof(uint32_t)), 0 };
    *out = *whole;
    out->classes = NULL;
    out->weights = NULL;
    bool ok = eval_result_init(out, t, e);
    if (ok && !(part.test.images && part.test.labels && part.test.patients))
        ok = err_set(e, ERR_MEMORY, "groups of %zu images: no memory", n);
    for (size_t i = 0; ok && i < n; i++) {
        size_t m = (size_t)part.test.n;
        if (g->of[i] != k) continue;
        part.test.images[m] = t->test.images[i];
        part.test.patients[m] = t->test.patients[i];
        memcpy(part.test.labels + m * classes, t->test.labels + i * classes, classes);
        memcpy(out->test + m * classes, whole->test + i * classes, classes * sizeof *out->test);
        part.test.n++;
    }
    if (ok)
        memcpy(out->validation, whole->validation, (size_t)(t->fit.n - t->train) * classes * sizeof *out->validation);
    out->images = part.test.n;
    ok = ok && eval_figures(out, &part, e);
    free(part.test.images);
    free(part.test.labels);
    free(part.test.patients);
    return ok;
}
