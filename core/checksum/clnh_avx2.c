/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifdef __x86_64__
#include <immintrin.h>

#include "checksum/many.h"

#define AVX2 __attribute__((target("avx2,vpclmulqdq")))

AVX2 static inline __m256i products(__m256i words, const unsigned char *key)
{
	__m256i sums = _mm256_xor_si256(words, _mm256_load_si256((const __m256i *)key));

	return _mm256_clmulepi64_epi128(sums, sums, 0x10);
}

AVX2 static inline void add_up(__m256i sums, uint64_t ret_sum[2])
{
	__m128i one =
		_mm_xor_si128(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));

	_mm_storeu_si128((__m128i *)ret_sum, one);
}

AVX2 void ksm_clnh_avx2(const void *block, const void *key, uint64_t ret_sums[KSM_BLOCK_SUMS])
{
	const unsigned char *m = block, *k = key;
	__m256i a = _mm256_setzero_si256(), b = a;

	for (size_t at = 0; at < KSM_BLOCK; at += sizeof(__m256i)) {
		__m256i words = _mm256_loadu_si256((const __m256i *)(m + at));

		a = _mm256_xor_si256(a, products(words, k + at));
		b = _mm256_xor_si256(b, products(words, k + at + KSM_BLOCK_SHIFT));
	}
	add_up(a, ret_sums);
	add_up(b, ret_sums + 2);
}
#else
typedef int ksm_no_avx2;
#endif
