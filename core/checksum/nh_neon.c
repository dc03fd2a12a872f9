/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifdef __aarch64__
#include <arm_neon.h>

#include "checksum/many.h"

/* Of eight words, which make four products. */
struct words {
	uint32x4_t first, second;
};

static inline struct words words_at(const unsigned char *p)
{
	return (struct words){vreinterpretq_u32_u8(vld1q_u8(p)),
			      vreinterpretq_u32_u8(vld1q_u8(p + sizeof(uint32x4_t)))};
}

static inline uint64x2_t add_products(uint64x2_t sums, struct words words, struct words key)
{
	uint32x4_t first = vaddq_u32(words.first, key.first);
	uint32x4_t second = vaddq_u32(words.second, key.second);
	uint32x4_t even = vuzp1q_u32(first, second), odd = vuzp2q_u32(first, second);

	sums = vmlal_u32(sums, vget_low_u32(even), vget_low_u32(odd));
	return vmlal_high_u32(sums, even, odd);
}

void ksm_nh_neon(const void *block, const void *key, uint64_t ret_sums[KSM_BLOCK_SUMS])
{
	const unsigned char *m = block, *k = key;
	uint64x2_t a = vdupq_n_u64(0), b = a, c = a;

	for (size_t at = 0; at < KSM_BLOCK; at += sizeof(struct words)) {
		struct words words = words_at(m + at);

		a = add_products(a, words, words_at(k + at));
		b = add_products(b, words, words_at(k + at + KSM_BLOCK_SHIFT));
		c = add_products(c, words, words_at(k + at + 2 * KSM_BLOCK_SHIFT));
	}
	ret_sums[0] = vaddvq_u64(a);
	ret_sums[1] = vaddvq_u64(b);
	ret_sums[2] = vaddvq_u64(c);
	ret_sums[3] = 0;
}
#else
typedef int ksm_no_neon;
#endif
