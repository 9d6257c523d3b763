/* The command line (':'): a table of the workbench's own commands. Every other verb is a command of the program,
 * which runs as a job; its output is shown as a page. */
#include "views/workbench/command_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/files.h"
#include "engine/base/text.h"
#include "store/run.h"
#include "views/analysis/levels.h"
#include "views/terminal/keys.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/frame.h"
#include "views/workbench/jobs.h"
#include "views/workbench/keymap.h"
#include "views/workbench/loop.h"
#include "views/workbench/marks.h"
#include "views/workbench/message.h"
#include "views/workbench/refresh.h"
#include "views/workbench/requests.h"
#include "views/workbench/run_control.h"
#include "views/workbench/script.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

enum { WORDS_MOST = 32 };

/* A line split into words; "..." and '...' keep blanks. */
struct words {
    char text[DIALOG_TEXT];
    char *word[WORDS_MOST];
    int count;
};

static bool split(const char *line, struct words *w)
{
    char *out = w->text, *end = w->text + sizeof w->text - 1;
    w->count = 0;
    while (*line) {
        while (*line == ' ') line++;
        if (!*line) break;
        if (w->count == WORDS_MOST) return false;
        w->word[w->count++] = out;
        for (char quote = 0; *line && (quote || *line != ' '); line++) {
            if (quote ? *line == quote : *line == '"' || *line == '\'')
                quote = quote ? 0 : *line;
            else if (out < end)
                *out++ = *line;
        }
        if (out < end) *out++ = '\0';
    }
    *end = '\0';
    return true;
}

/* ---- what the workbench does itself ---------------------------------------------------------------------- */

struct own_command {
    const char *name, *arguments, *help;
    int least, most;
    unsigned (*run)(struct workbench *wb, const struct words *w);
};

static unsigned do_quit(struct workbench *wb, const struct words *w)
{
    (void)w;
    wb->quit = true;
    return AFTER_NOTHING;
}

static unsigned do_run(struct workbench *wb, const struct words *w)
{
    int64_t run;
    struct err e;
    if (!store_run_find(wb->store, w->word[1], &run, &e))
        message_fail(wb, &e);
    else
        show_run(wb, run);
    return AFTER_READ;
}

/* As `mlvicx attach`; its options are about the terminal, except for the screen. */
static unsigned do_attach(struct workbench *wb, const struct words *w)
{
    const char *run = NULL, *screen = NULL;
    int64_t id = 0;
    struct err e;
    for (int i = 1; i < w->count; i++) {
        const char *word = w->word[i], *value = strchr(word, '=');
        bool named = !strncmp(word, "--screen", 8) || !strncmp(word, "--view", 6);
        if (named && (value || i + 1 < w->count)) {
            screen = value ? value + 1 : w->word[++i];
        } else if (*word == '-' || run) {
            message_warn(wb, "attach: '%s' is for a new workbench; here attach [RUN] [--screen NAME]", word);
            return AFTER_DRAW;
        } else
            run = word;
    }
    if ((run && !store_run_find(wb->store, run, &id, &e)) || !screen_check(wb->screens, screen, &e))
        return message_fail(wb, &e), AFTER_DRAW;
    if (id) show_run(wb, id);
    if (screen || run)
        show_screen(wb, screen ? screen : "loss");
    else
        message_say(wb, "attach: this is the workbench; with a RUN it shows that run");
    return AFTER_READ;
}

static unsigned do_mark(struct workbench *wb, const struct words *w)
{
    bool mark = !strcmp(w->word[0], "mark");
    struct err e;
    if (w->count == 1 && !mark) {
        marks_clear(wb, true);
        return AFTER_READ;
    }
    for (int i = 1; i < w->count; i++) {
        int64_t run;
        if (!store_run_find(wb->store, w->word[i], &run, &e))
            message_fail(wb, &e);
        else
            marks_set(wb, run, mark);
    }
    return AFTER_READ;
}

/* Verbs that a running worker accepts; they apply to the shown run. */
static unsigned do_live(struct workbench *wb, const struct words *w)
{
    return run_control_ask(wb, w->word[0], w->count > 1 ? w->word[1] : NULL) | AFTER_READ;
}

static unsigned do_step(struct workbench *wb, const struct words *w)
{
    int64_t step;
    if (!strcmp(w->word[1], "last") || !strcmp(w->word[1], "live"))
        step = -1;
    else if (!text_to_int(w->word[1], &step) || step < 0) {
        message_warn(wb, "step: '%s' is not a step; a number, or live", w->word[1]);
        return AFTER_DRAW;
    }
    show_step(wb, step);
    return AFTER_READ;
}

static unsigned do_level(struct workbench *wb, const struct words *w)
{
    for (int i = 0; i < LEVELS_SHOWN; i++)
        if (!strcmp(level_table[i].name, w->word[1])) {
            show_level(wb, (enum engine_level)i);
            return AFTER_READ;
        }
    message_warn(wb, "level: '%s' is none; z, d, map1 .. map5", w->word[1]);
    return AFTER_DRAW;
}

static unsigned do_save_display(struct workbench *wb, const struct words *w)
{
    struct text t = { 0 };
    struct err e;
    bool styled = w->count > 2 && !strcmp(w->word[2], "colour");
    refresh_draw(wb);
    if (styled)
        canvas_styled(&wb->frame->canvas, &t, theme_sgr, &wb->theme);
    else
        canvas_text(&wb->frame->canvas, &t);
    if (!file_write_text(w->word[1], &t, FILE_OF_USER, &e)) {
        message_fail(wb, &e);
        wb->script->failed = wb->script->text != NULL;
    } else if (!wb->script->text)
        message_say(wb, "the screen stands in %s", w->word[1]);
    text_clear(&t);
    return AFTER_DRAW;
}

static unsigned do_size(struct workbench *wb, const struct words *w)
{
    int64_t rows, columns;
    if (wb->frame->terminal)
        message_warn(wb, "size: the terminal has its own");
    else if (!text_to_int(w->word[1], &rows) || !text_to_int(w->word[2], &columns) || rows < 1 || columns < 1 ||
             rows > 1000 || columns > 1000)
        message_warn(wb, "size: ROWS COLUMNS, up to 1000");
    else
        refresh_resize(wb, (int)rows, (int)columns);
    return AFTER_READ;
}

static unsigned do_clock(struct workbench *wb, const struct words *w)
{
    struct tm t = { 0 };
    if (sscanf(w->word[1], "%d-%d-%dT%d:%d:%d", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min, &t.tm_sec) !=
        6) {
        message_warn(wb, "clock: a time such as 2026-03-01T09:30:00 (UTC)");
        return AFTER_DRAW;
    }
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    wb->script->now = wb->now = (double)timegm(&t);
    refresh_tick(wb, true);
    return AFTER_READ;
}

/* Lets time pass, for scripts: until jobs have ended and workers have answered, or for the given number of seconds. */
static unsigned do_wait(struct workbench *wb, const struct words *w)
{
    double seconds = 60, begun = clock_seconds();
    bool for_all = w->count == 1;
    char what[200];
    if (!for_all && !text_to_double(w->word[1], &seconds)) seconds = 1;
    while (clock_seconds() - begun < seconds &&
           (!for_all || jobs_running(wb) || requests_text(wb, what, sizeof what))) {
        usleep(20000);
        refresh_tick(wb, false);
    }
    refresh_tick(wb, true);
    return AFTER_READ;
}

static const struct own_command own[] = {
    { "quit", "", "leave mlvicx; runs go on without it", 0, 0, do_quit },
    { "run", "RUN", "show a run: its id, name, or the beginning of one", 1, 1, do_run },
    { "attach", "[RUN]", "show a run: its curves, or --screen NAME", 0, 3, do_attach },
    { "mark", "RUN ...", "mark runs: charts overlay them", 1, SELECTION_MARKS, do_mark },
    { "unmark", "[RUN ...]", "unmark runs, or all", 0, SELECTION_MARKS, do_mark },
    { "pause", "", "pause the shown run between two steps", 0, 0, do_live },
    { "stop", "", "stop the shown run with a checkpoint", 0, 0, do_live },
    { "checkpoint", "", "save the shown run now", 0, 0, do_live },
    { "set", "KEY=VALUE", "change a setting of the shown run while it goes on", 1, 1, do_live },
    { "step", "N|live", "look at a recorded step", 1, 1, do_step },
    { "level", "z|d|map1..map5", "look at a level", 1, 1, do_level },
    { "save-display", "FILE [colour]", "write what the screen shows to a file", 1, 2, do_save_display },
    { "size", "ROWS COLUMNS", "size of the canvas, in scripts", 2, 2, do_size },
    { "clock", "TIME", "stop the clock at a time (UTC), in scripts", 1, 1, do_clock },
    { "wait", "[SECONDS]", "wait until jobs have ended and workers have answered, or some seconds, in scripts", 0, 1,
      do_wait },
};
enum { OWN = sizeof own / sizeof own[0] };

/* ---- verbs of the command line --------------------------------------------------------------------------- */

/* A line of output is a message, more are a page. */
static void show_output(struct workbench *wb, void *ctx, int status, const char *output)
{
    const char *title = wb->jobs->ended;
    size_t line = strcspn(output, "\n");
    (void)ctx;
    if (status != 0) return;
    if (!*output)
        message_say(wb, "%s: %s", title, *wb->jobs->said ? wb->jobs->said : "done");
    else if (!output[line + (output[line] == '\n')] && line < sizeof wb->message->text - sizeof wb->jobs->ended - 2)
        message_say(wb, "%s: %.*s", title, (int)line, output);
    else
        dialog_page(wb, title, output);
}

static bool has_word(const struct words *w, const char *word)
{
    for (int i = 1; i < w->count; i++)
        if (!strcmp(w->word[i], word)) return true;
    return false;
}

/* Verbs that would do here what they should not. */
static const struct verb_rule {
    const char *verb;
    const char *with[3]; /* one of these words, if there are any; NULL-ended */
    const char *instead; /* what to do instead; NULL: what follows */
    const char *asks;    /* a question that comes first; the answer is then given to the command */
} verb_rules[] = {
    { "worker", { NULL }, "N begins a run, R resumes one: each gets its own worker", NULL },
    { "log",
      { "-f", "--follow" },
      "-f would never end here; Loss follows the run, and Profile shows the end of its log (l)",
      NULL },
    { "train", { "--foreground" }, "a run has its own process here; leave --foreground out", NULL },
    { "resume", { "--foreground" }, "a run has its own process here; leave --foreground out", NULL },
    { "fork", { "--foreground" }, "a run has its own process here; leave --foreground out", NULL },
    { "rm", { "--now" }, NULL, "delete for good?" },
    { "rm", { "--trash" }, NULL, "delete for good?" },
    { "rm", { NULL }, NULL, "move into the trash?" },
    { "data rm", { NULL }, NULL, "remove the data set and its pack?" },
};

/* The first rule that fits; NULL: the command does what it does elsewhere. */
static const struct verb_rule *rule_of(const struct words *w)
{
    char verb[64];
    for (size_t i = 0; i < sizeof verb_rules / sizeof verb_rules[0]; i++) {
        const struct verb_rule *r = &verb_rules[i];
        bool two = strchr(r->verb, ' ') && w->count > 1, fits = !r->with[0];
        snprintf(verb, sizeof verb, "%.30s%s%.30s", w->word[0], two ? " " : "", two ? w->word[1] : "");
        for (int k = 0; k < 3 && r->with[k]; k++) fits |= has_word(w, r->with[k]);
        if (fits && !strcmp(verb, r->verb) && !has_word(w, "--help") && !has_word(w, "-h")) return r;
    }
    return NULL;
}

/* Commands that would follow a worker are told to return once it runs. */
static bool follows(const struct words *w)
{
    static const char *const verbs[] = { "train", "resume", "fork" };
    static const char *const others[] = { "--dry-run", "--detach", "--queue", "--help", "-h" };
    bool is = false;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) is |= !strcmp(w->word[0], verbs[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) is &= !has_word(w, others[i]);
    return is;
}

static unsigned start_verb(struct workbench *wb, const struct words *w, const char *more)
{
    const char *argv[WORDS_MOST + 2];
    char title[96];
    int n = 0;
    for (; n < w->count; n++) argv[n] = w->word[n];
    if (more) argv[n++] = more;
    argv[n] = NULL;
    snprintf(title, sizeof title, "%s%s%s", w->word[0], w->count > 1 ? " " : "", w->count > 1 ? w->word[1] : "");
    job_start(wb, title, argv, show_output, NULL);
    return AFTER_DRAW;
}

static unsigned agreed(struct workbench *wb, void *ctx)
{
    struct words w = { .count = 0 };
    split(ctx, &w);
    return start_verb(wb, &w, "--yes");
}

/* None of the runs that are to be removed is alive: that is said before anything is asked. */
static bool may_remove(struct workbench *wb, const struct words *w)
{
    bool ok = true;
    for (int i = 1; ok && i < w->count; i++) {
        struct store_run run;
        int64_t id;
        if (!store_run_find(wb->store, w->word[i], &id, NULL) || !store_run_get(wb->store, id, &run, NULL)) continue;
        enum store_state state = store_run_state(wb->store, &run);
        ok = state != STORE_RUNNING && state != STORE_PAUSED;
        if (!ok)
            message_warn(wb, "rm: run %lld %s is %s; S stops it first", (long long)id, run.name,
                         store_state_name(state));
        store_run_clear(&run);
    }
    return ok;
}

static unsigned run_verb(struct workbench *wb, const struct words *w, const char *line)
{
    const struct verb_rule *r = rule_of(w);
    if (!strcmp(w->word[0], "rm") && !may_remove(wb, w)) return AFTER_DRAW;
    if (r && r->instead) {
        message_warn(wb, "%s: %s", w->word[0], r->instead);
    } else if (r && w->count > 1 + (strchr(r->verb, ' ') != NULL) && !has_word(w, "--yes") && !has_word(w, "-y")) {
        char question[DIALOG_TEXT + 64];
        snprintf(wb->jobs->asked, sizeof wb->jobs->asked, "%s", line);
        snprintf(question, sizeof question, "%s: %s", line, r->asks);
        dialog_confirm(wb, question, agreed, wb->jobs->asked);
    } else {
        return start_verb(wb, w, follows(w) ? "--detach" : NULL);
    }
    return AFTER_DRAW;
}

/* Whether a verb of the program has these words, the last of them whole: "data", of two words "data rm". */
static bool is_verb(const struct workbench *wb, const char *words)
{
    const char *const *verbs = wb->config->verbs;
    size_t n = strlen(words);
    for (int i = 0; verbs && verbs[i]; i++)
        if (!strncmp(verbs[i], words, n) && (verbs[i][n] == ' ' || verbs[i][n] == '\t')) return true;
    return false;
}

/* Fills in the second words of verbs that begin with a word, if there is no such verb of one word: "import, list". */
static bool second_words(const struct workbench *wb, const struct words *w, char *out, size_t size)
{
    const char *const *verbs = wb->config->verbs;
    size_t n = strlen(w->word[0]), at = 0;
    *out = '\0';
    for (int i = 0; verbs && verbs[i]; i++) {
        if (strncmp(verbs[i], w->word[0], n) || (verbs[i][n] != ' ' && verbs[i][n] != '\t')) continue;
        const char *second = verbs[i] + n + 1;
        size_t length = strcspn(second, "\t");
        if (verbs[i][n] == '\t') return false;
        if (w->count > 1 && strlen(w->word[1]) == length && !strncmp(second, w->word[1], length)) return false;
        if (at < size) at += (size_t)snprintf(out + at, size - at, "%s%.*s", at ? ", " : "", (int)length, second);
    }
    return at > 0;
}

static const char *candidate(const void *ctx, size_t i)
{
    const struct workbench *wb = ctx;
    if (i < OWN) return own[i].name;
    i -= OWN;
    for (int v = 0; wb->screens[v]; v++)
        if (i-- == 0) return wb->screens[v]->name;
    return "";
}

unsigned command_line_run(struct workbench *wb, const char *line)
{
    struct words w = { .count = 0 };
    if (!split(line, &w))
        message_warn(wb, "a command has %d words at most", WORDS_MOST);
    else if (w.count == 0)
        return AFTER_DRAW;
    else {
        for (int i = 0; i < OWN; i++) {
            if (strcmp(own[i].name, w.word[0])) continue;
            if (w.count - 1 < own[i].least || w.count - 1 > own[i].most) {
                if (is_verb(wb, w.word[0]) && w.count - 1 > own[i].most)
                    break; /* with a run named: the program's command */
                message_warn(wb, "usage: %s %s", own[i].name, own[i].arguments);
                return AFTER_DRAW;
            }
            return own[i].run(wb, &w) | AFTER_DRAW;
        }
        char second[256];
        bool verb = is_verb(wb, w.word[0]);
        for (int i = 0; wb->screens[i]; i++)
            if (!strcmp(wb->screens[i]->name, w.word[0]) && !(verb && w.count > 1)) {
                show_screen(wb, wb->screens[i]->name);
                if (w.count > 1) message_warn(wb, "%s: '%s' is one word too many", w.word[0], w.word[1]);
                return AFTER_DRAW;
            }
        if (verb && second_words(wb, &w, second, sizeof second)) {
            message_warn(wb, "%s: needs one of these words: %s", w.word[0], second);
            return AFTER_DRAW;
        }
        if (verb) return run_verb(wb, &w, line);
        size_t n = OWN;
        for (int i = 0; wb->screens[i]; i++) n++;
        const char *near = text_nearest(w.word[0], n, candidate, wb);
        message_warn(wb, "%s: no such command%s%s; ? lists them", w.word[0], near ? "; did you mean " : "",
                     near ? near : "");
    }
    return AFTER_DRAW;
}

/* ---- typing one ------------------------------------------------------------------------------------------ */

static unsigned typed(struct workbench *wb, void *ctx, const char *text)
{
    (void)ctx;
    return command_line_run(wb, text);
}

/* Completions of a word, one after another, up to the wanted one: the wanted-th that begins with the typed text. */
struct completion {
    const char *typed; /* the typed part of the word */
    size_t length;     /* of it */
    int wanted;
    char word[DIALOG_TEXT]; /* the one that was wanted */
};

/* True: it is the one. */
static bool offer(struct completion *c, const char *word, const char *end)
{
    int n = snprintf(c->word, sizeof c->word, "%.*s%s", (int)strcspn(word, "\t"), word, end);
    return n > 0 && (size_t)n < sizeof c->word && !strncmp(c->word, c->typed, c->length) && c->wanted-- == 0;
}

static bool complete_verb(struct workbench *wb, struct completion *c)
{
    const char *const *verbs = wb->config->verbs;
    for (int i = 0; verbs && verbs[i]; i++)
        if (offer(c, verbs[i], "")) return true;
    return false;
}

/* The first word: the workbench's own commands, screens, verbs. */
static bool complete_first(struct workbench *wb, struct completion *c)
{
    for (int i = 0; i < OWN; i++)
        if (offer(c, own[i].name, "")) return true;
    for (int i = 0; wb->screens[i]; i++)
        if (offer(c, wb->screens[i]->name, "")) return true;
    return complete_verb(wb, c);
}

static bool complete_setting(struct completion *c, bool live_only)
{
    size_t n;
    const struct setting *rows = settings_table(&n);
    for (size_t i = 0; i < n; i++)
        if ((!live_only || rows[i].change == SETTING_LIVE) && offer(c, rows[i].name, "=")) return true;
    return false;
}

static bool complete_run(struct workbench *wb, struct completion *c)
{
    struct store_runs list;
    bool found = false;
    if (!store_run_list(wb->store, &list, NULL)) return false;
    for (size_t i = 0; !found && i < list.count; i++) found = offer(c, list.rows[i].name, "");
    store_runs_clear(&list);
    return found;
}

static const char *complete(struct workbench *wb, void *ctx, const char *text, int wanted)
{
    static char line[DIALOG_TEXT]; /* borrowed until the next call */
    (void)ctx;
    const char *blank = strrchr(text, ' '), *word = blank ? blank + 1 : text;
    struct completion c = { .typed = word, .length = strlen(word), .wanted = wanted };
    char verb[64];
    snprintf(verb, sizeof verb, "%.*s", (int)strcspn(text, " "), text);
    struct completion whole = { .typed = text, .length = strlen(text), .wanted = wanted };
    if (blank && complete_verb(wb, &whole)) { /* the second word of a verb */
        snprintf(line, sizeof line, "%s", whole.word);
        return line;
    }
    bool set = !strcmp(verb, "set"), found = !blank                          ? complete_first(wb, &c)
                                             : set || !strcmp(verb, "train") ? complete_setting(&c, set)
                                                                             : complete_run(wb, &c);
    size_t head = (size_t)(word - text);
    if (!found || head + strlen(c.word) >= sizeof line) return NULL;
    memcpy(line, text, head);
    strcpy(line + head, c.word);
    return line;
}

/* The usage of the command being typed, and the key that does the same. */
static bool remark(struct workbench *wb, void *ctx, const char *text, char *out, size_t size)
{
    (void)ctx;
    size_t n = strcspn(text, " ");
    for (int i = 0; i < OWN; i++) {
        if (strlen(own[i].name) != n || strncmp(own[i].name, text, n)) continue;
        const char *key = "";
        char name[KEYS_NAME];
        int twin;
        const struct key_bind *tables[2] = { wb->screens[wb->show->current]->keys, wb->keymap->everywhere };
        for (int t = 0; t < 2; t++)
            for (const struct key_bind *k = tables[t]; k && k->name; k++)
                if (!strcmp(k->name, own[i].name))
                    key = keys_name(keymap_key(wb->keymap, wb->show->current, k, &twin), name);
        snprintf(out, size, "%s %s: %s%s%s", own[i].name, own[i].arguments, own[i].help, *key ? "; key " : "", key);
        return true;
    }
    const char *const *verbs = wb->config->verbs;
    for (int v = 0; verbs && verbs[v]; v++) {
        size_t length = strcspn(verbs[v], "\t");
        if (length != strlen(text) || strncmp(verbs[v], text, length)) continue;
        const char *arguments = verbs[v] + length + 1;
        snprintf(out, size, "%.*s", (int)strcspn(arguments, "\t"), arguments);
        return true;
    }
    return true;
}

bool command_line_row(int i, const char **name, const char **arguments, const char **help)
{
    if (i < 0 || i >= OWN) return false;
    *name = own[i].name;
    *arguments = own[i].arguments;
    *help = own[i].help;
    return true;
}

unsigned command_line_ask(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    dialog_ask(
        wb,
        &(struct dialog_question){
            .label = ":", .history = "command", .done = typed, .complete = complete, .check = remark, .once = true });
    return AFTER_DRAW;
}
