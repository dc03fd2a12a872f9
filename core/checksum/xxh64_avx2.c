/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Four pages at once: two in vectors, for which a multiplication of 64 bits is three of 32, and two in plain
 * registers, whose multiplier would idle otherwise.
 */
#ifdef __x86_64__
#include <immintrin.h>

#include "checksum/many.h"
#include "checksum/xxh64.h"

#define AVX2 __attribute__((target("avx2")))

#define PAGES 4

AVX2 static inline __m256i multiply(__m256i a, uint64_t by)
{
	const __m256i low = _mm256_set1_epi64x((long long)by);
	const __m256i high = _mm256_set1_epi64x((long long)(by >> 32));
	__m256i upper = _mm256_add_epi64(_mm256_mul_epu32(_mm256_srli_epi64(a, 32), low),
					 _mm256_mul_epu32(a, high));

	return _mm256_add_epi64(_mm256_mul_epu32(a, low), _mm256_slli_epi64(upper, 32));
}

AVX2 static inline __m256i turn(__m256i accumulators, const unsigned char *stripe)
{
	__m256i lanes = _mm256_loadu_si256((const __m256i *)stripe);
	__m256i sum = _mm256_add_epi64(accumulators, multiply(lanes, XXH64_PRIME_2));

	sum = _mm256_or_si256(_mm256_slli_epi64(sum, 31), _mm256_srli_epi64(sum, 33));
	return multiply(sum, XXH64_PRIME_1);
}

AVX2 static void four_pages(const unsigned char *page, size_t page_size,
			    struct xxh64_state ret_states[PAGES])
{
	struct xxh64_state a = xxh64_begin(), b = a;
	__m256i c = _mm256_loadu_si256((const __m256i *)&a), d = c;

	for (const unsigned char *p = page; p < page + page_size; p += XXH64_STRIPE) {
		c = turn(c, p + 2 * page_size);
		d = turn(d, p + 3 * page_size);
		xxh64_stripe(&a, p);
		xxh64_stripe(&b, p + page_size);
	}
	ret_states[0] = a;
	ret_states[1] = b;
	_mm256_storeu_si256((__m256i *)&ret_states[2], c);
	_mm256_storeu_si256((__m256i *)&ret_states[3], d);
}

void ksm_xxh64_avx2(const void *pages, size_t page_size, size_t n, uint64_t *ret_hashes)
{
	const unsigned char *page = pages;

	for (; n >= PAGES; n -= PAGES) {
		struct xxh64_state state[PAGES];

		four_pages(page, page_size, state);
		for (size_t i = 0; i < PAGES; i++)
			*ret_hashes++ = xxh64_end(&state[i], page_size);
		page += PAGES * page_size;
	}
	ksm_xxh64_plain(page, page_size, n, ret_hashes);
}
#else
typedef int ksm_no_avx2;
#endif
