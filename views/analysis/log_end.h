/* The end of a log file, as lines that may be shown. */
#ifndef MLVICX_VIEWS_LOG_END_H
#define MLVICX_VIEWS_LOG_END_H

enum { TAIL_LINES = 40, TAIL_WIDTH = 320 };

struct log_end {
    char line[TAIL_LINES][TAIL_WIDTH]; /* oldest first; control characters replaced */
    int count;
};

/** Reads the last lines of an open file, at most 16 KiB of it, and closes it; nothing if it is -1. Of a line that was
 * overwritten with carriage returns only the last text counts. */
void log_end_read(struct log_end *t, int fd);

#endif
