/* The frame around every screen: title, tabs, alarm line, key bar. */
#ifndef MLVICX_VIEWS_FRAME_H
#define MLVICX_VIEWS_FRAME_H

#include <stdbool.h>

#include "views/terminal/canvas.h"
#include "views/terminal/terminal.h"
#include "views/workbench/screen.h"

struct workbench;

enum { FRAME_KEYS = 24 }; /* that the key bar has at most */

struct frame {
    struct canvas canvas;
    struct terminal *terminal; /* NULL: only the canvas, for scripts */
    struct area tabs, alarm;
    int tab_x[SCREENS_MOST], tab_w[SCREENS_MOST]; /* where tabs were drawn, for clicks */
    struct area bar;
    int bar_x[FRAME_KEYS], bar_w[FRAME_KEYS], bar_key[FRAME_KEYS], bar_count; /* the same of keys */
    int alarm_rows;         /* rows of the alarm line: 2 if reason and advice do not fit into one */
    int cursor_y, cursor_x; /* -1: hidden */
    bool repaint, dirty;    /* all cells must be sent again; there is something to draw */
};

void frame_draw(struct workbench *wb);
/** The screen whose tab is at column x; -1: none. */
int frame_tab_at(const struct workbench *wb, int x);
/** The key at column x of the key bar; 0: none. */
int frame_key_at(const struct workbench *wb, int x);
/** Rows that the alarm line needs now. */
int frame_alarm_rows(const struct workbench *wb);

#endif
