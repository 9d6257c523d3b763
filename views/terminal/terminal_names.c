#include "views/terminal/terminal_names.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { LIKE_MOST = 3 };

/* By the prefix of the name. Terminals that emulate xterm say so in their manuals or are known to. */
static const struct {
    const char *begins, *like[LIKE_MOST];
} families[] = {
    { "tmux", { "tmux-256color", "screen-256color", "screen" } },
    { "screen", { "screen-256color", "screen" } },
    { "rxvt", { "rxvt-256color", "rxvt", "xterm" } },
    { "urxvt", { "rxvt-unicode-256color", "rxvt", "xterm" } },
    { "linux", { "linux" } },
    { "fbterm", { "linux" } },
    { "vt", { "vt220", "vt100" } },
    { "putty", { "putty", "xterm-256color" } },
    { "xterm-mono", { "xterm-mono", "vt100" } },
    { "xterm", { "xterm-256color" } },
    { "kitty", { "xterm-256color" } },
    { "ghostty", { "xterm-256color" } },
    { "alacritty", { "xterm-256color" } },
    { "foot", { "xterm-256color" } },
    { "wezterm", { "xterm-256color" } },
    { "contour", { "xterm-256color" } },
    { "rio", { "xterm-256color" } },
    { "st-", { "xterm-256color" } },
    { "stterm", { "xterm-256color" } },
    { "konsole", { "xterm-256color" } },
    { "gnome", { "xterm-256color" } },
    { "vte", { "xterm-256color" } },
    { "mlterm", { "xterm-256color" } },
    { "mintty", { "xterm-256color" } },
    { "iTerm", { "xterm-256color" } },
    { "nsterm", { "xterm-256color" } },
    { "eterm", { "xterm" } },
};

/* Any other name: an emulator, as nearly all are. */
static const char *const others[] = { "xterm", "vt100", "ansi" };
static const char *const coloured[] = { "xterm-256color", "xterm", "vt100", "ansi" };

static bool begins(const char *text, const char *with)
{
    return !strncmp(text, with, strlen(with));
}

const char *terminal_names_like(const char *terminal, const char *colours, int i)
{
    bool many = (colours && *colours) || (terminal && strstr(terminal, "256color"));
    for (size_t f = 0; terminal && f < sizeof families / sizeof families[0]; f++) {
        if (!begins(terminal, families[f].begins)) continue;
        for (int k = 0; k < LIKE_MOST && families[f].like[k]; k++)
            if (i-- == 0) return families[f].like[k];
        break;
    }
    int n = many ? sizeof coloured / sizeof coloured[0] : sizeof others / sizeof others[0];
    return i < n ? (many ? coloured : others)[i] : NULL;
}

const char *terminal_names_direct(const char *terminal, const char *colours)
{
    static const struct {
        const char *begins, *twin;
    } twins[] = { { "xterm", "xterm-direct" }, { "tmux", "tmux-direct" },           { "screen", "tmux-direct" },
                  { "kitty", "kitty-direct" }, { "alacritty", "alacritty-direct" }, { "konsole", "konsole-direct" } };
    if (!terminal || !colours || (strcmp(colours, "truecolor") && strcmp(colours, "24bit"))) return NULL;
    for (size_t i = 0; i < sizeof twins / sizeof *twins; i++)
        if (begins(terminal, twins[i].begins)) return twins[i].twin;
    return NULL;
}
