/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two pages in turn: the accumulators of one wait for their multiplications too long to fill a core. */
#include "checksum/checksum.h"
#include "checksum/many.h"
#include "checksum/xxh64.h"

static void two_pages(const unsigned char *a, const unsigned char *b, size_t page_size,
		      uint64_t *ret_hashes)
{
	struct xxh64_state of_a = xxh64_begin(), of_b = of_a;

	for (size_t at = 0; at < page_size; at += XXH64_STRIPE) {
		xxh64_stripe(&of_a, a + at);
		xxh64_stripe(&of_b, b + at);
	}
	ret_hashes[0] = xxh64_end(&of_a, page_size);
	ret_hashes[1] = xxh64_end(&of_b, page_size);
}

void ksm_xxh64_plain(const void *pages, size_t page_size, size_t n, uint64_t *ret_hashes)
{
	const unsigned char *page = pages;

	for (; n >= 2; n -= 2, page += 2 * page_size, ret_hashes += 2)
		two_pages(page, page + page_size, page_size, ret_hashes);
	if (n)
		*ret_hashes = ksm_xxh64(page, page_size);
}
