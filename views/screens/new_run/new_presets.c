#include "views/screens/new_run/new_presets.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "store/database/files.h"
#include "views/workbench/workbench.h"

static void file_of(const char *name, char file[STORE_NAME + 8])
{
    snprintf(file, STORE_NAME + 8, "%.*s.ini", STORE_NAME, name);
}

int new_presets_open(const struct workbench *wb, const char *name, char path[STORE_PATH], struct err *e)
{
    char file[STORE_NAME + 8];
    file_of(name, file);
    return store_file(wb->store, STORE_PRESETS, 0, file, FOLDER_READ, path, e);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

int new_presets_list(const struct workbench *wb, char names[PRESETS_MOST][PRESETS_NAME])
{
    struct folder folder;
    int count = 0;
    if (!store_folder(wb->store, STORE_PRESETS, 0, false, &folder, NULL)) return 0;
    DIR *files = folder_list(&folder);
    for (struct dirent *file; files && (file = readdir(files));) {
        const char *name = file->d_name;
        size_t length = strlen(name);
        if (!folder_name_ok(name) || !text_ends(name, ".ini") || length >= PRESETS_NAME || length <= 4) continue;
        if (count == PRESETS_MOST) break;
        memcpy(names[count], name, length - 4);
        names[count++][length - 4] = '\0';
    }
    if (files) closedir(files);
    folder_close(&folder);
    qsort(names, (size_t)count, sizeof names[0], by_name);
    return count;
}

bool new_presets_write(const struct workbench *wb, const struct settings *s, const char *name, struct err *e)
{
    struct folder folder;
    struct file_writer w;
    struct text ini = { 0 };
    char file[STORE_NAME + 8];
    file_of(name, file);
    if (wb->read_only) return err_set(e, ERR_IO, "preset %s: the store is read-only; nothing was written", name);
    if (!store_folder(wb->store, STORE_PRESETS, 0, true, &folder, e)) return false;
    bool ok = file_begin_in(&w, &folder, file, e);
    folder_close(&folder);
    if (!ok) return false;
    settings_write_ini(s, &ini);
    file_put(&w, text_str(&ini), ini.length);
    w.failed |= ini.broken;
    text_clear(&ini);
    return file_commit(&w, e);
}
