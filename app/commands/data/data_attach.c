/* `data attach`: a pack that lies elsewhere, and may be anybody's, as a data set of this store. Its rows are copied
 * into the store; its pixels are read where they lie, and never written or removed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cli/command.h"
#include "app/cli/insist.h"
#include "app/cli/process.h"
#include "app/commands/data/data.h"
#include "app/commands/data/data_import.h"
#include "app/commands/data/data_packs.h"
#include "app/commands/data/rows_file.h"
#include "app/session/fit.h"
#include "engine/base/files.h"
#include "engine/base/reading.h"
#include "engine/data/pack.h"
#include "store/database/files.h"

static const double write_seconds = 60; /* that a database which may not grow is asked */

struct attaching {
    struct store *store;
    char path[STORE_PATH]; /* of the pack, absolute */
    struct pack *pack;
    struct store_contents contents;
    int64_t id;
};

/* A pack in a folder of this store is its own: it goes with the set that it was made for. */
static bool is_own(const struct store *s, const char *path)
{
    char packs[STORE_PATH];
    return store_real_path(s, STORE_PACKS, 0, "", packs) && !strncmp(path, packs, strlen(packs));
}

static bool find_pack(struct attaching *k, const char *word, struct err *e)
{
    char *path = realpath(word, NULL);
    if (!path) return err_set(e, ERR_NOT_FOUND, "data attach: %s: %s; name a file *.pack", word, strerror(errno));
    bool fits = strlen(path) < sizeof k->path && store_pack_is_attached(path);
    if (fits) snprintf(k->path, sizeof k->path, "%s", path);
    free(path);
    if (!fits)
        return err_set(e, ERR_USAGE,
                       "data attach: %s: is no pack by its name; name a file *.pack that data share wrote", word);
    if (is_own(k->store, k->path))
        return err_set(e, ERR_USAGE,
                       "data attach: %s: lies in this store, which may remove it; share its data set into another "
                       "folder (mlvicx data share)",
                       word);
    return true;
}

/* Every pixel is read once: what is attached is what was shared. */
static bool read_files(struct app *app, struct attaching *k, struct err *e)
{
    char path[STORE_PATH], rows[STORE_PATH + sizeof ROWS_FILE_END];
    const struct pack_identity any = { .attached = true };
    int fd = store_pack_open(k->store, k->path, path, e);
    if (fd < 0 || !pack_take_as(fd, path, &any, &k->pack, e)) return false;
    snprintf(rows, sizeof rows, "%.*s" ROWS_FILE_END, (int)(strlen(path) - strlen(".pack")), path);
    if (!file_exists(rows))
        return err_set(e, ERR_NOT_FOUND, "%s: the rows of this pack are not beside it; data share writes both files",
                       rows);
    return rows_file_read(rows, k->pack, &k->contents, e) && pack_verify(k->pack, data_verify_progress, app, e);
}

static void tell_writers(const struct app *app, const char *path)
{
    struct stat st;
    int fd = file_open_regular(path, &st, NULL);
    if (fd >= 0) close(fd);
    if (fd >= 0 && st.st_mode & (S_IWGRP | S_IWOTH))
        app_note(app, "WARNING: %s may be written by others, while runs read it; its owner should say chmod go-w",
                 path);
}

static bool record(void *ctx, struct err *e)
{
    struct attaching *k = ctx;
    return store_dataset_insert(k->store, &k->contents, &k->id, e);
}

/* Under the lock that all who write data sets share, so that nobody takes half-written rows for those of a kill. */
static bool write_rows(struct app *app, struct attaching *k, struct err *e)
{
    struct folder packs;
    const struct insist writing = { app, "the data set's rows", write_seconds, record, NULL, k };
    if (!store_folder(k->store, STORE_PACKS, 0, true, &packs, e)) return false;
    int lock = data_packs_enter(k->store, &packs, e);
    bool ok = lock >= 0 && insist(&writing, e);
    if (lock >= 0) close(lock);
    folder_close(&packs);
    return ok;
}

static bool attach(struct app *app, struct attaching *k, const char *word, const char *name, struct err *e)
{
    struct store_dataset *d = &k->contents.dataset;
    if (name && !data_name_is_free(k->store, name, e)) return false;
    if (!find_pack(k, word, e) || !read_files(app, k, e)) return false;
    if (name) snprintf(d->name, sizeof d->name, "%s", name);
    if (!name && !data_name_is_free(k->store, d->name, e)) return err_wrap(e, "data attach: give it a --name");
    if (!fit_check_store(k->store, 0, "one more row", e)) return false;
    if (!(d->pack = strdup(k->path))) return err_set(e, ERR_MEMORY, "data attach: memory ran out");
    return write_rows(app, k, e);
}

static int attach_run(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct attaching k = { .store = app_store(app, STORE_WRITE, &e) };
    if (!k.store) return app_fail(app, &e);
    process_catch(PROCESS_STAYS);
    store_set_asked(k.store, process_asked);
    bool ok = attach(app, &k, arguments_word(a, 0), arguments_text(a, "name", NULL), &e);
    store_set_asked(k.store, NULL);
    pack_close(k.pack);
    store_contents_clear(&k.contents);
    if (ok) {
        tell_writers(app, k.path);
        return data_print_imported(app, k.store, k.id, NULL, &e);
    }
    int status = app_fail(app, &e);
    return e.code == ERR_INTERRUPTED && process_asked() ? 128 + process_asked() : status;
}

static const struct option_row options[] = {
    { "name", 'n', OPTION_TEXT, "NAME", "name of the data set [that of the shared one]", 0, 0 },
    { 0 },
};
const struct command command_data_attach = {
    .name = "data attach",
    .arguments = "PACK [--name NAME]",
    .summary = "use a shared pack where it lies, without copying it",
    .least = 1,
    .most = 1,
    .options = options,
    .run = attach_run,
    .details = "PACK is a file that data share wrote; labels, splits and patients come from the file beside it. Every "
               "image is\nchecked against its digest now, and the pack against its digest each time it is opened. It "
               "may be anybody's; it\nis only read, and data rm keeps it.",
};
