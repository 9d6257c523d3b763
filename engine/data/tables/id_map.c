#include "engine/data/tables/id_map.h"

#include <stdlib.h>

void id_map_clear(struct id_map *m)
{
    free(m->rows);
    *m = (struct id_map){ 0 };
}

static uint64_t mix(uint64_t h)
{
    h ^= h >> 33;
    h *= 0xFF51AFD7ED558CCDULL;
    h ^= h >> 33;
    h *= 0xC4CEB9FE1A85EC53ULL;
    return h ^ h >> 33;
}

static void hash_of(const char *name, uint64_t hash[2])
{
    uint64_t a = 0xCBF29CE484222325ULL, b = 0x9E3779B97F4A7C15ULL;
    for (const unsigned char *p = (const unsigned char *)name; *p; p++) {
        a = (a ^ *p) * 0x100000001B3ULL;
        b = mix(b + *p);
    }
    hash[0] = mix(a);
    hash[1] = b | 1; /* never free */
}

uint64_t id_hash(const char *name)
{
    uint64_t hash[2];
    hash_of(name, hash);
    return hash[1];
}

/* The row of a hash, or the free row where it belongs. */
static struct id_entry *place(const struct id_map *m, const uint64_t hash[2])
{
    size_t i = (size_t)hash[0] & (m->room - 1);
    while (m->rows[i].hash[1] && (m->rows[i].hash[0] != hash[0] || m->rows[i].hash[1] != hash[1]))
        i = (i + 1) & (m->room - 1);
    return &m->rows[i];
}

static bool grow(struct id_map *m)
{
    struct id_map larger = { .room = m->room ? 2 * m->room : 1024 };
    if (!(larger.rows = calloc(larger.room, sizeof *larger.rows))) return false;
    for (size_t i = 0; i < m->room; i++)
        if (m->rows[i].hash[1]) *place(&larger, m->rows[i].hash) = m->rows[i];
    larger.count = m->count;
    free(m->rows);
    *m = larger;
    return true;
}

uint32_t *id_map_find(const struct id_map *m, const char *name)
{
    uint64_t hash[2];
    if (!m->count) return NULL;
    hash_of(name, hash);
    struct id_entry *row = place(m, hash);
    return row->hash[1] ? &row->value : NULL;
}

uint32_t *id_map_add(struct id_map *m, const char *name, uint32_t value, bool *fresh, struct err *e)
{
    uint64_t hash[2];
    if (2 * (m->count + 1) > m->room && !grow(m)) {
        err_set(e, ERR_MEMORY, "no memory for a list of %zu names", m->count);
        return NULL;
    }
    hash_of(name, hash);
    struct id_entry *row = place(m, hash);
    bool added = !row->hash[1];
    if (added) {
        *row = (struct id_entry){ { hash[0], hash[1] }, value };
        m->count++;
    }
    if (fresh) *fresh = added;
    return &row->value;
}
