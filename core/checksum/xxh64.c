/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "checksum/xxh64.h"

#include "checksum/checksum.h"

static inline uint32_t read32(const unsigned char *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap32(word);
#endif
	return word;
}

static uint64_t stripes(const unsigned char *p, const unsigned char *end)
{
	struct xxh64_state state = xxh64_begin();

	for (; end - p >= XXH64_STRIPE; p += XXH64_STRIPE)
		xxh64_stripe(&state, p);
	return xxh64_merge(&state);
}

uint64_t ksm_xxh64(const void *data, size_t bytes)
{
	const unsigned char *p = data, *end = p + bytes;
	uint64_t hash = bytes >= XXH64_STRIPE ? stripes(p, end) : XXH64_PRIME_5;

	p += bytes / XXH64_STRIPE * XXH64_STRIPE;
	hash += bytes;
	for (; end - p >= 8; p += 8)
		hash = xxh64_rotl(hash ^ xxh64_round(0, xxh64_read(p)), 27) * XXH64_PRIME_1 +
		       XXH64_PRIME_4;
	for (; end - p >= 4; p += 4)
		hash = xxh64_rotl(hash ^ read32(p) * XXH64_PRIME_1, 23) * XXH64_PRIME_2 +
		       XXH64_PRIME_3;
	for (; p < end; p++)
		hash = xxh64_rotl(hash ^ *p * XXH64_PRIME_5, 11) * XXH64_PRIME_1;
	return xxh64_avalanche(hash);
}
