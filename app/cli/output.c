/* All output to the user goes through this file, so that no name from a file or a table can reach the terminal with
 * control characters in it. */
#include "app/cli/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"

enum { LINE_SECONDS = 3 }; /* between plain lines of progress */

int app_fail(const struct app *app, const struct err *e)
{
    char line[sizeof e->msg];
    snprintf(line, sizeof line, "%s", e->msg);
    text_clean(line);
    fflush(stdout);
    fprintf(stderr, "%smlvicx: %s\n", app->rows ? "\n" : "", line);
    return err_status(e->code);
}

/* Formatted and cleaned; the caller frees. Newlines at the end of the format are kept, others only if the format has
 * some: a newline in a file name does not break a line in two. */
static char *clean_line(const char *format, va_list ap)
{
    char *line = NULL;
    if (vasprintf(&line, format, ap) < 0) return NULL;
    size_t length = strlen(format), body = length;
    while (body && format[body - 1] == '\n') body--;
    bool several = memchr(format, '\n', body) != NULL;
    char *end = line + strlen(line) - (length - body);
    for (char *p = line, *stop; p < end; p = stop + 1) {
        stop = several ? memchr(p, '\n', (size_t)(end - p)) : NULL;
        if (!stop) stop = end;
        char kept = *stop;
        *stop = '\0';
        text_clean(p);
        *stop = kept;
    }
    return line;
}

void app_note(const struct app *app, const char *format, ...)
{
    static char *before; /* one per process */
    if (app->quiet) return;
    va_list ap;
    va_start(ap, format);
    char *line = clean_line(format, ap);
    va_end(ap);
    if (line && !(before && !strcmp(before, line))) fprintf(stderr, "%smlvicx: %s\n", app->rows ? "\n" : "", line);
    free(before);
    before = line;
}

/* Erases the progress on the terminal; the cursor is in its last row. */
static void progress_erase(struct app *app)
{
    if (!app->rows) return;
    fputs("\r", stderr);
    if (app->rows > 1) fprintf(stderr, "\033[%dA", app->rows - 1);
    fputs("\033[J", stderr);
    app->rows = 0;
}

/* Bytes of `line` that fit into a row; if the line is longer, only whole groups, which are separated by two blanks. */
static size_t row_length(const char *line, size_t columns)
{
    size_t length = strlen(line), fits = 0;
    if (length <= columns) return length;
    for (size_t i = 1; i <= columns; i++)
        if (!strncmp(line + i, "  ", 2)) fits = i;
    return fits ? fits : columns;
}

/* Text that is too long for one row continues in the next: nothing is cut on a narrow terminal. */
static void progress_show(struct app *app, const char *line)
{
    struct winsize size;
    size_t columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1u : 79;
    progress_erase(app);
    do {
        size_t n = row_length(line, columns);
        fprintf(stderr, "%s%.*s", app->rows ? "\n" : "", (int)n, line);
        line += n + strspn(line + n, " ");
        app->rows++;
    } while (*line);
}

void app_say(struct app *app, const char *format, ...)
{
    if (app->quiet) return;
    va_list ap;
    va_start(ap, format);
    char *line = clean_line(format, ap);
    va_end(ap);
    if (line) {
        progress_erase(app);
        fprintf(stderr, "%s\n", line);
    }
    free(line);
}

void app_print(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    char *line = clean_line(format, ap);
    va_end(ap);
    if (line) fputs(line, stdout);
    free(line);
}

void app_progress(struct app *app, bool last, const char *format, ...)
{
    if (app->quiet) return;
    if (!app->terminal && !last && clock_seconds() - app->shown < LINE_SECONDS) return;
    app->shown = clock_seconds();
    va_list ap;
    va_start(ap, format);
    char *line = clean_line(format, ap);
    va_end(ap);
    if (!line) return;
    if (app->terminal) {
        progress_show(app, line);
        if (last) {
            fputs("\n", stderr);
            app->rows = 0;
        }
    } else {
        fprintf(stderr, "%s\n", line);
    }
    fflush(stderr);
    free(line);
}

bool app_agreed(void)
{
    char answer[16] = "";
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && (!strcmp(answer, "y\n") || !strcmp(answer, "yes\n"));
}

int app_finish(const struct app *app)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
    if (errno == EPIPE) return 1;
    struct err e;
    err_errno(&e, "standard output: not everything was written");
    return app_fail(app, &e);
}
