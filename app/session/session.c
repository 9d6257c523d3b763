#include "app/session/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>
#include <omp.h>

#include "app/session/network.h"
#include "app/session/init.h"
#include "engine/base/text.h"
#include "engine/train/weights.h"
#include "store/database/files.h"

static bool collect(const struct store_contents *data, enum store_split split, struct session_images *out,
                    struct err *e)
{
    out->rows = malloc((data->images_count + 1) * sizeof *out->rows);
    if (!out->rows) return err_set(e, ERR_MEMORY, "data set %s: memory ran out", data->dataset.name);
    out->count = 0;
    for (size_t i = 0; i < data->images_count; i++)
        if (data->images[i].split == split) out->rows[out->count++] = (uint32_t)i;
    return true;
}

/* Training images; a set without any split (a flat folder) is used as a whole. */
static bool collect_splits(struct session *s, struct err *e)
{
    const struct store_contents *data = &s->data;
    if (!collect(data, STORE_SPLIT_TRAIN, &s->train, e) || !collect(data, STORE_SPLIT_VAL, &s->val, e)) return false;
    if (s->train.count == 0) {
        bool any = false;
        for (size_t i = 0; i < data->images_count; i++) any |= data->images[i].split != STORE_SPLIT_NONE;
        if (!any) {
            free(s->train.rows);
            return collect(data, STORE_SPLIT_NONE, &s->train, e);
        }
    }
    return true;
}

static bool open_data(struct session *s, struct store *store, struct err *e)
{
    const char *name = s->settings.data.name;
    struct store_dataset row;
    char path[STORE_PATH];
    if (!*name)
        return err_set(e, ERR_CONFIG,
                       "data.name: no data set was chosen; give --data NAME (mlvicx data list shows them)");
    if (!store_dataset_find(store, name, &row, e)) return false;
    int64_t id = row.id;
    store_dataset_clear(&row);
    if (!store_dataset_load(store, id, STORE_PART_IMAGES | STORE_PART_LABELS, &s->data, e)) return false;
    int fd = store_pack_open(store, s->data.dataset.pack, path, e);
    if (fd < 0 || !pack_take(fd, path, &s->pack, e)) return err_wrap(e, "data set %s", name);
    if (strcmp(pack_digest(s->pack), s->data.dataset.digest) || pack_count(s->pack) != s->data.images_count)
        return err_set(e, ERR_FORMAT, "%s: is not the pack that data set %s was imported into; import it again", path,
                       name);
    return collect_splits(s, e);
}

static bool check_batch(const struct session *s, struct err *e)
{
    const char *name = s->data.dataset.name;
    if (s->train.count == 0)
        return err_set(e, ERR_DATA,
                       "data set %s: has no training images (it is for evaluation only); train on another, or "
                       "import it with a train folder or list",
                       name);
    if (s->images_per_step > s->train.count)
        return err_set(e, ERR_CONFIG,
                       "data.batch: %lld images a step, but data set %s has %d training %s; at most "
                       "--set data.batch=%d",
                       (long long)s->images_per_step, name, s->train.count,
                       text_number(s->train.count, "image", "images"),
                       s->train.count / (int)s->settings.optim.accumulate);
    return true;
}

bool session_open(struct session *s, struct store *store, const struct settings *settings, struct err *e)
{
    *s = (struct session){ .settings = *settings };
    if (!settings_check(&s->settings, e) || !network_resolve(&s->settings, e) || !open_data(s, store, e)) return false;
    s->images_per_step = s->settings.data.batch * s->settings.optim.accumulate;
    if (!check_batch(s, e)) return false;
    s->steps_per_epoch = s->train.count / s->images_per_step;
    return network_config(&s->settings, pack_channels(s->pack), 0, &s->config, e);
}

bool session_start(struct session *s, uint64_t first_step, struct err *e)
{
    struct loader_config c = {
        .pack = s->pack,
        .images = s->train.rows,
        .count = (uint32_t)s->train.count,
        .size = s->config.model.size,
        .channels = s->config.model.channels,
        .batch = (int)s->images_per_step,
        .threads = (int)s->settings.data.threads,
        .seed = (uint64_t)s->settings.train.seed,
        .first_step = first_step,
    };
    for (int v = 0; v < 2; v++) augment_from_settings(&s->settings, v, &c.view[v]);
    /* Sums of diagnostics and probes come out the same only if these threads do not depend on what was computed before.
     */
    openblas_set_num_threads(s->config.threads);
    omp_set_num_threads(s->config.threads);
    return engine_create(&s->engine, &s->config, e) && loader_create(&s->loader, &c, e);
}

bool session_init(struct session *s, struct store *store, int64_t run, char *report, size_t size, struct err *e)
{
    struct weights_report w = { 0 };
    struct state_dict file;
    if (report) report[0] = '\0';
    engine_init(s->engine, (uint64_t)s->settings.train.seed);
    if (!init_is_file(&s->settings)) return true;
    if (!init_open(store, &s->settings, run, &file, e)) return false;
    if (!weights_take(s->engine, &file, &w, e)) return err_wrap(e, "model.init");
    struct text line = { 0 };
    weights_report_line(&w, true, &line);
    if (report) snprintf(report, size, "%s: %s", s->settings.model.init, text_str(&line));
    text_clear(&line);
    weights_report_clear(&w);
    return true;
}

int64_t session_total(const struct session *s)
{
    return s->settings.optim.epochs * s->steps_per_epoch;
}

double session_rate(const struct session *s, int64_t step)
{
    struct schedule c = {
        .kind = s->config.optim,
        .base = s->settings.optim.lr,
        .images = (double)s->images_per_step,
        .warmup_steps = s->settings.optim.warmup_epochs * (double)s->steps_per_epoch,
        .total_steps = (double)session_total(s),
    };
    return schedule_rate(&c, step);
}

double session_checkpoint_bytes(const struct session *s)
{
    double bytes = 0;
    for (int i = 0; i < engine_tensors(s->engine); i++) bytes += 12.0 * (double)engine_tensor(s->engine, i)->count;
    return bytes;
}

struct step_orders session_orders(const struct session *s, int64_t step)
{
    return (struct step_orders){ .weights = network_weights(&s->settings),
                                 .rate = session_rate(s, step),
                                 .draw = network_draw(&s->settings),
                                 .keep = schedule_keep(s->settings.method.ema, step, (double)session_total(s)) };
}

void session_close(struct session *s)
{
    tuning_clear(&s->tuning);
    loader_destroy(s->loader);
    engine_destroy(s->engine);
    pack_close(s->pack);
    store_contents_clear(&s->data);
    free(s->train.rows);
    free(s->val.rows);
    *s = (struct session){ 0 };
}
