/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sixteen pages at once, a lane for each: 48 words of each page (as many as are whole mixes and whole
 * registers) are turned from rows into columns, then mixed.
 */
#ifdef __x86_64__
#include <immintrin.h>
#include <string.h>

#include "checksum/jhash2.h"
#include "checksum/many.h"

#define AVX512 __attribute__((target("avx512f")))

#define PAGES	16
#define COLUMNS 48

typedef uint32_t lanes __attribute__((vector_size(64)));

/* Rows of four words in each quarter, to columns of four words in each quarter. */
AVX512 static inline void turn_quarters(__m512i row[4])
{
	__m512i a = _mm512_unpacklo_epi32(row[0], row[1]);
	__m512i b = _mm512_unpackhi_epi32(row[0], row[1]);
	__m512i c = _mm512_unpacklo_epi32(row[2], row[3]);
	__m512i d = _mm512_unpackhi_epi32(row[2], row[3]);

	row[0] = _mm512_unpacklo_epi64(a, c);
	row[1] = _mm512_unpackhi_epi64(a, c);
	row[2] = _mm512_unpacklo_epi64(b, d);
	row[3] = _mm512_unpackhi_epi64(b, d);
}

/* Column @i of every quarter, of four groups of pages, to columns i, i + 4, i + 8 and i + 12. */
AVX512 static inline void gather_columns(__m512i group[4][4], int i, __m512i *column)
{
	__m512i a = _mm512_shuffle_i32x4(group[0][i], group[1][i], 0x44);
	__m512i b = _mm512_shuffle_i32x4(group[0][i], group[1][i], 0xee);
	__m512i c = _mm512_shuffle_i32x4(group[2][i], group[3][i], 0x44);
	__m512i d = _mm512_shuffle_i32x4(group[2][i], group[3][i], 0xee);

	column[i] = _mm512_shuffle_i32x4(a, c, 0x88);
	column[i + 4] = _mm512_shuffle_i32x4(a, c, 0xdd);
	column[i + 8] = _mm512_shuffle_i32x4(b, d, 0x88);
	column[i + 12] = _mm512_shuffle_i32x4(b, d, 0xdd);
}

/* Word i of every page to column i, of 16 words. */
AVX512 static inline void turn(const unsigned char *const page[PAGES], size_t at, __m512i *column)
{
	__m512i group[4][4];

#pragma GCC unroll 4
	for (int g = 0; g < 4; g++) {
#pragma GCC unroll 4
		for (int i = 0; i < 4; i++)
			group[g][i] = _mm512_loadu_si512(page[4 * g + i] + at);
		turn_quarters(group[g]);
	}
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++)
		gather_columns(group, i, column);
}

AVX512 static void sixteen_pages(const unsigned char *const *page, size_t page_size,
				 uint32_t *ret_hashes)
{
	lanes zero = {0}, a = zero + (JHASH_INITVAL + (uint32_t)page_size + KSM_JHASH2_SEED), b = a,
	      c = a;
	size_t left = page_size / sizeof(uint32_t), at = 0, i = 0;
	__m512i column[COLUMNS];

	while (left > 3) {
		size_t n = left < COLUMNS ? left : COLUMNS;

		for (i = 0; i < n; i += PAGES, at += sizeof(__m512i))
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

void ksm_jhash2_avx512(const void *pages, size_t page_size, size_t n, uint32_t *ret_hashes)
{
	ksm_jhash2_by(sixteen_pages, PAGES, pages, page_size, n, ret_hashes);
}
#else
typedef int ksm_no_avx512;
#endif
