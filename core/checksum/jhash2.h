/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bob Jenkins' lookup3 over 32-bit words, as the kernel has it since 2.6.37 and ksmd always used it. Written as
 * macros so that a word may also be a vector of them, one of each page. Internal to checksum/.
 */
#ifndef KSM_CHECKSUM_JHASH2_H
#define KSM_CHECKSUM_JHASH2_H

#include <stddef.h>
#include <stdint.h>

#define JHASH_INITVAL 0xdeadbeefu

#define JHASH_WIDTH_MAX 16

/* Hashes of so many pages at once as it is made for. */
typedef void jhash2_wide(const unsigned char *const *page, size_t page_size, uint32_t *ret_hashes);

/* Any number of pages by one that takes @width of them, JHASH_WIDTH_MAX at most. */
void ksm_jhash2_by(jhash2_wide *wide, size_t width, const void *pages, size_t page_size, size_t n,
		   uint32_t *ret_hashes);

#define JHASH_ROTL(word, shift) ((word) << (shift) | (word) >> (32 - (shift)))

#define JHASH_MIX(a, b, c)                              \
	do {                                            \
		a -= c, a ^= JHASH_ROTL(c, 4), c += b;  \
		b -= a, b ^= JHASH_ROTL(a, 6), a += c;  \
		c -= b, c ^= JHASH_ROTL(b, 8), b += a;  \
		a -= c, a ^= JHASH_ROTL(c, 16), c += b; \
		b -= a, b ^= JHASH_ROTL(a, 19), a += c; \
		c -= b, c ^= JHASH_ROTL(b, 4), b += a;  \
	} while (0)

#define JHASH_FINAL(a, b, c)                    \
	do {                                    \
		c ^= b, c -= JHASH_ROTL(b, 14); \
		a ^= c, a -= JHASH_ROTL(c, 11); \
		b ^= a, b -= JHASH_ROTL(a, 25); \
		c ^= b, c -= JHASH_ROTL(b, 16); \
		a ^= c, a -= JHASH_ROTL(c, 4);  \
		b ^= a, b -= JHASH_ROTL(a, 14); \
		c ^= b, c -= JHASH_ROTL(b, 24); \
	} while (0)

#endif
