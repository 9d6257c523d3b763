/* `verify`: the engine against fixtures, as a table of tensors or as JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/command.h"
#include "app/session/fit.h"
#include "app/cli/json.h"
#include "engine/base/text.h"
#include "engine/kernels/kernels.h"
#include "engine/train/fixture.h"
#include "engine/train/proof.h"

enum { DEFAULT_THREADS = 2 };

/* Tensors come in families; the short table shows the worst row of each. */
static const struct {
    const char *prefix, *meaning;
} families[] = {
    { "out.", "outputs of both views" },
    { "loss.", "loss terms" },
    { "eval.", "features, evaluation mode" },
    { "grad.", "gradients" },
    { "after.", "update" },
    { "buffer_after.", "running statistics" },
    { "trace", "losses of later steps" },
};

static const struct option_row options[] = {
    { "all", 'a', OPTION_FLAG, NULL, "show every tensor, not only the worst of each kind", 0, 0 },
    { "threads", 0, OPTION_SETTING, "train.threads", "number of threads", 1, 0 },
    { 0 },
};

static const struct proof_row *worst_of(const struct proof *p, const char *prefix)
{
    const struct proof_row *worst = NULL;
    for (size_t i = 0; i < p->count; i++) {
        const struct proof_row *r = &p->rows[i];
        if (prefix && strncmp(r->name, prefix, strlen(prefix))) continue;
        if (!worst || !(r->error / r->limit <= worst->error / worst->limit)) worst = r;
    }
    return worst;
}

static void print_row(const struct proof_row *r)
{
    app_print("  %-44s %9.2e  %9.2e  %s\n", r->name, r->error, r->limit, r->passed ? "ok" : "FAILED");
}

static void print_table(const char *path, const struct proof *p, bool all)
{
    app_print("%s  kernels %s", path, kernel_set_names[p->kernels]);
    app_print("%s\n", p->computed == p->kernels ? "" : "; so small a batch is computed in double");
    if (p->kernels == KERNELS_NAIVE64)
        app_print("  limits of double precision\n");
    else
        app_print("  limits of %s convolutions: %g x the floors, %g x the fixture's float32 errors, ties within %.0e\n",
                  p->limits->name, p->limits->floors, p->limits->factor, p->limits->flip);
    app_print("  %-44s %9s  %9s  verdict\n", all ? "tensor" : "tensor (worst of its kind)", "error", "limit");
    for (size_t i = 0; all && i < p->count; i++) print_row(&p->rows[i]);
    for (size_t k = 0; !all && k < sizeof families / sizeof families[0]; k++) {
        const struct proof_row *worst = worst_of(p, families[k].prefix);
        if (worst) print_row(worst);
        for (size_t i = 0; i < p->count; i++)
            if (!p->rows[i].passed && &p->rows[i] != worst &&
                !strncmp(p->rows[i].name, families[k].prefix, strlen(families[k].prefix)))
                print_row(&p->rows[i]);
    }
    if (p->repeated && p->flips)
        app_print("  repeated in naive64 with this run's choices: %zu differ%s, the farthest %.1e of its RMS from a "
                  "tie (limit %.0e, %s)\n",
                  p->flips, p->flips == 1 ? "s" : "", p->flip_worst, p->limits->flip, p->flip_name);
    else if (p->repeated)
        app_print("  repeated in naive64: no ReLU or maximum chose otherwise\n");
    app_print("  %zu %s, %zu failed: %s\n", p->count, text_number(p->count, "tensor", "tensors"), p->failed,
              p->passed ? "passed" : "FAILED");
}

static json_t *to_json(const char *path, const struct proof *p)
{
    json_t *failed = json_array();
    for (size_t i = 0; i < p->count; i++)
        if (!p->rows[i].passed)
            json_array_append_new(failed,
                                  json_pack("{s:s, s:o, s:o}", "name", p->rows[i].name, "error",
                                            json_number(p->rows[i].error), "limit", json_number(p->rows[i].limit)));
    const struct proof_row *w = worst_of(p, NULL);
    json_t *o =
        json_pack("{s:s, s:s, s:b, s:I, s:I, s:o}", "fixture", path, "kernels", kernel_set_names[p->kernels], "passed",
                  p->passed, "tensors", (json_int_t)p->count, "flips", (json_int_t)p->flips, "failed", failed);
    json_object_set_new(o, "computed", json_string(kernel_set_names[p->computed]));
    json_object_set_new(o, "limits", json_string(p->kernels == KERNELS_NAIVE64 ? "double" : p->limits->name));
    json_object_set_new(
        o, "worst",
        json_pack("{s:s, s:o, s:o}", "name", w->name, "error", json_number(w->error), "limit", json_number(w->limit)));
    return o;
}

/* Whether memory suffices for the network of a fixture and for the comparison. A fixture that cannot be read is left to
 * proof_run, which reports why. */
static bool fits(const char *path, enum kernel_set set, int threads, struct err *e)
{
    static const double copies = 2; /* how often its tensors are held, in double */
    struct fixture f;
    struct err ignored;
    double bytes = 0;
    if (!fixture_open(&f, path, &ignored)) return true;
    f.config.kernels = engine_kernels(set, &f.config);
    f.config.threads = threads;
    for (size_t i = 0; i < f.tensors.count; i++) bytes += sizeof(double) * (double)f.tensors.entries[i].count;
    bool ok = (fit_check_engine(&f.config, e) && fit_check_beside(&f.config, copies * bytes, "its tensors", e)) ||
              err_wrap(e, "%s", path);
    fixture_close(&f);
    return ok;
}

static int run(struct app *app, const struct arguments *a)
{
    struct err e;
    enum kernel_set set;
    int threads = (int)arguments_int(a, "threads", DEFAULT_THREADS);
    if (!kernels_resolve(KERNELS_AUTO, &set, &e) || !fit_check_threads("--threads", threads, &e))
        return app_fail(app, &e);
    json_t *list = json_array();
    int status = 0;
    for (int i = 0; i < arguments_count(a); i++) {
        struct proof p;
        const char *path = arguments_word(a, i);
        if (!fits(path, set, threads, &e) || !proof_run(&p, path, set, threads, &e)) {
            status = app_fail(app, &e); /* the other fixtures are still worth checking */
            continue;
        }
        if (!p.passed) status = 1;
        if (app->json)
            json_array_append_new(list, to_json(path, &p));
        else if (!app->quiet)
            print_table(path, &p, arguments_has(a, "all"));
        proof_clear(&p);
    }
    if (!app->json) {
        json_decref(list);
        return status;
    }
    int printed = app_print_json(app, list);
    return status ? status : printed;
}

const struct command command_verify = {
    .name = "verify",
    .arguments = "FIXTURE...",
    .summary = "check the engine against training steps computed in double precision elsewhere",
    .least = 1,
    .most = -1,
    .options = options,
    .run = run,
    .details = "Kernel set: MLVICX_KERNELS=auto|avx512|avx2|portable|naive|naive64. Exit status 0 if every tensor is "
               "within its limit.",
};
