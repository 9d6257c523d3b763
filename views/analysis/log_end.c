#include "views/analysis/log_end.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/text.h"

enum { LOG_END_BYTES = 16384 };

void log_end_read(struct log_end *t, int fd)
{
    static const char cut[] = "\n";
    char block[LOG_END_BYTES + 1];
    FILE *f = fd < 0 ? NULL : fdopen(fd, "rbe");
    t->count = 0;
    if (!f) {
        if (fd >= 0) close(fd);
        return;
    }
    bool whole = fseek(f, -LOG_END_BYTES, SEEK_END) != 0;
    if (whole) rewind(f);
    size_t n = fread(block, 1, LOG_END_BYTES, f);
    fclose(f);
    for (size_t i = 0; i < n; i++)
        if (block[i] == '\0') block[i] = '?';
    block[n] = '\0';
    char *rest = block, *line;
    if (!whole) strsep(&rest, cut); /* the first one may lack its beginning */
    while ((line = strsep(&rest, cut))) {
        size_t length = strlen(line);
        while (length > 0 && line[length - 1] == '\r') line[--length] = '\0';
        char *over = strrchr(line, '\r');
        if (over) line = over + 1;
        if (!*line) continue;
        if (t->count == TAIL_LINES) memmove(t->line[0], t->line[1], sizeof t->line - sizeof *t->line), t->count--;
        snprintf(t->line[t->count], TAIL_WIDTH, "%s", line);
        text_clean(t->line[t->count++]);
    }
}
