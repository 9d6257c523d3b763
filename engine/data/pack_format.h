/* The bytes of a pack, for those who read and write them: places of the header's fields, numbers, digests. */
#ifndef MLVICX_DATA_PACK_FORMAT_H
#define MLVICX_DATA_PACK_FORMAT_H

#include <stdint.h>

#include <nettle/sha2.h>

#include "engine/base/files.h"

enum { HEADER_BYTES = 128, ENTRY_BYTES = 40, ALIGN = 64, HASH_BYTES = SHA256_DIGEST_SIZE };

/* Places of the header's fields. */
enum {
    AT_VERSION = 8,
    AT_COUNT = 12,
    AT_SIZE = 16,
    AT_CHANNELS = 20,
    AT_FLAGS = 24,
    AT_ZERO = 28,
    AT_INDEX = 32,
    AT_BYTES = 40,
    AT_DIGEST = 48,
    AT_REST = 80,
};

static const char magic[8] = { 'M', 'L', 'V', 'X', 'P', 'A', 'C', 'K' };

static inline uint32_t get32(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t get64(const unsigned char *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static inline void put32(unsigned char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) p[i] = (unsigned char)(v >> (8 * i));
}

static inline void put64(unsigned char *p, uint64_t v)
{
    put32(p, (uint32_t)v);
    put32(p + 4, (uint32_t)(v >> 32));
}

static inline void hash(const void *bytes, size_t n, unsigned char out[HASH_BYTES])
{
    struct sha256_ctx ctx;
    sha256_init(&ctx);
    sha256_update(&ctx, n, bytes);
    sha256_digest(&ctx, HASH_BYTES, out);
}

static inline void to_hex(const unsigned char h[HASH_BYTES], char hex[DIGEST_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < HASH_BYTES; i++) {
        hex[2 * i] = digits[h[i] >> 4];
        hex[2 * i + 1] = digits[h[i] & 15];
    }
    hex[2 * HASH_BYTES] = '\0';
}

#endif
