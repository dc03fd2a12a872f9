/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As jhash2_avx512.c, eight pages at once in two registers, which do not wait for each other, and 12 words of each. */
#ifdef __aarch64__
#include <arm_neon.h>
#include <string.h>

#include "checksum/jhash2.h"
#include "checksum/many.h"

#define LANES	4
#define GROUPS	2
#define PAGES	(LANES * GROUPS)
#define COLUMNS 12

typedef uint32_t lanes __attribute__((vector_size(16)));

static inline uint32x4_t words_at(const unsigned char *p)
{
	return vreinterpretq_u32_u8(vld1q_u8(p));
}

static inline uint64x2_t as_pairs(uint32x4_t words)
{
	return vreinterpretq_u64_u32(words);
}

/* Word i of every page to column i, of 4 words. */
static inline void turn(const unsigned char *const page[LANES], size_t at, lanes *column)
{
	uint32x4_t a = words_at(page[0] + at), b = words_at(page[1] + at);
	uint32x4_t c = words_at(page[2] + at), d = words_at(page[3] + at);
	uint64x2_t ab_even = as_pairs(vtrn1q_u32(a, b)), ab_odd = as_pairs(vtrn2q_u32(a, b));
	uint64x2_t cd_even = as_pairs(vtrn1q_u32(c, d)), cd_odd = as_pairs(vtrn2q_u32(c, d));

	column[0] = (lanes)vtrn1q_u64(ab_even, cd_even);
	column[1] = (lanes)vtrn1q_u64(ab_odd, cd_odd);
	column[2] = (lanes)vtrn2q_u64(ab_even, cd_even);
	column[3] = (lanes)vtrn2q_u64(ab_odd, cd_odd);
}

static void eight_pages(const unsigned char *const *page, size_t page_size, uint32_t *ret_hashes)
{
	lanes zero = {0}, begin = zero + (JHASH_INITVAL + (uint32_t)page_size + KSM_JHASH2_SEED);
	lanes a[GROUPS] = {begin, begin}, b[GROUPS] = {begin, begin}, c[GROUPS] = {begin, begin};
	size_t left = page_size / sizeof(uint32_t), at = 0, i = 0;
	lanes column[GROUPS][COLUMNS];

	while (left > 3) {
		size_t n = left < COLUMNS ? left : COLUMNS;

		for (i = 0; i < n; i += LANES, at += sizeof(lanes))
#pragma GCC unroll 2
			for (int g = 0; g < GROUPS; g++)
				turn(page + (size_t)g * LANES, at, column[g] + i);
		for (i = 0; i < n && left > 3; i += 3, left -= 3)
#pragma GCC unroll 2
			for (int g = 0; g < GROUPS; g++) {
				a[g] += column[g][i];
				b[g] += column[g][i + 1];
				c[g] += column[g][i + 2];
				JHASH_MIX(a[g], b[g], c[g]);
			}
	}
#pragma GCC unroll 2
	for (int g = 0; g < GROUPS; g++) {
		if (left > 2)
			c[g] += column[g][i + 2];
		if (left > 1)
			b[g] += column[g][i + 1];
		a[g] += column[g][i];
		JHASH_FINAL(a[g], b[g], c[g]);
	}
	memcpy(ret_hashes, c, sizeof(c));
}

void ksm_jhash2_neon(const void *pages, size_t page_size, size_t n, uint32_t *ret_hashes)
{
	ksm_jhash2_by(eight_pages, PAGES, pages, page_size, n, ret_hashes);
}
#else
typedef int ksm_no_neon;
#endif
