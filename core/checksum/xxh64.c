/* SPDX-License-Identifier: GPL-2.0-or-later */
/* XXH64 with seed 0, after its specification (xxHash fast digest algorithm, version 0.1.1). */
#include <string.h>

#include "checksum/checksum.h"

#define PRIME_1 UINT64_C(0x9e3779b185ebca87)
#define PRIME_2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define PRIME_3 UINT64_C(0x165667b19e3779f9)
#define PRIME_4 UINT64_C(0x85ebca77c2b2ae63)
#define PRIME_5 UINT64_C(0x27d4eb2f165667c5)

#define STRIPE 32

static inline uint64_t rotl64(uint64_t word, unsigned int shift)
{
	return word << shift | word >> (64 - shift);
}

static inline uint64_t read64(const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

static inline uint32_t read32(const unsigned char *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap32(word);
#endif
	return word;
}

static inline uint64_t round64(uint64_t accumulator, uint64_t lane)
{
	return rotl64(accumulator + lane * PRIME_2, 31) * PRIME_1;
}

static inline uint64_t merge(uint64_t hash, uint64_t accumulator)
{
	return (hash ^ round64(0, accumulator)) * PRIME_1 + PRIME_4;
}

static uint64_t stripes(const unsigned char *p, const unsigned char *end)
{
	uint64_t a = PRIME_1 + PRIME_2, b = PRIME_2, c = 0, d = 0 - PRIME_1;
	uint64_t hash;

	for (; end - p >= STRIPE; p += STRIPE) {
		a = round64(a, read64(p));
		b = round64(b, read64(p + 8));
		c = round64(c, read64(p + 16));
		d = round64(d, read64(p + 24));
	}
	hash = rotl64(a, 1) + rotl64(b, 7) + rotl64(c, 12) + rotl64(d, 18);
	return merge(merge(merge(merge(hash, a), b), c), d);
}

uint64_t ksm_xxh64(const void *data, size_t bytes)
{
	const unsigned char *p = data, *end = p + bytes;
	uint64_t hash = bytes >= STRIPE ? stripes(p, end) : PRIME_5;

	p += bytes / STRIPE * STRIPE;
	hash += bytes;
	for (; end - p >= 8; p += 8)
		hash = rotl64(hash ^ round64(0, read64(p)), 27) * PRIME_1 + PRIME_4;
	for (; end - p >= 4; p += 4)
		hash = rotl64(hash ^ read32(p) * PRIME_1, 23) * PRIME_2 + PRIME_3;
	for (; p < end; p++)
		hash = rotl64(hash ^ *p * PRIME_5, 11) * PRIME_1;

	hash = (hash ^ hash >> 33) * PRIME_2;
	hash = (hash ^ hash >> 29) * PRIME_3;
	return hash ^ hash >> 32;
}
