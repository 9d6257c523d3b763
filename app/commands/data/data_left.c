/* What is left of an import that was killed or stopped: a part or a whole pack that no data set has, and its journal.
 *
 * Whoever imports holds a shared lock on packs/lock, and while it reads images a lock on the part. So a part whose lock
 * is free belongs to nobody; a whole pack without rows belongs to nobody once nobody else imports anything. */
#include "app/commands/data/data_left.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "app/cli/json.h"
#include "engine/base/clock.h"
#include "engine/base/temporary.h"
#include "engine/base/text.h"
#include "store/dataset.h"
#include "store/database/files.h"

/* Is there a data set of the name? Then a journal without a part is only a trace of its import. */
static bool is_recorded(struct store *s, const struct import_left *left)
{
    struct store_dataset row;
    if (!store_dataset_find(s, left->name, &row, NULL)) return false;
    bool same = !*left->pack || !strcmp(row.pack, left->pack);
    store_dataset_clear(&row);
    return same;
}

/* Does someone import, or merge? Asked for, not kept. */
static bool is_busy(const struct folder *packs)
{
    int fd = folder_file(packs, "lock", FOLDER_READ, NULL);
    bool busy = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
    if (fd >= 0) close(fd);
    return busy;
}

bool data_left_list(struct store *s, struct import_left **out, size_t *count, struct err *e)
{
    struct folder packs, *in = &packs;
    size_t n = 0;
    *out = NULL;
    *count = 0;
    if (!store_folder(s, STORE_PACKS, 0, false, in, NULL)) return true;
    bool ok = import_left_list(in, out, count, e);
    for (size_t i = 0; ok && i < *count; i++) {
        char part[PACK_NAME_SIZE];
        snprintf(part, sizeof part, "%.100s.part", (*out)[i].name);
        if (!folder_has(in, part) && is_recorded(s, &(*out)[i])) continue;
        if (*(*out)[i].pack) (*out)[i].at_work = is_busy(in); /* its rows may be written just now */
        (*out)[n++] = (*out)[i];
    }
    folder_close(in);
    *count = n;
    return ok;
}

void data_left_json(json_t *list, const struct import_left *rows, size_t count)
{
    for (size_t i = 0; list && i < count; i++)
        json_array_append_new(list,
                              json_pack("{s:o, s:b, s:b, s:I, s:I, s:o, s:o}", "name", json_text(rows[i].name),
                                        "unfinished", 1, "at_work", rows[i].at_work, "images",
                                        (json_int_t)rows[i].images, "bytes", (json_int_t)rows[i].bytes, "modified",
                                        json_time(rows[i].modified), "options", json_text(rows[i].options)));
}

void data_left_print(const struct app *app, const struct import_left *rows, size_t count)
{
    (void)app;
    if (count)
        app_print("\nunfinished imports (the same command goes on there; data rm NAME removes one; after 7 days "
                  "they are removed):\n");
    for (size_t i = 0; i < count; i++) {
        char bytes[32], age[CLOCK_ISO_SIZE];
        double seconds = clock_wall() - rows[i].modified;
        clock_duration(seconds > 0 ? seconds : 0, age);
        app_print("%s  %llu %s read, %s, %s%s%s%s\n", rows[i].name, (unsigned long long)rows[i].images,
                  text_number(rows[i].images, "image", "images"), text_bytes((double)rows[i].bytes, bytes),
                  rows[i].at_work ? "at work" : age, rows[i].at_work ? "" : " ago", *rows[i].options ? ", " : "",
                  rows[i].options);
    }
}

bool data_left_find(struct store *s, const char *name, struct import_left *out, struct err *e)
{
    struct import_left *rows;
    size_t count;
    bool found = false;
    if (!data_left_list(s, &rows, &count, e)) return false;
    for (size_t i = 0; i < count && !found; i++)
        if ((found = !strcmp(rows[i].name, name))) *out = rows[i];
    free(rows);
    return found;
}

static bool remove_it(struct store *s, const struct folder *packs, const struct import_left *left, bool alone,
                      double age, struct err *e)
{
    if (*left->pack && !alone)
        return err_set(e, ERR_LOCKED,
                       "import of %s: others import now, perhaps this one; try again when they have ended", left->name);
    /* the journal first: without it the pack would become a part again */
    if (!import_left_remove(packs, left->name, e)) return false;
    /* rows that it wrote name the pack */
    return !*left->pack || (store_dataset_sweep(s, age, e) && store_dataset_drop_pack(s, left->pack, e));
}

bool data_left_remove(struct store *s, const struct import_left *left, struct err *e)
{
    struct folder packs;
    *e = (struct err){ 0 };
    if (!store_folder(s, STORE_PACKS, 0, false, &packs, e)) return false;
    int lock = folder_file(&packs, "lock", FOLDER_LOCK, e);
    bool alone = lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0;
    bool lockless = lock >= 0 && !alone && errno != EWOULDBLOCK && errno != EINTR;
    bool ok = lock >= 0, shared = lockless || store_is_network(s); /* other machines may be at work unseen */
    if (ok && shared && clock_wall() - left->modified < TEMPORARY_DAY)
        ok = err_set(
            e, ERR_LOCKED,
            "import of %s: whether one is at work on another machine is not known here; it can be removed a day "
            "after it stopped",
            left->name);
    ok = ok && remove_it(s, &packs, left, alone || lockless, shared ? TEMPORARY_DAY : 0, e);
    if (lock >= 0) close(lock);
    folder_close(&packs);
    return ok;
}
