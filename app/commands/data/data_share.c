/* `data share`: a data set as two files for others: its pack, and its rows beside it. `data attach` uses them. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cli/command.h"
#include "app/cli/process.h"
#include "app/commands/data/data.h"
#include "app/commands/data/rows_file.h"
#include "app/session/set_pack.h"
#include "engine/base/files.h"
#include "engine/base/reading.h"
#include "engine/base/text.h"
#include "store/database/files.h"

enum { SHARE_PATH = STORE_PATH };

/* The folder, without links. Packs in the store's own folder without a row of their own are removed by the next
 * import. */
static bool find_folder(const struct store *s, const char *dir, char *real, struct err *e)
{
    char own[STORE_PATH], *path = realpath(dir, NULL);
    if (!path || !file_is_directory(path) || strlen(path) >= SHARE_PATH - PACK_NAME_SIZE) {
        free(path);
        return err_set(e, ERR_NOT_FOUND, "data share: %s: no such folder; make one that the others may read", dir);
    }
    snprintf(real, SHARE_PATH, "%s", path);
    free(path);
    if (store_real_path(s, STORE_PACKS, 0, "", own)) {
        own[strlen(own) - 1] = '\0';
        if (!strcmp(own, real))
            return err_set(e, ERR_USAGE, "data share: %s: is the store's own folder; name one outside of the store",
                           dir);
    }
    return true;
}

/* A file of the name that is there and is this pack stays as it is: others may be reading it. */
static bool write_pack(const struct pack *p, const char *path, struct err *e)
{
    struct pack *old;
    struct file_writer w;
    if (file_exists(path)) {
        if (!pack_open(path, &old, e)) return false;
        bool same = !strcmp(pack_digest(old), pack_digest(p));
        pack_close(old);
        return same || err_set(e, ERR_CONFLICT, "%s: there is another pack of that name; remove it first", path);
    }
    if (!file_begin_as(&w, path, FILE_OF_USER, e)) return false;
    pack_put(p, &w);
    if (pack_check(p, e)) return file_commit(&w, e);
    file_abandon(&w);
    return false;
}

static bool write_rows(const struct store_contents *c, const char *path, struct err *e)
{
    struct file_writer w;
    if (!file_begin_as(&w, path, FILE_OF_USER, e)) return false;
    if (rows_file_write(w.stream, c, e)) return file_commit(&w, e);
    file_abandon(&w);
    return false;
}

static int report(const struct app *app, const struct store_contents *c, const char *pack, const char *rows)
{
    struct stat st;
    char size[32];
    const struct store_dataset *d = &c->dataset;
    size_t patients = 0;
    for (size_t i = 0; i < c->images_count; i++) patients += c->images[i].patient && *c->images[i].patient;
    if (patients)
        app_note(app, "patient ids of %zu %s go along, as the store has them", patients,
                 text_number(patients, "image", "images"));
    int fd = file_open_regular(pack, &st, NULL);
    if (fd >= 0) close(fd);
    if (fd >= 0 && !(st.st_mode & (S_IRGRP | S_IROTH)))
        app_note(app, "%s: nobody else can read it; chmod g+r both files", pack);
    if (app->json)
        return app_print_json(app, json_pack("{s:o, s:o, s:o, s:I, s:I}", "name", json_text(d->name), "pack",
                                             json_text(pack), "rows", json_text(rows), "images", (json_int_t)d->count,
                                             "bytes", (json_int_t)d->bytes));
    app_print("%s: %lld %s, %s, and rows beside it; others use it with: mlvicx data attach %s\n", d->name,
              (long long)d->count, text_number(d->count, "image", "images"), text_bytes((double)d->bytes, size), pack);
    return app_finish(app);
}

static int share_run(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct store_dataset row;
    struct store_contents c = { 0 };
    struct pack *p = NULL;
    char real[SHARE_PATH], pack[SHARE_PATH + PACK_NAME_SIZE], rows[SHARE_PATH + PACK_NAME_SIZE];
    struct store *s = app_existing_store(app, STORE_READ, &e);
    if (!s || !store_dataset_find(s, arguments_word(a, 0), &row, &e)) return app_fail(app, &e);
    process_catch(PROCESS_WORKS);
    bool ok = find_folder(s, arguments_word(a, 1), real, &e) && store_dataset_load(s, row.id, STORE_PART_ALL, &c, &e) &&
              set_pack_open(s, &c.dataset, &p, &e) && pack_verify(p, data_verify_progress, app, &e);
    if (ok) {
        snprintf(pack, sizeof pack, "%s/%.64s-%.16s.pack", real, row.name, row.digest);
        snprintf(rows, sizeof rows, "%s/%.64s-%.16s" ROWS_FILE_END, real, row.name, row.digest);
        ok = write_pack(p, pack, &e) && write_rows(&c, rows, &e);
    }
    int status = ok ? report(app, &c, pack, rows) : app_fail(app, &e);
    pack_close(p);
    store_contents_clear(&c);
    store_dataset_clear(&row);
    return e.code == ERR_INTERRUPTED && process_asked() ? 128 + process_asked() : status;
}

const struct command command_data_share = {
    .name = "data share",
    .arguments = "NAME DIR",
    .summary = "copy a data set to a folder from which others can use it",
    .least = 2,
    .most = 2,
    .run = share_run,
    .details = "Writes DIR/NAME-DIGEST.pack, and beside it DIR/NAME-DIGEST" ROWS_FILE_END
               " with its labels, splits, patients,\nattributes, boxes and masks. Each store that uses them says: data "
               "attach DIR/NAME-DIGEST.pack",
};
