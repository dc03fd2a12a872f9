/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "checksum/many.h"

/* Two words at a time, in the halves of one: which half is which does not matter to their product. */
static inline uint64_t words_at(const unsigned char *p)
{
	uint64_t words;

	memcpy(&words, p, sizeof(words));
	return words;
}

static inline uint64_t product(uint64_t words, uint64_t key)
{
	uint32_t a = (uint32_t)words + (uint32_t)key;
	uint32_t b = (uint32_t)(words >> 32) + (uint32_t)(key >> 32);

	return (uint64_t)a * b;
}

void ksm_nh_plain(const void *block, const void *key, uint64_t ret_sums[KSM_BLOCK_SUMS])
{
	const unsigned char *m = block, *k = key;
	uint64_t a = 0, b = 0, c = 0;

	for (size_t at = 0; at < KSM_BLOCK; at += sizeof(uint64_t)) {
		uint64_t words = words_at(m + at);

		a += product(words, words_at(k + at));
		b += product(words, words_at(k + at + KSM_BLOCK_SHIFT));
		c += product(words, words_at(k + at + 2 * KSM_BLOCK_SHIFT));
	}
	ret_sums[0] = a;
	ret_sums[1] = b;
	ret_sums[2] = c;
	ret_sums[3] = 0;
}
