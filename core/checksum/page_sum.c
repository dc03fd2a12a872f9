/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

#include "checksum/checksum.h"

/* The seed that mm/ksm.c gave jhash2. */
#define KSM_JHASH_SEED 17

const char *ksm_checksum_name(enum ksm_checksum_kind kind)
{
	return kind == KSM_CHECKSUM_JHASH2 ? "jhash2" : "xxhash";
}

int ksm_summer_init(struct ksm_summer *summer, enum ksm_checksum_kind kind, unsigned int page_size)
{
	summer->kind = kind;
	summer->page_size = page_size;
	if (getrandom(&summer->secret, sizeof(summer->secret), 0) != sizeof(summer->secret))
		return -EIO;
	return 0;
}

static bool is_zero(const unsigned char *page, size_t bytes)
{
	return page[0] == 0 && memcmp(page, page + 1, bytes - 1) == 0;
}

static uint32_t checksum(const struct ksm_summer *summer, const void *page)
{
	if (summer->kind == KSM_CHECKSUM_JHASH2)
		return ksm_jhash2(page, summer->page_size / 4, KSM_JHASH_SEED);
	return (uint32_t)ksm_xxh64(page, summer->page_size);
}

void ksm_summer_pages(const struct ksm_summer *summer, const void *pages, size_t n,
		      struct ksm_page_sum *ret_sums)
{
	const unsigned char *page = pages;
	size_t bytes = summer->page_size;

	for (size_t i = 0; i < n; i++, page += bytes) {
		XXH128_hash_t hash = XXH3_128bits_withSeed(page, bytes, summer->secret);

		ret_sums[i].key.lo = hash.low64 << 32 | checksum(summer, page);
		ret_sums[i].key.hi = hash.high64;
		ret_sums[i].is_zero = is_zero(page, bytes);
	}
}
