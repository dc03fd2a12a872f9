/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifdef __x86_64__
#include <immintrin.h>

#include "checksum/many.h"

#define AVX512 __attribute__((target("avx512f,vpclmulqdq")))

_Static_assert(KSM_BLOCK_SHIFT == sizeof(__m512i), "each sum has the key of the next register");

AVX512 static inline __m512i products(__m512i words, __m512i key)
{
	__m512i sums = _mm512_xor_si512(words, key);

	return _mm512_clmulepi64_epi128(sums, sums, 0x10);
}

AVX512 static inline __m512i add_three(__m512i a, __m512i b, __m512i c)
{
	return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}

AVX512 static inline void add_up(__m512i sums, uint64_t ret_sum[2])
{
	__m256i two =
		_mm256_xor_si256(_mm512_castsi512_si256(sums), _mm512_extracti64x4_epi64(sums, 1));
	__m128i one = _mm_xor_si128(_mm256_castsi256_si128(two), _mm256_extracti128_si256(two, 1));

	_mm_storeu_si128((__m128i *)ret_sum, one);
}

AVX512 void ksm_clnh_avx512(const void *block, const void *key, uint64_t ret_sums[KSM_BLOCK_SUMS])
{
	const unsigned char *m = block, *k = key;
	__m512i a = _mm512_setzero_si512(), b = a, key_a = _mm512_load_si512(k);

	for (size_t at = 0; at < KSM_BLOCK; at += 2 * sizeof(__m512i)) {
		__m512i words = _mm512_loadu_si512(m + at);
		__m512i more = _mm512_loadu_si512(m + at + sizeof(__m512i));
		__m512i key_b = _mm512_load_si512(k + at + KSM_BLOCK_SHIFT);
		__m512i key_c = _mm512_load_si512(k + at + 2 * KSM_BLOCK_SHIFT);

		a = add_three(a, products(words, key_a), products(more, key_b));
		b = add_three(b, products(words, key_b), products(more, key_c));
		key_a = key_c;
	}
	add_up(a, ret_sums);
	add_up(b, ret_sums + 2);
}
#else
typedef int ksm_no_avx512;
#endif
