/* A table of instructions over one stack of nodes. What an instruction reads of the bytes is checked by the kind of its
 * argument before its function runs, what it takes from the stack by `take`. */
#include "engine/model/pickle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"

enum { LEAST_PROTOCOL = 2, MOST_PROTOCOL = 5, NAME_MOST = 200, GROWTH = 8 };

/* Rows of numbers that grow. */
struct row {
    uint32_t *at;
    uint32_t count, room;
};

struct machine {
    struct pickle *p;
    const unsigned char *data;
    size_t size, at;
    struct row stack, marks, memo; /* nodes; heights of the stack; nodes, NO_NODE where nothing was put */
    uint32_t memoized;             /* how many MEMOIZE has put */
    bool done;
    const char *path;
    struct err *e;
};

#define NO_NODE UINT32_MAX

static bool bad(struct machine *m, const char *why)
{
    return err_set(m->e, ERR_FORMAT, "%s: its pickle is damaged at byte %zu: %s", m->path, m->at, why);
}

static bool no_memory(struct machine *m)
{
    return err_set(m->e, ERR_MEMORY, "%s: no memory for its pickle", m->path);
}

/* Room for `count` numbers, the new ones NO_NODE. */
static bool row_room(struct row *r, uint32_t count)
{
    if (count <= r->room) return true;
    uint32_t room = r->room + r->room / 2 > count ? r->room + r->room / 2 : count + GROWTH;
    uint32_t *at = realloc(r->at, room * sizeof *at);
    if (!at) return false;
    for (uint32_t i = r->room; i < room; i++) at[i] = NO_NODE;
    r->at = at;
    r->room = room;
    return true;
}

static bool push(struct machine *m, uint32_t node)
{
    if (!row_room(&m->stack, m->stack.count + 1)) return no_memory(m);
    m->stack.at[m->stack.count++] = node;
    return true;
}

/* A new node on top of the stack; NULL with an error. Pointers to nodes are good until the next one is made. */
static struct pickle_node *make(struct machine *m, enum pickle_kind kind)
{
    struct pickle *p = m->p;
    if (p->count == PICKLE_MOST_NODES) {
        err_set(m->e, ERR_UNSUPPORTED, "%s: its pickle has more than %d values; save the state dict alone", m->path,
                PICKLE_MOST_NODES);
        return NULL;
    }
    if (p->count == p->room) {
        uint32_t room = p->room ? p->room * 2 : GROWTH;
        struct pickle_node *nodes = realloc(p->nodes, room * sizeof *nodes);
        if (!nodes) return no_memory(m), NULL;
        p->nodes = nodes;
        p->room = room;
    }
    p->nodes[p->count] = (struct pickle_node){ .kind = kind };
    return push(m, p->count) ? &p->nodes[p->count++] : NULL;
}

static uint32_t floor_of(const struct machine *m)
{
    return m->marks.count ? m->marks.at[m->marks.count - 1] : 0;
}

/* Take the top `n` of the stack, none from below the last mark; where they stood is good until the next push. */
static const uint32_t *take(struct machine *m, uint32_t n)
{
    if (m->stack.count - floor_of(m) < n) return bad(m, "its stack is too low"), NULL;
    m->stack.count -= n;
    return m->stack.at + m->stack.count;
}

/* The same for all since the last mark, which goes too. */
static const uint32_t *take_marked(struct machine *m, uint32_t *n)
{
    if (!m->marks.count) return bad(m, "a mark is missing"), NULL;
    *n = m->stack.count - floor_of(m);
    m->marks.count--;
    m->stack.count -= *n;
    return m->stack.at + m->stack.count;
}

static bool add_items(struct machine *m, struct pickle_node *to, const uint32_t *items, uint32_t n)
{
    struct row r = { to->items, to->count, to->room };
    if (!n) return true;
    if (!row_room(&r, r.count + n)) return no_memory(m);
    memcpy(r.at + r.count, items, n * sizeof *items);
    to->items = r.at;
    to->count = r.count + n;
    to->room = r.room;
    return true;
}

/* ---- what each instruction does ---- */

/* What an instruction has read: a number, or bytes. */
struct operand {
    int64_t number;
    const char *bytes;
    size_t length;
    const char *second; /* a second line */
    size_t second_length;
    int code; /* of the row: a kind, a count, ... */
};

static bool do_nothing(struct machine *m, const struct operand *o)
{
    (void)m, (void)o;
    return true;
}

static bool do_proto(struct machine *m, const struct operand *o)
{
    if (o->number >= LEAST_PROTOCOL && o->number <= MOST_PROTOCOL) return true;
    return err_set(m->e, ERR_UNSUPPORTED, "%s: its pickle has protocol %" PRId64 "; %d to %d are read", m->path,
                   o->number, LEAST_PROTOCOL, MOST_PROTOCOL);
}

static bool do_stop(struct machine *m, const struct operand *o)
{
    (void)o;
    const uint32_t *top = take(m, 1);
    if (!top) return false;
    m->p->root = *top;
    m->done = true;
    return true;
}

static bool do_mark(struct machine *m, const struct operand *o)
{
    (void)o;
    if (!row_room(&m->marks, m->marks.count + 1)) return no_memory(m);
    m->marks.at[m->marks.count++] = m->stack.count;
    return true;
}

/* As in Python, where a mark is all that is left it goes. */
static bool do_pop(struct machine *m, const struct operand *o)
{
    (void)o;
    if (m->marks.count && m->stack.count == floor_of(m)) {
        m->marks.count--;
        return true;
    }
    return take(m, 1) != NULL;
}

static bool do_pop_mark(struct machine *m, const struct operand *o)
{
    uint32_t n;
    (void)o;
    return take_marked(m, &n) != NULL;
}

static bool do_duplicate(struct machine *m, const struct operand *o)
{
    (void)o;
    const uint32_t *top = take(m, 1);
    uint32_t node = top ? *top : NO_NODE;
    return top && push(m, node) && push(m, node);
}

static bool do_value(struct machine *m, const struct operand *o)
{
    struct pickle_node *node = make(m, (enum pickle_kind)o->code);
    if (!node) return false;
    node->whole = o->number;
    node->text = o->bytes;
    node->length = o->length;
    return true;
}

static bool do_bool(struct machine *m, const struct operand *o)
{
    struct pickle_node *node = make(m, PICKLE_BOOL);
    if (node) node->whole = o->code;
    return node != NULL;
}

/* Two's complement, little-endian. */
static bool do_long(struct machine *m, const struct operand *o)
{
    bool fits = o->length <= 8;
    struct pickle_node *node = make(m, fits ? PICKLE_INT : PICKLE_OTHER);
    if (!node || !fits) return node != NULL;
    uint64_t v = o->length && o->bytes[o->length - 1] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = o->length; i-- > 0;) v = v << 8 | (unsigned char)o->bytes[i];
    memcpy(&node->whole, &v, sizeof v);
    return true;
}

/* The last o->code values, or with -1 those since the mark, become one of a kind. */
static bool gather(struct machine *m, enum pickle_kind kind, int count)
{
    uint32_t n = (uint32_t)count;
    const uint32_t *items = count < 0 ? take_marked(m, &n) : take(m, n);
    if (!items) return false;
    if (kind == PICKLE_DICT && n % 2) return bad(m, "a key has no value");
    uint32_t *copy = malloc((n + 1) * sizeof *copy); /* the push may move the stack */
    if (!copy) return no_memory(m);
    memcpy(copy, items, n * sizeof *copy);
    struct pickle_node *node = make(m, kind);
    bool ok = node && add_items(m, node, copy, n);
    free(copy);
    return ok;
}

static bool do_tuple(struct machine *m, const struct operand *o)
{
    return gather(m, PICKLE_TUPLE, o->code);
}

static bool do_list(struct machine *m, const struct operand *o)
{
    return gather(m, PICKLE_LIST, o->code);
}

static bool do_dict(struct machine *m, const struct operand *o)
{
    return gather(m, PICKLE_DICT, o->code);
}

/* Items go to what lies below them; what is neither a list nor a dict is a call whose result has no face here. */
static bool append(struct machine *m, const uint32_t *items, uint32_t n, bool pairs)
{
    if (m->stack.count <= floor_of(m)) return bad(m, "there is nothing to add to");
    struct pickle_node *to = &m->p->nodes[m->stack.at[m->stack.count - 1]];
    if (pairs && n % 2) return bad(m, "a key has no value");
    if (to->kind == (pairs ? PICKLE_DICT : PICKLE_LIST) || (pairs && to->kind == PICKLE_CALL))
        return add_items(m, to, items, n);
    return to->kind == PICKLE_CALL || bad(m, "items are added to what takes none");
}

static bool do_append(struct machine *m, const struct operand *o)
{
    uint32_t n = (uint32_t)o->code;
    const uint32_t *items = take(m, n);
    return items && append(m, items, n, n == 2);
}

static bool do_appends(struct machine *m, const struct operand *o)
{
    uint32_t n;
    const uint32_t *items = take_marked(m, &n);
    return items && append(m, items, n, o->code == 2);
}

static bool do_global(struct machine *m, const struct operand *o)
{
    struct pickle_node *node = make(m, PICKLE_GLOBAL);
    if (!node) return false;
    node->text = o->bytes;
    node->length = o->length;
    node->name = o->second;
    node->name_length = o->second_length;
    return true;
}

static bool do_stack_global(struct machine *m, const struct operand *o)
{
    (void)o;
    const uint32_t *two = take(m, 2);
    if (!two) return false;
    struct pickle_node module = m->p->nodes[two[0]], name = m->p->nodes[two[1]];
    if (module.kind != PICKLE_TEXT || name.kind != PICKLE_TEXT) return bad(m, "a global is not named by two texts");
    return do_global(
        m, &(struct operand){
               .bytes = module.text, .length = module.length, .second = name.text, .second_length = name.length });
}

/* callee, argument (of a code above 2 followed by keyword arguments, which are dropped). */
static bool do_call(struct machine *m, const struct operand *o)
{
    const uint32_t *taken = take(m, (uint32_t)o->code);
    if (!taken) return false;
    uint32_t callee = taken[0], argument = taken[1];
    struct pickle_node *node = make(m, PICKLE_CALL);
    if (!node) return false;
    node->callee = callee;
    node->argument = argument;
    return true;
}

/* The state of an object matters to its class alone. */
static bool do_build(struct machine *m, const struct operand *o)
{
    (void)o;
    if (!take(m, 1)) return false;
    return m->stack.count > floor_of(m) || bad(m, "a state has no object");
}

static bool do_persistent(struct machine *m, const struct operand *o)
{
    (void)o;
    const uint32_t *id = take(m, 1);
    if (!id) return false;
    uint32_t argument = *id;
    struct pickle_node *node = make(m, PICKLE_PERSISTENT);
    if (node) node->argument = argument;
    return node != NULL;
}

static bool do_put(struct machine *m, const struct operand *o)
{
    int64_t at = o->code < 0 ? (int64_t)m->memoized++ : o->number;
    if (at >= PICKLE_MOST_NODES) return bad(m, "a place in its memo is too high");
    if (m->stack.count <= floor_of(m)) return bad(m, "there is nothing to remember");
    if (!row_room(&m->memo, (uint32_t)at + 1)) return no_memory(m);
    m->memo.at[at] = m->stack.at[m->stack.count - 1];
    return true;
}

static bool do_get(struct machine *m, const struct operand *o)
{
    if (o->number >= m->memo.room || m->memo.at[o->number] == NO_NODE)
        return bad(m, "it takes from its memo what was never put");
    return push(m, m->memo.at[o->number]);
}

/* ---- the table ---- */

enum reads {
    READS_NOTHING,
    READS_U8,
    READS_U16,
    READS_I32,
    READS_U32,
    READS_U64,
    READS_REAL,    /* 8 bytes                        */
    READS_BYTES8,  /* bytes behind a length of 8 bits */
    READS_BYTES32, /* of 32                          */
    READS_BYTES64, /* of 64                          */
    READS_LINES,   /* two lines                      */
};

/* A code means what the function says: a kind, a count, ... */
static const struct instruction {
    bool (*run)(struct machine *m, const struct operand *o); /* NULL: not read */
    enum reads reads;
    int code;
} instructions[256] = {
    ['('] = { do_mark, READS_NOTHING, 0 },
    ['.'] = { do_stop, READS_NOTHING, 0 },
    ['0'] = { do_pop, READS_NOTHING, 0 },
    ['1'] = { do_pop_mark, READS_NOTHING, 0 },
    ['2'] = { do_duplicate, READS_NOTHING, 0 },
    ['N'] = { do_value, READS_NOTHING, PICKLE_NONE },
    ['G'] = { do_value, READS_REAL, PICKLE_FLOAT },
    ['J'] = { do_value, READS_I32, PICKLE_INT },
    ['K'] = { do_value, READS_U8, PICKLE_INT },
    ['M'] = { do_value, READS_U16, PICKLE_INT },
    [0x88] = { do_bool, READS_NOTHING, 1 },
    [0x89] = { do_bool, READS_NOTHING, 0 },
    [0x8a] = { do_long, READS_BYTES8, 0 },
    [0x8b] = { do_long, READS_BYTES32, 0 },
    ['U'] = { do_value, READS_BYTES8, PICKLE_TEXT },
    ['T'] = { do_value, READS_BYTES32, PICKLE_TEXT },
    [0x8c] = { do_value, READS_BYTES8, PICKLE_TEXT },
    ['X'] = { do_value, READS_BYTES32, PICKLE_TEXT },
    [0x8d] = { do_value, READS_BYTES64, PICKLE_TEXT },
    ['C'] = { do_value, READS_BYTES8, PICKLE_BYTES },
    ['B'] = { do_value, READS_BYTES32, PICKLE_BYTES },
    [0x8e] = { do_value, READS_BYTES64, PICKLE_BYTES },
    [0x96] = { do_value, READS_BYTES64, PICKLE_BYTES },
    [')'] = { do_tuple, READS_NOTHING, 0 },
    [0x85] = { do_tuple, READS_NOTHING, 1 },
    [0x86] = { do_tuple, READS_NOTHING, 2 },
    [0x87] = { do_tuple, READS_NOTHING, 3 },
    ['t'] = { do_tuple, READS_NOTHING, -1 },
    [']'] = { do_list, READS_NOTHING, 0 },
    ['l'] = { do_list, READS_NOTHING, -1 },
    [0x8f] = { do_list, READS_NOTHING, 0 },
    [0x91] = { do_list, READS_NOTHING, -1 },
    ['}'] = { do_dict, READS_NOTHING, 0 },
    ['d'] = { do_dict, READS_NOTHING, -1 },
    ['a'] = { do_append, READS_NOTHING, 1 },
    ['s'] = { do_append, READS_NOTHING, 2 },
    ['e'] = { do_appends, READS_NOTHING, 1 },
    [0x90] = { do_appends, READS_NOTHING, 1 },
    ['u'] = { do_appends, READS_NOTHING, 2 },
    ['c'] = { do_global, READS_LINES, 0 },
    [0x93] = { do_stack_global, READS_NOTHING, 0 },
    ['R'] = { do_call, READS_NOTHING, 2 },
    [0x81] = { do_call, READS_NOTHING, 2 },
    [0x92] = { do_call, READS_NOTHING, 3 },
    ['b'] = { do_build, READS_NOTHING, 0 },
    ['Q'] = { do_persistent, READS_NOTHING, 0 },
    ['q'] = { do_put, READS_U8, 0 },
    ['r'] = { do_put, READS_U32, 0 },
    [0x94] = { do_put, READS_NOTHING, -1 },
    ['h'] = { do_get, READS_U8, 0 },
    ['j'] = { do_get, READS_U32, 0 },
    [0x80] = { do_proto, READS_U8, 0 },
    [0x95] = { do_nothing, READS_U64, 0 }, /* a frame: how far the next read may go */
};

/* An unsigned little-endian number of n bytes, at most 2^63 - 1: what is larger is no length of anything. */
static bool read_number(struct machine *m, size_t n, int64_t *out)
{
    uint64_t v = 0;
    if (m->size - m->at < n) return bad(m, "it ends in the middle");
    for (size_t i = n; i-- > 0;) v = v << 8 | m->data[m->at + i];
    m->at += n;
    *out = v > INT64_MAX ? INT64_MAX : (int64_t)v;
    return true;
}

static bool read_bytes(struct machine *m, size_t width, struct operand *o)
{
    int64_t n = 0;
    if (!read_number(m, width, &n)) return false;
    if ((uint64_t)n > m->size - m->at) return bad(m, "a text is longer than the rest");
    o->bytes = (const char *)m->data + m->at;
    o->length = (size_t)n;
    m->at += (size_t)n;
    return true;
}

static bool read_line(struct machine *m, const char **line, size_t *length)
{
    const unsigned char *from = m->data + m->at, *end = memchr(from, '\n', m->size - m->at);
    if (!end) return bad(m, "a line has no end");
    *line = (const char *)from;
    *length = (size_t)(end - from);
    m->at += *length + 1;
    return true;
}

static bool read_operand(struct machine *m, enum reads reads, struct operand *o)
{
    switch (reads) {
    case READS_NOTHING:
        return true;
    case READS_U8:
        return read_number(m, 1, &o->number);
    case READS_U16:
        return read_number(m, 2, &o->number);
    case READS_I32:
        if (!read_number(m, 4, &o->number)) return false;
        if (o->number > INT32_MAX) o->number -= (int64_t)1 << 32;
        return true;
    case READS_U32:
        return read_number(m, 4, &o->number);
    case READS_U64:
    case READS_REAL:
        return read_number(m, 8, &o->number);
    case READS_BYTES8:
        return read_bytes(m, 1, o);
    case READS_BYTES32:
        return read_bytes(m, 4, o);
    case READS_BYTES64:
        return read_bytes(m, 8, o);
    case READS_LINES:
        return read_line(m, &o->bytes, &o->length) && read_line(m, &o->second, &o->second_length);
    }
    return false;
}

static bool step(struct machine *m)
{
    if (m->at >= m->size) return bad(m, "it ends without an end");
    unsigned char byte = m->data[m->at++];
    const struct instruction *i = &instructions[byte];
    struct operand o = { .code = i->code };
    if (!i->run)
        return err_set(m->e, ERR_UNSUPPORTED,
                       "%s: its pickle has instruction 0x%02x at byte %zu, which no state dict needs", m->path,
                       (unsigned)byte, m->at - 1);
    return read_operand(m, i->reads, &o) && i->run(m, &o);
}

bool pickle_read(struct pickle *p, const unsigned char *data, size_t size, const char *path, struct err *e)
{
    struct machine m = { .p = p, .data = data, .size = size, .path = path, .e = e };
    *p = (struct pickle){ 0 };
    bool ok = size >= 2 && data[0] == 0x80;
    if (!ok) err_set(e, ERR_FORMAT, "%s: its pickle does not begin with a protocol of 2 or above", path);
    if (ok && size > PICKLE_MOST_BYTES)
        ok = err_set(e, ERR_UNSUPPORTED, "%s: its pickle has %zu bytes, more than %d; save the state dict alone", path,
                     size, PICKLE_MOST_BYTES);
    if (ok && !row_room(&m.stack, 1)) ok = no_memory(&m); /* an empty stack has an address too */
    while (ok && !m.done) ok = step(&m);
    free(m.stack.at);
    free(m.marks.at);
    free(m.memo.at);
    if (!ok) pickle_clear(p);
    return ok;
}

void pickle_clear(struct pickle *p)
{
    for (uint32_t i = 0; i < p->count; i++) free(p->nodes[i].items);
    free(p->nodes);
    *p = (struct pickle){ 0 };
}

/* ---- looking ---- */

bool pickle_is_global(const struct pickle *p, uint32_t node, const char *name)
{
    const struct pickle_node *g = &p->nodes[node];
    return g->kind == PICKLE_GLOBAL && strlen(name) == g->length + 1 + g->name_length &&
           !memcmp(name, g->text, g->length) && name[g->length] == '.' &&
           !memcmp(name + g->length + 1, g->name, g->name_length);
}

bool pickle_is_text(const struct pickle *p, uint32_t node, const char *text)
{
    const struct pickle_node *t = &p->nodes[node];
    return t->kind == PICKLE_TEXT && t->length == strlen(text) && !memcmp(t->text, text, t->length);
}

static int shown(size_t length)
{
    return length < NAME_MOST ? (int)length : NAME_MOST;
}

const char *pickle_describe(const struct pickle *p, uint32_t node, char *out, size_t size)
{
    static const char *const words[] = {
        [PICKLE_NONE] = "None",      [PICKLE_BOOL] = "a bool",        [PICKLE_INT] = "a number",
        [PICKLE_FLOAT] = "a number", [PICKLE_TEXT] = "a text",        [PICKLE_BYTES] = "bytes",
        [PICKLE_TUPLE] = "a tuple",  [PICKLE_LIST] = "a list",        [PICKLE_DICT] = "a dict",
        [PICKLE_CALL] = "a call",    [PICKLE_PERSISTENT] = "storage", [PICKLE_GLOBAL] = "a global",
        [PICKLE_OTHER] = "a number",
    };
    const struct pickle_node *n = &p->nodes[node], *g = n->kind == PICKLE_CALL ? &p->nodes[n->callee] : n;
    if (g->kind == PICKLE_GLOBAL)
        snprintf(out, size, "%.*s.%.*s", shown(g->length), g->text, shown(g->name_length), g->name);
    else
        snprintf(out, size, "%s", words[n->kind]);
    return out;
}
