#include "views/terminal/announce.h"

#include <string.h>

#include "views/terminal/base64.h"
#include "views/terminal/canvas.h"

bool announce_has_commands(const char *term)
{
    static const char *const known[] = { "xterm",   "tmux",    "screen",  "rxvt",  "foot", "alacritty",
                                         "wezterm", "kitty",   "konsole", "gnome", "vte",  "iterm",
                                         "mlterm",  "contour", "ghostty", "st-" };
    for (size_t i = 0; term && i < sizeof known / sizeof *known; i++)
        if (!strncmp(term, known[i], strlen(known[i]))) return true;
    return term && !strcmp(term, "st");
}

/* Letters alone: what steers a terminal, and the ';' between fields, become blanks. */
static void add_clean(struct text *out, const char *text)
{
    for (uint32_t ch; (ch = text_decode(&text));) {
        bool steers = ch < 0x20 || (ch >= 0x7f && ch < 0xa0) || ch == ';' || ch == 0x2028 || ch == 0x2029;
        text_add_char(out, steers ? ' ' : ch);
    }
}

void announce_notice(const char *text, bool commands, struct text *out)
{
    text_append(out, "\a", 1);
    if (!commands) return;
    text_add(out, "\033]9;");
    add_clean(out, text);
    text_add(out, "\033\\\033]777;notify;mlvicx;");
    add_clean(out, text);
    text_add(out, "\033\\");
}

bool announce_clipboard(const char *data, size_t n, struct text *out)
{
    if (n > ANNOUNCE_CLIPBOARD) return false;
    text_add(out, "\033]52;c;");
    base64_add(out, data, n);
    text_add(out, "\033\\");
    return true;
}
