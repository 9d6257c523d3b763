/* Bytes as base64 (RFC 4648), in which control sequences carry them. */
#ifndef MLVICX_VIEWS_BASE64_H
#define MLVICX_VIEWS_BASE64_H

#include "engine/base/text.h"

/** Append n bytes, padded with '=' to a multiple of four letters. */
void base64_add(struct text *out, const void *data, size_t n);

#endif
