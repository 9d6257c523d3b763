#include "views/analysis/group.h"

#include <stdio.h>
#include <string.h>

#include "store/run.h"

/* The next name of `keys`, which begins at *at. */
static bool next_key(const char **at, char key[GROUP_KEYS])
{
    *at += strspn(*at, " ");
    size_t n = strcspn(*at, " ");
    snprintf(key, GROUP_KEYS, "%.*s", (int)n, *at);
    *at += n;
    return n > 0;
}

bool group_check(const char *keys, struct err *e)
{
    char key[GROUP_KEYS];
    int n = 0;
    if (strlen(keys) >= GROUP_KEYS) return err_set(e, ERR_USAGE, "group: that is too long");
    while (next_key(&keys, key)) {
        if (!settings_find(key, e)) return false;
        if (++n > GROUP_MOST) return err_set(e, ERR_USAGE, "group: at most %d settings", GROUP_MOST);
    }
    return true;
}

const char *group_text(const struct settings *s, const char *keys, bool brief, char out[GROUP_TEXT])
{
    char key[GROUP_KEYS], value[SETTINGS_TEXT];
    int n = 0;
    out[0] = '\0';
    while (next_key(&keys, key) && n < GROUP_TEXT) {
        const struct setting *row = settings_find(key, NULL);
        const char *point = strrchr(key, '.');
        if (!row) continue;
        settings_get(s, row, value);
        n += snprintf(out + n, (size_t)(GROUP_TEXT - n), "%s%s %s",
                      !n      ? ""
                      : brief ? ", "
                              : " \u00b7 ",
                      brief && point ? point + 1 : key, *value ? value : "-");
    }
    return out;
}

bool group_of_run(struct store *s, int64_t run, const char *keys, char out[GROUP_TEXT], struct err *e)
{
    struct store_run row;
    struct settings settings;
    out[0] = '\0';
    if (!store_run_get(s, run, &row, e)) return false;
    settings_init(&settings);
    if (settings_read_ini(&settings, row.config, "", NULL)) group_text(&settings, keys, false, out);
    store_run_clear(&row);
    return true;
}
