/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's page checksums, and the page key. The checksum tells ksmd only whether a page changed since
 * its last visit; the key stands for the content itself.
 */
#ifndef KSM_CHECKSUM_CHECKSUM_H
#define KSM_CHECKSUM_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ksm_checksum_kind {
	KSM_CHECKSUM_JHASH2, /* jhash2(page, words, 17): 2.6.32 to 4.20 */
	KSM_CHECKSUM_XXHASH, /* low 32 bits of XXH64(page, seed 0) on 64-bit: since 5.0 */
};

const char *ksm_checksum_name(enum ksm_checksum_kind kind);

/* jhash2 of include/linux/jhash.h over @words 32-bit words. */
uint32_t ksm_jhash2(const void *data, size_t words, uint32_t seed);

/* XXH64 with seed 0. */
uint64_t ksm_xxh64(const void *data, size_t bytes);

/*
 * 128 bits in place of a content: equal keys are equal pages. The low half of lo is the kernel's checksum;
 * the rest is keyed by a secret drawn anew by every run, so that nobody can prepare pages that collide. Never
 * shown, and never what an output is ordered by.
 */
struct ksm_page_key {
	uint64_t lo;
	uint64_t hi;
};

static inline uint32_t ksm_page_key_checksum(struct ksm_page_key key)
{
	return (uint32_t)key.lo;
}

static inline bool ksm_page_key_equal(struct ksm_page_key a, struct ksm_page_key b)
{
	return a.lo == b.lo && a.hi == b.hi;
}

struct ksm_page_sum {
	struct ksm_page_key key;
	bool is_zero; /* every byte */
};

struct ksm_summer {
	enum ksm_checksum_kind kind;
	unsigned int page_size; /* bytes, a multiple of 4096 */
	uint64_t secret;
};

/* Draws the secret. */
int ksm_summer_init(struct ksm_summer *summer, enum ksm_checksum_kind kind, unsigned int page_size);

/* Sums of @n pages that lie one after the other. Safe for many threads with one summer. */
void ksm_summer_pages(const struct ksm_summer *summer, const void *pages, size_t n,
		      struct ksm_page_sum *ret_sums);

#endif
