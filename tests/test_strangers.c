/* Stores of strangers: each text of fixtures/strangers/ is run on a sound store and says which commands then say what.
 * All of them once broke something. Whatever a command says, it ends by itself and with a status of its own. */
#include "tests/store_help.h"

#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include "engine/base/files.h"
#include "tests/synthetic_store.h"

extern char **environ;

enum { WORDS = 24, MOST = 1 << 24 };

/* A sound store: runs that were made, a data set of phantoms, a file of keys. */
struct seed {
    char dir[64], store[96], copy[96];
};

/* ---- running the program ---- */

/* Its output is out[] then, without the copy's folder; fails the test where it crashes. */
static char *run(const struct seed *z, const char *store, const char *line)
{
    const char *given = getenv("MLVICX");
    char words[512], *argv[WORDS] = { (char *)(uintptr_t)(given ? given : "./mlvicx"), "--store", NULL }, *next,
                     path[128];
    char copy[128];
    snprintf(words, sizeof words, "%s", line);
    snprintf(copy, sizeof copy, "%s", store);
    argv[2] = copy;
    int n = 3, status;
    for (char *p = strtok_r(words, " ", &next); p && n + 1 < WORDS; p = strtok_r(NULL, " ", &next)) argv[n++] = p;
    snprintf(path, sizeof path, "%s/result", z->dir);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    pid_t child;
    assert_int_equal(posix_spawn(&child, argv[0], &files, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&files);
    assert_int_equal(waitpid(child, &status, 0), child);
    char *text = file_read_text(path, MOST, &error);
    if (!text) fail_msg("mlvicx %s: %s", line, error.msg);
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 2) fail_msg("mlvicx %s: status %x\n%s", line, status, text);
    return text;
}

static int setup(void **state)
{
    static struct seed z;
    char keys[128];
    snprintf(z.dir, sizeof z.dir, "%s", workspace_make());
    snprintf(z.store, sizeof z.store, "%s/store", z.dir);
    snprintf(z.copy, sizeof z.copy, "%s/copy", z.dir);
    snprintf(keys, sizeof keys, "%s/keys", z.dir);
    setenv("OMP_NUM_THREADS", "1", 1);
    if (chdir(z.dir)) return 1;
    FILE *f = fopen(keys, "w");
    if (!f) return 1;
    fputs(":size 24 200\n:runs\n:save-display runs\n:images\n:save-display images\n", f);
    fclose(f);
    const struct synthetic_store four = { .runs = 4 };
    struct store *s;
    OK(store_open(z.store, STORE_WRITE, &s, &error) && synthetic_store_fill(s, &four, NULL, NULL, &error));
    store_close(s);
    free(run(&z, z.store, "data import phantom --name ghosts --patients 12 --size 32 --threads 1"));
    *state = &z;
    return 0;
}

static int teardown(void **state)
{
    const struct seed *z = *state;
    if (chdir("/")) return 1;
    workspace_remove(z->dir);
    return 0;
}

/* ---- one fixture ---- */

static void make_copy(const struct seed *z, const char *name, const char *sql)
{
    char line[512], path[128], *why = NULL;
    sqlite3 *db;
    snprintf(line, sizeof line, "rm -rf '%s' && cp -R '%s' '%s'", z->copy, z->store, z->copy);
    assert_int_equal(system(line), 0);
    snprintf(path, sizeof path, "%s/mlvicx.db", z->copy);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) fail_msg("%s: %s", name, why);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* What a command said, and what its screens showed. */
static char *said(const struct seed *z, const char *line)
{
    static const char *const shown[] = { "runs", "images" };
    struct text all = { 0 };
    char *text = run(z, z->copy, line);
    text_add(&all, text);
    free(text);
    for (size_t i = 0; i < sizeof shown / sizeof shown[0] && !strcmp(line, "--script keys"); i++) {
        text = file_read_text(shown[i], MOST, &error);
        text_add(&all, text ? text : "");
        free(text);
    }
    assert_false(all.broken);
    return all.data ? all.data : text_copy("");
}

/* Lines "-- run: WORDS" and "-- says: TEXT" at the top. */
static void check(const struct seed *z, const char *name, const char *sql)
{
    char *text = NULL, line[512];
    int checks = 0;
    make_copy(z, name, sql);
    for (const char *p = sql; !strncmp(p, "--", 2); p += strcspn(p, "\n") + 1) {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(p, "\n"), p);
        if (!strncmp(line, "-- run: ", 8)) {
            free(text);
            text = said(z, line + 8);
        } else if (!strncmp(line, "-- says:", 8)) {
            const char *wanted = line + 8 + strspn(line + 8, " ");
            if (!text || !strstr(text, wanted)) fail_msg("%s: lacks '%s':\n%.2000s", name, wanted, text ? text : "");
            checks++;
        }
    }
    assert_true(checks > 0);
    free(text);
}

static void every_store_of_a_stranger_gets_a_right_line(void **state)
{
    const struct seed *z = *state;
    char folder[STORE_PATH], path[STORE_PATH];
    snprintf(folder, sizeof folder, "%s", source_path("tests/fixtures/strangers"));
    struct dirent **names;
    int n = scandir(folder, &names, NULL, alphasort), seen = 0;
    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        if (text_ends(names[i]->d_name, ".sql")) {
            assert_true(file_join(path, sizeof path, folder, names[i]->d_name));
            char *sql = file_read_text(path, 1 << 20, &error);
            OK(sql != NULL);
            check(z, names[i]->d_name, sql);
            free(sql);
            seen++;
        }
        free(names[i]);
    }
    free(names);
    assert_true(seen >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_store_of_a_stranger_gets_a_right_line) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
