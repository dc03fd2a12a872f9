/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sums of many pages at once: the same values from every implementation, chosen by what the processor has.
 * Internal to checksum/, its tests and `make bench`.
 */
#ifndef KSM_CHECKSUM_MANY_H
#define KSM_CHECKSUM_MANY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The seed that mm/ksm.c gave jhash2. */
#define KSM_JHASH2_SEED 17

/* What is behind page keys takes a page in blocks of this many bytes, each with the same key. */
#define KSM_BLOCK 4096
/* Each further sum of a block takes its key from this many bytes further on. */
#define KSM_BLOCK_SHIFT	    64
#define KSM_BLOCK_SUMS	    4
#define KSM_BLOCK_KEY_BYTES (KSM_BLOCK + 2 * KSM_BLOCK_SHIFT)

/*
 * Pages lie one after the other, @page_size bytes each, a multiple of 4096; no alignment is asked of them.
 *
 * Blocks are hashed by one of two functions (the papers are named in checksum.h), where m and k are words of the block
 * and of the key, in the byte order of the machine, and i is even. What they yield never leaves the machine.
 * NH, of 32-bit words: the products (m[i] + k[i]) * (m[i + 1] + k[i + 1]) added up, sums in brackets mod 2^32, the
 * whole mod 2^64; three sums, and 0.
 * CLNH, of 64-bit words: (m[i] ^ k[i]) * (m[i + 1] ^ k[i + 1]), where products and their sum are those of polynomials
 * over GF(2); two sums of 128 bits, low halves first.
 */
struct ksm_many {
	const char *name;
	bool (*is_supported)(void); /* by this processor and kernel */
	/* XXH64 with seed 0, soonest of a multiple of this many pages. */
	size_t xxh64_pages;
	void (*xxh64)(const void *pages, size_t page_size, size_t n, uint64_t *ret_hashes);
	/* jhash2 with KSM_JHASH2_SEED. */
	void (*jhash2)(const void *pages, size_t page_size, size_t n, uint32_t *ret_hashes);
	/* @key is KSM_BLOCK_KEY_BYTES long, aligned to 64. */
	void (*hash_block)(const void *block, const void *key, uint64_t ret_sums[KSM_BLOCK_SUMS]);
};

/* Best first; the last one is supported everywhere. */
extern const struct ksm_many ksm_many_table[];
extern const size_t ksm_many_table_size;

const struct ksm_many *ksm_many_best(void);

void ksm_xxh64_plain(const void *pages, size_t page_size, size_t n, uint64_t *ret_hashes);
void ksm_jhash2_plain(const void *pages, size_t page_size, size_t n, uint32_t *ret_hashes);
void ksm_nh_plain(const void *block, const void *key, uint64_t ret_sums[KSM_BLOCK_SUMS]);

#ifdef __x86_64__
void ksm_xxh64_avx2(const void *pages, size_t page_size, size_t n, uint64_t *ret_hashes);
void ksm_jhash2_avx2(const void *pages, size_t page_size, size_t n, uint32_t *ret_hashes);
void ksm_nh_avx2(const void *block, const void *key, uint64_t ret_sums[KSM_BLOCK_SUMS]);
void ksm_clnh_avx2(const void *block, const void *key, uint64_t ret_sums[KSM_BLOCK_SUMS]);

void ksm_xxh64_avx512(const void *pages, size_t page_size, size_t n, uint64_t *ret_hashes);
void ksm_jhash2_avx512(const void *pages, size_t page_size, size_t n, uint32_t *ret_hashes);
void ksm_nh_avx512(const void *block, const void *key, uint64_t ret_sums[KSM_BLOCK_SUMS]);
void ksm_clnh_avx512(const void *block, const void *key, uint64_t ret_sums[KSM_BLOCK_SUMS]);
#endif

#ifdef __aarch64__
void ksm_jhash2_neon(const void *pages, size_t page_size, size_t n, uint32_t *ret_hashes);
void ksm_nh_neon(const void *block, const void *key, uint64_t ret_sums[KSM_BLOCK_SUMS]);
#endif

#endif
