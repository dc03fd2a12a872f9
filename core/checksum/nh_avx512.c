/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifdef __x86_64__
#include <immintrin.h>

#include "checksum/many.h"

#define AVX512 __attribute__((target("avx512f")))

_Static_assert(KSM_BLOCK_SHIFT == sizeof(__m512i), "each sum has the key of the next register");

AVX512 static inline __m512i products(__m512i words, __m512i key)
{
	__m512i sums = _mm512_add_epi32(words, key);

	return _mm512_mul_epu32(sums, _mm512_srli_epi64(sums, 32));
}

/* GCC's own _mm512_reduce_add_epi64() adds signed words, whose overflow is undefined. */
AVX512 static inline uint64_t add_up(__m512i sums)
{
	uint64_t sum[8], all = 0;

	_mm512_storeu_si512(sum, sums);
	for (int i = 0; i < 8; i++)
		all += sum[i];
	return all;
}

AVX512 void ksm_nh_avx512(const void *block, const void *key, uint64_t ret_sums[KSM_BLOCK_SUMS])
{
	const unsigned char *m = block, *k = key;
	__m512i a = _mm512_setzero_si512(), b = a, c = a;
	__m512i key_a = _mm512_load_si512(k), key_b = _mm512_load_si512(k + KSM_BLOCK_SHIFT);

	for (size_t at = 0; at < KSM_BLOCK; at += sizeof(__m512i)) {
		__m512i words = _mm512_loadu_si512(m + at);
		__m512i key_c = _mm512_load_si512(k + at + 2 * KSM_BLOCK_SHIFT);

		a = _mm512_add_epi64(a, products(words, key_a));
		b = _mm512_add_epi64(b, products(words, key_b));
		c = _mm512_add_epi64(c, products(words, key_c));
		key_a = key_b;
		key_b = key_c;
	}
	ret_sums[0] = add_up(a);
	ret_sums[1] = add_up(b);
	ret_sums[2] = add_up(c);
	ret_sums[3] = 0;
}
#else
typedef int ksm_no_avx512;
#endif
