/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two pages in turn: each step of one waits for the step before. */
#include <string.h>

#include "checksum/checksum.h"
#include "checksum/jhash2.h"
#include "checksum/many.h"

#define WORDS_AT_ONCE 3
/* Fewer pages than this are sooner done two at a time. */
#define ENOUGH 4

struct words {
	uint32_t a, b, c;
};

static inline void mix(struct words *state, const unsigned char *p)
{
	struct words words;

	memcpy(&words, p, sizeof(words));
	state->a += words.a;
	state->b += words.b;
	state->c += words.c;
	JHASH_MIX(state->a, state->b, state->c);
}

/* The last one to three words, in the places of the first. */
static inline uint32_t end(struct words *state, const unsigned char *p, size_t left)
{
	struct words words = {0};

	memcpy(&words, p, left * sizeof(uint32_t));
	state->a += words.a;
	state->b += words.b;
	state->c += words.c;
	JHASH_FINAL(state->a, state->b, state->c);
	return state->c;
}

static void two_pages(const unsigned char *p, size_t page_size, uint32_t *ret_hashes)
{
	uint32_t begin = JHASH_INITVAL + (uint32_t)page_size + KSM_JHASH2_SEED;
	struct words a = {begin, begin, begin}, b = a;
	size_t left = page_size / sizeof(uint32_t);

	for (; left > WORDS_AT_ONCE; left -= WORDS_AT_ONCE, p += sizeof(struct words)) {
		mix(&a, p);
		mix(&b, p + page_size);
	}
	ret_hashes[0] = end(&a, p, left);
	ret_hashes[1] = end(&b, p + page_size, left);
}

void ksm_jhash2_plain(const void *pages, size_t page_size, size_t n, uint32_t *ret_hashes)
{
	const unsigned char *page = pages;

	for (; n >= 2; n -= 2, page += 2 * page_size, ret_hashes += 2)
		two_pages(page, page_size, ret_hashes);
	if (n)
		*ret_hashes = ksm_jhash2(page, page_size / 4, KSM_JHASH2_SEED);
}

void ksm_jhash2_by(jhash2_wide *wide, size_t width, const void *pages, size_t page_size, size_t n,
		   uint32_t *ret_hashes)
{
	const unsigned char *first = pages;

	while (n >= ENOUGH) {
		size_t count = n < width ? n : width;
		const unsigned char *page[JHASH_WIDTH_MAX];
		uint32_t hash[JHASH_WIDTH_MAX];

		/* Where there are not so many, the last one is done several times. */
		for (size_t i = 0; i < width; i++)
			page[i] = first + (i < count ? i : count - 1) * page_size;
		wide(page, page_size, hash);
		memcpy(ret_hashes, hash, count * sizeof(*hash));
		first += count * page_size;
		ret_hashes += count;
		n -= count;
	}
	ksm_jhash2_plain(first, page_size, n, ret_hashes);
}
