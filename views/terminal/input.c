#include "views/terminal/input.h"

#include <string.h>
#include <wchar.h>

#include "views/terminal/canvas.h"
#include "views/terminal/keys.h"
#include "views/terminal/late.h"

enum state {
    GROUND,
    CHARACTER,     /* the first bytes of one of several                          */
    ESCAPE,        /* ESC came: the key Esc, Alt, or the beginning of a sequence */
    LATE,          /* a byte shortly after a lone Esc, which may still belong to it */
    DOUBT,         /* such a byte was taken for a key, and what follows may still belong to its sequence */
    INTERMEDIATE,  /* ESC and a byte of ' ' to '/': one more follows             */
    SHIFTED,       /* SS3                                                        */
    CONTROL,       /* CSI                                                        */
    CONSOLE,       /* ESC [ [: one more follows (the keys F1 to F5 of Linux)     */
    REPORT,        /* CSI M: three characters follow                             */
    STRING,        /* until ST                                                   */
    STRING_ESCAPE, /* ESC within a string: it begins ST, or whatever comes next */
    PASTE,         /* until CSI 201 ~                                            */
    BURST,         /* pasted without brackets: lasts until nothing more comes */
};

enum { ESC = 27, BEL = 7, CAN = 24, SUB = 26 };
#define FAST  0.1  /* seconds between two bytes: nobody types faster */
#define TYPED 20.0 /* seconds without a fast byte: someone is typing, so the end of the paste was lost */

static const char paste_end[] = "\033[201~";

void input_init(struct input *in, bool utf8)
{
    *in = (struct input){ .utf8 = utf8, .state = GROUND };
}

void input_clear(struct input *in)
{
    text_clear(&in->pasted);
}

void input_define(struct input *in, const char *bytes, int key)
{
    size_t n = strlen(bytes);
    if (n < 2 || n >= sizeof in->defined[0].bytes || bytes[0] != ESC || in->defined_count == INPUT_DEFINED) return;
    strcpy(in->defined[in->defined_count].bytes, bytes);
    in->defined[in->defined_count++].key = key;
}

/* ---- complete keys and sequences --------------------------------------------------------------------------- */

static bool key_event(struct input_event *out, int key)
{
    *out = (struct input_event){ .kind = INPUT_KEY, .key = key };
    return true;
}

static bool answer_event(struct input *in, struct input_event *out)
{
    in->sequence[in->length < sizeof in->sequence ? in->length : sizeof in->sequence - 1] = '\0';
    *out = (struct input_event){ .kind = INPUT_ANSWER, .text = in->sequence };
    return true;
}

/* A complete sequence: the keys defined by terminfo come first. */
static bool sequence_end(struct input *in, struct input_event *out)
{
    in->state = GROUND;
    if (in->alt || in->length >= sizeof in->sequence) return false; /* or it is too long to be any known sequence */
    for (int i = 0; i < in->defined_count; i++)
        if (strlen(in->defined[i].bytes) == in->length && !memcmp(in->defined[i].bytes, in->sequence, in->length))
            return key_event(out, in->defined[i].key);
    if (in->listens && sequence_answers(in->sequence, in->length)) return answer_event(in, out);
    return sequence_meaning(in->sequence, in->length, out);
}

/* Whether the bytes so far are a defined key and no longer defined key begins with them. Some defined keys are no
 * control sequences by the standard, which would end them too early or too late. */
static bool is_defined(const struct input *in)
{
    bool exact = false;
    if (in->length >= sizeof in->sequence) return false;
    for (int i = 0; i < in->defined_count; i++) {
        if (memcmp(in->defined[i].bytes, in->sequence, in->length < 15 ? in->length : 15)) continue;
        if (strlen(in->defined[i].bytes) > in->length) return false;
        exact = true;
    }
    return exact;
}

static bool append(struct input *in, unsigned char byte)
{
    if (in->length < sizeof in->sequence) in->sequence[in->length] = (char)byte;
    if (in->length < sizeof in->sequence) in->length++;
    return is_defined(in);
}

/* ---- pasted text ------------------------------------------------------------------------------------------ */

static void paste_begin(struct input *in, enum state state)
{
    in->state = state;
    in->fast = in->arrived;
    in->matched = in->need = 0;
    in->blank = false;
    text_clear(&in->pasted);
}

static bool paste_event(struct input *in, struct input_event *out)
{
    in->state = GROUND;
    *out = (struct input_event){ .kind = INPUT_PASTED, .text = text_str(&in->pasted) };
    return in->pasted.length > 0 && !in->pasted.broken;
}

/* Newlines and tabs become one blank between words; other control characters are dropped. */
static void paste_character(struct input *in, uint32_t ch)
{
    if (ch == '\n' || ch == '\r' || ch == '\t') {
        in->blank = in->pasted.length > 0;
        return;
    }
    if (ch < ' ' || (ch >= 127 && ch < 0xa0) || in->pasted.length > INPUT_PASTED_MOST) return;
    if (in->blank && ch != ' ') text_append(&in->pasted, " ", 1);
    in->blank = false;
    text_add_char(&in->pasted, ch);
}

/* ---- characters of several bytes -------------------------------------------------------------------------- */

/* The first byte of a character; false if it cannot begin one. Sets need, code and least. */
static bool lead(struct input *in, unsigned char byte)
{
    static const struct {
        unsigned char from, to, mask;
        uint32_t least;
    } leads[] = { { 0xc2, 0xdf, 0x1f, 0x80 }, { 0xe0, 0xef, 0x0f, 0x800 }, { 0xf0, 0xf4, 0x07, 0x10000 } };
    for (int i = 0; in->utf8 && i < 3; i++)
        if (byte >= leads[i].from && byte <= leads[i].to) {
            in->need = i + 1;
            in->code = byte & leads[i].mask;
            in->least = leads[i].least;
            return true;
        }
    return false;
}

/* The next byte of a character. Returns > 0: the character; 0: more bytes are needed; < 0: the bytes are no character.
 */
static int64_t follow(struct input *in, unsigned char byte)
{
    if ((byte & 0xc0) != 0x80) return in->need = 0, -1;
    in->code = in->code << 6 | (byte & 0x3f);
    if (--in->need > 0) return 0;
    bool fine = in->code >= in->least && in->code < 0x110000 && (in->code < 0xd800 || in->code > 0xdfff);
    return fine ? (int64_t)in->code : -1;
}

static int64_t single(const struct input *in, unsigned char byte)
{
    if (byte < 128) return byte;
    if (in->utf8 || byte < 0xa0) return -1;
    wint_t wide = btowc(byte);
    return wide == WEOF ? -1 : (int64_t)wide;
}

/* ---- sequences -------------------------------------------------------------------------------------------- */

static void escape(struct input *in)
{
    in->state = ESCAPE;
    in->sequence[0] = ESC;
    in->length = 1;
    in->alt = false;
}

static void string_begin(struct input *in, unsigned char introducer)
{
    in->state = STRING;
    in->bell = introducer == ']';
    in->kept = in->listens && (introducer == '_' || introducer == ']');
    in->fast = in->arrived;
    in->need = 0;
}

/* The byte after ESC, or the 7-bit form of an 8-bit control character that stands for both. */
static bool introduced(struct input *in, unsigned char byte, struct input_event *out)
{
    in->length = 1;
    if (append(in, byte)) return sequence_end(in, out);
    switch (byte) {
    case '[':
        in->state = CONTROL;
        return false;
    case 'O':
        in->state = SHIFTED;
        return false;
    case ']':
        string_begin(in, byte);
        return false;
    case 'P':
    case 'X':
    case '^':
    case '_':
        string_begin(in, byte);
        return false;
    default:
        in->state = GROUND; /* Alt and a key */
        in->alt = true;
        if (lead(in, byte)) in->state = CHARACTER;
        if (byte >= ' ' && byte <= '/') in->state = INTERMEDIATE;
        return false;
    }
}

/* An 8-bit control character, by its 7-bit form; the others have no meaning here. */
static bool introduced_8(struct input *in, uint32_t code, struct input_event *out)
{
    in->sequence[0] = ESC;
    return strchr("OPX[]^_", (int)code - 0x40) ? introduced(in, (unsigned char)(code - 0x40), out) : false;
}

static bool is_c1(int64_t code)
{
    return code >= 0x80 && code < 0xa0;
}

static bool character(int64_t code, struct input_event *out)
{
    if (code == '\n') return key_event(out, KEYS_ENTER);
    if (code == 8) return key_event(out, KEYS_BACKSPACE);
    return code > 0 && key_event(out, (int)code);
}

/* Notes that a late byte was taken for a key, although it may have begun a sequence. */
static void doubt(struct input *in, char introducer)
{
    in->state = DOUBT;
    in->sequence[0] = ESC;
    in->sequence[1] = introducer;
    in->length = 2;
}

static bool doubtful(unsigned char byte)
{
    return byte == '[' || byte == 'O';
}

/* The bytes that were held back are no sequence: they are keys, before those that have come since. */
static void let_go(struct input *in)
{
    size_t held = in->length - 2, left = in->end - in->at;
    in->state = GROUND;
    memmove(in->bytes + held, in->bytes + in->at, left);
    memcpy(in->bytes, in->sequence + 2, held);
    in->at = 0;
    in->end = held + left;
}

static bool on_ground(struct input *in, unsigned char byte, struct input_event *out)
{
    double since = in->escaped > 0 ? in->arrived - in->escaped : INPUT_DOUBT;
    in->escaped = 0;
    if (byte == ESC) return escape(in), false;
    if (since < 1 && late_introducer(byte)) {
        in->state = LATE;
        in->held = (char)byte;
        return false;
    }
    in->alt = false;
    if (since < INPUT_DOUBT && doubtful(byte)) return doubt(in, (char)byte), key_event(out, byte);
    if (lead(in, byte)) return in->state = CHARACTER, false;
    if (is_c1(byte)) return introduced_8(in, byte, out);
    return character(single(in, byte), out);
}

static bool on_late(struct input *in, unsigned char byte, struct input_event *out)
{
    in->state = GROUND;
    if (byte == ESC || !late_goes_on(in->held, byte)) {
        in->at--; /* the byte is a key of its own */
        return key_event(out, in->held);
    }
    in->sequence[0] = ESC;
    in->alt = false;
    in->at--; /* the sequence continues with it */
    return introduced(in, (unsigned char)in->held, out);
}

/* A sequence whose beginning was taken for keys is ignored, except that the begin of a paste takes effect. */
static bool on_doubt(struct input *in, unsigned char byte)
{
    enum late_fit fit = late_fit(in->sequence, in->length, byte);
    if (fit == LATE_OTHER) {
        in->at--;
        let_go(in);
        return false;
    }
    append(in, byte);
    if (fit == LATE_MORE) return false;
    in->state = GROUND;
    if (in->length == 3 && byte == 'M' && in->sequence[1] == '[') {
        in->state = REPORT;
        in->boxes = in->need = 0;
    }
    if (in->length == 6 && !memcmp(in->sequence, "\033[200~", 6)) paste_begin(in, PASTE);
    return false;
}

static bool on_character(struct input *in, unsigned char byte, struct input_event *out)
{
    int64_t code = follow(in, byte);
    if (code == 0) return false;
    in->state = GROUND;
    if (is_c1(code)) return introduced_8(in, (uint32_t)code, out);
    if (code > 0) return in->alt ? false : character(code, out);
    if ((byte & 0xc0) != 0x80) in->at--; /* of something else */
    return false;
}

static bool on_escape(struct input *in, unsigned char byte, struct input_event *out)
{
    if (byte == ESC) return in->alt = true, false; /* Alt and a key that begins with ESC itself */
    if (is_c1(byte)) return introduced_8(in, byte, out);
    return introduced(in, byte, out);
}

/* Whether a byte aborts a sequence. ESC begins the next one. */
static bool broken_off(struct input *in, unsigned char byte)
{
    if (byte == CAN || byte == SUB) in->state = GROUND;
    if (byte == ESC) escape(in);
    return byte == CAN || byte == SUB || byte == ESC;
}

static bool on_control(struct input *in, unsigned char byte, struct input_event *out)
{
    if (broken_off(in, byte)) return false;
    if (byte >= 127) in->length = sizeof in->sequence; /* damaged: it is ignored */
    if (byte < ' ' || byte >= 127) return false;
    if (append(in, byte)) return sequence_end(in, out);
    bool first = in->length == 3;
    if (first && byte == '[') return in->state = CONSOLE, false;
    if (first && byte == 'M') {
        in->state = REPORT;
        in->boxes = in->need = 0;
        return false;
    }
    if (byte < '@') return false;
    if (in->length == 6 && !memcmp(in->sequence, "\033[200~", 6)) return paste_begin(in, PASTE), false;
    return sequence_end(in, out);
}

static bool on_shifted(struct input *in, unsigned char byte, struct input_event *out)
{
    if (broken_off(in, byte)) return false;
    if (append(in, byte)) return sequence_end(in, out);
    return byte < '@' || byte >= 127 ? false : sequence_end(in, out);
}

static bool report_end(struct input *in, struct input_event *out)
{
    in->state = GROUND;
    return sequence_mouse((int)in->box[0] - ' ', (int)in->box[1] - ' ', (int)in->box[2] - ' ', out);
}

/* Bytes of a mouse report in the original form of xterm, one byte each. Values above 127 may be encoded in UTF-8, which
 * only the following byte shows. */
static bool on_report(struct input *in, unsigned char byte, struct input_event *out)
{
    bool goes_with = in->need && (byte & 0xc0) == 0x80, late = in->need && !goes_with && in->boxes == 3;
    in->need = 0;
    if (late) {
        in->at--; /* of something else */
        return report_end(in, out);
    }
    if (byte < ' ') return broken_off(in, byte), false;
    if (goes_with) {
        uint32_t *box = &in->box[in->boxes - 1];
        *box = (*box & 0x1f) << 6 | (byte & 0x3f);
    } else {
        in->box[in->boxes++] = byte;
        in->need = byte >= 0xc2 && byte <= 0xdf;
    }
    return in->boxes == 3 && !in->need && report_end(in, out);
}

/* A string that was ended. */
static bool string_end(struct input *in, struct input_event *out)
{
    in->state = GROUND;
    return in->kept && answer_event(in, out);
}

static bool on_string(struct input *in, unsigned char byte, struct input_event *out)
{
    if (in->kept && byte >= ' ' && byte < 127 && in->length < sizeof in->sequence)
        in->sequence[in->length++] = (char)byte;
    if (in->need > 0 && (byte & 0xc0) == 0x80) return in->need--, false; /* within a character: no ST of 8 bits */
    in->need = 0;
    if (byte == ESC)
        in->state = STRING_ESCAPE;
    else if (byte == 0x9c || (byte == BEL && in->bell))
        return string_end(in, out);
    else if (byte == CAN || byte == SUB)
        in->state = GROUND;
    else
        lead(in, byte);
    return false;
}

static bool on_string_escape(struct input *in, unsigned char byte, struct input_event *out)
{
    if (byte == '\\') return string_end(in, out);
    escape(in); /* the string was aborted */
    return on_escape(in, byte, out);
}

static bool on_paste(struct input *in, unsigned char byte, struct input_event *out)
{
    if (in->need > 0) {
        int64_t code = follow(in, byte);
        if (code > 0) paste_character(in, (uint32_t)code);
        if (code >= 0) return false;
        if ((byte & 0xc0) == 0x80) return false;
    }
    if (in->state == PASTE && byte == 0x9b) return in->matched = 2, false;
    if (in->state == PASTE && byte == (unsigned char)paste_end[in->matched])
        return paste_end[++in->matched] ? false : paste_event(in, out);
    for (int i = 1; i < in->matched; i++) paste_character(in, (unsigned char)paste_end[i]);
    in->matched = in->state == PASTE && byte == ESC;
    if (in->matched) return false;
    if (in->state == BURST && byte == ESC) {
        in->at--; /* of something else */
        return paste_event(in, out);
    }
    if (lead(in, byte)) return false;
    int64_t code = single(in, byte);
    if (code > 0) paste_character(in, (uint32_t)code);
    return false;
}

static bool step(struct input *in, unsigned char byte, struct input_event *out)
{
    switch ((enum state)in->state) {
    case GROUND:
        return on_ground(in, byte, out);
    case CHARACTER:
        return on_character(in, byte, out);
    case ESCAPE:
        return on_escape(in, byte, out);
    case LATE:
        return on_late(in, byte, out);
    case DOUBT:
        return on_doubt(in, byte);
    case INTERMEDIATE:
        if (!broken_off(in, byte) && (byte < ' ' || byte > '/')) in->state = GROUND;
        return false;
    case SHIFTED:
        return on_shifted(in, byte, out);
    case CONTROL:
        return on_control(in, byte, out);
    case CONSOLE:
        if (broken_off(in, byte)) return false;
        append(in, byte);
        return sequence_end(in, out);
    case REPORT:
        return on_report(in, byte, out);
    case STRING:
        return on_string(in, byte, out);
    case STRING_ESCAPE:
        return on_string_escape(in, byte, out);
    case PASTE:
    case BURST:
        return on_paste(in, byte, out);
    }
    return false;
}

/* ---- in and out ------------------------------------------------------------------------------------------- */

/* Whether a line looks like keys sent by a program, or that waited while the workbench was busy: a command or a filter
 * after at most a few lower-case letters, or a few keys alone. */
static bool is_typed(const char *line, size_t n)
{
    enum { FEW = 3 };
    for (size_t i = 0; i <= FEW && i < n; i++) {
        if (line[i] == ':' || line[i] == '/') return true;
        if (line[i] == ' ' || (line[i] >= 'A' && line[i] <= 'Z')) return n <= FEW;
    }
    return n <= FEW;
}

/* Whether the text of one read is too much to have been typed: several characters that include a newline or a capital
 * letter, or very many. */
static bool is_burst(const char *bytes, size_t n, bool typing)
{
    enum { MANY = 8, VERY_MANY = 64 };
    size_t printed = 0, ends = 0, capitals = 0, begin = 0;
    bool typed = true; /* whether every line looks typed; the first one continues what is being typed */
    for (size_t i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)bytes[i], before = i ? (unsigned char)bytes[i - 1] : 0;
        if (byte == ESC || (is_c1(byte) && before < 0x80)) n = i; /* a sequence */
        bool end = i < n && (byte == '\r' || byte == '\n');
        if (end || i + 1 >= n) {
            typed = typed && ((typing && begin == 0) || is_typed(bytes + begin, (end ? i : n) - begin));
            begin = i + 1;
        }
        ends += end;
        capitals += i < n && byte >= 'A' && byte <= 'Z';
        printed += i < n && byte >= ' ' && byte != 127;
    }
    return !typed && ((printed >= MANY && (ends > 0 || capitals > 0)) || printed >= VERY_MANY);
}

void input_feed(struct input *in, const char *bytes, size_t n, double now, bool typing)
{
    if (n > INPUT_ROOM) n = INPUT_ROOM;
    if (now - in->arrived < FAST || n > 8) in->fast = now;
    in->arrived = now;
    memcpy(in->bytes, bytes, n);
    in->at = 0;
    in->end = n;
    if (in->state == DOUBT && typing) let_go(in); /* a line of text is open: everything is its text */
    if (n > 0 && (in->state == GROUND || in->state == DOUBT) && is_burst(bytes, n, typing)) {
        in->escaped = 0;
        paste_begin(in, BURST);
    }
}

bool input_next(struct input *in, struct input_event *out)
{
    while (in->at < in->end)
        if (step(in, (unsigned char)in->bytes[in->at++], out)) return true;
    return false;
}

/* The time at which an incomplete sequence or paste is given up. */
static double give_up_at(const struct input *in)
{
    switch ((enum state)in->state) {
    case GROUND:
        return -1;
    case ESCAPE:
        return in->arrived + INPUT_ESCAPE_WAIT;
    case LATE:
        return in->arrived + INPUT_LATE_WAIT;
    case DOUBT:
        return in->arrived + INPUT_DOUBT;
    case BURST:
        return in->arrived + INPUT_BURST_QUIET;
    case STRING:
    case STRING_ESCAPE:
    case PASTE:
        return in->arrived + INPUT_QUIET < in->fast + TYPED ? in->arrived + INPUT_QUIET : in->fast + TYPED;
    default:
        return in->arrived + INPUT_QUIET;
    }
}

bool input_idle(struct input *in, double now, struct input_event *out)
{
    if (in->at < in->end) return input_next(in, out);
    if (in->state == GROUND || now < give_up_at(in)) return false;
    enum state before = (enum state)in->state;
    if (before == DOUBT) return let_go(in), input_next(in, out);
    in->state = GROUND;
    if (before == ESCAPE) {
        in->escaped = now;
        return key_event(out, KEYS_ESCAPE);
    }
    if (before == LATE && doubtful((unsigned char)in->held)) doubt(in, in->held);
    if (before == LATE) return key_event(out, in->held);
    return (before == PASTE || before == BURST) && paste_event(in, out);
}

double input_due(const struct input *in, double now)
{
    if (in->at < in->end) return 0;
    double at = give_up_at(in);
    return at < 0 ? -1 : at > now ? at - now : 0;
}
