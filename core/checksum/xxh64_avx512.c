/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Eight pages at once: each register holds the four accumulators of two pages, and four registers are as
 * many as keep the multiplier busy.
 */
#ifdef __x86_64__
#include <immintrin.h>

#include "checksum/many.h"
#include "checksum/xxh64.h"

#define AVX512 __attribute__((target("avx512f,avx512dq")))

#define PAGES 8
/* Fewer pages than this are sooner done without. */
#define ENOUGH 4

AVX512 static inline __m512i turn(__m512i accumulators, __m512i lanes)
{
	const __m512i prime_1 = _mm512_set1_epi64((long long)XXH64_PRIME_1);
	const __m512i prime_2 = _mm512_set1_epi64((long long)XXH64_PRIME_2);
	__m512i sum = _mm512_add_epi64(accumulators, _mm512_mullo_epi64(lanes, prime_2));

	return _mm512_mullo_epi64(_mm512_rol_epi64(sum, 31), prime_1);
}

/* Two stripes of two pages. */
AVX512 static inline __m512i two_turns(__m512i accumulators, const unsigned char *a,
				       const unsigned char *b)
{
	__m512i of_a = _mm512_loadu_si512(a), of_b = _mm512_loadu_si512(b);

	accumulators = turn(accumulators, _mm512_shuffle_i64x2(of_a, of_b, 0x44));
	return turn(accumulators, _mm512_shuffle_i64x2(of_a, of_b, 0xee));
}

AVX512 static void eight_pages(const unsigned char *const page[PAGES], size_t page_size,
			       struct xxh64_state ret_states[PAGES])
{
	const struct xxh64_state begin[2] = {xxh64_begin(), xxh64_begin()};
	__m512i a = _mm512_loadu_si512(begin), b = a, c = a, d = a;

	for (size_t at = 0; at < page_size; at += 2 * XXH64_STRIPE) {
		a = two_turns(a, page[0] + at, page[1] + at);
		b = two_turns(b, page[2] + at, page[3] + at);
		c = two_turns(c, page[4] + at, page[5] + at);
		d = two_turns(d, page[6] + at, page[7] + at);
	}
	_mm512_storeu_si512(ret_states, a);
	_mm512_storeu_si512(ret_states + 2, b);
	_mm512_storeu_si512(ret_states + 4, c);
	_mm512_storeu_si512(ret_states + 6, d);
}

void ksm_xxh64_avx512(const void *pages, size_t page_size, size_t n, uint64_t *ret_hashes)
{
	const unsigned char *first = pages;

	while (n >= ENOUGH) {
		size_t count = n < PAGES ? n : PAGES;
		const unsigned char *page[PAGES];
		struct xxh64_state state[PAGES];

		/* Where there are not eight, the last one is done several times. */
		for (size_t i = 0; i < PAGES; i++)
			page[i] = first + (i < count ? i : count - 1) * page_size;
		eight_pages(page, page_size, state);
		for (size_t i = 0; i < count; i++)
			ret_hashes[i] = xxh64_end(&state[i], page_size);
		first += count * page_size;
		ret_hashes += count;
		n -= count;
	}
	ksm_xxh64_plain(first, page_size, n, ret_hashes);
}
#else
typedef int ksm_no_avx512;
#endif
