/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

#include "base/cleanup.h"
#include "checksum/checksum.h"

/* As many pages as an implementation of jhash2 takes at once; of XXH64 none takes more. */
#define JHASH2_GROUP 16

const char *ksm_checksum_name(enum ksm_checksum_kind kind)
{
	return kind == KSM_CHECKSUM_JHASH2 ? "jhash2" : "xxhash";
}

static int draw(unsigned char *secret, size_t bytes)
{
	while (bytes) {
		ssize_t n = getrandom(secret, bytes, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		secret += n;
		bytes -= (size_t)n;
	}
	return 0;
}

static void checksums(const struct ksm_summer *summer, const void *pages, size_t n,
		      uint32_t *ret_checksums)
{
	uint64_t hash[JHASH2_GROUP];

	if (summer->kind == KSM_CHECKSUM_JHASH2) {
		summer->many->jhash2(pages, summer->page_size, n, ret_checksums);
		return;
	}
	summer->many->xxh64(pages, summer->page_size, n, hash);
	for (size_t i = 0; i < n; i++)
		ret_checksums[i] = (uint32_t)hash[i];
}

int ksm_summer_init(struct ksm_summer *summer, enum ksm_checksum_kind kind, unsigned int page_size)
{
	void *zeros ksm_auto_free = calloc(1, page_size);

	if (!zeros)
		return -ENOMEM;
	summer->digest_key = NULL;
	summer->kind = kind;
	summer->page_size = page_size;
	summer->many = ksm_many_best();
	checksums(summer, zeros, 1, &summer->zero_checksum);
	return draw(summer->key_secret, sizeof(summer->key_secret))
		       ?: draw(summer->block_key, sizeof(summer->block_key));
}

static bool is_zero(const unsigned char *page, size_t bytes)
{
	return page[0] == 0 && memcmp(page, page + 1, bytes - 1) == 0;
}

/*
 * The key but for the checksum, in whose place there are zeros. Each link has the hash of the one before in it, so that
 * the order of blocks counts.
 */
static struct ksm_page_key key_of(const struct ksm_summer *summer, const unsigned char *page)
{
	struct {
		XXH128_hash_t before;
		uint64_t sum[KSM_BLOCK_SUMS];
	} link = {{0, 0}, {0}};

	for (size_t at = 0; at < summer->page_size; at += KSM_BLOCK) {
		summer->many->hash_block(page + at, summer->block_key, link.sum);
		link.before = XXH3_128bits_withSecret(&link, sizeof(link), summer->key_secret,
						      sizeof(summer->key_secret));
	}
	return (struct ksm_page_key){link.before.low64 << 32, link.before.high64};
}

void ksm_summer_init_digests(struct ksm_summer *summer, const struct ksm_digest_key *key,
			     unsigned int page_size)
{
	summer->digest_key = key;
	summer->page_size = page_size;
}

static void digests(const struct ksm_summer *summer, const unsigned char *page, size_t n,
		    struct ksm_page_sum *ret_sums)
{
	for (size_t i = 0; i < n; i++, page += summer->page_size)
		ret_sums[i] = (struct ksm_page_sum){
			.key.hi = ksm_digest(summer->digest_key, page, summer->page_size),
			.is_zero = is_zero(page, summer->page_size),
		};
}

/* As many pages as are summed soonest together. */
static size_t group_of(const struct ksm_summer *summer)
{
	return summer->kind == KSM_CHECKSUM_XXHASH ? summer->many->xxh64_pages : JHASH2_GROUP;
}

/* Puts the checksums into sums that have the rest of their keys. */
static void add_checksums(const struct ksm_summer *summer, const unsigned char *page, size_t n,
			  struct ksm_page_sum *sums)
{
	uint32_t checksum[JHASH2_GROUP];

	checksums(summer, page, n, checksum);
	for (size_t i = 0; i < n; i++, page += summer->page_size) {
		sums[i].key.lo |= checksum[i];
		sums[i].is_zero = checksum[i] == summer->zero_checksum &&
				  is_zero(page, summer->page_size);
	}
}

void ksm_summer_pages(const struct ksm_summer *summer, const void *pages, size_t n,
		      struct ksm_page_sum *ret_sums)
{
	const unsigned char *page = pages;

	if (summer->digest_key) {
		digests(summer, page, n, ret_sums);
		return;
	}
	for (size_t done = 0, group; done < n; done += group) {
		group = n - done < group_of(summer) ? n - done : group_of(summer);
		for (size_t i = done; i < done + group; i++)
			ret_sums[i].key = key_of(summer, page + i * summer->page_size);
		add_checksums(summer, page + done * summer->page_size, group, &ret_sums[done]);
	}
}

/* True if the content is still that of the sum; else the sum has the new key, but for the checksum. */
static bool is_same_content(const struct ksm_summer *summer, const unsigned char *page,
			    struct ksm_page_sum *sum)
{
	struct ksm_page_key key = key_of(summer, page);

	if (sum->key.hi == key.hi && sum->key.lo - ksm_page_key_checksum(sum->key) == key.lo)
		return true;
	sum->key = key;
	return false;
}

void ksm_summer_pages_again(const struct ksm_summer *summer, const void *pages, size_t n,
			    struct ksm_page_sum *sums)
{
	const unsigned char *page = pages;
	size_t first = 0; /* page without a checksum, as are all from there to the one at hand */

	if (summer->digest_key) {
		digests(summer, page, n, sums);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		bool is_same = is_same_content(summer, page + i * summer->page_size, &sums[i]);
		size_t end = is_same ? i : i + 1;

		if (!is_same && end - first < group_of(summer))
			continue;
		add_checksums(summer, page + first * summer->page_size, end - first, &sums[first]);
		first = i + 1;
	}
	add_checksums(summer, page + first * summer->page_size, n - first, &sums[first]);
}
