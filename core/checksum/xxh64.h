/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XXH64 with seed 0, after its specification (xxHash fast digest algorithm, version 0.1.1): the parts that
 * one page and many pages at once have in common. Internal to checksum/.
 */
#ifndef KSM_CHECKSUM_XXH64_H
#define KSM_CHECKSUM_XXH64_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define XXH64_PRIME_1 UINT64_C(0x9e3779b185ebca87)
#define XXH64_PRIME_2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define XXH64_PRIME_3 UINT64_C(0x165667b19e3779f9)
#define XXH64_PRIME_4 UINT64_C(0x85ebca77c2b2ae63)
#define XXH64_PRIME_5 UINT64_C(0x27d4eb2f165667c5)

/* Bytes that each turn takes, a lane of 8 for each accumulator. */
#define XXH64_STRIPE 32

struct xxh64_state {
	uint64_t accumulator[4];
};

static inline struct xxh64_state xxh64_begin(void)
{
	return (struct xxh64_state){
		{XXH64_PRIME_1 + XXH64_PRIME_2, XXH64_PRIME_2, 0, 0 - XXH64_PRIME_1}};
}

static inline uint64_t xxh64_rotl(uint64_t word, unsigned int shift)
{
	return word << shift | word >> (64 - shift);
}

static inline uint64_t xxh64_read(const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

static inline uint64_t xxh64_round(uint64_t accumulator, uint64_t lane)
{
	return xxh64_rotl(accumulator + lane * XXH64_PRIME_2, 31) * XXH64_PRIME_1;
}

static inline void xxh64_stripe(struct xxh64_state *state, const unsigned char *p)
{
	state->accumulator[0] = xxh64_round(state->accumulator[0], xxh64_read(p));
	state->accumulator[1] = xxh64_round(state->accumulator[1], xxh64_read(p + 8));
	state->accumulator[2] = xxh64_round(state->accumulator[2], xxh64_read(p + 16));
	state->accumulator[3] = xxh64_round(state->accumulator[3], xxh64_read(p + 24));
}

static inline uint64_t xxh64_merge(const struct xxh64_state *state)
{
	const uint64_t *a = state->accumulator;
	uint64_t hash = xxh64_rotl(a[0], 1) + xxh64_rotl(a[1], 7) + xxh64_rotl(a[2], 12) +
			xxh64_rotl(a[3], 18);

	for (int i = 0; i < 4; i++)
		hash = (hash ^ xxh64_round(0, a[i])) * XXH64_PRIME_1 + XXH64_PRIME_4;
	return hash;
}

static inline uint64_t xxh64_avalanche(uint64_t hash)
{
	hash = (hash ^ hash >> 33) * XXH64_PRIME_2;
	hash = (hash ^ hash >> 29) * XXH64_PRIME_3;
	return hash ^ hash >> 32;
}

/* Of @bytes that were whole stripes. */
static inline uint64_t xxh64_end(const struct xxh64_state *state, size_t bytes)
{
	return xxh64_avalanche(xxh64_merge(state) + bytes);
}

#endif
