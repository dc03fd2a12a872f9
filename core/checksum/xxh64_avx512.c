/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Eight pages at once in vectors: each register holds the four accumulators of two pages, and four registers are as
 * many as keep the multiplier busy. Beside them two more, one after the other, in plain registers, whose multiplier
 * would idle otherwise: while the vectors take a stripe of each page, it has the time for two.
 */
#ifdef __x86_64__
#include <immintrin.h>

#include "checksum/many.h"
#include "checksum/xxh64.h"

#define AVX512 __attribute__((target("avx512f,avx512dq")))

#define VECTOR_PAGES 8
#define PLAIN_PAGES  2
#define PAGES	     (VECTOR_PAGES + PLAIN_PAGES)
/* Fewer pages than this are sooner done without. */
#define ENOUGH 4

AVX512 static inline __m512i turn(__m512i accumulators, __m512i lanes)
{
	const __m512i prime_1 = _mm512_set1_epi64((long long)XXH64_PRIME_1);
	const __m512i prime_2 = _mm512_set1_epi64((long long)XXH64_PRIME_2);
	__m512i sum = _mm512_add_epi64(accumulators, _mm512_mullo_epi64(lanes, prime_2));

	return _mm512_mullo_epi64(_mm512_rol_epi64(sum, 31), prime_1);
}

/* A stripe of each of two pages. Loaded with a mask, the halves need no shuffling, for which there is one port only. */
AVX512 static inline __m512i stripes_of(const unsigned char *a, const unsigned char *b)
{
	__m512i of_a = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)a));

	return _mm512_mask_broadcast_i64x4(of_a, 0xf0, _mm256_loadu_si256((const __m256i *)b));
}

/* Two stripes of two pages. */
AVX512 static inline __m512i two_turns(__m512i accumulators, const unsigned char *a,
				       const unsigned char *b)
{
	accumulators = turn(accumulators, stripes_of(a, b));
	return turn(accumulators, stripes_of(a + XXH64_STRIPE, b + XXH64_STRIPE));
}

/* A stripe of one page, and on to the next. The compiler would put the four accumulators into a vector. */
AVX512 static inline void plain_turn(struct xxh64_state *state, const unsigned char **page)
{
	uint64_t *a = state->accumulator;

	xxh64_stripe(state, *page);
	__asm__("" : "+r"(a[0]), "+r"(a[1]), "+r"(a[2]), "+r"(a[3]));
	*page += XXH64_STRIPE;
}

/* @page has eight; where @is_ten, two more lie at @plain. */
AVX512 static inline __attribute__((always_inline)) void take_pages(
	const unsigned char *const *page, const unsigned char *plain, bool is_ten, size_t page_size,
	struct xxh64_state ret_states[PAGES])
{
	const struct xxh64_state begin[2] = {xxh64_begin(), xxh64_begin()};
	__m512i a = _mm512_loadu_si512(begin), b = a, c = a, d = a;

	for (size_t at = 0, half = 0; half < PLAIN_PAGES; half++) {
		struct xxh64_state state = begin[0];

		for (; at < (half + 1) * page_size / PLAIN_PAGES; at += 2 * XXH64_STRIPE) {
			a = two_turns(a, page[0] + at, page[1] + at);
			if (is_ten)
				plain_turn(&state, &plain);
			b = two_turns(b, page[2] + at, page[3] + at);
			if (is_ten)
				plain_turn(&state, &plain);
			c = two_turns(c, page[4] + at, page[5] + at);
			if (is_ten)
				plain_turn(&state, &plain);
			d = two_turns(d, page[6] + at, page[7] + at);
			if (is_ten)
				plain_turn(&state, &plain);
		}
		ret_states[VECTOR_PAGES + half] = state;
	}
	_mm512_storeu_si512(ret_states, a);
	_mm512_storeu_si512(ret_states + 2, b);
	_mm512_storeu_si512(ret_states + 4, c);
	_mm512_storeu_si512(ret_states + 6, d);
}

/* Where there are fewer than eight, the last one is done several times. */
AVX512 static void eight_pages(const unsigned char *first, size_t n, size_t page_size,
			       struct xxh64_state ret_states[PAGES])
{
	const unsigned char *page[VECTOR_PAGES];

	for (size_t i = 0; i < VECTOR_PAGES; i++)
		page[i] = first + (i < n ? i : n - 1) * page_size;
	take_pages(page, NULL, false, page_size, ret_states);
}

AVX512 static void ten_pages(const unsigned char *first, size_t page_size,
			     struct xxh64_state ret_states[PAGES])
{
	const unsigned char *page[VECTOR_PAGES];

	for (size_t i = 0; i < VECTOR_PAGES; i++)
		page[i] = first + i * page_size;
	take_pages(page, first + VECTOR_PAGES * page_size, true, page_size, ret_states);
}

void ksm_xxh64_avx512(const void *pages, size_t page_size, size_t n, uint64_t *ret_hashes)
{
	const unsigned char *first = pages;

	while (n >= ENOUGH) {
		size_t count = n >= PAGES ? PAGES : n < VECTOR_PAGES ? n : VECTOR_PAGES;
		struct xxh64_state state[PAGES];

		if (count == PAGES)
			ten_pages(first, page_size, state);
		else
			eight_pages(first, count, page_size, state);
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
