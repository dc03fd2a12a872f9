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

#include "checksum/digest.h"
#include "checksum/many.h"

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
 * the other 96 bits are keyed by a secret drawn anew by every run, so that nobody can prepare pages that collide.
 * Never shown, and never what an output is ordered by.
 *
 * What is behind the 96 bits: sums of each 4 KiB (checksum/many.h) with keys that overlap, then these sums, block
 * after block, through XXH3-128 with a secret of its own. Of two different blocks, however chosen, each of the three
 * sums of NH is equal with probability 2^-32 at most over the keys, and all three with 2^-96: the last word in which
 * the blocks differ meets, in each further sum, a part of the key that no sum before used for a word that differs
 * (J. Black and others, "UMAC: fast and secure message authentication", CRYPTO 1999). For the two sums of CLNH, which
 * is taken where the processor multiplies polynomials in vectors, it is 2^-64 each, by the same reasoning (D. Lemire,
 * O. Kaser, "Faster 64-bit universal hashing using carry-less multiplications", 2016). Of what XXH3 is given, whoever
 * prepared the pages knows nothing, not even a difference.
 *
 * XXH3 over the pages themselves would not do, whatever its seed or secret. The seed is added to known words, so
 * two lanes of a page have keys of a known difference, and pairs of pages exist (a bit changed in both lanes) whose
 * 128 bits are equal for one seed in 60 (a test has such a pair); with 192 random bytes as the secret the same pair
 * would need 33 bits to fit by chance. On one core of an x86-64 server, pages in cache: XXH3-128 of libxxhash
 * 19 GB/s, NH 77 in AVX-512 registers, 32 in AVX2; only in plain C it is the slower, with 10.
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
	const struct ksm_digest_key
		*digest_key; /* the keys are digests, and no checksum is made; else NULL */
	enum ksm_checksum_kind kind;
	unsigned int page_size;	       /* bytes, a multiple of 4096, 1 MiB at most */
	const struct ksm_many *many;   /* checksum/many.h: what this processor does best */
	uint32_t zero_checksum;	       /* of a page of zeros */
	unsigned char key_secret[192]; /* of XXH3 */
	unsigned char block_key[KSM_BLOCK_KEY_BYTES] __attribute__((aligned(64)));
};

/* Draws the secrets. -EIO or -ENOMEM. Needs no release. */
int ksm_summer_init(struct ksm_summer *summer, enum ksm_checksum_kind kind, unsigned int page_size);

/* One that makes digests of pages (checksum/digest.h): they are the whole key, in hi. @key must outlive it. */
void ksm_summer_init_digests(struct ksm_summer *summer, const struct ksm_digest_key *key,
			     unsigned int page_size);

/* Sums of @n pages that lie one after the other. Safe for many threads with one summer. */
void ksm_summer_pages(const struct ksm_summer *summer, const void *pages, size_t n,
		      struct ksm_page_sum *ret_sums);
/*
 * The same where sums are known that the pages had before, or all zero: @sums has them. A content that is still there
 * has its checksum still, which need not be made again; that is most of the work.
 */
void ksm_summer_pages_again(const struct ksm_summer *summer, const void *pages, size_t n,
			    struct ksm_page_sum *sums);

#endif
