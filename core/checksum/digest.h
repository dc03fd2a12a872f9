/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands for a content outside of one run: keyed BLAKE2b (RFC 7693) of 8 bytes, the first of them the highest.
 * Whoever has the key can tell whether a page that he knows is among the digests; without a key, anybody can.
 */
#ifndef KSM_CHECKSUM_DIGEST_H
#define KSM_CHECKSUM_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define KSM_DIGEST_NAME	   "blake2b-64"
#define KSM_DIGEST_KEY_MIN 16 /* bytes, unless there is none */
#define KSM_DIGEST_KEY_MAX 64

struct ksm_digest_key {
	unsigned char bytes[KSM_DIGEST_KEY_MAX];
	size_t len; /* 0: no key */
	uint64_t
		id; /* the digest of nothing: tells keys apart without telling them; 0 for no key */
};

/* -EINVAL if @len is neither 0 nor from KSM_DIGEST_KEY_MIN to KSM_DIGEST_KEY_MAX, -EIO if the library fails. */
int ksm_digest_key_init(struct ksm_digest_key *key, const void *bytes, size_t len);

uint64_t ksm_digest(const struct ksm_digest_key *key, const void *data, size_t bytes);

#endif
