#include "app/session/autotune.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/command.h"
#include "engine/base/clock.h"
#include "engine/train/tune.h"
#include "store/setting.h"

enum { CPU_NAME = 160 };

/* The value of a line "key : value" of /proc/cpuinfo, appended to `out`. */
static void add_fact(char out[CPU_NAME], const char *line, const char *key)
{
    size_t n = strlen(key), have = strlen(out);
    if (strncmp(line, key, n) || !strchr("\t:", line[n])) return;
    const char *colon = strchr(line, ':');
    if (!colon) return;
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    snprintf(out + have, CPU_NAME - have, "%s%.*s", have ? " " : "", (int)strcspn(value, "\n"), value);
}

/* The kind of CPU. Manufacturers sell different ones under one name, so family and model are included. */
static void name_cpu(char out[CPU_NAME])
{
    static const char *const keys[] = { "vendor_id", "cpu family", "model", "model name", "stepping", "cache size" };
    char line[512];
    out[0] = '\0';
    FILE *f = fopen("/proc/cpuinfo", "re");
    while (f && fgets(line, sizeof line, f) && *line != '\n')
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) add_fact(out, line, keys[i]);
    if (f) fclose(f);
    if (!*out) snprintf(out, CPU_NAME, "unknown");
}

/* Use what earlier runs found on this kind of CPU. */
static bool recall(struct tuning *t, struct store *store, const char *cpu, struct err *e)
{
    for (size_t i = 0; i < t->count; i++) {
        char *variant = NULL;
        if (!store_autotune_get(store, cpu, t->rows[i].shape, &variant, &t->rows[i].figure, e)) return false;
        if (variant && strlen(variant) < TUNING_VARIANT) strcpy(t->rows[i].variant, variant);
        free(variant);
    }
    return true;
}

static bool write_timed(const struct tuning *t, struct store *store, const char *cpu, struct err *e)
{
    if (!store_begin(store, STORE_NORMAL, e)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < t->count; i++) {
        const struct tuning_row *row = &t->rows[i];
        ok = !row->timed || store_autotune_set(store, cpu, row->shape, row->variant, row->figure, e);
    }
    if (ok) return store_commit(store, e);
    store_rollback(store);
    return false;
}

/* The run needs the timings even if they cannot be stored here: its own row and its checkpoints keep them too. */
static bool remember(const struct tuning *t, struct store *store, const char *cpu, int *timed, struct err *e)
{
    for (size_t i = 0; i < t->count; i++) *timed += t->rows[i].timed;
    if (!*timed || write_timed(t, store, cpu, e)) return true;
    if (e->code != ERR_LOCKED && e->code != ERR_IO) return false;
    app_print("autotune: used, but not remembered for other runs: %s\n", e->msg);
    return true;
}

bool autotune_prepare(struct session *s, struct store *store, const char *decided, double *seconds, int *timed,
                      struct err *e)
{
    char cpu[CPU_NAME];
    double begun = clock_seconds();
    *timed = 0;
    *seconds = 0;
    if (!s->settings.autotune) return true;
    s->config.tuning = &s->tuning;
    if (decided) return tuning_read(&s->tuning, decided, e);
    name_cpu(cpu);
    bool ok = tune_list(&s->config, &s->tuning, e) && recall(&s->tuning, store, cpu, e) &&
              tune_decide(&s->config, &s->tuning, e) && remember(&s->tuning, store, cpu, timed, e);
    *seconds = clock_seconds() - begun;
    return ok;
}
