/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bob Jenkins' lookup3 over 32-bit words, as the kernel has it since 2.6.37 and ksmd always used it. */
#include <string.h>

#include "checksum/checksum.h"

#define JHASH_INITVAL 0xdeadbeefu

static inline uint32_t rotl32(uint32_t word, unsigned int shift)
{
	return word << shift | word >> (32 - shift);
}

static inline void mix(uint32_t *a, uint32_t *b, uint32_t *c)
{
	*a -= *c, *a ^= rotl32(*c, 4), *c += *b;
	*b -= *a, *b ^= rotl32(*a, 6), *a += *c;
	*c -= *b, *c ^= rotl32(*b, 8), *b += *a;
	*a -= *c, *a ^= rotl32(*c, 16), *c += *b;
	*b -= *a, *b ^= rotl32(*a, 19), *a += *c;
	*c -= *b, *c ^= rotl32(*b, 4), *b += *a;
}

static inline uint32_t final(uint32_t a, uint32_t b, uint32_t c)
{
	c ^= b, c -= rotl32(b, 14);
	a ^= c, a -= rotl32(c, 11);
	b ^= a, b -= rotl32(a, 25);
	c ^= b, c -= rotl32(b, 16);
	a ^= c, a -= rotl32(c, 4);
	b ^= a, b -= rotl32(a, 14);
	c ^= b, c -= rotl32(b, 24);
	return c;
}

static inline uint32_t word_at(const void *data, size_t i)
{
	uint32_t word;

	memcpy(&word, (const char *)data + i * sizeof(word), sizeof(word));
	return word;
}

uint32_t ksm_jhash2(const void *data, size_t words, uint32_t seed)
{
	uint32_t a, b, c;
	size_t i = 0;

	a = b = c = JHASH_INITVAL + ((uint32_t)words << 2) + seed;
	for (; words - i > 3; i += 3) {
		a += word_at(data, i);
		b += word_at(data, i + 1);
		c += word_at(data, i + 2);
		mix(&a, &b, &c);
	}
	if (words == i)
		return c;
	if (words - i > 2)
		c += word_at(data, i + 2);
	if (words - i > 1)
		b += word_at(data, i + 1);
	a += word_at(data, i);
	return final(a, b, c);
}
