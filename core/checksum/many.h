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

/* NH takes a page in blocks of this many bytes, each with the same key. */
#define KSM_NH_BLOCK 4096
/* Sums of a block, each of the key from KSM_NH_SHIFT bytes further on. */
#define KSM_NH_SUMS	 3
#define KSM_NH_SHIFT	 64
#define KSM_NH_KEY_BYTES (KSM_NH_BLOCK + (KSM_NH_SUMS - 1) * KSM_NH_SHIFT)

/*
 * Pages lie one after the other, @page_size bytes each, a multiple of 4096; no alignment is asked of them.
 * NH (the paper is named in checksum.h) adds up the products (m[i] + k[i]) * (m[i + 1] + k[i + 1]), where m and k
 * are 32-bit words of the block and of the key, i is even, sums in brackets are mod 2^32 and the whole is mod 2^64.
 * Words are in the byte order of the machine: what NH yields never leaves it.
 */
struct ksm_many {
	const char *name;
	bool (*is_supported)(void); /* by this processor and kernel */
	/* XXH64 with seed 0. */
	void (*xxh64)(const void *pages, size_t page_size, size_t n, uint64_t *ret_hashes);
	/* jhash2 with KSM_JHASH2_SEED. */
	void (*jhash2)(const void *pages, size_t page_size, size_t n, uint32_t *ret_hashes);
	/* Of one block; @key is KSM_NH_KEY_BYTES long, aligned to 64. */
	void (*nh)(const void *block, const void *key, uint64_t ret_sums[KSM_NH_SUMS]);
};

/* Best first; the last one is supported everywhere. */
extern const struct ksm_many ksm_many_table[];
extern const size_t ksm_many_table_size;

const struct ksm_many *ksm_many_best(void);

void ksm_xxh64_plain(const void *pages, size_t page_size, size_t n, uint64_t *ret_hashes);
void ksm_jhash2_plain(const void *pages, size_t page_size, size_t n, uint32_t *ret_hashes);
void ksm_nh_plain(const void *block, const void *key, uint64_t ret_sums[KSM_NH_SUMS]);

#ifdef __x86_64__
void ksm_xxh64_avx2(const void *pages, size_t page_size, size_t n, uint64_t *ret_hashes);
void ksm_jhash2_avx2(const void *pages, size_t page_size, size_t n, uint32_t *ret_hashes);
void ksm_nh_avx2(const void *block, const void *key, uint64_t ret_sums[KSM_NH_SUMS]);

void ksm_xxh64_avx512(const void *pages, size_t page_size, size_t n, uint64_t *ret_hashes);
void ksm_jhash2_avx512(const void *pages, size_t page_size, size_t n, uint32_t *ret_hashes);
void ksm_nh_avx512(const void *block, const void *key, uint64_t ret_sums[KSM_NH_SUMS]);
#endif

#ifdef __aarch64__
void ksm_jhash2_neon(const void *pages, size_t page_size, size_t n, uint32_t *ret_hashes);
void ksm_nh_neon(const void *block, const void *key, uint64_t ret_sums[KSM_NH_SUMS]);
#endif

#endif
