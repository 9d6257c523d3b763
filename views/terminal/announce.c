#include "views/terminal/announce.h"

#include <string.h>

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
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (n > ANNOUNCE_CLIPBOARD) return false;
    text_add(out, "\033]52;c;");
    for (size_t i = 0; i < n; i += 3) {
        unsigned char b[3] = { (unsigned char)data[i], i + 1 < n ? (unsigned char)data[i + 1] : 0,
                               i + 2 < n ? (unsigned char)data[i + 2] : 0 };
        char four[4] = { letters[b[0] >> 2], letters[(b[0] & 3) << 4 | b[1] >> 4],
                         i + 1 < n ? letters[(b[1] & 15) << 2 | b[2] >> 6] : '=',
                         i + 2 < n ? letters[b[2] & 63] : '=' };
        text_append(out, four, 4);
    }
    text_add(out, "\033\\");
    return true;
}
