/* Names of others into ours. Every name that only a ResNet has proposes the prefix before it; the best proposal wins,
 * and what stands behind it is renamed by a table. */
#include "engine/model/state_dict.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool starts(const char *s, const char *prefix)
{
    return !strncmp(s, prefix, strlen(prefix));
}

/* Children of a ResNet by number, as nn.Sequential(*children) names them (2 and 3 have no tensors). */
static const struct {
    const char *number, *name;
} children[] = {
    { "0.", "conv1." },  { "1.", "bn1." },    { "4.", "layer1." },
    { "5.", "layer2." }, { "6.", "layer3." }, { "7.", "layer4." },
};
enum { CHILDREN = sizeof children / sizeof children[0] };

/* Tensors that show where a ResNet begins: behind the prefix stands one of these, in either form. */
static const struct {
    const char *name;
    bool sequential, stem; /* a stem is known by its 7x7 kernel: others are called so too */
} anchors[] = {
    { "layer1.0.conv1.weight", false, false }, { "layer4.0.conv1.weight", false, false },
    { "layer2.0.conv1.weight", false, false }, { "layer3.0.conv1.weight", false, false },
    { "4.0.conv1.weight", true, false },       { "7.0.conv1.weight", true, false },
    { "conv1.weight", false, true },           { "0.weight", true, true },
};

/* Copies that follow a network, or remember its gradients. In a name they stand as a segment or a part of one. */
static const struct {
    const char *word;
    int rank; /* of several prefixes the one of lowest sum is taken */
} copies[] = {
    { "encoder_k", 4 }, { "momentum", 4 }, { "second.", 4 },     { "target", 4 },    { "student", 2 },
    { "teacher", 1 },   { "ema", 3 },      { "key_encoder", 4 }, { "optimizer", 8 },
};

struct proposal {
    size_t length; /* of the prefix, in the name of entry `entry` */
    size_t entry;
    bool sequential;
    int rank;
    size_t anchor; /* the one that was met */
};

static int rank_of(const char *name, size_t length)
{
    int rank = 0;
    for (size_t k = 0; k < sizeof copies / sizeof copies[0]; k++)
        if (memmem(name, length, copies[k].word, strlen(copies[k].word))) rank += copies[k].rank;
    return rank;
}

static bool propose(const struct state_entry *entry, size_t anchor, struct proposal *out)
{
    size_t n = strlen(entry->name), m = strlen(anchors[anchor].name);
    if (n < m || n - m >= sizeof((struct state_dict *)0)->prefix || strcmp(entry->name + n - m, anchors[anchor].name))
        return false;
    if (n > m && entry->name[n - m - 1] != '.') return false;
    if (anchors[anchor].stem && (entry->dims != 4 || entry->shape[2] != 7 || entry->shape[3] != 7)) return false;
    *out = (struct proposal){
        .length = n - m, .sequential = anchors[anchor].sequential, .rank = rank_of(entry->name, n - m), .anchor = anchor
    };
    return true;
}

static bool same_prefix(const struct state_dict *s, const struct proposal *a, const struct proposal *b)
{
    return a->length == b->length && !strncmp(s->entries[a->entry].name, s->entries[b->entry].name, a->length);
}

/* The best proposal of the first anchor that anybody has. False with an error where two are equally good. */
static bool choose(struct state_dict *s, bool (*same)(const struct state_dict *s, size_t a, size_t b), struct err *e)
{
    struct proposal best = { 0 }, rival = { 0 }, p;
    bool found = false, tied = false;
    for (size_t k = 0; k < sizeof anchors / sizeof anchors[0] && !found; k++)
        for (size_t i = 0; i < s->count; i++) {
            if (!propose(&s->entries[i], k, &p)) continue;
            p.entry = i;
            if (found && same_prefix(s, &p, &best)) continue;
            if (found && p.rank == best.rank && same(s, i, best.entry)) {
                if (p.length < best.length) best = p;
                continue;
            }
            if (!found || p.rank < best.rank)
                best = p, tied = false;
            else if (p.rank == best.rank)
                rival = p, tied = true;
            found = true;
        }
    if (!found)
        return err_set(e, ERR_FORMAT,
                       "%s: no tensor of a ResNet encoder in it; expected names such as conv1.weight or "
                       "encoder.conv1.weight, with any prefix",
                       s->path);
    if (tied)
        return err_set(e, ERR_FORMAT, "%s: two encoders, %.100s and %.100s; save a file with the one that is wanted",
                       s->path, s->entries[best.entry].name, s->entries[rival.entry].name);
    memcpy(s->prefix, s->entries[best.entry].name, best.length);
    s->prefix[best.length] = '\0';
    s->sequential = best.sequential;
    return true;
}

static bool is_ours(const char *name)
{
    static const char *const others[] = { "context.", "global.", "local.", "predictor." };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (starts(name, others[i])) return true;
    return false;
}

static bool is_body(const char *name)
{
    return starts(name, "conv1.") || starts(name, "bn1.") || (starts(name, "layer") && isdigit((unsigned char)name[5]));
}

/* Name of ours for what stands behind the prefix; "" for what is none. */
static void rename_body(const struct state_dict *s, const char *rest, char out[STATE_NAME])
{
    const char *head = "", *tail = rest;
    for (size_t i = 0; s->sequential && i < CHILDREN; i++)
        if (starts(rest, children[i].number)) {
            head = children[i].name;
            tail = rest + strlen(children[i].number);
        }
    if (s->sequential ? !*head : !is_body(rest)) return;
    int n = snprintf(out, STATE_NAME, "encoder.%s%s", head, tail);
    if (n >= STATE_NAME) *out = '\0';
}

bool state_names_find(struct state_dict *s, bool (*same)(const struct state_dict *s, size_t a, size_t b), struct err *e)
{
    if (!choose(s, same, e)) return false;
    /* our own files have gates and heads beside "encoder.", not behind it */
    size_t length = strlen(s->prefix), own = strlen("encoder.");
    size_t root = length >= own && !strcmp(s->prefix + length - own, "encoder.") ? length - own : length;
    for (size_t i = 0; i < s->count; i++) {
        struct state_entry *entry = &s->entries[i];
        bool inside = !strncmp(entry->name, s->prefix, length);
        const char *rest = entry->name + length, *beside = entry->name + root;
        entry->ignored = !entry->tensor || strstr(entry->name, "num_batches_tracked") ||
                         starts(entry->name, "momentum.") || starts(entry->name, "second.") ||
                         starts(entry->name, "target.global.") || starts(entry->name, "target.encoder.") ||
                         starts(entry->name, "target.context.") || (inside && starts(rest, "fc."));
        if (strstr(entry->name, "num_batches_tracked")) continue;
        if (inside) rename_body(s, rest, entry->own);
        if (*entry->own) continue;
        if (!strncmp(entry->name, s->prefix, root) && is_ours(beside) && strlen(beside) < STATE_NAME)
            snprintf(entry->own, STATE_NAME, "%s", beside);
    }
    return true;
}
