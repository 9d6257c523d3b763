/* `data list | show | rm | verify`: the imported data sets. */
#include "app/commands/data/data.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/command.h"
#include "app/commands/data/data_attributes.h"
#include "app/commands/data/data_copies.h"
#include "app/commands/data/data_left.h"
#include "app/cli/json.h"
#include "app/cli/process.h"
#include "app/session/set_pack.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/data/pack.h"
#include "store/dataset.h"
#include "store/run.h"
#include "store/database/files.h"

json_t *data_json(const struct store_dataset *d)
{
    return json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:b, s:b, s:I, s:I, s:o}", "name", json_text(d->name), "kind",
                     json_text(d->kind), "images", (json_int_t)d->count, "size", (json_int_t)d->size, "channels",
                     (json_int_t)d->channels, "classes", (json_int_t)d->classes, "exclusive", d->exclusive, "attached",
                     store_pack_is_attached(d->pack), "unreadable", (json_int_t)d->unreadable, "bytes",
                     (json_int_t)d->bytes, "digest", json_text(d->digest));
}

const char *data_describe(const struct store_dataset *d, char *out)
{
    snprintf(out, 96, "%lld %s, %lld px %s", (long long)d->count, text_number(d->count, "image", "images"),
             (long long)d->size, d->channels == 1 ? "grey" : "colour");
    return out;
}

/* ---- list ---- */

static int print_list(const struct app *app, const struct store_datasets *sets, const struct import_left *left,
                      size_t left_count)
{
    int width = 4;
    for (size_t i = 0; i < sets->count; i++)
        if ((int)strlen(sets->rows[i].name) > width) width = (int)strlen(sets->rows[i].name);
    if (!sets->count) app_note(app, "no data sets yet; see: mlvicx data import --help");
    if (sets->count)
        app_print("%-*s  %-8s  %8s  %5s  %-6s  %7s  %10s  %9s  %s\n", width, "name", "kind", "images", "size", "colour",
                  "classes", "unreadable", "bytes", "digest");
    for (size_t i = 0; i < sets->count; i++) {
        const struct store_dataset *d = &sets->rows[i];
        char bytes[32];
        bool attached = store_pack_is_attached(d->pack);
        app_print("%-*s  %-8s  %8lld  %5lld  %-6s  %7lld  %10lld  %9s  %.12s%s%s\n", width, d->name, d->kind,
                  (long long)d->count, (long long)d->size, d->channels == 1 ? "grey" : "colour", (long long)d->classes,
                  (long long)d->unreadable, text_bytes((double)d->bytes, bytes), d->digest,
                  attached ? "  attached: " : "", attached ? d->pack : "");
    }
    data_left_print(app, left, left_count);
    return app_finish(app);
}

static int list_run(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct store_datasets sets;
    (void)a;
    struct import_left *left;
    size_t left_count;
    struct store *s = app_store(app, STORE_READ, &e);
    if (!s || !data_left_list(s, &left, &left_count, &e)) return app_fail(app, &e);
    if (!store_dataset_list(s, &sets, &e)) return free(left), app_fail(app, &e);
    int status;
    if (app->json) {
        json_t *list = json_array();
        for (size_t i = 0; list && i < sets.count; i++) json_array_append_new(list, data_json(&sets.rows[i]));
        data_left_json(list, left, left_count);
        status = app_print_json(app, list);
    } else {
        status = print_list(app, &sets, left, left_count);
    }
    free(left);
    status = app_passed_over(app, status, "data set", sets.unreadable, &sets.why);
    if (sets.more)
        app_note(app, "%lld more data sets are not listed; mlvicx data show NAME finds each", (long long)sets.more);
    store_datasets_clear(&sets);
    return status;
}

/* ---- show ---- */

static json_t *splits_json(const struct store_counts *n)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "train", (json_int_t)n->splits[STORE_SPLIT_TRAIN], "val",
                     (json_int_t)n->splits[STORE_SPLIT_VAL], "test", (json_int_t)n->splits[STORE_SPLIT_TEST], "none",
                     (json_int_t)n->splits[STORE_SPLIT_NONE]);
}

static json_t *classes_json(const struct store_contents *contents, const struct store_counts *n)
{
    json_t *list = json_array();
    for (size_t c = 0; list && c < n->classes; c++)
        json_array_append_new(list, json_pack("{s:o, s:b, s:I, s:I, s:I}", "name", json_text(n->names[c]), "nothing",
                                              c < contents->classes_count && contents->nothing[c], "train",
                                              (json_int_t)n->positives[c][STORE_SPLIT_TRAIN], "val",
                                              (json_int_t)n->positives[c][STORE_SPLIT_VAL], "test",
                                              (json_int_t)n->positives[c][STORE_SPLIT_TEST]));
    return list;
}

static json_t *together_json(const struct store_counts *n)
{
    json_t *rows = json_array();
    for (size_t i = 0; rows && i < n->classes; i++) {
        json_t *row = json_array();
        for (size_t j = 0; row && j < n->classes; j++)
            json_array_append_new(row, json_integer(n->together[i * n->classes + j]));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *remarks_json(const char *remarks)
{
    json_t *list = json_array();
    for (const char *p = remarks ? remarks : ""; list && *p;) {
        size_t n = strcspn(p, "\n");
        char *line = strndup(p, n);
        json_array_append_new(list, json_text(line));
        free(line);
        p += n + (p[n] == '\n');
    }
    return list;
}

/* All that is told of a set. */
struct shown {
    struct store_contents contents;
    struct store_counts counts;
    struct store_attribute_counts attributes;
    struct data_copies copies;
    struct err pack; /* why an attached pack cannot be used; ERR_OK: it can */
};

static json_t *show_json(const struct shown *all)
{
    const struct store_contents *c = &all->contents;
    const struct store_counts *n = &all->counts;
    json_t *value = data_json(&c->dataset), *files = json_array();
    if (!value || !files) return NULL;
    for (size_t i = 0; i < c->unreadable_count; i++)
        json_array_append_new(files, json_pack("{s:o, s:o}", "path", json_text(c->unreadable[i].path), "reason",
                                               json_text(c->unreadable[i].reason)));
    json_object_set_new(value, "splits", splits_json(n));
    json_object_set_new(value, "patients", json_integer(n->patients));
    json_object_set_new(value, "shared_patients", json_integer(n->shared_patients));
    json_object_set_new(value, "copies", data_copies_json(&all->copies));
    json_object_set_new(value, "attributes", data_attributes_json(&all->attributes));
    json_object_set_new(value, "classes", classes_json(c, n));
    json_object_set_new(value, "cooccurrence", together_json(n));
    json_object_set_new(value, "labelled", json_integer(n->labelled));
    json_object_set_new(value, "source", json_text(c->dataset.source));
    json_object_set_new(value, "created", json_time(c->dataset.created_at));
    json_object_set_new(value, "pack", json_text(c->dataset.pack));
    json_object_set_new(value, "pack_error", json_text(all->pack.code == ERR_OK ? NULL : all->pack.msg));
    json_object_set_new(value, "remarks", remarks_json(c->dataset.remarks));
    json_object_set_new(value, "unreadable_files", files);
    return value;
}

static void print_line(const char *what, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void print_line(const char *what, const char *format, ...)
{
    char value[4096];
    va_list ap;
    va_start(ap, format);
    vsnprintf(value, sizeof value, format, ap);
    va_end(ap);
    app_print("%-10s  %s\n", what, value);
}

static void print_classes(const struct store_counts *n)
{
    int width = 5;
    for (size_t c = 0; c < n->classes; c++)
        if ((int)strlen(n->names[c]) > width) width = (int)strlen(n->names[c]);
    app_print("\n%-*s  %8s  %8s  %8s   most often together with\n", width, "class", "train", "val", "test");
    for (size_t c = 0; c < n->classes; c++) {
        const int64_t *p = n->positives[c], *row = n->together + c * n->classes;
        size_t most = n->classes;
        for (size_t k = 0; k < n->classes; k++)
            if (k != c && row[k] > 0 && (most == n->classes || row[k] > row[most])) most = k;
        app_print("%-*s  %8lld  %8lld  %8lld", width, n->names[c], (long long)p[STORE_SPLIT_TRAIN],
                  (long long)p[STORE_SPLIT_VAL], (long long)p[STORE_SPLIT_TEST]);
        if (most < n->classes) app_print("   %s (%lld)", n->names[most], (long long)row[most]);
        app_print("\n");
    }
}

static int print_show(const struct app *app, const struct shown *all)
{
    const struct store_contents *c = &all->contents;
    const struct store_counts *n = &all->counts;
    struct text line = { 0 };
    const struct store_dataset *d = &c->dataset;
    char what[96], bytes[32], when[CLOCK_ISO_SIZE];
    print_line("name", "%s (%s)", d->name, d->kind);
    print_line("source", "%s", d->source);
    print_line("imported", "%s", clock_iso(d->created_at, when));
    print_line("images", "%s, %s", data_describe(d, what), text_bytes((double)d->bytes, bytes));
    print_line("digest", "%s", d->digest);
    if (store_pack_is_attached(d->pack)) print_line("pack", "attached: %s", d->pack);
    if (all->pack.code != ERR_OK) print_line("WARNING", "%s", all->pack.msg);
    print_line("splits", "%lld train, %lld val, %lld test, %lld in none", (long long)n->splits[STORE_SPLIT_TRAIN],
               (long long)n->splits[STORE_SPLIT_VAL], (long long)n->splits[STORE_SPLIT_TEST],
               (long long)n->splits[STORE_SPLIT_NONE]);
    print_line("patients", "%lld, %lld of them in more than one split", (long long)n->patients,
               (long long)n->shared_patients);
    print_line("labelled", "%lld %s%s", (long long)n->labelled, text_number(n->labelled, "image", "images"),
               d->exclusive ? ", each in exactly one class" : "");
    data_copies_line(&all->copies, &line);
    print_line("copies", "%s", text_str(&line));
    text_clear(&line);
    data_attributes_print(&all->attributes);
    for (const char *p = d->remarks ? d->remarks : ""; *p; p += strcspn(p, "\n"), p += *p == '\n')
        print_line("remark", "%.*s", (int)strcspn(p, "\n"), p);
    for (size_t i = 0; i < c->unreadable_count; i++)
        print_line("unreadable", "%s: %s", c->unreadable[i].path, c->unreadable[i].reason);
    if (n->classes) print_classes(n);
    return app_finish(app);
}

/* An attached pack may go or change at any time, which is worth a look. */
static void look_at_pack(const struct store *s, struct shown *all)
{
    struct pack *p = NULL;
    const struct store_dataset *d = &all->contents.dataset;
    if (store_pack_is_attached(d->pack)) set_pack_open(s, d, &p, &all->pack);
    pack_close(p);
}

static int show_run(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct store_dataset row;
    struct shown all = { 0 };
    struct store *s = app_existing_store(app, STORE_READ, &e);
    if (!s || !store_dataset_find(s, arguments_word(a, 0), &row, &e)) return app_fail(app, &e);
    int64_t id = row.id;
    store_dataset_clear(&row);
    bool ok =
        store_dataset_load(s, id, STORE_PART_UNREADABLE | STORE_PART_IMAGES | STORE_PART_LABELS, &all.contents, &e) &&
        store_dataset_counts(s, id, &all.counts, &e) &&
        store_attribute_counts_read(s, id, NULL, STORE_EVERY_CLASS, &all.attributes, &e) &&
        data_copies_stored(&all.contents, &all.copies, &e);
    if (ok) look_at_pack(s, &all);
    int status = !ok ? app_fail(app, &e) : app->json ? app_print_json(app, show_json(&all)) : print_show(app, &all);
    data_copies_clear(&all.copies);
    store_attribute_counts_clear(&all.attributes);
    store_counts_clear(&all.counts);
    store_contents_clear(&all.contents);
    return status;
}

/* ---- rm ---- */

/* The runs that can be resumed only with this data set, a few of them by name, as in "run a (stopped)"; "" when there
 * is none. One that is queued, alive or lost keeps the set from being removed at all. False when they cannot be read.
 */
static bool waiting_runs(struct store *s, const char *dataset, struct text *out, struct err *e)
{
    enum { NAMED = 5 };
    struct store_cursor at = { 0 };
    struct text names = { 0 };
    size_t n = 0;
    while (!at.ended) {
        struct store_runs page;
        if (!store_run_page(s, false, &at, &page, e)) return text_clear(&names), false;
        for (size_t i = 0; i < page.count; i++) {
            const struct store_run *r = &page.rows[i];
            if (strcmp(r->dataset, dataset)) continue;
            enum store_state state = store_run_state(s, r);
            if (state != STORE_STOPPED && state != STORE_FAILED) continue;
            if (n++ < NAMED) text_printf(&names, "%s%s (%s)", n > 1 ? ", " : "", r->name, store_state_name(state));
        }
        store_runs_clear(&page);
    }
    if (n) text_printf(out, "%s %s", text_number((int64_t)n, "run", "runs"), text_str(&names));
    if (n > NAMED) text_printf(out, " and %zu more", n - NAMED);
    bool ok = !names.broken && !out->broken;
    text_clear(&names);
    return ok || err_set(e, ERR_MEMORY, "data rm: memory ran out");
}

/* Ask on the terminal. Where no one can be asked a set goes all the same, since it can be imported again, but not one
 * that a run could go on with. */
static bool agreed(const struct store_dataset *row, const char *waiting, struct err *e)
{
    char what[96], bytes[32];
    if (!isatty(STDIN_FILENO))
        return !*waiting || err_set(e, ERR_USAGE,
                                    "data rm: %s can be resumed only with data set %s; say --yes where nobody can be "
                                    "asked",
                                    waiting, row->name);
    if (*waiting) app_print("%s can be resumed only with data set %s.\n", waiting, row->name);
    app_print("remove data set %s, %s (%s)? [y/N] ", row->name, data_describe(row, what),
              text_bytes((double)row->bytes, bytes));
    return app_agreed() || err_set(e, ERR_INTERRUPTED, "data rm: data set %s was not removed", row->name);
}

/* What an import left that was killed or stopped. */
static bool rm_left(struct app *app, const struct import_left *left, bool yes, struct err *e)
{
    if (!yes && isatty(STDIN_FILENO)) {
        app_print("remove the unfinished import of %s, %llu %s read so far? [y/N] ", left->name,
                  (unsigned long long)left->images, text_number(left->images, "image", "images"));
        if (!app_agreed()) return err_set(e, ERR_INTERRUPTED, "data rm: the import of %s was not removed", left->name);
    }
    if (!data_left_remove(app->store, left, e)) return false;
    app_note(app, "what the unfinished import of %s had read is removed", left->name);
    return true;
}

static int rm_run(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct store_dataset row;
    struct import_left left;
    struct text waiting = { 0 };
    const char *name = arguments_word(a, 0);
    struct store *s = app_existing_store(app, STORE_FREE, &e);
    if (!s) return app_fail(app, &e);
    if (!store_dataset_find(s, name, &row, &e)) {
        bool found = e.code == ERR_NOT_FOUND && data_left_find(s, name, &left, NULL);
        return found && rm_left(app, &left, arguments_has(a, "yes"), &e) ? 0 : app_fail(app, &e);
    }
    bool ok = waiting_runs(s, row.name, &waiting, &e) &&
              (arguments_has(a, "yes") || agreed(&row, text_str(&waiting), &e)) && store_dataset_remove(s, row.id, &e);
    if (ok && *text_str(&waiting))
        app_note(app, "data set %s: is removed; %s can be resumed once it is imported again", row.name,
                 text_str(&waiting));
    if (ok && store_pack_is_attached(row.pack))
        app_note(app, "data set %s: is removed; its attached pack stays: %s", row.name, row.pack);
    else if (ok && *row.pack && !store_pack_name_check(row.pack, &e))
        app_note(app, "data set %s: is removed; %s", row.name, e.msg);
    if (ok && data_left_find(s, row.name, &left, NULL))
        app_note(app, "an unfinished import of %s is left; mlvicx data rm %s removes it, too", row.name, row.name);
    text_clear(&waiting);
    store_dataset_clear(&row);
    return ok ? 0 : app_fail(app, &e);
}

/* ---- verify ---- */

/* Reading a pack is quick; a line of progress is for a terminal only. */
bool data_verify_progress(void *ctx, uint64_t done, uint64_t total)
{
    struct app *app = ctx;
    static const uint64_t step = 64;
    if (app->terminal && (done % step == 0 || done == total))
        app_progress(app, done == total, "checking %llu of %llu %s", (unsigned long long)done,
                     (unsigned long long)total, text_number(total, "image", "images"));
    return !process_asked();
}

/* The pack itself, and that it is the one the rows speak of. */
static bool verify(struct app *app, const struct store *s, const struct store_dataset *d, struct err *e)
{
    struct pack *p;
    bool ok = set_pack_open(s, d, &p, e) && pack_verify(p, data_verify_progress, app, e);
    pack_close(p);
    return ok;
}

static int print_verified(struct app *app, const struct store_dataset *row, const struct data_copies *copies)
{
    if (app->json)
        return app_print_json(app, json_pack("{s:o, s:I, s:o, s:b, s:o}", "name", json_text(row->name), "images",
                                             (json_int_t)row->count, "digest", json_text(row->digest), "ok", 1,
                                             "copies", data_copies_json(copies)));
    struct text line = { 0 }, warnings = { 0 };
    data_copies_line(copies, &line);
    data_copies_warn(copies, row->name, &warnings);
    app_print("%s: %lld %s as its digest says\n", row->name, (long long)row->count,
              text_number(row->count, "image,", "images, each"));
    app_print("copies: %s\n", text_str(&line));
    for (char *rest = warnings.data, *next; (next = strsep(&rest, "\n"));)
        if (*next) app_print("%s\n", next);
    text_clear(&line);
    text_clear(&warnings);
    return app_finish(app);
}

static int verify_run(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct store_dataset row;
    struct store_contents c = { 0 };
    struct data_copies copies = { 0 };
    struct store *s = app_existing_store(app, STORE_READ, &e);
    if (!s || !store_dataset_find(s, arguments_word(a, 0), &row, &e)) return app_fail(app, &e);
    process_catch(PROCESS_WORKS);
    bool ok = verify(app, s, &row, &e) &&
              store_dataset_load(s, row.id, STORE_PART_IMAGES | STORE_PART_LABELS, &c, &e) &&
              data_copies_stored(&c, &copies, &e);
    int status = ok ? print_verified(app, &row, &copies) : app_fail(app, &e);
    data_copies_clear(&copies);
    store_contents_clear(&c);
    store_dataset_clear(&row);
    return e.code == ERR_INTERRUPTED && process_asked() ? 128 + process_asked() : status;
}

const struct command command_data_list = {
    .name = "data list",
    .arguments = "",
    .summary = "list the data sets of this workspace, and imports that were cut off",
    .least = 0,
    .most = 0,
    .run = list_run,
};
const struct command command_data_show = {
    .name = "data show",
    .arguments = "NAME",
    .summary = "show the splits, patients, classes and skipped files of a data set",
    .least = 1,
    .most = 1,
    .run = show_run,
};
static const struct option_row rm_options[] = {
    { "yes", 'y', OPTION_FLAG, NULL, "do not ask", 0, 0 },
    { 0 },
};
const struct command command_data_rm = {
    .name = "data rm",
    .arguments = "NAME",
    .summary =
        "remove a data set, with its pack unless that is attached or another set has it, or an unfinished import",
    .least = 1,
    .most = 1,
    .options = rm_options,
    .run = rm_run,
};
const struct command command_data_verify = {
    .name = "data verify",
    .arguments = "NAME",
    .summary = "check every image of a pack against its digest, and find duplicates",
    .least = 1,
    .most = 1,
    .run = verify_run,
};
