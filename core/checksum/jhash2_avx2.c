/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As jhash2_avx512.c, eight pages at once, and 24 words of each. */
#ifdef __x86_64__
#include <immintrin.h>
#include <string.h>

#include "checksum/jhash2.h"
#include "checksum/many.h"

#define AVX2 __attribute__((target("avx2")))

#define PAGES	8
#define COLUMNS 24

typedef uint32_t lanes __attribute__((vector_size(32)));

/* Rows of four words in each half, to columns of four words in each half. */
AVX2 static inline void turn_halves(__m256i row[4])
{
	__m256i a = _mm256_unpacklo_epi32(row[0], row[1]);
	__m256i b = _mm256_unpackhi_epi32(row[0], row[1]);
	__m256i c = _mm256_unpacklo_epi32(row[2], row[3]);
	__m256i d = _mm256_unpackhi_epi32(row[2], row[3]);

	row[0] = _mm256_unpacklo_epi64(a, c);
	row[1] = _mm256_unpackhi_epi64(a, c);
	row[2] = _mm256_unpacklo_epi64(b, d);
	row[3] = _mm256_unpackhi_epi64(b, d);
}

/* Word i of every page to column i, of 8 words. */
AVX2 static inline void turn(const unsigned char *const page[PAGES], size_t at, __m256i *column)
{
	__m256i a[4], b[4];

#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		a[i] = _mm256_loadu_si256((const __m256i *)(page[i] + at));
		b[i] = _mm256_loadu_si256((const __m256i *)(page[4 + i] + at));
	}
	turn_halves(a);
	turn_halves(b);
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		column[i] = _mm256_permute2x128_si256(a[i], b[i], 0x20);
		column[4 + i] = _mm256_permute2x128_si256(a[i], b[i], 0x31);
	}
}

AVX2 static void eight_pages(const unsigned char *const *page, size_t page_size,
			     uint32_t *ret_hashes)
{
	lanes zero = {0}, a = zero + (JHASH_INITVAL + (uint32_t)page_size + KSM_JHASH2_SEED), b = a,
	      c = a;
	size_t left = page_size / sizeof(uint32_t), at = 0, i = 0;
	__m256i column[COLUMNS];

	while (left > 3) {
		size_t n = left < COLUMNS ? left : COLUMNS;

		for (i = 0; i < n; i += PAGES, at += sizeof(__m256i))
			turn(page, at, column + i);
		for (i = 0; i < n && left > 3; i += 3, left -= 3) {
			a += (lanes)column[i];
			b += (lanes)column[i + 1];
			c += (lanes)column[i + 2];
			JHASH_MIX(a, b, c);
		}
	}
	if (left > 2)
		c += (lanes)column[i + 2];
	if (left > 1)
		b += (lanes)column[i + 1];
	a += (lanes)column[i];
	JHASH_FINAL(a, b, c);
	memcpy(ret_hashes, &c, sizeof(c));
}

void ksm_jhash2_avx2(const void *pages, size_t page_size, size_t n, uint32_t *ret_hashes)
{
	ksm_jhash2_by(eight_pages, PAGES, pages, page_size, n, ret_hashes);
}
#else
typedef int ksm_no_avx2;
#endif
