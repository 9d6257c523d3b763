#include "views/workbench/keymap.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/err.h"
#include "engine/base/files.h"
#include "engine/base/text.h"
#include "store/database/files.h"
#include "views/terminal/keys.h"

static const char everywhere_word[] = "everywhere";

/* ---- looking up ------------------------------------------------------------------------------------------ */

static const struct keymap_row *row_of(const struct keymap *m, int screen, const struct key_bind *bind)
{
    const struct keymap_row *found = NULL;
    for (int i = 0; i < m->count; i++) {
        if (m->rows[i].bind != bind) continue;
        if (m->rows[i].screen == screen) return &m->rows[i];
        if (m->rows[i].screen < 0) found = &m->rows[i];
    }
    return found;
}

int keymap_key(const struct keymap *m, int screen, const struct key_bind *bind, int *twin)
{
    const struct keymap_row *row = row_of(m, screen, bind);
    *twin = row ? row->twin : bind->twin;
    return row ? row->key : bind->key;
}

const struct key_bind *keymap_find(const struct keymap *m, int screen, int key, bool *own)
{
    const struct key_bind *tables[2] = { m->screens[screen]->keys, m->everywhere };
    for (int t = 0; t < 2; t++)
        for (const struct key_bind *k = tables[t]; k && k->name; k++) {
            int twin, first = keymap_key(m, screen, k, &twin);
            if (first != key && (!twin || twin != key)) continue;
            *own = t == 0;
            return k;
        }
    return NULL;
}

/* ---- reading --------------------------------------------------------------------------------------------- */

static char *trim(char *s)
{
    while (isspace((unsigned char)*s)) s++;
    char *end = s + strlen(s);
    while (end > s && isspace((unsigned char)end[-1])) *--end = '\0';
    return s;
}

static const char *screen_name(const void *ctx, size_t i)
{
    const struct keymap *m = ctx;
    return i == 0 ? everywhere_word : m->screens[i - 1]->name;
}

static bool find_screen(const struct keymap *m, const char *name, int *screen, struct err *e)
{
    size_t n = 1;
    *screen = -1;
    if (!strcmp(name, everywhere_word)) return true;
    for (int i = 0; m->screens[i]; i++, n++)
        if (!strcmp(m->screens[i]->name, name)) return *screen = i, true;
    const char *near = text_nearest(name, n, screen_name, m);
    return err_set(e, ERR_CONFIG, "%s: no such screen%s%s", name, near ? "; did you mean " : "; or everywhere",
                   near ? near : "");
}

static const char *action_name(const void *ctx, size_t i)
{
    return ((const struct key_bind *)ctx)[i].name;
}

static const struct key_bind *search(const struct key_bind *table, const char *name, size_t *n)
{
    *n = 0;
    for (const struct key_bind *k = table; k && k->name; k++, (*n)++)
        if (!strcmp(k->name, name)) return k;
    return NULL;
}

static const struct key_bind *find_action(const struct keymap *m, int screen, const char *name, struct err *e)
{
    size_t own = 0, all;
    const struct key_bind *table = screen >= 0 ? m->screens[screen]->keys : NULL, *k = search(table, name, &own);
    if (k || (k = search(m->everywhere, name, &all))) return k;
    const char *near = own ? text_nearest(name, own, action_name, table) : NULL;
    if (!near) near = text_nearest(name, all, action_name, m->everywhere);
    err_set(e, ERR_CONFIG, "%s: no such action%s%s; help (?) names them", name, near ? "; did you mean " : "",
            near ? near : "");
    return NULL;
}

/* Would a key of this row have another meaning on a screen? */
static bool clashes(const struct keymap *m, const struct keymap_row *row, int screen, struct err *e)
{
    const struct key_bind *tables[2] = { m->screens[screen]->keys, m->everywhere };
    char name[KEYS_NAME];
    int keys[2] = { row->key, row->twin };
    for (int i = 0; i < 2; i++) {
        for (int v = 0; keys[i] && m->screens[v]; v++)
            if (m->screens[v]->digit == keys[i])
                return !err_set(e, ERR_CONFIG, "%s shows the screen %s; it cannot mean %s", keys_name(keys[i], name),
                                m->screens[v]->title, row->bind->name);
        for (int t = 0; keys[i] && t < 2; t++)
            for (const struct key_bind *k = tables[t]; k && k->name; k++) {
                int twin, key = keymap_key(m, screen, k, &twin);
                if (k == row->bind || (key != keys[i] && twin != keys[i])) continue;
                return !err_set(e, ERR_CONFIG, "%s means %s on the screen %s; it cannot mean %s, too",
                                keys_name(keys[i], name), k->name, m->screens[screen]->title, row->bind->name);
            }
    }
    return false;
}

static bool check(const struct keymap *m, const struct keymap_row *row, struct err *e)
{
    if (row->screen >= 0) return !clashes(m, row, row->screen, e);
    for (int v = 0; m->screens[v]; v++)
        if (clashes(m, row, v, e)) return false;
    return true;
}

static void put(struct keymap *m, const struct keymap_row *row)
{
    for (int i = 0; i < m->count; i++)
        if (m->rows[i].screen == row->screen && m->rows[i].bind == row->bind) {
            m->rows[i] = *row;
            return;
        }
    m->rows[m->count++] = *row;
}

/* One or two keys, with a blank between. */
static bool read_keys(char *text, struct keymap_row *row, struct err *e)
{
    char *second = text + strcspn(text, " \t");
    if (*second) *second++ = '\0';
    second += strspn(second, " \t");
    row->key = keys_parse(text);
    row->twin = *second ? keys_parse(second) : 0;
    if (row->key == KEYS_NONE || (*second && row->twin == KEYS_NONE))
        return err_set(e, ERR_CONFIG, "'%s' is no key; such as p, P, F2, ctrl-p, page-up", row->key ? second : text);
    return true;
}

static bool read_line(struct keymap *m, char *line, int number, struct err *e)
{
    struct keymap_row row = { .screen = -1, .line = number };
    char *equals = strchr(line, '='), *dot;
    if (equals) *equals++ = '\0';
    char *name = trim(line);
    if (!equals || !(dot = strrchr(name, '.')))
        return err_set(e, ERR_CONFIG, "'%s' is not of the form SCREEN.ACTION = KEY", name);
    *dot++ = '\0';
    if (m->count == KEYMAP_MOST) return err_set(e, ERR_CONFIG, "more than %d keys", KEYMAP_MOST);
    if (!find_screen(m, name, &row.screen, e) || !(row.bind = find_action(m, row.screen, dot, e)) ||
        !read_keys(trim(equals), &row, e))
        return false;
    put(m, &row);
    return true;
}

/* Removes lines that give a key two meanings: the later one of two. */
static void settle(struct keymap *m, const char *where, struct text *wrong)
{
    for (int i = m->count; i-- > 0;) {
        struct err e;
        struct keymap_row row = m->rows[i];
        if (!row.line || check(m, &row, &e)) continue;
        memmove(&m->rows[i], &m->rows[i + 1], (size_t)(m->count - i - 1) * sizeof row);
        m->count--;
        text_printf(wrong, "%s: line %d: %s\n", where, row.line, e.msg);
    }
}

void keymap_read(struct keymap *m, const char *text, const char *where, struct text *wrong)
{
    int number = 1;
    for (int i = 0; i < m->count; i++) m->rows[i].line = 0;
    for (const char *p = text; *p; number++) {
        size_t n = strcspn(p, "\n");
        char copy[256];
        struct err e;
        snprintf(copy, sizeof copy, "%.*s", (int)n, p);
        p += n + (p[n] == '\n');
        char *line = trim(copy);
        if (!*line || *line == '#') continue;
        bool ok = n < sizeof copy ? read_line(m, line, number, &e) : err_set(&e, ERR_CONFIG, "too long");
        if (!ok) text_printf(wrong, "%s: line %d: %s\n", where, number, e.msg);
    }
    settle(m, where, wrong);
}

/* `text` NULL: the file could not be read. It is freed. */
static void add_file(struct keymap *m, char *text, const char *path, const struct err *e, struct text *wrong)
{
    if (text)
        keymap_read(m, text, path, wrong);
    else
        text_printf(wrong, "%s\n", e->msg);
    free(text);
}

void keymap_open(struct keymap *m, const struct store *s, struct text *wrong)
{
    enum { MOST = 1 << 16 };
    struct err e = { 0 };
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    char path[STORE_PATH];
    bool own = config && *config;
    if (own || home) {
        snprintf(path, sizeof path, "%s%s/mlvicx/keys", own ? config : home, own ? "" : "/.config");
        if (access(path, F_OK) == 0) add_file(m, file_read_text(path, MOST, &e), path, &e, wrong);
    }
    int fd = store_file(s, STORE_WORKSPACE, 0, "keys", FOLDER_READ, path, &e);
    if (fd >= 0 || e.code != ERR_NOT_FOUND)
        add_file(m, fd >= 0 ? file_take_text(fd, path, MOST, &e) : NULL, path, &e, wrong);
}
