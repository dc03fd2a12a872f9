/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "checksum/jhash2.h"

#include <string.h>

#include "checksum/checksum.h"

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
		JHASH_MIX(a, b, c);
	}
	if (words == i)
		return c;
	if (words - i > 2)
		c += word_at(data, i + 2);
	if (words - i > 1)
		b += word_at(data, i + 1);
	a += word_at(data, i);
	JHASH_FINAL(a, b, c);
	return c;
}
