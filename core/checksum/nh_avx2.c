/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifdef __x86_64__
#include <immintrin.h>

#include "checksum/many.h"

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i products(__m256i words, const unsigned char *key)
{
	__m256i sums = _mm256_add_epi32(words, _mm256_load_si256((const __m256i *)key));

	return _mm256_mul_epu32(sums, _mm256_srli_epi64(sums, 32));
}

AVX2 static inline uint64_t add_up(__m256i sums)
{
	uint64_t sum[4];

	_mm256_storeu_si256((__m256i *)sum, sums);
	return sum[0] + sum[1] + sum[2] + sum[3];
}

AVX2 void ksm_nh_avx2(const void *block, const void *key, uint64_t ret_sums[KSM_BLOCK_SUMS])
{
	const unsigned char *m = block, *k = key;
	__m256i a = _mm256_setzero_si256(), b = a, c = a;

	for (size_t at = 0; at < KSM_BLOCK; at += sizeof(__m256i)) {
		__m256i words = _mm256_loadu_si256((const __m256i *)(m + at));

		a = _mm256_add_epi64(a, products(words, k + at));
		b = _mm256_add_epi64(b, products(words, k + at + KSM_BLOCK_SHIFT));
		c = _mm256_add_epi64(c, products(words, k + at + 2 * KSM_BLOCK_SHIFT));
	}
	ret_sums[0] = add_up(a);
	ret_sums[1] = add_up(b);
	ret_sums[2] = add_up(c);
	ret_sums[3] = 0;
}
#else
typedef int ksm_no_avx2;
#endif
