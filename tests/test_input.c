/* Bytes of terminals become keys, or nothing: never a part of a sequence, at no pace. */
#include "tests/check.h"

#include <ctype.h>
#include <stdio.h>

#include "views/terminal/input.h"
#include "views/terminal/keys.h"
#include "views/terminal/terminal_names.h"

/* ---- a terminal, an ear and a clock ------------------------------------------------------------------------ */

struct ear {
    struct input in;
    double now;
    struct text heard; /* what was understood: keys as scripts write them, {click y x}, {up}, {down}, {paste TEXT} */
    char letters[256]; /* the letters among the keys */
    size_t count;
};

static void note(struct ear *e, const struct input_event *v)
{
    char name[KEYS_NAME];
    switch (v->kind) {
    case INPUT_KEY:
        keys_name(v->key, name);
        if (v->key < 128 && isalpha(v->key) && e->count < sizeof e->letters - 1) e->letters[e->count++] = (char)v->key;
        text_printf(&e->heard, v->key > ' ' && v->key < KEYS_FIRST && v->key != 127 ? "%s" : "<%s>", name);
        break;
    case INPUT_CLICK:
        text_printf(&e->heard, "{click %d %d}", v->y, v->x);
        break;
    case INPUT_WHEEL:
        text_printf(&e->heard, v->key < 0 ? "{up}" : "{down}");
        break;
    case INPUT_PASTED:
        text_printf(&e->heard, "{paste %s}", v->text);
        break;
    case INPUT_ANSWER:
        text_printf(&e->heard, "{answer %s}", v->text + 1);
        break;
    case INPUT_NOTHING:
        break;
    }
}

static void read_ready(struct ear *e)
{
    struct input_event v;
    while (input_next(&e->in, &v)) note(e, &v);
}

/* Nothing comes for so long. */
static void quiet(struct ear *e, double seconds)
{
    struct input_event v;
    double end = e->now + seconds;
    for (double due; (due = input_due(&e->in, e->now)) >= 0 && e->now + due <= end;) {
        e->now += due + 1e-9;
        if (input_idle(&e->in, e->now, &v)) note(e, &v);
    }
    if (e->now < end) e->now = end;
}

static void say(struct ear *e, const char *bytes, size_t n)
{
    input_feed(&e->in, bytes, n, e->now, false);
    read_ready(e);
}

static void listen(struct ear *e, bool utf8)
{
    *e = (struct ear){ .now = 100 };
    input_init(&e->in, utf8);
    static const struct {
        const char *bytes;
        int key;
    } own[] = { { "\033OA", KEYS_UP }, { "\033OB", KEYS_DOWN },    { "\033[[A", KEYS_F1 },
                { "\033OP", KEYS_F1 }, { "\033[3$", KEYS_DELETE }, { "\033[1;2A", KEYS_UP } };
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) input_define(&e->in, own[i].bytes, own[i].key);
}

static void forget(struct ear *e)
{
    input_clear(&e->in);
    text_clear(&e->heard);
}

/* ---- sequences -------------------------------------------------------------------------------------------- */

#define BYTES(text) text, sizeof(text) - 1

static const struct row {
    const char *bytes;
    size_t n;
    const char *heard;
} rows[] = {
    /* keys */
    { BYTES("q"), "q" },
    { BYTES("S\xc3\xa4"), "S\xc3\xa4" },
    { BYTES("\r\n\t \177\010\014"), "<enter><enter><tab><space><backspace><backspace><ctrl-l>" },
    { BYTES("\033OA\033[A\033OB\033[B\033[C\033[D"), "<up><up><down><down><right><left>" },
    { BYTES("\033[5~\033[6~\033[1~\033[4~\033[H\033[F\033[2~\033[3~\033[Z"),
      "<page-up><page-down><home><end><home><end><insert><delete><shift-tab>" },
    { BYTES("\033[[A\033OP\033[11~\033[24~\033[3$"), "<F1><F1><F1><F12><delete>" },
    { BYTES("\033OM\033Ok\033Oq\033Om"), "<enter>+1-" },
    { BYTES("\033[1;2A\033[1;129B"), "<up><down>" },
    /* keys by their code: shifted, with Ctrl, with the locks, released */
    { BYTES("\033[115u\033[115;2u\033[115;1u\033[115;129u"), "sSss" },
    { BYTES("\033[27u\033[13u\033[9;2u\033[99;5u\033[27;5;108~"), "<esc><enter><shift-tab><ctrl-c><ctrl-l>" },
    { BYTES("\033[115;1:3u\033[115;3u\033[83;5u\033[57441u\033[27;3;83~\033[1;1:3A"), "" },
    { BYTES("\033[49:33;2u\033[49;2u"), "!" },
    /* with modifiers that mean nothing */
    { BYTES("\033[1;2P\033[1;5S\033[1;3C\033[3;5~\033O5P\033[15;2~"), "" },
    /* reports: cursor, kind, modes, focus, colours, names */
    { BYTES("\033[12;40R\033[1;1R\033[?1;2c\033[>41;330;0c\033[0n\033[?2004;1$y\033[4;1$y\033[I\033[O"), "" },
    { BYTES("\033]11;rgb:1e1e/1e1e/2e2e\033\\q\033]10;rgb:SSSS/PPPP/NNNN\aq\033]4;1;rgb:0/0/0\x9cq"), "qqq" },
    { BYTES("\033P>|XTerm(390)PSN\033\\q\033P1$r0m\033\\\033_GSPN\033\\\033^SPN\033\\\033XSPN\a\033\\q"), "qq" },
    { BYTES("\033]0;\xc3\x9cS\a\033]0;\xe2\x9c\x93P\033\\"), "" }, /* 9c within a character ends no string */
    { BYTES("\033]11;S\033[A\033P1S\030P"), "<up>P" },             /* broken off by a sequence, by CAN */
    /* Alt */
    { BYTES("\033S\033P\033\\\033\r\033\t\033\177\033\xc3\xa4\033\033[A\033 F\033(B"), "" },
    /* control sequences that are none of ours, too long, of 8 bits, in UTF-8 */
    { BYTES("\033[1;2;3;4;5;6S\033[ S\033[!p\033[?25$S\033[1:2:3:4S"), "" },
    { BYTES("\033[000000000000000000000000000000000000000000000000000000000000000000000000000000000000S"), "" },
    { BYTES("\x9b"
            "1;2P\x9b"
            "A\x8fP\x9d"
            "0;S\x9c\x90S\x9c\x9eN\x9c\x9fN\x9c\x98N\x9cq"),
      "<up><F1>q" },
    { BYTES("\xc2\x9b"
            "1;2Pq\033\x9b"
            "1;2Pq\033\xc2\x9b"
            "1;2Pq"),
      "qqq" },
    { BYTES("\0\x80\x85\xff\xfe\xc0\xaf\xf5\xe2\x28\xed\xa0\x80q"), "(q" },
    { BYTES("\033[1\0;2P\033[1\xffS"), "" },
    /* mice of all kinds */
    { BYTES("\033[<0;3;4M\033[<0;3;4m\033[<64;1;1M\033[<65;1;1M\033[<35;9;9M\033[<2;1;1M\033[<4;2;2M"),
      "{click 3 2}{up}{down}{click 1 1}" },
    { BYTES("\033[M #$\033[M##$\033[M`!!\033[MaSP"), "{click 3 2}{up}{down}" },
    { BYTES("\033[M \xc4\x80SP"), "{click 50 223}P" }, /* column 224 in UTF-8 */
    { BYTES("\033[32;3;4M\033[35;3;4M\033[96;1;1M"), "{click 3 2}{up}" },
    { BYTES("\033[M \xf0\033[A"), "<up>" }, /* cut short */
    /* pasted */
    { BYTES("\033[200~RUN-loss.png\033[201~q"), "{paste RUN-loss.png}q" },
    { BYTES("\033[200~ a\r\nb\tc\n\033[201~"), "{paste  a b c}" },
    { BYTES("\033[200~S\003\033[31mP\x7f\xc2\x9b\xff\xc3\xa4\033[20\033[201~"), "{paste S[31mP\xc3\xa4[20}" },
    { BYTES("\033[200~\033[201~\033[201~\x9b"
            "200~S\x9b"
            "201~q"),
      "{paste S}q" },
    /* and without brackets */
    { BYTES("RUN-loss.png is nicer\nPause? Surely\n"), "{paste RUN-loss.png is nicer Pause? Surely}" },
    { BYTES("RUN-loss.png"), "{paste RUN-loss.png}" },
    { BYTES("jjjjjjjjkkkk"), "jjjjjjjjkkkk" },
    { BYTES(":rename 3 RUN-A"), ":rename<space>3<space>RUN-A" },
    { BYTES("SNP report.png\r"), "{paste SNP report.png}" },
    { BYTES(":run healthy\r"), ":run<space>healthy<enter>" },
    { BYTES("/state:running\r2"), "/state:running<enter>2" },
    { BYTES("1:run healthy\r2:mark 3\rjj"), "1:run<space>healthy<enter>2:mark<space>3<enter>jj" },
    { BYTES(":stop is written here\nand Pause\n"), "{paste :stop is written here and Pause}" },
    { BYTES("P: paused\nS/s: stopped"), "{paste P: paused S/s: stopped}" },
    { BYTES("jjjj\r"), "jjjj<enter>" },
};

static void fail_row(const struct row *row, const struct ear *e, const char *how)
{
    char shown[400];
    size_t n = 0;
    for (size_t i = 0; i < row->n && n < sizeof shown - 8; i++) {
        unsigned char c = (unsigned char)row->bytes[i];
        n += (size_t)snprintf(shown + n, 8, c < ' ' || c > 126 ? "\\x%02x" : "%c", c);
    }
    shown[n] = '\0';
    fail_msg("%s, %s: understood '%s', not '%s'", shown, how, text_str(&e->heard), row->heard);
}

static void sequences_mean_what_they_mean(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ear e;
        listen(&e, true);
        say(&e, rows[i].bytes, rows[i].n);
        quiet(&e, 60);
        if (strcmp(text_str(&e.heard), rows[i].heard)) fail_row(&rows[i], &e, "in one read");
        forget(&e);
    }
}

/* Byte by byte: the same, except for a burst, which only one read tells, and the key Esc where ESC came alone. */
static void sequences_mean_the_same_at_any_pace(void **state)
{
    (void)state;
    static const double paces[] = { 0, 0.01, 0.3, 0.55 };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t p = 0; p < sizeof paces / sizeof paces[0]; p++) {
            struct ear e;
            bool burst = rows[i].heard[0] == '{' && rows[i].bytes[0] != 27 && (unsigned char)rows[i].bytes[0] != 0x9b;
            listen(&e, true);
            for (size_t k = 0; k < rows[i].n && !burst; k++) {
                bool alone = rows[i].bytes[k] == 27;
                say(&e, rows[i].bytes + k, 1);
                quiet(&e, alone && paces[p] > 0.02 ? 0.02 : paces[p]);
            }
            quiet(&e, 60);
            if (!burst && strcmp(text_str(&e.heard), rows[i].heard)) fail_row(&rows[i], &e, "byte by byte");
            forget(&e);
        }
}

/* Where even ESC came alone it was taken for the key; what follows late is still no key. */
static void what_follows_a_late_escape_is_no_key(void **state)
{
    (void)state;
    static const struct row late[] = {
        { BYTES("\033[1;2P"), "<esc>" },
        { BYTES("\033[12;40R"), "<esc>" },
        { BYTES("\033[I"), "<esc>" },
        { BYTES("\033OS"), "<esc><F4>" },
        { BYTES("\033[A"), "<esc><up>" },
        { BYTES("\033]11;rgb:SSSS/PPPP/NNNN\a"), "<esc>" },
        { BYTES("\033P1$rS\033\\"), "<esc>" },
        { BYTES("\033_GSPN\033\\"), "<esc>" },
        { BYTES("\033[<0;3;4M"), "<esc>{click 3 2}" },
    };
    for (size_t i = 0; i < sizeof late / sizeof late[0]; i++) {
        struct ear e;
        listen(&e, true);
        for (size_t k = 0; k < late[i].n; k++) {
            say(&e, late[i].bytes + k, 1);
            quiet(&e, 0.5);
        }
        quiet(&e, 60);
        if (strcmp(text_str(&e.heard), late[i].heard)) fail_row(&late[i], &e, "late");
        forget(&e);
    }
}

/* As slow as one types: what could not wait was taken for keys, which only look; of the rest no byte is one. */
static void a_sequence_slower_than_typing_changes_nothing(void **state)
{
    (void)state;
    static const double paces[] = { 0.7, 1, 1.5, 2.4 };
    static const struct row slow[] = {
        { BYTES("\033[A"), "<esc>[" },          { BYTES("\033[D"), "<esc>[" },
        { BYTES("\033[1;2P"), "<esc>[" },       { BYTES("\033[5~"), "<esc>[" },
        { BYTES("\033[12;40R"), "<esc>[" },     { BYTES("\033[?2004;1$y"), "<esc>[" },
        { BYTES("\033[>41;330;0c"), "<esc>[" }, { BYTES("\033[<0;3;4M\033[<0;3;4m"), "<esc>[<esc>[" },
        { BYTES("\033[115;2u"), "<esc>[" },     { BYTES("\033[M SP"), "<esc>[" },
        { BYTES("\033OP"), "<esc>O" },          { BYTES("\033O5S"), "<esc>O" },
    };
    for (size_t p = 0; p < sizeof paces / sizeof paces[0]; p++)
        for (size_t i = 0; i < sizeof slow / sizeof slow[0]; i++) {
            struct ear e;
            listen(&e, true);
            for (size_t k = 0; k < slow[i].n; k++) {
                say(&e, slow[i].bytes + k, 1);
                quiet(&e, paces[p]);
            }
            quiet(&e, 60);
            const char *heard = text_str(&e.heard);
            bool click = !strncmp(heard, slow[i].heard, strlen(slow[i].heard)) && heard[strlen(slow[i].heard)] == '{';
            if (strcmp(heard, slow[i].heard) && !click) fail_row(&slow[i], &e, "very slow");
            say(&e, "P", 1);
            quiet(&e, 1);
            assert_int_equal(e.letters[e.count - 1], 'P'); /* typed afterwards */
            forget(&e);
        }
}

/* Pasted between its brackets, and the line is slow. */
static void a_slow_paste_is_text(void **state)
{
    (void)state;
    static const struct row row = { BYTES("\033[200~Stop\033[201~"), "<esc>[{paste Stop}" };
    struct ear e;
    listen(&e, true);
    for (size_t k = 0; k < row.n; k++) {
        say(&e, row.bytes + k, 1);
        quiet(&e, 0.8);
    }
    quiet(&e, 60);
    if (strcmp(text_str(&e.heard), row.heard)) fail_row(&row, &e, "slow");
    forget(&e);
}

/* Esc, and then keys that look like the beginning of a sequence: all are heard, in their order, at any pace. */
static void what_one_types_behind_escape_is_heard(void **state)
{
    (void)state;
    static const double paces[] = { 0.12, 0.3, 0.7, 1.2, 2, 4 };
    static const struct row typed[] = {
        { BYTES("\033[[[]"), "<esc>[[[]" },      { BYTES("\033[2jq"), "<esc>[2jq" },
        { BYTES("\033[5\r"), "<esc>[5<enter>" }, { BYTES("\033[]e"), "<esc>[]e" },
        { BYTES("\033[:q"), "<esc>[:q" },        { BYTES("\033[/S"), "<esc>[/S" },
        { BYTES("\033Onote"), "<esc>Onote" },    { BYTES("\033[2"), "<esc>[2" },
        { BYTES("\033[12"), "<esc>[12" },        { BYTES("\033[j\033"), "<esc>[j<esc>" },
    };
    for (size_t p = 0; p < sizeof paces / sizeof paces[0]; p++)
        for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++) {
            struct ear e;
            bool sequence = paces[p] < 0.6 && typed[i].bytes[2] >= '0' && typed[i].bytes[2] <= '9';
            listen(&e, true);
            for (size_t k = 0; k < typed[i].n && !sequence; k++) {
                say(&e, typed[i].bytes + k, 1);
                quiet(&e, paces[p]);
            }
            quiet(&e, 60);
            if (!sequence && strcmp(text_str(&e.heard), typed[i].heard)) fail_row(&typed[i], &e, "typed");
            forget(&e);
        }
}

/* The note of a run is asked for by O: what is typed then is its text. */
static void a_line_that_opened_takes_all_that_is_typed(void **state)
{
    (void)state;
    static const char note[] = "Pretty";
    struct ear e;
    listen(&e, true);
    say(&e, "\033", 1);
    quiet(&e, 0.9);
    say(&e, "O", 1);
    quiet(&e, 0.8);
    for (const char *p = note; *p; p++) {
        input_feed(&e.in, p, 1, e.now, true);
        read_ready(&e);
        quiet(&e, 0.2);
    }
    assert_string_equal(text_str(&e.heard), "<esc>OPretty");
    forget(&e);
}

/* Esc and then a key, as people type. */
static void a_lone_escape_is_prompt_and_swallows_nothing(void **state)
{
    (void)state;
    static const char after[] = "QSP[]ONjq:/1";
    for (const char *key = after; *key; key++) {
        struct ear e;
        char expected[16];
        listen(&e, true);
        say(&e, "\033", 1);
        quiet(&e, 0.05);
        assert_string_equal(text_str(&e.heard), "<esc>");
        quiet(&e, 0.15);
        say(&e, key, 1);
        quiet(&e, 0.7);
        snprintf(expected, sizeof expected, "<esc>%c", *key);
        assert_string_equal(text_str(&e.heard), expected);
        forget(&e);
    }
}

/* Every beginning of every sequence: soon the keyboard works, and what did not come whole was no letter. */
static void no_cut_sequence_locks_the_keyboard(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t n = 1; n <= rows[i].n; n++) {
            struct ear e;
            listen(&e, true);
            say(&e, rows[i].bytes, n);
            quiet(&e, 3.5);
            say(&e, "q", 1);
            const char *heard = text_str(&e.heard);
            if (!*heard || heard[strlen(heard) - 1] != 'q') fail_row(&rows[i], &e, "cut, then q");
            forget(&e);
        }
}

/* The end of a paste was lost, and someone types without a pause. */
static void an_open_paste_or_string_ends_though_one_types(void **state)
{
    (void)state;
    static const char *const open[] = { "\033[200~text", "\033]11;rgb:", "\033P1$r" };
    for (size_t i = 0; i < 3; i++) {
        struct ear e;
        listen(&e, true);
        say(&e, open[i], strlen(open[i]));
        int typed = 0;
        for (const char *end = ""; !*end || strcmp(end, "q"); typed++) {
            quiet(&e, 0.4);
            say(&e, "q", 1);
            const char *heard = text_str(&e.heard), *close = strrchr(heard, '}');
            end = close ? close + 1 : heard;
            assert_true(typed < 60);
        }
        forget(&e);
    }
}

/* ---- chance ----------------------------------------------------------------------------------------------- */

static uint32_t seed = 12345;

static unsigned chance(unsigned below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

struct story {
    char bytes[512];
    bool pause[512]; /* may the line stall behind this byte? */
    size_t n;
    char keys[64]; /* what must be heard, of the letters */
    size_t count;
};

static void put(struct story *s, unsigned byte, bool pause)
{
    s->bytes[s->n] = (char)byte;
    s->pause[s->n++] = pause;
}

static void put_random(struct story *s, const char *from, unsigned most)
{
    for (unsigned i = chance(most + 1), n = (unsigned)strlen(from); i > 0; i--) put(s, (unsigned)from[chance(n)], true);
}

static void put_csi(struct story *s)
{
    static const char finals[] = "GIJKLNORTUVWXY\\]^_`abcdefghijklnopqrstvwxyz{|}PQSDE";
    if (chance(4)) {
        put(s, 27, false);
        put(s, '[', true);
    } else {
        put(s, 0x9b, true);
    }
    if (chance(2)) put(s, (unsigned)"<=>?"[chance(4)], true);
    put(s, '5', true); /* so that no key is meant */
    put_random(s, "0123456789;:", 8);
    put_random(s, " !\"#%&'()*+,-./", 2);
    put(s, (unsigned)finals[chance(sizeof finals - 1)], true);
}

static void put_string(struct story *s)
{
    unsigned kind = (unsigned)"]PX^_"[chance(5)];
    if (chance(4)) {
        put(s, 27, false);
        put(s, kind, true);
    } else {
        put(s, kind + 0x40, true);
    }
    for (unsigned i = chance(24); i > 0; i--) {
        unsigned byte = chance(3) ? ' ' + chance(95) : chance(256);
        if (byte != 27 && byte != 24 && byte != 26 && byte != 7 && byte != 0x9c) put(s, byte, true);
    }
    put(s, 'S', true);
    if (kind == ']' && chance(2)) {
        put(s, 7, true);
    } else if (chance(2)) {
        put(s, 0x9c, true);
    } else {
        put(s, 27, true);
        put(s, '\\', true);
    }
}

static void put_item(struct story *s)
{
    unsigned letter = 'a' + chance(26);
    switch (chance(8)) {
    case 0:
    case 1:
        put(s, letter, true);
        s->keys[s->count++] = (char)letter;
        break;
    case 2:
    case 3:
        put_csi(s);
        break;
    case 4:
        put_string(s);
        break;
    case 5: /* Alt */
        put(s, 27, false);
        put(s, (unsigned)"SRNQCLDabcdefq123\r\t"[chance(19)], true);
        break;
    case 6: /* a mouse as it was first */
        put(s, 27, false);
        put(s, '[', true);
        put(s, 'M', true);
        for (int i = 0; i < 3; i++) put(s, ' ' + chance(0xc0 - ' '), true);
        break;
    default:
        for (const char *p = "\033[200~"; *p; p++) put(s, (unsigned)*p, *p != 27);
        for (unsigned i = chance(24); i > 0; i--) put(s, ' ' + chance(95), true);
        for (const char *p = "\033[201~"; *p; p++) put(s, (unsigned)*p, true);
    }
}

/* Sequences of every kind between small letters, cut and delayed anywhere: the letters are heard, in order, and nothing
 * of what is in sequences, where capital ones are many. */
static void random_sequences_never_act(void **state)
{
    (void)state;
    static const double pauses[] = { 0, 0, 0.001, 0.03, 0.2, 0.9 };
    for (int round = 0; round < 100000; round++) {
        struct story s = { 0 };
        struct ear e;
        uint32_t begun = seed;
        for (unsigned items = 1 + chance(6); items > 0; items--) put_item(&s);
        listen(&e, true);
        for (size_t at = 0; at < s.n;) {
            size_t most = s.n - at < 40 ? s.n - at : 40, length = 1 + chance((unsigned)most);
            while (at + length < s.n && !s.pause[at + length - 1]) length++;
            say(&e, s.bytes + at, length);
            quiet(&e, pauses[chance(6)]);
            at += length;
        }
        quiet(&e, 60);
        if (strcmp(e.letters, s.keys)) {
            struct row row = { s.bytes, s.n, s.keys };
            printf("# seed %u\n", begun);
            fail_row(&row, &e, "at random");
        }
        forget(&e);
    }
}

/* Any bytes at all: afterwards the keyboard works. */
static void random_bytes_leave_the_keyboard_working(void **state)
{
    (void)state;
    static const char often[] = "\033\033\033[[]OPM_^X?<;:0123456789~~uRS\a\\\x9b\x9c\x9d\x90\xc2\xe2\r\n";
    for (int round = 0; round < 100000; round++) {
        struct ear e;
        listen(&e, round % 8 != 0);
        for (unsigned i = chance(40); i > 0; i--) {
            char byte = chance(3) ? often[chance(sizeof often - 1)] : (char)chance(256);
            say(&e, &byte, 1);
            if (!chance(8)) quiet(&e, 0.3 * chance(4));
        }
        quiet(&e, 7);
        say(&e, "q", 1);
        const char *heard = text_str(&e.heard);
        if (!*heard || heard[strlen(heard) - 1] != 'q') fail_msg("round %d: '%s'", round, heard);
        forget(&e);
    }
}

/* ---- names ------------------------------------------------------------------------------------------------ */

static void unknown_terminals_have_a_nearest(void **state)
{
    (void)state;
    static const struct {
        const char *term, *colours, *first;
    } names[] = {
        { "xterm-kitty", NULL, "xterm-256color" },
        { "xterm-ghostty", "truecolor", "xterm-256color" },
        { "tmux-direct-x", NULL, "tmux-256color" },
        { "screen.xterm-kitty", NULL, "screen-256color" },
        { "no-such-256color", NULL, "xterm-256color" },
        { "no-such", NULL, "xterm" },
        { "no-such", "truecolor", "xterm-256color" },
        { NULL, NULL, "xterm" },
        { "", "24bit", "xterm-256color" },
        { "vt320-w", NULL, "vt220" },
        { "rxvt-something", NULL, "rxvt-256color" },
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int n = 0;
        assert_string_equal(terminal_names_like(names[i].term, names[i].colours, 0), names[i].first);
        while (terminal_names_like(names[i].term, names[i].colours, n)) n++;
        assert_true(n > 1 && n < 10);
    }
    assert_string_equal(terminal_names_direct("xterm-kitty", "truecolor"), "xterm-direct");
    assert_null(terminal_names_direct("xterm-kitty", NULL));
    assert_null(terminal_names_direct("vt220", "truecolor"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences_mean_what_they_mean),
        cmocka_unit_test(sequences_mean_the_same_at_any_pace),
        cmocka_unit_test(what_follows_a_late_escape_is_no_key),
        cmocka_unit_test(a_sequence_slower_than_typing_changes_nothing),
        cmocka_unit_test(a_slow_paste_is_text),
        cmocka_unit_test(what_one_types_behind_escape_is_heard),
        cmocka_unit_test(a_line_that_opened_takes_all_that_is_typed),
        cmocka_unit_test(a_lone_escape_is_prompt_and_swallows_nothing),
        cmocka_unit_test(no_cut_sequence_locks_the_keyboard),
        cmocka_unit_test(an_open_paste_or_string_ends_though_one_types),
        cmocka_unit_test(random_sequences_never_act),
        cmocka_unit_test(random_bytes_leave_the_keyboard_working),
        cmocka_unit_test(unknown_terminals_have_a_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
