/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "checksum/digest.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

int ksm_digest_key_init(struct ksm_digest_key *key, const void *bytes, size_t len)
{
	if (len && (len < KSM_DIGEST_KEY_MIN || len > KSM_DIGEST_KEY_MAX))
		return -EINVAL;
	if (sodium_init() < 0)
		return -EIO;
	*key = (struct ksm_digest_key){.len = len};
	if (len) {
		memcpy(key->bytes, bytes, len);
		key->id = ksm_digest(key, NULL, 0);
	}
	return 0;
}

uint64_t ksm_digest(const struct ksm_digest_key *key, const void *data, size_t bytes)
{
	unsigned char hash[8];
	uint64_t digest = 0;

	crypto_generichash_blake2b(hash, sizeof(hash), data, bytes, key->len ? key->bytes : NULL,
				   key->len);
	for (size_t i = 0; i < sizeof(hash); i++)
		digest = digest << 8 | hash[i];
	return digest;
}
