#include "views/new_presets.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/files.h"

static bool folder_of(const struct desk *d, char out[STORE_PATH])
{
    return file_join(out, STORE_PATH, store_dir(d->store), "presets");
}

bool new_presets_path(const struct desk *d, const char *name, char out[STORE_PATH])
{
    char folder[STORE_PATH], file[STORE_NAME + 8];
    snprintf(file, sizeof file, "%.*s.ini", STORE_NAME, name);
    return folder_of(d, folder) && file_join(out, STORE_PATH, folder, file);
}

int new_presets_list(const struct desk *d, char names[PRESETS_MOST][PRESETS_NAME])
{
    char folder[STORE_PATH];
    struct dirent **files = NULL;
    int count = 0, n = folder_of(d, folder) ? scandir(folder, &files, NULL, alphasort) : -1;
    for (int i = 0; i < n; i++) {
        const char *name = files[i]->d_name;
        size_t length = strlen(name);
        if (text_ends(name, ".ini") && length < PRESETS_NAME && length > 4 && count < PRESETS_MOST) {
            memcpy(names[count], name, length - 4);
            names[count++][length - 4] = '\0';
        }
        free(files[i]);
    }
    free(files);
    return count;
}

bool new_presets_write(const struct desk *d, const struct settings *s, const char *name, struct err *e)
{
    char folder[STORE_PATH], path[STORE_PATH];
    struct file_writer w;
    struct text ini = { 0 };
    if (!folder_of(d, folder) || !new_presets_path(d, name, path))
        return err_set(e, ERR_IO, "preset %s: the path is too long", name);
    if (!file_make_directories(folder, e) || !file_begin_as(&w, path, FILE_OF_USER, e)) return false;
    settings_write_ini(s, &ini);
    file_put(&w, text_str(&ini), ini.length);
    w.failed |= ini.broken;
    text_clear(&ini);
    return file_commit(&w, e);
}
