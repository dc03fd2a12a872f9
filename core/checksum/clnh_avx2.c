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
	uint64_t s[4];

	_mm256_storeu_si256((__m256i *)s, sums);
	ret_sum[0] = s[0] ^ s[2];
	ret_sum[1] = s[1] ^ s[3];
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
